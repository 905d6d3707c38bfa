"""The level of the ability to perform: each step on the mark and beside it, and what counts neither way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from little_statement import ZB, facts_of, line, rows_and_numbers

from features.clues.money.ability import family

(M20,) = family.clues
DAY = timedelta(days=1)
END = ZB + 90 * DAY
"""Three months of thirty days after the termination: monthly sums are a third of the whole."""


def told(home: Path, lines: list[dict[str, Any]], to: Any = END) -> tuple[pd.DataFrame, dict[str, float]]:
    last = line(to, 0.01, "张测试", cp_acct="9900000000000000022")
    with facts_of(home, [*lines, last]) as facts:
        return rows_and_numbers(M20, facts)


@pytest.mark.parametrize(
    ("month", "level"),
    [(1_999, 1), (2_000, 2), (3_999, 2), (-4_000, 3), (-7_999, 3), (8_000, 4), (15_999, 4), (-16_000, 5)],
)
def test_the_level_by_what_came_in_or_was_spent(tmp_path: Path, month: int, level: int) -> None:
    _, got = told(tmp_path, [line(ZB + 10 * DAY, 3 * month, "王友人")])
    assert got["M20_level"] == level
    assert got["M20_in_month" if month > 0 else "M20_out_month"] == abs(month) * 100


@pytest.mark.parametrize(("value", "level"), [(3, 3), (3.01, 2)])
def test_an_office_sets_from_how_many_times_a_level_holds(tmp_path: Path, value: float, level: int) -> None:
    """Level three holds from twice a modest living on as shipped, here from three times (6,000 元 a month)."""
    with facts_of(tmp_path, [line(ZB + 10 * DAY, 18_000, "王友人"), line(END, 0.01, "王友人")]) as facts:
        facts.thresholds = facts.thresholds.overlaid({"M20-THREE": value})
        assert rows_and_numbers(M20, facts)[1]["M20_level"] == level


def test_many_payments_raise_it_by_one(tmp_path: Path) -> None:
    for name, count, yuan, level in (("ten", 30, 1_000, 5), ("nine", 29, 1_000, 4), ("small", 30, 999.99, 4)):
        lines = [line(ZB + (1 + n) * DAY, -yuan, "某某商场", memo="消费", merchant="某某商场") for n in range(count)]
        assert told(tmp_path / name, lines)[1]["M20_level"] == level, name


def test_what_counts_neither_way(tmp_path: Path) -> None:
    day = ZB + 10 * DAY
    lines = [
        line(ZB, 90_000, "王友人"),
        line(day, 90_000, "张测试", cp_acct="9900000000000000022"),
        line(day, 90_000, "浙东市民政局", memo="低保金"),
        line(day, 90_000, "财付通", memo="提现"),
        line(day, -90_000, "申请人甲", memo="还款"),
        line(day, 300, "王友人"),
    ]
    rows, got = told(tmp_path, lines)
    assert got == {"M20_level": 1.0, "M20_in_month": 10_000.0, "M20_out_month": 0.0, "M20_large_n": 0.0}
    assert [len(src) for src in rows["src"]] == [1]


def test_statements_must_reach_sixty_days_past_the_termination(tmp_path: Path) -> None:
    lines = [line(ZB + DAY, 60_000, "王友人")]
    assert told(tmp_path / "59", lines, ZB + 59 * DAY)[1]["M20_level"] == 0
    assert told(tmp_path / "60", lines, ZB + 60 * DAY)[1]["M20_level"] == 5


def test_months_are_the_rows_and_say_the_same(tmp_path: Path) -> None:
    lines = [line(ZB + n * DAY, 8_000, "甲公司", memo="工资") for n in (5, 35, 65)]
    rows, got = told(tmp_path, lines)
    assert rows["amount"].tolist() == [800_000] * 3 and got["M20_level"] == 4
    assert rows["note"].nunique() == 1 and "第4级" in rows["note"][0] and "4.0倍" in rows["note"][0]
