"""What a file says beside its cells: whether it is a workbook, from which day it counts, which cells are merged."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from features.files.archives import BROKEN_ZIP
from features.intake.sources.number_formats import column_of, sheet_parts

DAYS_OF_1904 = 1462
"""Days from the first day of the calendar of 1900 to that of 1904."""
_FROM_1904 = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*\bdate1904\s*=\s*[\"'](?:1|true|on)[\"']", re.IGNORECASE)
_OLD_FROM_1904 = b"\x22\x00\x02\x00\x01\x00\x0e\x00\x02\x00"
"""Of an old workbook (xls): the record of the calendar, and the head of the one that always follows."""
_MOST = 8 << 20


def days_later(path: Path) -> int:
    """Days to add to a date that a workbook holds as a plain number: `DAYS_OF_1904`, or 0 for the usual calendar."""
    if path.suffix.lower() == ".xls" and not zipfile.is_zipfile(path):
        return DAYS_OF_1904 if _OLD_FROM_1904 in path.read_bytes() else 0
    try:
        with zipfile.ZipFile(path) as packed, packed.open("xl/workbook.xml") as part:
            return DAYS_OF_1904 if _FROM_1904.search(part.read(_MOST)) else 0
    except BROKEN_ZIP:
        return 0


_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\b[^>]*\bref\s*=\s*[\"']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})[\"']"
)
_PIECE, _OVERLAP = 1 << 20, 256
_START = 1 << 16
_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def merged_cells(path: Path) -> dict[str, tuple[tuple[int, int, int], ...]]:
    """Sheet -> cells merged over several rows: column, first row, last row; empty for old workbooks."""
    try:
        with zipfile.ZipFile(path) as packed:
            found = {}
            for name, target in sheet_parts(packed):
                with packed.open(target) as part:
                    found[name] = tuple(_merged(part))
            return found
    except (*BROKEN_ZIP, ElementTree.ParseError):
        return {}


def _merged(part: IO[bytes]) -> Iterator[tuple[int, int, int]]:
    held = b""
    seen: set[tuple[int, int, int]] = set()
    while piece := part.read(_PIECE):
        text = held + piece
        if b"mergeCell" in text:
            for left, top, right, bottom in _MERGED.findall(text):
                columns = range(column_of(left.decode()), column_of(right.decode()) + 1)
                if int(bottom) > int(top) and (one := (columns.start, int(top), int(bottom))) not in seen:
                    seen.add(one)
                    yield one
        held = text[-_OVERLAP:]


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook by its content, whatever its suffix says."""
    with path.open("rb") as handle:
        start = handle.read(4)
    if start == _MAGIC[1]:
        return True
    if start != _MAGIC[0]:
        return False
    try:
        with zipfile.ZipFile(path) as packed:
            return bool({"xl/workbook.xml", "xl/workbook.bin", "content.xml"} & set(packed.namelist()))
    except BROKEN_ZIP:
        return False


def is_text(path: Path) -> bool:
    """Whether a file with the suffix of a workbook is a table in text or a page: neither packed, nor an old workbook of
    any age, and with a sign that parts columns near its beginning (a damaged workbook has none that is meant so)."""
    with path.open("rb") as handle:
        start = handle.read(_START)
    packed_or_old = start[:4] in _MAGIC or re.match(rb"\x09[\x00\x02\x04\x08]|PK", start)
    return bool(re.search(rb"[\t,;|<]", start)) and not packed_or_old
