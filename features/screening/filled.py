"""Read the filled templates of a screen into a pool that lives for one run.

Every row counts as known on the day of the run. A sheet with rows counts as an answer of its source about every debtor
in the file; an empty sheet counts as nothing, unless it is declared an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import GoldenKeyError
from features.files.names import shown_name
from features.intake.sources.base import Block, Layout, Sheet
from features.intake.sources.delimited import open_text
from features.intake.sources.delivery import data_files
from features.intake.sources.typed import open_parquet, open_workbook
from features.intake.tables.convert import MappingRules
from features.intake.tables.headers import SheetMatch, sheet_location
from features.intake.tables.mapping import match_sheet
from features.intake.tables.quarantine import Quarantine
from features.intake.tables.recognition import WORKBOOKS
from features.intake.tables.sheet_in_duckdb import RowCounts, SheetStaging
from features.intake.template import EXPLANATION
from features.pool.manifests import Delivery
from features.pool.pool import BatchWriter, Pool
from features.schema import TABLES
from features.screening.template import COMPLETE_HEADING, SAMPLE_MARK

if TYPE_CHECKING:
    from features.screening.screen import Screen

INFERRED = "（随所填表格推定）"
"""File name of the rows that say a source was asked: they stand in no sheet."""
SUFFIXES = (*sorted(WORKBOOKS), ".csv", ".tsv", ".txt", ".parquet")
_CODE = re.compile(r"^\s*([a-z][a-z0-9_]*)（.*）\s*$", re.DOTALL)
_YES = ("是", "y", "Y", "1", "true", "TRUE")


@dataclass(frozen=True, slots=True)
class SheetCounts:
    """One sheet read: rows = accepted + bad + duplicates + late; samples and blank rows are beside."""

    file: str
    sheet: str
    table: str
    rows: int
    accepted: int
    bad: int
    duplicates: int
    late: int
    samples: int


@dataclass(slots=True)
class FilledSheets:
    """What was read from the files of a run.

    Attributes:
        sheets: every sheet read.
        notices: sentences on what was passed over or looks doubtful.
        faults: rows set aside: file, sheet, row, label, sentence; personal values masked.
        filled: tables with rows.
        declared: tables declared complete although empty.
    """

    sheets: list[SheetCounts] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    faults: list[dict[str, str | int]] = field(default_factory=list)
    filled: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)

    @property
    def answered(self) -> set[str]:
        """Tables that count as answered: filled in, or declared complete although empty."""
        return self.filled | self.declared


def read_filled_sheets(
    home: Path, paths: Sequence[Path], screen: Screen, day: date, complete: Iterable[str] = ()
) -> FilledSheets:
    """Read filled templates into a new pool under `home`, every row known on `day`.

    Args:
        home: an empty folder; the pool is made there.
        paths: workbooks, text files (one sheet each), Parquet files or folders of such.
        screen: only sheets of its tables are read.
        day: the day of the run; rows that happened later are left out.
        complete: tables (name or label) that count as answered although they are empty.

    Raises:
        GoldenKeyError: a file cannot be read, a sheet lacks a required column, or no case or debtor is left.
    """
    intake = FilledSheets(declared={_table(name, screen) for name in complete})
    delivery = Delivery(
        "本次运行", "使用人填报", day, "由使用人依法取得并负责", "单个监督模型运行", "所填表格", "使用人"
    )
    people = _People()
    with Pool(home).begin(delivery) as batch:
        quarantine = Quarantine(home, batch.seq)
        staging = SheetStaging(home / "tmp")
        try:
            for path in _files(paths):
                for sheet, match, rules in _recognised(path, screen, intake):
                    _read(batch, staging, quarantine, sheet, match, rules, day, intake, people)
        finally:
            staging.close()
            quarantine.discard()
        intake.faults = quarantine.examples
        _require_cases_and_parties(intake)
        _write_inquiries(batch, intake, people.known(), day)
        batch.commit()
    return intake


def _table(name: str, screen: Screen) -> str:
    for table in screen.tables:
        if name.strip() in (table, TABLES[table].label):
            return table
    labels = "、".join(TABLES[table].label for table in screen.tables)
    raise GoldenKeyError(f"模型“{screen.name}”没有名为“{name}”的工作表，可用的有：{labels}。")


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from data_files(path)[0]
        elif not path.is_file():
            raise GoldenKeyError(f"文件“{shown_name(path)}”不存在，请核对后重新运行。")
        elif path.suffix.lower() not in SUFFIXES:
            raise GoldenKeyError(f"文件“{shown_name(path.name)}”的类型不支持：须为 {'、'.join(SUFFIXES)}。")
        else:
            yield path


def _recognised(path: Path, screen: Screen, intake: FilledSheets) -> Iterator[tuple[Sheet, SheetMatch, MappingRules]]:
    """The sheets of a file that belong to the screen; a notice names the others."""
    sheets = _open(path)
    stem = shown_name(path.stem) if len(sheets) == 1 else ""
    found = 0
    refused: list[GoldenKeyError] = []
    for sheet in sheets:
        if sheet.name == EXPLANATION:
            intake.declared |= {_table(name, screen) for name in _declared(sheet)}
            continue
        try:
            match, rules = match_sheet(_without_remarks(sheet), stem, None, None)
        except GoldenKeyError as error:
            if any(TABLES[name].label in (sheet.name, stem) for name in screen.tables):
                raise
            refused.append(error)
            continue
        if match.table.name not in screen.tables:
            intake.notices.append(f"{sheet_location(sheet)}（{match.table.label}）不是本模型使用的表，未读取。")
            continue
        found += 1
        yield _without_remarks(sheet), match, rules
    if not found and refused:
        raise refused[0]
    intake.notices += [
        f"{sheet_location(sheet)}未读取：不是模板中的表。" for sheet in sheets if _passed_over(sheet, refused)
    ]


def _passed_over(sheet: Sheet, refused: Sequence[GoldenKeyError]) -> bool:
    return any(str(error).startswith(sheet_location(sheet)) for error in refused)


def _open(path: Path) -> list[Sheet]:
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        return open_workbook(path, shown_name(path.name))
    name = shown_name(path.name)
    return [open_parquet(path, name) if suffix == ".parquet" else open_text(path, name)]


def _without_remarks(sheet: Sheet) -> Sheet:
    """The sheet with the field codes of its second header row bare: 'plate（编号，必填）' -> 'plate'."""
    first_rows = tuple(
        tuple(tuple(_CODE.sub(r"\1", cell) for cell in row) for row in reading) for reading in sheet.first_rows
    )
    return replace(sheet, first_rows=first_rows)


def _declared(sheet: Sheet) -> Iterator[str]:
    """Tables that the page of explanations declares complete."""
    width = max((len(row) for reading in sheet.first_rows for row in reading), default=2)
    layout = Layout(1, 1, tuple("" for _ in range(max(width, 2))))
    inside = False
    for block in sheet.read(0, layout):
        for name, text in zip(block.cells.column(0).to_pylist(), block.cells.column(1).to_pylist(), strict=True):
            if (name or "").strip() == COMPLETE_HEADING[0]:
                inside = True
            elif inside and not (name or "").strip():
                return
            elif inside and (text or "").strip() in _YES:
                yield str(name)


def _read(
    batch: BatchWriter,
    staging: SheetStaging,
    quarantine: Quarantine,
    sheet: Sheet,
    match: SheetMatch,
    rules: MappingRules,
    day: date,
    intake: FilledSheets,
    people: _People,
) -> None:
    table, counts, samples = match.table, RowCounts(), _Samples()
    staging.start(table)
    for block in sheet.read(match.reading, match.layout):
        staging.add_block(samples.leave_out(block), sheet, match, rules, counts, quarantine)
    staging.finish(table, sheet, counts)
    late = 0
    for whole in staging.rows(table, sheet):
        rows = _happened(whole, table.happened, day)
        late += whole.num_rows - rows.num_rows
        people.look(table.name, rows)
        batch.write(table.name, rows)
    warnings = staging.warnings.sentences()
    staging.close()
    accepted = counts.accepted - late
    if accepted:
        intake.filled.add(table.name)
    intake.sheets.append(
        SheetCounts(
            sheet.file, sheet.name, table.name, counts.read, accepted, counts.bad, counts.duplicates, late, samples.rows
        )
    )
    intake.notices += [f"{sheet_location(sheet)}：{line}" for line in warnings]
    notices = (
        (match.unknown, f"未使用的列：{'、'.join(match.unknown)}"),
        (late, f"有{late}行的日期晚于截止日 {day}，未使用"),
        (samples.rows, f"有{samples.rows}行含“{SAMPLE_MARK}”字样，视为样例，未使用"),
    )
    intake.notices += [f"{sheet_location(sheet)}{text}。" for so, text in notices if so]


def _happened(rows: pa.Table, column: str | None, day: date) -> pa.Table:
    """The rows that had happened by the day; those without a date stay."""
    if column is None:
        return rows
    days = rows.column(column).cast(pa.date32(), safe=False)
    return rows.filter(pc.fill_null(pc.less_equal(days, pa.scalar(day, pa.date32())), True))


class _Samples:
    """Counts and leaves out the rows that are samples."""

    def __init__(self) -> None:
        self.rows = 0

    def leave_out(self, block: Block) -> Block:
        """The block without rows in which some cell bears the word for a sample."""
        marked = np.zeros(len(block.rows), bool)
        for column in block.cells.columns:
            marked |= pc.fill_null(pc.match_substring(column, SAMPLE_MARK), False).to_numpy()
        if not marked.any():
            return block
        self.rows += int(marked.sum())
        return Block(block.cells.filter(pa.array(~marked)), block.rows[~marked], block.broken)


class _People:
    """Collects the identity numbers of debtors and their relations while sheets are read."""

    def __init__(self) -> None:
        self._debtors: list[pa.ChunkedArray] = []
        self._tied: list[pa.ChunkedArray] = []

    def look(self, table: str, rows: pa.Table) -> None:
        """Collect the identity numbers in these rows."""
        if table == "party":
            self._debtors.append(rows.filter(pc.equal(rows.column("role"), "debtor")).column("id_no"))
        elif table in ("relation", "marriage"):
            self._tied += [rows.column("person_a"), rows.column("person_b")]

    def known(self) -> pa.Array:
        """Every identity number once, sorted."""
        every = [chunk for part in self._debtors + self._tied for chunk in part.chunks]
        ids = pa.chunked_array(every, pa.string()) if every else pa.chunked_array([[]], pa.string())
        return pc.unique(ids.drop_null().combine_chunks()).sort()


def _require_cases_and_parties(intake: FilledSheets) -> None:
    for name in ("case", "party"):
        if name not in intake.filled:
            label = TABLES[name].label
            sheets = [sheet for sheet in intake.sheets if sheet.table == name]
            why = (
                "没有这张表"
                if not sheets
                else "没有可用的数据行" + (f"：{intake.faults[0]['sentence']}" if intake.faults else "")
            )
            raise GoldenKeyError(f"无法运行：所给文件中“{label}”{why}；案件和被执行人是每个模型都需要的。")


def _write_inquiries(batch: BatchWriter, intake: FilledSheets, people: pa.Array, day: date) -> None:
    """Write that each source with an answering sheet was asked about everybody in the file."""
    asked = TABLES["inquiry"].column("source_code").codes.values()
    sources = sorted({TABLES[name].source for name in intake.answered} & set(asked))
    if not sources or not len(people):
        return
    count = len(people) * len(sources)
    filled = {TABLES[name].source for name in intake.filled}
    everybody = people.take(pa.array(np.tile(np.arange(len(people)), len(sources))))
    asked_of = pa.array(np.repeat(np.array(sources, dtype=object), len(people)), pa.string())
    found = pa.array(np.repeat(np.array([source in filled for source in sources]), len(people)))
    today = pa.repeat(pa.scalar(day, pa.date32()), count)
    rows = {
        "inquiry_no": pa.repeat("本次运行", count),
        "subject_id": everybody,
        "source_code": asked_of,
        "asked_on": today,
        "answered_on": today,
        "has_result": found,
        "src_file": pa.repeat(INFERRED, count),
        "src_sheet": pa.repeat("", count),
        "src_row": pa.repeat(pa.scalar(0, pa.int64()), count),
    }
    batch.write("inquiry", pa.table(rows))
