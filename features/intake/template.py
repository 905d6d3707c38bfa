"""Empty tables to fill in: one sheet per contract, labels above field names, and a page of explanations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from features.errors import NotFoundError
from features.schema import TABLES
from features.schema.contract import Column

KIND_NAMES = {
    "text": "文本",
    "id": "编号（按文本填写）",
    "code": "代码",
    "set": "多个值，用;分隔",
    "date": "日期",
    "datetime": "日期时间",
    "money": "金额",
    "int": "整数",
    "real": "数字",
    "bool": "是/否",
}
EXPLANATION = "填写说明"


def write_template(path: Path, names: Sequence[str] = ()) -> Path:
    """Write the workbook; every column is formatted as text, so that Excel leaves long numbers alone.

    Raises:
        NotFoundError: a table of that name does not exist.
    """
    import xlsxwriter

    unknown = [name for name in names if name not in TABLES]
    if unknown:
        raise NotFoundError(f"没有名为“{unknown[0]}”的表，可用的表：{'、'.join(TABLES)}。")
    tables = [TABLES[name] for name in names or TABLES]
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path)) as book:
        bold = book.add_format({"bold": True, "bg_color": "#DDE6F0"})
        text = book.add_format({"num_format": "@"})
        for table in tables:
            page = book.add_worksheet(table.label)
            page.set_column(0, len(table.columns) - 1, 18, text)
            page.write_row(0, 0, [column.label for column in table.columns], bold)
            page.write_row(1, 0, list(table.names))
            page.freeze_panes(2, 0)
        page = book.add_worksheet(EXPLANATION)
        page.write_row(0, 0, ("表", "列", "字段", "类型", "必填", "单位", "取值", "其他列名"), bold)
        page.freeze_panes(1, 0)
        lines = [(table.label, *_explained(column)) for table in tables for column in table.columns]
        for number, line in enumerate(lines, start=1):
            page.write_row(number, 0, line)
    return path


def _explained(column: Column) -> tuple[str, ...]:
    values = "、".join(dict.fromkeys(spelling for spelling, code in column.codes.items() if spelling != code))
    required = "是" if column.required else ""
    return (
        column.label,
        column.name,
        KIND_NAMES[column.kind],
        required,
        column.unit,
        values,
        "、".join(column.aliases),
    )
