"""What reading a paper (.docx, .pdf) gives."""

from __future__ import annotations

from pathlib import PurePath
from typing import NamedTuple

Row = list[str]

EXPECTED = "应为 .txt、.docx 或带文字层的 PDF"
"""What a ruling is delivered as."""
_IMAGES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".heic"})
_OTHER_TEXTS = {".doc": "旧版 Word 文件", ".wps": "WPS 文字文件", ".rtf": "RTF 文件", ".ofd": "OFD 文件"}


def unread_kind(name: str) -> str:
    """What kind of document a file name says that is not read ('' for any other file), e.g. 图像."""
    suffix = PurePath(name).suffix.lower()
    return "图像" if suffix in _IMAGES else _OTHER_TEXTS.get(suffix, "")


class RefusedError(Exception):
    """The file is not read; the text says why and what was expected, to follow the file's name."""


class FoundTable(NamedTuple):
    """Lines above the heading (a cell per word), heading, rows; sums left out, and the rows the text says it has."""

    above: list[Row]
    heading: Row
    rows: list[Row]
    left_out: int
    stated: int | None


class Paper(NamedTuple):
    """Running text, a line per paragraph; the regular table, or why there is none although it looks like one ('')."""

    text: str
    table: FoundTable | None = None
    irregular: str = ""
