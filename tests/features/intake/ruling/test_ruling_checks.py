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


FIT = [
    "执行标的100元及利息，已执行到位30元，尚未执行到位90元。",
    "应支付货款100元，并按年利率支付利息，已执行到位30元，尚未执行到位75.5元。",
    "执行标的100元，另应支付迟延履行期间的加倍债务利息，已执行到位30元，尚欠80元。",
    "执行标的100元，执行费5元，已执行到位30元，尚未执行到位75元。",
    "执行标的100元，案件受理费5元由被执行人负担，已执行到位30元，未执行到位75元。",
    "要求支付借款本金100元及违约金，已执行到位30元，尚未执行到位80元。",
    "执行标的100元，已执行到位30元（含执行费5元），尚未执行到位75元。",
    "执行标的100元，已执行到位30元，尚欠本息90元。",
    "执行标的100元，已执行到位30元，尚欠本金70元及利息8元，共78元。",
    "执行标的100元（不含利息），已执行到位30元，未执行到位71元。",
    "执行标的100元，保全费2元、公告费3元，已执行到位30元，未执行到位75元。",
    "执行标的100元，滞纳金按日计算，已执行到位30元，未执行到位99元。",
    "执行标的100元，双方达成和解，已执行到位60元，尚未执行到位20元。",
    "执行标的100元，申请执行人放弃剩余部分，已执行到位60元，尚未执行到位0元。",
    "执行标的100元，申请执行人自愿免除20元，已执行到位60元，尚未执行到位20元。",
    "执行标的100元，车辆作价20元抵债，已执行到位60元，尚未执行到位20元。",
    "执行标的本息共计100元，已执行到位60元，尚欠本金20元。",
]
CANNOT_FIT = [
    "执行标的100元，已执行到位50元，未执行到位40元。",
    "执行标的100元，已执行到位30元，尚未执行到位90元。",
    "执行标的100元及利息，已执行到位50元，未执行到位40元。",
    "执行标的100元，执行费5元，已执行到位50元，未执行到位45元。",
    "执行标的100元，已执行到位0.5元，尚未执行到位9元。",
    "执行标的100元，未执行到位100元，已执行到位1元。",
    "要求支付货款100元，已执行到位10元，尚欠80元。",
    "执行标的100元，案件受理费5元，已执行到位50元，未执行到位49.99元。",
    "执行标的12万5000元，已执行到位5000元，未执行到位1万元。",
    "执行标的100元。依照《关于执行程序中计算迟延履行期间的债务利息适用法律若干问题的解释》，已执行到位30元，尚欠90元。",
]


@pytest.mark.parametrize("sums", FIT)
def test_interest_costs_and_waivers_are_no_contradiction(sums: str) -> None:
    text = ruled(date(2023, 5, 6), body=sums)
    found = check("B-RULING-SUM", text)
    assert found.verdict in ("clear", "abstain")
    assert not any("不等于" in note or "大于标的" in note for note in read_ruling(text).unread)
    if found.verdict == "clear" and "不等于" in found.sentence:
        assert "不含" in found.sentence or "裁定写有" in found.sentence


def test_of_the_sums_that_fit_most_are_compared_and_what_is_not_counted_is_named() -> None:
    found = [check("B-RULING-SUM", ruled(date(2023, 5, 6), body=sums)) for sums in FIT]
    assert sum(one.verdict == "clear" for one in found) >= len(FIT) - 2
    assert "核对不含利息" in found[0].sentence and "多 20.00 元" in found[0].sentence
    assert "核对不含执行费" in found[3].sentence and "“和解”" in found[12].sentence


@pytest.mark.parametrize("sums", CANNOT_FIT)
def test_sums_that_cannot_fit_are_a_clue(sums: str) -> None:
    text = ruled(date(2023, 5, 6), body=sums)
    assert check("B-RULING-SUM", text).verdict == "hit"
    assert "标的减去到位不等于未到位，三项金额待核对。" in read_ruling(text).unread


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.booleans(), st.booleans())
def test_only_what_the_principal_cannot_explain_is_a_clue(
    claim: int, paid: int, left: int, interest: bool, waived: bool
) -> None:
    beside, reason = "及利息" if interest else "", "，双方和解" if waived else ""
    body = f"执行标的{claim}元{beside}{reason}，已执行到位{paid}元，未执行到位{left}元。"
    right = claim - paid == left or (interest if left > claim - paid else waived)
    assert check("B-RULING-SUM", ruled(date(2023, 5, 6), body=body)).verdict == ("clear" if right else "hit")
