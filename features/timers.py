"""Periods of the law as dated rows: which rule is in force on a day, and dates counted by it.

The rows stand in `config/timers.toml`. Plain Python reads them through `rule`; clues join them as the fact
`Facts.rules`, so that each act is judged by the rule in force on its own day.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from features.errors import GoldenKeyError

_FILE = Path(__file__).with_name("config") / "timers.toml"
UNITS = ("day", "month", "year", "percent", "fen")
FOREVER = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a period: see the head of `config/timers.toml` for what each field says."""

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

    @property
    def cited(self) -> str:
        """The source for a reader, marked where its text was not read."""
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


def table() -> Any:
    """The rules as an Ibis table: rule_id (string), rule_value (int64), rule_from, rule_to (dates)."""
    import ibis

    rows = [
        ibis.struct(
            {
                "rule_id": ibis.literal(row.id),
                "rule_value": ibis.literal(row.value, type="int64"),
                "rule_from": ibis.literal(row.effective_from),
                "rule_to": ibis.literal(row.effective_to),
            }
        )
        for row in RULES
    ]
    return ibis.array(rows).unnest().name("row").as_table().unpack("row")


def under(rows: Any, rules: Any, id: str, on: str, name: str = "term") -> Any:
    """Rows (Ibis) with the rule in force on their date column `on` as int64 column `name`; others are left out.

    A row whose day no version covers, or whose day is unknown, is not judged.
    """
    mine = rules.filter(rules.rule_id == id).select(
        **{name: rules.rule_value, f"{name}_from": rules.rule_from, f"{name}_to": rules.rule_to}
    )
    joined = rows.join(mine, [rows[on] >= mine[f"{name}_from"], rows[on] <= mine[f"{name}_to"]])
    return joined.drop(f"{name}_from", f"{name}_to")


def add_months(day: Any, months: Any) -> Any:
    """A date (Ibis) some months later, at the last day of a shorter month (31 January + 3 months = 30 April)."""
    return _whole_day(day + months.cast("int64").as_interval("M"))


def add_days(day: Any, days: Any) -> Any:
    """A date (Ibis) some days later: the last day of a period counted from the next day."""
    return _whole_day(day + days.cast("int64").as_interval("D"))


def _whole_day(moment: Any) -> Any:
    # DuckDB makes a timestamp of date + interval while Ibis calls it a date and would drop a plain cast.
    return moment.cast("timestamp").cast("date")
