"""One lead in words, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from models.reasons import format as formatting
from serving.leads.views import LeadView
from serving.queue.explaining import source_location


def render_lead(view: LeadView) -> str:
    """The lead with its arithmetic, causes, routes, questions and rows down to file and row."""
    return "\n".join([*_head(view), *_reasons(view), *_rows(view), view.disclaimer])


def format_known_amount(fen: int | None) -> str:
    """An amount as text, or the words for unknown."""
    return formatting.format_amount(fen) if fen is not None else "不详"


def _head(view: LeadView) -> Iterator[str]:
    lead = view.lead
    yield f"财产线索 {lead.lead_id}（{lead.state}，版次 {lead.version}）  {lead.case_no}  {lead.court}"
    if view.opened_as_of is not None:
        yield f"截至 {formatting.format_date(view.opened_as_of)}（{view.as_of_why}）"
    yield from view.currency_notes
    yield f"财产：{lead.class_label} {lead.asset}（持有人：{view.holder or '不详'} {lead.holder_tie}）"
    yield f"价值：{format_known_amount(lead.value_fen)}（{view.value_note or '未载明'}）"
    for one in view.deductions:
        yield f"  减：{one.label} {format_known_amount(one.amount_fen)} {one.note}（{one.law}）"
    yield f"净值：{format_known_amount(lead.net_fen)}（{lead.net_note}）"
    if lead.gone:
        yield "最近一次筛查未再发现该财产线索：可能已控制、处分或数据有变。"
    if lead.reason_code or lead.reason or lead.department:
        yield f"办理：{lead.reason_code} {lead.reason} {lead.department}（{lead.actor}）"


def _reasons(view: LeadView) -> Iterator[str]:
    for cause in view.causes:
        yield f"原因：{cause.code} {cause.label}（{cause.unit}；{cause.group}）{cause.note}"
    for route in view.routes:
        yield f"方向：{route.label} {route.matter}——{route.why}（{route.law}）"
    for ground in view.grounds:
        yield f"依职权监督待答：{ground.question}（{ground.law}）"
    if view.also_in:
        yield f"同一财产另见：{'、'.join(view.also_in)}"
    for step in view.steps:
        yield f"下一步：{step}"
    for document, unit in view.documents:
        yield f"拟调取：{document}（{unit}）"


def _rows(view: LeadView) -> Iterator[str]:
    for clue in view.clues:
        yield f"线索{clue.clue} {clue.label}：{clue.text}"
        for row in clue.rows:
            places = "；".join(source_location(source) for source in row.sources)
            day, amount = formatting.format_date(row.day), format_known_amount(row.amount_fen)
            yield f"  {day} {amount} {row.who} {row.note} ← {places}"
