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


@pytest.mark.parametrize(
    "written",
    [
        "二〇一九年四月二十一日",
        "二O一九年四月二十一日",
        "二Ｏ一九年四月二十一日",
        "二o一九年四月二十一日",
        "二零一九年四月二十一日",
        "二0一九年四月二十一日",
        "二０一九年四月二十一日",
        "二○一九年四月二十一日",
        "二О一九年四月二十一日",
        "二〇一九年四月廿一日",
        "二 〇 一 九 年 四 月 二 十 一 日",
        "二〇—九年四月二十一日",
        "贰零壹玖年肆月贰拾壹日",
        "二〇一九年 四月　二十一日",
        "2 0 1 9 年4月21日",
        "２０１９年４月２１日",
        "二〇19年4月21日",
    ],
)
@pytest.mark.parametrize(
    "signed",
    [
        "审判员 陈某\n{}\n书记员 郑某",
        "审  判  员   陈  某\n{}\n书  记  员   郑某",
        "审 判 长 陈某\n审 判 员 周某\n人 民 陪 审 员 吴某\n{}\n代 书 记 员 郑某",
        "执 行 员 陈某\n        {}",
        "审判员陈某{}法 官 助 理 周某书 记 员郑某\n本件与原本核对无异",
    ],
)
def test_the_day_of_the_ruling_however_it_is_written_and_signed(written: str, signed: str) -> None:
    text = f"（2019）浙9901执1号\n裁定如下：\n终结本次执行程序。\n{signed.format(written)}"
    events, unread = find_events(text, normalise_text(text), own="terminated")
    assert [(event.role, event.day) for event in events] == [
        ("ruled", date(2019, 4, 21)),
        ("terminated", date(2019, 4, 21)),
    ]
    assert unread == ()


@pytest.mark.parametrize(("written", "day"), [("元月五日", 5), ("一月卅日", 30), ("一月廿日", 20), ("1月十五日", 15)])
def test_days_of_january(written: str, day: int) -> None:
    found, _ = find_dates(f"二〇二〇年{written}")
    assert [one.day for one in found] == [date(2020, 1, day)]


def test_a_year_of_two_digits_is_named_and_not_used() -> None:
    found, unread = find_dates("于19年4月21日立案")
    assert (found, len(unread)) == ((), 1)
