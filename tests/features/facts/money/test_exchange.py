"""Sums in other currencies: never added to yuan in silence, converted at the rate of the day where one is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from clue_rows import Book, facts_on, person, relation, tuples
from hypothesis import given, settings
from hypothesis import strategies as st
from little_pool import deliver

from features.facts import Facts
from features.facts.money.exchange import in_yuan, most_days

DAY = date(2023, 8, 10)
HUGE = 9 * 10**12


def rate(ccy: str, on: date, yuan: float, units: int = 100, publisher: str = "虚构外汇牌价") -> dict[str, Any]:
    return {"ccy": ccy, "rate_day": on, "units": units, "yuan": yuan, "publisher": publisher}


def paid(book: Book, n: int, yuan: float, ccy: str | None, day: date = DAY, **more: Any) -> None:
    book.statement(n, datetime(day.year, day.month, day.day, 9), yuan, ccy=ccy, balance=123_456, **more)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Case 1 with yuan, dollars, yen and something unknown; rates known from 2023-09-01, and one from 2023-11-01."""
    book, folder = Book(), tmp_path_factory.mktemp("exchange")
    book.case(1)
    paid(book, 1, -1000, None, cp_name="甲店")
    paid(book, 1, -2000, "CNY", cp_name="乙店")
    paid(book, 1, -100, "美元", cp_name="丙店")
    paid(book, 1, 100, "840", DAY + timedelta(days=most_days()), cp_name="丙店")
    paid(book, 1, -100, "USD", DAY + timedelta(days=most_days() + 1), cp_name="丙店")
    paid(book, 1, -HUGE, "日元", cp_name="丁店")
    paid(book, 1, -HUGE, "贝壳", cp_name="戊店")
    account = {"holder_id": person(1), "open_date": date(2015, 1, 1), "balance": 100_00}
    for number, ccy in enumerate((None, "人民币", "美元", "日元"), start=1):
        book.add("account", acct_no=f"990077{number}", ccy=ccy, **account)
    given_rates = [rate("美元", DAY - timedelta(days=1), 700.0), rate("USD", DAY, 725.5), rate("人民币", DAY, 99.0)]
    book.open(folder, date(2023, 12, 31)).cut.close()
    deliver(folder, date(2023, 9, 1), {"rate": given_rates})
    deliver(folder, date(2023, 11, 1), {"rate": [rate("JPY", DAY, 5.0), rate("USD", DAY, 800.0)]})
    return folder


@pytest.fixture(scope="module")
def early(home: Path) -> Iterator[Facts]:
    facts = facts_on(home, date(2023, 10, 31))
    yield facts
    facts.cut.close()


@pytest.fixture(scope="module")
def late(home: Path) -> Iterator[Facts]:
    facts = facts_on(home, date(2023, 11, 1))
    yield facts
    facts.cut.close()


def sums(facts: Facts) -> list[tuple[Any, ...]]:
    rows = facts.txns
    told = [(row["cp_name"], row["sign"] * row["amount"], row["balance"]) for row in rows.to_pyarrow().to_pylist()]
    return sorted(told, key=str)


YUAN_ROWS = [("乙店", -200_000, 123_456), ("甲店", -100_000, 123_456)]


def test_a_sum_is_converted_at_the_last_rate_on_or_before_its_day_and_not_at_an_old_one(early: Facts) -> None:
    assert sums(early) == sorted([*YUAN_ROWS, ("丙店", -72_550, None), ("丙店", 72_550, None)], key=str)


def test_a_rate_delivered_later_does_not_change_an_earlier_cut(early: Facts, late: Facts) -> None:
    converted = [("丙店", -80_000, None), ("丙店", 80_000, None), ("丁店", -(HUGE * 5), None)]
    assert sums(late) == sorted([*YUAN_ROWS, *converted], key=str)
    assert len(sums(early)) == 4


