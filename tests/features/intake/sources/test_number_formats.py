"""What number formats of a workbook say: a unit, and how much smaller numbers are shown than they are."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from features.intake.preview import preview
from features.intake.sources.number_formats import may_tell, old_formats, read_format

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


NUMBER = '<number:number number:decimal-places="2" number:min-integer-digits="1"{more}/>'
ODS_FORMATS = {
    "0.00": NUMBER.format(more=""),
    '0.00"万元"': f"{NUMBER.format(more='')}<number:text>万元</number:text>",
    '#,##0.00,"千元"': f"""{NUMBER.format(more=' number:display-factor="1000"')}<number:text>千元</number:text>""",
    "0.00,,": NUMBER.format(more=' number:display-factor="1000000"'),
    '0!.0,"万"': '<number:number number:decimal-places="0" number:min-integer-digits="2" number:display-factor="1000">'
    '<number:embedded-text number:position="1">.</number:embedded-text></number:number><number:text>万</number:text>',
    '0.00"万美元"': f"{NUMBER.format(more='')}<number:text>万美元</number:text>",
    '"¥"#,##0.00': f"<number:currency-symbol>¥</number:currency-symbol>{NUMBER.format(more='')}",
}
TEXT = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
MANIFEST = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name if name != "number" else "datastyle"}:1.0"'
    for name in ("office", "table", "text", "style", "number")
)


def document(path: Path, formats: list[str], header: str, by: str) -> Path:
    """The workbook of `book` as an OpenDocument sheet; the format stands at the cell, its column or a parent style."""
    names = {code: f"N{at}" for at, code in enumerate(dict.fromkeys(formats))}
    styles = ""
    for code, name in names.items():
        tag, positive = ("currency" if "¥" in code else "number"), by == "positive"
        own = f"{name}P0" if positive else name
        styles += f'<number:{tag}-style style:name="{own}">{ODS_FORMATS[code]}</number:{tag}-style>'
        if positive:
            styles += (
                f'<number:{tag}-style style:name="{name}"><number:text>-</number:text>{ODS_FORMATS["0.00"]}'
                f'<style:map style:condition="value()&gt;=0" style:apply-style-name="{own}"/></number:{tag}-style>'
            )
        given = f"P{name}" if by == "parent" else f"C{name}"
        styles += f'<style:style style:name="{given}" style:family="table-cell" style:data-style-name="{name}"/>'
        if by == "parent":
            styles += f'<style:style style:name="C{name}" style:family="table-cell" style:parent-style-name="P{name}"/>'
    texts = [[*HEADERS[:5], header, HEADERS[6]]]
    texts += [
        [f"（2024）浙9901执{row}号", "首次执行", "浙9901", "990001", "2024-01-02"] for row, _ in enumerate(formats, 1)
    ]
    rows = []
    for at, line in enumerate(texts):
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>' for one in line
        )
        if at:
            style = "" if by == "column" else f' table:style-name="C{names[formats[at - 1]]}"'
            cells += f'<table:table-cell{style} office:value-type="float" office:value="155000"/>'
            cells += '<table:table-cell office:value-type="float" office:value="2"/>'
        rows.append(f"<table:table-row>{cells}</table:table-row>")
    default = f' table:default-cell-style-name="C{names[formats[0]]}"' if by == "column" else ""
    columns = (
        f'<table:table-column table:number-columns-repeated="5"/><table:table-column{default}/><table:table-column/>'
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {SPACES}><office:automatic-styles>{styles}'
        f'</office:automatic-styles><office:body><office:spreadsheet><table:table table:name="执行案件">{columns}'
        f"{''.join(rows)}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", MANIFEST)
        packed.writestr("content.xml", content)
    return path


@pytest.mark.parametrize("by", ["cell", "column", "parent", "positive"])
@pytest.mark.parametrize(
    ("formats", "header"),
    [
        (['0.00"万元"'], "标的"),
        (['#,##0.00,"千元"'], "标的"),
        (['0!.0,"万"'], "标的"),
        (['0!.0,"万"'], "标的（万元）"),
        (["0.00"], "标的（万元）"),
        (["0.00,,"], "标的"),
        (['0.00"万元"', "0.00"], "标的"),
        (['0.00"万元"', '0.00"万元"'], "标的"),
        (['0.00"万美元"'], "标的"),
        (['"¥"#,##0.00'], "标的"),
        (["0.00"], "标的"),
    ],
)
def test_a_format_says_the_same_in_an_opendocument_sheet(
    tmp_path: Path, formats: list[str], header: str, by: str
) -> None:
    if by == "column" and len(set(formats)) > 1:
        formats = formats[:1]
    (ours,) = preview([str(book(tmp_path / "执行案件.xlsx", formats, header))]).sheets
    (theirs,) = preview([str(document(tmp_path / "执行案件.ods", formats, header, by))]).sheets
    assert theirs.rows[0].fields == ours.rows[0].fields
    assert (theirs.warnings, theirs.counts.accepted) == (ours.warnings, ours.counts.accepted)


@pytest.mark.parametrize(
    ("number", "code", "told"),
    [
        (164, '0.00"万元"', True),
        (170, '#,##0.00,"千元"', True),
        (165, '0!.0,"万"', True),
        (166, "0.00,,", True),
        (167, '0.00"万美元"', True),
        (168, "0.00亿", True),
        (164, "0.00_ ", False),
        (164, 'yyyy"年"m"月"d"日"', False),
        (164, '"¥"#,##0.00', False),
        (5, '"$"#,##0', False),
        (44, '_ "￥"* #,##0.00_ ', False),
    ],
)
@pytest.mark.parametrize("ahead", [b"", b"\x1e\x04\xff", b"\x00" * 509])
def test_the_units_in_formats_of_an_old_workbook_are_told(
    tmp_path: Path, number: int, code: str, told: bool, ahead: bytes
) -> None:
    wide = not code.isascii()
    text = code.encode("utf-16-le" if wide else "latin-1")
    record = struct.pack("<HHHHB", 0x041E, 5 + len(text), number, len(code), wide) + text
    (tmp_path / "a.xls").write_bytes(ahead + record + b"\x00" * 8)
    assert old_formats(tmp_path / "a.xls") == [code] * told
