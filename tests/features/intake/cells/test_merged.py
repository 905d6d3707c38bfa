"""Cells merged over several rows, cut into blocks in any way."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intake.cells.merged import MergedCells
from features.intake.sources.base import block_from_columns

ROWS = 24


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.booleans(), min_size=ROWS, max_size=ROWS),
    st.lists(st.booleans(), min_size=ROWS, max_size=ROWS),
    st.lists(st.sampled_from(["x", ""]), min_size=ROWS, max_size=ROWS),
)
def test_the_value_of_the_first_row_holds_for_all_of_a_range(
    begins: list[bool], cuts: list[bool], beside: list[str]
) -> None:
    starts = [at for at, begin in enumerate(begins) if begin or at == 0]
    ends = [*(at - 1 for at in starts[1:]), ROWS - 1]
    ranges = tuple((0, start + 2, end + 2) for start, end in zip(starts, ends, strict=True) if end > start)
    cells = [f"a{at}" if at in starts else "" for at in range(ROWS)]
    owner = [f"a{max(start for start in starts if start <= at)}" for at in range(ROWS)]
    wanted = [own if one or cell else "" for own, one, cell in zip(owner, beside, cells, strict=True)]
    filling, found = MergedCells(), []
    edges = [0, *(at for at in range(1, ROWS) if cuts[at]), ROWS]
    for low, high in pairwise(edges):
        block = block_from_columns([cells[low:high], beside[low:high]], np.arange(low + 2, high + 2))
        found += filling.fill(block, ranges, frozenset({0})).cells.column(0).to_pylist()
    assert found == wanted
