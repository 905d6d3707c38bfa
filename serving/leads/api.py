"""Leads over HTTP: lists, one lead with its evidence, decisions, 类案."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from features.errors import GoldenKeyError
from models.feedback.lead_decisions import Decision, LeadFilter
from models.ledger.actors import Bearer
from serving.application import Desk
from serving.http.errors import InvalidError, read_body
from serving.leads.service import PAGE_LIMIT
from serving.leads.views import DecisionRequest, cluster_view

FILTERS = ("office", "state", "asset_class", "cause", "route", "case_no")
"""Parameters that narrow a list of leads."""

DECISION = (
    "请求正文应为 JSON 对象，含 state（文字）和 version（整数），可含 reason_code、reason、department，不含其他字段。"
)

BODY_LIMIT = 8192
"""Bytes of a decision."""

Asked = Callable[[Request, Desk, Bearer], Awaitable[Any]]
Handler = Callable[[Request], Awaitable[Response]]


def lead_routes(behind: Callable[[Asked], Handler]) -> list[Route]:
    """Routes of leads; `behind` answers bearers only."""
    return [
        Route("/api/v1/leads", behind(_list)),
        Route("/api/v1/leads/{lead_id}", behind(_lead)),
        Route("/api/v1/leads/{lead_id}/decision", behind(_decide), methods=["POST"]),
        Route("/api/v1/lead-clusters", behind(_clusters)),
        Route("/api/v1/lead-clusters/{cluster_id}", behind(_cluster)),
    ]


def wanted_of(query: Mapping[str, str]) -> LeadFilter:
    """Filters from the parameters of a request; amounts are given in 元.

    Raises:
        InvalidError: an amount that is no number.
    """
    given = {name: query.get(name, "").strip() for name in FILTERS}
    wanted = LeadFilter(**given)  # type: ignore[arg-type]
    least = query.get("min_yuan", "").strip()
    try:
        return replace(wanted, at_least_fen=round(100 * float(least))) if least else wanted
    except (ValueError, OverflowError) as error:
        raise InvalidError("参数 min_yuan 应为以元计的数字。") from error


def parse_decision(body: bytes) -> Decision:
    """A decision from a request body; InvalidError names the fields and never a value."""
    try:
        asked = msgspec.json.decode(body, type=DecisionRequest)
    except msgspec.ValidationError:
        raise InvalidError(DECISION) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise GoldenKeyError("请求正文不是有效的 JSON（UTF-8）。") from None
    return Decision(**msgspec.structs.asdict(asked))


def whole_number(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of a query; InvalidError names the field."""
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidError(f"参数 {name} 应为不小于 0 的整数。")
    return int(text)


async def _list(request: Request, desk: Desk, bearer: Bearer) -> Any:
    query = request.query_params
    limit, offset = whole_number(query, "limit", PAGE_LIMIT), whole_number(query, "offset", 0)
    return await run_in_threadpool(desk.leads.list, bearer, wanted_of(query), limit, offset)


async def _lead(request: Request, desk: Desk, bearer: Bearer) -> Any:
    return await run_in_threadpool(desk.leads.show, bearer, request.path_params["lead_id"])


async def _decide(request: Request, desk: Desk, bearer: Bearer) -> Any:
    decision = parse_decision(await read_body(request, BODY_LIMIT))
    return await run_in_threadpool(desk.leads.decide, bearer, request.path_params["lead_id"], decision)


async def _clusters(request: Request, desk: Desk, bearer: Bearer) -> Any:
    return await run_in_threadpool(desk.leads.clusters, bearer, request.query_params.get("office", ""))


async def _cluster(request: Request, desk: Desk, bearer: Bearer) -> Any:
    return cluster_view(await run_in_threadpool(desk.leads.cluster, bearer, request.path_params["cluster_id"]))
