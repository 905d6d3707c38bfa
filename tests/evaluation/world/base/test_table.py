"""Tables of the simulator: rows chosen and joined keep every column in step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluation.world.base.table import ArrayTable


@dataclass(frozen=True)
class Cars(ArrayTable):
    number: np.ndarray
    owner: np.ndarray


def cars(rows: list[tuple[int, str]]) -> Cars:
    return Cars(np.array([row[0] for row in rows]), np.array([row[1] for row in rows], dtype=object))


def rows(table: Cars) -> list[tuple[int, str]]:
    return list(zip(table.number.tolist(), table.owner.tolist(), strict=True))


ROWS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("甲乙丙")), min_size=1, max_size=9)


@given(ROWS, ROWS, st.data())
def test_chosen_and_joined_rows_are_those_of_lists(one: list, two: list, data: st.DataObject) -> None:
    both = Cars.concatenate([cars(one), cars(two)])
    assert rows(both) == one + two and len(both) == len(one) + len(two)
    kept = data.draw(st.lists(st.booleans(), min_size=len(one), max_size=len(one)))
    assert rows(cars(one).select(np.array(kept, dtype=bool))) == [
        row for row, keep in zip(one, kept, strict=True) if keep
    ]
