"""Reading of requests: bodies within a limit, JSON as structures, days and counts; no refused value is repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from features.errors import GoldenKeyError
from serving.http.errors import InvalidError, TooLargeError
from serving.http.requests import decode_json, parse_count, parse_day, read_body


class Order(msgspec.Struct, forbid_unknown_fields=True):
    count: int
    note: str = ""


EXPECTED = {"count": "整数"}


def request_of(chunks: list[bytes]) -> Request:
    left = list(chunks)

    async def receive() -> Message:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    receiving: Callable[[], Awaitable[Message]] = receive
    return Request({"type": "http", "method": "POST", "headers": []}, receiving)


@given(st.lists(st.binary(max_size=9), min_size=1, max_size=6), st.integers(0, 40))
def test_a_body_is_read_whole_or_refused_beyond_the_limit(chunks: list[bytes], limit: int) -> None:
    whole = b"".join(chunks)
    reading = read_body(request_of(chunks), limit)
    if len(whole) > limit:
        with pytest.raises(TooLargeError, match=str(limit)):
            asyncio.run(reading)
    else:
        assert asyncio.run(reading) == whole


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (b'{"count": "secret"}', InvalidError, "字段 count 应为整数。"),
        (b'{"count": 1, "note": 7}', InvalidError, "正文有误。"),
        (b'{"count": 1, "secret": 2}', InvalidError, "正文有误。"),
        (b"{}", InvalidError, "正文有误。"),
        (b"secret", GoldenKeyError, "请求正文不是有效的 JSON（UTF-8）。"),
        (b"\xff", GoldenKeyError, "请求正文不是有效的 JSON（UTF-8）。"),
    ],
)
def test_a_wrong_body_names_the_field_and_never_the_value(
    body: bytes, kind: type[GoldenKeyError], sentence: str
) -> None:
    with pytest.raises(kind) as refused:
        decode_json(body, Order, EXPECTED, "正文有误。")
    assert type(refused.value) is kind
    assert str(refused.value) == sentence


def test_a_right_body_is_its_structure() -> None:
    assert decode_json(b'{"count": 3}', Order, EXPECTED, "正文有误。") == Order(3)


@given(st.dates())
def test_a_day_is_read_as_written(day: date) -> None:
    assert parse_day({"as_of": day.isoformat()}) == day


@pytest.mark.parametrize("text", ["secret", "2024-13-01", "31.03.2024", "2024-3-1"])
def test_a_wrong_day_names_its_parameter(text: str) -> None:
    with pytest.raises(InvalidError) as refused:
        parse_day({"as_of": text})
    assert str(refused.value) == "参数 as_of 应为日期（如 2024-03-01）。"


@given(st.integers(0, 10**9 - 1))
def test_a_count_is_read_as_written(number: int) -> None:
    assert parse_count({"limit": str(number)}, "limit", 7) == number


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "１", "1000000000", " 1"])
def test_a_wrong_count_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="limit"):
        parse_count({"limit": text}, "limit", 7)


def test_what_is_not_given_has_its_default() -> None:
    assert parse_day({}) is parse_day({"as_of": ""}) is None
    assert parse_count({}, "limit", 7) == parse_count({"limit": ""}, "limit", 7) == 7
