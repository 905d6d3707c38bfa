"""Pages as rows, and sessions: who is let in, where an expired session leads, what a page makes of names and errors."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote

import pytest
from asgi_client import Client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from features.errors import GoldenKeyError, NotFoundError
from models.ledger.actors import Bearer
from models.ledger.ledger import Ledger
from serving.http.auth import COOKIE
from serving.http.settings import read_settings
from serving.pages.page import XLSX, Content, Page, page_routes, workbook_response
from serving.pages.session import BODY_LIMIT, PATHS, session_routes

EVIL = "<script>alert('名')</script>\"&"
SECRET = "990001198001010019"


@dataclass
class Stub:
    """A service that only knows the tokens."""

    ledger: Ledger
    settings = read_settings({"GOLDENKEY_SESSION_HOURS": "2"})


async def show(request: Request, service: Stub, bearer: Bearer) -> Content:
    if request.query_params.get("fails") == "missing":
        raise NotFoundError(f"没有“{EVIL}”。")
    if request.query_params.get("fails") == "inside":
        raise _fault()
    return Content({"sentence": f"{bearer.office} {EVIL}"}, 202)


async def download(request: Request, service: Stub, bearer: Bearer) -> Response:
    return workbook_response(b"PK", 'filename="a.xlsx"')


def _fault() -> GoldenKeyError:
    error = GoldenKeyError(SECRET)
    error.http_status = 500
    return error


ROWS: tuple[Page[Stub], ...] = (
    Page(path="/thing/{id}", handler=show, template="error.html"),
    Page(path="/thing.xlsx", handler=download),
)


@dataclass
class Site:
    """A fresh browser of the pages, their ledger and a token of the first office."""

    client: Client
    ledger: Ledger
    token: str

    def log_in(self, **form: str) -> Client:
        assert self.client.post("/login", data={"token": self.token} | form).status_code == 303
        return self.client


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ledger(tmp_path_factory.mktemp("pages")) as made:
        made.add_actor("王检察官", "person", "system")
        yield made


@pytest.fixture
def site(ledger: Ledger) -> Site:
    service = Stub(ledger)
    routes = [
        *session_routes(lambda: service),  # type: ignore[arg-type, return-value]
        *page_routes(ROWS, lambda: service, lambda *_: ""),
    ]
    return Site(Client(Starlette(routes=routes)), ledger, ledger.issue_token("王检察官", "system", office="339901"))


def test_who_is_not_logged_in_is_sent_to_the_login_and_from_there_back(site: Site) -> None:
    asked = f"/thing/{quote('（2023）浙9901执1号')}?as_of=2024-03-31&x=a%26b"
    sent = site.client.get(asked)
    assert sent.status_code == 303
    page = site.client.get(sent.headers["location"])
    hidden = re.search(r'name="next" value="([^"]*)"', page.text)
    assert hidden is not None
    answer = site.client.post("/login", data={"token": f" {site.token}\n", "next": html.unescape(hidden.group(1))})
    assert answer.headers["location"] == asked
    assert site.client.get(asked).status_code == 202


def test_after_a_wrong_token_one_still_gets_where_one_wanted(site: Site) -> None:
    refused = site.client.post("/login", data={"token": "gk_wrong", "next": "/thing/1?a=1&b=2"})
    assert refused.status_code == 401
    assert 'value="/thing/1?a=1&amp;b=2"' in refused.text
    assert "无效或已过期" in refused.text
    foreign = site.client.post("/login", data={"token": "gk_wrong", "next": "//elsewhere.test"})
    assert "elsewhere" not in foreign.text


@pytest.mark.parametrize("how", ["expired", "revoked", "disabled", "forged", "emptied"])
def test_a_session_that_is_over_leads_to_the_login_and_shows_nothing(site: Site, how: str, ledger: Ledger) -> None:
    client = site.log_in()
    assert client.get("/thing/1").status_code == 202
    sha256 = ledger.tokens()[-1]["sha256"]
    if how == "expired":
        with ledger.engine.begin() as connection:
            yesterday = (date.today() - timedelta(days=1)).isoformat()
            connection.exec_driver_sql("UPDATE tokens SET expires = ? WHERE sha256 = ?", (yesterday, sha256))
    elif how == "revoked":
        ledger.revoke_token(sha256, "system")
    elif how == "disabled":
        ledger.set_active("王检察官", False, "system")
    else:
        client.cookies.set(COOKIE, {"forged": site.token + "x", "emptied": ""}[how], "127.0.0.1")
    try:
        for path in ("/thing/1", "/thing.xlsx"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={quote(path, safe='')}")
            assert "339901" not in answer.text
    finally:
        if how == "disabled":
            ledger.set_active("王检察官", True, "system")


def test_the_session_holds_as_long_as_the_settings_say_and_ends_with_logging_out(site: Site) -> None:
    answer = site.client.post("/login", data={"token": site.token})
    assert "max-age=7200" in answer.headers["set-cookie"].lower()
    assert answer.headers["location"] == "/queue"
    left = site.client.post("/logout")
    assert left.headers["location"] == "/login"
    assert site.client.get("/thing/1").status_code == 303
    assert site.client.get("/logout").status_code == 405


def test_a_token_in_the_address_or_the_header_opens_no_page(site: Site) -> None:
    headers = {"Authorization": f"Bearer {site.token}"}
    assert site.client.get("/thing/1", params={"token": site.token}, headers=headers).status_code == 303


def test_names_and_sentences_are_text_never_markup(site: Site) -> None:
    client = site.log_in()
    for query, status in (("", 202), ("?fails=missing", 404)):
        page = client.get(f"/thing/1{query}")
        assert page.status_code == status
        assert "<script" not in page.text
        assert html.escape("<script>alert(") in page.text
    login = client.get("/login", params={"next": '/"><script>alert(1)</script>'})
    assert "<script" not in login.text
    assert client.get("/thing/1").headers["content-type"] == "text/html; charset=utf-8"


def test_a_fault_of_ours_is_not_described_on_a_page(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    page = site.log_in().get("/thing/1?fails=inside")
    assert page.status_code == 500
    assert SECRET not in page.text + caplog.text


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 401), (b"token=", 401), (b"\xff\xfe=\x00", 401), (b"token=%ED%A0%80", 401), (b"x" * (BODY_LIMIT + 1), 413)],
)
def test_a_login_form_of_nonsense_is_the_form_again(site: Site, body: bytes, status: int) -> None:
    answer = site.client.post("/login", content=body)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text and 'action="/login"' in answer.text
    assert "set-cookie" not in answer.headers


def test_a_workbook_is_a_download(site: Site) -> None:
    answer = site.log_in().get("/thing.xlsx")
    assert (answer.content, answer.headers["content-type"]) == (b"PK", XLSX)
    assert answer.headers["content-disposition"] == 'attachment; filename="a.xlsx"'


def test_the_start_page_leads_to_the_queue(site: Site) -> None:
    assert PATHS[0] == "/"
    assert site.client.get("/").headers["location"] == "/queue"
