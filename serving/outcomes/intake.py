"""Import of review outcomes into the pool, from files of an office or one by one through the interface.

Files and single records are checked by the same rules (`features.intake.reviews.accept`); this module adds the legal
basis of the delivery and its row of the audit chain. A later version of a review is stored beside the earlier one; the
one known last is in force (`features.pool.pool`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from features.errors import GoldenKeyError
from features.intake.ingest import IngestOptions, ingest
from features.intake.report import IngestReport
from features.intake.reviews.checks import ReviewWarning
from features.intake.template import EXPLANATION
from features.pool.pool import Pool, stored_schema
from features.pool.reviews import REVIEW
from models.database.engine import reading
from models.ledger.chain import check_actor
from models.ledger.ledger import Ledger

FILES = frozenset({".xlsx", ".xlsm", ".xls", ".ods", ".csv"})
PROVIDER = "本院民事检察部门"
LEGAL_BASIS = "人民检察院民事诉讼监督规则；个人信息保护法第十三条第一款第三项、第三十四条"
PURPOSE = "登记监督结果，用于评估和改进线索排序"
SCOPE = "终本执行监督案件的审查、建议、回复和到位情况"
"""The grounds on which an office holds its own records, unless others are stated."""


@dataclass(frozen=True, slots=True)
class OutcomeImport:
    """Result of one import.

    Attributes:
        batch: number of the delivery in the pool; None when there was nothing to write.
        received: the day its rows are known from.
        new, changed, unchanged: reviews not known before; versions that differ from the known one, and that do not.
        quarantined: rows set aside; `faults` names the first of them, masked.
        unmatched: versions without a known termination episode.
        doubts: warnings on rows that were stored, in the order of the rows.
        notices: 中文 sentences on files that were skipped.
        quarantine: the file of the rows set aside.
    """

    batch: int | None
    received: date
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    unmatched: int = 0
    doubts: tuple[ReviewWarning, ...] = ()
    notices: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    quarantine: Path | None = None

    def as_payload(self) -> dict[str, Any]:
        """The figures for the audit chain: no case, no name."""
        names = ("new", "changed", "unchanged", "quarantined", "unmatched")
        return {name: getattr(self, name) for name in names} | {"received": self.received.isoformat()}


def import_outcomes(
    home: Path, paths: Sequence[str], options: IngestOptions, ledger: Ledger, actor: str, correct_cases: bool = False
) -> OutcomeImport:
    """Import records of reviews from workbooks and csv files as one delivery.

    Args:
        home: the home folder.
        paths: the files.
        options: the statement of the delivery; `complete_statement` fills in the grounds of an office's own records.
        ledger: where the act is written.
        actor: in whose name.
        correct_cases: a number may move to another case (a case number mistyped earlier); else such rows are set aside.

    Raises:
        GoldenKeyError: a file is missing or of another kind, the day lies in the future, or nothing can be read.
        UnknownActorError: nothing is written.
    """
    _check_files(paths)
    with reading(ledger.engine) as connection:
        check_actor(connection, actor)
    options = complete_statement(options)
    received = options.received_on or date.today()
    if received > date.today():
        raise GoldenKeyError(f"接收日期 {received} 在将来，应为今天（{date.today()}）或以前。")
    pool = Pool(home)
    fresh, notices = _fresh(pool, paths)
    if not fresh:
        return OutcomeImport(None, received, notices=notices)
    report = ingest(home, fresh, replace(options, correct_cases=correct_cases, whole=True))
    result = _import_result(report, received, notices)
    if result.batch is not None:
        ledger.record(actor, "outcomes.take", f"b{result.batch:06d}", result.as_payload())
    return result


def complete_statement(options: IngestOptions) -> IngestOptions:
    """The options with the grounds of an office's own records where none are stated."""
    day = options.received_on or date.today()
    return replace(
        options,
        table=REVIEW.name,
        delivery_no=options.delivery_no or f"监督结果-{day}",
        provider=options.provider or PROVIDER,
        legal_basis=options.legal_basis or LEGAL_BASIS,
        purpose=options.purpose or PURPOSE,
        scope=options.scope or SCOPE,
        received_on=day,
        backfile=False,
    )


def arrow_rows(rows: pd.DataFrame) -> pa.Table:
    """Typed rows as the pool stores them."""
    fields = [field for field in stored_schema(REVIEW) if field.name in rows.columns]
    columns = [pa.array(rows[field.name], from_pandas=True).cast(field.type) for field in fields]
    return pa.table(columns, schema=pa.schema(fields))


def _check_files(paths: Sequence[str]) -> None:
    for text in paths:
        path = Path(text)
        if path.is_dir():
            raise GoldenKeyError(
                f"“{text}”是文件夹：outcomes 只读 xlsx、csv 等文件，交接文件夹请用 ./goldenkey ingest。"
            )
        if not path.is_file():
            raise GoldenKeyError(f"文件“{text}”不存在，请核对后重新导入。")
        if path.suffix.lower() not in FILES:
            raise GoldenKeyError(f"文件“{path.name}”不是监督结果表，应为 {'、'.join(sorted(FILES))} 文件。")


def _fresh(pool: Pool, paths: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Paths whose content the pool does not hold, and 中文 sentences on the others."""
    fresh, notices, digests = [], [], set()
    for text in paths:
        with Path(text).open("rb") as handle:
            content = hashlib.file_digest(handle, "sha256").hexdigest()
        if content in digests or pool.holds(content):
            notices.append(f"“{Path(text).name}”此前已导入，内容相同，跳过。")
        else:
            fresh.append(text)
        digests.add(content)
    return fresh, tuple(notices)


def _import_result(report: IngestReport, received: date, notices: tuple[str, ...]) -> OutcomeImport:
    """The report of an ingest as an `OutcomeImport`."""
    said = [text for text in report.notices if f"“{EXPLANATION}”" not in text]
    said += [f"{sheet.file}：{text}" for sheet in report.sheets for text in sheet.warnings]
    summary = report.reviews[0] if report.reviews else None
    return OutcomeImport(
        batch=report.batches[0] if report.batches else None,
        received=received,
        new=summary.new if summary else 0,
        changed=summary.changed if summary else 0,
        unchanged=summary.unchanged if summary else 0,
        quarantined=report.bad,
        unmatched=summary.unmatched if summary else 0,
        doubts=summary.warnings if summary else (),
        notices=(*notices, *said),
        faults=tuple(f"{row['file']} {row['sheet']} {row['sentence']}" for row in report.faults),
        quarantine=report.quarantine[0] if report.quarantine else None,
    )
