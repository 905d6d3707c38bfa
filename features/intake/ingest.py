"""Ingest files into the pool: each delivery becomes one batch, committed completely or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from features.errors import GoldenKeyError
from features.files.names import shown_name
from features.intake.papers.delivered import passed_over
from features.intake.report import IngestReport, SheetReport, write_workbook
from features.intake.reviews.accept import PendingReviews
from features.intake.shared_keys import SharedKeys, replaced_rows
from features.intake.sources.delivery import FoundDelivery, find_deliveries
from features.intake.sources.rulings import RulingDocument, rows_as_table
from features.intake.tables.headers import sheet_location
from features.intake.tables.mapping import Mapping, read_mapping
from features.intake.tables.orphans import Orphans
from features.intake.tables.quarantine import Quarantine
from features.intake.tables.recognition import RecognisedSheet, recognise_all, refused_file
from features.intake.tables.sheet_in_duckdb import RowCounts
from features.intake.unlikely_days import UnlikelyDays
from features.intake.workers import SheetReaderPool, SheetResult, worker_count
from features.pool.manifests import Delivery, Manifest, RefusedFile, SourceFile
from features.pool.pool import BatchWriter, Pool
from features.pool.reviews import REVIEW
from features.pool.waiting import writing_batch
from features.rules.masking import mask_numbers
from features.schema import TABLES

Progress = Callable[[str, int, int, int], None]
"""Callback: file name, number of the file, number of files, rows read so far."""

Seal = Callable[[int], AbstractContextManager[None]]
"""Called with the batch number; gives the context in which the batch is committed (a transaction that records it)."""

Write = Callable[[pa.Table], None]
"""Receives the accepted rows of a sheet."""


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """Options of an ingest beside the paths; the delivery statement applies to loose files only.

    Attributes:
        mapping: TOML file that maps a foreign layout to a contract.
        table: contract table of all loose files, instead of recognising it.
        received_on: day the office received loose files; today when not given.
        legal_basis, purpose, scope, approved_by, provider: as in `Delivery`.
        backfile: old records without a delivery date.
        correct_cases: the number of a review may move to another case; else such rows are set aside.
        whole: a file that cannot be read refuses its delivery, where a part would give a wrong answer.
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
    correct_cases: bool = False
    whole: bool = False

    def delivery(self) -> Delivery | None:
        """The delivery statement for loose files; None when none of it was given."""
        if not any((self.provider, self.legal_basis, self.purpose, self.scope)):
            return None
        received = None if self.backfile else self.received_on or date.today()
        given = {field.name: getattr(self, field.name) for field in fields(Delivery)}
        number = self.delivery_no or f"手工导入-{received or '历史补录'}"
        return Delivery(**given | {"delivery_no": number, "received_on": received})


