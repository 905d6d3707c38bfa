"""Orders held against truth: counted by hand on a handful of episodes, and by loops on random ones."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cli
from evaluation.lists.against_truth import against_truth, check_truth, load_truth
from features.errors import GoldenKeyError

DAY = date(2023, 3, 31)


def episodes(count: int, seed: int, office: str = "339901") -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    numbers = [f"（2022）浙9901执{n}号" for n in range(count)]
    frame = pd.DataFrame(
        {
            "episode": [f"{n}@2022-12-01" for n in numbers],
            "case_no": numbers,
            "zb_date": [date(2022, 12, 1)] * count,
            "office": office,
            "debt_fen": rng.integers(1, 10**7, count),
            "petitioned": rng.random(count) < 0.2,
            "filing_date": [date(2022, 1 + int(n) % 6, 1) for n in range(count)],
            "probability": rng.random(count),
            "findings": rng.integers(0, 4, count),
        }
    )
    frame["expected_fen"] = frame["probability"] * frame["debt_fen"]
    truth = pd.DataFrame(
        {
            "case_no": numbers,
            "zb_date": frame["zb_date"],
            "kind": np.where(rng.random(count) < 0.3, "concealed", "insolvent"),
            "recovered_if_reviewed_fen": rng.integers(0, 10**6, count),
        }
    )
    truth.loc[0, "kind"], truth.loc[1, "kind"] = "concealed", "insolvent"
    return frame, truth


@settings(max_examples=20)
@given(count=st.integers(5, 60), seed=st.integers(0, 999), capacity=st.integers(1, 20))
def test_orders_equal_a_plain_loop(count: int, seed: int, capacity: int) -> None:
    frame, truth = episodes(count, seed)
    report = against_truth({DAY: frame}, truth, capacity).by_order.set_index("order")
    concealed = dict(zip(truth["case_no"], truth["kind"] == "concealed", strict=True))
    money = dict(zip(truth["case_no"], truth["recovered_if_reviewed_fen"] / 100, strict=True))
    listed = min(capacity, count)
    for order, key in (
        ("model", lambda r: (-r["expected_fen"], r["episode"])),
        ("amount", lambda r: (-r["debt_fen"], r["episode"])),
        ("petition", lambda r: (not r["petitioned"], r["filing_date"], r["episode"])),
    ):
        top = sorted(frame.to_dict("records"), key=key)[:listed]
        assert report.loc[order, "found"] == sum(concealed[row["case_no"]] for row in top)
        assert report.loc[order, "recovered"] == pytest.approx(sum(money[row["case_no"]] for row in top))
    assert report.loc["random", "found"] == pytest.approx(sum(concealed.values()) * listed / count)
    assert list(report.index) == ["model", "probability", "findings", "amount", "petition", "random"]
    assert (report["listed"] == listed).all()


@settings(max_examples=10)
@given(count=st.integers(5, 30), seed=st.integers(0, 999), capacity=st.integers(1, 20))
def test_equal_counts_of_findings_are_drawn_by_lot(count: int, seed: int, capacity: int) -> None:
    frame, truth = episodes(count, seed)
    row = against_truth({DAY: frame}, truth, capacity).by_order.set_index("order").loc["findings"]
    concealed = (truth["kind"] == "concealed").to_numpy(dtype=float)
    money = truth["recovered_if_reviewed_fen"].to_numpy(dtype=float) / 100
    listed = expected_found = expected_money = 0.0
    for number in sorted(set(frame["findings"]), reverse=True):
        tied = np.flatnonzero(frame["findings"] == number)
        places = min(len(tied), capacity - listed)
        expected_found += places * concealed[tied].mean()
        expected_money += places * money[tied].mean()
        listed += places
    assert row["found"] == pytest.approx(expected_found)
    assert row["recovered"] == pytest.approx(expected_money)


def test_without_counts_of_findings_that_order_is_left_out() -> None:
    frame, truth = episodes(10, 0)
    orders = against_truth({DAY: frame.drop(columns="findings")}, truth, 3).by_order["order"].tolist()
    assert orders == ["model", "probability", "amount", "petition", "random"]


def test_offices_and_days_are_counted_apart_then_added() -> None:
    one, truth_one = episodes(30, 1)
    two, truth_two = episodes(30, 2, office="339902")
    two["case_no"] = two["case_no"].str.replace("9901", "9902")
    truth_two["case_no"] = truth_two["case_no"].str.replace("9901", "9902")
    report = against_truth({DAY: pd.concat([one, two])}, pd.concat([truth_one, truth_two]), 5)
    assert report.by_order.set_index("order").loc["model", "listed"] == 10
    assert len(report.by_office_quarter) == 12
    assert report.eligible == 60


def test_truth_is_read_with_keys_that_join(tmp_path: Path) -> None:
    _, truth = episodes(5, 1)
    truth.to_parquet(tmp_path / "episodes.parquet")
    assert load_truth(tmp_path)["zb_date"].tolist() == [date(2022, 12, 1)] * 5


def test_a_folder_that_holds_no_truth_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentence = f"“{tmp_path}”中没有 episodes.parquet：应为模拟世界的 truth/ 目录。"
    for read in (load_truth, check_truth):
        with pytest.raises(GoldenKeyError, match=re.escape(sentence)):
            read(tmp_path)
    (tmp_path / "pool").mkdir()
    days = ("--as-of", "2024-03-31", "--truth", str(tmp_path))
    for asked in (("ablate", *days, "--days", "2024-03-31"), ("examine", *days)):
        assert cli.main(["--home", str(tmp_path), *asked]) == 2
        assert sentence in capsys.readouterr().err
