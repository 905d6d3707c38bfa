"""Leads served: lists within the jurisdiction, one lead down to its rows, decisions of two people, 类案, workbooks."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from asgi_client import Client
from clue_rows import KNOWN, Book, person
from little_pool import deliver
from openpyxl import load_workbook

import cli
from models.audit.verify import verify
from models.ledger.ledger import Ledger
from serving.app import Gate, create_app
from serving.http.settings import read_settings

CASES = 4
"""Cases 1 to 3 of the first office and 4 of the second have an unsealed car each."""


@dataclass(frozen=True)
class Service:
    home: Path
    client: Client
    tokens: dict[str, str]

    def get(self, path: str, who: str = "甲", **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self.bearer(who), **query)

    def decide(self, lead: dict[str, Any], who: str = "甲", **fields: Any) -> Any:
        body = {"state": "有效", "version": lead["version"]} | fields
        return self.client.post(f"/api/v1/leads/{lead['lead_id']}/decision", json=body, headers=self.bearer(who))

    def bearer(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def cars(self, who: str = "甲") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("leads?asset_class=VEH", who).json()["leads"]
        return found


def filled() -> Book:
    book = Book()
    for n in range(1, CASES + 1):
        second = {"court_division": "339902", "court_code": "浙9902"} if n == CASES else {}
        book.case(n, court_name="浙东市第一法院" if n < CASES else "浙东市第二法院", **second)
        book.event(n, "NOTICE", date(2023, 1, 12))
        book.bank_query(n, date(2023, 5, 1), date(2023, 5, 2))
        book.asked(n, "VEH")
        book.car(n, f"TESTZZ0000000000{n}", date(2019, 3, 1), est_value=1_000_000 * n)
    # The debtor of case 1 is also one of case 4, which another office has.
    book.add(
        "party",
        case_no=f"（2023）浙9901执{CASES}号",
        party_no=3,
        role="debtor",
        kind="person",
        name="债务人1",
        id_no=person(1),
    )
    return book


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("leads") / "home"
    deliver(home, KNOWN, filled().tables)
    tokens = {}
    with Ledger(home) as ledger:
        for name, office in (("甲", "339901"), ("乙", "339901"), ("平台", "")):
            ledger.add_actor(name, "person", "system")
            tokens[name] = ledger.issue_token(name, "system", office=office)
    yield Service(home, Client(Gate(create_app(replace(read_settings({}), home=home)))), tokens)


def test_the_list_is_that_of_the_jurisdiction_largest_first(service: Service) -> None:
    own, whole = service.cars(), service.cars("平台")
    assert [lead["net_fen"] for lead in own] == [3_000_000, 2_000_000, 1_000_000]
    assert len(whole) == CASES + 1
    assert {lead["cause"] for lead in whole} == {"QRY-CL"}
    assert service.get("leads?office=339902").status_code == 403
    least = service.get("leads?asset_class=VEH&min_yuan=20000").json()
    assert (least["total"], len(least["leads"])) == (2, 2)
    assert service.get("leads?limit=1&offset=1").json()["offset"] == 1


@pytest.mark.parametrize("query", ["state=办结", "limit=0", "limit=999", "offset=x", "min_yuan=x", "office=abc"])
def test_filters_that_cannot_be_are_refused(service: Service, query: str) -> None:
    answer = service.get(f"leads?{query}", "平台")
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].endswith("。")


def test_one_lead_is_shown_down_to_its_source_rows_and_masked(service: Service) -> None:
    lead = service.cars()[0]
    reply = service.get(f"leads/{lead['lead_id']}").json()
    rows = reply["clues"][0]["rows"]
    assert reply["clues"][0]["clue"] == "M2A"
    assert {source["table"] for source in rows[0]["sources"]} >= {"机动车登记"}
    assert all(source["row"] >= 2 for source in rows[0]["sources"])
    text = json.dumps(reply, ensure_ascii=False)
    assert person(3) not in text
    assert "浙Z00003" not in text
    assert "TESTZZ00000000003" not in text
    assert reply["moves"] == ["有效", "无效"]


def test_a_lead_of_another_office_is_closed(service: Service) -> None:
    other = next(lead for lead in service.cars("平台") if lead["office"] == "339902")
    assert service.get(f"leads/{other['lead_id']}").status_code == 403
    assert service.decide(other).status_code == 403
    assert service.get("leads/Lnone").status_code == 404


def test_the_same_thing_in_a_case_of_another_office_is_only_counted(service: Service) -> None:
    car = next(lead for lead in service.cars() if lead["case_no"].endswith("执1号"))
    path = f"leads/{car['lead_id']}"
    assert service.get(path).json()["also_in"] == ["其他院管辖的案件1件"]
    assert service.get(path, "平台").json()["also_in"] == ["（2023）浙9901执4号"]


def test_of_two_people_on_one_lead_the_second_reads_who_was_first(service: Service) -> None:
    lead = service.cars()[0]
    first = service.decide(lead, "甲", state="无效", reason_code="controlled", reason="已由本院查封")
    assert (first.status_code, first.json()["state"]) == (200, "无效")
    second = service.decide(lead, "乙")
    assert second.status_code == 409
    assert second.json()["error"]["code"] == "taken"
    assert "已由甲于" in second.json()["error"]["message"]
    history = service.get(f"leads/{lead['lead_id']}").json()["history"]
    assert [(act["actor"], act["after"]) for act in history] == [("甲", "无效")]


def test_valid_and_pushed(service: Service) -> None:
    lead = service.cars()[1]
    valid = service.decide(lead).json()
    assert service.decide(valid, state="已推送").status_code == 422
    pushed = service.decide(valid, state="已推送", department="民事检察").json()
    assert (pushed["state"], pushed["department"]) == ("已推送", "民事检察")
    with Ledger(service.home) as ledger:
        assert verify(ledger).sound


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[]", 422),
        ('{"state": "有效"}', 422),
        ('{"state": "有效", "version": "x"}', 422),
        ('{"state": "有效", "version": 0, "x": 1}', 422),
        ("x" * 9000, 413),
    ],
)
def test_a_wrong_decision_is_a_sentence(service: Service, body: str, status: int) -> None:
    path = f"/api/v1/leads/{service.cars()[2]['lead_id']}/decision"
    answer = service.client.post(path, content=body.encode(), headers=service.bearer("甲"))
    assert answer.status_code == status
    assert answer.json()["error"]["message"].endswith("。")


def test_alike_leads_of_several_cases_are_a_cluster_addressed_to_the_court(service: Service) -> None:
    with Ledger(service.home) as ledger:
        from models.feedback.lead_clusters import list_clusters

        cars = [one for one in list_clusters(ledger, least=2) if one.asset_class == "VEH"]
        assert [(one.cause, one.cases, one.court) for one in cars] == [("QRY-CL", 2, "浙东市第一法院")]
        assert cars[0].net_fen == sum(lead.net_fen or 0 for lead in cars[0].leads) == 3_000_000
        assert [one for one in list_clusters(ledger) if one.asset_class == "VEH"] == []
    reply = service.get("lead-clusters").json()["clusters"]
    assert all(one["cases"] >= 2 and len(one["leads"]) >= 3 for one in reply)


def test_the_steps_that_three_cases_lack_are_a_cluster_with_its_annex(service: Service, tmp_path: Path) -> None:
    reply = service.get("lead-clusters").json()["clusters"]
    found = next(one for one in reply if one["asset_class"] == "CASE")
    page = service.client
    page.post("/login", data={"token": service.tokens["甲"], "next": "/leads"})
    answer = page.get(f"/cluster/{found['cluster_id']}.xlsx")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    headings = [cell.value for cell in sheet[1]]
    assert headings[:3] == ["序号", "案号", "问题类型"]
    assert sheet.max_row == 2 + len(found["leads"])
    assert "概率" not in headings


def test_pages_show_leads_and_take_a_decision_once(service: Service) -> None:
    page = Client(service.client._app)
    assert page.get("/leads").status_code == 303
    page.post("/login", data={"token": service.tokens["甲"], "next": "/leads"})
    listed = page.get("/leads?asset_class=VEH&state=初筛")
    assert listed.status_code == 200
    lead_id = re.findall(r"/lead/(L[0-9a-f]{16})", listed.text)[0]
    shown = page.get(f"/lead/{lead_id}")
    for word in (
        "未见该范围的网络查询",
        "机动车登记",
        "净值",
        "待检察官回答" if "待检察官回答" in shown.text else "方向",
    ):
        assert word in shown.text
    form = {"state": "有效", "version": "0", "reason": ""}
    assert page.post(f"/lead/{lead_id}", data=form).status_code == 303
    again = page.post(f"/lead/{lead_id}", data=form)
    assert again.status_code == 409
    assert "请刷新后再决定" in again.text
    assert "已推送" in page.get(f"/lead/{lead_id}").text
    missing = page.post(f"/lead/{lead_id}", data={"state": "无效", "version": "1"})
    assert (missing.status_code, "须写明原因" in missing.text) == (422, True)


def test_pages_fetch_nothing_run_nothing_and_never_conclude(service: Service) -> None:
    page = Client(service.client._app)
    page.post("/login", data={"token": service.tokens["平台"], "next": "/leads"})
    lead = service.cars("平台")[0]["lead_id"]
    cluster = service.get("lead-clusters", "平台").json()["clusters"][0]["cluster_id"]
    for path in ("/leads", f"/lead/{lead}", "/clusters", f"/cluster/{cluster}"):
        answer = page.get(path)
        assert answer.status_code == 200, path
        assert not re.search(r"https?://|<script|javascript:|style=", answer.text)
        assert "认定" not in answer.text
        assert not re.search(r"\d{17}[\dX]", answer.text)


def test_the_list_as_a_workbook(service: Service) -> None:
    page = Client(service.client._app)
    page.post("/login", data={"token": service.tokens["甲"], "next": "/leads"})
    answer = page.get("/leads.xlsx?asset_class=VEH")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert [sheet.cell(1, 1).value, sheet.cell(2, 1).value] == ["状态", "state"]
    assert sheet.max_row == 2 + 3
    assert sheet.data_validations.dataValidation


def test_the_command_opens_lists_marks_and_pushes(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(service.home)]
    other = next(lead for lead in service.cars("平台") if lead["office"] == "339902")["lead_id"]
    assert cli.main([*home, "leads", "list", "--class", "VEH", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == CASES + 1
    assert cli.main([*home, "leads", "show", other]) == 0
    assert "未见该范围的网络查询（车辆）" in capsys.readouterr().out
    assert cli.main([*home, "leads", "mark", other, "--state", "无效"]) == 2
    assert "须写明原因" in capsys.readouterr().err
    assert cli.main([*home, "leads", "mark", other, "--state", "有效"]) == 0
    assert cli.main([*home, "leads", "push", other, "--department", "刑事检察", "--version", "0"]) == 2
    assert "请刷新后再决定" in capsys.readouterr().err
    assert cli.main([*home, "leads", "push", other, "--department", "刑事检察"]) == 0
    assert "已推送" in capsys.readouterr().out
    assert cli.main([*home, "leads", "list", "--format", "xlsx", "--out", str(tmp_path / "leads.xlsx")]) == 0
    assert (tmp_path / "leads.xlsx").stat().st_size > 0
    assert cli.main([*home, "leads", "clusters"]) == 0
