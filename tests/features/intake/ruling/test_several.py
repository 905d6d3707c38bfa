"""Several rulings in one text are read each by itself, or refused in a sentence; one that quotes others stays one."""

from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from features.intake.ruling.document import Ruling
from features.intake.ruling.reader import read_ruling, read_rulings
from features.intake.sources.rulings import ruling_document

TABLE = Path(__file__).with_name("thirty.toml")
TEXTS = [row["text"].strip("\n") for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["ruling"]]


def said(ruling: Ruling) -> list[object]:
    """What a ruling says, without where it stands."""
    days = [(event.role, event.day, event.previous) for event in ruling.events]
    sums = [(amount.role, amount.fen, amount.total) for amount in ruling.amounts]
    numbers = [(number.number, number.suffix, number.role) for number in ruling.numbers]
    parties = [replace(party, quote=None) for party in ruling.parties]  # type: ignore[arg-type]
    return [ruling.kind, ruling.court_name, ruling.cause, numbers, parties, days, sums, ruling.unread]


RIGHT = [said(read_ruling(text)) for text in TEXTS]
BETWEEN = ["\n", "\n\n\n", "\n- 1 -\n", "\n\f\n", "\n——————\n", "\n第 1 页\n\n", "\n本件与原本核对无异\n"]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(range(30)), min_size=2, max_size=5), st.sampled_from(BETWEEN), st.booleans())
def test_each_ruling_says_what_it_says_alone(places: list[int], between: str, wrapped: bool) -> None:
    text = between.join(TEXTS[at] for at in places) + "\n"
    if wrapped and between == "\n":
        text = "\n".join(line[at : at + 30] for line in text.split("\n") for at in range(0, max(len(line), 1), 30))
    read, notes = read_rulings(text)
    assert [one.ruling.case_no for one in read] == [RIGHT_NUMBERS[at] for at in places]
    if "核对" not in between:
        assert [said(one.ruling) for one in read] == [RIGHT[at] for at in places]
    assert f"有 {len(places)} 份文书" in notes[0]
    for one in read:
        assert all(text[item.quote.start : item.quote.end] == item.quote.text for item in one.ruling.parties)


RIGHT_NUMBERS = [read_ruling(text).case_no for text in TEXTS]
ONE, TWO = TEXTS[7], TEXTS[20]


def without(text: str, pattern: str) -> str:
    return re.sub(pattern, "", text, flags=re.M)


JUDGMENT = (
    "测试市人民法院\n民 事 判 决 书\n（2023）浙9907民初18号\n原告：陈某，男，住测试市。\n被告：郑某，男，住测试市。\n"
    "判决如下：\n被告郑某支付原告陈某货款125000元。\n审判员 周某\n二〇二三年三月三日\n书记员 吴某"
)
NOTICE = (
    "测试市人民法院\n执行通知书\n（2024）浙9907执808号\n郑某：\n责令你立即履行义务，支付99999元。\n二〇二四年二月三日"
)
APART: dict[str, tuple[str, list[str]]] = {
    "titles in letters apart": (ONE.replace("执行裁定书", "执 行 裁 定 书", 1) + "\n" + TWO, ["808", "21"]),
    "court and title on one line": (ONE + "\n" + TWO.replace("法院\n执 行 裁", "法院 执 行 裁", 1), ["808", "21"]),
    "all of the head on one line": (ONE + "\n" + TEXTS[1], ["808", "2202"]),
    "numbers alone": (
        without(ONE, "^测试市人民法院\n|^执行裁定书\n") + "\n" + without(TWO, "^测试市人民法院\n|^执 .*\n"),
        ["808", "21"],
    ),
    "number and first party on one line": (ONE + "\n" + re.sub(r"(执21号)\n", r"\1 ", TWO), ["808", "21"]),
    "the first not signed": (without(ONE, "^(审判员|法官|书记员|二〇).*\n?") + "\n" + TWO, ["808", "21"]),
    "rulings of one case": (ONE + "\n" + ONE.replace("之一", "之二"), ["808", "808"]),
    "a judgment before": (JUDGMENT + "\n" + ONE, ["808"]),
    "a judgment between": (TWO + "\n" + JUDGMENT + "\n" + ONE, ["21", "808"]),
    "a notice behind": (ONE + "\n" + NOTICE, ["808"]),
    "a notice between": (ONE + "\n\n" + NOTICE + "\n\n" + TWO, ["808", "21"]),
    "head repeated on a page": (
        ONE.replace("委托诉讼", "测试市人民法院\n执行裁定书\n（2024）浙9907执808号之一\n委托诉讼") + "\n" + TWO,
        ["808", "21"],
    ),
}


@pytest.mark.parametrize("form", APART)
def test_papers_set_one_after_another_are_told_apart(form: str) -> None:
    text, numbers = APART[form]
    read, notes = read_rulings(text)
    assert [re.findall(r"执(\d+)号", one.ruling.case_no)[0] for one in read] == numbers
    assert all(one.ruling.fen("claim") in (12_500_000, 50_000_000, None) for one in read)
    assert "份文书" in notes[0]
    assert ("判决书，不是裁定书，未读取" in "".join(notes)) is ("judgment" in form)
    assert ("通知书，不是裁定书，未读取" in "".join(notes)) is ("notice" in form)


