"""Money followed hop by hop over statements written by hand."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from features.facts.money.links import CONVENTIONS
from features.facts.money.trace import END_LABELS, WalkSettings, product_rest, walk
from features.facts.money.transfers import STATEMENT, Workbench, transfers

BENCH = Workbench(threads=1)
START = datetime(2023, 1, 1, 8)
KINDS = dict.fromkeys(("rid", "sign", "amount", "balance"), pa.int64())
KINDS |= {"ts": pa.timestamp("us"), "day": pa.date32(), "cash": pa.bool_()}
SCHEMA = pa.schema([(name, KINDS.get(name, pa.string())) for name in STATEMENT])
Row = dict[str, Any]


class Statements:
    """Statement rows of a few people; account `甲` is held by `甲某`."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def row(self, acct: str, hour: float, fen: int, to: str | None = None, **more: Any) -> int:
        ts = START + timedelta(hours=hour)
        rid = len(self.rows) + 1
        given = {
            "rid": rid,
            "acct": acct,
            "ts": ts,
            "day": ts.date(),
            "sign": 1 if fen > 0 else -1,
            "amount": abs(fen),
            "holder": f"{acct[0]}某",
            "cp_acct": to,
            "cash": False,
        }
        self.rows.append(dict.fromkeys(STATEMENT) | given | more)
        return rid

    def pay(self, one: str, two: str, hour: float, fen: int) -> tuple[int, int]:
        """A transfer with both sides held: its payment and its receipt."""
        return self.row(one, hour, -fen, two), self.row(two, hour, fen, one)

    def relation(self) -> Any:
        return BENCH.table("given", pa.Table.from_pylist(self.rows, schema=SCHEMA))

    def pairs(self) -> list[tuple[int, int]]:
        found = transfers(BENCH, self.relation()).to_pyarrow().to_pylist()
        return sorted((row["out_rid"], row["in_rid"]) for row in found)

    def walk(self, *starts: int, **settings: Any) -> list[Row]:
        rows = self.relation()
        pairs = BENCH.materialise("pairs", transfers(BENCH, rows))
        begun = BENCH.table("begun", pa.table({"start_rid": pa.array(starts, pa.int64())}))
        flows = walk(BENCH, rows, pairs, begun, WalkSettings(**settings)).to_pyarrow().to_pylist()
        return sorted(flows, key=lambda row: (row["start_rid"], row["hop"], row["rid"] or 0, row["parent_rid"] or 0))


def conserved(flows: list[Row], amounts: dict[int, int]) -> None:
    """What goes on from a payment is what its next rows carry; what begins is the payment itself."""
    arrived: dict[tuple[int, int, int], int] = defaultdict(int)
    carried: dict[tuple[int, int, int], int] = defaultdict(int)
    for row in flows:
        assert row["amount"] > 0 and (row["end"] is None or row["end"] in END_LABELS)
        assert row["end"] != "cut" or row["why"] is not None
        if row["end"] is None:
            arrived[row["start_rid"], row["hop"] + 1, row["rid"]] += row["amount"]
        if row["parent_rid"] is not None:
            carried[row["start_rid"], row["hop"], row["parent_rid"]] += row["amount"]
        else:
            assert row["amount"] == amounts[row["start_rid"]]
    assert arrived == carried
    ended: dict[int, int] = defaultdict(int)
    for row in flows:
        ended[row["start_rid"]] += row["amount"] if row["end"] is not None else 0
    assert ended == {start: amounts[start] for start in ended}


