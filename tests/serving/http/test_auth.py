"""Authentication of requests: what counts as a token, where a login may lead, how its cookie is kept."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from models.ledger.actors import AccessError
from models.ledger.ledger import Ledger
from serving.http.auth import COOKIE, bearer_from_cookie, bearer_from_header, local_path, set_cookie


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, str]]:
    """A ledger with one token of one office, and the token."""
    with Ledger(tmp_path_factory.mktemp("auth")) as ledger:
        ledger.add_actor("王检察官", "person", "system")
        yield ledger, ledger.issue_token("王检察官", "system", office="339901")


def request_with(name: str, value: str) -> Request:
    return Request({"type": "http", "headers": [(name.encode(), value.encode())]})


@pytest.mark.parametrize("header", ["Bearer {}", "bearer  {} "])
def test_a_token_in_the_header_names_its_bearer(register: tuple[Ledger, str], header: str) -> None:
    ledger, token = register
    bearer = bearer_from_header(ledger, request_with("authorization", header.format(token)))
    assert (bearer.actor, bearer.office) == ("王检察官", "339901")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {}x", "Bearer gk_wrong"])
def test_anything_else_in_the_header_is_refused(register: tuple[Ledger, str], header: str) -> None:
    ledger, token = register
    with pytest.raises(AccessError):
        bearer_from_header(ledger, request_with("authorization", header.format(token)))


def test_a_page_takes_the_cookie_and_no_header(register: tuple[Ledger, str]) -> None:
    ledger, token = register
    assert bearer_from_cookie(ledger, request_with("cookie", f"{COOKIE}={token}")).actor == "王检察官"
    with pytest.raises(AccessError):
        bearer_from_cookie(ledger, request_with("authorization", f"Bearer {token}"))


def test_the_cookie_is_kept_from_scripts_and_other_sites() -> None:
    response = Response()
    set_cookie(response, "gk_right", hours=8, secure=True)
    parts = {part.strip().lower() for part in response.headers["set-cookie"].split(";")}
    assert {"httponly", "secure", "samesite=strict", "max-age=28800"} <= parts


@given(st.text(max_size=30) | st.from_regex(r"[/\\]{1,3}[a-z.:@/]{0,12}", fullmatch=True))
def test_a_login_leads_to_no_other_host(text: str) -> None:
    target = local_path(text)
    seen = urlsplit(target.replace("\\", "/"))
    assert (seen.scheme, seen.netloc) == ("", "")
    assert target.startswith("/")


def test_a_login_leads_where_it_was_asked_for() -> None:
    assert local_path("/leads?office=339901") == "/leads?office=339901"