HEADLESS = without(TWO, "^测试市人民法院\n|^执 .*\n|^（2024）.*\n")
REFUSED = {
    "the second without a head": ONE + "\n" + HEADLESS,
    "both without": without(ONE, "^测试市人民法院\n|^执行裁定书\n|^（2024）.*\n") + "\n" + HEADLESS,
    "all on one line": ONE.replace("\n", "") + TWO.replace("\n", ""),
    "on one line each, no line between": ONE.replace("\n", " ") + " " + TWO.replace("\n", " "),
    "a head before the first is decided": without(ONE, "^依照.*\n|^陈某与.*\n|^一、.*\n|^二、.*\n") + "\n" + TWO,
    "cut off within its reasons": ONE[: ONE.index("裁定如下")] + "\n" + TWO,
    "cut off within its parties": ONE[: ONE.index("法定代表人")] + "\n" + TWO,
    "three, the last without a head": ONE + "\n" + TEXTS[0] + "\n" + HEADLESS,
    "number only, the first not signed": without(ONE, "^(审判员|法官|书记员|二〇).*\n?")
    + "\n"
    + without(TWO, "^测试市人民法院\n|^执 .*\n"),
    "one in the middle of a line": ONE + "附：" + TWO.replace("\n", ""),
}


@pytest.mark.parametrize("form", REFUSED)
def test_papers_that_cannot_be_told_apart_are_refused_with_their_number(form: str) -> None:
    with pytest.raises(GoldenKeyError, match=r"文件“甲.txt”：像有 [23] 份文书，不能确定从哪里分开，未读取") as refused:
        ruling_document(REFUSED[form], "甲.txt", "")
    assert "\n" not in str(refused.value)


QUOTING = [
    "不服测试县人民法院（2021）浙9902执异25号执行裁定，向本院申请复议。",
    "测试县人民法院（2021）浙9902执异25号执行裁定查明：“（2020）浙9901执24号案件于2020年3月4日立案执行，裁定如下：终结本次执行程序。”",
    "原裁定主文为“裁定如下：\n终结本次执行程序。\n审判员 王某\n二〇二〇年九月十日\n书记员 孙某”，本院不予认可。",
    "原裁定内容为：“\n测试县人民法院\n执行裁定书\n（2020）浙9901执24号\n裁定如下：终结本次执行程序。\n”以上属实。",
    "原审法院裁定如下：终结本次执行程序。异议人认为不当。",
    "涉及的执行案件有：\n（2020）浙9901执24号\n（2020）浙9901执25号\n（2020）浙9901执26号\n以上均已终结。",
    "本院于2020年9月10日作出\n（2020）浙9901执24号之一\n执行裁定书，裁定终结本次执行程序。",
    "审判员王某、书记员孙某曾参与原执行案件，异议人申请其回避，本院裁定为驳回。",
    "异议人提交了测试县人民法院执行裁定书、执行通知书、（2020）浙9901民初8号民事判决书各一份。",
    "证据：\n1、民事判决书\n2、执行裁定书\n3、执行通知书\n以上证据予以确认。",
    "测试县人民法院认为，（2020）浙9902执40号执行裁定书裁定：冻结存款1000元。该裁定：合法。",
]


@pytest.mark.parametrize("words", QUOTING)
@pytest.mark.parametrize("at", [13, 14, 28])
def test_a_ruling_that_quotes_another_stays_one(words: str, at: int) -> None:
    text = (
        TEXTS[at].replace("依照", words + "\n依照", 1)
        if "依照" in TEXTS[at]
        else TEXTS[at].replace("裁定如下", words + "\n裁定如下", 1)
    )
    (read,), notes = read_rulings(text)
    assert (read.ruling.case_no, read.ruling.kind, notes) == (RIGHT_NUMBERS[at], "其他", ())


def test_rows_of_all_rulings_bear_the_name_of_the_file_and_their_lines() -> None:
    document = ruling_document(ONE + "\n" + TWO, "甲/裁定.txt", "digest")
    assert [row["case_no"] for row in document.rows["case"]] == ["（2024）浙9907执808号", "（2024）浙9913执21号"]
    lines = (ONE + "\n" + TWO).split("\n")
    for row in itertools.chain(document.rows["case"], document.rows["party"]):
        assert row["src_file"] == "甲/裁定.txt"
        assert row.get("name", row["case_no"][-4:]) in lines[row["src_row"] - 1]
    assert "有 2 份文书（第 1 份" in document.gaps and "第 2 份" in document.gaps
    alone = ruling_document(TWO, "乙.txt", "").rows["event"]
    assert [row["event_id"] for row in document.rows["event"][-len(alone) :]] == [row["event_id"] for row in alone]
