"""What number formats of a workbook say: a unit, and how much smaller numbers are shown than they are."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from features.intake.preview import preview
from features.intake.sources.number_formats import may_tell, read_format

FORMATS = {
    '0.00"万元"': (0, "万元"),
    '#,##0.00,"千元"': (3, "千元"),
    '0!.0,"万"': (4, "万"),
    '0\\.0,"万"': (4, "万"),
    '0!.0000"万元"': (4, "万元"),
    "0!.0,": (4, ""),
    "0.00,,": (6, ""),
    '0!.00,,"亿"': (8, "亿"),
    '#,##0.00,,"百万元"': (6, "百万元"),
    "0.00万元": (0, "万元"),
    '"¥"#,##0.00': (0, "¥"),
    "[$$-409]#,##0.00": (0, "$"),
    "#,##0.00_);[Red]\\(#,##0.00\\)": (0, ""),
    "_ * #,##0.00_ ;_ * \\-#,##0.00_ ": (0, ""),
    "0.00%": (0, ""),
}


@pytest.mark.parametrize(("code", "said"), FORMATS.items())
def test_a_format_is_parted_into_scale_and_text(code: str, said: tuple[int, str]) -> None:
    assert read_format(code) == said


HEADERS = ["案号", "案件类型", "法院代字", "法院行政区划", "立案日期", "应执行标的金额", "实际到位金额"]


def book(path: Path, formats: list[str], header: str = HEADERS[5]) -> Path:
    """A workbook of cases, each claim 155000 in a format of its own, the payment 2 in none."""
    with xlsxwriter.Workbook(str(path)) as written:
        sheet = written.add_worksheet("执行案件")
        sheet.write_row(0, 0, [*HEADERS[:5], header, HEADERS[6]])
        for row, code in enumerate(formats, start=1):
            sheet.write_row(row, 0, [f"（2024）浙9901执{row}号", "首次执行", "浙9901", "990001", "2024-01-02"])
            sheet.write_number(row, 5, 155_000, written.add_format({"num_format": code}))
            sheet.write_number(row, 6, 2)
    return path


@pytest.mark.parametrize(
    ("formats", "header", "yuan", "said"),
    [
        (['0.00"万元"'], "标的", "1,550,000,000.00 元", "按万元读取（数字格式写明）"),
        (['#,##0.00,"千元"'], "标的", "155,000.00 元", "以存储的数为准"),
        (['0!.0,"万"'], "标的", "155,000.00 元", "以存储的数为准"),
        (['0!.0,"万"'], "标的（万元）", "155,000.00 元", "以存储的数为准"),
        (["0!.0,"], "标的（万元）", "155,000.00 元", "以存储的数为准"),
        (["0.00"], "标的（万元）", "1,550,000,000.00 元", "按万元读取（表头写明）"),
        (["0.00,,"], "标的", "155,000.00 元", "请核对"),
        (['0.00"万元"', "0.00"], "标的", "", "单位不明"),
        (['0.00,"万元"'], "标的", "", "单位不明"),
        (['0.00"万美元"'], "标的", "", "单位不明"),
        (["0.00"], "标的", "155,000.00 元", ""),
    ],
)
def test_what_is_held_counts_and_not_what_is_shown(
    tmp_path: Path, formats: list[str], header: str, yuan: str, said: str
) -> None:
    path = book(tmp_path / "执行案件.xlsx", formats, header)
    (sheet,) = preview([str(path)]).sheets
    assert {one.field: one.value for one in sheet.rows[0].fields}.get("amt_due", "") == yuan
    assert said in " ".join(sheet.warnings) and bool(said) == bool(sheet.warnings)
    assert sheet.counts.accepted == len(formats)


def test_a_workbook_without_such_formats_is_not_looked_through(tmp_path: Path) -> None:
    assert not may_tell(book(tmp_path / "a.xlsx", ["#,##0.00", '[$-804]yyyy"年"m"月"', '"¥"0.00']))
    assert may_tell(book(tmp_path / "b.xlsx", ["0.00,,"])) and may_tell(book(tmp_path / "c.xlsx", ['0"万"']))
