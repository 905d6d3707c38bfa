"""Write deliveries as an office receives them: a dated folder with a hand-over sheet and files in the usual formats."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from evaluation.world.base import text_columns
from evaluation.world.base.chance import random_stream
from evaluation.world.base.config import Knobs
from evaluation.world.delivery import faults
from evaluation.world.population.banking import BANKS
from evaluation.world.population.spool import Calendar, read_delivery_slice
from features.files.workbook import FIXED_DATE, open_workbook
from features.schema import TABLES
from features.schema.contract import Column, Table

_FOLDER_TABLES = {
    "法院": ("case", "party", "litigation", "event", "query_feedback", "claim"),
    "登记": (
        "vehicle",
        "veh_use",
        "realty",
        "insurance",
        "hpf",
        "social",
        "company",
        "shareholding",
        "company_change",
        "relation",
        "marriage",
        "encumbrance",
        "lease",
        "demolition",
        "utility",
        "travel",
        "death",
    ),
    "拍卖平台": ("auction", "auction_bid"),
    "检察院": ("petition", "inquiry", "selection", "review", "watch"),
}
_WORKBOOK_TABLES = ("case", "party", "litigation", "petition", "selection", "review")
_WORKBOOK_MAX_ROWS = 900
_EPOCH = dt.date(1970, 1, 1)
ACCOUNT_LABELS = [column.label for column in TABLES["account"].columns]
TXN_LABELS = [column.label for column in TABLES["txn"].columns]


@dataclass(frozen=True)
class DeliveryJob:
    """One delivery to write (sent to a worker process); `quarters` are the folders of spooled rows."""

    out: Path
    quarters: list[Path]
    knobs: Knobs
    seed: int
    calendar: Calendar
    number: int
    withdrawn: bool


def iso_date(day: int) -> str:
    """ISO date of a day since 1970."""
    return (_EPOCH + dt.timedelta(days=int(day))).isoformat()


def write_delivery(job: DeliveryJob) -> list[str]:
    """Write one delivery; a withdrawn one is written with wrong values, then again in a later folder that withdraws it.

    Returns the names of the folders written.
    """
    day = int(job.calendar.deliveries[job.number])
    if not job.withdrawn:
        return [_write_folder(job, day, "", False)]
    first = _write_folder(job, day, "", True)
    return [first, _write_folder(job, day + 12, delivery_no(job.number), False)]


def delivery_no(number: int) -> str:
    """The number of a delivery."""
    return f"JJ{number + 1:04d}"


def _write_folder(job: DeliveryJob, day: int, withdraws: str, spoil: bool) -> str:
    folder = job.out / iso_date(day)
    rng = random_stream(job.seed, job.number, "formats")
    for room, tables in _FOLDER_TABLES.items():
        for table in tables:
            spelling = text_columns.SPELLINGS[int(rng.choice(4, p=[0.4, 0.3, 0.15, 0.15]))]
            encoding = "gb18030" if rng.random() < 0.5 else "utf-8-sig"
            rows = read_delivery_slice(job.quarters, table, job.number)
            if rows is None:
                continue
            rows = faults.with_wrong_values(table, rows) if spoil else rows
            (folder / room).mkdir(parents=True, exist_ok=True)
            stem = folder / room / TABLES[table].label
            if table in _WORKBOOK_TABLES and len(rows) <= _WORKBOOK_MAX_ROWS:
                _write_workbook(stem.with_suffix(".xlsx"), TABLES[table], rows)
            else:
                encoding = "utf-8-sig" if room == "法院" else encoding
                stem.with_suffix(".csv").write_bytes(_csv_sheet(TABLES[table], rows, spelling, encoding))
    _write_statements(job, folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "交接单.toml").write_text(_delivery_sheet(job, day, withdraws), encoding="utf-8")
    return folder.name


def _cell_texts(column: Column, values: pa.Array, spelling: str) -> pa.Array:
    if column.kind == "date":
        return text_columns.date_texts(values, spelling)
    if column.kind == "datetime":
        return text_columns.datetime_texts(values)
    if column.kind == "money":
        return text_columns.yuan_texts(values)
    if column.kind == "bool":
        return text_columns.bool_texts(values)
    return values.cast(pa.string())


def _columns(table: Table, rows: pa.Table) -> list[tuple[Column, pa.Array]]:
    held = set(rows.column_names)
    return [(column, rows[column.name].combine_chunks()) for column in table.columns if column.name in held]


def _csv_sheet(table: Table, rows: pa.Table, spelling: str, encoding: str) -> bytes:
    held = _columns(table, rows)
    return text_columns.csv_bytes(
        [column.label for column, _ in held],
        [_cell_texts(column, values, spelling) for column, values in held],
        encoding,
    )


def _write_workbook(path: Path, table: Table, rows: pa.Table) -> None:
    """Write a workbook with the national platform's two header rows (label, field code); ids are text."""
    with open_workbook(path, created=FIXED_DATE, own=True) as book:
        sheet = book.add_worksheet(table.label)
        sheet.freeze_panes(2, 0)
        for place, (column, values) in enumerate(_columns(table, rows)):
            sheet.write_string(0, place, column.label)
            sheet.write_string(1, place, column.name)
            if column.kind == "money":
                numbers = values.to_numpy(zero_copy_only=False) / 100.0
                sheet.write_column(2, place, [None if number != number else number for number in numbers.tolist()])
            else:
                sheet.write_column(2, place, _cell_texts(column, values, "iso").to_pylist())


def _write_statements(job: DeliveryJob, folder: Path) -> None:
    """Write the bank files: one task folder, two gb18030 files a bank, header cells ending with a TAB."""
    for table, stem, labels in (
        ("txn_lines", "交易明细信息", TXN_LABELS),
        ("account_lines", "账户信息", ACCOUNT_LABELS),
    ):
        rows = read_delivery_slice(job.quarters, table, job.number)
        if rows is None:
            continue
        task = folder / "银行流水" / f"RW{job.calendar.deliveries[job.number]:06d}{job.number + 1:04d}"
        task.mkdir(parents=True, exist_ok=True)
        bank = rows["bank"].to_numpy()
        for number, name in enumerate(BANKS):
            lines = rows["line"].filter(pa.array(bank == number))
            if len(lines):
                header = [label + "\t" for label in labels]
                (task / f"{name}{stem}.csv").write_bytes(text_columns.csv_bytes(header, [lines], "gb18030"))


def _delivery_sheet(job: DeliveryJob, day: int, withdraws: str) -> str:
    number = delivery_no(job.number) + ("-更正" if withdraws else "")
    lines = [
        f'delivery_no = "{number}"',
        f"received_on = {iso_date(day)}",
        'provider = "浙东市法检数据交接专班（法院、银行业机构、登记机关）"',
        'legal_basis = "民事诉讼法第二百四十六条；个人信息保护法第十三条第一款第三项、第三十四条"',
        'purpose = "民事执行活动法律监督"',
        'scope = "辖区终结本次执行程序案件及其被执行人"',
        'approved_by = "浙东市检察院分管检察长"',
        f"retain_until = {iso_date(day + 5 * 365)}",
    ]
    if withdraws:
        lines.append(f'withdraws = ["{withdraws}"]')
    return "\n".join(lines) + "\n"


def total_bytes(folder: Path) -> int:
    """Size of all files below a folder, in bytes."""
    return int(np.sum([path.stat().st_size for path in folder.rglob("*") if path.is_file()]))
