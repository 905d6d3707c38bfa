"""Benchmark of money links: time relative to sorting the same rows, growth from 2 to 20 million rows, memory.

Each measurement runs in a process of its own, so that its peak memory is that of the job.
"""

from __future__ import annotations

import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from evaluation.bench.timing import Timing
from features.errors import GoldenKeyError
from features.facts.money.links import fifo, ordered
from features.facts.money.trace import WalkSettings, walk
from features.facts.money.transfers import Workbench, transfers

SMALL, LARGE = 2_000_000, 20_000_000
ROWS_PER_ACCOUNT = 400
MEMORY_LIMIT = "5GB"
"""Memory limit of the engine; on a machine with 8 GB it leaves 3 GB for the rest of the process."""

_MADE_UP_ROWS = f"""
CREATE OR REPLACE TABLE rows AS
SELECT (hash(i) % ({{rows}} // {ROWS_PER_ACCOUNT}))::BIGINT AS acct, i AS rid,
       TIMESTAMP '2023-01-01' + to_seconds((hash(i * 3 + 1) % 31536000)::BIGINT) AS ts,
       CASE WHEN hash(i * 5 + 2) % 100 < 45 THEN 1 ELSE -1 END AS sign,
       1 + (hash(i * 7 + 3) % 500000)::BIGINT AS amount, NULL::BIGINT AS balance
FROM range({{rows}}) AS made(i)
"""


@dataclass(frozen=True, slots=True)
class LinkRun:
    """One measurement: rows, links, seconds of linking and of sorting, peak memory (MB), whether all sums agree."""

    rows: int
    links: int
    seconds: float
    sorting: float
    peak: int
    kept: bool


