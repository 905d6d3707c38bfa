"""The interface asked in process: who may ask what, what is answered, and what an error never says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from asgi_client import Client
from made_home import CASES, OFFICES, Home, case_no

from models.audit.verify import verify
from models.ledger.ledger import Ledger
from serving.app import Gate, create_app
from serving.http.settings import read_settings

ID = "990001198001010019"


@pytest.fixture(scope="module")
def service(module_home: Home) -> Iterator[tuple[Client, dict[str, str], dict[str, str]]]:
    """A client, and the headers of a bearer of all offices and of one of the first office."""
    with Ledger(module_home.path) as ledger:
        ledger.add_actor("平台", "service", "system")
        ledger.add_actor("甲院", "person", "system")
        whole = ledger.issue_token("平台", "system")
        part = ledger.issue_token("甲院", "system", office=OFFICES[0])
    settings = replace(read_settings({"GOLDENKEY_BODY_LIMIT": "2000"}), home=module_home.path)
    client = Client(Gate(create_app(settings)))
    asked = client.get("/api/v1/queue", params={"office": OFFICES[0], "as_of": "2024-03-31"}, headers=_bearer(whole))
    assert asked.status_code == 200, asked.text
    yield client, _bearer(whole), _bearer(part)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


Service = tuple[Client, dict[str, str], dict[str, str]]


def test_scores_are_those_of_the_ledger_and_are_in_the_chain(service: Service, module_home: Home) -> None:
    client, whole, _ = service
    numbers = [case_no(4), case_no(3), case_no(2).replace("（", "(").replace("）", ") ")]
    answer = client.post("/api/v1/scores", json={"case_nos": numbers}, headers=whole).json()["scores"]
    assert [row["case_no"] for row in answer] == [case_no(4), case_no(3), case_no(2)]
    with Ledger(module_home.path) as ledger:
        for row in answer:
            kept = ledger.score(row["score_id"])
            assert (kept.probability, kept.amount_fen, kept.level) == (
                row["probability"],
                row["amount_fen"],
                row["level"],
            )
        with ledger.engine.connect() as connection:
            last = connection.exec_driver_sql("SELECT actor, act, payload FROM audit ORDER BY seq DESC").first()
        assert last is not None
        assert (last[0], last[1]) == ("平台", "score.serve")
        assert json.loads(last[2])["score_ids"] == [row["score_id"] for row in answer]
        assert verify(ledger).sound


def test_a_day_not_yet_scored_is_scored_on_demand(service: Service) -> None:
    client, whole, _ = service
    body = {"case_nos": [case_no(1)], "as_of": "2024-02-29"}
    assert client.post("/api/v1/scores", json=body, headers=whole).json()["scores"][0]["as_of"] == "2024-02-29"


def test_an_explanation_adds_up(service: Service) -> None:
    client, whole, _ = service
    path = f"/api/v1/cases/{quote(case_no(4))}/explanation"
    reply = client.get(path, params={"as_of": "2024-03-31"}, headers=whole).json()
    parts = sum(reason["contribution"] for reason in reply["reasons"] + reply["lowers"])
    assert reply["base"] + parts + reply["rest"] == pytest.approx(reply["margin"], abs=1e-6)
    assert reply["debtor"] == "张*"
    assert "张测试" not in json.dumps(reply, ensure_ascii=False)
    assert reply["sources"]["COURT"] is True


def test_the_queue_lists_the_office_and_its_inclusion(service: Service) -> None:
    client, whole, part = service
    asked = {"office": OFFICES[0], "as_of": "2024-03-31"}
    view = client.get("/api/v1/queue", params=asked, headers=whole).json()
    assert view == client.get("/api/v1/queue", params={"as_of": "2024-03-31"}, headers=part).json()
    assert len(view["inclusion"]) == view["eligible"] == CASES // 2


def test_the_model_says_what_it_stands_on(service: Service, module_home: Home) -> None:
    client, whole, _ = service
    reply = client.get("/api/v1/model", headers=whole).json()
    assert reply["version"] == module_home.version
    assert reply["labels"]["concealment"] == {"labels": 300, "positives": 60}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer gk_wrong"}, {"Authorization": "Basic x"}])
@pytest.mark.parametrize("path", ["scores", "queue", "model", "openapi.json", "cases/x/explanation"])
def test_without_a_token_nothing_is_said(service: Service, path: str, headers: dict[str, str]) -> None:
    client, _, _ = service
    answer = client.request("POST" if path == "scores" else "GET", f"/api/v1/{path}", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["error"]["code"] == "unauthorized"


def test_another_offices_cases_are_closed(service: Service) -> None:
    client, _, part = service
    for answer in (
        client.post("/api/v1/scores", json={"case_nos": [case_no(4), case_no(3)]}, headers=part),
        client.get(f"/api/v1/cases/{quote(case_no(3))}/explanation", headers=part),
        client.get("/api/v1/queue", params={"office": OFFICES[1]}, headers=part),
        client.get("/api/v1/queue", params={"office": "3399"}, headers=part),
    ):
        assert answer.status_code == 403, answer.text
        assert OFFICES[1] not in answer.text


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("{", 400, "JSON"),
        ("\xff", 400, "JSON"),
        (json.dumps([ID]), 422, "case_nos"),
        (json.dumps({"case_nos": ID}), 422, "case_nos"),
        (json.dumps({"case_nos": [1]}), 422, "case_nos"),
        (json.dumps({"case_nos": [ID]}), 422, "case_nos"),
        (json.dumps({"case_nos": [f"（2023）浙9901执{ID}号之{ID}"]}), 422, "第 1 项"),
        (json.dumps({"case_nos": []}), 422, "1 至 200"),
        (json.dumps({"case_nos": [case_no(1)], "as_of": ID}), 422, "as_of"),
        (json.dumps({"case_nos": [case_no(1)], ID: 1}), 422, "不含其他字段"),
        (json.dumps({"case_nos": [case_no(1), "（2023）浙9901执9999号"]}), 404, "第 2 个案号"),
        (json.dumps({"case_nos": [case_no(1)], "as_of": "2999-01-01"}), 400, "在将来"),
        (json.dumps({"case_nos": [case_no(1)], "as_of": "2019-01-01"}), 409, "没有可评分"),
        (json.dumps({"case_nos": ["x" * 3000]}), 413, "上限"),
    ],
)
def test_what_is_wrong_is_named_and_never_repeated(service: Service, body: str, status: int, says: str) -> None:
    client, whole, _ = service
    answer = client.post("/api/v1/scores", content=body.encode("latin-1" if body == "\xff" else "utf-8"), headers=whole)
    assert answer.status_code == status, answer.text
    message = answer.json()["error"]["message"]
    assert says in message
    assert message.endswith("。")
    assert ID not in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"cases/{ID}/explanation", 422),
        (f"cases/{quote('（2023）浙9901执9999号')}/explanation", 404),
        (f"queue?office={ID}", 422),
        ("queue?office=330683", 404),
        ("queue", 422),
        (f"queue?office={OFFICES[0]}&as_of={ID}", 422),
        ("nothing", 404),
        ("scores", 405),
    ],
)
def test_wrong_addresses_are_sentences(service: Service, path: str, status: int) -> None:
    client, whole, _ = service
    answer = client.get(f"/api/v1/{path}", headers=whole)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"].endswith("。")
    assert ID not in answer.text


@pytest.mark.parametrize("path", ["/metrics", "/docs.json", "/schema.json", "/static_content/x", "/openapi.json", "/x"])
def test_everything_else_is_closed(service: Service, path: str) -> None:
    client, whole, _ = service
    answer = client.get(path, headers=whole)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_health_needs_no_token_and_says_nothing(service: Service) -> None:
    client, _, _ = service
    for path in ("/health", "/api/v1/health"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_fault_of_ours_shows_nothing_of_the_inside(
    service: Service,
    module_home: Home,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client, whole, _ = service
    index = module_home.path / "models" / "index.json"
    index.write_text(f"{{{ID}")
    answer = client.get("/api/v1/model", headers=whole)
    index.unlink()
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "fault"
    assert ID not in answer.text + caplog.text
