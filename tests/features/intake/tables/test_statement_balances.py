"""A lost or misread row shows where the balances of a statement do not follow from one another."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intake.tables.balances import balance_doubts
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


@settings(max_examples=15, deadline=None)
@given(moves=MOVES, latest_first=st.booleans())
def test_whole_statements_raise_no_doubt_in_either_order(moves: list[int], latest_first: bool) -> None:
    assert balance_doubts(TXN, [rows(moves, latest_first=latest_first)]) == ()


@settings(max_examples=15, deadline=None)
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
