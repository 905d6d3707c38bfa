"""The queue as a workbook: ids as text, header frozen and filtered, A4 landscape."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from models.reasons import format as formatting
from serving.queue.terminal import arithmetic, main_reasons, tags
from serving.queue.views import QueueView

WIDEST = 60
"""Widest column, in characters; longer texts wrap."""

MONEY, SHARE, TEXT = "#,##0.00", "0.0%", "@"

Cell = str | float | int | None


def queue_workbook(view: QueueView) -> bytes:
    """The workbook: 线索队列, 入选概率 of every eligible case, 程序线索, 说明. Money in 元."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"线索队列 {view.office} {view.as_of}", "comments": view.disclaimer})
    _sheet(book, "线索队列", _LIST, _list(view), view)
    _sheet(book, "入选概率", _INCLUSION, _inclusion(view), view)
    _sheet(book, "程序线索", _FINDINGS, _findings(view), view)
    _sheet(book, "说明", _NOTES, _notes(view), view)
    book.close()
    return buffer.getvalue()


Heading = tuple[str, str]

_LIST: tuple[Heading, ...] = (
    ("序号", "0"),
    ("案号", TEXT),
    ("终本日期", TEXT),
    ("被执行人（脱敏）", TEXT),
    ("未履行额（元）", MONEY),
    ("等级", TEXT),
    ("隐匿概率", SHARE),
    ("遗漏概率", SHARE),
    ("预计可回收（元）", MONEY),
    ("预期收益（元）", MONEY),
    ("主要依据", TEXT),
    ("数据完备度", TEXT),
    ("来源（层）", TEXT),
    ("标记", TEXT),
    ("评分编号", TEXT),
)

_INCLUSION: tuple[Heading, ...] = (
    ("案号", TEXT),
    ("终本日期", TEXT),
    ("是否列入", TEXT),
    ("来源（层）", TEXT),
    ("入选概率", "0.000000"),
    ("隐匿概率", SHARE),
    ("遗漏概率", SHARE),
    ("预计可回收（元）", MONEY),
    ("预期收益（元）", MONEY),
)

_FINDINGS: tuple[Heading, ...] = (
    ("清单序号", "0"),
    ("案号", TEXT),
    ("线索编号", TEXT),
    ("线索", TEXT),
    ("行数", "0"),
    ("情形", TEXT),
    ("下一步", TEXT),
    ("依据", TEXT),
)

_NOTES: tuple[Heading, ...] = (("项目", TEXT), ("内容", TEXT))


def _list(view: QueueView) -> list[Sequence[Cell]]:
    return [
        (
            row.position,
            row.case_no,
            formatting.format_date(row.zb_date),
            row.debtor,
            _yuan(row.debt_fen),
            row.level,
            row.probability,
            row.missed,
            _yuan(row.amount_fen),
            _yuan(row.expected_fen),
            main_reasons(row),
            row.coverage,
            row.stratum,
            tags(row),
            row.score_id,
        )
        for row in view.rows
    ]


def _inclusion(view: QueueView) -> list[Sequence[Cell]]:
    return [
        (
            row.case_no,
            formatting.format_date(row.zb_date),
            "是" if row.listed else "否",
            row.stratum or "—",
            row.inclusion,
            row.probability,
            row.missed,
            _yuan(row.amount_fen),
            _yuan(row.expected_fen),
        )
        for row in view.inclusion
    ]


def _findings(view: QueueView) -> list[Sequence[Cell]]:
    return [
        (row.position, row.case_no, row.clue, row.label, row.rows, row.sentence, row.next_step, row.law)
        for row in view.findings
    ]


def _notes(view: QueueView) -> list[Sequence[Cell]]:
    policy = "；".join(f"{name} = {value}" for name, value in view.policy.items())
    lines = [
        ("性质", view.disclaimer),
        ("院代码", view.office),
        ("截止日", formatting.format_date(view.as_of)),
        ("形成", arithmetic(view)),
        ("排序", f"{formatting.YIELD}各层名额和质量底线见“政策”；清单达不到底线时变短。"),
        ("入选概率", "在整个抽取过程中被列入的精确概率：按规则列入的为 1，其余为随机层的抽取概率；抽取方式见“政策”。"),
        ("政策", policy),
        ("随机种子", view.seed),
        ("数据池状态", f"第 {view.pool_state} 批次"),
        ("模型", view.model_version),
        ("队列编号", view.queue_id),
        ("评分批次", view.run_id),
        ("等级", "高、较高、中、低由概率、百分位和数据完备度按设置确定；资料不足的为“数据不足”，从不等于低风险。"),
    ]
    watch = (("重点关注清单", note) for note in view.watch_notes)
    return [*lines, *watch, *(("模型说明", note) for note in view.notes)]


def _sheet(book: Any, name: str, headings: Sequence[Heading], rows: Sequence[Sequence[Cell]], view: QueueView) -> None:
    sheet = book.add_worksheet(name)
    head = book.add_format(
        {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True, "bg_color": "#E7E6E6"}
    )
    forms = {
        form: book.add_format({"num_format": form, "border": 1, "valign": "top", "text_wrap": form == TEXT})
        for form in {form for _, form in headings}
    }
    for column, (heading, form) in enumerate(headings):
        cells = [row[column] for row in rows]
        sheet.set_column(column, column, _width(heading, cells))
        sheet.write_string(0, column, heading, head)
        for place, cell in enumerate(cells, start=1):
            if cell is None:
                sheet.write_blank(place, column, None, forms[form])
            elif isinstance(cell, str):
                sheet.write_string(place, column, cell, forms[form])
            else:
                sheet.write_number(place, column, cell, forms[form])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(headings) - 1)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer(f"&L{view.queue_id}　{view.model_version}&C线索非证据，均待核实&R第 &P 页 / 共 &N 页")


def _width(heading: str, cells: Sequence[Cell]) -> float:
    longest = max((_cells(line) for cell in cells for line in str(cell or "").splitlines()), default=0)
    return float(min(max(longest, _cells(heading)) + 4, WIDEST))


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / 100