def test_what_was_converted_and_what_was_left_out_is_counted(early: Facts) -> None:
    columns = ("ccy", "converted", "n", "fen", "low", "high")
    assert tuples(early.foreign_sums.filter(lambda t: t.person == person(1)), *columns) == [
        ("JPY", False, 1, HUGE * 100, None, None),
        ("USD", False, 1, 10_000, None, None),
        ("USD", True, 2, 145_100, 7.255, 7.255),
        ("贝壳", False, 1, HUGE * 100, None, None),
    ]


def test_a_balance_in_another_currency_is_worth_what_the_rate_says_or_nothing(home: Path) -> None:
    facts = facts_on(home, date(2023, 12, 31))
    with facts.cut:
        found = tuples(facts.account_balances, "acct_no", "worth", "said")
    assert [(number, worth) for number, worth, _ in found] == [
        ("9900771", 10_000),
        ("9900772", 10_000),
        ("9900773", None),
        ("9900774", None),
    ]
    assert ["未折算" in said for *_, said in found] == [False, False, True, True]
    assert "USD 100.00" in found[2][2]


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(-(10**13), 10**13), st.integers(1, 10**7)), min_size=1, max_size=50))
def test_sums_are_whole_and_right_to_a_hundredth(given_rows: list[tuple[int, int]]) -> None:
    rows = [(n, fen, micro / 10**6) for n, (fen, micro) in enumerate(given_rows)]
    table = relation({"n": "int64", "fen": "int64", "rate": "float64"}, rows)
    found = tuples(table.select("n", made=in_yuan(table.fen, table.rate)), "n", "made")
    for (_, made), (fen, micro) in zip(found, given_rows, strict=True):
        exact = (Decimal(fen) * micro / 10**6).quantize(Decimal(1), ROUND_HALF_UP)
        assert isinstance(made, int) and abs(made - exact) <= 1


def test_without_a_rate_a_sum_stays_as_it_is() -> None:
    table = relation({"fen": "int64", "rate": "float64"}, [(HUGE, None), (None, None), (None, 7.0)])
    assert tuples(table.select(made=in_yuan(table.fen, table.rate)), "made") == [(None,), (None,), (HUGE,)]


MONEY_FACTS = ("txns", "moves", "levels", "held_rows", "transfers")


def test_a_foreign_row_of_any_size_changes_no_sum_in_yuan(tmp_path: Path) -> None:
    """The same pool without and with a copy of every row in another currency, a billion times as large."""
    book = Book()
    book.case(1)
    for n, (who, yuan) in enumerate(((1, 90_000), (1, -50_000), (2, 50_000), (2, -20_000), (1, -7_000))):
        other = {"cp_acct": f"9900{3 - who:010d}", "cp_id": person(3 - who), "cp_name": f"某{3 - who}"}
        paid(book, who, yuan, None, DAY + timedelta(days=n), **other)
    book.kin(1, 2)
    here, there = tmp_path / "here", tmp_path / "there"
    book.open(here).cut.close()
    codes = ("JPY", "美元", "贝壳", "392", "外币")
    for n, row in enumerate(list(book.tables["txn"])):
        more = {"ccy": codes[n], "amount": row["amount"] * 10**9, "balance": 10**15, "ref_no": f"F{n}"}
        book.add("txn", **(row | more))
    book.open(there).cut.close()
    with facts_on(here).cut as one, facts_on(there).cut as two:
        without, beside = Facts(one), Facts(two)
        assert beside.statements.count().to_pyarrow().as_py() == 2 * without.statements.count().to_pyarrow().as_py()
        for name in MONEY_FACTS:
            here_rows, there_rows = (getattr(facts, name) for facts in (without, beside))
            assert tuples(here_rows, *here_rows.columns) == tuples(there_rows, *there_rows.columns), name
        assert without.transfers.count().to_pyarrow().as_py() and without.levels.count().to_pyarrow().as_py()
