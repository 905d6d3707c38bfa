"""Units stated beside a table are read; what only names one, or states one with an exception, is never taken for it."""

from __future__ import annotations

import pytest

from features.intake.cells import unit_notes
from features.intake.cells.quotation import is_rate, quantity_in, split_quantity
from features.intake.cells.unit_notes import UnitNotes, read_notes, unit_row
from features.intake.cells.units import LONGEST, PROSE, doubtful_unit, foreign_unit, split_unit, without_doubtful
from features.intake.cells.written import sum_in_words
from features.intake.tables.above_header import read_above_header
from features.intake.tables.headers import clean_header
from features.rules.identifiers import told_kind
from features.schema.currencies import code_of

STATED = [
    ["单位：万元"],
    ["（单位：万元）"],
    ["单位：万元 币种：人民币"],
    ["单 位：万 元"],
    ["单位：", "", "万元"],
    ["金额单位", "万元"],
    ["计量单位为", "人民币万元"],
    ["执行案件明细表（万元）"],
    ["统计表（2024年度，万元）"],
    ["2024年执行案件统计表 单位万元"],
    ["明细表 万元"],
    ["案件台账-万元"],
    ["本表金额以万元计"],
    ["以上金额均以万元为单位"],
    ["注：1、本表金额均按万元计算；2、截至12月。"],
    ["单位：件、万元"],
    ["除特别注明外，金额单位均为人民币万元"],
    ["货币单位：人民币（万元）"],
    ["制表单位：某法院 单位：万元"],
    ["数额均为万元。"],
    ["万元"],
]
MENTIONED = [
    "10万元以上案件明细",
    "标的100万元以下案件",
    "百万元以上大额案件统计表",
    "万元以上案件",
    "涉案金额：100万元",
    "五十万元以下小额案件明细表",
    "标的额10 万元以上",
    "执行到位率提升万元行动表",
    "亿元以上案件清单",
    "执行标的超过500万元的案件一览表",
]
UNSURE = [
    "本表金额除余额外以万元计",
    "余额以万元计",
    "标的以万元计",
    "金额以万元计，余额以元计",
    "单位：万元（余额除外）",
    "金额以万元计，其中保证金以元计",
    "金额单位：元，但余额为万元",
    "前两列以万元计",
    "到位金额单位：万元",
    "余额单位：万元，其余为元",
]


@pytest.mark.parametrize("row", STATED, ids="".join)
def test_a_stated_unit_is_read(row: list[str]) -> None:
    found = read_notes([row])
    assert (found.units, found.foreign, found.unsure) == ({"万元"}, frozenset(), "")


@pytest.mark.parametrize("text", MENTIONED)
def test_a_unit_that_is_only_named_is_noted(text: str) -> None:
    found = read_notes([[text]])
    assert (found.said, found.mentioned) == (False, text)


@pytest.mark.parametrize("text", UNSURE)
def test_a_statement_with_an_exception_is_not_relied_on(text: str) -> None:
    assert read_notes([[text]]).unsure == text


def test_other_words_say_nothing_and_two_units_are_two() -> None:
    for text in ("制表单位：某某公司", "单位：千百度公司", "评分表（分）", "执行案件明细表", "户名：某甲"):
        assert not read_notes([[text]]).said and not read_notes([[text]]).mentioned
    assert read_notes([["单位：万元、元"]]).units == {"万元", "元"}
    assert read_notes([["单位：万美元"]]).foreign == {"万美元"}


@pytest.mark.parametrize(
    ("row", "units"),
    [
        (["", "万元", "万元"], {1: "万元", 2: "万元"}),
        (["单位", "元", "万元"], {0: "", 1: "元", 2: "万元"}),
        (["-", "（万元）", "天"], {0: "", 1: "万元", 2: ""}),
        (["日期", "人民币元", "%"], {0: "", 1: "元", 2: ""}),
        (["", "", "万美元"], {2: "万美元"}),
        (["某甲", "万元", ""], None),
        (["5", "8万元", ""], None),
        (["", "件", "人"], None),
        (["（2024）浙9901执1号", "1", "元"], None),
        (["", "", ""], None),
    ],
)
def test_a_row_of_units_is_told_from_a_row_of_data(row: list[str], units: dict[int, str] | None) -> None:
    assert unit_row(row) == units


LONG = 100_000
PIECES = (
    "万",
    "元",
    "汉",
    "单位",
    "单位：",
    "（",
    "(元",
    "为",
    "以万元",
    "各项",
    "注1、",
    "人民币元",
    "折合",
    "0",
    "港澳",
    " ",
)


@pytest.mark.parametrize("piece", PIECES)
def test_no_pattern_meets_a_text_longer_than_a_note(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patterns take the square of the length and more: what they are given is bounded, whatever the cell holds."""
    met: list[int] = []
    plain = unit_notes.plain_text

    def recorded(text: str) -> str:
        met.append(len(text))
        return plain(text)

    monkeypatch.setattr(unit_notes, "plain_text", recorded)
    read_notes([[piece * LONG, "单位"], ["单位", piece * LONG]])
    unit_row([piece * LONG])
    assert max(met, default=0) <= PROSE
    assert read_notes([[piece * LONG]]) == read_notes([[(piece * LONG)[:PROSE]]])


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("count", [LONGEST // 4, LONG])
def test_headers_and_cells_of_any_length_are_answered(piece: str, count: int) -> None:
    """Some of these took longer than anybody waits; that they end is what is tested."""
    text = piece * count + "X"
    for read in (split_unit, doubtful_unit, foreign_unit, clean_header, code_of, told_kind):
        read(text)
    without_doubtful(f"(万美元){text}")
    assert not is_rate(f"每100外币{text}")
    if len(text) > LONGEST:
        assert quantity_in(f"每100外币{text}") == ""
        assert split_quantity(text) == (text, "")
        assert split_unit(text)[1] == ""
    assert sum_in_words(text) is None


@pytest.mark.parametrize(
    "text", ["各项" * 400 + "特别以万元计", "注11、" * 400 + "特别以万元计", "全表格" * 99 + "余额以万元计"]
)
def test_a_sentence_of_many_general_words_is_read_once(text: str) -> None:
    assert read_notes([[text]]).unsure


@pytest.mark.parametrize(
    "text",
    [
        "注：各项金额以万元计",
        "注1、2）本表各项金额一律以万元计",
        "注一律以万元计",
        "说明1)全表格金额均以万元计",
        "备注一、各栏、各列数据统一以万元为单位",
        "（一）全表金额以万元计",
        "填表说明三：全部金额按万元填列",
    ],
)
def test_general_words_are_read_in_whatever_order(text: str) -> None:
    assert read_notes([[text]]) == UnitNotes(frozenset({"万元"}))


def test_blanks_behind_a_label_above_the_header_are_passed_over_once() -> None:
    assert read_above_header({"acct_no": "账号"}, [f"账号：{' ' * LONG}]"]) == {}
    assert read_above_header({"acct_no": "账号"}, [f"账号：{' ' * LONG}9900001"]) == {"acct_no": "9900001"}
    assert clean_header("\u0301\u0316" * LONG) == "\u0301\u0316" * LONG
