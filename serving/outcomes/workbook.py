"""Workbooks of reviews: the empty sheet an office fills in, and the figures by quarter."""

from __future__ import annotations

import io

import pandas as pd

from features.files.workbook import SheetColumn, add_choices, add_formats, add_table_page, open_workbook
from features.intake.template import EXPLANATION, KIND_NAMES, choices_of
from features.pool.reviews import REVIEW
from features.schema.contract import Column
from models.feedback.funnel import AMOUNTS, FIGURES, NOTE, figures_by_quarter, sum_quarters
from models.reasons import format as formatting

ROWS = 2000
"""Rows of the sheet that offer lists to choose from."""

REMARKS = {
    "review_id": "一次审查一个编号，全程不变；补填、更正时用同一编号再交一次",
    "zb_date": "与法院终本裁定一致",
    "selected_on": "决定审查之日",
    "score_id": "从线索清单选取的，填清单上的评分编号",
    "label": "查到什么算什么；尚未审结的留空",
    "found_value": "以元计，不是万元",
    "recovered_amount": "以元计，不是万元；累计数",
    "unaided": "与监督无关而到位的填是，单列统计",
}
"""What the page of explanations says of a column beyond its type."""

_EXPLAINED = tuple(SheetColumn(label, 20) for label in ("列", "字段", "类型", "必填", "可选值", "说明"))


def template_workbook() -> bytes:
    """The empty sheet: 中文 labels, field codes, lists where a column has few values; ids and dates as text."""
    buffer = io.BytesIO()
    with open_workbook(buffer, REVIEW.label) as book:
        formats = add_formats(book)
        page = book.add_worksheet(REVIEW.label)
        page.set_column(0, len(REVIEW.columns) - 1, 18, formats["empty text"])
        for place, column in enumerate(REVIEW.columns):
            page.write_string(0, place, column.label, formats["required" if column.required else "heading"])
            page.write_string(1, place, column.name, formats["code"])
            if choices := choices_of(column):
                add_choices(page, (2, place, ROWS, place), choices)
        page.freeze_panes(2, 1)
        add_table_page(book, formats, EXPLANATION, _EXPLAINED, [_explained(c) for c in REVIEW.columns])
    return buffer.getvalue()


def _explained(column: Column) -> tuple[str, ...]:
    return (
        column.label,
        column.name,
        KIND_NAMES[column.kind],
        "是" if column.required else "",
        "、".join(choices_of(column)),
        REMARKS.get(column.name, f"单位：{column.unit}" if column.unit else ""),
    )


def funnel_workbook(table: pd.DataFrame, scope: str, day: str) -> bytes:
    """Figures by quarter: two header rows, one row per quarter, the sums, and how to read it; amounts in 元."""
    title = f"监督结果（{scope}，截至{day}）"
    columns = [SheetColumn("选取季度", 13, "text", "quarter")]
    for name in FIGURES:
        kind = "money" if name in AMOUNTS else "number"
        columns.append(SheetColumn(_heading(name), 13, kind, name.replace("_fen", "_yuan")))
    rows = [
        (quarter, *(value / 100 if name in AMOUNTS else value for name, value in values.items()))
        for quarter, values in [*figures_by_quarter(table).items(), ("合计", sum_quarters(table))]
    ]
    buffer = io.BytesIO()
    with open_workbook(buffer, title, formatting.DISCLAIMER) as book:
        formats = add_formats(book)
        page, heading_rows = add_table_page(book, formats, "监督结果", columns, rows, header=title, frozen_columns=1)
        page.write_string(len(rows) + heading_rows + 1, 0, NOTE)
    return buffer.getvalue()


def _heading(name: str) -> str:
    return FIGURES[name] + ("（元）" if name in AMOUNTS else "")
