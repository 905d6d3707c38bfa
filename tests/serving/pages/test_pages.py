"""The pages: closed until logged in, read-only, masked, without anything from elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from asgi_client import Client
from made_home import OFFICES, Home, case_no

from models.ledger.ledger import Ledger
from serving.app import Gate, create_app
from serving.http.settings import read_settings

QUEUE = f"/queue?office={OFFICES[0]}&as_of=2024-03-31"


@pytest.fixture(scope="module")
def token(module_home: Home) -> str:
    with Ledger(module_home.path) as ledger:
        return ledger.issue_token("system", "system", office=OFFICES[0])


@pytest.fixture
def client(module_home: Home) -> Client:
    settings = replace(read_settings({}), home=module_home.path)
    return Client(Gate(create_app(settings)))


@pytest.fixture
def reader(client: Client, token: str) -> Client:
    assert client.post("/login", data={"token": token, "next": QUEUE}).status_code == 303
    return client


def test_nobody_sees_a_page_without_logging_in(client: Client) -> None:
    for path in (QUEUE, f"/case/{quote(case_no(4))}"):
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=")
    assert client.get("/").headers["location"] == "/queue"


def test_logging_in_sets_a_cookie_no_script_or_site_can_use(client: Client, token: str) -> None:
    refused = client.post("/login", data={"token": "gk_wrong"})
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers
    assert "gk_wrong" not in refused.text
    answer = client.post("/login", data={"token": token, "next": QUEUE})
    assert answer.headers["location"] == QUEUE
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/api/v1/model").status_code == 401


@pytest.mark.parametrize("target", ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test", ""])
def test_logging_in_leads_nowhere_else(client: Client, token: str, target: str) -> None:
    assert client.post("/login", data={"token": token, "next": target}).headers["location"] == "/queue"


def test_the_queue_page_shows_the_list_masked(reader: Client) -> None:
    page = reader.get(QUEUE)
    assert page.status_code == 200
    for word in ("线索队列", "程序线索", "数据完备度", "预期收益", "不是证据", "张*"):
        assert word in page.text
    assert "张测试" not in page.text
    assert not re.search(r"\d{17}[\dX]", page.text)
    assert "认定" not in page.text


def test_a_case_page_shows_reasons_coverage_and_disclaimer(reader: Client) -> None:
    page = reader.get(f"/case/{quote(case_no(4))}?as_of=2024-03-31")
    assert page.status_code == 200
    for word in (case_no(4), "得分的构成", "未取得的数据", "线索非证据", "待核实"):
        assert word in page.text
    assert "张测试" not in page.text


def test_other_offices_and_unknown_cases_are_named_on_a_page(reader: Client) -> None:
    assert reader.get(f"/queue?office={OFFICES[1]}").status_code == 403
    assert reader.get(f"/case/{quote(case_no(3))}").status_code == 403
    missing = reader.get(f"/case/{quote('（2023）浙9901执9999号')}")
    assert missing.status_code == 404
    assert "请核对案号" in missing.text
    wrong = reader.get("/case/<script>alert(1)<%2Fscript>")
    assert wrong.status_code in (404, 422)
    assert "<script" not in wrong.text


def test_pages_fetch_nothing_from_elsewhere_and_run_nothing(reader: Client) -> None:
    page = reader.get(QUEUE)
    style = reader.get("/static/style.css")
    assert style.status_code == 200
    for text in (page.text, style.text):
        assert not re.search(r"https?://|<script|javascript:|@import|url\(|style=", text)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"


def test_logging_out_ends_the_session(reader: Client) -> None:
    reader.post("/logout")
    assert reader.get(QUEUE).status_code == 303


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_pages_are_read_only(reader: Client, method: str) -> None:
    assert reader.request(method, "/queue").status_code == 405