class _BatchList:
    """The batches of the pool, cached during one ingest and read again only when others were added or withdrawn."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._names: list[str] = []
        self._batches: tuple[Manifest, ...] = ()

    def batches(self) -> tuple[Manifest, ...]:
        """As `Pool.batches`."""
        names = sorted(path.name for path in self._pool.manifests_folder.glob("*.json"))
        if names != self._names:
            self._batches, self._names = self._pool.batches(), names
        return self._batches

    def add(self, manifest: Manifest) -> None:
        """Add a batch this ingest committed."""
        self._batches = (*self._batches, manifest)
        self._names.append(f"{manifest.seq:06d}.json")


def ingest(
    home: Path,
    paths: list[str],
    options: IngestOptions | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> IngestReport:
    """Ingest files, delivery folders and database tables into the pool, oldest delivery first.

    Each delivery is one batch, committed at once. A file that cannot be read is named and left out; the whole delivery
    is refused where nothing of it can be read, and where it withdraws earlier ones, whose rows would then be replaced
    by a part. Rejected rows go to `home/quarantine`; the report is also written as a workbook under `home/reports`.
    `workers` threads (by default those of the machine, two at most) read small sheets ahead; the output does not depend
    on their number.

    Raises:
        GoldenKeyError: one sentence on the first delivery that cannot be ingested; earlier ones stay.
    """
    chosen = options or IngestOptions()
    mapping = read_mapping(chosen.mapping) if chosen.mapping else None
    report = IngestReport()
    spill = home / "tmp" / f"ingest-{os.getpid()}"
    with disk_errors(home), SheetReaderPool(spill, workers or worker_count()) as readers:
        pool = Pool(home)
        batches = _BatchList(pool)
        for found in find_deliveries(paths, chosen.delivery()):
            _ingest_delivery(home, pool, batches, readers, found, mapping, chosen, report, progress)
        if report.batches:
            report.workbook = write_workbook(report, home / "reports" / f"导入报告-{report.batches[-1]:06d}.xlsx")
    return report


@contextmanager
def disk_errors(home: Path) -> Iterator[None]:
    """One sentence where the disk is full."""
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


def _ingest_delivery(
    home: Path,
    pool: Pool,
    batches: _BatchList,
    readers: SheetReaderPool,
    found: FoundDelivery,
    mapping: Mapping | None,
    options: IngestOptions,
    report: IngestReport,
    progress: Progress | None,
) -> None:
    report.notices.extend(map(passed_over, found.passed_over))
    report.notices.extend(f"“{name}”是通向交接文件夹以外的链接，未读取。" for name in found.outside)
    recognised = recognise_all(found, mapping, options.table, readers.map)
    report.notices.extend(recognised.notices)
    withdrawn = _withdrawn(batches, found, report)
    refused = RefusedFiles(found, options, withdrawn, list(recognised.refused))
    refused.check(bool(recognised.work))
    work = _new_items(batches, found, recognised.work, withdrawn, report)
    if work:
        manifest = write_batch(home, pool, readers, found, work, withdrawn, options, report, progress, refused)
        batches.add(manifest)
    report.refused.extend(refused.files)
    _withdraw(pool, found, withdrawn, report)


NAMED_FILES = 5
"""Most files named with their reason where a whole delivery is refused."""


@dataclass(slots=True)
class RefusedFiles:
    """The files of a delivery that cannot be taken in."""

    found: FoundDelivery
    options: IngestOptions
    withdrawn: frozenset[int]
    files: list[RefusedFile]
    carried: tuple[RefusedFile, ...] = ()
    """Files refused when a batch was first read that have not come since, where it is read again."""

    def add(self, item: RecognisedSheet | RulingDocument, error: GoldenKeyError) -> None:
        """Note a file that failed while it was read."""
        table = item.match.table.name if isinstance(item, RecognisedSheet) else None
        self.files.append(refused_file(item.file, item.sha256, error, table))

    def check(self, others: bool) -> None:
        """Refuse the whole delivery where the other files may not go in without these, or there are no others."""
        if not self.files:
            return
        reason = self.files[0].reason
        if self.withdrawn:
            number = self.found.delivery.delivery_no
            raise GoldenKeyError(
                f"{reason}交接“{number}”要撤回此前的交接，缺这个文件就会丢失数据，因此整个交接未导入。"
            )
        if self.options.whole or not others:
            more = f"另有 {len(self.files) - NAMED_FILES} 个文件也不能导入。" if len(self.files) > NAMED_FILES else ""
            raise GoldenKeyError("".join(file.reason for file in self.files[:NAMED_FILES]) + more)


def write_batch(
    home: Path,
    pool: Pool,
    readers: SheetReaderPool,
    found: FoundDelivery,
    work: Sequence[RecognisedSheet | RulingDocument],
    withdrawn: frozenset[int],
    options: IngestOptions,
    report: IngestReport,
    progress: Progress | None,
    refused: RefusedFiles,
    replaces: int | None = None,
    seal: Seal = lambda _: nullcontext(),
) -> Manifest:
    """Read the items of a delivery into one batch and add to the report what became of them.

    Args:
        withdrawn: batches that count as withdrawn already, because this delivery replaces them.
        refused: files of the delivery that are not taken in; those that fail while they are read join them.
        replaces: the batch whose files these are (see `Pool.begin`). seal: what the commit stands in.
    """
    with writing_batch(pool, found.delivery, replaces) as batch:
        batch.folder = shown_name(found.folder.resolve()) if found.files else ""
        quarantine, waiting = Quarantine(home, batch.seq), PendingReviews(pool, options.correct_cases, withdrawn)
        try:
            watch = Orphans(), SharedKeys(), UnlikelyDays(found.delivery.received_on or date.today())
            sheets, review_sheets = _read_all(batch, readers, quarantine, waiting, watch, work, progress, refused)
            refused.check(bool(sheets or review_sheets))
            for file in (*refused.carried, *refused.files):
                batch.add_refused(file)
            waiting.write_accepted(batch, quarantine)
            sheets += [_review_sheet(batch, *one, waiting) for one in review_sheets]
            published = quarantine.publish()
            with seal(batch.seq):
                manifest = batch.commit(f"重读第 {replaces} 批次" if replaces is not None else "")
        finally:
            quarantine.discard()
    report.batches.append(batch.seq)
    report.sheets.extend(replace(sheet, delivery_no=found.delivery.delivery_no) for sheet in sheets)
    report.faults.extend(quarantine.examples)
    report.notices.extend(line for watched in watch for line in watched.sentences())
    report.notices.extend(replaced_rows(pool, manifest, withdrawn))
    report.quarantine.extend([published] if published else [])
    summary = waiting.summary(found.delivery.received_on or date.today())
    report.reviews.extend([summary] if summary else [])
    return manifest


def _withdrawn(known: _BatchList, found: FoundDelivery, report: IngestReport) -> frozenset[int]:
    """Batches in force that the delivery withdraws."""
    batches = known.batches()
    gone = {seq for manifest in batches for seq in manifest.withdraws}
    chosen: set[int] = set()
    for number in found.withdraws:
        named = {m.seq for m in batches if m.delivery.delivery_no == number and not m.only_withdraws}
        chosen |= named - gone
        if not named:
            report.notices.append(f"交接单（{found.delivery.delivery_no}）要求撤回“{number}”，但数据池中没有该交接。")
    return frozenset(chosen)


def _withdraw(pool: Pool, found: FoundDelivery, withdrawn: frozenset[int], report: IngestReport) -> None:
    """Withdraw batches once what replaces them is in the pool: a delivery that cannot be read leaves them in force."""
    if not withdrawn:
        return
    received = [m.delivery.received_on for m in pool.batches() if m.seq in withdrawn]
    # A delivery that came before what it replaces withdraws it from the day on which that came.
    day = max([found.delivery.received_on or date.today(), *filter(None, received)])
    manifest = pool.withdraw(withdrawn, on=day, reason=f"由交接 {found.delivery.delivery_no} 撤回")
    report.batches.append(manifest.seq)
    numbers = dict.fromkeys(m.delivery.delivery_no for m in pool.batches() if m.seq in withdrawn)
    report.notices.extend(f"已撤回交接“{number}”（自 {day} 起不再使用）。" for number in numbers)


def _new_items(
    known: _BatchList,
    found: FoundDelivery,
    work: Sequence[RecognisedSheet | RulingDocument],
    withdrawn: frozenset[int],
    report: IngestReport,
) -> list[RecognisedSheet | RulingDocument]:
    """Items not in the pool yet, and not withdrawn earlier under the same delivery number."""
    batches = known.batches()
    gone = {seq for manifest in batches for seq in manifest.withdraws} | withdrawn
    held: dict[str, str] = {}
    for manifest in batches:
        if manifest.seq not in gone:
            reason = "此前已导入，内容相同，跳过。"
        elif not found.loose and manifest.delivery.delivery_no == found.delivery.delivery_no:
            reason = "所属交接此前已撤回，跳过；确需重新导入的，请使用新的交接编号。"
        else:
            continue
        held.update({file.sha256: reason for file in manifest.files})
    report.notices.extend(f"“{item.file}”{held[item.sha256]}" for item in work if item.sha256 in held)
    return [item for item in work if item.sha256 not in held]


_UNREADABLE_VALUES = (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException)
"""DuckDB errors that only a value in the file can cause."""

_Sheet = tuple[RecognisedSheet, RowCounts, tuple[str, ...]]


def _read_all(
    batch: BatchWriter,
    readers: SheetReaderPool,
    quarantine: Quarantine,
    waiting: PendingReviews,
    watch: tuple[Orphans, SharedKeys, UnlikelyDays],
    work: Sequence[RecognisedSheet | RulingDocument],
    progress: Progress | None,
    refused: RefusedFiles,
) -> tuple[list[SheetReport], list[_Sheet]]:
    """Read every item; reports of review sheets are left open, as their rows are checked against one another later."""
    reports: list[SheetReport] = []
    review_sheets: list[_Sheet] = []
    for number, (item, result) in enumerate(zip(work, readers.results_in_order(work), strict=True), start=1):
        if progress:
            progress(item.file, number, len(work), 0)
        if isinstance(item, RulingDocument):
            reports.extend(_write_ruling(batch, item))
            continue
        name, reviews = item.match.table.name, item.match.table.name == REVIEW.name
        taken = watch[2].watch(name, watch[1].watch(name, watch[0].watch(name, partial(batch.write, name))))
        write: Write = waiting.add if reviews else taken
        on_rows = partial(progress, item.file, number, len(work)) if progress else None
        try:
            counts, warnings = _write_sheet(write, readers, quarantine, item, result, on_rows)
        except GoldenKeyError as error:
            refused.add(item, error)
            continue
        watch[0].refuse(counts.refused_cases)
        if reviews:
            review_sheets.append((item, counts, warnings))
            continue
        batch.add_file(_source_file(item, counts))
        reports.append(_sheet_report(item, counts, warnings))
    return reports, review_sheets


def _write_sheet(
    write: Write,
    readers: SheetReaderPool,
    quarantine: Quarantine,
    item: RecognisedSheet,
    result: Callable[[], SheetResult | None],
    on_rows: Callable[[int], None] | None,
) -> tuple[RowCounts, tuple[str, ...]]:
    """Write the rows of a sheet; nothing of it is written where it cannot be read to its end.

    Raises:
        GoldenKeyError: it cannot be read to its end.
    """
    try:
        done = result()
        if done is None:
            return _read_large_sheet(write, readers, quarantine, item, on_rows)
    except _UNREADABLE_VALUES as error:
        first = mask_numbers(str(error).partition("\n")[0])
        raise GoldenKeyError(f"{sheet_location(item.sheet)}含有无法换算的值（{first}），未导入。") from error
    quarantine.extend(done.errors)
    for rows in done.rows:
        write(rows)
    return done.counts, done.warnings


def _review_sheet(
    batch: BatchWriter, item: RecognisedSheet, counts: RowCounts, warnings: tuple[str, ...], waiting: PendingReviews
) -> SheetReport:
    """Report of a review sheet, with the rows refused after all sheets were read."""
    refused = waiting.refused[item.sheet.file, item.sheet.name]
    counts.accepted -= refused
    counts.bad += refused
    if refused:
        counts.rules["reused"] = refused
    batch.add_file(_source_file(item, counts))
    return _sheet_report(item, counts, warnings)


def _source_file(item: RecognisedSheet, counts: RowCounts) -> SourceFile:
    return SourceFile(
        item.file, item.sha256, item.match.table.name, counts.accepted, counts.bad, content=item.mapped_content
    )


def _read_large_sheet(
    write: Write,
    readers: SheetReaderPool,
    quarantine: Quarantine,
    item: RecognisedSheet,
    on_rows: Callable[[int], None] | None,
) -> tuple[RowCounts, tuple[str, ...]]:
    """Read a large sheet in blocks and write it in pieces; its staging area is released at once."""
    counts, table = RowCounts(), item.match.table
    with readers.staging() as staging:
        staging.start(table)
        for block in item.sheet.read(item.match.reading, item.match.layout):
            staging.add_block(block, item.sheet, item.match, item.rules, counts, quarantine)
            if on_rows:
                on_rows(counts.read)
        staging.finish(table, item.sheet, counts)
        for rows in staging.rows(table, item.sheet):
            write(rows)
        staging.close()
        return counts, (*item.sheet.notes, *staging.warnings.sentences())


def _write_ruling(batch: BatchWriter, document: RulingDocument) -> list[SheetReport]:
    reports = []
    for name, rows in document.rows.items():
        if rows:
            batch.write(name, rows_as_table(name, rows))
        count = len(rows)
        label = TABLES[name].label
        batch.add_file(SourceFile(document.file, document.sha256, name, count, 0))
        reports.append(SheetReport("", document.file, "", name, label, count, count))
    if reports and document.gaps:
        reports[0].warnings = (document.gaps,)
    return reports


def _sheet_report(item: RecognisedSheet, counts: RowCounts, warnings: tuple[str, ...]) -> SheetReport:
    if item.match.unknown:
        warnings = (f"未使用的列：{mask_numbers('、'.join(item.match.unknown))}。", *warnings)
    if counts.read == 0:
        warnings = (f"{sheet_location(item.sheet)}只有表头，没有数据行。", *warnings)
    if counts.twins:
        warnings = (*warnings, _twins(counts.twins))
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
        cells=counts.cells,
        twins=tuple(counts.twins),
    )


TWINS_NAMED = 10
"""Rows named that are dropped as duplicates and may be payments of their own."""


def _twins(numbers: Sequence[int]) -> str:
    named = "、".join(map(str, numbers[:TWINS_NAMED])) + ("等" if len(numbers) > TWINS_NAMED else "")
    return (
        f"有 {len(numbers)} 行与同一表中另一行各列完全相同，又没有交易流水号和余额可以区分，"
        f"按重复行只计一次（第 {named} 行）；确为另一笔交易的，请补上交易流水号后重新导入。"
    )
