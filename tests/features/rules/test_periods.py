"""Dated rules and dates counted by them, against a calendar kept by hand."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused_files import assert_refused

from features.errors import GoldenKeyError
from features.rules import periods

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


@settings(max_examples=150)
@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)), st.integers(-120, 120))
def test_months_are_added_as_on_a_calendar(day: date, months: int) -> None:
    expression = periods.add_months(ibis.literal(day), ibis.literal(months))
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
    assert CON.execute(periods.add_months(ibis.literal(day), ibis.literal(months))).date() == expected


def test_days_are_counted_from_the_next_day() -> None:
    expression = periods.add_days(ibis.literal(date(2024, 2, 22)), ibis.literal(7))
    assert CON.execute(expression).date() == date(2024, 2, 22) + timedelta(days=7)


def test_a_rule_is_the_one_in_force_on_the_day() -> None:
    old, new = periods.rule("T-CLUE", date(2017, 4, 30)), periods.rule("T-CLUE", date(2017, 5, 1))
    assert old is not None and new is not None
    assert (old.value, new.value) == (5, 7)
    assert periods.rule("T-3M", date(2016, 11, 30)) is None
    assert periods.rule("T-3M", date(2016, 12, 1)) is not None


def test_an_unknown_rule_is_an_error() -> None:
    with pytest.raises(GoldenKeyError, match="T-NONE"):
        periods.rule("T-NONE", date(2024, 1, 1))


def test_the_engine_sees_the_same_rules() -> None:
    CON.raw_sql(f"CREATE OR REPLACE TEMP TABLE rules AS {CON.compile(periods.rules_table())}")
    days = ibis.memtable({"on": [date(2015, 2, 3), date(2015, 2, 4), None]}, schema={"on": "date"})
    found = periods.with_rule_value(days, CON.table("rules"), "T-SEAL-MOVABLE", "on").execute()
    assert sorted(zip(found["on"].astype(str), found["term"], strict=True)) == [("2015-02-03", 12), ("2015-02-04", 24)]


def test_every_rule_names_its_source_and_marks_what_was_not_read() -> None:
    assert all(row.source and row.label for row in periods.RULES)
    unread = [row for row in periods.RULES if not row.verified]
    assert unread and all(row.cited.endswith("（待核）") for row in unread)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RULE.format(value=1, unit="week", start="2020-01-01"), "单位"),
        (RULE.format(value=1, unit="day", start="2020-01-01") * 2, "同时有效"),
        ('[[rule]]\nid = "T-X"\n', "缺少字段"),
    ],
)
def test_a_faulty_table_is_refused_in_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    assert_refused(periods.read_rules, tmp_path / "timers.toml", text, message)


DAY = timedelta(days=1)
LENGTHS = sorted({row.id for row in periods.RULES if row.unit in ("day", "workday", "month", "year")})
EDGES = [
    date(2023, 1, 31),
    date(2024, 1, 31),
    date(2024, 2, 29),
    date(2023, 8, 31),
    date(2022, 11, 30),
    date(2019, 1, 21),
    date(2019, 1, 28),
    date(2023, 9, 13),
    date(2023, 9, 21),
    date(2023, 9, 23),
    date(2024, 2, 1),
    date(2024, 2, 7),
    date(2026, 12, 30),
    date(2027, 1, 25),
    date(2003, 12, 20),
    date(2017, 4, 30),
    date(2017, 5, 1),
    date(2024, 9, 27),
]
"""Month ends, leap days, National Day, Spring Festival, the last year of the calendar, days on which rules change."""


def open_on(day: date) -> bool:
    """Whether a day is a working day, asked of the library itself; of weekends alone outside its years."""
    inside = periods.HOLIDAYS_FROM <= day <= periods.HOLIDAYS_TO
    return chinese_calendar.is_workday(day) if inside else day.weekday() < 5


def by_hand(start: date, rule: periods.Rule) -> date:
    """The last day of a period, counted day by day."""
    if rule.unit == "workday":
        end, left = start, rule.value
        while left:
            end += DAY
            left -= open_on(end)
        return end
    months = {"month": 1, "year": 12}.get(rule.unit)
    end = later(start, rule.value * months) if months else start + rule.value * DAY
    while rule.rolls and not open_on(end):
        end += DAY
    return end


@pytest.fixture(scope="module")
def law() -> tuple[ibis.Table, ibis.Table]:
    for name, table in (("law_rules", periods.rules_table()), ("law_days", periods.calendar_table())):
        CON.raw_sql(f"CREATE OR REPLACE TEMP TABLE {name} AS {CON.compile(table)}")
    return CON.table("law_rules"), CON.table("law_days")


def judged(law: tuple[ibis.Table, ibis.Table], id: str, starts: list[date]) -> dict[date, tuple[date, bool]]:
    rows = ibis.memtable({"start": starts}, schema={"start": "date"})
    found = periods.with_due_date(rows, *law, id, "start").execute()
    return {
        start.date(): (due.date(), bool(sure))
        for start, due, sure in zip(found["start"], found["due"], found["due_sure"], strict=True)
    }


@pytest.mark.parametrize("id", LENGTHS)
def test_the_engine_counts_each_period_as_by_hand(law: tuple[ibis.Table, ibis.Table], id: str) -> None:
    starts = sorted({*EDGES, *(date(2018, 1, 1) + 7 * n * DAY for n in range(400))})
    found = judged(law, id, starts)
    for start in starts:
        rule = periods.rule(id, start)
        assert (start in found) == (rule is not None)
        if rule is not None:
            assert found[start][0] == by_hand(start, rule) == periods.last_day(start, rule), (id, start)


@settings(max_examples=200)
@given(st.dates(date(2000, 1, 1), date(2040, 12, 31)), st.sampled_from(LENGTHS))
def test_a_rolled_last_day_is_the_first_working_day_from_the_plain_one(start: date, id: str) -> None:
    rule = periods.rule(id, start)
    if rule is None or rule.unit == "workday":
        return
    end = periods.last_day(start, rule)
    plain = by_hand(start, periods.Rule(**{**{f: getattr(rule, f) for f in rule.__slots__}, "rolls": False}))
    assert end >= plain and (end == plain or rule.rolls)
    assert not rule.rolls or (
        periods.is_workday(end) and not any(periods.is_workday(plain + n * DAY) for n in range((end - plain).days))
    )


@pytest.mark.parametrize(
    ("start", "last"),
    [
        # 30 days end on National Day 2023: the first working day is Saturday 7 October, worked in lieu.
        (date(2023, 9, 1), date(2023, 10, 7)),
        # On a Saturday worked in lieu before Spring Festival 2024 (4 February, a Sunday) the period does end.
        (date(2024, 1, 5), date(2024, 2, 4)),
        # Spring Festival 2024, 10 to 17 February: Sunday the 18th is worked in lieu.
        (date(2024, 1, 11), date(2024, 2, 18)),
        # An ordinary Saturday, an ordinary Friday.
        (date(2024, 5, 16), date(2024, 6, 17)),
        (date(2024, 5, 15), date(2024, 6, 14)),
    ],
)
def test_holidays_and_days_worked_in_lieu(law: tuple[ibis.Table, ibis.Table], start: date, last: date) -> None:
    rule = periods.rule("T-PAY", start)
    assert rule is not None
    assert periods.last_day(start, rule) == last
    assert judged(law, "T-PAY", [start]) == {start: (last, True)}


def test_three_working_days_pass_over_a_holiday(law: tuple[ibis.Table, ibis.Table]) -> None:
    # 28 September 2023 is a Thursday; 29 September to 6 October are off, Saturday 7 and Sunday 8 October are worked.
    found = judged(law, "T-UNLIST", [date(2023, 9, 27), date(2023, 9, 28), date(2023, 9, 30)])
    assert [day for day, _ in found.values()] == [date(2023, 10, 8), date(2023, 10, 9), date(2023, 10, 9)]


def test_years_without_a_calendar_roll_weekends_and_say_so(law: tuple[ibis.Table, ibis.Table]) -> None:
    saturday = date(2027, 3, 6)
    found = judged(law, "T-PAY", [saturday - 30 * DAY, date(2023, 9, 1)])
    assert found[saturday - 30 * DAY] == (date(2027, 3, 8), False)
    assert found[date(2023, 9, 1)][1]
    # A period that does not roll does not depend on holidays.
    assert judged(law, "T-SEAL-MOVABLE", [saturday])[saturday][1]


def test_the_calendar_is_that_of_the_library() -> None:
    days = [periods.HOLIDAYS_FROM + n * DAY for n in range((periods.HOLIDAYS_TO - periods.HOLIDAYS_FROM).days + 1)]
    assert [periods.is_workday(day) for day in days] == [chinese_calendar.is_workday(day) for day in days]


def test_a_share_is_no_period() -> None:
    share = periods.rule("T-LOWPRICE", date(2024, 1, 1))
    assert share is not None
    with pytest.raises(GoldenKeyError, match="不是期间"):
        periods.last_day(date(2024, 1, 1), share)
