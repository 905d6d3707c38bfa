"""Money links against queues and purses that move single fen."""

from __future__ import annotations

from collections import Counter, deque
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.facts.money.links import CONVENTIONS, linked, ordered, unordered_moments
from features.facts.money.proportions import product_divided

ENGINE = ibis.duckdb.connect(threads=1)
START = datetime(2023, 1, 1, 8)
Row = dict[str, Any]
Link = tuple[str, int | None, int | None]


def relation(rows: list[Row]) -> Any:
    frame = pd.DataFrame(rows, columns=["acct", "rid", "ts", "sign", "amount", "balance"])
    kinds = {"acct": "string", "rid": "int64", "sign": "int64", "amount": "int64", "balance": "Int64"}
    typed = frame.astype(kinds | {"ts": "datetime64[us]"})
    with ENGINE.con.cursor() as cursor:
        cursor.register("given", typed)
        cursor.execute("CREATE OR REPLACE TABLE rows AS SELECT * FROM given").fetchall()
    return ENGINE.table("rows")


def found(links: Any) -> Counter[Link]:
    total: Counter[Link] = Counter()
    for row in links.to_pyarrow().to_pylist():
        assert row["amount"] > 0
        assert row["opening"] == (row["in_rid"] is None)
        total[row["acct"], row["in_rid"], row["out_rid"]] += row["amount"]
    return total


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["acct"], row["ts"], row["rid"]))


def opening_of(rows: list[Row]) -> int:
    """What must have stood on one account before its first row."""
    level, least, told = 0, 0, None
    for row in rows:
        level += row["sign"] * row["amount"]
        least = min(least, level)
        if told is None and row["balance"] is not None:
            told = row["balance"] - level
    return max(told or 0, -least, 0)


def queued(rows: list[Row]) -> Counter[Link]:
    """First in first out, one fen at a time."""
    total: Counter[Link] = Counter()
    for acct in {row["acct"] for row in rows}:
        own = [row for row in in_order(rows) if row["acct"] == acct]
        queue: deque[int | None] = deque([None] * opening_of(own))
        for row in own:
            for _ in range(row["amount"]):
                if row["sign"] > 0:
                    queue.append(row["rid"])
                else:
                    total[acct, queue.popleft(), row["rid"]] += 1
        for rid in queue:
            total[acct, rid, None] += 1
    return total


def poured(rows: list[Row]) -> Counter[Link]:
    """In proportion to the parts held, by largest remainder, with exact fractions."""
    total: Counter[Link] = Counter()
    for acct in {row["acct"] for row in rows}:
        own = [row for row in in_order(rows) if row["acct"] == acct]
        opening = opening_of(own)
        parts: list[list[Any]] = [[None, opening]] if opening else []
        for row in own:
            if row["sign"] > 0:
                parts.append([row["rid"], row["amount"]])
                continue
            whole = sum(left for _, left in parts)
            exact = [Fraction(row["amount"] * left, whole) for _, left in parts]
            took = [int(share) for share in exact]
            by_remainder = sorted(range(len(parts)), key=lambda i: (took[i] - exact[i], i))
            for place in by_remainder[: row["amount"] - sum(took)]:
                took[place] += 1
            for part, fen in zip(parts, took, strict=True):
                part[1] -= fen
                total[acct, part[0], row["rid"]] += fen
        for rid, left in parts:
            total[acct, rid, None] += left
    return +total


ORACLES = {"fifo": queued, "pro_rata": poured}


@st.composite
def of_two_accounts(draw: st.DrawFn) -> list[Row]:
    """Up to 24 rows of two accounts, some in one moment, some with a balance."""
    count = draw(st.integers(0, 24))
    rids = draw(st.permutations(range(1, count + 1)))
    rows: list[Row] = [
        {
            "acct": draw(st.sampled_from(["甲", "乙"])),
            "rid": rid,
            "ts": START + timedelta(hours=draw(st.integers(0, 9))),
            "sign": draw(st.sampled_from([1, -1])),
            "amount": draw(st.integers(1, 30)),
            "balance": None,
        }
        for rid in rids
    ]
    level = {"甲": draw(st.integers(0, 40)), "乙": 0}
    for row in in_order(rows):
        level[row["acct"]] += row["sign"] * row["amount"]
        row["balance"] = level[row["acct"]] if draw(st.booleans()) else None
    return rows


