"""Benchmark of the two chief statement layouts: CPU seconds of a whole intake, peak memory as the file grows.

Each measurement runs in a process of its own, so that its CPU seconds (user and system, all threads) and its peak
memory are those of the job. The peer parses the same file into text columns and checks nothing.
"""

from __future__ import annotations

import codecs
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.bench.timing import Timing
from features.intake.ingest import IngestOptions, ingest
from features.intake.tables.mapping import shipped_mappings
from features.schema import TABLES

ROWS, SMALL, LARGE = 1_000_000, 500_000, 2_000_000
PIECE = 100_000
DIRTY = 2_000
"""Every so many rows one has a date that cannot be read."""

DELIVERY = IngestOptions(
    received_on=date(2024, 1, 1),
    provider="银行",
    legal_basis="依据",
    purpose="目的",
    scope="范围",
    approved_by="某",
)
"""The statement of the delivery that every benchmark of intake takes in."""

_Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class IntakeRun:
    """One measurement: rows, CPU seconds of intake and of parsing alone, peak memory of intake (MB)."""

    rows: int
    seconds: float
    parsing: float
    peak: int


def write_statement(path: Path, layout: str, rows: int) -> None:
    """Write an invented statement of a layout (34 or 38 columns) in GB18030, with a tab behind every number."""
    headers = _headers(layout)
    with codecs.open(str(path), "w", "gb18030") as file:
        file.write(",".join(label + "\t" for label in headers.values()) + "\r\n")
        for start in range(0, rows, PIECE):
            cells = _cells(start, min(PIECE, rows - start), layout)
            empty = np.full(len(next(iter(cells.values()))), "", object)
            lines = cells.get(next(iter(headers)), empty)
            for name in list(headers)[1:]:
                lines = lines + "," + cells.get(name, empty)
            file.write("\r\n".join(lines) + "\r\n")


def _headers(layout: str) -> dict[str, str]:
    """Contract column -> header, in the order of the layout."""
    if layout == "34":
        return {column.name: column.label for column in TABLES["txn"].columns}
    (mapping,) = [known for known in shipped_mappings() if known.name == "statement38.toml"]
    found = {name: sources[0] for name, sources in mapping.columns.items()}
    return {"number": "序号", "unit": "反馈单位", "asked": "查询项", **found}


def _cells(start: int, count: int, layout: str) -> dict[str, _Texts]:
    number = np.arange(start, start + count)
    drawn = np.random.default_rng(start)
    account, other = drawn.integers(0, 300, count), drawn.integers(0, 4_000, count)
    ways = ("进", "出") if layout == "34" else ("贷", "借")

    def text(form: str, values: npt.NDArray[Any]) -> _Texts:
        return np.array([form % value for value in values.tolist()], object)

    def some(share: float, cells: _Texts) -> _Texts:
        return np.where(drawn.random(count) < share, cells, "").astype(object)

    moments = (np.datetime64("2021-01-01T00:00:00") + number * 7).astype(str).astype(object)
    moments = np.array([moment.replace("T", " ") for moment in moments], object)
    return {
        "card_no": text("99%017d\t", account),
        "acct_no": text("9900%015d\t", account),
        "holder": text("某%d", account),
        "ts": np.where(number % DIRTY, moments, "不详").astype(object),
        "amount": text("%.2f", drawn.integers(1, 9_000_000, count) / 100),
        "balance": some(0.9, text("%.2f", drawn.integers(0, 900_000_000, count) / 100)),
        "direction": np.where(drawn.random(count) < 0.5, *ways).astype(object),
        "cp_acct": some(0.8, text("99%017d\t", other)),
        "cp_name": some(0.85, text("虚构人%d", other)),
        "cp_bank": some(0.8, text("虚构银行第%d支行", other % 40)),
        "memo": np.array(["转账", "消费", "工资", "网银转账"], object)[other % 4],
        "ccy": np.full(count, "人民币", object),
        "branch": text("虚构支行%d", account % 40),
        "branch_no": text("99%06d\t", account % 40),
        "place": some(0.3, np.full(count, "虚构市", object)),
        "success": np.full(count, "成功", object),
        "voucher": text("%08d\t", number),
        "ip": some(0.4, text("10.0.0.%d", number % 250)),
        "ref_no": text("99%018d\t", np.where(number % 50, number, number - 1).clip(0)),
        "log_no": text("%012d\t", number),
        "teller": text("99%04d\t", account),
        "merchant": some(0.3, text("虚构商户%d", other % 500)),
        "txn_type": np.full(count, "其他", object),
        "number": text("%d", number),
    }


def measure_intake(layout: str, rows: int) -> IntakeRun:
    """Take in so many generated rows of a layout in a process of its own, and parse them in another."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "某行交易明细信息.csv"
        write_statement(path, layout, rows)
        seconds, peak = _alone(_take_in, path)
        parsing, _ = _alone(_parse, path)
    return IntakeRun(rows, seconds, parsing, peak)


def _alone(job: Callable[[Path], tuple[float, int]], path: Path) -> tuple[float, int]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as one:
        return one.submit(job, path).result()


def _take_in(path: Path) -> tuple[float, int]:
    start = time.process_time()
    ingest(path.parent / "home", [str(path)], DELIVERY)
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _parse(path: Path) -> tuple[float, int]:
    start = time.process_time()
    pd.read_csv(path, encoding="gb18030", dtype=str)
    return time.process_time() - start, 0


def time_statement(layout: str) -> Timing:
    """Take in a million rows with all checks; the peer only parses them. CPU seconds."""
    run = measure_intake(layout, ROWS)
    job = (
        f"导入 {layout} 列流水 {run.rows:,} 行，全部校验（每 CPU 秒 {run.rows / run.seconds:,.0f} 行，"
        f"峰值内存 {run.peak:,} MB）"
    )
    return Timing(f"statement{layout}", job, run.seconds, "pandas.read_csv（只解析，CPU 秒）", run.parsing)


def time_statement_growth() -> Timing:
    """Take in two million rows; the peer is four times the CPU seconds of 500,000: 1 is linear. Tells both peaks."""
    small, large = measure_intake("34", SMALL), measure_intake("34", LARGE)
    times = LARGE // SMALL
    job = f"导入 34 列流水 {LARGE:,} 行（峰值内存 {large.peak:,} MB，{SMALL:,} 行时 {small.peak:,} MB）"
    return Timing("statement_growth", job, large.seconds, f"{SMALL:,} 行用时×{times}", small.seconds * times)
