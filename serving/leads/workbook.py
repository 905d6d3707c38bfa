"""Leads and 类案 as workbooks in the platform's form: row 1 labels, row 2 field codes, data from row 3; ids as text."""

from __future__ import annotations

import io
from collections.abc import Sequence

from features.clues.catalogue import CLUES
from features.files.workbook import (
    Cell,
    SheetColumn,
    add_choices,
    add_formats,
    add_table_page,
    open_workbook,
    yuan_cell,
)
from models.feedback.lead_decisions import REASONS, STATES
from models.reasons import format as formatting
from serving.leads.views import ClusterView, LeadRowView, LeadsReply

_LIST = (
    SheetColumn("状态", 8, "text", "state"),
    SheetColumn("序号", 6, "number", "no"),
    SheetColumn("财产线索编号", 21, "text", "lead_id"),
    SheetColumn("案号", 24, "text", "case_no"),
    SheetColumn("终本日期", 14, "text", "zb_date"),
    SheetColumn("财产类别", 14, "text", "class_label"),
    SheetColumn("财产（脱敏）", 26, "text", "asset"),
    SheetColumn("持有人与本案关系", 14, "text", "holder_tie"),
    SheetColumn("价值（元）", 15, "money", "value_yuan"),
    SheetColumn("净值（元）", 15, "money", "net_yuan"),
    SheetColumn("净值说明", 30, "text", "net_note"),
    SheetColumn("未触及的原因", 28, "text", "cause_label"),
    SheetColumn("应由何方办理", 20, "text", "unit"),
    SheetColumn("线索", 30, "text", "clues"),
    SheetColumn("可移送方向", 14, "text", "routes"),
    SheetColumn("核查意见", 24, "text", "reason"),
    SheetColumn("推送部门", 14, "text", "department"),
    SheetColumn("办理人", 12, "text", "actor"),
)

_ANNEX = (
    SheetColumn("序号", 6, "number", "no"),
    SheetColumn("案号", 24, "text", "case_no"),
    SheetColumn("问题类型", 28, "text", "cause_label"),
    SheetColumn("财产类别", 14, "text", "class_label"),
    SheetColumn("财产（脱敏）", 26, "text", "asset"),
    SheetColumn("净值（元）", 15, "money", "net_yuan"),
    SheetColumn("疑似情形（待核实）", 40, "text", "clues"),
    SheetColumn("规范依据", 50, "text", "law"),
    SheetColumn("财产线索编号", 21, "text", "lead_id"),
)


def leads_workbook(reply: LeadsReply) -> bytes:
    """The list of leads: one row each, state to be chosen from the list; money in 元."""
    rows = [_row(number, lead) for number, lead in enumerate(reply.leads, start=1)]
    title = f"财产线索 {reply.office or '全部'} 截至{formatting.format_date(reply.as_of)}（{reply.as_of_why}）"
    return _book(title, "财产线索", _LIST, rows, " ".join((reply.disclaimer, *(reply.unscored or ()))), states=True)


def cluster_workbook(cluster: ClusterView, disclaimer: str) -> bytes:
    """The annex of a batch recommendation: case, problem, facts to be verified, law; no score and no holder."""
    rows: list[Sequence[Cell]] = [
        (
            number,
            lead.case_no,
            lead.cause_label,
            lead.class_label,
            lead.asset,
            yuan_cell(lead.net_fen),
            _names(lead),
            "\n".join(dict.fromkeys(CLUES[id].law for id in lead.clues if id in CLUES)),
            lead.lead_id,
        )
        for number, lead in enumerate(cluster.leads, start=1)
    ]
    about = f"{cluster.cause_label} {cluster.class_label}（拟致{cluster.court}）"
    title = f"类案线索附件 {about} 截至{cluster.opened_as_of}（{cluster.as_of_why}）"
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
        yuan_cell(lead.value_fen),
        yuan_cell(lead.net_fen),
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
    title: str,
    name: str,
    columns: Sequence[SheetColumn],
    rows: Sequence[Sequence[Cell]],
    footer: str,
    states: bool = False,
) -> bytes:
    buffer = io.BytesIO()
    with open_workbook(buffer, title, footer) as book:
        footing = "&C线索非证据，均待核实&R第 &P 页 / 共 &N 页"
        page, heading_rows = add_table_page(book, add_formats(book), name, columns, rows, header=title, footer=footing)
        if states:
            add_choices(page, (heading_rows, 0, max(len(rows) + 1, heading_rows), 0), STATES)
    return buffer.getvalue()
