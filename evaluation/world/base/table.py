"""Tables of the simulator: one array per column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from evaluation.world.base.chance import Array


@dataclass(frozen=True)
class ArrayTable:
    """A table as a dataclass whose fields are its columns, all of one length."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def select(self, rows: Array) -> Self:
        """The rows at a mask or at row numbers."""
        return type(self)(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """The rows of several tables, one after the other."""
        return cls(
            **{column.name: np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)}
        )
