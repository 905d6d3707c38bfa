"""Closing balances and their total against a walk through the days."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from little_statement import ACCT, facts_of, line

TWO = "990022220001"


def test_the_total_follows_every_account_and_knows_openings(tmp_path: Path) -> None:
    lines = [
        line(datetime(2022, 6, 1, 9), 100, "甲", balance=30_000),
        line(datetime(2022, 6, 1, 10), -50, "甲", balance=25_000),
        line(date(2022, 6, 5), -200, "甲", balance=5_000),
        line(date(2022, 6, 3), -1000, "乙", balance=400_000, acct_no=TWO),
        line(date(2022, 6, 5), 1, "乙"),
        line(date(2022, 6, 9), 1, "乙"),
    ]
    with facts_of(tmp_path, lines) as facts:
        closings = facts.closings.to_pandas().sort_values(["acct", "day"])
        levels = facts.levels.to_pandas().sort_values("day")
    days = closings["day"].dt.day.tolist(), closings["until"].dt.day.tolist()
    assert dict(zip(closings["acct"], closings["close"], strict=True)) == {ACCT: 5_000, TWO: 400_000}
    assert closings["close"].tolist() == [400_000, 25_000, 5_000] or closings["close"].tolist() == [
        25_000,
        5_000,
        400_000,
    ]
    assert sorted(zip(*days, strict=True)) == [(1, 4), (3, 9), (5, 9)]
    assert levels["total"].tolist() == [25_000 + 500_000, 25_000 + 400_000, 5_000 + 400_000]
    assert levels["until"].dt.day.tolist() == [2, 4, 9]


def test_rows_without_a_balance_say_nothing(tmp_path: Path) -> None:
    with facts_of(tmp_path, [line(date(2022, 6, 1), 100, "甲")]) as facts:
        assert facts.closings.count().to_pandas() == 0
        assert facts.levels.count().to_pandas() == 0
