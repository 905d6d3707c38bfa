"""Statutory periods as dated rules: which version is in force on a day, and due dates counted by it.

The rules are rows of `config/timers.toml`. Python code uses `rule` and `last_day`; clues join the facts `Facts.rules`
and `Facts.calendar` (see `with_due_date`), so that each act is judged by the rule in force on its own day.

A period that ends on a statutory day of rest ends on the next working day (民事诉讼法 第八十五条). Days of rest and
working days in lieu come from the library chinesecalendar within its years; outside them only weekends count as rest.
"""

from __future__ import annotations

import tomllib
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import ibis
from chinese_calendar import constants

from features.errors import GoldenKeyError

_FILE = Path(__file__).parents[1] / "config" / "timers.toml"
UNITS = ("day", "workday", "month", "year", "percent", "fen")
FOREVER = date(9999, 12, 31)
"""End of what has no end: a rule in force, a review not yet concluded."""

HOLIDAYS_FROM = date(min(constants.holidays).year, 1, 1)
HOLIDAYS_TO = date(max(constants.holidays).year, 12, 31)
"""First and last day whose statutory holidays are known; outside them a day of rest is a Saturday or a Sunday."""

CALENDAR_FROM, CALENDAR_TO = date(1990, 1, 1), date(2059, 12, 31)
"""Span of the calendar of working days that clues join."""

SATURDAY = 5

MONTH_DAYS, YEAR_DAYS = 30, 365
"""A month and a year of the windows and averages of clues: no statutory periods (docs/domain.md section 3.3)."""

MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Rule:
    """A legal period in one of its versions; its fields are explained at the top of `features/config/timers.toml`."""

    id: str
    label: str
    value: int
    unit: str
    first_day: str
    last_day: str
    source: str
    verified: bool
    effective_from: date
    effective_to: date = FOREVER
    rolls: bool = False

    @property
    def cited(self) -> str:
        """The source as shown to readers, marked 待核 where its text was not verified."""
        return self.source if self.verified else f"{self.source}（待核）"


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Rules of a file, by id and first day in force.

    Raises:
        GoldenKeyError: a row lacks a field, has an unknown unit, or two versions of a rule overlap.
    """
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        found = [Rule(**row) for row in raw["rule"]]
    except (KeyError, TypeError) as error:
        raise GoldenKeyError(f"期限配置 {path.name} 有一行缺少字段或字段名不对：{error}。") from error
    rules = tuple(sorted(found, key=lambda row: (row.id, row.effective_from)))
    for row in rules:
        if row.unit not in UNITS or row.effective_from > row.effective_to:
            units = "、".join(UNITS)
            raise GoldenKeyError(f"期限配置 {path.name} 的 {row.id} 单位须为 {units} 且施行日不得晚于废止日。")
    for one, two in pairwise(rules):
        if one.id == two.id and two.effective_from <= one.effective_to:
            raise GoldenKeyError(f"期限配置 {path.name} 的 {one.id} 有两个版本在 {two.effective_from} 同时有效。")
    return rules


RULES: tuple[Rule, ...] = read_rules(_FILE)
"""Every version of every rule, by id and first day in force."""


def rule(id: str, on: date) -> Rule | None:
    """The version of a rule in force on a day; None before its first and after its last day.

    Raises:
        GoldenKeyError: no rule has that id.
    """
    versions = [row for row in RULES if row.id == id]
    if not versions:
        raise GoldenKeyError(f"期限配置中没有 {id} 这一条。")
    return next((row for row in versions if row.effective_from <= on <= row.effective_to), None)


def is_workday(day: date) -> bool:
    """Whether a day is a working day: neither weekend nor statutory holiday, or a weekend day worked in lieu."""
    return day in constants.workdays or (day.weekday() < SATURDAY and day not in constants.holidays)


def next_workday(day: date) -> date:
    """The first working day on or after a day."""
    while not is_workday(day):
        day += timedelta(days=1)
    return day


def last_day(start: date, rule: Rule) -> date:
    """Last day of a period that starts with an event on `start`; the day of the event is not counted.

    Months end on the same day of the month, or on its last day (31 January + 3 months = 30 April).

    Raises:
        GoldenKeyError: the rule is a share or a sum and no length of time.
    """
    match rule.unit:
        case "day":
            end = start + timedelta(days=rule.value)
        case "workday":
            end = start
            for _ in range(rule.value):
                end = next_workday(end + timedelta(days=1))
        case "month" | "year":
            end = months_later(start, rule.value * (MONTHS_A_YEAR if rule.unit == "year" else 1))
        case _:
            raise GoldenKeyError(f"期限配置中的 {rule.id} 单位为 {rule.unit}，不是期间，不能计算届满日。")
    return next_workday(end) if rule.rolls else end


def months_later(day: date, months: int) -> date:
    """The same day so many calendar months later; the month's last day where there is no such day.

    >>> months_later(date(2023, 11, 30), 3)
    datetime.date(2024, 2, 29)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def rules_table() -> Any:
    """The rules as an Ibis table: rule_id, rule_value (int64), rule_unit, rule_rolls (bool), rule_from, rule_to."""
    rows = [
        ibis.struct(
            {
                "rule_id": ibis.literal(row.id),
                "rule_value": ibis.literal(row.value, type="int64"),
                "rule_unit": ibis.literal(row.unit),
                "rule_rolls": ibis.literal(row.rolls),
                "rule_from": ibis.literal(row.effective_from),
                "rule_to": ibis.literal(row.effective_to),
            }
        )
        for row in RULES
    ]
    return ibis.array(rows).unnest().name("row").as_table().unpack("row")


