"""Commands killed at any moment: the home opens, nothing is half done, and the same command done again completes."""

from __future__ import annotations

import json
import lzma
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import capture
import pytest
from little_pool import GROUNDS

from features.pool.pool import Pool

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
DAY = capture.DAYS[0]
KILLS = 8
HEADER = "交易卡号,交易账号,账户开户名称,开户人证件号码,交易时间,交易金额,收付标志,交易流水号\n"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    capture.unpack(GOLDEN / "home.tar.xz", tmp_path)
    with capture.plain_environment():
        yield tmp_path / "home"


def seconds_of(*words: str) -> float:
    """How long a command takes when nobody stops it."""
    begun = time.monotonic()
    subprocess.run([sys.executable, str(ROOT / "cli.py"), *words], check=True, capture_output=True)
    return time.monotonic() - begun


def killed(after: float, *words: str) -> bool:
    """Start a command and kill it after some seconds; whether it was still running."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def test_scoring_killed_at_any_moment_leaves_a_sound_chain_and_the_same_scores(home: Path, tmp_path: Path) -> None:
    words = ("score", "--as-of", DAY, "--home", str(home))
    shutil.copytree(home, tmp_path / "twin")
    whole = seconds_of("score", "--as-of", DAY, "--home", str(tmp_path / "twin"))
    moments = random.Random(0)
    stopped = []
    for _ in range(KILLS):
        shutil.rmtree(
            home / "cache", ignore_errors=True
        )  # what a run that was not stopped kept makes the next one short
        stopped.append(killed(moments.uniform(0.2, 1.0) * whole, *words))
    assert any(stopped)
    verified = capture.answer(home, "audit", "verify")
    assert verified["sound"] is True, verified
    expected = json.loads(lzma.decompress((GOLDEN / "answers.json.xz").read_bytes()))["days"][DAY]
    assert capture.scored(home, DAY)["scores"] == expected["scores"]
    assert capture.answer(home, "audit", "verify")["sound"] is True


def test_taking_in_killed_at_any_moment_keeps_all_or_nothing_of_a_delivery(tmp_path: Path) -> None:
    rows, path = 60_000, tmp_path / "甲银行交易明细信息.csv"
    row = "9900000000000012346,990000000000001,赵钱孙测试,990001198001010019,2024-03-01 10:15:22,30000.00,出,R{}\n"
    path.write_text(HEADER + "".join(row.format(number) for number in range(rows)), encoding="gb18030")
    given = ("ingest", str(path), *GROUNDS, "--home")
    whole = seconds_of(*given, str(tmp_path / "twin"))
    moments, home = random.Random(1), tmp_path / "home"
    stopped = []
    for _ in range(KILLS):
        stopped.append(killed(moments.uniform(0.3, 1.0) * whole, *given, str(home)))
        if (home / "pool").exists():
            assert number_of_rows(home) in (0, rows)
    assert any(stopped)
    seconds_of(*given, str(home))
    assert number_of_rows(home) == rows
    assert not list(home.rglob("*.tmp"))


def number_of_rows(home: Path) -> int:
    with Pool(home).as_of(date(2024, 6, 1)) as cut:
        return int(cut.table("txn").count().execute())