def side_by_side(books: list[list[Row]]) -> list[Row]:
    """The rows of several pairs of accounts: one query links them all."""
    return [
        row | {"acct": f"{row['acct']}{place}", "rid": row["rid"] + 100 * place}
        for place, rows in enumerate(books)
        for row in rows
    ]


def statements() -> st.SearchStrategy[list[Row]]:
    return st.lists(of_two_accounts(), min_size=4, max_size=4).map(side_by_side)


@pytest.mark.parametrize("convention", CONVENTIONS)
@settings(max_examples=10)
@given(rows=statements())
def test_links_are_those_of_moving_single_fen(convention: str, rows: list[Row]) -> None:
    assert found(linked(relation(rows), convention)) == ORACLES[convention](rows)


@pytest.mark.parametrize("convention", CONVENTIONS)
@settings(max_examples=7)
@given(rows=statements(), random=st.randoms())
def test_money_is_kept_and_never_goes_back_in_time(convention: str, rows: list[Row], random: Any) -> None:
    links = found(linked(relation(rows), convention))
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert found(linked(relation(shuffled), convention)) == links
    by_rid = {row["rid"]: row for row in rows}
    for row in rows:
        side = 1 if row["sign"] > 0 else 2
        assert sum(fen for link, fen in links.items() if link[side] == row["rid"]) == row["amount"]
    for _, in_rid, out_rid in links:
        if in_rid and out_rid:
            assert (by_rid[in_rid]["ts"], in_rid) < (by_rid[out_rid]["ts"], out_rid)
    for acct in {row["acct"] for row in rows}:
        own = in_order([row for row in rows if row["acct"] == acct])
        left = sum(fen for link, fen in links.items() if link[0] == acct and link[2] is None)
        assert left == opening_of(own) + sum(row["sign"] * row["amount"] for row in own)


@pytest.mark.parametrize("convention", CONVENTIONS)
@settings(max_examples=5)
@given(rows=statements(), data=st.data())
def test_links_of_some_inflows_lose_nothing(convention: str, rows: list[Row], data: st.DataObject) -> None:
    incoming = [row["rid"] for row in rows if row["sign"] > 0]
    wanted = data.draw(st.lists(st.sampled_from(incoming), unique=True)) if incoming else []
    of = ibis.memtable(pd.DataFrame({"in_rid": pd.Series(wanted, dtype="int64")}))
    part = found(linked(relation(rows), convention, of, least=0.3))
    assert {link[1] for link in part} <= set(wanted)
    for rid in wanted:
        whole = next(row["amount"] for row in rows if row["rid"] == rid)
        assert sum(fen for link, fen in part.items() if link[1] == rid) == whole


def test_what_is_followed_no_further_is_said() -> None:
    rows = [
        {"acct": "甲", "rid": 1, "ts": START, "sign": 1, "amount": 1000, "balance": 1000},
        {"acct": "甲", "rid": 2, "ts": START + timedelta(days=1), "sign": -1, "amount": 980, "balance": 20},
        {"acct": "甲", "rid": 3, "ts": START + timedelta(days=2), "sign": 1, "amount": 500, "balance": 520},
        {"acct": "甲", "rid": 4, "ts": START + timedelta(days=3), "sign": -1, "amount": 260, "balance": 260},
    ]
    of = ibis.memtable({"in_rid": [1]})
    links = linked(relation(rows), "pro_rata", of, least=0.05).to_pandas()
    assert links[["out_rid", "amount", "dropped"]].fillna(0).values.tolist() == [[2, 980, False], [0, 20, True]]


def moment(balances: list[int | None], amounts: list[int]) -> list[Row]:
    """Rows of one moment in the order of their rids."""
    return [
        {"acct": "甲", "rid": 10 + n, "ts": START, "sign": 1 if fen > 0 else -1, "amount": abs(fen), "balance": told}
        for n, (fen, told) in enumerate(zip(amounts, balances, strict=True))
    ]


