"""Tables of a page of HTML, or of a workbook in XML of 2003: what many banks export under the suffix .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from features.errors import GoldenKeyError
from features.intake.sources.base import HEADER_SEARCH, Block, Layout, Sheet
from features.intake.sources.encoding import detect_encoding, utf8_blocks
from features.intake.sources.row_blocks import row_blocks

MOST_BYTES = 256 << 20
"""Bytes of a page that are read: its cells are held in memory."""
_ROWS, _CELLS = ("tr", "row"), ("td", "th", "cell")
_HIDDEN = ("style", "script", "head", "styles", "documentproperties")
_MOST_SPAN = 10_000
Merged = tuple[int, int, int]
"""Position of a column, first and last row of a cell merged over several rows."""


class _Tables(HTMLParser):
    """Gathers the rows of all tables of a page, one below the other; a table within a cell gives rows of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.merged: list[Merged] = []
        self._taken: dict[int, set[int]] = {}
        self._text: list[str] | None = None
        self._hidden = 0
        self._place = (0, 0)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a row or a cell."""
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in _ROWS:
            self._close()
            self.rows.append([])
        elif tag in _CELLS and self.rows:
            self._close()
            self._open(dict(attrs))
        elif tag == "br" and self._text is not None:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """End a row or a cell."""
        if tag in _HIDDEN:
            self._hidden = max(self._hidden - 1, 0)
        elif tag in (*_ROWS, *_CELLS, "table"):
            self._close()

    def handle_data(self, data: str) -> None:
        """Take the text of a cell."""
        if self._text is not None and not self._hidden:
            self._text.append(data)

    def _open(self, attrs: dict[str, str | None]) -> None:
        row, number = self.rows[-1], len(self.rows)
        taken = self._taken.get(number, set())
        if (index := _number(attrs.get("ss:index"), 0)) > len(row):
            row.extend([""] * (index - 1 - len(row)))
        while len(row) in taken:
            row.append("")
        across = max(_number(attrs.get("colspan"), 1), _number(attrs.get("ss:mergeacross"), 0) + 1)
        down = max(_number(attrs.get("rowspan"), 1), _number(attrs.get("ss:mergedown"), 0) + 1)
        place = len(row)
        row.extend([""] * across)
        for below in range(number + 1, number + down):
            self._taken.setdefault(below, set()).update(range(place, place + across))
        if down > 1:
            self.merged.append((place, number, number + down - 1))
        self._text, self._place = [], (number - 1, place)

    def _close(self) -> None:
        if self._text is not None:
            row, place = self._place
            self.rows[row][place] = " ".join("".join(self._text).split())
            self._text = None


def _number(text: str | None, otherwise: int) -> int:
    return min(int(text), _MOST_SPAN) if text and text.isdecimal() else otherwise


def is_page(path: Path) -> bool:
    """Whether a file begins as a page of HTML or XML with a table in it."""
    with path.open("rb") as handle:
        start = handle.read(1 << 16)
    plain = start.replace(b"\x00", b"").lower()
    return re.match(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*<", plain) is not None and (
        re.search(rb"<(?:\w+:)?(?:table|html|workbook)\b", plain) is not None
    )


def open_page(path: Path, name: str) -> Sheet:
    """The tables of a page as one sheet; rows are counted from its first row on.

    Raises:
        GoldenKeyError: it holds no table, is too large, or in no known encoding.
    """
    if path.stat().st_size > MOST_BYTES:
        raise GoldenKeyError(f"文件“{name}”是网页表格，超过 {MOST_BYTES >> 20} MB，请另存为 xlsx 或 csv 后重新导入。")
    found = _Tables()
    for piece in utf8_blocks(path, detect_encoding(path)):
        found.feed(re.sub(r"<(/?)[a-z]+:(table|row|cell|data)\b", r"<\1\2", piece.decode(), flags=re.IGNORECASE))
    found.close()
    if not any(map(any, found.rows)):
        raise GoldenKeyError(f"文件“{name}”是网页，其中没有表格，没有可导入的内容。")
    width = max(map(len, found.rows))
    rows = [tuple(row + [""] * (width - len(row))) for row in found.rows]

    def read(_: int, layout: Layout) -> Iterator[Block]:
        return row_blocks(iter(rows[layout.first_row - 1 :]), layout.first_row, len(layout.headers))

    note = "文件的内容是网页表格（HTML 或 XML），不是 Excel 工作簿，按其中的表格读取；行号是表格中的行。"
    return Sheet(name, "", (tuple(rows[:HEADER_SEARCH]),), read, (note,), merged=tuple(found.merged))
