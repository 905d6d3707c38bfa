"""Reading a request: its body within a limit, JSON as a structure, days and numbers of the query.

A refused value is never repeated: the sentence names the field and what is expected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import TypeVar

import msgspec
from starlette.requests import Request

from features.errors import GoldenKeyError
from features.rules.iso_days import NoDayError, read_day
from serving.http.errors import InvalidError, TooLargeError

ASKED = "由查询指定"
"""Why an answer speaks as of the day that a request named."""

_FIELD = re.compile(r"`\$\.(\w+)")

_Body = TypeVar("_Body", bound=msgspec.Struct)


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a request; TooLargeError as soon as it passes the limit (bytes)."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLargeError(f"请求正文超过 {limit} 字节的上限，请分批提交。")
        parts.append(part)
    return b"".join(parts)


def decode_json(body: bytes, form: type[_Body], expected: Mapping[str, str], otherwise: str) -> _Body:
    """A request body as a structure.

    Args:
        body: JSON in UTF-8.
        form: the structure.
        expected: what each field must be, in 中文, for the sentence that names a wrong field.
        otherwise: the sentence for a body that is wrong in another way (a missing or an unknown field).

    Raises:
        InvalidError: a field is wrong. GoldenKeyError: no JSON.
    """
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.ValidationError as error:
        field = _FIELD.search(str(error))
        if field and field.group(1) in expected:
            raise InvalidError(f"字段 {field.group(1)} 应为{expected[field.group(1)]}。") from None
        raise InvalidError(otherwise) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise GoldenKeyError("请求正文不是有效的 JSON（UTF-8）。") from None


def parse_day(query: Mapping[str, str], name: str = "as_of") -> date | None:
    """A day of a query, None where it is not given; InvalidError names the parameter."""
    text = query.get(name, "")
    if not text:
        return None
    try:
        return read_day(text)
    except NoDayError as error:
        raise InvalidError(f"参数 {name} {error}。") from error


def parse_count(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of a query, not below 0; InvalidError names the parameter."""
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidError(f"参数 {name} 应为不小于 0 的整数。")
    return int(text)
