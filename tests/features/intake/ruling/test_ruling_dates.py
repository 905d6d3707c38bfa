"""Dates of rulings: every style against the calendar, and the roles of events."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.intake.ruling.dates import find_dates, find_events
from features.intake.ruling.plain import normalise_text

DIGITS = "〇一二三四五六七八九"


def in_words(number: int) -> str:
    """1 to 31 as the rulings write it."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else ("" if tens == 1 else DIGITS[tens]) + "十") + (DIGITS[ones] if ones else "")


@given(st.dates(date(1950, 1, 1), date(2039, 12, 31)))
def test_every_style_of_one_day_is_that_day(day: date) -> None:
    year = "".join(DIGITS[int(digit)] for digit in str(day.year))
    styles = (
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year} 年 {day.month:02d} 月 {day.day:02d} 日",
        f"{year}年{in_words(day.month)}月{in_words(day.day)}日",
        f"{day:%Y-%m-%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day:%Y/%m/%d}",
    )
    for style in styles:
        found, unread = find_dates(f"于{style}，")
        assert ([one.day for one in found], unread) == ([day], ())


@pytest.mark.parametrize(
    ("relative", "day"),
    [
        ("同年5月2日", date(2022, 5, 2)),
        ("次年1月9日", date(2023, 1, 9)),
        ("同月20日", date(2022, 3, 20)),
        ("同日", date(2022, 3, 31)),
        ("次日", date(2022, 3, 31) + timedelta(days=1)),
        ("4月1日", date(2022, 4, 1)),
    ],
)
def test_relative_dates_follow_the_date_before(relative: str, day: date) -> None:
    found, _ = find_dates(f"2022年3月31日立案，{relative}冻结")
    assert [one.day for one in found] == [date(2022, 3, 31), day]
    assert [one.elided for one in found] == [False, True]


@pytest.mark.parametrize(("text", "why"), [("2023年2月30日", "不存在"), ("5月2日", "没有写明年份")])
def test_days_that_cannot_be_are_named_and_not_used(text: str, why: str) -> None:
    found, unread = find_dates(text)
    assert found == ()
    assert why in unread[0]


@pytest.mark.parametrize(
    ("clause", "role"),
    [
        ("立案执行", "filed"),
        ("向本院申请执行", "applied"),
        ("向本院申请立案执行", "applied"),
        ("发出执行通知书", "noticed"),
        ("通过网络查控系统查询", "queried"),
        ("冻结其账户", "frozen"),
        ("查封其房屋", "sealed"),
        ("将其纳入失信名单", "dishonest"),
        ("裁定终结本次执行程序", "terminated"),
        ("达成和解", "settled"),
        ("天气晴朗", "other"),
    ],
)
def test_roles_of_dates(clause: str, role: str) -> None:
    text = f"本院于2023年3月1日{clause}。另有他事，此处不表，以下从略，当事人均无异议，本院不再赘述，特此记录在案。"
    events, _ = find_events(text, normalise_text(text), own=None)
    assert [(event.role, event.day) for event in events] == [(role, date(2023, 3, 1))]
