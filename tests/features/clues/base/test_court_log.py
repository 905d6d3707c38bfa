"""What a court's log is made to say: late, never done, or not known, against the same rule in plain Python."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any

import ibis
import pandas as pd
import pytest

from features.clues.base import court_log
from features.facts.case.coverage import COURT_LAG_DAYS

TODAY, DUE, DAY = date(2024, 3, 31), date(2023, 6, 20), timedelta(days=1)
LAG = timedelta(days=COURT_LAG_DAYS)
DONE = (None, DUE - DAY, DUE, DUE + DAY)
LOGGED = (None, DUE + LAG - DAY, DUE + LAG)


def value(expression: Any) -> Any:
    return ibis.duckdb.connect().execute(expression)


def days(*cells: date | None) -> Any:
    return pd.Series(cells, dtype="datetime64[s]").dt.date


def late(done_on: date | None, log_on: date | None, due: date = DUE, **more: Any) -> bool:
    one = ibis.literal
    dates = {name: one(day, type="date") for name, day in (("done", done_on), ("log_on", log_on), ("due", due))}
    rows = ibis.memtable({"n": [1]}).mutate(**dates)
    facts: Any = SimpleNamespace(today=one(TODAY))
    found = value(rows.select(late=court_log.late_or_never(facts, rows, rows.done, **more)))
    return bool(found["late"][0])


@pytest.mark.parametrize(("done_on", "log_on"), list(product(DONE, LOGGED)))
def test_an_act_is_late_by_its_day_or_by_a_log_that_would_hold_it(done_on: date | None, log_on: date | None) -> None:
    expected = done_on > DUE if done_on is not None else log_on is not None and log_on >= DUE + LAG
    assert late(done_on, log_on) == expected


def test_nothing_is_missing_before_the_period_has_ended() -> None:
    assert late(None, TODAY + 2 * LAG, due=TODAY - DAY)
    assert not late(None, TODAY + 2 * LAG, due=TODAY)


def test_a_missing_day_of_an_act_that_was_done_is_not_an_omission() -> None:
    assert not late(None, DUE + LAG, open_=ibis.literal(False))
    assert late(DUE + DAY, None, open_=ibis.literal(False))


@pytest.mark.parametrize(
    ("done_on", "expected"),
    [
        (DUE, "2023-06-20送达执行通知"),
        (None, "检索执行事件表（末次交接2023-09-01），未见执行通知"),
    ],
)
def test_a_note_tells_the_act_or_where_it_was_looked_for(done_on: date | None, expected: str) -> None:
    log_on = ibis.literal(date(2023, 9, 1))
    done = ibis.literal(done_on, type="date")
    assert value(court_log.done_or_absent(done, "送达执行通知", log_on, "未见执行通知")) == expected


@pytest.mark.parametrize(("sure", "said"), [(True, False), (False, True)])
def test_a_year_whose_holidays_are_unknown_is_said(sure: bool, said: bool) -> None:
    assert ("法定休假日安排未收录" in value(court_log.holiday_caveat(ibis.literal(sure)))) == said


def test_rows_keep_or_lose_episodes_that_stand_in_no_log() -> None:
    registers = ibis.memtable(pd.DataFrame({"episode": ["甲", "乙"], "log_on": days(DUE, None), "other": [1, 2]}))
    facts: Any = SimpleNamespace(court_reach=registers)
    rows = ibis.memtable({"episode": ["甲", "乙", "丙"], "n": [1, 2, 3]})
    with_log, or_none = (value(by(facts, rows)) for by in (court_log.with_log, court_log.with_log_or_none))
    assert sorted(with_log["n"]) == [1, 2] and sorted(or_none["n"]) == [1, 2, 3]
    assert list(with_log.columns) == list(or_none.columns) == ["episode", "n", "log_on"]
    assert or_none.set_index("n")["log_on"].notna().to_dict() == {1: True, 2: False, 3: False}


@pytest.mark.parametrize(
    ("sealed", "until", "controlled"),
    [
        (DUE, DUE + 2 * DAY, True),
        (DUE, DUE + DAY, False),
        (DUE + DAY, DUE + 9 * DAY, False),
        (DUE - 400 * DAY, DUE + 2 * DAY, True),
    ],
)
@pytest.mark.parametrize("column", ["asset", "asset_id"])
def test_a_thing_is_controlled_by_a_seal_begun_in_time_and_still_in_force(
    sealed: date, until: date, controlled: bool, column: str
) -> None:
    names = {"asset": "别处", "asset_id": "别号"} | {column: "浙Z99901"}
    seals = ibis.memtable(pd.DataFrame({**{k: [v] for k, v in names.items()}, "day": [sealed], "until": [until]}))
    found = ibis.memtable(pd.DataFrame({"asset_id": ["浙Z99901"], "due": [DUE], "zb_date": [DUE + 2 * DAY]}))
    facts: Any = SimpleNamespace(seals=seals)
    assert len(value(court_log.never_controlled(facts, found, "zb_date"))) == (0 if controlled else 1)
