"""Cells merged over several rows: their value stands in the first and holds for all, except that of a sum."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.sources.base import Block
from features.rules.characters import BLANKS

Range = tuple[int, int, int]
"""Position of a column, first and last row."""


class MergedCells:
    """Fills the merged cells of one sheet, block by block."""

    def __init__(self) -> None:
        self._carried: dict[Range, str | None] = {}
        self._filled: dict[int, set[Range]] = {}

    def fill(self, block: Block, merged: tuple[Range, ...], places: frozenset[int]) -> Block:
        """The block with the blank cells of merged ranges in some columns filled by the value of their first row.

        A row of blank cells alone stays one.
        """
        chosen = [one for one in merged if one[0] in places]
        if not chosen or not len(block.rows):
            return block
        cells = block.cells
        filled = [pc.not_equal(pc.utf8_trim(pc.fill_null(column, ""), BLANKS), "") for column in cells.columns]
        rows = functools.reduce(pc.or_, filled)
        for place in sorted({one[0] for one in chosen}):
            told = self._column(block, cells.column(place), [one for one in chosen if one[0] == place])
            told = pc.if_else(rows, told, block.cells.column(place))
            cells = cells.set_column(place, cells.column_names[place], told)
        return replace(block, cells=cells)

    def _column(self, block: Block, cells: pa.ChunkedArray, ranges: list[Range]) -> pa.ChunkedArray:
        blank = pc.fill_null(pc.equal(pc.utf8_trim(cells, BLANKS), ""), True)
        source = np.arange(len(cells))
        carried = np.full(len(cells), -1)
        values: list[str | None] = []
        for one in ranges:
            first, last = np.searchsorted(block.rows, [one[1], one[2] + 1])
            if first == last:
                continue
            if block.rows[first] == one[1]:
                source[first:last] = first
                self._carried[one] = cells[first].as_py()
                self._filled.setdefault(one[0], set()).add(one)
            elif one in self._carried:
                carried[first:last] = len(values)
                values.append(self._carried[one])
        told = cells.take(pa.array(source))
        if values:
            before = pa.array(values, pa.string()).take(pa.array(np.where(carried < 0, 0, carried)))
            told = pc.if_else(pa.array(carried >= 0), before, told)
        return pc.if_else(blank, told, cells)

    def filled(self) -> dict[int, list[Range]]:
        """Column -> the ranges that were filled, in the order of their rows."""
        return {place: sorted(ranges) for place, ranges in self._filled.items()}
