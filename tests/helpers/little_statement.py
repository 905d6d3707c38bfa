"""Statement rows written by hand for the pool of `little_pool`, and the rows and numbers a clue makes of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from little_pool import DEBTOR, deliver, one_case

from features.clues.base.aggregation import features_text
from features.clues.base.clue import Clue
from features.facts import Facts
from features.pool.pool import Pool

SRV = date(2022, 5, 20)
EFF = date(2022, 9, 26)
NTC = date(2023, 1, 15)
ZB = date(2023, 6, 20)
TODAY = date(2023, 12, 31)
"""Dates of the case of `little_pool`: service, effect of the judgment, notice, termination; and the day of the cut."""

ACCT = "9900000000000000011"
_number = itertools.count(1)


def line(day: date | datetime, yuan: float, name: str | None = None, **more: Any) -> dict[str, Any]:
    """One statement row of the debtor at noon: money in when positive, out when negative; columns of the contract."""
    when = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, 12)
    return {
        "acct_no": ACCT,
        "holder_id": DEBTOR,
        "holder": "张测试",
        "ts": when,
        "amount": round(abs(yuan) * 100),
        "direction": "IN" if yuan > 0 else "OUT",
        "cp_name": name,
        "memo": "转账",
        "ref_no": f"R{next(_number)}",
        **more,
    }


def long_before() -> dict[str, Any]:
    """A small receipt two years before service: the statements reach back far enough to know who is new."""
    return line(SRV - timedelta(days=730), 1, "旧公司")


@contextmanager
def facts_of(
    home: Path,
    lines: Sequence[Mapping[str, Any]],
    day: date = TODAY,
    tables: Mapping[str, Any] | None = None,
    **case: Any,
) -> Any:
    """Facts of a pool that holds one case, these statement rows and further tables (which add to those of the case)."""
    rows: dict[str, list[Any]] = one_case(**case)
    rows["txn"] = list(lines)
    for name, more in (tables or {}).items():
        rows[name] = [*rows.get(name, []), *more]
    deliver(home, date(2023, 7, 1), rows)
    with Pool(home).as_of(day) as cut:
        yield Facts(cut)


def rows_and_numbers(clue: Clue, facts: Facts) -> tuple[pd.DataFrame, dict[str, float]]:
    """The rows of a clue by day, and its features before any division (0 where there is no row)."""
    rows = clue.rows(facts)
    numbers = facts.cut.con.raw_sql(features_text(facts.cut.compile(rows), clue.features)).df()
    found = {feature.name: 0.0 for feature in clue.features}
    if len(numbers):
        found |= {name: float(numbers[name].fillna(0).iloc[0]) for name in found}
    return rows.to_pandas().sort_values("day", kind="stable", ignore_index=True), found
