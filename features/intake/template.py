"""Empty tables to fill in: one sheet per contract, labels above field names, and a page of explanations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from features.errors import NotFoundError
from features.files.workbook import SheetColumn, add_formats, open_workbook, set_up_printing, write_table
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
_EXPLAINED = tuple(
    SheetColumn(label, width)
    for label, width in zip(
        ("表", "列", "字段", "类型", "必填", "单位", "取值", "其他列名"), (16, 24, 20, 18, 8, 8, 46, 30), strict=True
    )
)


def write_template(path: Path, names: Sequence[str] = ()) -> Path:
    """Write the workbook; every column is formatted as text, so that Excel leaves long numbers alone.

    Raises:
        NotFoundError: a table of that name does not exist.
        GoldenKeyError: the file is no xlsx or cannot be written.
    """
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        raise NotFoundError(f"没有名为“{unknown[0]}”的表，可用的表：{'、'.join(TABLES)}。")
    tables = [TABLES[name] for name in names or TABLES]
    with open_workbook(path) as book:
        formats = add_formats(book)
        for table in tables:
            page = book.add_worksheet(table.label)
            page.set_column(0, len(table.columns) - 1, 18, formats["empty text"])
            for place, column in enumerate(table.columns):
                page.write_string(0, place, column.label, formats["heading"])
                page.write_string(1, place, column.name, formats["code"])
            page.freeze_panes(2, 0)
        page = book.add_worksheet(EXPLANATION)
        lines = [(table.label, *_explained(column)) for table in tables for column in table.columns]
        set_up_printing(page, heading_rows=write_table(page, formats, _EXPLAINED, lines))
    return path


def choices_of(column: Column) -> tuple[str, ...]:
    """The 中文 spelling of each value of a code column, or 是 and 否; empty where anything may be written."""
    if column.kind == "bool":
        return ("是", "否")
    if column.kind != "code":
        return ()
    first: dict[str, str] = {}
    for spelling, code in column.codes.items():
        if spelling != code:
            first.setdefault(code, spelling)
    return tuple(first.values())


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
