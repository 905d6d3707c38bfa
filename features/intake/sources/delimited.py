"""Read delimited text files; every physical line ends up in a record or in an `UnparsedRecord`.

The file is split into lines first, then into cells. Only lines with an odd number of quotes can begin or end a cell
that contains a line break. Such lines are paired when at most `MAX_SPAN` lines apart; one without a partner is an
unparsed record by itself, so one stray quote never swallows the rest of a file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from features.intake.sources.base import HEADER_SEARCH, Block, Layout, Sheet, UnparsedRecord
from features.intake.sources.encoding import READ_BYTES, detect_encoding, reading_note, utf8_blocks

DELIMITERS = (",", "\t", ";", "|")
MAX_SPAN = 50
FIRST_BYTES = 1 << 16
"""Bytes read at a time while looking for the first lines."""
Ints = npt.NDArray[np.int64]
csv.field_size_limit(READ_BYTES)  # a line with a cell of more than 131,072 signs would not be split, and be one cell


def open_text(path: Path, name: str, encoding: str | None = None, delimiter: str | None = None) -> Sheet:
    """The one sheet of a delimited text file.

    Raises:
        GoldenKeyError: the file is empty or in no known encoding.
    """
    found = encoding or detect_encoding(path)
    first = b""
    for piece in utf8_blocks(path, found, FIRST_BYTES):
        first += piece
        if first.count(b"\n") >= HEADER_SEARCH or len(first) >= READ_BYTES:
            break
    lines = first.decode().split("\n")[:HEADER_SEARCH]
    tried = (delimiter,) if delimiter else DELIMITERS
    first_rows = tuple(tuple(tuple(_split(line, mark) or (line,)) for line in lines) for mark in tried)
    notes = () if encoding else reading_note(found)
    return Sheet(name, "", first_rows, partial(_read, path, found, tried), notes)


def _split(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader(io.StringIO(line), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _read(path: Path, encoding: str, delimiters: tuple[str, ...], reading: int, layout: Layout) -> Iterator[Block]:
    delimiter = delimiters[reading]
    skip = layout.first_row - 1
    row = layout.first_row
    carried = b""
    width = len(layout.headers)
    source = utf8_blocks(path, encoding)
    for text in source:
        data = carried + text
        carried = b""
        if skip:
            lines = data.split(b"\n", skip)
            if len(lines) <= skip:
                skip -= data.count(b"\n")
                continue
            data, skip = lines[skip], 0
        data, carried = _split_open_end(data, width, delimiter)
        if data:
            yield _block(data, row, width, delimiter)
            row += data.count(b"\n") + (not data.endswith(b"\n"))
    if carried:
        yield _block(carried, row, width, delimiter)


def _split_open_end(data: bytes, width: int, delimiter: str) -> tuple[bytes, bytes]:
    """Split off the last lines, to be read with the next block, when a quoted cell may continue there."""
    if b'"' not in data:
        return data, b""
    starts, odd = _odd_lines(data)
    spans = _pair(data, starts, odd, width, delimiter)
    if not spans or spans[-1][2] is not None or len(starts) - spans[-1][0] > MAX_SPAN:
        return data, b""
    cut = int(starts[spans[-1][0]])
    return data[:cut], data[cut:]


def _odd_lines(data: bytes) -> tuple[Ints, Ints]:
    """Offsets where lines start, and the lines with an odd number of quotes."""
    raw = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(raw == 10)
    starts = np.concatenate(([0], ends + 1)).astype(np.int64)
    if starts[-1] == len(data):
        starts = starts[:-1]
    quotes = np.flatnonzero(raw == 34)
    line_of = np.searchsorted(starts, quotes, side="right") - 1
    return starts, np.flatnonzero(np.bincount(line_of, minlength=len(starts)) % 2).astype(np.int64)


def _block(data: bytes, row: int, width: int, delimiter: str) -> Block:
    spans: list[tuple[int, int, list[str] | None]] = []
    starts = np.zeros(0, np.int64)
    if b'"' in data:
        starts, odd = _odd_lines(data)
        spans = _pair(data, starts, odd, width, delimiter)
    kept, numbers = _without(data, row, starts, spans)
    block = _parse(kept, numbers, width, delimiter) or _line_by_line(kept, numbers, width, delimiter)
    return _add_spans(block, data, row, starts, spans, width) if spans else block


def _pair(data: bytes, starts: Ints, odd: Ints, width: int, delimiter: str) -> list[tuple[int, int, list[str] | None]]:
    """Spans (first line, last line, cells) of one record each; cells are None where the record cannot be parsed."""
    ends = np.append(starts[1:], len(data))
    spans: list[tuple[int, int, list[str] | None]] = []
    position = 0
    while position < len(odd):
        first = last = int(odd[position])
        cells = _record(data[starts[first] : ends[first]], width, delimiter)
        if cells is None and position + 1 < len(odd) and odd[position + 1] - first < MAX_SPAN:
            joined = _record(data[starts[first] : ends[odd[position + 1]]], width, delimiter)
            if joined is not None:
                cells, last = joined, int(odd[position + 1])
                position += 1
        spans.append((first, last, cells))
        position += 1
    return spans


def _record(data: bytes, width: int, delimiter: str) -> list[str] | None:
    text = data.decode().removesuffix("\n")
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 and len(records[0]) == width else None


def _without(data: bytes, row: int, starts: Ints, spans: list[tuple[int, int, list[str] | None]]) -> tuple[bytes, Ints]:
    if not spans:
        count = data.count(b"\n") + (not data.endswith(b"\n"))
        return data, np.arange(row, row + count, dtype=np.int64)
    ends = np.append(starts[1:], len(data))
    keep = np.ones(len(starts), bool)
    pieces, position = [], 0
    for first, last, _ in spans:
        keep[first : last + 1] = False
        pieces.append(data[position : starts[first]])
        position = int(ends[last])
    pieces.append(data[position:])
    return b"".join(pieces), row + np.flatnonzero(keep)


def _line_by_line(data: bytes, numbers: Ints, width: int, delimiter: str) -> Block:
    """Parse line by line (slow), for a block with quotes where no CSV writer puts them."""
    lines = data.decode().removesuffix("\n").split("\n")
    records = [_record(line.encode(), width, delimiter) for line in lines]
    good = [cells for cells in records if cells is not None]
    broken = tuple(
        UnparsedRecord(int(number), "quote", "引号不成对或列数不符", line)
        for number, line, cells in zip(numbers, lines, records, strict=True)
        if cells is None
    )
    rows = numbers[np.array([cells is not None for cells in records], bool)]
    return Block(pa.table([[cells[i] for cells in good] for i in range(width)], schema=_schema(width)), rows, broken)


def _schema(width: int) -> pa.Schema:
    return pa.schema([(f"c{i}", pa.string()) for i in range(width)])


def _parse(data: bytes, numbers: Ints, width: int, delimiter: str) -> Block | None:
    """Split lines into cells; None when a quoted cell crosses a line end, so that records and lines do not match."""
    names = [f"c{i}" for i in range(width)]
    broken: list[UnparsedRecord] = []
    trimmed: list[list[str]] = []
    trimmed_at: list[int] = []

    def refuse(record: pa_csv.InvalidRow) -> str:
        at = record.number - 1
        cells = _split(record.text, delimiter) or []
        if not record.text.strip():
            cells = [""] * (width + 1)
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            trimmed.append(cells[:width])
            trimmed_at.append(at)
        else:
            note = f"应有 {width} 列，实有 {record.actual_columns} 列"
            broken.append(UnparsedRecord(int(numbers[at]), "columns", note, record.text))
        return "skip"

    schema = _schema(width)
    if not data:
        return Block(schema.empty_table(), numbers[:0])
    if not data.endswith(b"\n"):
        data += b"\n"
    try:
        table = _cut(data, names, delimiter, refuse)
    except pa.ArrowInvalid:
        return None
    if table.num_rows + len(broken) + len(trimmed) != len(numbers) or _ends_inside_quotes(table):
        return None
    keep = np.ones(len(numbers), bool)
    keep[np.isin(numbers, [item.row for item in broken])] = False
    keep[trimmed_at] = False
    rows = numbers[keep]
    if trimmed:
        extra = pa.table([[cells[i] for cells in trimmed] for i in range(width)], schema=schema)
        table, rows = pa.concat_tables([table, extra]), np.concatenate([rows, numbers[trimmed_at]])
    return Block(table, rows, tuple(broken))


def _ends_inside_quotes(table: pa.Table) -> bool:
    """Whether the last record crosses its line end, because a quote in it is never closed."""
    last = table.slice(max(table.num_rows - 1, 0)).to_pylist()
    return any("\n" in cell for record in last for cell in record.values())


def _cut(data: bytes, names: list[str], delimiter: str, refuse: Callable[[pa_csv.InvalidRow], str]) -> pa.Table:
    return pa_csv.read_csv(
        pa.BufferReader(data),
        read_options=pa_csv.ReadOptions(use_threads=False, column_names=names, block_size=len(data) + 1),
        parse_options=pa_csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if b'"' in data else False,
            ignore_empty_lines=False,
            newlines_in_values=False,
            invalid_row_handler=refuse,
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=_schema(len(names)),
            strings_can_be_null=False,
            quoted_strings_can_be_null=False,
            check_utf8=False,
        ),
    )


def _add_spans(
    block: Block, data: bytes, row: int, starts: Ints, spans: list[tuple[int, int, list[str] | None]], width: int
) -> Block:
    ends = np.append(starts[1:], len(data))
    good = [(first, cells) for first, _, cells in spans if cells is not None]
    broken = tuple(
        UnparsedRecord(
            row + first, "quote", "引号不成对或列数不符", data[starts[first] : ends[first]].decode().rstrip("\n")
        )
        for first, _, cells in spans
        if cells is None
    )
    schema = block.cells.schema
    extra = pa.table([[cells[i] for _, cells in good] for i in range(width)], schema=schema)
    rows = np.concatenate([block.rows, np.array([row + first for first, _ in good], np.int64)])
    return Block(pa.concat_tables([block.cells, extra]), rows, block.broken + broken)
