"""Dated rules and dates counted by them, against a calendar kept by hand."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from pathlib import Path

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import timers
from features.errors import GoldenKeyError

CON = ibis.duckdb.connect()
RULE = """
[[rule]]
id = "T-X"
label = "甲"
value = {value}
unit = "{unit}"
first_day = "next"
last_day = "inclusive"
source = "乙"
verified = false
effective_from = {start}
"""


def later(day: date, months: int) -> date:
    """Months later by a plain calendar: the last day of the month where the day does not exist."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@settings(max_examples=150, deadline=None)
@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)), st.integers(-120, 120))
def test_months_are_added_as_on_a_calendar(day: date, months: int) -> None:
    expression = timers.add_months(ibis.literal(day), ibis.literal(months))
    assert CON.execute(expression).date() == later(day, months)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2023, 1, 31), 3, date(2023, 4, 30)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
        (date(2022, 11, 30), 3, date(2023, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
    ],
)
def test_month_ends(day: date, months: int, expected: date) -> None:
    assert CON.execute(timers.add_months(ibis.literal(day), ibis.literal(months))).date() == expected


def test_days_are_counted_from_the_next_day() -> None:
    expression = timers.add_days(ibis.literal(date(2024, 2, 22)), ibis.literal(7))
    assert CON.execute(expression).date() == date(2024, 2, 22) + timedelta(days=7)


def test_a_rule_is_the_one_in_force_on_the_day() -> None:
    old, new = timers.rule("T-CLUE", date(2017, 4, 30)), timers.rule("T-CLUE", date(2017, 5, 1))
    assert old is not None and new is not None
    assert (old.value, new.value) == (5, 7)
    assert timers.rule("T-3M", date(2016, 11, 30)) is None
    assert timers.rule("T-3M", date(2016, 12, 1)) is not None


def test_an_unknown_rule_is_told() -> None:
    with pytest.raises(GoldenKeyError, match="T-NONE"):
        timers.rule("T-NONE", date(2024, 1, 1))


def test_the_engine_sees_the_same_rules() -> None:
    CON.raw_sql(f"CREATE OR REPLACE TEMP TABLE rules AS {CON.compile(timers.table())}")
    days = ibis.memtable({"on": [date(2015, 2, 3), date(2015, 2, 4), None]}, schema={"on": "date"})
    found = timers.under(days, CON.table("rules"), "T-SEAL-MOVABLE", "on").execute()
    assert sorted(zip(found["on"].astype(str), found["term"], strict=True)) == [("2015-02-03", 12), ("2015-02-04", 24)]


def test_every_rule_names_its_source_and_marks_what_was_not_read() -> None:
    assert all(row.source and row.label for row in timers.RULES)
    unread = [row for row in timers.RULES if not row.verified]
    assert unread and all(row.cited.endswith("（待核）") for row in unread)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (RULE.format(value=1, unit="week", start="2020-01-01"), "单位"),
        (RULE.format(value=1, unit="day", start="2020-01-01") * 2, "同时有效"),
        ('[[rule]]\nid = "T-X"\n', "缺少字段"),
    ],
)
def test_a_faulty_table_is_refused_in_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "timers.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GoldenKeyError, match=told):
        timers.read_rules(path)
