"""Exports whose suffix says another thing than their content, and cells merged over several rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from features.intake.preview import preview

HEAD = ["账号", "户名", "交易时间", "收付标志", "交易金额"]
ROWS = [
    ["9900000000000017", "某甲", "2025-01-02 03:04:05", "付", "1.50"],
    ["9900000000000017", "某甲", "2025-01-03", "收", "2,000.00"],
]
Read = Callable[..., tuple[list[dict[str, str]], str, Any]]


def page(cell: str = "td", above: str = "", attrs: str = "") -> str:
    lines = ["".join(f"<{cell}{attrs}>{text}</{cell}>" for text in row) for row in (HEAD, *ROWS)]
    return f"<table border=1>{above}{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


XML = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="流水"><Table>'
    + "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{text}</Data></Cell>' for text in row) + "</Row>"
        for row in (HEAD, *ROWS)
    )
    + "</Table></Worksheet></Workbook>"
)


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("流水.xls", page(), "utf-8"),
        ("流水.xls", page("th"), "gb18030"),
        ("流水.xls", f"<html><head><style>td {{}}</style></head><body>{page()}</body></html>", "utf-8-sig"),
        ("流水.xls", f"<!DOCTYPE html>\n<HTML><BODY>{page().upper().replace('某甲', '某甲')}</BODY></HTML>", "utf-8"),
        ("流水.xls", page(above="<tr><td colspan=5>账户交易明细</td></tr>"), "utf-8"),
        ("流水.xls", page(attrs=" style='mso-number-format:\"\\@\"'").replace("某甲", "&nbsp;某甲<br>"), "utf-8"),
        ("流水.xls", f"<p>某行</p><table><tr><td>{page()}</td></tr></table>", "utf-8"),
        ("流水.xls", page().replace("</td>", "").replace("</tr>", ""), "utf-16"),
        ("流水.csv", page(), "utf-8"),
        ("流水.xlsx", page(), "utf-8"),
        ("流水.xls", XML, "utf-8"),
        ("流水.xls", "\n".join("\t".join(row) for row in (HEAD, *ROWS)) + "\n", "gb18030"),
        ("流水.xls", "\n".join("|".join(row) for row in (HEAD, *ROWS)) + "\n", "utf-8"),
        ("流水.xlsx", "".join("\t".join(row) + "\r\n" for row in (HEAD, *ROWS)), "utf-16"),
    ],
)
def test_a_workbook_by_its_suffix_alone_is_read_by_its_content(
    tmp_path: Path, shown: Read, name: str, text: str, encoding: str
) -> None:
    (tmp_path / name).write_bytes(text.encode(encoding))
    rows, said, _ = shown(name)
    assert [(row["ts"], row["amount"]) for row in rows] == [
        ("2025-01-02 03:04:05", "1.50 元"),
        ("2025-01-03 00:00:00", "2,000.00 元"),
    ]
    assert "文件的内容是" in said


def book(path: Path, merged: bool = False) -> Path:
    with xlsxwriter.Workbook(str(path)) as written:
        sheet = written.add_worksheet("流水")
        sheet.write_row(0, 0, HEAD)
        for row, cells in enumerate([*ROWS, [*ROWS[0][:4], "3"], ["9900000000000025", "某乙", *ROWS[0][2:]]], start=1):
            sheet.write_row(row, 0, cells)
        if merged:
            for column in (0, 1, 4):
                sheet.merge_range(1, column, 3, column, ROWS[0][column], written.add_format())
    return path


@pytest.mark.parametrize("name", ["流水.csv", "流水.xls", "流水.tsv", "流水.xlsx"])
def test_a_workbook_under_any_suffix_is_one(tmp_path: Path, shown: Read, name: str) -> None:
    shutil.copy(book(tmp_path / "a.xlsx"), tmp_path / name)
    rows, said, sheet = shown(name)
    assert [row["amount"] for row in rows] == ["1.50 元", "2,000.00 元", "3.00 元"] and sheet.counts.accepted == 4
    assert ("按工作簿读取" in said) == (name in ("流水.csv", "流水.tsv"))


def test_merged_cells_hold_for_all_their_rows_but_a_sum_does_not(tmp_path: Path, shown: Read) -> None:
    rows, said, sheet = shown(book(tmp_path / "流水.xlsx", merged=True))
    assert [row["amount"] for row in rows] == ["1.50 元", "1.50 元"]
    assert sheet.counts.accepted == 2 and sheet.counts.bad == 2 and "“交易金额”列：必填项为空" in said
    assert "“账号”列有 1 处合并单元格（第 2 至 4 行）" in said and "“交易金额”列有" not in said


def test_spans_of_a_page_hold_for_all_their_rows(shown: Read) -> None:
    text = "<table><tr>" + "".join(f"<th>{one}</th>" for one in HEAD) + "</tr>"
    text += "<tr><td rowspan=3>9900000000000017</td><td rowspan=3>某甲</td><td>20250102</td><td>付</td><td>1</td></tr>"
    text += "<tr><td>20250103</td><td>收</td><td>2</td></tr><tr><td>20250104</td><td>收</td><td>3</td></tr>"
    text += "<tr><td>9900000000000025</td><td>某乙</td><td>20250105</td><td>收</td><td>4</td></tr></table>"
    rows, said, sheet = shown("流水.xls", text)
    assert [row["ts"][:10] for row in rows] == ["2025-01-02", "2025-01-03", "2025-01-04"] and sheet.counts.accepted == 4
    assert len({row["acct_no"] for row in rows}) == 1 and "合并单元格（第 2 至 4 行）" in said


def test_a_page_without_a_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "流水.xls").write_text("<html><body>请登录</body></html>", encoding="utf-8")
    (reason,) = preview([str(tmp_path / "流水.xls")]).refused
    assert "没有表格" in reason