def test_a_moment_is_read_as_its_balances_follow_each_other() -> None:
    # Newest first: 500 came in, then 300 went out.
    newest_first = moment([200, 500], [-300, 500])
    assert found(linked(ordered(relation(newest_first)))) == {("甲", 11, 10): 300, ("甲", 11, None): 200}
    oldest_first = moment([500, 200], [500, -300])
    assert found(linked(ordered(relation(oldest_first)))) == {("甲", 10, 11): 300, ("甲", 10, None): 200}
    # Without balances the order of the file stands: 300 must have been there before.
    silent = moment([None, None], [-300, 500])
    assert found(linked(ordered(relation(silent)))) == {("甲", None, 10): 300, ("甲", 11, None): 500}


@settings(max_examples=30)
@given(
    days=st.lists(st.lists(st.integers(-3, 3).filter(bool), min_size=1, max_size=4), min_size=2, max_size=4),
    start=st.integers(0, 5),
    newest_first=st.booleans(),
    balanced=st.booleans(),
)
def test_a_statement_of_days_alone_is_read_in_the_order_in_which_it_was_written(
    days: list[list[int]], start: int, newest_first: bool, balanced: bool
) -> None:
    true, level = [], start
    for day, amounts in enumerate(days):
        for fen in amounts:
            level += fen
            true.append((day, fen, level if balanced else None))
    places = range(len(true))[::-1] if newest_first else range(len(true))
    # What stood above what in the file; a statement with clock times needs no such rule.
    listed = [(rid, place, START + timedelta(days=true[place][0])) for rid, place in enumerate(places)]
    clocked = [(place, place, START + timedelta(hours=place)) for place in range(len(true))]

    def linked_by_place(rows: list[tuple[int, int, datetime]]) -> Counter[Link]:
        made = [
            {"acct": "甲", "rid": rid, "ts": ts, "sign": 1 if fen > 0 else -1, "amount": abs(fen), "balance": told}
            for rid, place, ts in rows
            for _, fen, told in [true[place]]
        ]
        of: dict[int | None, int] = {rid: place for rid, place, _ in rows}
        links = found(linked(ordered(relation(made))))
        return Counter({(acct, of.get(one), of.get(two)): fen for (acct, one, two), fen in links.items()})

    assert linked_by_place(listed) == linked_by_place(clocked)


def orders(amounts: list[int], balances: list[int]) -> list[tuple[int, ...]]:
    """The orders, of that of the file and its reverse, in which every balance follows the one before."""
    both = (range(len(amounts)), range(len(amounts))[::-1])
    return [
        tuple(one)
        for one in both
        if all(balances[after] == balances[before] + amounts[after] for before, after in pairwise(one))
    ]


@settings(max_examples=40)
@given(
    amounts=st.lists(st.integers(-4, 4).filter(bool), min_size=1, max_size=4),
    start=st.integers(0, 9),
    kind=st.sampled_from(["forwards", "backwards", "none", "gap", "shuffled"]),
)
def test_the_order_of_a_moment_is_unknown_unless_its_balances_allow_but_one(
    amounts: list[int], start: int, kind: str
) -> None:
    balances = [start + sum(amounts[: n + 1]) for n in range(len(amounts))]
    if kind == "backwards":
        amounts, balances = amounts[::-1], balances[::-1]
    if kind == "shuffled":
        balances = balances[1:] + balances[:1]
    told: list[int | None] = [None] * len(amounts) if kind == "none" else list(balances)
    if kind == "gap":
        told[0] = None
    rows = moment(told, amounts)
    known = None not in told and len(orders(amounts, balances)) == 1
    expected = len({fen > 0 for fen in amounts}) == 2 and not known
    assert unordered_moments(relation(rows)).count().to_pyarrow().as_py() == expected


@given(by=st.one_of(st.integers(1, 2**49 - 1), st.integers(2**49, 2**61 - 1)), data=st.data())
def test_products_are_divided_without_overflow(by: int, data: st.DataObject) -> None:
    import numpy as np

    one, two = data.draw(st.integers(0, by)), data.draw(st.integers(0, by))
    quotient, rest = product_divided(np.array([one]), np.array([two]), np.array([by]))
    assert (int(quotient[0]), int(rest[0])) == divmod(one * two, by)
