"""Refusals of the service that several desks share, and the reading of a request that may be refused."""

from __future__ import annotations

from starlette.requests import Request

from features.errors import GoldenKeyError


class InvalidError(GoldenKeyError):
    """A request whose values have the wrong form; the sentence names the field, never the value."""

    http_status = 422


class TooLargeError(GoldenKeyError):
    """A request body beyond the limit."""

    http_status = 413


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a request; TooLargeError as soon as it passes the limit."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLargeError(f"请求正文超过 {limit} 字节的上限，请分批提交。")
        parts.append(part)
    return b"".join(parts)
