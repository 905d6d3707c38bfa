"""JSON answers of the interface: a structure, or an error of one sentence with a stable code."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from starlette.responses import Response

from features.errors import GoldenKeyError
from serving.http.auth import CHALLENGE

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

FAULT = "服务内部错误，请将时间告知维护人员。"


class Health(msgspec.Struct, frozen=True):
    """Reply of the health check: that the service answers."""

    status: str


class ErrorBody(msgspec.Struct, frozen=True):
    """An error: a stable code and one sentence."""

    code: str
    message: str


class ErrorReply(msgspec.Struct, frozen=True):
    """What every error looks like."""

    error: ErrorBody


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A structure as JSON."""
    return Response(msgspec.json.encode(value), status, headers, "application/json")


def status_response(status: int, message: str) -> Response:
    """An error as JSON, with the code of its status."""
    return json_response(ErrorReply(ErrorBody(CODES[status], message)), status)


def error_response(error: GoldenKeyError) -> Response:
    """An error as JSON; a fault of ours is logged by its class and not described."""
    status = error.http_status
    if status >= 500:
        logger.error("request failed: %s", type(error).__name__)
    code = getattr(error, "code", CODES.get(status, "bad_request"))
    body = ErrorReply(ErrorBody(code, public_message(error)))
    return json_response(body, status, CHALLENGE if status == 401 else None)


def public_message(error: GoldenKeyError) -> str:
    """The sentence of an error that a caller may see: a general one from status 500 on, except 503."""
    return str(error) if error.http_status < 500 or error.http_status == 503 else FAULT
