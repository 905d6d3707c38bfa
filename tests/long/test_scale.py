"""Sizes a real office brings: a statement of a million rows, sums of ten billion 元."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from little_pool import GROUNDS

from features.pool.pool import Pool

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
ROWS = 1_000_000
MOST_MEMORY_KB = 4_000_000
MEASURED = (
    "import resource, sys, cli; status = cli.main(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(status)"
)


def million_rows(path: Path) -> int:
    """A statement of a million rows, the first of ten billion 元; returns the sum of its amounts in 分."""
    random = np.random.default_rng(0)
    fen = random.integers(1, 10_000_000, ROWS)
    fen[0] = 1_000_000_000_000
    seconds = pd.to_datetime("2022-01-01") + pd.to_timedelta(np.sort(random.integers(0, 63_000_000, ROWS)), unit="s")
    frame = pd.DataFrame(
        {
            "交易卡号": "9900000000000012346",
            "交易账号": [f"99{number % 40:013d}" for number in range(ROWS)],
            "账户开户名称": "赵钱孙测试",
            "开户人证件号码": "990001198001010019",
            "交易时间": seconds.strftime("%Y-%m-%d %H:%M:%S"),
            "交易金额": [f"{yuan}.{cents:02d}" for yuan, cents in zip(*divmod(fen, 100), strict=True)],
            "收付标志": np.where(random.random(ROWS) < 0.5, "出", "进"),
            "交易流水号": [f"R{number}" for number in range(ROWS)],
        }
    )
    frame.to_csv(path, index=False, encoding="gb18030")
    return int(fen.sum())


def test_a_statement_of_a_million_rows_enters_whole_in_bounded_memory(tmp_path: Path) -> None:
    home, path = tmp_path / "home", tmp_path / "甲银行交易明细信息.csv"
    total = million_rows(path)
    words = ["ingest", str(path), *GROUNDS, "--home", str(home)]
    done = subprocess.run([sys.executable, "-c", MEASURED, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.split()[-1]) < MOST_MEMORY_KB
    with Pool(home).as_of(date(2024, 6, 1)) as cut:
        rows = cut.table("txn")
        assert rows.count().execute() == ROWS
        assert int(rows.amount.sum().execute()) == total
        assert int(rows.amount.max().execute()) == 1_000_000_000_000
        assert sorted(rows.src_row.execute()) == list(range(2, ROWS + 2))
