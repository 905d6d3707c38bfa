"""Benchmark cases: each times one job done by this project and by a named peer, and compares the medians."""

from __future__ import annotations

import csv
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from evaluation.bench.links import time_growth, time_links
from evaluation.bench.statements import DELIVERY, time_statement, time_statement_growth
from evaluation.bench.timing import Timing
from features.intake.ingest import ingest
from features.pool.manifests import Delivery
from features.pool.pool import Pool
from features.schema import TABLES

REPEATS = 3
STATEMENT_ROWS = 200_000


def _median(work: Callable[[], object]) -> float:
    spans = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        spans.append(time.perf_counter() - start)
    return statistics.median(spans)


def _statement(path: Path, rows: int) -> None:
    labels = [column.label for column in TABLES["txn"].columns]
    start = datetime(2023, 1, 1, 8)
    position = {
        name: labels.index(name)
        for name in ("交易账号", "开户人证件号码", "交易时间", "交易金额", "收付标志", "交易流水号")
    }
    with path.open("w", encoding="gb18030", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([label + "\t" for label in labels])
        for number in range(rows):
            row = [""] * len(labels)
            row[position["交易账号"]] = f"990000000000000{number % 7}\t"
            row[position["开户人证件号码"]] = "990001198001010019\t"
            row[position["交易时间"]] = f"{start + timedelta(minutes=number):%Y-%m-%d %H:%M:%S}"
            row[position["交易金额"]] = f"{(number * 37 % 90_000) / 100:.2f}"
            row[position["收付标志"]] = "进" if number % 2 else "出"
            row[position["交易流水号"]] = str(number)
            writer.writerow(row)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def time_intake() -> Timing:
    """Read a gb18030 statement of 200,000 rows into the pool; the peer only parses it into text columns."""
    with _folder() as folder:
        path = folder / "某行交易明细信息.csv"
        _statement(path, STATEMENT_ROWS)
        homes = iter(range(100))
        ours = _median(lambda: ingest(folder / f"home{next(homes)}", [str(path)], DELIVERY))
        theirs = _median(lambda: pd.read_csv(path, encoding="gb18030", dtype=str))
    return Timing(
        "intake", f"导入 {STATEMENT_ROWS:,} 行银行流水（校验、入池）", ours, "pandas.read_csv（只解析）", theirs
    )


def time_as_of() -> Timing:
    """Newest known row of each key among 600,000 versions; the peer sorts and drops duplicates in memory."""
    with _folder() as home:
        pool = Pool(home)
        count = 200_000
        frame = pd.DataFrame({"pet_id": np.arange(count).astype(str), "case_no": "号", "topic": "甲"})
        for number in range(3):
            day = date(2023, 1, 1 + number)
            with pool.begin(Delivery(str(number), "测", day, "依据", "目的", "范围", "某")) as batch:
                batch.write("petition", pa.Table.from_pandas(frame, preserve_index=False))
                batch.commit()
        paths = sorted((home / "pool" / "petition").glob("*.parquet"))

        def peer() -> int:
            whole = pd.concat([pd.read_parquet(path) for path in paths])
            newest = whole.sort_values(["known_at", "rid"]).drop_duplicates("pet_id", keep="last")
            return len(newest)

        def ours() -> int:
            with pool.as_of(date(2023, 2, 1)) as cut:
                return int(cut.table("petition").count().to_pandas())

        if peer() != ours():
            raise AssertionError("The pool and its peer disagree.")
        return Timing("as_of", "60 万行版本取截止日最新", _median(ours), "pandas sort + drop_duplicates", _median(peer))


def time_explain() -> Timing:
    """Exact SHAP values of 5,000 cases; the peer is the shap package on the same trees."""
    # Heavy libraries that the other cases do without.
    import lightgbm
    import shap

    rng = np.random.default_rng(0)
    values = rng.normal(size=(5_000, 60))
    labels = (values[:, 0] + values[:, 1] * values[:, 2] + rng.normal(size=5_000) > 1).astype(int)
    booster = lightgbm.train(
        {"objective": "binary", "verbose": -1, "num_leaves": 15, "num_threads": 1, "deterministic": True},
        lightgbm.Dataset(values, labels),
        100,
    )
    explainer = shap.TreeExplainer(booster)
    ours = _median(lambda: booster.predict(values, pred_contrib=True, num_threads=1))
    return Timing(
        "explain", "5,000 案逐特征贡献", ours, "shap.TreeExplainer", _median(lambda: explainer.shap_values(values))
    )


CASES: dict[str, Callable[[], Timing]] = {
    "intake": time_intake,
    "statement34": partial(time_statement, "34"),
    "statement38": partial(time_statement, "38"),
    "statement_growth": time_statement_growth,
    "as_of": time_as_of,
    "explain": time_explain,
    "links": time_links,
    "links_growth": time_growth,
}
"""Every case by name."""
