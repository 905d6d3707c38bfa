"""What monitoring finds worth a look: a finding, and one part of the report with its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing over its bound: a matter to look into, not a conclusion.

    Attributes:
        kind: what was measured (`feature_drift`, `delivery_late`, …).
        subject: the feature, clue, source, table or quarter it is about; never a case, a person or an office.
        figure, bound: what was measured and what it was held against, in the unit of the bound.
        sentence: the same in 中文.
    """

    kind: str
    subject: str
    figure: float
    bound: float
    sentence: str

    def told(self) -> dict[str, Any]:
        """The finding as JSON has it."""
        return {
            "kind": self.kind, "subject": self.subject, "figure": plain(self.figure), "bound": plain(self.bound),
            "sentence": self.sentence,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the report: tables by name, single figures, findings, 中文 notes on what could not be told."""

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """The part as JSON has it: figures, then tables as lists of rows."""
        tables = {name: records(frame) for name, frame in self.tables.items()}
        return {name: plain(value) for name, value in self.figures.items()} | tables


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table for JSON: days as text, the unknown as None."""
    columns = {str(name): [plain(value) for value in frame[name].tolist()] for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def plain(value: Any) -> Any:
    """One value for JSON."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    return value
