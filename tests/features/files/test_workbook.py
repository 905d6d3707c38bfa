"""Workbooks: text stays text, numbers stay numbers, heads stay in view, equal content gives equal bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook

from features.files.workbook import (
    FIXED_DATE,
    SheetColumn,
    add_choices,
    add_formats,
    open_workbook,
    set_up_printing,
    text_width,
    wrapped_lines,
    write_table,
)


def written(fill: Callable[[Any, dict[str, Any]], object], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with open_workbook(buffer, "标题", **options) as book:
        fill(book.add_worksheet("表"), add_formats(book))
    return buffer.getvalue()


@pytest.mark.parametrize("text", ["=1+1", "00123", "http://example.invalid/", "@cmd", "+1", "1e5", "{=A1}"])
def test_text_is_never_a_formula_a_number_or_a_link(text: str) -> None:
    content = written(lambda page, formats: write_table(page, formats, [SheetColumn("列")], [(text,)]))
    cell = load_workbook(io.BytesIO(content))["表"]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_a_table_has_two_heads_where_a_column_has_a_code() -> None:
    columns = [SheetColumn("案号", 24, code="case_no"), SheetColumn("净值", 15, "money", "net")]
    rows = [("（2023）浙9901执1号", 12.5), ("", None)]

    def fill(page: Any, formats: dict[str, Any]) -> None:
        heads = write_table(page, formats, columns, rows, frozen_columns=1, fit_heights=True)
        add_choices(page, (heads, 0, heads + 1, 0), ("甲", "乙"))
        set_up_printing(page, head_rows=heads, header="页眉")

    page = load_workbook(io.BytesIO(written(fill)))["表"]
    values = [[cell.value for cell in row] for row in page]
    assert values == [["案号", "净值"], ["case_no", "net"], ["（2023）浙9901执1号", 12.5], [None, None]]
    assert page["B3"].number_format == "#,##0.00"
    assert (page.freeze_panes, page.auto_filter.ref, page.print_title_rows) == ("B3", "A2:B4", "$1:$2")
    assert (page.page_setup.orientation, page.page_setup.fitToHeight) == ("landscape", 0)
    assert [(str(rule.sqref), rule.formula1) for rule in page.data_validations.dataValidation] == [("A3:A4", '"甲,乙"')]


def test_an_empty_table_is_heads_alone() -> None:
    page = load_workbook(
        io.BytesIO(written(lambda p, f: write_table(p, f, [SheetColumn("甲"), SheetColumn("乙")], [])))
    )
    assert [[cell.value for cell in row] for row in page["表"]] == [["甲", "乙"]]


def test_a_list_that_excel_would_refuse_is_not_offered() -> None:
    long = ["选项" * 20 + str(n) for n in range(10)]
    page = load_workbook(io.BytesIO(written(lambda page, _: add_choices(page, (0, 0, 1, 0), long))))["表"]
    assert not page.data_validations.dataValidation


def test_equal_content_gives_equal_bytes_under_a_fixed_date() -> None:
    def fill(page: Any, formats: dict[str, Any]) -> None:
        write_table(page, formats, [SheetColumn("列")], [("甲",)])

    assert written(fill, created=FIXED_DATE) == written(fill, created=FIXED_DATE)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [("", 10, 1), ("abcd", 10, 1), ("一二三四五", 11.5, 1), ("一二三四五六", 11.5, 2), ("甲\n\n乙", 20, 3)],
)
def test_lines_of_a_wrapped_text(text: str, width: float, lines: int) -> None:
    assert wrapped_lines(text, width) == lines
    assert text_width(text.replace("\n", "")) == sum(2 if ord(c) > 255 else 1 for c in text if c != "\n")
