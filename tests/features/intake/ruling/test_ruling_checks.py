"""Checks of termination rulings: the article cited against the law of the day, and what such a ruling must state."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.intake.ruling.checks import RulingCheck, ruling_checks
from features.intake.ruling.reader import read_ruling

LAWS = (
    "《最高人民法院关于适用<中华人民共和国民事诉讼法>的解释》",
    "《最高人民法院关于适用〈中华人民共和国民事诉讼法〉的解释》",
    "《最高人民法院关于适用《中华人民共和国民事诉讼法》的解释》",
    "《民事诉讼法解释》",
)
WORDS = {517: ("第五百一十七条", "第517条"), 519: ("第五百一十九条", "第519条第一款")}


def check(name: str, text: str) -> RulingCheck:
    return next(found for found in ruling_checks(read_ruling(text), text) if found.check == name)


def ruled(day: date, cited: str = "", body: str = "") -> str:
    return (
        f"（2023）浙9901执1号\n{body}依照{cited}的规定，裁定如下：\n终结本次执行程序。\n"
        f"审判员 陈某\n{day.year}年{day.month}月{day.day}日\n书记员 周某"
    )


@given(
    st.dates(date(2015, 2, 4), date(2030, 1, 1)) | st.integers(-3, 3).map(lambda at: date(2022, 4, 10) + timedelta(at)),
    st.sampled_from(LAWS),
    st.sampled_from([(number, words) for number, forms in WORDS.items() for words in forms]),
)
def test_the_article_is_that_of_the_day(day: date, law: str, cited: tuple[int, str]) -> None:
    found = check("B-RULING-LAW", ruled(day, law + cited[1]))
    right = 517 if day.isoformat() > "2022-04-09" else 519
    assert found.verdict == ("clear" if cited[0] == right else "hit")
    assert f"第{right}条" in found.law
    assert [quote.text[:2] for quote in found.quotes] == [cited[1][:2]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ruled(date(2023, 5, 6), "《中华人民共和国民事诉讼法》第二百六十四条第（六）项"), "未见引用"),
        (ruled(date(2023, 5, 6), "《中华人民共和国民法典》第五百一十九条"), "未见引用"),
        (ruled(date(2015, 2, 3), LAWS[0] + "第五百一十九条"), "早于"),
        (
            "（2023）浙9901执1号，依照" + LAWS[0] + "第五百一十九条，裁定如下：终结本次执行程序。",
            "未见可以确定的裁定日期",
        ),
    ],
)
def test_the_article_is_not_judged_where_it_cannot_be(text: str, why: str) -> None:
    found = check("B-RULING-LAW", text)
    assert found.verdict == "abstain"
    assert why in found.sentence


PARTS = {
    "申请执行的债权情况": "执行标的100元。",
    "执行经过和采取的措施": "本院发出执行通知书。",
    "查明的被执行人财产情况": "经查询，被执行人名下无车辆。",
    "实现的债权情况": "本案尚未执行到位。",
    "申请恢复执行的权利": "发现财产的，可以申请恢复执行。",
    "被执行人继续履行的义务": "被执行人负有继续履行的义务。",
}


@given(st.sets(st.sampled_from(sorted(PARTS))))
def test_what_a_termination_ruling_must_state_is_named_where_missing(missing: set[str]) -> None:
    body = "".join(words for name, words in PARTS.items() if name not in missing)
    found = check("B-RULING-CONTENT", ruled(date(2023, 5, 6), body=body))
    assert found.verdict == ("hit" if missing else "clear")
    assert {name for name in PARTS if name in found.sentence} == missing


def test_contents_are_not_judged_before_the_rule_and_without_the_text() -> None:
    assert check("B-RULING-CONTENT", ruled(date(2016, 11, 30))).verdict == "abstain"
    assert check("B-RULING-CONTENT", ruled(date(2016, 12, 1))).verdict == "hit"
    assert "B-RULING-CONTENT" not in {found.check for found in ruling_checks(read_ruling(ruled(date(2023, 5, 6))))}


def test_other_rulings_are_not_checked() -> None:
    text = ruled(date(2023, 5, 6)).replace("终结本次执行程序", "终结本案的执行")
    assert ruling_checks(read_ruling(text), text) == []
