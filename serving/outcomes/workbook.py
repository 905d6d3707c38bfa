"""Workbooks of reviews: the empty sheet an office fills in, and the figures by quarter."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import xlsxwriter

from features.intake.template import EXPLANATION, KIND_NAMES
from features.pool.reviews import REVIEW
from features.schema.contract import Column
from models.feedback.funnel import AMOUNTS, FIGURES, NOTE, figures_by_quarter, sum_quarters
from models.reasons import format as formatting

ROWS = 2000
"""Rows of the sheet that offer lists to choose from."""

SAID = {
    "review_id": "一次审查一个编号，全程不变；补填、更正时用同一编号再交一次",
    "zb_date": "与法院终本裁定一致",
    "selected_on": "决定审查之日",
    "score_id": "从线索清单选取的，填清单上的评分编号",
    "label": "查到什么算什么；尚未审结的留空",
    "found_value": "以元计，不是万元",
    "recovered_amount": "以元计，不是万元；累计数",
    "unaided": "与监督无关而到位的填是，单列统计",
}
"""What to say of a column beyond its type."""


def template_workbook() -> bytes:
    """The empty sheet: 中文 labels, field codes, lists where a column has few values; ids and dates as text."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True, "bg_color": "#DDE6F0", "border": 1})
        must = book.add_format({"bold": True, "bg_color": "#FFF2B3", "border": 1})
        text = book.add_format({"num_format": "@"})
        page = book.add_worksheet(REVIEW.label)
        page.set_column(0, len(REVIEW.columns) - 1, 18, text)
        for place, column in enumerate(REVIEW.columns):
            page.write_string(0, place, column.label, must if column.required else bold)
            page.write_string(1, place, column.name, bold)
            if choices := _choices(column):
                page.data_validation(2, place, ROWS, place, {"validate": "list", "source": choices})
        page.freeze_panes(2, 1)
        _explain(book, bold)
    return buffer.getvalue()


def _choices(column: Column) -> list[str]:
    """What may be chosen: the first spelling of every code."""
    if column.kind == "bool":
        return ["是", "否"]
    first: dict[str, str] = {}
    for spelling, code in column.codes.items():
        if spelling != code:
            first.setdefault(code, spelling)
    return list(first.values())


def _explain(book: Any, bold: Any) -> None:
    page = book.add_worksheet(EXPLANATION)
    page.set_column(0, 5, 20)
    page.write_row(0, 0, ("列", "字段", "类型", "必填", "可选值", "说明"), bold)
    for number, column in enumerate(REVIEW.columns, start=1):
        cells = (
            column.label,
            column.name,
            KIND_NAMES[column.kind],
            "是" if column.required else "",
            "、".join(_choices(column)),
            SAID.get(column.name, f"单位：{column.unit}" if column.unit else ""),
        )
        page.write_row(number, 0, cells)
    page.freeze_panes(1, 0)


def funnel_workbook(table: pd.DataFrame, scope: str, day: str) -> bytes:
    """Figures by quarter: two header rows, one row per quarter, the sums, and how to read it; amounts in 元."""
    title = f"监督结果（{scope}，截至{day}）"
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": title, "comments": formatting.DISCLAIMER})
    plain = {"border": 1, "valign": "top"}
    head = book.add_format({**plain, "bold": True, "align": "center", "bg_color": "#E7E6E6", "text_wrap": True})
    page = book.add_worksheet("监督结果")
    page.set_column(0, len(FIGURES), 13)
    page.write_row(0, 0, ["选取季度", *(_heading(name) for name in FIGURES)], head)
    page.write_row(1, 0, ["quarter", *(name.replace("_fen", "_yuan") for name in FIGURES)], head)
    styles = {
        "text": book.add_format({**plain, "num_format": "@"}),
        "count": book.add_format({**plain, "num_format": "0"}),
        "money": book.add_format({**plain, "num_format": "#,##0.00"}),
    }
    rows = [*figures_by_quarter(table).items(), ("合计", sum_quarters(table))]
    for number, (quarter, values) in enumerate(rows, start=2):
        page.write_string(number, 0, quarter, styles["text"])
        for place, (name, value) in enumerate(values.items(), start=1):
            if name in AMOUNTS:
                page.write_number(number, place, value / 100, styles["money"])
            else:
                page.write_number(number, place, value, styles["count"])
    page.write_string(len(rows) + 3, 0, NOTE)
    page.freeze_panes(2, 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_header(f"&C{title}")
    book.close()
    return buffer.getvalue()


def _heading(name: str) -> str:
    return FIGURES[name] + ("（元）" if name in AMOUNTS else "")
