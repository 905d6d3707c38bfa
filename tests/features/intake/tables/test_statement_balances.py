"""A lost or misread row shows where the balances of a statement do not follow from one another."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intake.tables.balances import balance_doubts, unit_doubts
from features.schema import TABLES

TXN = TABLES["txn"]


def rows(moves: list[int], account: str = "9900001", latest_first: bool = False) -> pa.Table:
    """Rows of which each moves the balance by so many 分."""
    table = pa.table(
        {
            "acct_no": [account] * len(moves),
            "amount": np.abs(moves),
            "direction": ["IN" if move > 0 else "OUT" for move in moves],
            "balance": 100_000 + np.cumsum(moves),
            "ccy": pa.array(["CNY"] * len(moves), pa.string()),
        }
    )
    table = table.take(list(range(len(moves)))[::-1]) if latest_first else table
    return table.append_column("src_row", pa.array(range(5, 5 + len(moves)), pa.int64()))


MOVES = st.lists(st.integers(-9_999, 9_999).filter(bool), min_size=3, max_size=30)


@settings(max_examples=15)
@given(moves=MOVES, latest_first=st.booleans())
def test_whole_statements_raise_no_doubt_in_either_order(moves: list[int], latest_first: bool) -> None:
    assert balance_doubts(TXN, [rows(moves, latest_first=latest_first)]) == ()


@settings(max_examples=15)
@given(moves=st.lists(st.integers(1, 9_999), min_size=6, max_size=30, unique=True), at=st.integers(1, 4))
def test_a_lost_row_is_told_with_its_place(moves: list[int], at: int) -> None:
    held = rows(moves)
    lost = pa.concat_tables([held.slice(0, at), held.slice(at + 1)])
    (sentence,) = balance_doubts(TXN, [lost])
    assert f"余额有 1 处不连续（第 {5 + at + 1} 行）" in sentence


def test_accounts_are_followed_apart_and_a_statement_without_balances_is_told() -> None:
    first, second = rows([1_00, 2_00, -50]), rows([7, -3, 8], "9900002")
    mixed = pa.concat_tables([first, second]).take([0, 3, 1, 4, 2, 5])
    mixed = mixed.set_column(5, "src_row", pa.array(range(6), pa.int64()))
    assert balance_doubts(TXN, [mixed]) == ()
    bare = first.set_column(3, "balance", pa.nulls(3, pa.int64()))
    assert "没有余额" in balance_doubts(TXN, [bare])[0]
    assert balance_doubts(TABLES["case"], [first]) == ()


CASE = TABLES["case"]


def claims(due: list[float], paid: list[float], unpaid: list[float | None]) -> pa.Table:
    """Cases with sums in yuan."""
    said = {"amt_due": due, "amt_paid": paid, "amt_unpaid": unpaid, "amt_waived": [None] * len(due)}
    return pa.table(
        {
            name: pa.array([None if one is None else round(one * 100) for one in sums], pa.int64())
            for name, sums in said.items()
        }
    )


@settings(max_examples=25)
@given(
    st.lists(st.integers(100_000, 9_000_000), min_size=1, max_size=20),
    st.sampled_from([100, 1_000, 10_000]),
    st.sampled_from([0, 1, 2]),
)
def test_a_column_of_claims_in_another_unit_is_doubted(sums: list[int], factor: int, place: int) -> None:
    shares = ((4, 2, 2), (4, 3, 1), (4, 1, 3))[place]
    columns = [[float(one * share) for one in sums] for share in shares]
    assert unit_doubts(CASE, claims(*columns)) == ()
    columns[place] = [one / factor for one in columns[place]]
    (said,) = unit_doubts(CASE, claims(*columns))
    label = ("应执行标的金额", "实际到位金额", "尚未执行标的金额")[place]
    assert f"{len(sums)} 行（100%）只有把“{label}”乘以 {factor:,} 才相符" in said


def test_claims_that_differ_by_interest_or_say_too_little_are_not_doubted() -> None:
    assert unit_doubts(CASE, claims([155_000, 200_000], [50_000, 80_000], [150_000, 170_000])) == ()
    assert unit_doubts(CASE, claims([155_000, 200_000], [50_000, 80_000], [None, None])) == ()
    (said,) = unit_doubts(CASE, claims([15.5, 20], [50_000, 80_000], [None, None]))
    assert "2 行中有 2 行到位超过标的 20 倍（100%）" in said
    assert unit_doubts(CASE, claims([], [], [])) == ()


@settings(max_examples=25)
@given(
    st.lists(st.integers(500_000_000, 10**11), min_size=4, max_size=20),
    st.sampled_from([100, 1_000, 10_000]),
    st.booleans(),
    st.booleans(),
)
def test_balances_in_another_unit_than_the_sums_are_doubted(
    moves: list[int], factor: int, sums: bool, latest_first: bool
) -> None:
    plain = rows([move if n % 3 else -move for n, move in enumerate(moves)], latest_first=latest_first)
    assert unit_doubts(TXN, plain) == ()
    name = "amount" if sums else "balance"
    coarse = pa.array([round(one / factor) for one in plain[name].to_pylist()], pa.int64())
    (said,) = unit_doubts(TXN, plain.set_column(plain.schema.get_field_index(name), name, coarse))
    assert f"只有把“{'交易金额' if sums else '交易余额'}”乘以 {factor:,}" in said


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)), min_size=5, max_size=40))
def test_an_excerpt_whose_balances_follow_from_nothing_raises_no_doubt_of_units(pairs: list[tuple[int, int]]) -> None:
    table = rows([amount for amount, _ in pairs])
    table = table.set_column(3, "balance", pa.array([held for _, held in pairs], pa.int64()))
    assert unit_doubts(TXN, table) == () or len(set(pairs)) < len(pairs)
