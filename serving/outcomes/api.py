"""Records of reviews over HTTP: one version put, an office's listed, the label page."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from features.errors import GoldenKeyError
from models.ledger.actors import Bearer
from serving.application import Desk
from serving.http.errors import InvalidError, read_body
from serving.leads.api import whole_number
from serving.outcomes.service import PAGE_LIMIT
from serving.outcomes.views import OutcomeRequest

BODY_LIMIT = 8192
"""Bytes of a record."""

REQUIRED = ("case_no", "zb_date", "office", "selected_on", "accept_date")
DATE = "形如 2024-03-31 的日期"

_FIELD = re.compile(r"`\$\.(\w+)")

Asked = Callable[[Request, Desk, Bearer], Awaitable[Any]]
Handler = Callable[[Request], Awaitable[Response]]


def outcome_routes(behind: Callable[[Asked], Handler]) -> list[Route]:
    """Routes of reviews; `behind` answers bearers only."""
    return [
        Route("/api/v1/outcomes", behind(_list)),
        Route("/api/v1/outcomes/{review_id}", behind(_put), methods=["PUT"]),
        Route("/api/v1/outcome-report", behind(_report)),
    ]


def parse_outcome(body: bytes) -> OutcomeRequest:
    """A record from a request body; InvalidError names the field and never its value."""
    try:
        return msgspec.json.decode(body, type=OutcomeRequest)
    except msgspec.ValidationError as error:
        found = _FIELD.search(str(error))
        if found and found.group(1) in OutcomeRequest.__struct_fields__:
            raise InvalidError(f"字段 {found.group(1)} 应为{_expected(found.group(1))}。") from None
        raise InvalidError(
            f"请求正文应为 JSON 对象，含 {'、'.join(REQUIRED)}（必填），可含接口文档所列的其他字段，不含未列的字段。"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise GoldenKeyError("请求正文不是有效的 JSON（UTF-8）。") from None


def _expected(name: str) -> str:
    if name.endswith(("_date", "_on")):
        return DATE
    if name.endswith("_fen"):
        return "以分计的整数"
    given = {
        "label": "Y1 至 Y6 之一",
        "reply": "adopted、partly、refused、overdue 之一",
        "irregularity": "文字的数组",
        "unaided": "true 或 false",
    }
    return given.get(name, "文字")


def parse_known_on(text: str) -> date | None:
    """The day of a query; InvalidError names the field."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidError(f"参数 as_of 应为{DATE}。") from error


async def _put(request: Request, desk: Desk, bearer: Bearer) -> Any:
    asked = parse_outcome(await read_body(request, BODY_LIMIT))
    return await run_in_threadpool(desk.outcomes.put, bearer, request.path_params["review_id"], asked)


async def _list(request: Request, desk: Desk, bearer: Bearer) -> Any:
    query = request.query_params
    limit, offset = whole_number(query, "limit", PAGE_LIMIT), whole_number(query, "offset", 0)
    day = parse_known_on(query.get("as_of", ""))
    return await run_in_threadpool(desk.outcomes.list, bearer, query.get("office", ""), day, limit, offset)


async def _report(request: Request, desk: Desk, bearer: Bearer) -> Any:
    return await run_in_threadpool(desk.outcomes.report, bearer, parse_known_on(request.query_params.get("as_of", "")))
