"""Masking: no full name, number, card, phone or plate survives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.rules.masking import mask_name, mask_numbers, mask_who


@pytest.mark.parametrize(
    ("open_", "masked"),
    [
        ("张测试", "张*"),
        ("欧阳测", "欧阳*"),
        ("990001198001010019", "990001********0019"),
        ("99000119800101001X", "990001********001X"),
        ("9900123412342346", "9900****2346"),
        ("99912345678", "999****5678"),
        ("浙Z12312", "浙Z·***12"),
        ("浙江测试贸易有限公司", "浙江****公司"),
        ("91990001MA00000000", "9199**********0000"),
        ("", "（未载明）"),
        (None, "（未载明）"),
    ],
)
def test_each_kind_is_masked(open_: str | None, masked: str) -> None:
    assert mask_who(open_) == masked


def test_numbers_inside_a_text_are_masked_and_words_stay() -> None:
    text = "转给990001198202020026，卡号9900123412342346，车牌浙Z12312，案号（2023）浙9901执1号，20240301"
    masked = mask_numbers(text)
    assert "9900011982" not in masked
    assert "99001234" not in masked
    assert "浙Z12312" not in masked
    assert "（2023）浙9901执1号，20240301" in masked


@given(st.integers(10**17, 10**18 - 1))
def test_eight_digits_of_any_identity_number_are_gone(number: int) -> None:
    whole = str(number)
    assert mask_numbers(f"收款人{whole}。") == f"收款人{whole[:6]}********{whole[14:]}。"
    assert mask_who(whole) == f"{whole[:6]}********{whole[14:]}"


@given(st.text(alphabet="张王李赵测试甲乙丙丁", min_size=2, max_size=4))
def test_of_a_name_the_surname_stays(name: str) -> None:
    assert mask_name(name) == f"{name[0]}*"
