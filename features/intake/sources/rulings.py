"""Rulings (执行裁定书) among delivered files: recognised by their words, read into rows of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from features.errors import GoldenKeyError
from features.intake.ruling.heads import heading
from features.intake.ruling.plain import normalise_text, operative_part
from features.intake.ruling.reader import read_rulings
from features.intake.ruling.rows import case_row_gaps, ruling_rows
from features.intake.ruling.several import RULING
from features.intake.sources.encoding import detect_encoding, utf8_blocks
from features.pool.pool import stored_schema
from features.schema import TABLES

WORD = "裁定"
"""A word that every ruling contains."""
APPLIED = "申请执行人"
TRANSFERRED = ("被执行人", "移送执行")
"""Words of a ruling in a case that nobody applied for: a fine, an order to pay back."""
LARGEST = 2_000_000
"""Bytes beyond which a text is not taken for a ruling."""


@dataclass(frozen=True, slots=True)
class RulingDocument:
    """The rulings of a file: its name, hash, rows by table, and sentences on what could not be read or made ('')."""

    file: str
    sha256: str
    rows: dict[str, list[dict[str, Any]]]
    gaps: str


def says_ruling(text: str) -> bool:
    """Whether a text has the words of a ruling, wherever its lines are broken.

    Without an applicant it must decide as well: tables and letters speak of debtors and rulings too. One that names no
    party by a label (补正, 撤销) has the title and number of a ruling in an enforcement.
    """
    words = "".join(text.split())
    if WORD not in words or APPLIED in words:
        return WORD in words
    return decides(text) if any(word in words for word in TRANSFERRED) else _is_headed(text)


def _is_headed(text: str) -> bool:
    """Whether a text decides under the title 裁定书 and the number of an enforcement."""
    flat = normalise_text(text)
    heads = [head for line in flat.splitlines() if (head := heading(line))]
    numbered = any(head["number"] and "执" in head["number"] for head in heads)
    return numbered and any(head["paper"] == RULING for head in heads) and operative_part(flat) is not None


def decides(text: str) -> bool:
    """Whether a text decides, or has the title of a ruling on a line: a letter that speaks of one does neither."""
    flat = normalise_text(text)
    titles = (heading(line) for line in flat.splitlines())
    return operative_part(flat) is not None or any(title and title["paper"] == RULING for title in titles)


def is_ruling(path: Path) -> bool:
    """Whether a .txt file is the text of a ruling and not a table."""
    if path.suffix.lower() != ".txt" or not 0 < path.stat().st_size <= LARGEST:
        return False
    return says_ruling(b"".join(utf8_blocks(path, detect_encoding(path))).decode())


def read_ruling_document(path: Path, name: str, sha256: str) -> RulingDocument:
    """Read the rulings of a text file.

    Raises:
        GoldenKeyError: the text is no ruling after all, or of several that cannot be told apart.
    """
    return ruling_document(b"".join(utf8_blocks(path, detect_encoding(path))).decode(), name, sha256)


def ruling_document(text: str, name: str, sha256: str) -> RulingDocument:
    """Read the text of a file of rulings, with every sentence that the command `ruling` says of them.

    Errors as for `read_ruling_document`, and where there is no row to take (no case number).
    """
    try:
        read, notes = read_rulings(text)
    except GoldenKeyError as error:
        raise GoldenKeyError(f"文件“{name}”：{error}") from error
    rows: dict[str, list[dict[str, Any]]] = {}
    said = list(notes)
    for one in read:
        for table, made in ruling_rows(one.ruling, name, one.start).items():
            rows.setdefault(table, []).extend(made)
        of = f"{one.ruling.case_no or '未见案号的一份'}：" if len(read) > 1 else ""
        sentences = (case_row_gaps(one.ruling), *one.ruling.unread)
        said += [f"{of}{sentence}" for sentence in sentences if sentence]
    if not any(rows.values()):
        raise GoldenKeyError(f"文件“{name}”没有可以导入的记录：{''.join(said)}")
    return RulingDocument(name, sha256, rows, "".join(said))


def rows_as_table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows of a contract table as an Arrow table in the stored types."""
    given = {key for row in rows for key in row}
    schema = pa.schema([item for item in stored_schema(TABLES[name]) if item.name in given])
    return pa.Table.from_pylist(rows, schema=schema)
