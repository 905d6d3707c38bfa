"""Numbers of thresholds and legal periods in words: each way of writing against one that stands by itself."""

from __future__ import annotations

from decimal import Decimal

import pytest

from features.errors import GoldenKeyError
from features.rules.thresholds import SHIPPED
from features.rules.wording import fill_numbers, numerals

PLACES = {"十": 10, "百": 100, "千": 1_000}


def read(words: str) -> int:
    """The number that Chinese numerals say, place by place."""
    if "万" in words:
        more, rest = words.split("万")
        return read(more) * 10_000 + read(rest)
    total, digit = 0, 0
    for sign in words:
        if sign in PLACES:
            total, digit = total + (digit or 1) * PLACES[sign], 0
        else:
            digit = "零一二三四五六七八九".index(sign)
    return total + digit


def test_numerals_read_back_as_the_number_they_say() -> None:
    numbers = [*range(1, 2_500), 9_999, 10_000, 10_001, 10_010, 12_345, 20_600, 99_999, 100_000, 1_010_010]
    said = [numerals(Decimal(number)) for number in numbers]
    assert [read(words) for words in said] == numbers
    assert len(set(said)) == len(numbers)
    assert [numerals(Decimal(number)) for number in (10, 15, 110, 205, 1_010)] == [
        "十",
        "十五",
        "一百一十",
        "二百零五",
        "一千零一十",
    ]


@pytest.mark.parametrize(
    ("text", "changed", "words"),
    [
        ("{A02-DAYS}日内{A02-LARGE}元", {}, "7日内1万元"),
        ("{A02-LARGE}元", {"A02-LARGE": 12_500}, "1.25万元"),
        ("{A02-LARGE}元", {"A02-LARGE": 5_000}, "5千元"),
        ("{A02-LARGE}元", {"A02-LARGE": 1_500}, "1500元"),
        ("{A03-SHARE}%", {"A03-SHARE": 2.5}, "2.5%"),
        ("{A03-SHARE}%", {"A03-SHARE": 10.0}, "10%"),
        ("{B02-DAYS:汉}日", {}, "三十日"),
        ("{B02-DAYS:汉}日", {"B02-DAYS": 45}, "四十五日"),
        ("{C10-SHARE:成}以上", {}, "八成以上"),
        ("{C10-SHARE:成}以上", {"C10-SHARE": 85}, "八成五以上"),
        ("{C10-SHARE:成}以上", {"C10-SHARE": 72}, "百分之七十二以上"),
        ("{C10-SHARE:成}以上", {"C10-SHARE": 100}, "百分之一百以上"),
        ("{C04-ROUND:整}元整数倍", {}, "万元整数倍"),
        ("{C04-ROUND:整}元整数倍", {"C04-ROUND": 50_000}, "五万元整数倍"),
        ("前{D01-BACK:期}", {}, "前一年"),
        ("前{D01-BACK:期}", {"D01-BACK": 180}, "前半年"),
        ("前{D01-BACK:期}", {"D01-BACK": 400}, "前四百日"),
        ("前{A04-RECENT:期}", {"A04-RECENT": 2}, "前两个月"),
        ("{T-AUC-BIDDING:时}小时，{T-LISTING:年}年，{T-REQ:期}", {}, "二十四小时，二年，六个月"),
        ("{n}笔，{t_srv}，{T-PAY:汉}日", {}, "{n}笔，{t_srv}，三十日"),
    ],
)
def test_a_text_says_the_number_in_force(text: str, changed: dict[str, float], words: str) -> None:
    assert fill_numbers(text, SHIPPED.overlaid(changed)) == words


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{X99-NONE}日", "X99-NONE 既不是阈值也不是法定期限"),
        ("{A02-DAYS:长}日", "冒号后须为 汉"),
        # Five days until 2017, seven since: no sentence can say which.
        ("{T-CLUE:汉}日", "T-CLUE 先后有不同的长度"),
    ],
)
def test_a_field_that_says_no_number_is_refused(text: str, why: str) -> None:
    with pytest.raises(GoldenKeyError, match=why):
        fill_numbers(text)
