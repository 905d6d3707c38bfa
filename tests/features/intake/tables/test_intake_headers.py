"""Recognising tables and columns, in Chinese, English and court codes, under titles and in any order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from features.errors import GoldenKeyError
from features.intake.sources.base import Sheet
from features.intake.sources.typed import open_workbook
from features.intake.tables.headers import match_by_headers
from features.intake.template import write_template
from features.schema import TABLES


def sheet(*rows: Sequence[str], name: str = "") -> Sheet:
    return Sheet("文件.csv", name, (tuple(tuple(row) for row in rows),), lambda reading, layout: iter(()))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("form", ["label", "name"])
def test_every_contract_is_known_by_its_own_headers_alone(table: str, form: str) -> None:
    headers = [getattr(column, form) for column in TABLES[table].columns]
    match = match_by_headers(sheet(headers), "无名")
    assert match.table.name == table
    assert match.sources == {name: (place,) for place, name in enumerate(TABLES[table].names)}
    assert match.unknown == ()


def test_headers_in_court_codes_under_a_title_with_wide_letters() -> None:
    headers = ["Ｃ＿ＡＨ", " C_AJZLX\t", "法院代字", "法院 行政区划", "D_LARQ", "别的"]
    match = match_by_headers(sheet(["执行案件一览表"], headers), "执行案件")
    assert match.layout.header_row == 2
    assert set(match.sources) == {"case_no", "case_type", "court_code", "court_division", "filing_date"}
    assert match.unknown == ("别的",)


@pytest.mark.parametrize(
    ("stem", "table"),
    [("测试银行交易明细信息", "txn"), ("测试银行账户信息", "account"), ("测试银行子账户信息", "account")],
)
def test_bank_files_are_known_by_their_names(stem: str, table: str) -> None:
    headers = [column.label + "\t" for column in TABLES[table].columns]
    assert match_by_headers(sheet(headers), stem).table.name == table


def test_several_headers_of_one_column_count_in_order() -> None:
    match = match_by_headers(sheet(["本方账号", "交易账号", "交易时间", "交易金额", "收付标志"]), "流水")
    assert match.sources["acct_no"] == (1, 0)


def test_missing_columns_are_named() -> None:
    with pytest.raises(GoldenKeyError, match="“执行案件”，但缺少必需的列：案件类型、法院代字、法院行政区划、立案日期"):
        match_by_headers(sheet(["案号", "立案案由"]), "执行案件")


def test_nothing_known_is_said_in_one_sentence() -> None:
    with pytest.raises(GoldenKeyError, match="不是已知的表"):
        match_by_headers(sheet(["a", "b"]), "x")


def test_a_template_filled_in_is_recognised(tmp_path: Path) -> None:
    path = write_template(tmp_path / "模板.xlsx")
    sheets = [item for item in open_workbook(path, path.name) if item.name != "填写说明"]
    assert [match_by_headers(item, "模板").table.name for item in sheets] == list(TABLES)
    assert {match_by_headers(item, "模板").layout.first_row for item in sheets} == {3}
