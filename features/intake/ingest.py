"""Files to pool: each delivery becomes one batch, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from features.batches import Delivery, SourceFile
from features.errors import GoldenKeyError
from features.intake.delivery import Found, walk
from features.intake.documents import Document, as_table, is_ruling, read_document
from features.intake.headers import PASSED_OVER, Match, place
from features.intake.mapping import Mapping, choose, read_mapping
from features.intake.quarantine import Quarantine
from features.intake.reading import Rules
from features.intake.report import IngestReport, SheetReport, write_workbook
from features.intake.source import Sheet
from features.intake.staging import Counts, Stage
from features.intake.text_source import open_text
from features.intake.typed_source import open_database, open_parquet, open_workbook
from features.pool import BatchWriter, Pool
from features.schema import TABLES

Progress = Callable[[str, int, int, int], None]
"""Called with file name, number of the file, number of files in all, rows read so far."""

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".ods"})


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What the command line says beside the paths; the statements count for loose files only.

    Attributes:
        mapping: TOML file of a foreign layout.
        table: table of all loose files, instead of recognition.
        received_on: day the office received loose files; today when not given.
        legal_basis, purpose, scope, approved_by, provider: as in `Delivery`.
        backfile: old records without a delivery date.
    """

    mapping: Path | None = None
    table: str | None = None
    delivery_no: str = ""
    received_on: date | None = None
    provider: str = ""
    legal_basis: str = ""
    purpose: str = ""
    scope: str = ""
    approved_by: str = ""
    retain_until: date | None = None
    backfile: bool = False

    def delivery(self) -> Delivery | None:
        """The statement for loose files; None when not one word of it was given."""
        if not any((self.provider, self.legal_basis, self.purpose, self.scope)):
            return None
        received = None if self.backfile else self.received_on or date.today()
        return Delivery(
            delivery_no=self.delivery_no or f"手工导入-{received or '历史补录'}",
            provider=self.provider,
            received_on=received,
            legal_basis=self.legal_basis,
            purpose=self.purpose,
            scope=self.scope,
            approved_by=self.approved_by,
            retain_until=self.retain_until,
            backfile=self.backfile,
        )


@dataclass(frozen=True, slots=True)
class _Work:
    """A sheet recognised and ready to be read."""

    sheet: Sheet
    match: Match
    rules: Rules
    sha256: str


def ingest(
    home: Path, paths: list[str], options: IngestOptions | None = None, progress: Progress | None = None
) -> IngestReport:
    """Read files, folders of deliveries and database tables into the pool, oldest delivery first.

    Each delivery is one batch: visible whole, or not at all when anything in it cannot be read. Rows at fault are set
    aside under `home/quarantine`; the report is also written as a workbook under `home/reports`.

    Raises:
        GoldenKeyError: one sentence on the first delivery that cannot be taken; earlier ones stay.
    """
    chosen = options or IngestOptions()
    mapping = read_mapping(chosen.mapping) if chosen.mapping else None
    report = IngestReport()
    with _disk_errors(home):
        pool = Pool(home)
        for found in walk(paths, chosen.delivery()):
            _take(home, pool, found, mapping, chosen.table, report, progress)
        if report.batches:
            report.workbook = write_workbook(report, home / "reports" / f"导入报告-{report.batches[-1]:06d}.xlsx")
    return report


@contextmanager
def _disk_errors(home: Path) -> Iterator[None]:
    full = f"磁盘空间不足，无法写入“{home}”：本次交接未导入任何内容，请清理磁盘后重新运行。"
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise GoldenKeyError(full) from error
        raise
    except duckdb.Error as error:
        text = str(error)
        if "No space left" in text or "File too large" in text or "max_temp_directory_size" in text:
            raise GoldenKeyError(full) from error
        raise


def _take(
    home: Path,
    pool: Pool,
    found: Found,
    mapping: Mapping | None,
    table: str | None,
    report: IngestReport,
    progress: Progress | None,
) -> None:
    report.notices.extend(f"“{name}”不是数据文件，未读取。" for name in found.passed_over)
    work = _new_work(found, mapping, table, report)
    _withdraw(pool, found, report)
    work = _not_held(pool, found, work, report)
    if not work:
        return
    spill = home / "tmp" / f"ingest-{os.getpid()}"
    try:
        with pool.begin(found.delivery) as batch, Stage(spill) as stage:
            quarantine = Quarantine(home, batch.seq)
            try:
                sheets = _read_all(batch, stage, quarantine, work, progress)
                kept = quarantine.keep()
                batch.commit()
            finally:
                quarantine.drop()
    finally:
        shutil.rmtree(spill, ignore_errors=True)
    report.batches.append(batch.seq)
    report.sheets.extend(replace(sheet, delivery_no=found.delivery.delivery_no) for sheet in sheets)
    report.faults.extend(quarantine.shown)
    report.quarantine.extend([kept] if kept else [])


def _new_work(found: Found, mapping: Mapping | None, table: str | None, report: IngestReport) -> list[_Work | Document]:
    """Every sheet and ruling of a delivery, recognised before anything is written."""
    work: list[_Work | Document] = []
    for path in found.files:
        name = _name(path, found.folder)
        if any(word in path.stem for word in PASSED_OVER):
            report.notices.append(f"“{name}”没有对应的数据表，未读取。")
            continue
        with path.open("rb") as handle:
            content = hashlib.file_digest(handle, "sha256").hexdigest()
        if is_ruling(path):
            work.append(read_document(path, name, content))
            continue
        sheets = _open(path, name, mapping)
        work.extend(_recognised(sheets, path.stem, content, mapping, table, report))
    for url in found.databases:
        sheet = open_database(url)
        match, rules = choose(sheet, sheet.name, mapping, table)
        rows = hashlib.sha256()
        for block in sheet.read(match.reading, match.layout):
            rows.update(repr(block.cells.to_pydict()).encode())
        work.append(_Work(sheet, match, rules, _with_mapping(rows.hexdigest(), mapping)))
    return work


