"""Amounts of rulings: value in 分 of every way of writing, and the role that the words around give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.intake.ruling.amounts import find_amounts
from features.intake.ruling.plain import normalise_text


def amounts(text: str) -> list[tuple[str, int]]:
    found, _ = find_amounts(text, normalise_text(text))
    return [(amount.role, amount.fen) for amount in found]


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("58833元", 5_883_300),
        ("58,833.05元", 5_883_305),
        ("５８８３３元", 5_883_300),
        ("12.5万元", 12_500_000),
        ("3百万元", 300_000_000),
        ("1.2亿元", 12_000_000_000),
        ("伍万捌仟零三元", 5_800_300),
        ("一百元五角二分", 10_052),
        ("两千元", 200_000),
    ],
)
def test_values(written: str, fen: int) -> None:
    assert amounts(f"借款{written}。") == [("claim", fen)]


@given(st.integers(0, 10**13))
def test_an_amount_printed_with_separators_reads_back(fen: int) -> None:
    assert amounts(f"借款{fen // 100:,}.{fen % 100:02d}元。") == [("claim", fen)]


@pytest.mark.parametrize(
    ("sentence", "role"),
    [
        ("申请执行标的100元。", "claim"),
        ("已执行到位100元。", "paid"),
        ("尚未执行到位100元。", "outstanding"),
        ("账户余额100元。", "balance"),
        ("执行费100元。", "fee"),
        ("迟延履行利息100元。", "interest"),
        ("起拍价100元。", "price"),
        ("处以100元的罚款。", "fine"),
        ("100元的债权未受偿。", "outstanding"),
        ("共计100元，已划拨。", "paid"),
        ("编号100元。", "other"),
    ],
)
def test_roles(sentence: str, role: str) -> None:
    assert amounts(sentence) == [(role, 10_000)]


def test_totals_are_marked_and_quotes_stand_in_the_text() -> None:
    text = "被执行人借款10元，共计借款30元。"
    found, _ = find_amounts(text, normalise_text(text))
    assert [amount.total for amount in found] == [False, True]
    assert all(text[amount.quote.start : amount.quote.end] == amount.quote.text for amount in found)


@pytest.mark.parametrize(
    ("written", "why"), [("50余元", "约数"), ("23,45元", "写法无法确定"), ("1.2.3元", "写法无法确定")]
)
def test_figures_that_cannot_be_trusted_are_named_and_not_used(written: str, why: str) -> None:
    text = f"借款{written}。"
    found, unread = find_amounts(text, normalise_text(text))
    assert found == ()
    assert len(unread) == 1
    assert why in unread[0]
