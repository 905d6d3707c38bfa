"""Recognise the contents of a delivery: every file is opened and matched to its table before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from features.errors import GoldenKeyError
from features.intake.papers.delivered import is_paper, open_paper
from features.intake.sources.base import Sheet
from features.intake.sources.delimited import open_text
from features.intake.sources.delivery import FoundDelivery
from features.intake.sources.rulings import RulingDocument, is_ruling, read_ruling_document
from features.intake.sources.typed import open_database, open_parquet, open_workbook
from features.intake.tables.convert import MappingRules
from features.intake.tables.headers import IGNORED_FILES, SheetMatch
from features.intake.tables.mapping import Mapping, match_sheet

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".ods"})
ASSUMED_COMPRESSION = 8
"""Assumed bytes of text per byte of a workbook or Parquet file."""
READ_AHEAD_BYTES = 4_000_000
"""Bytes of text up to which a sheet is read into memory ahead of others; a larger one is read alone, in blocks."""


@dataclass(frozen=True, slots=True)
class RecognisedSheet:
    """A sheet matched to its table; `small` where it may be read into memory completely.

    `sha256` is of its file, with the mapping where one is given: then `mapped_content` is of the file alone.
    """

    sheet: Sheet
    match: SheetMatch
    rules: MappingRules
    sha256: str
    small: bool
    mapped_content: str = ""

    @property
    def file(self) -> str:
        """Name of its file, as reported."""
        return self.sheet.file


@dataclass(frozen=True, slots=True)
class Recognition:
    """The sheets or the ruling of a file (or of all files of a delivery), and notices for the report."""

    work: tuple[RecognisedSheet | RulingDocument, ...]
    notices: tuple[str, ...] = ()


def recognise_all(
    delivery: FoundDelivery,
    mapping: Mapping | None,
    table: str | None,
    each: Callable[[Callable[[Path], Recognition], Iterable[Path]], Iterator[Recognition]],
) -> Recognition:
    """Every sheet and ruling of a delivery, in the order of its files; `each` calls a function on each of them.

    Raises:
        GoldenKeyError: one sentence on the first file that cannot be read or is of no known table.
    """
    read = list(each(partial(_recognise, folder=delivery.folder, mapping=mapping, table=table), delivery.files))
    read += [Recognition((_database(url, mapping, table),)) for url in delivery.databases]
    return Recognition(
        tuple(work for item in read for work in item.work), tuple(text for item in read for text in item.notices)
    )


def _recognise(path: Path, folder: Path, mapping: Mapping | None, table: str | None) -> Recognition:
    name = _name(path, folder)
    if any(word in path.stem for word in IGNORED_FILES):
        return Recognition((), (f"“{name}”没有对应的数据表，未读取。",))
    content = file_hash(path)
    if is_ruling(path):
        return Recognition((read_ruling_document(path, name, content),))
    if is_paper(path):
        paper = open_paper(path, name, content)
        if not isinstance(paper, Sheet):
            return Recognition(*paper)
        sheets = [paper]
    else:
        sheets = open_sheets(path, name, mapping)
    packed = ASSUMED_COMPRESSION if path.suffix.lower() in {*WORKBOOKS, ".parquet"} else 1
    small = is_paper(path) or path.stat().st_size * packed <= READ_AHEAD_BYTES
    work: list[RecognisedSheet | RulingDocument] = []
    refused: list[GoldenKeyError] = []
    for sheet in sheets:
        try:
            match, rules = match_sheet(sheet, path.stem, mapping, table)
        except GoldenKeyError as error:
            refused.append(error)
            continue
        mapped = "" if mapping is None else content
        work.append(RecognisedSheet(sheet, match, rules, content_hash(content, mapping), small, mapped))
    if refused and (not work or len(sheets) == 1):
        raise refused[0]
    return Recognition(tuple(work), tuple(f"{error}" for error in refused))


def _database(url: str, mapping: Mapping | None, table: str | None) -> RecognisedSheet:
    sheet = open_database(url)
    match, rules = match_sheet(sheet, sheet.name, mapping, table)
    rows = hashlib.sha256()
    for block in sheet.read(match.reading, match.layout):
        rows.update(repr(block.cells.to_pydict()).encode())
    return RecognisedSheet(sheet, match, rules, content_hash(rows.hexdigest(), mapping), small=False)


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def content_hash(content: str, mapping: Mapping | None) -> str:
    """Hash of a file together with its mapping: the same file read by another mapping is another source."""
    return content if mapping is None else hashlib.sha256(f"{content}{mapping.sha256}".encode()).hexdigest()


def _name(path: Path, folder: Path) -> str:
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return path.name


def open_sheets(path: Path, name: str, mapping: Mapping | None) -> list[Sheet]:
    """The sheets of a file; `name` is what reports call it, a mapping may say encoding and delimiter."""
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        return open_workbook(path, name)
    if suffix == ".parquet":
        return [open_parquet(path, name)]
    return [open_text(path, name, mapping.encoding if mapping else None, mapping.delimiter if mapping else None)]