def _recognised(
    sheets: list[Sheet], stem: str, content: str, mapping: Mapping | None, table: str | None, report: IngestReport
) -> list[_Work]:
    work: list[_Work] = []
    refused: list[GoldenKeyError] = []
    for sheet in sheets:
        try:
            match, rules = choose(sheet, stem, mapping, table)
        except GoldenKeyError as error:
            refused.append(error)
            continue
        work.append(_Work(sheet, match, rules, _with_mapping(content, mapping)))
    if refused and (not work or len(sheets) == 1):
        raise refused[0]
    report.notices.extend(f"{error}" for error in refused)
    return work


def _with_mapping(content: str, mapping: Mapping | None) -> str:
    """The same file read by another mapping is another source."""
    return content if mapping is None else hashlib.sha256(f"{content}{mapping.sha256}".encode()).hexdigest()


def _name(path: Path, folder: Path) -> str:
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return path.name


def _open(path: Path, name: str, mapping: Mapping | None) -> list[Sheet]:
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        return open_workbook(path, name)
    if suffix == ".parquet":
        return [open_parquet(path, name)]
    return [open_text(path, name, mapping.encoding if mapping else None, mapping.delimiter if mapping else None)]


def _withdraw(pool: Pool, found: Found, report: IngestReport) -> None:
    if not found.withdraws:
        return
    batches = pool.batches()
    gone = {seq for manifest in batches for seq in manifest.withdraws}
    for number in found.withdraws:
        named = [m.seq for m in batches if m.delivery.delivery_no == number and not m.withdraws]
        live = [seq for seq in named if seq not in gone]
        if not named:
            report.notices.append(f"交接单（{found.delivery.delivery_no}）要求撤回“{number}”，但数据池中没有该交接。")
        elif live:
            day = found.delivery.received_on or date.today()
            manifest = pool.withdraw(live, on=day, reason=f"由交接 {found.delivery.delivery_no} 撤回")
            report.batches.append(manifest.seq)
            report.notices.append(f"已撤回交接“{number}”（自 {day} 起不再使用）。")


def _not_held(pool: Pool, found: Found, work: list[_Work | Document], report: IngestReport) -> list[_Work | Document]:
    """What the pool does not hold yet; what was withdrawn under this very delivery number does not come back either."""
    batches = pool.batches()
    gone = {seq for manifest in batches for seq in manifest.withdraws}
    held: dict[str, str] = {}
    for manifest in batches:
        if manifest.seq not in gone:
            said = "此前已导入，内容相同，跳过。"
        elif not found.loose and manifest.delivery.delivery_no == found.delivery.delivery_no:
            said = "所属交接此前已撤回，跳过；确需重新导入的，请使用新的交接编号。"
        else:
            continue
        held.update({file.sha256: said for file in manifest.files})
    report.notices.extend(f"“{_file(item)}”{held[item.sha256]}" for item in work if item.sha256 in held)
    return [item for item in work if item.sha256 not in held]


def _file(item: _Work | Document) -> str:
    return item.file if isinstance(item, Document) else item.sheet.file


def _read_all(
    batch: BatchWriter, stage: Stage, quarantine: Quarantine, work: list[_Work | Document], progress: Progress | None
) -> list[SheetReport]:
    reports = []
    for number, item in enumerate(work, start=1):
        if progress:
            progress(_file(item), number, len(work), 0)
        if isinstance(item, Document):
            reports.extend(_take_document(batch, item))
            continue
        counts = Counts()
        table = item.match.table
        stage.start(table)
        for block in item.sheet.read(item.match.reading, item.match.layout):
            stage.take(block, item.sheet, item.match, item.rules, counts, quarantine)
            if progress:
                progress(item.sheet.file, number, len(work), counts.read)
        stage.settle(table, counts)
        for rows in stage.rows(table, item.sheet):
            batch.write(table.name, rows)
        batch.add_file(SourceFile(item.sheet.file, item.sha256, table.name, counts.accepted, counts.bad))
        reports.append(_sheet_report(item, counts, stage.doubts.sentences()))
    return reports


def _take_document(batch: BatchWriter, document: Document) -> list[SheetReport]:
    reports = []
    for name, rows in document.rows.items():
        if rows:
            batch.write(name, as_table(name, rows))
        count = len(rows)
        label = TABLES[name].label
        batch.add_file(SourceFile(document.file, document.sha256, name, count, 0))
        reports.append(SheetReport("", document.file, "", name, label, count, count))
    if reports and document.gaps:
        reports[0].warnings = (document.gaps,)
    return reports


def _sheet_report(item: _Work, counts: Counts, warnings: tuple[str, ...]) -> SheetReport:
    if item.match.unknown:
        warnings = (f"未使用的列：{'、'.join(item.match.unknown)}。", *warnings)
    if counts.read == 0:
        warnings = (f"{place(item.sheet)}只有表头，没有数据行。", *warnings)
    table = item.match.table
    return SheetReport(
        delivery_no="",
        file=item.sheet.file,
        sheet=item.sheet.name,
        table=table.name,
        label=table.label,
        rows=counts.read,
        accepted=counts.accepted,
        bad=counts.bad,
        duplicates=counts.duplicates,
        blank=counts.blank,
        rules=counts.rules,
        warnings=warnings,
    )
