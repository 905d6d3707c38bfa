"""Reading delivered files as an office would: csv of either encoding and workbooks with two header rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from openpyxl import load_workbook


def text_of(path: Path) -> str:
    """The text of a csv file, utf-8 with mark or gb18030."""
    raw = path.read_bytes()
    return raw.decode("utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "gb18030")


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of a delivered table by 中文 label, as texts."""
    if path.suffix == ".xlsx":
        lines = [["" if cell is None else str(cell) for cell in row] for row in load_workbook(path).active.values]
        return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]
    return [{name.strip(): cell for name, cell in row.items()} for row in csv.DictReader(io.StringIO(text_of(path)))]


def table(folders: list[Path], label: str) -> list[dict[str, str]]:
    """Rows of one table over all deliveries, in order."""
    paths = [path for folder in folders for path in sorted(folder.rglob(f"{label}.*"))]
    return [row for path in paths for row in rows_of(path)]
