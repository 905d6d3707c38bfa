"""Leads and 类案 as workbooks in the platform's form: row 1 labels, row 2 field codes, data from row 3; ids as text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from features.clues.catalogue import CLUES
from models.feedback.lead_decisions import REASONS, STATES
from models.reasons import format as formatting
from serving.leads.views import ClusterView, LeadRowView, LeadsReply

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: 中文 label, field code, width in characters, kind of cell."""

    label: str
    code: str
    width: float
    kind: str = "text"


_LIST = (
    _Column("状态", "state", 8),
    _Column("序号", "no", 6, "number"),
    _Column("线索编号", "lead_id", 21),
    _Column("案号", "case_no", 24),
    _Column("终本日期", "zb_date", 14),
    _Column("财产类别", "class_label", 14),
    _Column("财产（脱敏）", "asset", 26),
    _Column("持有人与本案关系", "holder_tie", 14),
    _Column("价值（元）", "value_yuan", 15, "money"),
    _Column("净值（元）", "net_yuan", 15, "money"),
    _Column("净值说明", "net_note", 30),
    _Column("未触及的原因", "cause_label", 28),
    _Column("应由何方办理", "unit", 20),
    _Column("线索", "clues", 30),
    _Column("可移送方向", "routes", 14),
    _Column("核查意见", "reason", 24),
    _Column("推送部门", "department", 14),
    _Column("办理人", "actor", 12),
)

_ANNEX = (
    _Column("序号", "no", 6, "number"),
    _Column("案号", "case_no", 24),
    _Column("问题类型", "cause_label", 28),
    _Column("财产类别", "class_label", 14),
    _Column("财产（脱敏）", "asset", 26),
    _Column("净值（元）", "net_yuan", 15, "money"),
    _Column("疑似情形（待核实）", "clues", 40),
    _Column("规范依据", "law", 50),
    _Column("线索编号", "lead_id", 21),
)


def leads_workbook(reply: LeadsReply) -> bytes:
    """The list of leads: one row each, state to be chosen from the list; money in 元."""
    rows = [_row(number, lead) for number, lead in enumerate(reply.leads, start=1)]
    title = f"监督线索 {reply.office or '全部'} 截至{formatting.format_date(reply.as_of)}"
    return _book(title, "监督线索", _LIST, rows, reply.disclaimer, states=True)


def cluster_workbook(found: ClusterView, disclaimer: str) -> bytes:
    """The annex of a batch recommendation: case, problem, facts to be verified, law; no score and no holder."""
    rows: list[Sequence[Cell]] = [
        (
            number,
            lead.case_no,
            lead.cause_label,
            lead.class_label,
            lead.asset,
            _yuan(lead.net_fen),
            _names(lead),
            "\n".join(dict.fromkeys(CLUES[id].law for id in lead.clues if id in CLUES)),
            lead.lead_id,
        )
        for number, lead in enumerate(found.leads, start=1)
    ]
    title = f"类案线索附件 {found.cause_label} {found.class_label}（拟致{found.court}）"
    return _book(title, "类案附件", _ANNEX, rows, disclaimer)


def _row(number: int, lead: LeadRowView) -> Sequence[Cell]:
    opinion = "：".join(part for part in (REASONS.get(lead.reason_code, ""), lead.reason) if part)
    return (
        lead.state,
        number,
        lead.lead_id,
        lead.case_no,
        formatting.format_date(lead.zb_date),
        lead.class_label,
        lead.asset,
        lead.holder_tie,
        _yuan(lead.value_fen),
        _yuan(lead.net_fen),
        lead.net_note,
        lead.cause_label,
        lead.unit,
        _names(lead),
        "、".join(lead.routes),
        opinion,
        lead.department,
        lead.actor if lead.marked else "",
    )


def _names(lead: LeadRowView) -> str:
    return "\n".join(f"{id} {CLUES[id].label}" if id in CLUES else id for id in lead.clues)


def _book(
    title: str, name: str, columns: Sequence[_Column], rows: Sequence[Sequence[Cell]], footer: str, states: bool = False
) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": title, "comments": footer})
    page = book.add_worksheet(name)
    _fill(book, page, columns, rows)
    if states:
        page.data_validation(2, 0, max(len(rows) + 1, 2), 0, {"validate": "list", "source": list(STATES)})
    page.freeze_panes(2, 0)
    page.autofilter(1, 0, max(len(rows) + 1, 2), len(columns) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, 1)
    page.set_header(f"&C{title}")
    page.set_footer("&C线索非证据，均待核实&R第 &P 页 / 共 &N 页")
    book.close()
    return buffer.getvalue()


def _fill(book: Any, page: Any, columns: Sequence[_Column], rows: Sequence[Sequence[Cell]]) -> None:
    plain = {"border": 1, "valign": "top", "text_wrap": True}
    head = book.add_format({**plain, "bold": True, "align": "center", "bg_color": "#E7E6E6"})
    forms = {"text": "@", "number": "0", "money": "#,##0.00"}
    styles = {kind: book.add_format({**plain, "num_format": form}) for kind, form in forms.items()}
    for place, column in enumerate(columns):
        page.set_column(place, place, column.width)
        page.write_string(0, place, column.label, head)
        page.write_string(1, place, column.code, head)
        for number, row in enumerate(rows, start=2):
            cell, style = row[place], styles[column.kind]
            if cell is None or cell == "":
                page.write_blank(number, place, None, style)
            elif isinstance(cell, str):
                page.write_string(number, place, cell, style)
            else:
                page.write_number(number, place, cell, style)


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / 100
