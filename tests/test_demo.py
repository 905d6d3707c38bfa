"""Command `demo`: its days, what it takes up again, what it refuses at once, and the table at its end."""

from __future__ import annotations

import argparse
import io
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import cli
import demo
from evaluation.lists import against_truth
from models.ledger.ledger import Ledger


@pytest.mark.parametrize("quarter", range(41))
def test_a_quarter_ends_on_the_last_day_of_its_third_month(quarter: int) -> None:
    assert demo.quarter_end(quarter) == (pd.Period("2022Q1", freq="Q") + quarter).end_time.date()


@pytest.mark.parametrize(
    "words", [("--quarters", "7"), ("--quarters", "8", "--cases", "0"), ("--quarters", "8", "--cases", "-5")]
)
def test_a_size_that_cannot_be_is_one_sentence_and_leaves_no_world(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--home", str(tmp_path / "home"), "demo", "--no-serve", *words]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.endswith("。") and words[-1] in error
    assert not list(tmp_path.rglob("*.parquet")) and not list(tmp_path.rglob("*.csv"))


def test_a_world_is_made_once_and_one_that_was_broken_off_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = SimpleNamespace(accepted=0, bad=0, duplicates=0)
    taken: list[list[str]] = []
    monkeypatch.setattr(demo, "ingest", lambda home, paths, options: taken.append(paths) or report)
    home, world = tmp_path / "home", tmp_path / "home" / "world"
    (world / "2022-02-10").mkdir(parents=True)
    half = world / "2022-02-10" / "断电时写了一半.csv"
    half.touch()
    args = argparse.Namespace(cases=60, quarters=3, seed=5)
    demo._take_in(home, world, args)
    assert not half.exists() and (world / "truth" / "episodes.parquet").exists()
    stamps = {path: path.stat().st_mtime_ns for path in world.rglob("*") if path.is_file()}
    assert len(stamps) > 50
    capsys.readouterr()
    demo._take_in(home, world, args)
    assert "模拟 " not in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in world.rglob("*") if path.is_file()} == stamps
    assert taken == [[str(world)]] * 2


def test_every_order_has_its_name_and_amounts_are_wan_yuan() -> None:
    assert demo.ORDERS.keys() == against_truth.ORDERS.keys()
    size, day = 50, date(2023, 3, 31)
    numbers = [f"（2022）浙9901执{n}号" for n in range(size)]
    frame = pd.DataFrame(
        {
            "episode": [f"{number}@2022-12-01" for number in numbers],
            "case_no": numbers,
            "zb_date": date(2022, 12, 1),
            "office": "339901",
            "debt_fen": range(size),
            "petitioned": False,
            "filing_date": date(2022, 1, 1),
            "probability": np.linspace(0, 1, size),
            "findings": 0,
            "expected_fen": range(size),
        }
    )
    truth = pd.DataFrame({"case_no": numbers, "zb_date": date(2022, 12, 1), "kind": "insolvent"})
    truth["recovered_if_reviewed_fen"] = 10_000_000  # 100,000 元 each
    truth.loc[size - 10 :, "kind"] = "concealed"
    report = against_truth.against_truth({day: frame}, truth, 40)
    file = io.StringIO()
    console = Console(width=200, file=file)
    console.print(demo._figures(report, [day], 40))
    assert "每院每季前 40" in file.getvalue()
    lines = {line.split("│")[1].strip(): line.split("│")[2:-1] for line in file.getvalue().splitlines() if "│" in line}
    assert set(lines) == set(demo.ORDERS.values())
    # 40 of 50 are listed: by probability all 10 that conceal; at random 8 of them, and 40 × 10 万元 either way.
    assert [cell.strip() for cell in lines["模型·概率"]] == ["40", "10.0", "25.0%", "400.0", "1.25", "1.00"]
    assert [cell.strip() for cell in lines["随机"]] == ["40", "8.0", "20.0%", "400.0", "1.00", "1.00"]
    assert "50 个" in demo._summary(report) and "20.0%" in demo._summary(report)


def test_the_token_shown_at_the_start_opens_the_demo_for_a_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOLDENKEY_ACTOR", "GOLDENKEY_HOST", "GOLDENKEY_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(demo, "serve", lambda *words: asked.append(words) or 0)
    assert demo._serve(tmp_path, 3210) == 0
    (token,) = re.findall(r"gk_[\w-]+", capsys.readouterr().out)
    assert asked == [(tmp_path, "127.0.0.1", 3210, 1)]
    with Ledger(tmp_path) as ledger:
        assert ledger.authenticate(token).office == ""
        assert (ledger.tokens()[0]["expires"] - date.today()).days == 1
