"""Heads of several cases, revoked terminations, objections' own filings, doubtful signatures: right, or told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from features.errors import GoldenKeyError
from features.intake.ruling.reader import read_ruling
from features.intake.ruling.rows import case_row_gaps, ruling_rows
from features.intake.sources.rulings import ruling_document

OWN = "（2023）浙9901执12号"
ENDED = "终结本次执行程序。"
SIGNED = "审判员 王某\n二〇二三年九月十二日\n书记员 赵某"
FILED = "本院于2023年3月1日立案执行。"


def text(head: str = OWN, story: str = FILED, decision: str = ENDED, signed: str = SIGNED) -> str:
    parties = "申请执行人：甲某。\n被执行人：乙某。"
    return f"测试县人民法院\n执行裁定书\n{head}\n{parties}\n{story}\n裁定如下：\n{decision}\n{signed}\n"


def rows(written: str) -> tuple[list[dict[str, Any]], list[tuple[str, str, date]], str]:
    """Case rows, events (number, code, day), and every sentence said, which both commands say alike."""
    ruling = read_ruling(written)
    found = ruling_rows(ruling, "a.txt")
    sentences = "".join(filter(None, (case_row_gaps(ruling), *ruling.unread)))
    assert ruling_document(written, "a.txt", "digest").gaps == sentences
    return found["case"], [(one["case_no"], one["ev_code"], one["ev_date"]) for one in found["event"]], sentences


@pytest.mark.parametrize(
    "head",
    [
        f"{OWN}、（2023）浙9901执13号",
        f"{OWN}，（2023）浙9901执13号",
        f"{OWN}\n（2023）浙9901执13号",
        f"{OWN}、（2023）浙9901执13号、（2023）浙9901执14号",
        f"{OWN}和（2023）浙9901执13号",
        f"{OWN}、13号",
        f"{OWN}、13、14号",
        f"{OWN}至15号",
        "（2023）浙9901执12、13、14号",
        "（2023）浙9901执12，13号",
        "（2023）浙9901执12和13号",
        "（2023）浙9901执12-14号",
        f"{OWN}　（2023）浙9901执恢13号",
    ],
)
def test_a_head_of_several_cases_is_told_and_none_of_them_is_the_earlier_one(head: str) -> None:
    (case,), _, sentences = rows(text(head))
    assert (case["case_no"], case.get("prev_case_no")) == (OWN, None)
    assert "其余未记录" in sentences


@pytest.mark.parametrize(
    ("head", "previous"),
    [
        (OWN, None),
        (f"{OWN}之一", None),
        ("（2023）浙9901执12-1号", None),
        ("（二〇二三）浙9901执12号", None),
        ("（二○二三年）浙9901执12号", None),
        ("（２０２３）浙９９０１执１２号", None),
        ("（二零二三）浙9901执12号之一", None),
        ("（2023）浙9901执恢12号（原执行案号（2021）浙9901执99号）", "（2021）浙9901执99号"),
    ],
)
def test_a_head_of_one_case_is_of_one_case(head: str, previous: str | None) -> None:
    (case,), _, sentences = rows(text(head))
    assert case["case_no"] in (OWN, "（2023）浙9901执恢12号") and case.get("prev_case_no") == previous
    assert "其余未记录" not in sentences


@pytest.mark.parametrize(
    "decision",
    [
        f"撤销本院{OWN}终结本次执行程序的裁定，恢复执行。",
        f"撤销{OWN}终结本次执行程序裁定；\n本案恢复执行。",
        "一、撤销本院终结本次执行程序的裁定；\n二、继续执行本案。",
        f"撤销{OWN}之一执行裁定，恢复执行。",
        f"一、撤销{OWN}之一执行裁定；\n二、继续执行。",
        f"依职权撤销{OWN}终本裁定，本案恢复执行程序。",
        f"撤 销本院{OWN}终 结本 次执 行程序的裁定，恢 复 执 行。",
        f"本院作出的{OWN}终结本次执行程序裁定予以撤销，恢复执行。".replace(
            "予以撤销，", "确有错误，撤销该终结本次执行程序裁定，"
        ),
        "撤销原终结本次执行程序裁定，由本院重新立案执行。",
        "撤销本院2023年6月1日作出的终结本次执行程序的裁定，案件继续执行。",
    ],
)
def test_a_revoked_termination_is_none_and_the_enforcement_goes_on(decision: str) -> None:
    story = f"{FILED}2023年6月1日，本院裁定终结本次执行程序。"
    (case,), events, sentences = rows(text(f"{OWN}之二", story, decision))
    assert "close_mode" not in case and "close_date" not in case
    assert [(code, day) for _, code, day in events] == [("FILE", date(2023, 3, 1)), ("RESUME", date(2023, 9, 12))]
    assert "撤销此前的终本裁定" in sentences


@pytest.mark.parametrize(
    ("decision", "kind"),
    [
        (ENDED, "终本裁定"),
        ("驳回请求撤销终结本次执行程序裁定、恢复执行的申请。", "其他"),
        (f"撤销{OWN}执行裁定中限制消费的内容。", "其他"),
        (f"撤销（2023）浙9901执异3号裁定，维持{OWN}终结本次执行程序的裁定。", "其他"),
        (f"撤销{OWN}终结本次执行程序的裁定。", "其他"),
        ("不予撤销终结本次执行程序的裁定。", "其他"),
        (f"{ENDED}\n申请执行人发现财产的，可以申请恢复执行。", "终本裁定"),
    ],
)
def test_what_is_no_resumption_is_none(decision: str, kind: str) -> None:
    assert read_ruling(text(decision=decision)).kind == kind


ENFORCED = "（2022）浙9901执99号"


@pytest.mark.parametrize("number", ["（2023）浙9901执异12号", "（2023）浙99执复12号"])
@pytest.mark.parametrize(
    "story",
    [
        f"本院在执行{ENFORCED}一案中，异议人提出书面异议，本院于2023年4月3日立案受理。",
        f"异议人对{ENFORCED}执行行为不服。本院于2023年4月3日受理后，依法组成合议庭。",
        f"{ENFORCED}执行一案，本院于2023年4月3日立案，现已审查终结。",
        f"案外人对执行标的提出异议，本院2023年4月3日立案后，于4月10日听证。涉及{ENFORCED}。",
        f"{ENFORCED}案执行中，被执行人提出异议。2023年4月3日，本院立案受理。",
    ],
)
def test_an_objection_was_filed_itself_and_not_the_enforcement(number: str, story: str) -> None:
    (case,), events, _ = rows(text(number, story, "驳回异议请求。"))
    assert (case["case_no"], case["filing_date"]) == (number, date(2023, 4, 3))
    assert all(one[0] == number for one in events if one[1] == "FILE")


@pytest.mark.parametrize(
    "story",
    [
        f"甲某申请执行乙某一案，本院于2022年3月1日立案执行，案号为{ENFORCED}。",
        f"甲某向本院申请强制执行，本院于2022年3月1日立案受理，案号{ENFORCED}。",
        f"本院于2022年3月1日立案，执行案号为{ENFORCED}。",
        f"{ENFORCED}案于2022年3月1日立案执行。",
        f"{ENFORCED}案于2022年3月1日立案。",
    ],
)
def test_the_enforcement_that_an_objection_recites_keeps_its_own_filing(story: str) -> None:
    case, events, _ = rows(text("（2023）浙9901执异12号", story, "驳回异议请求。"))
    assert case == []
    assert [one for one in events if one[1] == "FILE"] == [(ENFORCED, "FILE", date(2022, 3, 1))]


@pytest.mark.parametrize(
    ("signed", "day"),
    [
        ("二OO九年九月十二日", "2009-09-12"),
        ("二〇〇九年九月十二日", "2009-09-12"),
        ("一九九九年九月十二日", "1999-09-12"),
        ("二零二零年十二月三十一日", "2020-12-31"),
        ("2022年9月12日", "2022-09-12"),
        ("2023年2月28日", "2023-02-28"),
        ("二〇二三年一月十二日", "2023-01-12"),
        ("2013.9.12", "2013-09-12"),
        ("二○二二年十月廿二日", "2022-10-22"),
        ("贰零贰贰年玖月壹拾贰日", "2022-09-12"),
    ],
)
def test_a_ruling_signed_before_its_case_was_filed_is_told_and_no_day_of_either_is_kept(signed: str, day: str) -> None:
    case, events, sentences = rows(text(signed=f"审判员 王某\n{signed}\n书记员 赵某"))
    assert (case, events) == ([], [])
    assert f"裁定日期 {day} 早于立案日期 2023-03-01" in sentences


@pytest.mark.parametrize(
    "signed",
    [
        "二口二三年九月十二日",
        "    年   月   日",
        "二〇二三年九月  日",
        "二〇二三年元月初五",
        "二□二三年九月十二日",
        "二�二三年九月十二日",
        "二〇二三年十三月一日",
        "二〇二三年九月三十一日",
        "○二三年九月十二日",
        "二三年九月十二日",
    ],
)
def test_an_unreadable_signature_leaves_the_day_unknown_and_is_told(signed: str) -> None:
    (case,), events, sentences = rows(text(signed=f"审判员 王某\n{signed}\n书记员 赵某"))
    assert "close_date" not in case and "ZB" not in [code for _, code, _ in events]
    assert "未见裁定日期，结案日期不能确定。" in sentences


@pytest.mark.parametrize(
    "signed",
    [
        SIGNED,
        "二〇二三年九月十二日\n审判员 王某\n书记员 赵某",
        "二〇二三年九月十二日\n审判长 王某\n审判员 孙某\n书记员 赵某",
        "2023年9月12日\n执行员 王某",
        "二〇二三年九月十二日\n人民陪审员 王某",
    ],
)
def test_a_signature_above_or_below_the_judges_is_the_day(signed: str) -> None:
    (case,), events, _ = rows(text(signed=signed))
    assert case["close_date"] == date(2023, 9, 12)
    assert (OWN, "ZB", date(2023, 9, 12)) in events


def test_a_ruling_without_a_number_is_refused_with_what_is_missing() -> None:
    with pytest.raises(GoldenKeyError, match=r"没有可以导入的记录：.*未见本案案号"):
        ruling_document(text(head=""), "a.txt", "digest")
