"""Accounts that were closed or fell silent: which day counts, and what a later delivery changes."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from clue_rows import KNOWN, Book, facts_on, person, relation, tuples
from little_pool import deliver

from features.facts import Facts
from features.facts.money.account_ends import account_ends
from features.pool.pool import Pool

LATER = date(2023, 11, 1)
CLOSED, SILENT, UNUSED, OTHER, RECALLED, AHEAD = (f"9900{n:06d}" for n in range(1, 7))


def info(acct: str, closed: date | None, n: int = 1, **more: Any) -> dict[str, Any]:
    return {"holder_id": person(n), "acct_no": acct, "open_date": date(2015, 1, 1), "close_date": closed, **more}


def used(acct: str, day: date, n: int = 1, ref: str = "") -> dict[str, Any]:
    ts = datetime(day.year, day.month, day.day, 9)
    return {
        "acct_no": acct,
        "holder_id": person(n),
        "ts": ts,
        "txn_day": day,
        "occurrence": 1,
        "direction": "OUT",
        "amount": 100,
        "ref_no": ref or f"{acct}{day}",
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Delivered in September: accounts of debtor 1 and of a stranger; in November a correction of one of them."""
    path = tmp_path_factory.mktemp("ends")
    book = Book()
    book.case(1)
    book.tables["account"] = [
        info(CLOSED, date(2023, 3, 1)),
        info(f"{UNUSED}_1", date(2022, 1, 1)),
        info(OTHER, date(2023, 3, 1), n=77),
        info(RECALLED, date(2023, 5, 1)),
        info(AHEAD, date(2024, 1, 1)),
    ]
    book.tables["txn"] = [
        used(f"{CLOSED}-2", date(2023, 2, 1)),
        used(CLOSED, date(2023, 4, 9)),
        used(SILENT, date(2023, 1, 5)),
        used(SILENT, date(2023, 1, 5), ref="second"),
        used(RECALLED, date(2023, 4, 1)),
        used(AHEAD, date(2023, 6, 1)),
        used(OTHER, date(2023, 8, 1), n=77),
    ]
    deliver(path, KNOWN, book.tables)
    deliver(path, LATER, {"account": [info(RECALLED, None)]})
    return path


def test_the_day_of_closing_stands_before_the_last_movement_and_the_account_is_one_with_its_suffix(
    facts: Facts,
) -> None:
    found = {row[0]: row[1:] for row in tuples(facts.account_ends, "acct", "person", "ended_on", "closed", "seen_to")}
    last = date(2023, 6, 1)
    assert found == {
        CLOSED: (person(1), date(2023, 3, 1), True, last),
        SILENT: (person(1), date(2023, 1, 5), False, last),
        UNUSED: (person(1), date(2022, 1, 1), True, None),
        RECALLED: (person(1), date(2023, 4, 1), False, last),
        AHEAD: (person(1), date(2023, 6, 1), False, last),
    }


def test_every_end_names_the_rows_that_tell_it(facts: Facts) -> None:
    account = dict(tuples(facts.cut.table("account"), "acct_no", "rid"))
    lines = sorted(rid for acct, rid in tuples(facts.cut.table("txn"), "acct_no", "rid") if acct == SILENT)
    found = {acct: (rid, last) for acct, rid, last in tuples(facts.account_ends, "acct", "rid", "last_rid")}
    assert found[UNUSED] == (account[f"{UNUSED}_1"], None)
    assert found[SILENT] == (None, lines[-1]) and len(lines) == 2
    assert found[CLOSED][0] == account[CLOSED]


def closed_on(home: Path, day: date, state: int | None = None) -> dict[str, bool]:
    """Whether each account is closed, asked of the account information alone."""
    txns = relation({"person": "string", "acct": "string", "day": "date", "ts": "timestamp", "rid": "int64"}, [])
    with facts_on(home, day, state).cut as cut:
        ends = account_ends(cut, txns, relation({"person": "string"}, [(person(1),)]))
        return dict(tuples(ends, "acct", "closed"))


def test_a_closing_taken_back_was_one_until_the_correction_arrived(home: Path) -> None:
    assert {RECALLED, CLOSED, UNUSED} == set(closed_on(home, date(2023, 10, 31)))
    assert {CLOSED, UNUSED} == set(closed_on(home, LATER))
    assert {RECALLED, CLOSED, UNUSED} == set(closed_on(home, LATER, state=1))


def test_a_closing_day_ahead_is_none_until_it_comes(tmp_path: Path) -> None:
    deliver(tmp_path, KNOWN, {"account": [info(AHEAD, date(2023, 12, 1))]})
    assert (closed_on(tmp_path, date(2023, 11, 30)), closed_on(tmp_path, date(2023, 12, 1))) == ({}, {AHEAD: True})


def test_a_withdrawn_delivery_ends_nothing(tmp_path: Path) -> None:
    deliver(tmp_path, KNOWN, {"account": [info(CLOSED, date(2023, 3, 1))]})
    Pool(tmp_path).withdraw([1], date(2023, 10, 1), "误送")
    assert (closed_on(tmp_path, date(2023, 9, 30)), closed_on(tmp_path, date(2023, 10, 1))) == ({CLOSED: True}, {})
