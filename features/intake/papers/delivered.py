"""Papers (.docx, PDF with a text layer) among delivered files: a ruling, the table of a statement, or neither."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from features.errors import GoldenKeyError
from features.intake.papers.base import EXPECTED, FoundTable, Row, unread_kind
from features.intake.papers.child import SUFFIXES, read_paper
from features.intake.sources.base import HEADER_SEARCH, Block, Layout, Sheet, block_from_columns
from features.intake.sources.rulings import RulingDocument, decides, ruling_document, says_ruling

ROWS_EXPECTED = "流水应为 .xlsx、.csv 或表格规则的 .docx、PDF"


def is_paper(path: Path) -> bool:
    """Whether `open_paper` is to judge a file: a .docx or PDF, or an image or document (.doc, .ofd ...) that it
    refuses."""
    return path.suffix.lower() in SUFFIXES or bool(unread_kind(path.name))


def passed_over(name: str) -> str:
    """A sentence on a file of a delivery that holds no data."""
    kind = unread_kind(name)
    return (
        f"“{name}”是{kind}，未读取；裁定书{EXPECTED}，{ROWS_EXPECTED}。" if kind else f"“{name}”不是数据文件，未读取。"
    )


def open_paper(path: Path, name: str, sha256: str) -> Sheet | tuple[tuple[RulingDocument, ...], tuple[str, ...]]:
    """What a .docx or PDF file holds: the table of a statement, or a ruling, or neither and a sentence that says so.

    Returns:
        The statement as a sheet, else (rulings, sentences for the report), one of the two empty.

    Raises:
        GoldenKeyError: the file cannot be read, is a scan or an image, or has a table that is not regular.
    """
    if kind := unread_kind(name):
        raise GoldenKeyError(f"文件“{name}”是{kind}，未读取；裁定书{EXPECTED}，{ROWS_EXPECTED}。")
    paper = read_paper(path, name)
    if says_ruling(paper.text) and decides(paper.text):
        return (ruling_document(paper.text, name, sha256),), ()
    if paper.table:
        return _sheet(paper.table, name)
    if paper.irregular:
        raise GoldenKeyError(f"文件“{name}”{paper.irregular}")
    return (), (f"“{name}”既不是执行裁定书，也没有流水表格，未读取；裁定书{EXPECTED}，{ROWS_EXPECTED}。",)


def _sheet(table: FoundTable, name: str) -> Sheet:
    """The table as a sheet: its rows are counted from the first line above the heading, over all pages."""
    above = table.above[-(HEADER_SEARCH - 2) :]
    rows = [*above, table.heading, *table.rows]
    notes = []
    if table.left_out:
        notes.append(f"有 {table.left_out} 行小计、合计或结转，未作为交易读取。")
    if table.stated is not None and table.stated != len(table.rows):
        notes.append(f"文件写明共 {table.stated:,} 笔，读出 {len(table.rows):,} 行，可能漏行或多行，请与原件核对。")
    head = tuple(tuple(row) for row in rows[:HEADER_SEARCH])
    return Sheet(name, "", (head,), partial(_blocks, rows, len(above) + 1, name), tuple(notes), from_paper=True)


def _blocks(rows: list[Row], heading: int, name: str, _: int, layout: Layout) -> Iterator[Block]:
    if layout.header_row != heading:
        raise GoldenKeyError(f"文件“{name}”表格上方的文字与表头不能分清，未读取；{ROWS_EXPECTED}。")
    data = rows[layout.first_row - 1 :]
    columns: list[list[str | None]] = [[*column] for column in zip(*data, strict=True)]
    yield block_from_columns(columns, np.arange(layout.first_row, layout.first_row + len(data), dtype=np.int64))
