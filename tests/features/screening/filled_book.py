"""Templates filled by hand, as a user with a spreadsheet program does: by the labels of the first header row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from features.screening.screen import find_screen, template_columns
from features.screening.template import write_template

Rows = Sequence[Mapping[str, Any]]
"""Rows of a sheet: column label -> what is typed."""


def template(folder: Path, screen: str) -> Path:
    """The empty template of a model."""
    chosen = find_screen(screen)
    return write_template(folder / f"{screen}.xlsx", chosen, template_columns(chosen))


def fill(path: Path, pages: Mapping[str, Rows], first_row: int = 3) -> Path:
    """Type rows into the sheets of a template, from row 3 on."""
    book = load_workbook(path)
    for name, rows in pages.items():
        page = book[name]
        labels = [cell.value for cell in page[1]]
        for number, row in enumerate(rows, start=first_row):
            for label, value in row.items():
                page.cell(number, labels.index(label) + 1, value)
    book.save(path)
    return path


def number(n: int) -> str:
    """Case number n."""
    return f"（2023）浙9901执{n}号"


def person(n: int) -> str:
    """An impossible identity number."""
    return f"99000119800101{n:04d}"


def case(n: int, **more: Any) -> dict[str, Any]:
    """A case terminated on 2023-06-20 with 200,000 元 unpaid, dates spelt as people spell them."""
    return {
        "案号": number(n),
        "案件类型": "首次执行",
        "法院代字": "浙9901",
        "法院行政区划": "339901",
        "立案日期": "2023年1月10日",
        "结案方式": "终结本次执行程序",
        "结案日期": "2023/6/20",
    } | more


def debtor(n: int, name: str = "", **more: Any) -> dict[str, Any]:
    """The debtor of case n."""
    return {
        "案号": number(n),
        "序号": 2,
        "法律地位": "被执行人",
        "当事人类型": "自然人",
        "姓名或名称": name or f"债务人{n}",
        "证件号码": person(n),
    } | more
