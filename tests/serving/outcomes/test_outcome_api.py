"""Records of reviews through the interface: who may record what, what is written, and that saying it twice is once."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from asgi_client import Client
from little_pool import CASE_NO, REVIEW_DATES, deliver, one_case
from openpyxl import load_workbook

from features.pool import waiting
from features.pool.pool import Pool
from features.pool.reviews import reviews
from models.audit.verify import verify
from models.ledger.ledger import Ledger
from serving.app import Gate, create_app
from serving.http.settings import read_settings

OTHER = "（2023）浙9902执1号"
BODY: dict[str, Any] = REVIEW_DATES | {
    "case_no": CASE_NO,
    "label": "Y1",
    "found_value_fen": 8_000_000,
    "reply": "adopted",
    "recovered_amount_fen": 6_000_000,
    "unaided": False,
    "reviewer": "承办甲",
    "irregularity": ["未约谈", "查询范围不全"],
}
SECRET = "990001198001010019"

Bearer = dict[str, str]


class Service:
    """A client and its home; `whole` reaches every office, `part` the first, `other` the second."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.headers: dict[str, Bearer] = {}
        with Ledger(home) as ledger:
            for name, office in (("whole", ""), ("part", "339901"), ("other", "339902")):
                ledger.add_actor(name, "service", "system")
                token = ledger.issue_token(name, "system", office=office)
                self.headers[name] = {"Authorization": f"Bearer {token}"}
        self.client = Client(Gate(create_app(replace(read_settings({}), home=home))))

    def put(self, number: str, body: Any, who: str = "part") -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body)
        path = f"/api/v1/outcomes/{quote(number)}"
        return self.client.request("PUT", path, content=content, headers=self.headers[who])

    def get(self, path: str, who: str = "part", **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", params=query, headers=self.headers[who])

    def acts(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        with Ledger(self.home) as ledger, ledger.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT actor, act, subject, payload FROM audit ORDER BY seq").all()
            assert verify(ledger).sound
        return [(row[0], row[1], row[2], json.loads(row[3])) for row in rows]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("outcomes") / "home"
    foreign = one_case(case_no=OTHER, court_division="339902")["case"]
    deliver(home, date(2023, 9, 1), {"case": [*one_case()["case"], *foreign]})
    yield Service(home)


def test_a_record_is_written_once_and_in_the_chain_each_time(service: Service) -> None:
    state = Pool(service.home).state
    first = service.put("A1", BODY)
    assert first.status_code == 200, first.text
    reply = first.json()
    assert (reply["result"], reply["notes"], reply["outcome"]["batch"]) == ("new", [], state + 1)
    assert reply["outcome"]["known_at"] == date.today().isoformat()
    again = service.put("A1", BODY | {"case_no": CASE_NO.replace("（", "(").replace("）", ") ")})
    assert again.json() == reply | {"result": "unchanged"}
    assert Pool(service.home).state == state + 1
    mine = [(actor, payload["result"], payload["batch"]) for actor, act, who, payload in service.acts() if who == "A1"]
    assert mine == [("part", "new", state + 1), ("part", "unchanged", state + 1)]


def test_what_is_kept_is_what_was_said(service: Service) -> None:
    reply = service.put("A2", BODY).json()["outcome"]
    assert {name: reply[name] for name in BODY if name != "reviewer"} == {
        k: v for k, v in BODY.items() if k != "reviewer"
    }
    assert "承办甲" not in json.dumps(service.get("outcomes").json(), ensure_ascii=False)
    with Pool(service.home).as_of(date.today()) as cut:
        one = reviews(cut).set_index("review_id").loc["A2"]
    assert (one["reviewer"], one["irregularity"], one["found_value"]) == ("承办甲", "未约谈;查询范围不全", 8_000_000)
    delivery = Pool(service.home).batches()[-1].delivery
    assert (delivery.approved_by, delivery.received_on) == ("part", date.today())
    assert delivery.legal_basis


def test_a_later_version_replaces_what_stands_and_what_is_left_out_is_blank(service: Service) -> None:
    running = {name: BODY[name] for name in ("case_no", "zb_date", "office", "selected_on", "accept_date")}
    assert service.put("A3", running).json()["result"] == "new"
    reply = service.put("A3", BODY).json()
    assert (reply["result"], reply["outcome"]["label"]) == ("changed", "Y1")
    back = service.put("A3", running).json()
    assert back["outcome"]["label"] is None
    assert any("此前已登记审结" in note for note in back["notes"])


def test_slips_are_named_with_the_answer(service: Service) -> None:
    reply = service.put("A4", BODY | {"case_no": "（2023）浙9901执77号", "recovered_amount_fen": 650}).json()
    assert reply["result"] == "new"
    assert ["未匹配到终本程序" in reply["notes"][0], "疑似按万元填写" in reply["notes"][1]] == [True, True]


def test_the_number_of_another_case_is_refused(service: Service) -> None:
    service.put("A5", BODY)
    state = Pool(service.home).state
    answer = service.put("A5", BODY | {"case_no": "（2023）浙9901执78号"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "reused")
    assert Pool(service.home).state == state


@pytest.mark.parametrize(
    ("number", "body", "who"),
    [
        ("B1", BODY, "other"),
        ("B2", BODY | {"office": "339902"}, "other"),
        ("B3", BODY | {"case_no": OTHER}, "part"),
        ("B0", BODY | {"office": "339902", "case_no": "（2023）浙9902执9号"}, "other"),
    ],
)
def test_another_offices_records_are_closed(service: Service, number: str, body: Any, who: str) -> None:
    assert service.put("B0", BODY).status_code == 200
    state = Pool(service.home).state
    answer = service.put(number, body, who)
    assert answer.status_code == 403, answer.text
    assert Pool(service.home).state == state


@pytest.mark.parametrize(
    ("number", "body", "status", "says"),
    [
        ("C", b"{", 400, "JSON"),
        ("C", [BODY], 422, "JSON 对象"),
        ("C", BODY | {"label": "Y9"}, 422, "label"),
        ("C", BODY | {"zb_date": SECRET}, 422, "zb_date"),
        ("C", BODY | {"recovered_amount_fen": 1.5}, 422, "分"),
        ("C", BODY | {"recovered_amount_fen": -1}, 422, "不小于 0"),
        ("C", BODY | {"case_no": SECRET}, 422, "case_no"),
        ("C", BODY | {"office": "甲"}, 422, "office"),
        ("C", BODY | {"conclude_date": "2023-10-01"}, 422, "selected_on 不应晚于 conclude_date"),
        ("C", BODY | {"origin": SECRET * 20}, 422, "origin"),
        ("C", BODY | {SECRET: 1}, 422, "未列的字段"),
        ("C", {"case_no": CASE_NO}, 422, "必填"),
        ("C d", BODY, 422, "审查编号"),
        ("C", BODY | {"origin": "x" * 9000}, 413, "上限"),
    ],
)
def test_what_is_wrong_is_named_and_never_repeated(
    service: Service, number: str, body: Any, status: int, says: str
) -> None:
    state = Pool(service.home).state
    answer = service.put(number, body)
    assert answer.status_code == status, answer.text
    message = answer.json()["error"]["message"]
    assert says in message
    assert message.endswith("。")
    assert SECRET not in answer.text
    assert Pool(service.home).state == state


def test_the_list_holds_what_the_token_reaches(service: Service) -> None:
    service.put("D1", BODY | {"case_no": OTHER, "office": "339902"}, "other")
    mine = service.get("outcomes", "other").json()
    assert [row["review_id"] for row in mine["outcomes"]] == ["D1"]
    assert service.get("outcomes", "part", office="339902").status_code == 403
    assert service.get("outcomes", "part", office="甲").status_code == 422
    assert service.get("outcomes", limit=0).status_code == 422
    assert service.get("outcomes", as_of="2999-01-01").status_code == 400
    assert service.get("outcomes", as_of="昨天").status_code == 422
    assert service.get("outcomes", "other", as_of="2024-01-01").json()["total"] == 0
    whole = service.get("outcomes", "whole").json()
    page = service.get("outcomes", "whole", limit=1, offset=1).json()
    assert page["outcomes"] == whole["outcomes"][1:2]
    assert (page["total"], len(page["outcomes"])) == (whole["total"], 1)


def test_the_label_page_is_the_offices_own_or_pooled(service: Service) -> None:
    service.put("D1", BODY | {"case_no": OTHER, "office": "339902"}, "other")
    own = service.get("outcome-report", "other").json()
    assert (own["office"], own["total"]["concluded"], own["total"]["recovered_fen"]) == ("339902", 1, 6_000_000)
    pooled = service.get("outcome-report", "whole", office="339902").json()
    assert pooled["office"] == ""
    assert pooled["total"]["concluded"] > own["total"]["concluded"]
    assert list(own["quarters"]) == ["2023Q4"]


def test_the_page_shows_the_same_figures_and_goes_out_as_a_workbook(service: Service) -> None:
    service.put("D1", BODY | {"case_no": OTHER, "office": "339902"}, "other")
    assert service.client.get("/outcomes").status_code == 303
    token = service.headers["other"]["Authorization"].removeprefix("Bearer ")
    reader = Client(service.client._app)
    assert reader.post("/login", data={"token": token, "next": "/outcomes"}).headers["location"] == "/outcomes"
    page = reader.get("/outcomes")
    assert page.status_code == 200
    assert "院 339902" in page.text and "全部院合计" not in page.text
    assert "6.00万元" in page.text and "不作标签" in page.text
    assert "没有选取或审查记录" in reader.get("/outcomes", params={"as_of": "2023-01-01"}).text
    assert reader.get("/outcomes", params={"as_of": "x"}).status_code == 422
    book = load_workbook(io.BytesIO(reader.get("/outcomes.xlsx").content))
    assert book.active["A3"].value == "2023Q4"
    assert {"outcome.report", "outcome.export"} <= {act for who, act, _, _ in service.acts() if who == "other"}


@pytest.mark.parametrize(("method", "path"), [("PUT", "outcomes/A"), ("GET", "outcomes"), ("GET", "outcome-report")])
def test_without_a_token_nothing_is_said(service: Service, method: str, path: str) -> None:
    assert service.client.request(method, f"/api/v1/{path}", content="{}").status_code == 401


def test_a_record_waits_for_another_delivery_and_then_says_so(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PAUSE_SECONDS", 0.0)
    with Pool(service.home)._locked():
        answer = service.put("E1", BODY)
    assert answer.status_code == 503
    assert "正在写入" in answer.json()["error"]["message"]
    assert service.put("E1", BODY).json()["result"] == "new"
