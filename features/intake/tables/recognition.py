"""Recognise the contents of a delivery: every file is opened and matched to its table before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from features.errors import GoldenKeyError, reason_of
from features.files.names import shown_name, stored_name
from features.intake.papers.delivered import is_paper, open_paper
from features.intake.sources.base import Sheet
from features.intake.sources.delimited import open_text
from features.intake.sources.delivery import FoundDelivery
from features.intake.sources.html_tables import is_page, open_page
from features.intake.sources.rulings import RulingDocument, is_ruling, read_ruling_document
from features.intake.sources.typed import open_database, open_parquet, open_workbook
from features.intake.sources.workbook_parts import is_text, is_workbook
from features.intake.tables.convert import MappingRules
from features.intake.tables.headers import IGNORED_FILES, SheetMatch, table_in_name
from features.intake.tables.mapping import Mapping, match_sheet
from features.pool.manifests import RefusedFile

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
    """The sheets or the ruling of a file (or of all files of a delivery), notices for the report, files refused."""

    work: tuple[RecognisedSheet | RulingDocument, ...]
    notices: tuple[str, ...] = ()
    refused: tuple[RefusedFile, ...] = ()


def recognise_all(
    delivery: FoundDelivery,
    mapping: Mapping | None,
    table: str | None,
    each: Callable[[Callable[[Path], Recognition], Iterable[Path]], Iterator[Recognition]],
) -> Recognition:
    """Every sheet and ruling of a delivery, in the order of its files; `each` calls a function on each of them.

    A file or database table that cannot be read, or is of no known table, is refused by itself.

    Raises:
        GoldenKeyError: a fault of ours or of the machine, not of a file.
    """
    read = list(each(partial(_recognised, folder=delivery.folder, mapping=mapping, table=table), delivery.files))
    read += [_recognised_database(url, mapping, table) for url in delivery.databases]
    return Recognition(
        tuple(work for item in read for work in item.work),
        tuple(text for item in read for text in item.notices),
        tuple(file for item in read for file in item.refused),
    )


def refused_file(name: str, sha256: str, error: GoldenKeyError, table: str | None = None) -> RefusedFile:
    """A file that is not taken in; the error again where it is no fault of the file."""
    if error.exit_status != GoldenKeyError.exit_status:
        raise error
    return RefusedFile(name, sha256, table or table_in_name(PurePosixPath(name).stem) or "", str(error))


def _recognised(path: Path, folder: Path, mapping: Mapping | None, table: str | None) -> Recognition:
    """What a file holds, or the file refused."""
    name, content = stored_name(path, folder), ""
    try:
        content = file_hash(path)
        return _recognise(path, name, content, mapping, table)
    except OSError as error:
        unreadable = GoldenKeyError(f"文件“{name}”无法读取（{reason_of(error)}），请核对后重新导入。")
        return Recognition((), refused=(refused_file(name, content, unreadable, table),))
    except GoldenKeyError as error:
        return Recognition((), refused=(refused_file(name, content, error, table),))


def _recognised_database(url: str, mapping: Mapping | None, table: str | None) -> Recognition:
    try:
        return Recognition((_database(url, mapping, table),))
    except GoldenKeyError as error:
        return Recognition((), refused=(refused_file(url.partition("#")[2] or "数据库", "", error, table),))


def _recognise(path: Path, name: str, content: str, mapping: Mapping | None, table: str | None) -> Recognition:
    stem = shown_name(path.stem)
    if any(word in stem for word in IGNORED_FILES):
        return Recognition((), (f"“{name}”没有对应的数据表，未读取。",))
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
            match, rules = match_sheet(sheet, stem, mapping, table)
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


def open_sheets(path: Path, name: str, mapping: Mapping | None) -> list[Sheet]:
    """The sheets of a file; `name` is what reports call it, a mapping may say encoding and delimiter."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return [open_parquet(path, name)]
    if suffix in WORKBOOKS and not is_text(path):
        return open_workbook(path, name)
    if suffix not in WORKBOOKS and is_workbook(path):
        return [
            _told(sheet, f"文件的后缀是 {suffix}，内容是工作簿，按工作簿读取。") for sheet in open_workbook(path, name)
        ]
    if suffix in (*WORKBOOKS, ".csv") and is_page(path):
        return [open_page(path, name)]
    given = (mapping.encoding, mapping.delimiter) if mapping else (None, None)
    text = open_text(path, name, *given)
    return [_told(text, "文件的内容是文本，不是 Excel 工作簿，按文本读取。") if suffix in WORKBOOKS else text]


def _told(sheet: Sheet, note: str) -> Sheet:
    return replace(sheet, notes=(*sheet.notes, note))
