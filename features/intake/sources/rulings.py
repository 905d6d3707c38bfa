"""Rulings (执行裁定书) among delivered files: recognised by their words, read into rows of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from features.intake.ruling.reader import read_ruling
from features.intake.ruling.rows import case_row_gaps, ruling_rows
from features.intake.sources.encoding import detect_encoding, utf8_blocks
from features.pool.pool import stored_schema
from features.schema import TABLES

WORDS = ("裁定", "申请执行人")
"""Words that every ruling contains."""
LARGEST = 2_000_000
"""Bytes beyond which a text is not taken for a ruling."""


@dataclass(frozen=True, slots=True)
class RulingDocument:
    """A ruling read: file name, hash, rows by table, and a sentence on rows that could not be made ('' if none)."""

    file: str
    sha256: str
    rows: dict[str, list[dict[str, Any]]]
    gaps: str


def is_ruling(path: Path) -> bool:
    """Whether a .txt file is the text of a ruling and not a table."""
    if path.suffix.lower() != ".txt" or not 0 < path.stat().st_size <= LARGEST:
        return False
    text = b"".join(utf8_blocks(path, detect_encoding(path))).decode()
    return all(word in text for word in WORDS)


def read_ruling_document(path: Path, name: str, sha256: str) -> RulingDocument:
    """Read a ruling.

    Raises:
        GoldenKeyError: the text is no ruling after all.
    """
    return ruling_document(b"".join(utf8_blocks(path, detect_encoding(path))).decode(), name, sha256)


def ruling_document(text: str, name: str, sha256: str) -> RulingDocument:
    """Read the text of a ruling; errors as for `read_ruling_document`."""
    ruling = read_ruling(text)
    return RulingDocument(name, sha256, ruling_rows(ruling, name), case_row_gaps(ruling))


def rows_as_table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows of a contract table as an Arrow table in the stored types."""
    given = {key for row in rows for key in row}
    schema = pa.schema([item for item in stored_schema(TABLES[name]) if item.name in given])
    return pa.Table.from_pylist(rows, schema=schema)
