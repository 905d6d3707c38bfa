"""Measures, reasons and statutes of rulings by their words; what was not done is no measure."""

from __future__ import annotations

import re
from datetime import date

import pytest

from features.intake.ruling.checks import ruling_checks
from features.intake.ruling.measures import find_measures, find_reasons, find_statutes
from features.intake.ruling.plain import normalise_text
from features.intake.ruling.reader import read_ruling
from features.intake.ruling.rows import ruling_rows


def measures(text: str) -> list[tuple[int | None, str, bool]]:
    found = find_measures(text, normalise_text(text), len(text))
    assert all(text[one.quote.start : one.quote.end] == one.quote.text for one in found)
    return [(one.item, one.kind, one.lifted) for one in found]


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("本院发出执行通知书。", ["notice"]),
        ("本院通过总对总系统查询。", ["network_query"]),
        ("本院查封被执行人房屋。", ["seal"]),
        ("本院未查封被执行人房屋。", []),
        ("本院无法扣押车辆。", []),
        ("对被执行人限制消费，并列入失信名单。", ["limit", "dishonest"]),
        ("对被执行人拘留十五日。", ["detention"]),
    ],
)
def test_measures_by_their_words(sentence: str, kinds: list[str]) -> None:
    assert [kind for _, kind, _ in measures(sentence)] == kinds


def test_measures_know_their_item_and_whether_they_were_lifted() -> None:
    text = "执行情况：1、本院发出执行通知书；2、本院冻结账户。再次冻结账户；3、解除对被执行人的冻结。"
    assert measures(text) == [(1, "notice", False), (2, "freeze", False), (3, "freeze", True)]


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("被执行人下落不明。", ["whereabouts_unknown"]),
        ("未发现被执行人有可供执行的财产，申请执行人同意终结本次执行程序。", ["no_property", "consent"]),
        ("双方达成执行和解。", ["settled"]),
        ("双方未达成和解。", []),
        ("被执行人李某某已死亡。", ["dead"]),
    ],
)
def test_reasons_by_their_words(sentence: str, kinds: list[str]) -> None:
    found = find_reasons(sentence, normalise_text(sentence), len(sentence))
    assert [one.kind for one in found] == kinds


def test_statutes_are_cited_once_with_paragraph_and_item() -> None:
    text = (
        "依照《最高人民法院关于适用〈中华人民共和国民事诉讼法〉的解释》第五百一十七条、第519条第二款，"
        "《中华人民共和国民事诉讼法》第二百六十四条第(六)项，又依民事诉讼法第264条，以及第五百一十七条之规定。"
    )
    found = [(one.article, one.paragraph, one.item) for one in find_statutes(text, normalise_text(text))]
    assert found == [(517, None, None), (519, 2, None), (264, None, 6), (264, None, None), (517, None, None)]
    laws = [one.law for one in find_statutes(text, normalise_text(text))]
    assert laws[0] == laws[1] == "最高人民法院关于适用〈中华人民共和国民事诉讼法〉的解释"
    assert laws[2] == "中华人民共和国民事诉讼法"
    assert laws[3] == laws[4] == "民事诉讼法"


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("本院轮候查封被执行人名下房屋一套。", ["waiting_seal"]),
        ("本院于2023年3月1日轮侯查封其房屋。", ["waiting_seal"]),
        ("本院对该车辆予以轮候查封。", ["waiting_seal"]),
        ("本院对其账户采取了轮候冻结措施。", ["waiting_freeze"]),
        ("本院依法轮候扣押其车辆。", ["waiting_detain"]),
        ("本院轮候依法予以查封。", ["waiting_seal"]),
        ("本院查封（轮候）其房屋。", ["waiting_seal"]),
        ("本院查封其房屋（轮候）。", ["waiting_seal"]),
        ("本院查封了其房屋，系轮候查封。", ["waiting_seal"]),
        ("本院冻结其账户，但均为轮候冻结。", ["waiting_freeze"]),
        ("本院冻结了其股权，该冻结属于轮候冻结。", ["waiting_freeze"]),
        ("本院轮候查封、冻结其财产。", ["waiting_seal", "waiting_freeze"]),
        ("本院查封其房屋、轮候查封其车辆。", ["seal", "waiting_seal"]),
        ("本院冻结其账户，轮候查封其房屋。", ["freeze", "waiting_seal"]),
        ("该房屋已被其他法院查封，本院轮候查封。", ["waiting_seal"]),
        ("该房屋已被测试县人民法院首先查封。", []),
        ("被执行人名下车辆被另案法院扣押。", []),
        ("本院查封其房屋，其他法院轮候查封。", ["seal"]),
        ("本院首先查封其房屋。", ["seal"]),
        ("本院冻结、划拨其存款。", ["freeze", "deduct"]),
    ],
)
def test_a_seizure_that_waits_behind_another_is_told_apart(sentence: str, kinds: list[str]) -> None:
    assert [kind for _, kind, _ in measures(sentence)] == kinds


FRAME = "（2023）浙9901执1号\n{}。裁定如下：\n终结本次执行程序。\n审判员 周某\n二〇二三年六月一日\n书记员 吴某"
WAITING = [
    "本院于2023年3月1日轮候查封被执行人名下房屋",
    "2023年3月1日，本院轮侯查封其房屋",
    "本院于2023年3月1日对其房屋予以轮候查封",
    "本院于2023年3月1日查封（轮候）其房屋",
    "本院于2023年3月1日查封其房屋，系轮候查封",
    "本院于2023年3月1日轮候冻结其账户",
    "本院于2023年3月1日冻结其账户，均为轮候冻结",
    "本院于2023年3月1日依法轮候扣押其车辆",
    "本院于2023年3月1日查封其房屋（轮候）",
    "本院于2023年3月1日冻结其股权，该冻结为轮候冻结",
]


@pytest.mark.parametrize("sentence", WAITING)
def test_a_waiting_seizure_is_no_event_of_control_but_is_told(sentence: str) -> None:
    text = (
        f"（2023）浙9901执1号\n{sentence}。裁定如下：\n终结本次执行程序。\n审判员 周某\n二〇二三年六月一日\n书记员 吴某"
    )
    ruling = read_ruling(text)
    assert ruling.days("queued") == (date(2023, 3, 1),)
    assert {row["ev_code"] for row in ruling_rows(ruling, "裁定.txt")["event"]} == {"ZB"}
    assert any("轮候" in note and "未作为" in note for note in ruling.unread)
    plain = re.sub("，(?:系|均为|该冻结为)轮候(?:查封|冻结)|（轮候）|轮[候侯]", "", text)
    assert {row["ev_code"] for row in ruling_rows(read_ruling(plain), "裁定.txt")["event"]} & {
        "SEAL",
        "FREEZE",
        "DETAIN",
    }


@pytest.mark.parametrize("sentence", [*WAITING, "本院查封其房屋一套", "本院冻结其账户，余额不足", "本院扣押其车辆"])
def test_property_that_was_seized_was_found(sentence: str) -> None:
    text = (
        f"（2023）浙9901执1号\n{sentence}。裁定如下：\n终结本次执行程序。\n审判员 周某\n二〇二三年六月一日\n书记员 吴某"
    )
    (found,) = [one for one in ruling_checks(read_ruling(text), text) if one.check == "B-RULING-CONTENT"]
    assert "财产情况" not in found.sentence
