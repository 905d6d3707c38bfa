"""Statements as PDF: every row of a regular table is read as printed; any other table is refused in a sentence."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from features.errors import GoldenKeyError
from features.intake.papers import pdf
from features.intake.papers.delivered import open_paper
from features.intake.sources.base import Sheet

Row = tuple[str, ...]
Drawn = Callable[[Sequence[Callable[[Canvas, int], None]]], Path]
HEADING = ("交易账号", "交易时间", "收付标志", "交易金额", "交易余额", "对手户名", "摘要说明")
PLACES = (40, 160, 280, 340, 420, 500, 640, 800)
RIGHT_ALIGNED = (3, 4)
LONG = "测试市甲区丙丁戊己建筑材料经营部有限责任公司"
ROOM = {5: 15, 6: 17}
"""Characters that fit into a line of the two columns of words."""


def statement(count: int, seed: int = 1) -> list[Row]:
    """Rows with balances that follow from one another."""
    chance, balance, rows = random.Random(seed), 9_000_000, []
    for at in range(count):
        fen, way = chance.randint(100, 50_000), chance.choice("进出")
        balance += fen if way == "进" else -fen
        day = f"2024-{at // 28 % 12 + 1:02d}-{at % 28 + 1:02d} 10:00:00"
        words = chance.choice(("转账", "网上支付货款及运输费用一并结清款项", "消费"))
        rows.append(
            (
                "9900000000001234",
                day,
                way,
                f"{fen / 100:,.2f}",
                f"{balance / 100:,.2f}",
                chance.choice(("陈某", LONG)),
                words,
            )
        )
    return rows


def draw_row(canvas: Canvas, row: Row, height: float, middle: bool = False) -> float:
    """Draw the cells, each below `height`; returns the height of the next row. `middle`: cells stand at half height."""
    cells = [
        [cell[at : at + ROOM.get(number, 99)] for at in range(0, len(cell), ROOM.get(number, 99))]
        for number, cell in enumerate(row)
    ]
    deepest = max(map(len, cells))
    for number, lines in enumerate(cells):
        for at, line in enumerate(lines):
            lower = height - 11 * (at + (deepest - len(lines)) / 2 * middle)
            if number in RIGHT_ALIGNED:
                canvas.drawRightString(PLACES[number + 1] - 6, lower, line)
            else:
                canvas.drawString(PLACES[number] + 3, lower, line)
    return height - 11 * deepest - 5


def draw_page(
    rows: Sequence[Row], ruled: bool, middle: bool, heading: Row, extra: Sequence[str], canvas: Canvas, number: int
) -> None:
    """A page: title and holder, heading, rows, `extra` lines below them, the number of the page."""
    canvas.drawCentredString(421, 560, "测试银行交易流水")
    canvas.drawString(40, 540, "户名：陈某甲")
    canvas.drawString(300, 540, "账号：9900000000001234")
    canvas.drawString(700, 20, f"第 {number} 页 共 9 页")
    height = draw_row(canvas, heading, 515)
    edges = [527.0, height + 7]
    for row in rows:
        height = draw_row(canvas, row, height, middle)
        edges.append(height + 7)
    if ruled:
        canvas.setLineWidth(0.5)
        for edge in edges:
            canvas.line(PLACES[0], edge, PLACES[-1], edge)
        for place in PLACES:
            canvas.line(place, edges[0], place, edges[-1])
    for text in extra:
        canvas.drawString(PLACES[0] + 3, height, text)
        height -= 16


def pages(
    rows: Sequence[Row], ruled: bool = False, middle: bool = False, extra: Sequence[str] = (), each: int = 12
) -> list[Callable[[Canvas, int], None]]:
    return [partial(draw_page, rows[at : at + each], ruled, middle, HEADING, extra) for at in range(0, len(rows), each)]


@pytest.mark.parametrize("ruled", [True, False], ids=["ruled", "aligned"])
@pytest.mark.parametrize("middle", [True, False], ids=["middle", "top"])
def test_every_row_is_read_as_printed(ruled: bool, middle: bool, drawn_pdf: Drawn) -> None:
    rows = statement(30)
    table = pdf.read(drawn_pdf(pages(rows, ruled, middle, ("本页小计：12 笔", "合计 100.00")))).table
    assert table is not None
    assert (table.heading, [tuple(row) for row in table.rows]) == (list(HEADING), rows)
    assert ["户名：陈某甲", "账号：9900000000001234"] in table.above and table.left_out >= 3


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 20), seed=st.integers(0, 999), ruled=st.booleans(), middle=st.booleans())
def test_rows_of_any_length_are_read_or_refused(
    count: int, seed: int, ruled: bool, middle: bool, drawn_pdf: Drawn
) -> None:
    rows = statement(count, seed)
    paper = pdf.read(drawn_pdf(pages(rows, ruled, middle)))
    assert [tuple(row) for row in paper.table.rows] == rows if paper.table else paper.irregular


def test_a_sheet_of_a_statement_tells_sums_left_out_and_rows_missing(drawn_pdf: Drawn) -> None:
    path = drawn_pdf(pages(statement(20), ruled=True, extra=("合计 100.00", "共 25 笔")))
    sheet = open_paper(path, "甲/流水.pdf", "")
    assert isinstance(sheet, Sheet) and sheet.from_paper and sheet.file == "甲/流水.pdf"
    assert len(sheet.notes) == 2 and "小计" in sheet.notes[0]
    assert "25 笔" in sheet.notes[1] and "20 行" in sheet.notes[1]


def without_columns(canvas: Canvas, number: int) -> None:
    """Cells that stand elsewhere in every row."""
    canvas.drawString(40, 500, "交易日期     交易金额     余额     摘要")
    for at in range(8):
        canvas.drawString(40 + at * 13, 480 - 16 * at, f"2024-01-0{at + 1}    {at}1.00")
        canvas.drawString(200 - at * 13, 480 - 16 * at, "33.00   测试")


def second_holder(canvas: Canvas, number: int) -> None:
    draw_page(statement(5), True, False, HEADING, (), canvas, number)
    canvas.drawString(500, 540, f"卡号：99000000000{number:05d}")


def other_columns(canvas: Canvas, number: int) -> None:
    """The second page without its heading, and with its cells moved."""
    if number == 1:
        draw_page(statement(5), False, False, HEADING, (), canvas, number)
        return
    canvas.translate(25, 0)
    height = 500.0
    for row in statement(5, 3):
        height = draw_row(canvas, row, height)


def cell_of_nobody(canvas: Canvas, number: int) -> None:
    """Words between two rows that neither of them can have run over to."""
    draw_page(statement(4), False, False, HEADING, (), canvas, number)
    canvas.drawString(PLACES[6] + 3, 515 - 16 - 11, "备用")


@pytest.mark.parametrize(
    ("draw", "why"),
    [
        (without_columns, "表头与各列不能一一对应"),
        (second_holder, "有多个“卡号”"),
        (other_columns, "表头与各列不能一一对应|跨列"),
        (cell_of_nobody, "不能分清"),
    ],
)
def test_a_table_that_is_not_regular_is_refused_in_a_sentence(
    draw: Callable[[Canvas, int], None], why: str, drawn_pdf: Drawn
) -> None:
    path = drawn_pdf([draw, draw])
    with pytest.raises(GoldenKeyError, match=why) as refused:
        open_paper(path, "流水.pdf", "")
    assert "应为每页有表头" in str(refused.value) and "\n" not in str(refused.value)
