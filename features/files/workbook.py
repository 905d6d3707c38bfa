"""Write xlsx workbooks: open one with safe options, lay out tables from rows, set up pages for printing.

    with open_workbook(path, title="监督线索") as book:
        page = book.add_worksheet("线索")
        write_table(page, add_formats(book), [SheetColumn("案号", 24), SheetColumn("净值（元）", 15, "money")], rows)
        set_up_printing(page, heading_rows=1)

Cells hold text given by files and people, so no text is ever taken for a formula, a number or a link.
"""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.files.atomic import check_suffix, replacing, replacing_output, write_output
from features.rules.characters import text_width

SUFFIX = ".xlsx"
"""End of the name of every workbook."""

FIXED_DATE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
"""Date of creation of workbooks that must come out equal, byte for byte, whenever they are written."""

WIDEST = 60
"""Widest column fitted to its cells, in characters; longer texts wrap."""

DROP_DOWN_LIMIT = 255
"""Characters Excel takes for a drop-down list written out in the cell's validation."""

LINE_POINTS = 13.5
"""Height of one line of text."""

_TALLEST = 409
"""Tallest row Excel takes, in points."""

_TEXT = {"font_name": "宋体", "font_size": 10}
_CELL = {**_TEXT, "valign": "top", "border": 1, "border_color": "#BFBFBF"}
_HEADING = {**_CELL, "bold": True, "text_wrap": True, "align": "center", "valign": "vcenter"}

