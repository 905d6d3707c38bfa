"""The HTTP interface, version 1: scores, explanations, queues, the model, health. Errors are one sentence.

A refused value is never repeated, neither in an answer nor in a log: the sentence names the field and what is expected.
"""

from __future__ import annotations

import logging
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
from serving.http.auth import CHALLENGE, from_header
from serving.http.errors import InvalidError, read_body
from serving.leads.api import lead_routes
from serving.outcomes.api import outcome_routes
from serving.queue.views import ErrorBody, ErrorReply, Health, ScoresRequest

logger = logging.getLogger("goldenkey")

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "not_ready",
    413: "too_large",
    422: "invalid",
    500: "fault",
    503: "unavailable",
}
"""Stable error codes by HTTP status."""

EXPECTED = {"case_nos": "案号文字的数组", "as_of": "形如 2024-03-31 的日期"}
"""What each field of a request must be."""

FAULT = "服务内部错误，请将时间告知维护人员。"

_FIELD = re.compile(r"`\$\.(\w+)")


Handler = Callable[[Request], Awaitable[Response]]
Asked = Callable[[Request, Desk, Bearer], Awaitable[Any]]


def api_routes(desk: Callable[[], Desk]) -> list[Route]:
    """Routes under /api/v1; `desk` gives the desk when first needed."""

    def behind(handler: Asked) -> Handler:
        """A handler that answers bearers only, with its errors as JSON."""

        async def answer(request: Request) -> Response:
            try:
                at = desk()
                bearer = await run_in_threadpool(from_header, at.ledger, request)
                return reply(await handler(request, at, bearer))
            except GoldenKeyError as error:
                return refusal(error)

        return answer

    return [
        Route("/api/v1/health", _health),
        Route("/api/v1/scores", behind(_scores), methods=["POST"]),
        Route("/api/v1/cases/{case_no}/explanation", behind(_explanation)),
        Route("/api/v1/queue", behind(_queue)),
        Route("/api/v1/model", behind(_model)),
        *lead_routes(behind),
        *outcome_routes(behind),
        Route("/api/v1/openapi.json", behind(_openapi)),
    ]


def reply(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A structure as JSON."""
    return Response(msgspec.json.encode(value), status, headers, "application/json")


def refusal(error: GoldenKeyError) -> Response:
    """An error as JSON; faults of ours tell nothing of the inside."""
    status = error.http_status
    message = str(error) if status < 500 or status == 503 else FAULT
    if status >= 500:
        logger.error("request failed: %s", type(error).__name__)
    body = ErrorReply(ErrorBody(getattr(error, "code", CODES.get(status, "bad_request")), message))
    return reply(body, status, CHALLENGE if status == 401 else None)


def parse_day(text: str | None) -> date | None:
    """A day in a query; InvalidError names the field."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidError(f"参数 as_of 应为{EXPECTED['as_of']}。") from error


def parse_scores(body: bytes) -> ScoresRequest:
    """The request for scores; InvalidError names the field that is wrong and never its value."""
    try:
        return msgspec.json.decode(body, type=ScoresRequest)
    except msgspec.ValidationError as error:
        found = _FIELD.search(str(error))
        name = found.group(1) if found else ""
        if name in EXPECTED:
            raise InvalidError(f"字段 {name} 应为{EXPECTED[name]}。") from None
        raise InvalidError("请求正文应为 JSON 对象，含 case_nos（必填）和 as_of 两个字段，不含其他字段。") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise GoldenKeyError("请求正文不是有效的 JSON（UTF-8）。") from None


async def _health(_request: Request) -> Response:
    return reply(Health("ok"))


async def _scores(request: Request, desk: Desk, bearer: Bearer) -> Any:
    asked = parse_scores(await read_body(request, desk.settings.body_limit))
    return await run_in_threadpool(desk.scores, bearer, asked.case_nos, asked.as_of)


async def _explanation(request: Request, desk: Desk, bearer: Bearer) -> Any:
    day = parse_day(request.query_params.get("as_of"))
    return await run_in_threadpool(desk.explanation, bearer, request.path_params["case_no"], day)


async def _queue(request: Request, desk: Desk, bearer: Bearer) -> Any:
    office = request.query_params.get("office") or bearer.office
    if not office:
        raise InvalidError("缺少参数 office，应为 2 至 6 位行政区划代码。")
    day = parse_day(request.query_params.get("as_of"))
    return await run_in_threadpool(desk.queue, bearer, office, day)


async def _model(_request: Request, desk: Desk, _bearer: Bearer) -> Any:
    return await run_in_threadpool(desk.model)


async def _openapi(_request: Request, _desk: Desk, _bearer: Bearer) -> Any:
    from serving.openapi import document

    return document()
