"""Heads, bases and operative parts of rulings: the court however it is printed, what is enforced, what is decided."""

from __future__ import annotations

from datetime import date

import pytest

from features.intake.ruling.notary import find_instruments
from features.intake.ruling.plain import normalise_text
from features.intake.ruling.reader import read_ruling
from features.intake.ruling.rows import ruling_rows

PARTIES = "申请执行人：陈某甲，男，住测试市。\n被执行人：陈某乙，男，住测试市。\n"
END = "审 判 员 郑某\n二〇二三年九月一日\n书 记 员 周某"


@pytest.mark.parametrize(
    ("head", "court"),
    [
        ("测试市甲区人民法院\n执行裁定书\n", "测试市甲区人民法院"),
        ("测 试 市 甲 区 人 民 法 院\n执 行 裁 定 书\n", "测试市甲区人民法院"),
        ("测  试  市  甲  区  人  民 法  院\n执 行 裁 定 书\n", "测试市甲区人民法院"),
        ("　　浙江省测试市中级人民法院　　\n执　行　裁　定　书\n", "浙江省测试市中级人民法院"),
        ("浙江省测试市中级人民法院执行裁定书 ", "浙江省测试市中级人民法院"),
        ("浙江省测试市中级人民法院 执 行 裁 定 书", "浙江省测试市中级人民法院"),
        ("中华人民共和国最高人民法院\n执 行 裁 定 书\n", "中华人民共和国最高人民法院"),
        ("最 高 人 民 法 院\n执行裁定书\n", "最高人民法院"),
        ("宁波海事法院\n执行裁定书\n", "宁波海事法院"),
        ("测试铁路运输法院\n执行裁定书\n", "测试铁路运输法院"),
        ("执行裁定书\n", ""),
        ("", ""),
    ],
)
def test_the_court_is_the_one_of_the_heading(head: str, court: str) -> None:
    text = f"{head}（2023）浙9901执1号\n{PARTIES}不服乙县人民法院作出的裁定。裁定如下：\n终结本次执行程序。\n{END}"
    ruling = read_ruling(text)
    assert ruling.court_name == court
    assert ("未见法院名称。" in ruling.unread) is (court == "")


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("测试市公证处(2017)浙测证经字第11号公证书", ["（2017）浙测证经字第11号"]),
        ("（2018）浙测证执字第22号执行证书", ["（2018）浙测证执字第22号"]),
        (
            "（2018）浙测证民字第3号公证书和（2018）浙测证执字第4号执行证书",
            ["（2018）浙测证民字第3号", "（2018）浙测证执字第4号"],
        ),
        ("〔2019〕浙测证内经字第 5 号公证债权文书", ["（2019）浙测证内经字第5号"]),
        ("（2021）浙测证执字8号执行证书", ["（2021）浙测证执字8号"]),
        ("（2021）浙测证执第9号执行证书", ["（2021）浙测证执第9号"]),
        ("（2020）测证字第10号公证书", ["（2020）测证字第10号"]),
        ("测试仲裁委员会（2019）测仲字第12号裁决书", ["（2019）测仲字第12号"]),
        ("（2019）测仲裁字第12-1号裁决书", ["（2019）测仲裁字第12-1号"]),
        ("（2022）测劳人仲案字第13号裁决书", ["（2022）测劳人仲案字第13号"]),
        ("（2022）测劳人仲案第14号调解书", ["（2022）测劳人仲案第14号"]),
    ],
)
def test_deeds_certificates_and_awards_are_bases_and_no_earlier_enforcement(written: str, numbers: list[str]) -> None:
    text = f"（2023）浙9901执1号\n{PARTIES}申请执行人以{written}为依据申请执行。裁定如下：\n终结本次执行程序。\n{END}"
    ruling = read_ruling(text)
    assert [number.number for number in ruling.numbers if number.role == "basis"] == numbers
    assert not any(number.role == "previous" for number in ruling.numbers)
    assert ruling.case_no == "（2023）浙9901执1号"
    assert "未见执行依据文号。" not in ruling.unread


def test_numbers_of_courts_are_no_instruments() -> None:
    for number in ("（2023）浙9901执1号", "（2014）浙测执字第12号", "（2022）浙9901民初12号", "（2021）最高法执监3号"):
        assert find_instruments(number, normalise_text(number))[0] == ()


