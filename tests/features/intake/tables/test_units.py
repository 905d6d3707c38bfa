"""Units of sums: in a cell, in a header, above the header, in a mapping; told, and never guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused_files import assert_refused

from features.errors import GoldenKeyError
from features.intake.cells import sql as cell_sql
from features.intake.cells.unit_notes import read_notes
from features.intake.cells.units import UNITS, doubtful_unit, own_unit, split_unit, with_unit
from features.intake.ingest import IngestOptions, ingest
from features.intake.preview import SheetPreview, preview
from features.intake.report import IngestReport
from features.intake.sources.base import Sheet, block_from_columns
from features.intake.tables.convert import StatedUnit
from features.intake.tables.mapping import match_sheet, read_mapping
from features.intake.tables.stated_units import UnitsBelow
from features.pool.pool import Pool


@pytest.mark.parametrize(
    ("header", "bare", "unit"),
    [
        ("标的(万元)", "标的", "万元"),
        ("金额（单位：万元）", "金额", "万元"),
        ("余额/千元", "余额", "千元"),
        ("金额[亿元]", "金额", "亿元"),
        ("金额【分】", "金额", "分"),
        ("金额_分", "金额", "分"),
        ("金额（人民币：万元）", "金额", "万元"),
        ("执行标的（单位:人民币 万元）", "执行标的", "万元"),
        ("金额万元", "金额", "万元"),
        ("（万元）金额", "金额", "万元"),
        ("月缴存额（元/月）", "月缴存额", "元"),
        ("Amount (CNY)", "amount", "元"),
        ("金额（百万）", "金额", "百万元"),
        ("收/支", "收/支", ""),
        ("金额(大写)", "金额(大写)", ""),
        ("评分", "评分", ""),
        ("金额(万美元)", "金额(万美元)", ""),
    ],
)
def test_a_header_is_parted_from_its_unit(header: str, bare: str, unit: str) -> None:
    assert split_unit(header) == (bare, unit)


def test_units_that_nobody_knows_are_seen_and_words_are_not_taken_for_them() -> None:
    doubtful = ["金额(万美元)", "金额(USD)", "单价(元/平方米)", "金额(原币)", "金额（千港元）"]
    assert all(map(doubtful_unit, doubtful))
    assert not any(map(doubtful_unit, ["金额", "收/支", "金额(大写)", "金额(含税)", "借方"]))
    above = [["（单位：万元）"], ["制表单位：某某公司"], ["单位：千百度公司"], ["金额单位：人民币元"]]
    assert read_notes(above).units == {"万元", "元"}


NUMBERS = st.tuples(
    st.sampled_from(sorted(UNITS)),
    st.decimals(min_value=0, max_value=99_999, places=3, allow_nan=False),
    st.sampled_from(["{}", "-{}", "({})", "{}-"]),
)


@settings(max_examples=6)
@given(st.lists(NUMBERS, min_size=8, max_size=12))
def test_a_number_under_a_unit_is_so_many_of_it(numbers: list[tuple[str, Decimal, str]]) -> None:
    cells = [with_unit(pa.chunked_array([[form.format(f"{n:f}")]]), unit)[0].as_py() for unit, n, form in numbers]
    sums = [n * UNITS[unit] / 100 * (1 if form == "{}" else -1) for unit, n, form in numbers]
    for found, exact in zip(fen(cells), sums, strict=True):
        assert found == exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)


def fen(cells: list[str]) -> list[int | None]:
    with duckdb.connect() as con:
        con.register("given", pa.table({"n": range(len(cells)), "t": cells}))
        return [row[0] for row in con.execute(f"SELECT {cell_sql.money_sql('t')} FROM given ORDER BY n").fetchall()]


CELLS: dict[str, int | None] = {
    "8万": 8_000_000,
    "15.5万元": 15_500_000,
    "3亿": 30_000_000_000,
    "(8万)": -8_000_000,
    "8万-": -8_000_000,
    "5分": 5,
    "2.5分": 2,
    "8千元": 800_000,
    "12.345678万元": 12_345_678,
    "1,234.5万": 1_234_500_000,
    "99999亿元": 99_999 * 10**10,
    "9999999亿元": None,
    "8万元左右": None,
    "暂未评估": None,
    "5亿3000万": None,
    "8万美元": None,
}


def test_a_cell_bears_its_unit() -> None:
    assert dict(zip(CELLS, fen(list(CELLS)), strict=True)) == CELLS


CASE = """table = "case"
[columns]
case_no = "案号"
case_type = "类型"
court_code = "法院"
court_division = "区划"
filing_date = "立案日期"
amt_due = "{header}"
{more}"""


def read(folder: Path, header: str, cells: list[str], more: str = "", above: str = "") -> tuple[list[int | None], str]:
    """amt_due (分) of a case per cell, and what the report says."""
    (folder / "m.toml").write_text(CASE.format(header=header, more=more), encoding="utf-8")
    lines = [f"（2024）浙9901执{n}号,首执,浙9901,990001,2024-01-02,{cell}" for n, cell in enumerate(cells, start=1)]
    text = "\n".join([above, f"案号,类型,法院,区划,立案日期,{header}", *lines]).lstrip("\n")
    (folder / "案件.csv").write_text(text + "\n", encoding="utf-8")
    about = IngestOptions(
        folder / "m.toml", provider="某", legal_basis="试", purpose="试", scope="试", received_on=date(2024, 5, 1)
    )
    report: IngestReport = ingest(folder / "home", [str(folder / "案件.csv")], about)
    assert (report.accepted, report.bad) == (len(cells), 0)
    with Pool(folder / "home").as_of(date(2024, 6, 1)) as cut:
        rows = cut.table("case").order_by("src_row").to_pyarrow().to_pylist()
    return [row["amt_due"] for row in rows], " ".join(report.warnings)


def test_the_header_s_unit_counts_unless_a_cell_has_its_own(tmp_path: Path) -> None:
    found, said = read(tmp_path, "标的(万元)", ["15.5", "8万元", "800元", "0", "8万元左右"])
    assert found == [15_500_000, 8_000_000, 80_000, 0, None]
    assert "“标的(万元)”列按万元读取（表头写明），已换算为元" in said
    assert "“标的(万元)”列有 2 个单元格自带单位" in said and "“应执行标的金额”1 格" in said


def test_a_mapping_says_the_unit_and_goes_before_the_header(tmp_path: Path) -> None:
    found, said = read(tmp_path, "标的（元）", ["3"], more='[units]\namt_due = "千元"')
    assert found == [300_000]
    assert "对应关系写明，表头写的是元，以对应关系为准" in said


def test_a_line_above_the_header_says_the_unit(tmp_path: Path) -> None:
    found, said = read(tmp_path, "标的", ["3"], above="单位：亿元,,,,,")
    assert found == [30_000_000_000]
    assert "按亿元读取（表头上方写明）" in said


@pytest.mark.parametrize(("header", "above"), [("标的(万美元)", ""), ("标的", "单位：元,金额单位：万元,,,,")])
def test_a_unit_that_is_not_known_refuses_the_cells(tmp_path: Path, header: str, above: str) -> None:
    found, said = read(tmp_path, header, ["3", "8万元"], above=above)
    assert found == [None, 8_000_000]
    assert "单位不明" in said and "[units]" in said


def test_sums_of_which_nothing_is_said_are_yuan_and_no_word_is_made_of_it(tmp_path: Path) -> None:
    found, said = read(tmp_path, "标的(元)", ["3"])
    assert (found, said) == ([300], "")


def test_what_is_no_unit_or_no_sum_is_refused(tmp_path: Path) -> None:
    text = CASE.format(header="标的", more='[units]\namt_due = "万"\ncause = "元"')
    assert_refused(read_mapping, tmp_path / "m.toml", text, "单位“万”不在")


def test_a_cell_of_own_unit_is_told_from_a_number() -> None:
    cells = pa.chunked_array([["8万", "8.5亿元", "800元", "8", "abc万", None, "(8万)"]])
    assert own_unit(cells).to_pylist() == [True, True, True, False, False, False, True]


@pytest.mark.parametrize(
    "columns",
    [
        'memo = ["摘要", "附言"]',
        'cp_acct = ["对方账号", "对方卡号"]',
        'balance = ["余额", "可用余额"]',
        'direction = ["借贷", "收支"]',
        'memo = { join = ["摘要", "摘 要"] }',
        'balance = { join = ["余额", "可用余额"] }',
        "memo = { last = ['摘要'] }",
        "memo = 3",
        "memo = []",
    ],
)
def test_a_list_that_would_lose_a_column_is_refused(tmp_path: Path, columns: str) -> None:
    text = f'table = "txn"\n[columns]\nts = "日"\n{columns}\n'
    assert_refused(read_mapping, tmp_path / "m.toml", text, r"\[columns\] 中的")


def test_a_header_that_stands_twice_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(
        'table = "txn"\n[columns]\nacct_no = "账户"\nts = "日"\namount = "金额"\ndirection = "向"\n', encoding="utf-8"
    )
    (tmp_path / "a.csv").write_text("账户,日,金额,向,金额\n9901,2024-03-01,5,收,6\n", encoding="utf-8")
    about = IngestOptions(tmp_path / "m.toml", provider="某", legal_basis="试", purpose="试", scope="试")
    with pytest.raises(Exception, match="表头“金额”出现不止一次"):
        ingest(tmp_path / "home", [str(tmp_path / "a.csv")], about)


HEAD = ["案号", "案件类型", "法院代字", "法院行政区划", "立案日期", "应执行标的金额", "实际到位金额"]


def seen(folder: Path, *lines: list[str]) -> SheetPreview:
    """What a trial reading makes of cases of 15.5 and 2 between rows above and below; `HEAD` is the header."""
    at = next(n for n, line in enumerate(lines) if line[0] == HEAD[0])
    below = 1 if at + 1 < len(lines) and len(lines[at + 1]) == len(HEAD) else 0
    case = [["（2024）浙9901执1号", "首次执行", "浙9901", "990001", "2024-01-02", "15.5", "2"]]
    path = folder / "执行案件.csv"
    rows = [*lines[: at + 1 + below], *case, *lines[at + 1 + below :]]
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
    (sheet,) = preview([str(path)]).sheets
    return sheet


@pytest.mark.parametrize(
    ("lines", "due", "paid"),
    [
        ([["", "", "", "", "", "单位：", "万元"], HEAD], "155,000.00 元", "20,000.00 元"),
        ([["执行案件明细表（万元）"], HEAD], "155,000.00 元", "20,000.00 元"),
        ([["执行案件统计表 单位万元"], HEAD], "155,000.00 元", "20,000.00 元"),
        ([HEAD, ["", "", "", "", "", "万元", "万元"]], "155,000.00 元", "20,000.00 元"),
        ([HEAD, ["-", "-", "-", "-", "日期", "万元", "元"]], "155,000.00 元", "2.00 元"),
        ([HEAD, ["", "", "", "", "", "万元", ""]], "155,000.00 元", ""),
        ([HEAD, ["单位：万元", "", "", "", "", "", ""]], "155,000.00 元", "20,000.00 元"),
        ([HEAD, ["注：金额单位：万元"]], "155,000.00 元", "20,000.00 元"),
        ([HEAD, ["合计（一件）"], ["注：以上金额均以万元为单位"], ["制表人：某"]], "155,000.00 元", "20,000.00 元"),
        ([["以上金额均以万元为单位"], HEAD], "155,000.00 元", "20,000.00 元"),
        ([["本表金额除余额外以万元计"], HEAD], "", ""),
        ([["单位：元"], HEAD, ["注：金额单位：万元"]], "", ""),
        ([["", "", "", "", "", "万元", "元"], HEAD], "155,000.00 元", "2.00 元"),
        ([["", "", "", "", "金额（万元）", "", ""], HEAD], "155,000.00 元", "20,000.00 元"),
        ([HEAD, ["单位：万元", "", "", "", "", "", ""], ["注：不含10万元以下案件"]], "155,000.00 元", "20,000.00 元"),
        ([["10万元以上案件明细"], HEAD], "15.50 元", "2.00 元"),
        ([HEAD], "15.50 元", "2.00 元"),
    ],
)
def test_a_unit_beside_the_rows_is_read_and_told(tmp_path: Path, lines: list[list[str]], due: str, paid: str) -> None:
    sheet = seen(tmp_path, *lines)
    fields = {one.field: one.value for one in sheet.rows[0].fields}
    assert (sheet.counts.accepted, fields.get("amt_due", ""), fields.get("amt_paid", "")) == (1, due, paid)
    told = {"155,000.00 元": "万元", "20,000.00 元": "万元", "": "不明"}
    assert [one.unit for one in sheet.units] == [told.get(due, "元"), told.get(paid, "元")]
    said = " ".join(sheet.warnings)
    assert ("单位不明" in said) == ("" in (due, paid)) and ("已换算为元" in said) == (due == "155,000.00 元")
    assert ("请核对，不是元的" in said) == (lines[0] == ["10万元以上案件明细"])
    refused = {line.partition("行")[0] for line in sheet.faults if "该格留空" not in line}
    notes_below = [line for line in lines[lines.index(HEAD) + 1 :] if len(line) == 1]
    assert len(refused) == len(notes_below)


@pytest.mark.parametrize(
    ("above", "between", "value"),
    [
        ("", "单位：万元,,,,,,", ""),
        ("", "单位：万元", ""),
        ("单位：万元", "单位：万元,,,,,,", "155,000.00 元"),
        ("单位：元", "单位：万元,,,,,,", ""),
        ("", "小计,,,,,31,4", "15.50 元"),
    ],
)
def test_a_unit_said_between_the_rows_is_none_for_those_before(
    tmp_path: Path, above: str, between: str, value: str
) -> None:
    rows = [f"（2024）浙9901执{n}号,首次执行,浙9901,990001,2024-01-02,15.5,2" for n in (1, 2)]
    text = "\n".join([above, ",".join(HEAD), rows[0], between, rows[1]]).lstrip("\n")
    (tmp_path / "执行案件.csv").write_text(text + "\n", encoding="utf-8")
    (sheet,) = preview([str(tmp_path / "执行案件.csv")]).sheets
    found = [one.value for row in sheet.rows for one in row.fields if one.field == "amt_due"]
    assert (found, sheet.counts.accepted) == ([value, value], 2)
    assert ("单位不明" in " ".join(sheet.warnings)) == (not value)


@pytest.mark.parametrize(
    ("rows", "at", "said", "write"),
    [
        ([["注：金额单位：万元"]], 50_002, "万元", '[units]（amt_due = "万元"）'),
        ([["单位：", "万元"]], 50_002, "万元", '[units]（amt_due = "万元"）'),
        ([["以上金额均以千元为单位"]], 50_002, "千元", '[units]（amt_due = "千元"）'),
        ([["甲", "", "", "", "", "5", "6"], ["单位：万元"]], 50_003, "万元", '[units]（amt_due = "万元"）'),
        ([["制表人：某甲"], ["（单位：亿元）"]], 50_003, "亿元", '[units]（amt_due = "亿元"）'),
        ([["除余额外以万元计"]], 50_002, "除余额外以万元计", "[units]写明"),
        ([["单位：万元"], ["甲", "", "", "", "", "5", "6"]], 50_002, "单位：万元", "[units]写明"),
        ([["单位：万美元"]], 50_002, "万美元", "[units]写明"),
        ([["甲", "", "", "", "", "5", "6"]], 0, "", ""),
        ([["单位：元"]], 0, "", ""),
        ([["10万元以上案件共 3 件"]], 0, "", ""),
    ],
)
def test_a_unit_said_behind_many_rows_that_were_read_otherwise_refuses_the_sheet_and_names_the_row(
    rows: list[list[str]], at: int, said: str, write: str
) -> None:
    headers, number = tuple(HEAD), "（2024）浙9901执1号"
    sheet = Sheet("执行案件.csv", "", ((headers,),), lambda *_: iter(()))
    match, rules = match_sheet(sheet, "执行案件", None, None)
    first = block_from_columns([[one] for one in [number, *"abcd", "5", "6"]], np.array([2], np.int64))
    wide = [[*row, *[""] * (7 - len(row))] for row in rows]
    columns: list[list[str | None]] = [[*column] for column in zip(*wide, strict=True)]
    last = block_from_columns(columns, np.arange(50_002, 50_002 + len(rows), dtype=np.int64))
    below = UnitsBelow()
    assert below.with_notes(first, sheet, match, rules) == rules
    if not at:
        assert below.with_notes(last, sheet, match, rules).units == rules.units
        return
    with pytest.raises(
        GoldenKeyError, match=f"第 {at:,} 行写明了金额的单位（{said}），与其前各行所用的单位（元）不同"
    ) as told:
        below.with_notes(last, sheet, match, rules)
    assert write in str(told.value) and str(told.value).count("。") == 1
    stated = {place: StatedUnit("万元", True, "对应关系写明") for place in (5, 6)}
    mapped = UnitsBelow()
    for block in (first, last):
        assert mapped.with_notes(block, sheet, match, replace(rules, units=stated)).units == stated


@pytest.mark.parametrize(
    ("header", "ccy", "value"),
    [
        ("金额（万美元）", ["USD", "CNY"], "50,000.00 USD"),
        ("金额（万美元）", ["", "美元"], ""),
        ("金额（万美元）", None, ""),
        ("金额(USD)", ["USD", "USD"], "5.00 USD"),
        ("美元金额", ["美元", "美元"], "5.00 USD"),
        ("交易金额（千港元）", ["HKD", "HKD"], "5,000.00 HKD"),
    ],
)
def test_a_header_in_another_currency_is_read_in_rows_of_it(
    tmp_path: Path, header: str, ccy: list[str] | None, value: str
) -> None:
    lines = [f"账户,交易时间,{header},收付标志" + (",币种" if ccy else "")]
    lines += [
        f"9900000000000017,2024-03-0{n},5,收" + (f",{one}" if ccy else "") for n, one in enumerate(ccy or [""], 1)
    ]
    (tmp_path / "流水.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (sheet,) = preview([str(tmp_path / "流水.csv")]).sheets
    good = {one.text: one.value for row in sheet.rows if row.row == 2 for one in row.fields if one.field == "amount"}
    assert good == ({"5": value} if value else {})
    assert ccy is not None or ("单位不明" in " ".join(sheet.warnings) and sheet.units[0].unit == "不明")
