"""Statements as Word documents: every row of a regular table is read, others are refused, a letter is no statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import docx as word
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from features.intake.cells.unit_notes import read_notes
from features.intake.ingest import IngestOptions, ingest
from features.intake.papers import docx
from features.intake.papers.base import Paper
from features.intake.papers.delivered import open_paper
from features.intake.sources.base import Sheet
from features.intake.tables.suggest import suggest

HEADING = ["交易账号", "交易时间", "收付标志", "交易金额", "交易余额", "对手户名", "摘要说明"]
ACCOUNT = "9900000000001234"
Made = Callable[[str], Paper]


@pytest.fixture
def read(docx_of: Callable[[str], Path]) -> Made:
    """What a document says of which this is the body."""
    return lambda body: docx.read(docx_of(body))


def p(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{''.join(map(p, text.split('|')))}</w:tc>"


def row(cells: Sequence[str]) -> str:
    return f"<w:tr>{''.join(one if one.startswith('<') else cell(one) for one in cells)}</w:tr>"


def table(*rows: Sequence[str]) -> str:
    return f"<w:tbl>{''.join(map(row, rows))}</w:tbl>"


def movement(day: int, balance: str = "1,000.00", words: str = "转账") -> list[str]:
    return [ACCOUNT, f"2024-01-{day:02d} 10:00:00", "进", f"{day}.50", balance, "陈某", words]


ROWS = [movement(day) for day in range(1, 7)]
SPAN, DOWN = '<w:gridSpan w:val="7"/>', "<w:vMerge/>"
SUMS = [cell("合计", '<w:gridSpan w:val="3"/>'), "21.00", "", "", ""]
REGULAR = {
    "one table": table(HEADING, *ROWS),
    "title and account within the table": table(
        [cell("测试银行交易流水", SPAN)], [cell("户名：陈某甲 账号：" + ACCOUNT, SPAN)], HEADING, *ROWS
    ),
    "a letter above": p("关于协助查询的复函") + p("现将流水提供如下：") + table(HEADING, *ROWS) + p("特此函复。"),
    "two tables with one heading": table(HEADING, *ROWS[:4]) + p("第 2 页") + table(HEADING, *ROWS[4:]),
    "the second without a heading": table(HEADING, *ROWS[:4]) + table(*ROWS[4:]),
    "three tables": table(HEADING, *ROWS[:1]) + table(HEADING, *ROWS[1:2]) + table(*ROWS[2:]),
    "heading repeated within": table(HEADING, *ROWS[:4], HEADING, *ROWS[4:]),
    "sums": table(HEADING, *ROWS[:4], SUMS, *ROWS[4:], SUMS),
    "empty rows": table(HEADING, *ROWS[:4], [""] * 7, *ROWS[4:], [""] * 7),
    "a remark over the whole width": table(HEADING, *ROWS, [cell("以上为全部交易", SPAN)]),
    "day and time in two lines": table(HEADING, *([ACCOUNT, one[1].replace(" ", "|"), *one[2:]] for one in ROWS)),
    "words in two lines": table(HEADING, *([*one[:6], "转|账"] for one in ROWS)),
    "span of one": table([cell(one, '<w:gridSpan w:val="1"/>') for one in HEADING], *ROWS),
    "holder in a table of labels": table(["户名", "陈某甲"], ["账号", ACCOUNT]) + table(HEADING, *ROWS),
    "addressees before": table(["收件人", "测试市检察院"], ["发件人", "测试银行"]) + table(HEADING, *ROWS),
    "lines parted by tabs": p("户名：陈某甲") + "".join(p("\t".join(one)) for one in (HEADING, *ROWS)) + p("以上。"),
    "enclosures behind": table(HEADING, *ROWS) + table(["序号", "文件名称", "日期"], ["1", "回执", "2024-01-05"]),
}
IRREGULAR = {
    "one day for two rows": (table(HEADING, [ACCOUNT, cell("2024-01-01", DOWN), *ROWS[0][2:]], ROWS[1]), "合并"),
    "two columns as one": (table(HEADING, [cell(ACCOUNT, '<w:gridSpan w:val="2"/>'), *ROWS[0][1:]], ROWS[1]), "合并"),
    "a row without a day": (table(HEADING, ROWS[0], [ACCOUNT, "", *ROWS[0][2:]]), "没有日期"),
    "two movements in a row": (table(HEADING, ROWS[0], [*ROWS[1][:3], "1.50|2.50", *ROWS[1][4:]]), "不能分清"),
    "two days in a row": (table(HEADING, ROWS[0], [ACCOUNT, "2024-01-01|2024-01-02", *ROWS[1][2:]]), "没有日期"),
    "merged heading": (
        table([*HEADING[:5], cell("对手", '<w:gridSpan w:val="2"/>')], [*ROWS[0][:6], "转账"]),
        "合并或空白",
    ),
    "empty heading": (table([*HEADING[:6], ""], *ROWS), "合并或空白"),
    "two headings": (table(HEADING, *ROWS) + table(HEADING[::-1], *(one[::-1] for one in ROWS)), "表头不同"),
    "days that cannot be read": (table(HEADING, *([one[0], "5/1/24", *one[2:]] for one in ROWS)), "没有可以识别的日期"),
    "lines parted by tabs, one too few": (
        "".join(p("\t".join(one)) for one in (HEADING, ROWS[0], ROWS[1][:6])),
        "6 格",
    ),
    "a cell too few": (table(HEADING, ROWS[0], ROWS[1][:6]), "6 格"),
    "a cell too many": (table(HEADING, ROWS[0], [*ROWS[1], "乙"]), "8 格"),
    "within another table": (table([table(HEADING, *ROWS).join(("<w:tc>", "</w:tc>"))]), "套在"),
    "two accounts": (
        p("账号：" + ACCOUNT) + table(HEADING, *ROWS) + p("账号：990001") + table(HEADING, *ROWS),
        "有多个“账号”",
    ),
    "two holders in cells": (
        table(["户名", "陈某"]) + table(HEADING, *ROWS) + table(["户名", "郑某"]) + table(HEADING, *ROWS),
        "有多个“户名”",
    ),
}
LETTERS = {
    "words alone": p("现将有关材料移送你院，请查收。"),
    "addressees": table(["收件人", "测试市检察院"], ["发件人", "测试市法院"], ["日期", "2024-01-05"]),
    "a form of labels": table(["联系人", "陈某", "电话", "99900000000"], ["日期", "2024-01-05", "份数", "2"]),
    "enclosures": table(["序号", "文件名称", "日期", "份数"], ["1", "裁定书", "2024-01-05", "2"]),
    "enclosures with sums": table(["序号", "附件", "日期", "金额"], ["1", "收据", "2024-01-05", "200.00"]),
    "cases": table(["案号", "被执行人", "标的金额", "立案日期"], ["（2024）浙9901执1号", "陈某", "9.00", "2024-01-05"]),
    "work done": table(["日期", "工作内容", "人数"], ["2024-01-05", "走访", "2"]),
    "an empty form": table(HEADING, [""] * 7),
    "words and tabs": p("收件人\t测试市检察院\t2024-01-05") + p("发件人\t测试市法院\t2"),
    "signatures": table(["经办人", "陈某"], ["日期", "2024年1月5日"]),
    "two small ones": table(["收", "发"], ["甲", "乙"]) + table(["联系人", "电话"], ["陈某", "99900000000"]),
}


@pytest.mark.parametrize("form", REGULAR)
def test_every_row_is_read_whatever_stands_around(form: str, read: Made) -> None:
    paper = read(REGULAR[form])
    assert paper.table is not None, paper.irregular
    assert (paper.table.heading, paper.table.rows) == (HEADING, ROWS)
    assert paper.table.left_out == form.count("sums") * 2


@pytest.mark.parametrize("form", IRREGULAR)
def test_a_table_that_is_not_regular_is_refused_in_a_sentence(form: str, read: Made, tmp_path: Path) -> None:
    body, why = IRREGULAR[form]
    assert why in read(body).irregular
    with pytest.raises(GoldenKeyError, match=why) as refused:
        open_paper(tmp_path / "流水.docx", "甲/流水.docx", "")
    assert (
        "甲/流水.docx" in str(refused.value) and "应为一行表头" in str(refused.value) and "\n" not in str(refused.value)
    )
    assert ACCOUNT not in str(refused.value)


@pytest.mark.parametrize("form", LETTERS)
def test_a_letter_with_or_without_a_small_table_is_no_data(form: str, read: Made, tmp_path: Path) -> None:
    read(LETTERS[form])
    held, (sentence,) = open_paper(tmp_path / "流水.docx", "函.docx", "")
    assert held == () and "“函.docx”既不是执行裁定书，也没有流水表格" in sentence


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 28), cuts=st.sets(st.integers(1, 27), max_size=4), again=st.booleans())
def test_where_a_statement_is_cut_into_tables_changes_nothing(
    count: int, cuts: set[int], again: bool, read: Made
) -> None:
    rows = [movement(day) for day in range(1, count + 1)]
    places = [0, *sorted(cut for cut in cuts if cut < count), count]
    pieces = [rows[one:two] for one, two in pairwise(places)]
    body = "".join(table(*([HEADING] if again or not at else []), *piece) for at, piece in enumerate(pieces))
    paper = read(body)
    assert paper.table is not None and paper.table.rows == rows


def test_a_delivery_takes_in_the_good_statement_and_names_the_bad(
    make_delivery: Callable[..., Path], tmp_path: Path, read: Made
) -> None:
    folder = make_delivery()
    document = word.Document()
    document.add_paragraph("户名：陈某甲")
    made = document.add_table(0, len(HEADING))
    for cells in (HEADING, *ROWS):
        for place, text in zip(made.add_row().cells, cells, strict=True):
            place.text = text
    document.add_paragraph("共 7 笔")
    document.save(str(folder / "流水一.docx"))
    read(IRREGULAR["a row without a day"][0])
    (tmp_path / "流水.docx").rename(folder / "流水二.docx")
    read(LETTERS["addressees"])
    (tmp_path / "流水.docx").rename(folder / "函.docx")
    report = ingest(tmp_path / "home", [str(folder)], IngestOptions(), workers=1)
    (sheet,) = report.sheets
    assert (sheet.table, sheet.rows, sheet.accepted) == ("txn", 6, 6)
    assert any("7 笔" in text and "6 行" in text for text in sheet.warnings)
    assert [(file.name, file.table) for file in report.refused] == [("流水二.docx", "txn")]
    assert any("函.docx" in text for text in report.notices)


def test_a_statement_is_a_sheet_that_came_from_paper(read: Made, tmp_path: Path) -> None:
    read(REGULAR["title and account within the table"])
    sheet = open_paper(tmp_path / "流水.docx", "流水.docx", "")
    assert isinstance(sheet, Sheet) and sheet.from_paper
    assert ("户名：陈某甲", "账号：" + ACCOUNT) in {tuple(" ".join(row).split()) for row in sheet.first_rows[0]}


@pytest.mark.parametrize(
    ("below", "unit"),
    [
        (p("注：以上金额单位均为万元"), "万元"),
        (p("单位：万元"), "万元"),
        (p("备注：本表金额以“万”计。"), "万元"),
        (p("说明：金额单位为元。"), "元"),
        (p("本表货币单位：人民币千元") + p("打印日期：2024-02-01"), "千元"),
        (p("以上金额均以亿元为单位。"), "亿元"),
        (p("特此函复。"), ""),
        (p("查询费10万元已缴。"), ""),
    ],
)
@pytest.mark.parametrize("above", ["", p("测试银行 流水") + p("户名：陈某甲")])
def test_a_note_below_the_table_states_its_unit(below: str, unit: str, above: str, read: Made) -> None:
    found, without = (read(above + table(HEADING, *ROWS) + end).table for end in (below, p("完")))
    assert found is not None and without is not None
    assert read_notes(found.above).units == ({unit} if unit else set())
    assert len(found.above) == max(len(without.above), bool(unit))
    assert found.rows == without.rows


def test_a_first_mapping_is_written_for_a_statement_in_word(docx_of: Callable[[str], Path]) -> None:
    heading = ["账户", *HEADING[1:]]
    text = suggest(docx_of(table(heading, *ROWS)))
    assert 'amount = "交易金额"' in text and 'ts = "交易时间"' in text
    with pytest.raises(GoldenKeyError, match="没有流水表格"):
        suggest(docx_of(p("关于协助查询的复函")))