@pytest.mark.parametrize(
    ("decision", "kind"),
    [
        ("终结本次执行程序。", "终本裁定"),
        ("终 结 本 次 执 行 程 序。", "终本裁定"),
        ("终结（2023）浙9901执1号案件的本次执行程序。", "终本裁定"),
        ("一、解除查封；\n二、（2023）浙9901执1号案件终结本次执行程序。", "终本裁定"),
        ("终结本次执行程序。\n申请执行人发现财产的，可以申请恢复执行。", "终本裁定"),
        ("终结（2023）浙9901执1号案件的执行。", "终结执行"),
        ("终结对陈某乙的执行。", "终结执行"),
        ("恢复（2020）浙9901执9号案件的执行。", "恢复"),
        ("本案恢复执行。", "恢复"),
        ("驳回陈某乙的复议申请，维持终结本次执行程序的裁定。", "其他"),
        ("撤销浙9901法院终结本次执行程序的裁定。", "其他"),
        ("驳回陈某乙请求恢复执行的异议。", "其他"),
        ("准许陈某甲撤回终结执行的申请。", "其他"),
        ("查封陈某乙名下房屋。", "其他"),
        ("扣划陈某乙存款100元。", "其他"),
        ("中止执行。", "其他"),
    ],
)
def test_the_kind_is_what_the_operative_part_decides(decision: str, kind: str) -> None:
    text = (
        f"（2023）浙9901执1号\n{PARTIES}原审法院裁定如下：终结本次执行程序。本院认为有据。裁定如下：\n{decision}\n{END}"
    )
    assert read_ruling(text).kind == kind


def test_a_review_tells_of_the_enforcement_and_makes_no_termination_of_its_own() -> None:
    text = (
        "浙江省测试市中级人民法院\n执 行 裁 定 书\n（2023）浙99执复7号\n"
        "复议申请人（异议人、被执行人）：陈某乙，男，1970年1月2日出生，住测试市。\n"
        "申请执行人：陈某甲，女，1971年1月2日出生，住测试市。\n"
        "复议申请人陈某乙不服测试市甲区人民法院（2023）浙9901执异3号执行裁定，向本院申请复议，本院于2023年7月3日立案审查。\n"
        "甲区人民法院于2022年3月1日立案执行，案号为（2022）浙9901执5号，于2022年9月1日裁定终结本次执行程序。\n"
        "本院认为，异议不成立。裁定如下：\n驳回复议申请，维持（2023）浙9901执异3号执行裁定。\n" + END
    )
    ruling = read_ruling(text)
    assert (ruling.kind, ruling.case_no, ruling.court_name) == (
        "其他",
        "（2023）浙99执复7号",
        "浙江省测试市中级人民法院",
    )
    assert [(party.role, party.name) for party in ruling.parties] == [("debtor", "陈某乙"), ("applicant", "陈某甲")]
    assert ruling.day("filed") == date(2023, 7, 3)
    assert ruling.days("filed", previous=True) == (date(2022, 3, 1),)
    assert ruling.days("terminated") == ()
    rows = ruling_rows(ruling, "裁定.txt")
    assert [row["case_type"] for row in rows["case"]] == ["review"]
    assert {(row["ev_code"], row["case_no"]) for row in rows["event"]} == {
        ("FILE", "（2023）浙99执复7号"),
        ("FILE", "（2022）浙9901执5号"),
        ("ZB", "（2022）浙9901执5号"),
    }


@pytest.mark.parametrize("sign", "*＊●■○□•×Xx")
def test_a_masked_number_is_no_identity_in_the_pool(sign: str) -> None:
    text = (
        f"（2023）浙9901执1号\n申请执行人：陈某甲，男，住测试市，公民身份号码{sign * 18}。\n"
        f"被执行人：陈某乙，男，住测试市，公民身份号码9900011980{sign * 4}0019。\n裁定如下：\n终结本次执行程序。\n"
        + END
    )
    assert [row.get("id_no") for row in ruling_rows(read_ruling(text), "裁定.txt")["party"]] == [None, None]
