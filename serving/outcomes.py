"""Records of reviews into the pool: files of an office, or one record through the interface; nothing is lost.

A file is first read by the intake into a home of its own, set beside what is known, and then written as one delivery:
whole or not at all. A later version of a review stands beside the earlier one; which is in force is decided by the day
each was known (`features.pool`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.batches import Delivery, SourceFile
from features.errors import GoldenKeyError
from features.intake.ingest import IngestOptions, ingest
from features.intake.quarantine import Quarantine
from features.intake.rules import RULES
from features.intake.template import EXPLANATION
from features.pool import BatchWriter, Pool, stored_schema
from models.audit import check_actor
from models.ledger import Ledger
from models.operational import reading
from models.outcomes import REVIEW, ended_cases, reviews, typed
from serving.outcome_checks import UNMATCHED, Doubt, Incoming, beside, doubts, reused, same

FILES = frozenset({".xlsx", ".xlsm", ".xls", ".ods", ".csv"})
PROVIDER = "本院民事检察部门"
LEGAL_BASIS = "人民检察院民事诉讼监督规则；个人信息保护法第十三条第一款第三项、第三十四条"
PURPOSE = "登记监督结果，用于评估和改进线索排序"
SCOPE = "终本执行监督案件的审查、建议、回复和到位情况"
"""The grounds on which an office holds its own records, unless others are stated."""

TRIES, PAUSE = 20, 0.1
"""How often and at what distance (seconds) a record waits for another delivery being written."""


class BusyError(GoldenKeyError):
    """Another delivery is being written."""

    http_status = 503


@dataclass(frozen=True, slots=True)
class Taken:
    """What one taking did.

    Attributes:
        batch: number of the delivery in the pool; None when there was nothing to write.
        received: the day its rows are known from.
        new, changed, unchanged: versions written of reviews not known before, told otherwise before, told alike before.
        quarantined: rows set aside; `faults` names the first of them, masked.
        unmatched: versions that meet no termination episode known.
        doubts: what to look at, in the order of the rows.
        notices: what was passed over.
        quarantine: the file of the rows set aside.
    """

    batch: int | None
    received: date
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    unmatched: int = 0
    doubts: tuple[Doubt, ...] = ()
    notices: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    quarantine: Path | None = None

    def told(self) -> dict[str, Any]:
        """The figures for the audit chain: no case, no name."""
        names = ("new", "changed", "unchanged", "quarantined", "unmatched")
        return {name: getattr(self, name) for name in names} | {"received": self.received.isoformat()}


def take_files(
    home: Path, paths: Sequence[str], options: IngestOptions, ledger: Ledger, actor: str, correct_cases: bool = False
) -> Taken:
    """Take records of reviews from workbooks and csv files as one delivery.

    Args:
        home: the home folder.
        paths: the files.
        options: the statement of the delivery (`statement` fills in what an office's own records rest on).
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
    options = statement(options)
    received = options.received_on or date.today()
    if received > date.today():
        raise GoldenKeyError(f"接收日期 {received} 在将来，应为今天（{date.today()}）或以前。")
    pool = Pool(home)
    fresh, notices = _fresh(pool, paths)
    if not fresh:
        return Taken(None, received, notices=notices)
    with _staged(home, fresh, options) as stage:
        taken = _settle(home, pool, stage, options, received, correct_cases)
    taken = replace(taken, notices=(*notices, *taken.notices))
    if taken.batch is not None:
        ledger.record(actor, "outcomes.take", f"b{taken.batch:06d}", taken.told())
    return taken


def statement(options: IngestOptions) -> IngestOptions:
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


@contextmanager
def writing_batch(pool: Pool, delivery: Delivery) -> Iterator[BatchWriter]:
    """A batch of the pool, after a short wait for whoever is writing; BusyError when the wait was in vain."""
    with ExitStack() as stack:
        for attempt in range(TRIES):
            try:
                batch = stack.enter_context(pool.begin(delivery))
                break
            except GoldenKeyError as error:
                if attempt + 1 == TRIES:
                    raise BusyError(str(error)) from error
                time.sleep(PAUSE)
        yield batch


def known_beside(pool: Pool, rows: pd.DataFrame, received: date) -> Incoming:
    """Typed rows beside what the pool knows today."""
    with pool.as_of(date.today()) as cut:
        return beside(rows, reviews(cut), ended_cases(cut), received)


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
    """Paths whose content the pool does not hold, and what to say of the others."""
    fresh, notices, seen = [], [], set()
    for text in paths:
        with Path(text).open("rb") as handle:
            content = hashlib.file_digest(handle, "sha256").hexdigest()
        if content in seen or pool.holds(content):
            notices.append(f"“{Path(text).name}”此前已导入，内容相同，跳过。")
        else:
            fresh.append(text)
        seen.add(content)
    return fresh, tuple(notices)


@dataclass(frozen=True, slots=True)
class _Stage:
    """What the intake made of the files: rows, faults, files, sentences."""

    rows: pd.DataFrame
    faults: pa.Table | None
    files: tuple[SourceFile, ...]
    notices: tuple[str, ...]


@contextmanager
def _staged(home: Path, paths: Sequence[str], options: IngestOptions) -> Iterator[_Stage]:
    folder = home / "tmp" / f"outcomes-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        report = ingest(folder, list(paths), options)
        (manifest,) = Pool(folder).batches()
        tables = [pq.read_table(folder / "pool" / part.path) for part in manifest.parts]
        names = [*REVIEW.names, "src_file", "src_sheet", "src_row"]
        rows = pa.concat_tables(tables).select(names) if tables else stored_schema(REVIEW).empty_table().select(names)
        faults = pa.concat_tables([pq.read_table(path) for path in report.quarantine]) if report.quarantine else None
        told = [text for text in report.notices if f"“{EXPLANATION}”" not in text]
        told += [f"{sheet.file}：{text}" for sheet in report.sheets for text in sheet.warnings]
        yield _Stage(typed(rows.to_pandas()), faults, manifest.files, tuple(told))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settle(
    home: Path, pool: Pool, stage: _Stage, options: IngestOptions, received: date, correct_cases: bool
) -> Taken:
    """Set the rows beside what is known and write them, with what was set aside, as one delivery."""
    delivery = options.delivery()
    if delivery is None:
        raise ValueError("The statement of a delivery is never empty here.")
    with writing_batch(pool, delivery) as batch:
        told = known_beside(pool, stage.rows, received)
        refused = reused(told) & (not correct_cases)
        kept = beside(stage.rows[~refused.to_numpy()], told.held, _cases(told), received)
        quarantine = Quarantine(home, batch.seq)
        try:
            faults = _set_aside(quarantine, stage.faults, told.rows[refused])
            path = quarantine.keep()
            batch.write(REVIEW.name, arrow_rows(kept.rows))
            for file in stage.files:
                lost = int((told.rows.loc[refused, "src_file"] == file.name).sum())
                batch.add_file(replace(file, rows=file.rows - lost, bad=file.bad + lost))
            manifest = batch.commit()
        finally:
            quarantine.drop()
    found = doubts(kept)
    alike, before = same(kept, REVIEW.names), kept.rows["held_case_no"].notna()
    return Taken(
        batch=manifest.seq,
        received=received,
        new=int(kept.rows.loc[~before, "review_id"].nunique()),
        changed=int((before & ~alike).sum()),
        unchanged=int(alike.sum()),
        quarantined=sum(file.bad for file in manifest.files),
        unmatched=len({doubt.place for doubt in found if doubt.code in UNMATCHED}),
        doubts=found,
        notices=stage.notices,
        faults=faults,
        quarantine=path,
    )


def _cases(told: Incoming) -> pd.DataFrame:
    names = ["case_no", "ended_on", "division", "debt_fen"]
    return told.rows.loc[told.rows["ended_on"].notna(), names].drop_duplicates("case_no")


def _set_aside(quarantine: Quarantine, read: pa.Table | None, refused: pd.DataFrame) -> tuple[str, ...]:
    """Put the faults of the intake and the rows refused here into one quarantine; returns their sentences."""
    pieces = [] if read is None else [read]
    if len(refused):
        pieces.append(_refusals(refused))
    if not pieces:
        return ()
    whole = pa.concat_tables(pieces)
    keys = whole.select(["file", "sheet"]).group_by(["file", "sheet"], use_threads=False).aggregate([]).to_pylist()
    for key in keys:
        mine = pc.and_(pc.equal(whole["file"], key["file"]), pc.equal(whole["sheet"], key["sheet"]))
        quarantine.add_faults(key["file"], key["sheet"], REVIEW.name, whole.filter(mine))
    return tuple(f"{row['file']} {row['sheet']} {row['sentence']}" for row in quarantine.shown)


def _refusals(refused: pd.DataFrame) -> pa.Table:
    """Rows whose number belongs to another case, as faults."""
    label = REVIEW.column("review_id").label
    rows = [_refusal(row, label) for _, row in refused.iterrows()]
    return pa.Table.from_pylist(rows).cast(
        pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in rows[0]])
    )


def _refusal(row: pd.Series, label: str) -> Mapping[str, Any]:
    other = row["held_case_no"] if row["held_case_no"] not in (None, row["case_no"]) else None
    which = f"{other}" if isinstance(other, str) else "本次交接中的另一案件"
    sentence = (
        f"第{row['src_row']}行“{label}”列：{RULES['reused']}（{row['review_id']}已用于{which}）；"
        "确系更正案号的，请加 --correct-cases 重新导入"
    )
    raw = "\t".join("" if pd.isna(row[name]) else str(row[name]) for name in REVIEW.names)
    return {
        "file": row["src_file"], "sheet": row["src_sheet"] or "", "table": REVIEW.name, "row": int(row["src_row"]),
        "column": "review_id", "label": label, "rule": "reused", "value": str(row["review_id"]),
        "sentence": sentence, "raw": raw,
    }  # fmt: skip