MOST = 999_999_999_999_999
"""分 of the largest sum that a cell of a statement may hold."""
EDGES = [MOST, MOST - 1, 2**63 // 10_000, 2**63 // 10_000 + 1, 2**63 // 10_000 - 1, 2**49 + 3, 3_000_000_000, 10_007]


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("share", [0, 0.05, 0.3333, 0.9999])
def test_no_sum_of_a_cell_is_too_large_to_be_followed_and_shares_are_exact(share: float, convention: str) -> None:
    book = Statements()
    parts = [
        (whole, whole * cut // 10_000 + more) for whole in EDGES for cut in (500, 3333, 9999) for more in (-1, 0, 1)
    ]
    starts = {}
    for n, (whole, part) in enumerate(parts):
        starts[book.pay(f"甲{n}", f"乙{n}", 1, whole)[0]] = (whole, part)
        book.row(f"乙{n}", 2, -part, cp_name="丙丙")
    flows = book.walk(*starts, share=share, convention=convention)
    conserved(flows, {start: whole for start, (whole, _) in starts.items()})
    paid: dict[int, int] = defaultdict(int)
    for row in flows:
        paid[row["start_rid"]] += row["amount"] if row["end"] == "person" else 0
    assert paid == {
        start: part if Fraction(part, whole) >= Fraction(str(share)) else 0 for start, (whole, part) in starts.items()
    }


def side_by_side(books: list[Statements]) -> list[Statements]:
    """Worlds whose rows, accounts and people are all others: one walk follows the money of them all."""
    for place, book in enumerate(books):
        for row in book.rows:
            row["rid"] += 100 * place
            named = {name: f"{row[name]}{place}" for name in ("acct", "holder", "cp_acct") if row[name]}
            row.update(named)
    return books


def together(books: list[Statements]) -> Statements:
    whole = Statements()
    whole.rows = [row for book in books for row in book.rows]
    return whole


def test_money_is_followed_through_another_account_into_a_home() -> None:
    book = Statements()
    start, receipt = book.pay("甲", "乙", 0, 500_000_00)
    book.row("乙", 1, 10_000_00, cp_name="某公司")
    home = book.row("乙", 24, -450_000_00, cp_name="某某置业有限公司", memo="购房首付")
    flows = book.walk(start)
    assert [(row["hop"], row["rid"], row["parent_rid"], row["amount"], row["end"]) for row in flows] == [
        (1, start, None, 500_000_00, None),
        (2, None, start, 50_000_00, "left"),
        (2, home, start, 450_000_00, "developer"),
    ]
    assert flows[2]["via"] == [start, receipt, home]
    assert flows[2]["share"] == 0.9
    assert (flows[2]["row_amount"], flows[2]["cp_name"], flows[0]["to_acct"]) == (450_000_00, "某某置业有限公司", "乙")


def test_conventions_may_disagree() -> None:
    book = Statements()
    book.row("乙", 0, 100_000_00, cp_name="工资")
    start, _ = book.pay("甲", "乙", 1, 100_000_00)
    car = book.row("乙", 2, -100_000_00, cp_name="某汽车销售服务有限公司")
    by_fifo = {row["end"]: row["amount"] for row in book.walk(start)}
    by_share = {row["end"]: row["amount"] for row in book.walk(start, convention="pro_rata") if row["rid"] != start}
    assert by_fifo == {None: 100_000_00, "left": 100_000_00}
    assert by_share == {"dealer": 50_000_00, "left": 50_000_00}
    assert car


TEN_BILLION = 10**12
"""10,000,000,000 元 in 分."""


SUMS = (
    1,
    2_999_999_999,
    3_000_000_000,
    3_000_000_001,
    10**9 + 7,
    10**10 + 19,
    10**11 + 3,
    TEN_BILLION - 1,
    TEN_BILLION,
)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_sums_of_any_size_are_followed_and_divided_to_the_last_fen(convention: str) -> None:
    books, wanted = [], set()
    for place, fen in enumerate(SUMS):
        book, by = Statements(), 100 * place
        start, _ = book.pay("甲", "乙", 0, 3 * fen)
        first = book.row("乙", 1, -fen, cp_name="某某置业有限公司")
        book.pay("乙", "丙", 2, 2 * fen)
        last = book.row("丙", 3, -(2 * fen - 1), cp_name="某人寿保险公司")
        books.append(book)
        ends = ((first + by, "developer", fen), (last + by, "insurer", 2 * fen - 1), (None, "left", 1))
        wanted |= {(start + by, *end) for end in ends}
    whole = together(side_by_side(books))
    amounts = {row["rid"]: row["amount"] for row in whole.rows if row["rid"] % 100 == 1}
    flows = whole.walk(*amounts, convention=convention, share=0)
    assert {(row["start_rid"], row["rid"], row["end"], row["amount"]) for row in flows if row["end"]} == wanted
    conserved(flows, amounts)


@given(
    whole=st.integers(1, 10**18), shares=st.tuples(st.integers(0, 10**18), st.integers(0, 10**18)), one=st.integers(0)
)
def test_the_rest_of_a_product_is_exact(whole: int, shares: tuple[int, int], one: int) -> None:
    two = max(shares)
    one %= 10**18
    row = BENCH.table("product", pa.table({"one": [one], "two": [two], "whole": [whole]}))
    rest = row.select(rest=product_rest(row.one, row.two, row.whole)).to_pyarrow()["rest"][0].as_py()
    assert rest == one * two % whole


def test_money_that_comes_back_ends_there() -> None:
    book = Statements()
    start, _ = book.pay("甲", "乙", 0, 100)
    away, _ = book.pay("乙", "丙", 1, 100)
    back, _ = book.pay("丙", "甲2", 2, 100)
    book.row("甲2", 3, -100, cp_name="某置业有限公司")
    flows = book.walk(start, hops=6)
    assert [(row["rid"], row["end"]) for row in flows] == [(start, None), (away, None), (back, "returned")]


def test_money_that_goes_round_between_others_ends_with_the_hops() -> None:
    book = Statements()
    start, _ = book.pay("甲", "乙", 0, 100)
    for turn in range(8):
        book.pay(*(("乙", "丙") if turn % 2 == 0 else ("丙", "乙")), turn + 1, 100)
    flows = book.walk(start, hops=5)
    assert [row["end"] for row in flows] == [None, None, None, None, "cut"]
    assert flows[-1]["why"] == "hops"


def test_what_rests_too_long_or_is_too_small_is_cut_and_said() -> None:
    book = Statements()
    start, _ = book.pay("甲", "乙", 0, 1_000)
    book.row("乙", 1, -49, cp_name="某超市")
    shop = book.row("乙", 2, -50, cp_name="某超市")
    in_time = book.row("乙", 90 * 24, -401, cp_name="某某证券有限公司")
    book.row("乙", 90 * 24 + 1, -500, cp_name="某某证券有限公司")
    flows = book.walk(start)
    assert {(row["rid"], row["amount"], row["end"], row["why"]) for row in flows[1:]} == {
        (None, 49, "cut", "share"),
        (None, 500, "cut", "days"),
        (shop, 50, "company", None),
        (in_time, 401, "broker", None),
    }
    conserved(flows, {start: 1_000})


@pytest.mark.parametrize(
    ("given", "end"),
    [
        ({"cp_name": "张三"}, "person"),
        ({"cp_name": "张三", "memo": "购房首付"}, "person"),
        ({}, "no_statement"),
        ({"cash": True, "cp_name": "某银行"}, "cash"),
        ({"merchant": "财付通-某超市"}, "wallet"),
        ({"cp_name": "某人寿保险公司"}, "insurer"),
        ({"memo": "保费"}, "insurer"),
        ({"cp_name": "某贸易公司"}, "company"),
        ({"cp_name": "某公司", "memo": "车款"}, "dealer"),
        ({"cp_name": "某法院"}, "court"),
    ],
)
def test_ends_are_told_by_name_then_by_memo(given: Row, end: str) -> None:
    book = Statements()
    start = book.row("甲", 0, -100, **given)
    assert [row["end"] for row in book.walk(start)] == [end]


def test_two_sides_are_told_by_number_amount_and_time() -> None:
    book = Statements()
    first, second = book.pay("甲", "乙", 0, 100), book.pay("甲", "乙", 1, 100)
    late = book.row("甲", 2, -70, "乙"), book.row("乙", 2 + 49, 70, "甲")
    referred = book.row("甲", 3, -80, "乙", ref_no="R1"), book.row("乙", 3 + 49, 80, "甲", ref_no="R1")
    by_holder = book.row("甲", 4, -90, cp_id="丁某"), book.row("丁", 5, 90)
    other = book.row("甲", 4, -60, "戊"), book.row("乙", 4, 60, "甲")
    early = book.row("甲", 6, -55, "乙"), book.row("乙", 5.9, 55)
    assert book.pairs() == sorted([first, second, referred, by_holder, early])
    assert late not in book.pairs() and other not in book.pairs()


def test_of_two_receipts_the_one_with_the_reference_is_taken() -> None:
    book = Statements()
    start = book.row("甲", 0, -100, "乙", ref_no="R9")
    book.row("乙", 0, 100, "甲")
    mine = book.row("乙", 20, 100, "甲", ref_no="R9")
    assert book.pairs() == [(start, mine)]


@st.composite
def worlds(draw: st.DrawFn) -> Statements:
    """Some transfers among four accounts, with wages in and purchases out."""
    book = Statements()
    for hour in range(draw(st.integers(1, 14))):
        one, two = draw(st.permutations(["甲", "乙", "丙", "丁"]))[:2]
        fen = draw(st.integers(1, 400))
        kind = draw(st.sampled_from(["transfer", "transfer", "wage", "home"]))
        if kind == "transfer":
            book.pay(one, two, hour, fen)
        else:
            book.row(one, hour, fen if kind == "wage" else -fen, cp_name="某置业公司")
    return book


def by_hand(book: Statements, start: int, hops: int) -> list[tuple[int, int | None, int]]:
    """Hop, payment (None: stays) and fen of a walk first in first out without limits of share, fen by fen."""
    line: dict[str, deque[int | None]] = defaultdict(deque)
    link: dict[int, Counter[int | None]] = defaultdict(Counter)
    for row in book.rows:
        own = line[row["acct"]]
        if row["sign"] > 0:
            own.extend([row["rid"]] * row["amount"])
            continue
        missing = row["amount"] - len(own)
        # What was missing must have been there from the beginning, so it went first and all else moves up.
        if missing > 0:
            return by_hand_opened(book, row["acct"], missing, start, hops)
        for _ in range(row["amount"]):
            paid = own.popleft()
            if paid is not None:
                link[paid][row["rid"]] += 1
    for own in line.values():
        for rid in own:
            if rid is not None:
                link[rid][None] += 1
    return followed(book, link, start, hops)


def by_hand_opened(book: Statements, acct: str, fen: int, start: int, hops: int) -> list[tuple[int, int | None, int]]:
    """The same with so much more on an account before its first row."""
    opened = Statements()
    opened.rows = [{**book.rows[0], "rid": -len(book.rows), "acct": acct, "sign": 1, "amount": fen}, *book.rows]
    return by_hand(opened, start, hops)


def followed(
    book: Statements, link: dict[int, Counter[int | None]], start: int, hops: int
) -> list[tuple[int, int | None, int]]:
    row = {one["rid"]: one for one in book.rows}
    sides = {rid: rid + 1 for rid in row if row[rid]["sign"] < 0 and row[rid]["cp_acct"]}
    level, found = {start: row[start]["amount"]}, [(1, start, row[start]["amount"])]
    for hop in range(2, hops + 1):
        after: dict[int, int] = defaultdict(int)
        for rid, fen in level.items():
            if rid not in sides or row[sides[rid]]["holder"] == row[start]["holder"]:
                continue
            parts, whole = link[sides[rid]], row[sides[rid]]["amount"]
            given = {out: fen * part // whole for out, part in parts.items()}
            order = sorted(parts, key=lambda out: (-(fen * parts[out] % whole), out is None, out or 0))
            for out in order[: fen - sum(given.values())]:
                given[out] += 1
            found += [(hop, out, part) for out, part in given.items() if part]
            for out, part in given.items():
                if out is not None and part:
                    after[out] += part
        level = after
    return sorted(found, key=lambda one: (one[0], one[1] or 0, one[2]))


SEVERAL = st.lists(worlds(), min_size=5, max_size=5).map(side_by_side)


@trials(max_examples=3)
@given(books=SEVERAL)
def test_flows_are_those_of_following_single_fen(books: list[Statements]) -> None:
    starts = {row["rid"]: book for book in books for row in book.rows if row["sign"] < 0}
    flows = together(books).walk(*starts, hops=5, share=0.0)
    for start, book in starts.items():
        mine = [(row["hop"], row["rid"], row["amount"]) for row in flows if row["start_rid"] == start]
        assert sorted(mine, key=lambda one: (one[0], one[1] or 0, one[2])) == by_hand(book, start, 5)


@pytest.mark.parametrize("convention", CONVENTIONS)
@trials(max_examples=3)
@given(books=SEVERAL, share=st.sampled_from([0.0, 0.05, 0.3]))
def test_no_money_is_made_or_lost_on_the_way(convention: str, books: list[Statements], share: float) -> None:
    book = together(books)
    amounts = {row["rid"]: row["amount"] for row in book.rows if row["sign"] < 0}
    flows = book.walk(*amounts, hops=5, share=share, convention=convention)
    conserved(flows, amounts)
    when = {row["rid"]: row["ts"] for row in book.rows}
    assert all(when[row["parent_rid"]] <= row["ts"] for row in flows if row["rid"] and row["parent_rid"])
    assert {row["start_rid"] for row in flows} == set(amounts)


def test_settings_out_of_bounds_are_refused() -> None:
    with pytest.raises(GoldenKeyError, match="追踪层数"):
        WalkSettings(hops=0)
    with pytest.raises(GoldenKeyError, match="没有名为"):
        WalkSettings(convention="lifo")
