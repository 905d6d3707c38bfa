"""Case numbers of rulings before 2016: number, document, court, kind and role."""

from __future__ import annotations

import pytest

from features.intake.ruling.reader import read_ruling
from features.rules.case_numbers import is_case_number, normal_case_number

OLDER = [
    ("(2014)虚执字第0123号", "（2014）虚执字第0123号", "", "虚", "执"),
    ("（2014）虚民执字第5号", "（2014）虚民执字第5号", "", "虚", "民执"),
    ("〔2013〕浙虚执民字第123-1号", "（2013）浙虚执民字第123-1号", "", "浙虚", "执民"),
    ("（２０１４） 虚法 执恢 字 第 １２ 号", "（2014）虚法执恢字第12号", "", "虚法", "执恢"),
    ("（2014）浙虚执字第7号之一百二十", "（2014）浙虚执字第7号", "之一百二十", "浙虚", "执"),
    ("（2014）浙虚执字第7之二号", "（2014）浙虚执字第7号", "之二", "浙虚", "执"),
    ("（2015）虚执行字第18号", "（2015）虚执行字第18号", "", "虚", "执行"),
    ("（2014年）虚恢执字第18号", "（2014）虚恢执字第18号", "", "虚", "恢执"),
    ("（2012）虚执字18号", "（2012）虚执字第18号", "", "虚", "执"),
    ("（2014）浙执字第3号", "（2014）浙执字第3号", "", "浙", "执"),
    ("（2024）浙9901执恢12号之一百二十一", "（2024）浙9901执恢12号", "之一百二十一", "浙9901", "执恢"),
]


@pytest.mark.parametrize(("written", "number", "suffix", "court", "kind"), OLDER)
def test_an_older_number_is_read_as_it_is_kept(written: str, number: str, suffix: str, court: str, kind: str) -> None:
    ruling = read_ruling(f"虚构法院\n执行裁定书\n{written}\n申请执行人甲，被执行人乙。裁定如下：终结本次执行程序。")
    (found,) = ruling.numbers
    assert (found.number, found.suffix, found.court, found.type, found.role) == (number, suffix, court, kind, "this")
    assert ruling.case_no == normal_case_number(number) == number
    assert is_case_number(number + suffix)


@pytest.mark.parametrize("kind", ["民初", "商初", "民终", "行初", "刑初", "经初"])
def test_the_judgment_enforced_is_no_earlier_enforcement(kind: str) -> None:
    text = (
        f"（2015）虚执字第9号 申请执行人甲，被执行人乙。依据（2014）虚{kind}字第3号判决。裁定如下：终结本次执行程序。"
    )
    roles = {number.number: number.role for number in read_ruling(text).numbers}
    assert roles == {"（2015）虚执字第9号": "this", f"（2014）虚{kind}字第3号": "basis"}


@pytest.mark.parametrize("earlier", ["虚执字", "虚民执字", "虚执民字", "虚执恢字"])
def test_an_earlier_enforcement_of_an_older_number(earlier: str) -> None:
    text = (
        "（2024）浙9901执恢9号 申请执行人甲，被执行人乙。"
        f"（2014）{earlier}第3号案终结本次执行程序。裁定如下：终结本次执行程序。"
    )
    roles = {number.number: number.role for number in read_ruling(text).numbers}
    assert roles == {"（2024）浙9901执恢9号": "this", f"（2014）{earlier}第3号": "previous"}


@pytest.mark.parametrize("words", ["虚仲裁", "虚劳仲案", "虚国土"])
def test_a_number_of_no_court_is_no_case_of_one(words: str) -> None:
    """An award may be the basis that is enforced; a number of another authority is nothing."""
    text = f"（2024）浙9901执9号 申请执行人甲，被执行人乙。依据（2014）{words}字第3号。裁定如下：终结本次执行程序。"
    roles = {number.number: number.role for number in read_ruling(text).numbers}
    assert roles.pop("（2024）浙9901执9号") == "this"
    assert roles == ({f"（2014）{words}字第3号": "basis"} if "仲" in words else {})
