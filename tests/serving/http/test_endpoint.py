"""Endpoints as rows: the handler gets service and bearer, errors are answered as JSON, only the method listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from asgi_client import Client
from starlette.applications import Starlette
from starlette.requests import Request

from features.errors import NotFoundError
from models.ledger.actors import Bearer
from models.ledger.ledger import Ledger
from serving.http.endpoint import Endpoint, OpenEndpoint, endpoint_routes, open_routes


@dataclass
class LedgerService:
    ledger: Ledger


async def name_bearer(request: Request, service: LedgerService, bearer: Bearer) -> Any:
    return {"office": bearer.office, "id": request.path_params["id"]}


async def missing(request: Request, service: LedgerService, bearer: Bearer) -> Any:
    raise NotFoundError("没有。")


async def health(request: Request) -> Any:
    return {"status": "ok"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, str, list[Path]]]:
    home = tmp_path_factory.mktemp("endpoint")
    with Ledger(home) as ledger:
        token = ledger.issue_token("system", "system", office="339901")
        opened: list[Path] = []

        def service() -> LedgerService:
            opened.append(home)
            return LedgerService(ledger)

        rows = (
            Endpoint("GET", "/who/{id}", name_bearer),
            Endpoint("POST", "/missing", missing),
        )
        routes = endpoint_routes(rows, service) + open_routes([OpenEndpoint("GET", "/h", health)])
        yield Client(Starlette(routes=routes)), token, opened


def test_a_bearer_is_answered_and_nobody_else(served: tuple[Client, str, list[Path]]) -> None:
    client, token, _ = served
    answer = client.get("/who/7", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()) == (200, {"office": "339901", "id": "7"})
    refused = client.get("/who/7")
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "unauthorized"


def test_an_error_of_the_handler_is_json_and_other_methods_are_not_served(
    served: tuple[Client, str, list[Path]],
) -> None:
    client, token, _ = served
    headers = {"authorization": f"Bearer {token}"}
    answer = client.post("/missing", headers=headers)
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "没有。")
    assert client.get("/missing", headers=headers).status_code == 405


def test_an_open_endpoint_needs_neither_token_nor_service(served: tuple[Client, str, list[Path]]) -> None:
    client, _, opened = served
    before = len(opened)
    assert client.get("/h").json() == {"status": "ok"}
    assert len(opened) == before