def measure_linking(rows: int) -> LinkRun:
    """Link so many generated transactions in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as one:
        return one.submit(_time_linking, rows).result()


def _time_linking(rows: int) -> LinkRun:
    with tempfile.TemporaryDirectory() as spill:
        bench = Workbench(temp_directory=spill, memory_limit=MEMORY_LIMIT, preserve_insertion_order=False)
        engine: Any = bench.con.con
        engine.execute(_MADE_UP_ROWS.format(rows=rows)).fetchall()
        start = time.perf_counter()
        engine.execute("CREATE OR REPLACE TEMP TABLE sorted AS SELECT * FROM rows ORDER BY acct, ts, rid").fetchall()
        sorting = time.perf_counter() - start
        engine.execute("DROP TABLE sorted").fetchall()
        start = time.perf_counter()
        links = bench.materialise("links", fifo(bench.con.table("rows")))
        seconds = time.perf_counter() - start
        sums_query = (
            "SELECT count(*), sum(amount) FILTER (WHERE NOT opening), sum(amount) FILTER (WHERE out_rid IS NOT NULL)"
        )
        count, got, paid = engine.execute(f"{sums_query} FROM links").fetchone()
        sums = "SELECT sum(amount) FILTER (WHERE sign > 0), sum(amount) FILTER (WHERE sign < 0) FROM rows"
        sums_agree = (got, paid) == engine.execute(sums).fetchone()
        del links
        bench.con.disconnect()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return LinkRun(rows, int(count), seconds, sorting, peak, sums_agree)


def _checked(run: LinkRun) -> LinkRun:
    if not run.kept:
        raise AssertionError("Money was made or lost while it was linked.")
    return run


def _job_text(run: LinkRun) -> str:
    return f"先进先出勾连 {run.rows:,} 行（得 {run.links:,} 条，峰值内存 {run.peak:,} MB）"


def time_links() -> Timing:
    """Link 2 million transactions; the peer sorts the same rows by account and time."""
    run = _checked(measure_linking(SMALL))
    return Timing("links", _job_text(run), run.seconds, "DuckDB 同样数据排序", run.sorting)


def time_growth() -> Timing:
    """Link 20 million transactions; the peer is ten times the time of 2 million: 1 is linear."""
    small, large = _checked(measure_linking(SMALL)), _checked(measure_linking(LARGE))
    times = LARGE // SMALL
    return Timing("links_growth", _job_text(large), large.seconds, f"{SMALL:,} 行用时×{times}", small.seconds * times)


def time_foreign_network(folder: Path) -> Timing:
    """Link a foreign transfer network whole and walk from every marked node; the peer only links the same rows.
    Args:
        folder: holds nodes.csv (nodeid, isFraud, init_balance) and transactions.csv (sourceNodeId, targetNodeId,
            value, time), as the simulated bank AMLSim writes them.

    Raises:
        GoldenKeyError: one of the files is missing.
    """
    start = time.perf_counter()
    counts = count_traced(folder)
    ours = time.perf_counter() - start
    bench = Workbench()
    rows = load_network(bench, folder)["rows"]
    start = time.perf_counter()
    bench.materialise("links", fifo(rows))
    theirs = time.perf_counter() - start
    bench.con.disconnect()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    job = (
        f"勾连 {counts['rows']:,} 行并从 {counts['nodes']:,} 个标记账户的 {counts['starts']:,} 笔转出逐层追踪"
        f"（{counts['flows']:,} 条，其中回流 {counts['returned']:,}，峰值内存 {peak:,} MB）"
    )
    return Timing("walk", job, ours, "同样数据只勾连", theirs)


def load_network(bench: Workbench, folder: Path) -> dict[str, Any]:
    """Statement rows of a foreign transfer network: both sides of every transfer, on days counted from 2000-01-01.
    Returns:
        rows, pairs (relations as `transfers` has them) and starts (payments of marked nodes).

    Raises:
        GoldenKeyError: one of the files is missing.
    """
    paths = [folder / "nodes.csv", folder / "transactions.csv"]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise GoldenKeyError(f"文件夹 {folder} 中没有 {'、'.join(missing)}。")
    nodes, moved = (pd.read_csv(path) for path in paths)
    amount = (moved["value"] * 100).round().astype("int64")
    keep = amount > 0
    moved, amount = moved[keep], amount[keep]
    ts = datetime(2000, 1, 1) + pd.to_timedelta(moved["time"], unit="D")
    number = pd.RangeIndex(len(moved)).to_numpy()
    sides = []
    for sign, own, other in ((-1, "sourceNodeId", "targetNodeId"), (1, "targetNodeId", "sourceNodeId")):
        # Rows of one day stand in the order of the file, the receipt of a transfer before its payment.
        side = pd.DataFrame({"rid": number * 2 + (sign < 0), "acct": moved[own].astype(str), "ts": ts, "sign": sign})
        side["amount"], side["cp_acct"], side["ref_no"] = amount, moved[other].astype(str), number.astype(str)
        sides.append(side)
    rows = pd.concat(sides, ignore_index=True)
    rows["day"] = rows["ts"].dt.date
    rows["cash"] = False
    table = pa.Table.from_pandas(rows, preserve_index=False)
    for name, kind in (
        ("balance", pa.int64()),
        ("holder", pa.string()),
        ("cp_id", pa.string()),
        ("cp_name", pa.string()),
        ("memo", pa.string()),
        ("merchant", pa.string()),
    ):
        table = table.append_column(name, pa.nulls(len(rows), kind))
    marked = set(nodes.loc[nodes["isFraud"] == 1, "nodeid"].astype(str))
    starts = rows.loc[(rows["sign"] < 0) & rows["acct"].isin(marked), "rid"]
    network = bench.table("network", table)
    return {
        "rows": bench.materialise("network_rows", network),
        "starts": bench.table("network_starts", pa.table({"start_rid": starts.to_numpy()})),
        "nodes": len(marked),
    }


def trace_network(bench: Workbench, folder: Path) -> dict[str, Any]:
    """What `load_network` gives, and pairs, links and flows of the walk from marked nodes (six hops, 1 % shares)."""
    network = load_network(bench, folder)
    rows = network["rows"]
    pairs = bench.materialise("pairs", transfers(bench, rows))
    links = bench.materialise("links", fifo(ordered(rows)))
    settings = WalkSettings(hops=6, share=0.01)
    flows = bench.materialise("flows", walk(bench, rows, pairs, network["starts"], settings, links))
    return network | {"pairs": pairs, "links": links, "flows": flows}


def count_traced(folder: Path) -> dict[str, int]:
    """Row counts of `trace_network`: rows, starts, pairs, flows, returned, nodes."""
    bench = Workbench()
    network = trace_network(bench, folder)
    tables = {name: network[name] for name in ("rows", "starts", "pairs", "flows")}
    tables["returned"] = network["flows"].filter(network["flows"].end == "returned")
    count = {name: int(table.count().to_pyarrow().as_py()) for name, table in tables.items()}
    bench.con.disconnect()
    return count | {"nodes": network["nodes"]}
