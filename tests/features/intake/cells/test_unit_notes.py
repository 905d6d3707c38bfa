"""Units stated beside a table are read; what only names one, or states one with an exception, is never taken for it."""

from __future__ import annotations

import pytest

from features.intake.cells.unit_notes import read_notes, unit_row

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