def calendar_table() -> Any:
    """Every day as an Ibis table: day, open (it is a working day), open_day (the first working day on or after it),
    work_no (int64, working days from the first day of the calendar up to and including it)."""

    def numbers(days: Any) -> list[int]:
        return sorted((day - CALENDAR_FROM).days for day in days)

    closed = numbers(day for day in constants.holidays if day.weekday() < SATURDAY)
    made_up = numbers(constants.workdays)
    every = ibis.range(0, (CALENDAR_TO - CALENDAR_FROM).days + 1).unnest().name("number").as_table()
    every = every.mutate(day=_as_date(ibis.literal(CALENDAR_FROM) + every.number.cast("int64").as_interval("D")))
    weekday = (every.number + CALENDAR_FROM.weekday()) % 7 < SATURDAY
    every = every.mutate(open=(weekday & ~every.number.isin(closed)) | every.number.isin(made_up))
    working = ibis.ifelse(every.open, every.day, None)
    return every.select(
        "day",
        "open",
        open_day=working.min().over(order_by=every.day, rows=(0, None)),
        work_no=every.open.cast("int64").sum().over(order_by=every.day, rows=(None, 0)).cast("int64"),
    )


def with_due_date(rows: Any, rules: Any, days: Any, id: str, on: str, name: str = "due") -> Any:
    """Rows (Ibis) with the last day of a period that starts on their date column `on`, as column `name`.

    Args:
        rows: a row whose day is NULL or covered by no version of the rule is left out.
        rules, days: the facts `rules` and `calendar`.
        id: the rule. on: date column of the event, not counted. name: the column made.

    The column `<name>_sure` (bool) is false where the last day might fall on a holiday that is not known.
    """
    mine = rules.filter(rules.rule_id == id)
    found = rows.join(mine, [rows[on] >= mine.rule_from, rows[on] <= mine.rule_to])
    if any(row.unit == "workday" for row in RULES if row.id == id):
        start = days.select(start_day="day", start_no="work_no")
        found = found.join(start, found[on] == start.start_day)
        nth = days.filter(days.open).select(end_day="day", end_no="work_no")
        found = found.join(nth, found.start_no + found.rule_value == nth.end_no).rename({name: "end_day"})
        sure = found[name] <= HOLIDAYS_TO
        return found.mutate(**{f"{name}_sure": sure}).drop("start_day", "start_no", "end_no", *mine.columns)
    value = found.rule_value
    end = ibis.cases(
        (found.rule_unit == "month", add_months(found[on], value)),
        (found.rule_unit == "year", add_months(found[on], value * 12)),
        else_=add_days(found[on], value),
    )
    found = found.mutate(**{name: end})
    rest = days.filter(~days.open).select(rest_day="day", rest_until="open_day")
    found = found.left_join(rest, found[name] == rest.rest_day)
    known = (found[name] >= HOLIDAYS_FROM) & (found[name] <= HOLIDAYS_TO)
    rolled = ibis.ifelse(found.rule_rolls, ibis.coalesce(found.rest_until, found[name]), found[name])
    found = found.mutate(**{name: rolled, f"{name}_sure": ~found.rule_rolls | known})
    return found.drop("rest_day", "rest_until", *mine.columns)


def with_rule_value(rows: Any, rules: Any, id: str, on: str, name: str = "term") -> Any:
    """Rows (Ibis) with the rule in force on their date column `on` as int64 column `name`.

    A row whose day is NULL or covered by no version is left out.
    """
    mine = rules.filter(rules.rule_id == id).select(
        **{name: rules.rule_value, f"{name}_from": rules.rule_from, f"{name}_to": rules.rule_to}
    )
    joined = rows.join(mine, [rows[on] >= mine[f"{name}_from"], rows[on] <= mine[f"{name}_to"]])
    return joined.drop(f"{name}_from", f"{name}_to")


def add_months(day: Any, months: Any) -> Any:
    """A date (Ibis) some months later, at the last day of a shorter month (31 January + 3 months = 30 April)."""
    return _as_date(day + months.cast("int64").as_interval("M"))


def add_days(day: Any, days: Any) -> Any:
    """A date (Ibis) some days later: the last day of a period counted from the next day."""
    return _as_date(day + days.cast("int64").as_interval("D"))


def _as_date(moment: Any) -> Any:
    # DuckDB makes date + interval a timestamp, while Ibis takes it for a date and would drop a plain cast.
    return moment.cast("timestamp").cast("date")
