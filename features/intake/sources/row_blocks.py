"""Blocks of text cells from rows of typed values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from features.intake.sources.base import BLOCK_ROWS, Block, block_from_columns
from features.intake.sources.cell_text import cell_text


def row_blocks(rows: Iterator[Sequence[Any]], first_row: int, width: int) -> Iterator[Block]:
    """Blocks of text cells from rows of typed values."""
    start = first_row
    while batch := list(islice(rows, BLOCK_ROWS)):
        columns = [[cell_text(value) for value in column] for column in islice(zip(*batch, strict=True), width)]
        columns += [[None] * len(batch)] * (width - len(columns))
        yield block_from_columns(columns, np.arange(start, start + len(batch), dtype=np.int64))
        start += len(batch)
