"""The data template of a screen, laid out as the national platform does: two header rows, data from row 3.

Row 1 bears the 中文 label of a column, row 2 its field code with a remark; a page of explanations stands first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import GoldenKeyError
from features.files.workbook import FIXED_DATE, add_choices, add_formats, open_workbook, set_up_printing
from features.intake.cells.sql import CHECKED_CASE_NUMBERS
from features.intake.template import EXPLANATION, KIND_NAMES, choices_of
from features.schema import TABLES
from features.schema.contract import Column

if TYPE_CHECKING:
    from features.screening.screen import Screen

ROWS = 20_000
"""Rows of each sheet that carry formats and drop-down lists; more may be filled in."""
COMPLETE_HEADING = ("工作表", "空表是否表示“已反馈、无记录”（填“是”，默认“否”）")
"""Head of the small table on the page of explanations in which an empty sheet is declared an answer."""
SAMPLE_MARK = "示例"
"""Rows in which a cell bears this word are samples and are passed over."""

_SAMPLES = {
    "text": "示例文字",
    "id": "990001198001010019（示例）",
    "date": "2024-03-01",
    "datetime": "2024-03-01 09:30:00",
    "money": "50000.00",
    "int": "1",
    "real": "0.5",
    "bool": "是",
    "set": "甲;乙",
}
_OWN_SAMPLES = {
    "plate": "浙Z99912（示例）",
    "vin": "TESTZZ00000000001（示例）",
    "asset_id": "TESTZZ00000000001（示例）",
    "court_code": "浙9901（示例）",
    "court_division": "339901（示例）",
    "uscc": "99330100MA00000000（示例）",
    "phone": "99900000000（示例）",
    **dict.fromkeys(("suit_no", "basis_no"), "（2022）浙9901民初1号（示例）"),
    **dict.fromkeys(CHECKED_CASE_NUMBERS, "（2023）浙9901执1号（示例）"),
}
_WIDTH = {"text": 18, "id": 22, "date": 13, "datetime": 20, "money": 14, "int": 8, "real": 10, "bool": 9, "set": 16}
_HOW_TO = (
    "每张工作表第1行（中文列名）和第2行（字段代码及说明）固定不变，数据从第3行填起；列的次序可以变动，不需要的非必填列可以留空或删去。",
    "证件号码、账号、案号、号牌等按文本填写；日期可写 2024-03-01、2024年3月1日、20240301；金额以元为单位。",
    "一行数据有错的，该行不参与运算并在结果中列明位置和原因，其余行照常运算；含有“示例”字样的行视为样例，不参与运算。",
    "某张工作表填有数据，即视为该数据来源已就表中全部被执行人反馈；空表视为未取得该数据，不会据此推定任何事实。",
    "确实已反馈而没有记录的空表，请在下表相应行填“是”，或运行时以 --complete 指明。",
    "运行结果是待核实的线索，不是证据；含个人信息的表格用后按规定保管、删除。",
)


def write_template(path: Path, screen: Screen, sheets: Mapping[str, Sequence[Column]]) -> Path:
    """Write the empty template of a screen: a page of explanations, then one sheet per table.

    Raises:
        GoldenKeyError: the screen has no clue, or the file is no xlsx or cannot be written.
    """
    if not sheets:
        raise GoldenKeyError(f"模型“{screen.name}”目前没有可运行的线索，没有模板。")
    with open_workbook(path, f"{screen.name}数据要素模板", created=FIXED_DATE) as book:
        formats = add_formats(book)
        _explain(book, formats, screen, sheets)
        for name, columns in sheets.items():
            _sheet(book.add_worksheet(TABLES[name].label), formats, columns)
    return path


def _sheet(page: Any, formats: Mapping[str, Any], columns: Sequence[Column]) -> None:
    page.freeze_panes(2, 0)
    page.set_row(1, 58)
    for place, column in enumerate(columns):
        page.set_column(
            place, place, _WIDTH.get(column.kind, 14), formats.get(f"empty {column.kind}", formats["empty text"])
        )
        page.write_string(0, place, column.label, formats["required" if column.required else "heading"])
        page.write_string(1, place, f"{column.name}（{remark(column)}）", formats["code"])
        if choices := choices_of(column):
            add_choices(page, (2, place, ROWS, place), choices, warn=f"{column.label}：请从列表中选择。")
    set_up_printing(page, heading_rows=2)


def _explain(book: Any, formats: Mapping[str, Any], screen: Screen, sheets: Mapping[str, Sequence[Column]]) -> None:
    page = book.add_worksheet(EXPLANATION)
    for place, width in enumerate((16, 24, 20, 18, 8, 8, 46, 26)):
        page.set_column(place, place, width)
    page.write_string(0, 0, f"{screen.name}（{screen.number}）数据要素模板", formats["title"])
    page.merge_range(1, 0, 1, 7, screen.about, formats["text"])
    for place, line in enumerate(_HOW_TO, start=2):
        page.merge_range(place, 0, place, 7, f"{place - 1}．{line}", formats["text"])
        page.set_row(place, 30)
    page.set_row(1, 30)
    row = len(_HOW_TO) + 3
    page.write_string(row, 0, COMPLETE_HEADING[0], formats["heading"])
    page.merge_range(row, 1, row, 3, COMPLETE_HEADING[1], formats["heading"])
    for place, name in enumerate(sheets, start=row + 1):
        page.write_string(place, 0, TABLES[name].label, formats["text"])
        page.write_string(place, 1, "否", formats["text"])
        add_choices(page, (place, 1, place, 1), ("是", "否"))
    row += len(sheets) + 2
    headings = ("所在表", "列名", "字段代码", "类型", "必填", "单位", "可填的值", "示例")
    for place, heading in enumerate(headings):
        page.write_string(row, place, heading, formats["heading"])
    lines = [_line(TABLES[name].label, column) for name, columns in sheets.items() for column in columns]
    for number, cells in enumerate(lines, start=row + 1):
        for place, cell in enumerate(cells):
            page.write_string(number, place, cell, formats["text"])
    set_up_printing(page)


def _line(table: str, column: Column) -> tuple[str, ...]:
    choices = choices_of(column)
    sample = choices[0] if choices else _OWN_SAMPLES.get(column.name, _SAMPLES[column.kind])
    must = "是" if column.required else ""
    return (table, column.label, column.name, KIND_NAMES[column.kind], must, column.unit, "、".join(choices), sample)


def remark(column: Column) -> str:
    """What row 2 says of a column: its type, whether it must be filled, its unit or format."""
    choices = choices_of(column)
    parts = [KIND_NAMES[column.kind].removesuffix("（按文本填写）")]
    if column.required:
        parts.append("必填")
    if column.unit:
        parts.append(f"单位{column.unit}")
    if column.kind in ("date", "datetime"):
        parts.append(f"如{_SAMPLES[column.kind][:10]}")
    if column.kind == "id":
        parts.append("按文本")
    if choices and column.kind == "code":
        short = "、".join(choices)
        parts.append(short if len(short) <= 24 else "从列表选择")
    return "，".join(parts)
