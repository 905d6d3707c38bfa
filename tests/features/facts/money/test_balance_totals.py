"""Closing balances and totals of random statements against a walk through the days, one account at a time."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

from clue_rows import STATEMENT_COLUMNS, relation, tuples

from features.facts.money import balances

FIRST = date(2022, 6, 1)
TXNS = {"rid": "int64", "person": "string"} | STATEMENT_COLUMNS
BILLION_YUAN_FEN = 100_000_000_000


class Row(NamedTuple):
    rid: int
    person: str
    acct: str
    ts: datetime
    sign: int
    amount: int
    balance: int | None

    @property
    def day(self) -> date:
        return self.ts.date()


def random_rows() -> list[Row]:
    """Statements of forty people with up to three accounts, many rows of one moment, some without a balance."""
    rng = random.Random(11)
    keys = [(f"甲{n}", f"99{n}{acct}") for n in range(40) for acct in range(3)]
    rows = []
    for rid in rng.sample(range(10_000), 900):
        person, acct = rng.choice(keys)
        ts = datetime(2022, 6, 1, 8) + timedelta(hours=rng.randrange(0, 24 * 12, 7))
        balance = rng.choice([None, rng.randrange(-5_000, 10 * BILLION_YUAN_FEN)])
        rows.append(Row(rid, person, acct, ts, rng.choice([-1, 1]), rng.randrange(1, BILLION_YUAN_FEN), balance))
    return rows


def facts_of(rows: list[Row]) -> Any:
    return balances.closings(
        relation(TXNS, [(r.rid, r.person, r.acct, r.ts, r.day, r.sign, r.amount, r.balance) for r in rows])
    )


def stated(rows: list[Row], person: str, acct: str) -> list[Row]:
    mine = [row for row in rows if (row.person, row.acct) == (person, acct) and row.balance is not None]
    return sorted(mine, key=lambda row: (row.ts, row.rid))


def at_end_of(rows: list[Row], day: date) -> int:
    """What stood on an account at the end of a day; before its first stated row, what that row started from."""
    before = [row for row in rows if row.day <= day]
    last = before[-1] if before else rows[0]
    assert last.balance is not None
    return last.balance if before else last.balance - last.sign * last.amount


def test_every_day_has_the_balance_and_total_that_a_walk_finds() -> None:
    rows = random_rows()
    closings = facts_of(rows)
    found = tuples(closings, "person", "acct", "day", "until", "close", "rid")
    totals = tuples(balances.levels(closings), "person", "day", "until", "total")
    seen, wanted = set(), []
    for person in sorted({row.person for row in rows}):
        ends = max(row.day for row in rows if row.person == person)
        accounts = {row.acct: mine for row in rows if row.person == person and (mine := stated(rows, person, row.acct))}
        days = [FIRST + timedelta(days=n) for n in range((ends - FIRST).days + 1)]
        for acct, day in product(accounts, days):
            if any(row.day <= day for row in accounts[acct]):
                last = [row for row in accounts[acct] if row.day <= day][-1]
                seen.add((person, acct, day, last.balance, last.rid))
        moved = {row.day for mine in accounts.values() for row in mine}
        wanted += [
            (person, day, sum(at_end_of(mine, day) for mine in accounts.values()))
            for day in days
            if day >= min(moved, default=date.max)
        ]
    by_day = {
        (person, acct, day + timedelta(days=n), close, rid)
        for person, acct, day, until, close, rid in found
        for n in range((until - day).days + 1)
    }
    assert by_day == seen
    spread = [
        (person, day + timedelta(days=n), total)
        for person, day, until, total in totals
        for n in range((until - day).days + 1)
    ]
    assert sorted(spread) == sorted(wanted) and len(wanted) > 300


def test_a_correction_of_one_moment_counts_by_the_later_row_and_steps_add_up() -> None:
    noon = datetime(2022, 6, 1, 12)
    rows = [
        Row(8, "甲", "991", noon, -1, 300, 700),
        Row(9, "甲", "991", noon, -1, 300, 400),
        Row(3, "甲", "991", noon - timedelta(hours=1), 1, 1_000, 1_000),
        Row(4, "甲", "991", noon + timedelta(days=3), 1, 1, None),
        Row(5, "甲", "991", noon + timedelta(days=2), 1, 10 * BILLION_YUAN_FEN, 10 * BILLION_YUAN_FEN + 401),
    ]
    found = tuples(facts_of(rows), "day", "until", "opening", "step", "close", "rid")
    assert found == [
        (FIRST, date(2022, 6, 2), 0, 400, 400, 9),
        (date(2022, 6, 3), date(2022, 6, 4), 0, 10 * BILLION_YUAN_FEN + 1, 10 * BILLION_YUAN_FEN + 401, 5),
    ]
