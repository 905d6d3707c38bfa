"""Types shared by all readers: sheets of text cells, read in blocks, each record with its row number in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

HEADER_SEARCH = 30
"""Number of leading rows of a sheet searched for the header row."""

BLOCK_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class UnparsedRecord:
    """A record that cannot be split into cells: its row in the file, rule code, detail, text."""

    row: int
    rule: str
    note: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """Records of a sheet: text cells in columns `c0`, `c1` … (None or '' where blank), and the row of each."""

    cells: pa.Table
    rows: npt.NDArray[np.int64]
    broken: tuple[UnparsedRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Header of a sheet: its row (1-based), the first row of data, its cells."""

    header_row: int
    first_row: int
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file before it is recognised.

    Attributes:
        file: name as reported and stored, relative to the delivery.
        name: sheet or database table; empty for text files.
        first_rows: first rows of the sheet as cells, for finding the header; one version per delimiter tried.
        read: (index of the version in `first_rows`, layout) -> blocks of data.
        notes: sentences on how it was read, for the report.
        from_paper: read from a page, so that rows may have been lost on the way.
    """

    file: str
    name: str
    first_rows: tuple[tuple[tuple[str, ...], ...], ...]
    read: Callable[[int, Layout], Iterator[Block]] = field(repr=False)
    notes: tuple[str, ...] = ()
    from_paper: bool = False
    formats: tuple[tuple[int, int, str, int], ...] = ()
    """Of a workbook, the formats of its numbers that bear a text or show them divided, and the others of those columns:
    (column, power of ten, text, last row)."""
    merged: tuple[tuple[int, int, int], ...] = ()
    """Cells merged over several rows: (column, first row, last row); the value stands in the first."""
    days_later: int = 0
    """Of a workbook that counts days from 1904, how many must be added to a date written as a plain number."""


def block_from_columns(
    columns: list[list[str | None]], rows: npt.NDArray[np.int64], broken: tuple[UnparsedRecord, ...] = ()
) -> Block:
    """A block from columns of text."""
    arrays = [pa.array(column, pa.string()) for column in columns]
    return Block(pa.table(arrays, names=[f"c{i}" for i in range(len(arrays))]), rows, broken)