FORMATS: Mapping[str, Mapping[str, Any]] = {
    "heading": {**_HEADING, "bg_color": "#DDE6F0"},
    "required": {**_HEADING, "bg_color": "#F3E3C3"},
    "code": {**_CELL, "text_wrap": True, "valign": "vcenter", "font_size": 9, "bg_color": "#F2F2F2"},
    "title": {**_TEXT, "font_size": 14, "bold": True, "valign": "vcenter"},
    "warning": {**_CELL, "text_wrap": True, "num_format": "@", "bold": True},
    "text": {**_CELL, "text_wrap": True, "num_format": "@"},
    "locked": {**_CELL, "text_wrap": True, "num_format": "@", "bg_color": "#F5F5F5"},
    "pick": {**_CELL, "num_format": "@", "bg_color": "#FFF8E1"},
    "number": {**_CELL, "num_format": "0"},
    "money": {**_CELL, "num_format": "#,##0.00"},
    "share": {**_CELL, "num_format": "0.0%"},
    "probability": {**_CELL, "num_format": "0.000000"},
    "empty text": {**_TEXT, "num_format": "@"},
    "empty date": {**_TEXT, "num_format": "yyyy-mm-dd"},
    "empty datetime": {**_TEXT, "num_format": "yyyy-mm-dd hh:mm:ss"},
    "empty money": {**_TEXT, "num_format": "#,##0.00"},
    "empty int": {**_TEXT, "num_format": "0"},
    "empty real": {**_TEXT, "num_format": "0.####"},
}
"""Kinds of cells: headings, cells of tables, and columns that are empty until somebody fills them in (no border)."""

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a table on a page.

    Attributes:
        label: its heading.
        width: in characters of half width; 0 fits it to its cells, up to `WIDEST`.
        kind: kind of its cells, a key of `FORMATS`.
        code: what stands below the label, in the second heading row; "" for tables with one heading row.
    """

    label: str
    width: float = 0
    kind: str = "text"
    code: str = ""


@contextmanager
def open_workbook(
    target: Path | io.BytesIO,
    title: str = "",
    comments: str = "",
    created: dt.datetime | None = None,
    *,
    own: bool = False,
) -> Iterator[Any]:
    """A new `xlsxwriter.Workbook`; a file appears whole when the block ends, and not at all when the block fails.

    Args:
        target: a file, or a buffer for a workbook that stays in memory.
        title, comments: properties of the document.
        created: its date of creation (default: now); `FIXED_DATE` makes the bytes depend on the content alone.
        own: a file of the program's own folders, which are made; a user's (`--out`) must be there.

    Raises:
        GoldenKeyError: a user's file is no xlsx or cannot be written.
        OSError: a file of the program's own cannot be written.
    """
    if isinstance(target, io.BytesIO):
        yield from _filled(target, title, comments, created)
        return
    check_suffix(target, SUFFIX)
    if own:
        target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) if own else replacing_output(target) as scratch:
        yield from _filled(scratch, title, comments, created)


def write_workbook(path: Path, content: bytes) -> None:
    """Write a workbook made in memory to a file a user named; errors as for `open_workbook`."""
    check_suffix(path, SUFFIX)
    write_output(path, content)


def _filled(target: Path | io.BytesIO, title: str, comments: str, created: dt.datetime | None) -> Iterator[Any]:
    """Yield the workbook once, then write it; OSError where it cannot be written."""
    import xlsxwriter  # not loaded by a serving process until a workbook is asked for

    options = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    if isinstance(target, Path):
        book = xlsxwriter.Workbook(str(target), options)
    else:
        book = xlsxwriter.Workbook(target, {**options, "in_memory": True})
    given = {"title": title, "created": created}
    # An empty property leaves an element in the file, so those not given are left out.
    book.set_properties({"author": "", "comments": comments, **{name: one for name, one in given.items() if one}})
    yield book
    try:
        book.close()
    except xlsxwriter.exceptions.FileCreateError as error:
        # The library wraps the error of the system, which says what is wrong.
        raise error.args[0] from error


def add_formats(book: Any) -> dict[str, Any]:
    """Formats of one workbook, by kind (`FORMATS`)."""
    return {kind: book.add_format(dict(properties)) for kind, properties in FORMATS.items()}


def write_table(
    page: Any,
    formats: Mapping[str, Any],
    columns: Sequence[SheetColumn],
    rows: Sequence[Sequence[Any]],
    *,
    frozen_columns: int = 0,
    fit_heights: bool = False,
    kind_of: Callable[[SheetColumn, Sequence[Any]], str] | None = None,
) -> int:
    """Write a table from the first row of a page: headings (frozen, with filters), then the rows.

    Args:
        page: an empty worksheet.
        formats: of the workbook, from `add_formats`.
        columns: one per column; where one has a code, there are two heading rows.
        rows: cells in the order of the columns; None and "" stay blank, what is neither text nor number is spelt out.
        frozen_columns: columns that stay in view as well.
        fit_heights: set the height of each row by the lines its texts take, for programs that do not do so themselves.
        kind_of: kind of a cell by column and row, where it is not that of the column.

    Returns:
        The number of heading rows: the first row of data, counted from 0.
    """
    heading_rows = 2 if any(column.code for column in columns) else 1
    for place, column in enumerate(columns):
        width = column.width or _fitted_width(column.label, [row[place] for row in rows])
        page.set_column(place, place, width)
        page.write_string(0, place, column.label, formats["heading"])
        if heading_rows == 2:
            page.write_string(1, place, column.code, formats["code"])
    for number, row in enumerate(rows, start=heading_rows):
        for place, (column, value) in enumerate(zip(columns, row, strict=True)):
            write_cell(page, number, place, value, formats[kind_of(column, row) if kind_of else column.kind])
        if fit_heights:
            set_height(page, number, [(str(value), column.width) for column, value in zip(columns, row, strict=True)])
    if fit_heights:
        for number, texts in enumerate([[c.label for c in columns], [c.code for c in columns]][:heading_rows]):
            set_height(page, number, [(text, column.width) for text, column in zip(texts, columns, strict=True)])
    page.freeze_panes(heading_rows, frozen_columns)
    page.autofilter(heading_rows - 1, 0, max(len(rows) + heading_rows - 1, heading_rows), len(columns) - 1)
    return heading_rows


def add_table_page(
    book: Any,
    formats: Mapping[str, Any],
    name: str,
    columns: Sequence[SheetColumn],
    rows: Sequence[Sequence[Any]],
    *,
    header: str = "",
    footer: str = "",
    frozen_columns: int = 0,
    kind_of: Callable[[SheetColumn, Sequence[Any]], str] | None = None,
) -> tuple[Any, int]:
    """Add a page that holds one table and is set up for printing; see `write_table` and `set_up_printing`.

    Returns:
        The page, and the number of its heading rows.
    """
    page = book.add_worksheet(name)
    heading_rows = write_table(page, formats, columns, rows, frozen_columns=frozen_columns, kind_of=kind_of)
    set_up_printing(page, heading_rows=heading_rows, header=header, footer=footer)
    return page, heading_rows


def yuan_cell(fen: int | None) -> float | None:
    """An amount of a money column: 分 as 元; None stays blank."""
    return None if fen is None else fen / 100


def write_cell(page: Any, row: int, column: int, value: Any, form: Any) -> None:
    """Write one cell: a number as a number, None and "" as a blank, anything else as text."""
    if value is None or value == "":
        page.write_blank(row, column, None, form)
    elif isinstance(value, int | float):
        page.write_number(row, column, value, form)
    else:
        page.write_string(row, column, str(value), form)


def add_choices(page: Any, cells: tuple[int, int, int, int], choices: Sequence[str], warn: str = "") -> None:
    """Offer a drop-down list in cells.

    Args:
        page: a worksheet.
        cells: first row, first column, last row, last column, counted from 0.
        choices: what may be chosen; a list longer than `DROP_DOWN_LIMIT` is not offered.
        warn: what to say of another value, which is then allowed; "" forbids it.
    """
    if len(",".join(choices)) > DROP_DOWN_LIMIT:
        return
    rule: dict[str, Any] = {"validate": "list", "source": list(choices)}
    if warn:
        rule |= {"error_type": "warning", "error_title": "不在列表中", "error_message": warn}
    page.data_validation(*cells, rule)


def set_up_printing(page: Any, *, heading_rows: int = 0, header: str = "", footer: str = "") -> None:
    """Print on A4, landscape, one page wide; the first `heading_rows` rows stand on every page."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    if heading_rows:
        page.repeat_rows(0, heading_rows - 1)
    if header:
        page.set_header(f"&C{header}")
    if footer:
        page.set_footer(footer)


def set_height(page: Any, row: int, texts: Sequence[tuple[str, float]]) -> None:
    """Make a row as high as the tallest of its texts, each given with the width of its cell."""
    lines = max((wrapped_lines(text, width) for text, width in texts), default=1)
    page.set_row(row, min(lines * LINE_POINTS + 3, _TALLEST))


def wrapped_lines(text: str, width: float) -> int:
    """Lines that a text takes in a cell of a width."""
    room = max(width - 1.5, 1)
    return sum(max(1, math.ceil(text_width(line) / room)) for line in text.split("\n"))


def _fitted_width(label: str, cells: Sequence[Any]) -> float:
    lines = (line for cell in cells for line in str(cell or "").splitlines())
    longest = max(map(text_width, lines), default=0)
    return float(min(max(longest, text_width(label)) + 4, WIDEST))
