"""One lead in words and leads as a workbook, from structures filled by hand; the filters of a list."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from serving.http.errors import InvalidError
from serving.leads.api import parse_filter
from serving.leads.text import format_known_amount, render_lead
from serving.leads.views import CauseView, ClueRowsView, DeductionView, LeadRowView, LeadsReply, LeadView
from serving.leads.workbook import leads_workbook
from serving.queue.views import EvidenceView, SourceView

ROW = LeadRowView(
    lead_id="L0000000000000099",
    state="初筛",
    version=0,
    case_no="（2023）浙9901执1号",
    court="浙东市第一法院",
    office="339901",
    zb_date=date(2023, 6, 1),
    asset_class="VEH",
    class_label="车辆",
    asset="TESTZZ***1",
    holder_tie="本人",
    value_fen=12_345_600,
    net_fen=None,
    net_note="抵押额不详",
    cause="QRY-CL",
    cause_label="未查询",
    unit="执行法院",
    routes=("民事", "刑事"),
    clues=("X99",),
    reason_code="",
    reason="",
    department="",
    actor="system",
    marked="",
    fresh=False,
    gone=True,
    first_as_of=date(2024, 1, 15),
    last_as_of=date(2024, 1, 15),
)
EVIDENCE = EvidenceView(date(2019, 3, 1), None, "张*", "登记", (SourceView("车辆", "车.csv", "", 7),))
VIEW = LeadView(
    lead=ROW,
    holder="张*",
    value_note="登记价",
    deductions=(DeductionView("抵押", None, "民法典", "某银行"),),
    causes=(CauseView("QRY-CL", "未查询", "查询", "执行法院", ""),),
    routes=(),
    grounds=(),
    clues=(ClueRowsView("X99", "名下车辆", "疑似有车辆未处置，待核实。", (EVIDENCE,), 1, (), "民诉法"),),
    steps=("调取车辆登记档案",),
    documents=(("登记档案", "车管所"),),
    also_in=(),
    history=(),
    moves=(),
)


def test_a_lead_in_words_has_its_arithmetic_and_its_rows() -> None:
    text = render_lead(VIEW)
    lines = text.splitlines()
    assert "价值：12.35万元（登记价）" in lines
    assert "  减：抵押 不详 某银行（民法典）" in lines
    assert "净值：不详（抵押额不详）" in lines
    assert any("未再发现该财产线索" in line for line in lines)
    assert any("车.csv" in line and "第7行" in line for line in lines)
    assert lines[-1] == VIEW.disclaimer


def test_an_unknown_amount_is_not_nothing() -> None:
    assert (format_known_amount(None), format_known_amount(0)) == ("不详", "0.00元")


def test_the_workbook_has_labels_codes_and_amounts_in_yuan() -> None:
    reply = LeadsReply(date(2024, 1, 15), 1, "339901", 1, 0, {"初筛": 1}, (ROW,))
    page = openpyxl.load_workbook(io.BytesIO(leads_workbook(reply))).active
    assert page is not None
    codes = [cell.value for cell in page[2]]
    row = dict(zip(codes, (cell.value for cell in page[3]), strict=True))
    assert (row["lead_id"], row["value_yuan"], row["net_yuan"]) == (ROW.lead_id, 123_456, None)
    assert row["routes"] == "民事、刑事"
    assert page["C3"].data_type == "s"


def test_filters_come_from_the_query_and_amounts_become_fen() -> None:
    chosen = parse_filter({"office": " 339901 ", "state": "有效", "min_yuan": "10.5"})
    assert (chosen.office, chosen.state, chosen.at_least_fen) == ("339901", "有效", 1050)
    assert parse_filter({}).at_least_fen is None


@pytest.mark.parametrize("text", ["x", "nan", "inf", "1e999"])
def test_an_amount_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="min_yuan"):
        parse_filter({"min_yuan": text})
