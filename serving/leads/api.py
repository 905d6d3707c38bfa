"""Endpoints of leads: lists, one lead with its evidence, decisions, 类案."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from models.feedback.lead_decisions import Decision, LeadFilter
from models.ledger.actors import Bearer
from serving.http.endpoint import BODY_ERRORS, OFFICE, PAGE, Endpoint, Parameter
from serving.http.errors import InvalidError
from serving.http.requests import decode_json, parse_count, read_body
from serving.leads.service import PAGE_LIMIT, LeadService
from serving.leads.views import (
    ClustersReply,
    ClusterView,
    DecisionRequest,
    LeadRowView,
    LeadsReply,
    LeadView,
)

FILTERS = ("office", "state", "asset_class", "cause", "route", "case_no")
"""Parameters that narrow a list of leads."""

DECISION_BODY = (
    "请求正文应为 JSON 对象，含 state（文字）和 version（整数），可含 reason_code、reason、department，不含其他字段。"
)

BODY_LIMIT = 8192
"""Bytes of a decision."""

LEAD_ID = Parameter("lead_id", "path", "财产线索编号")
CLUSTER_ID = Parameter("cluster_id", "path", "类案编号")
LIST_PARAMETERS = (
    OFFICE,
    Parameter("state", "query", "状态：初筛、有效、无效、已推送"),
    Parameter("asset_class", "query", "财产类别代码，如 VEH、RE"),
    Parameter("cause", "query", "原因代码，如 QRY-CL、HIT-IDLE"),
    Parameter("route", "query", "可移送方向：民事、刑事、行政、公益"),
    Parameter("case_no", "query", "案号"),
    Parameter("min_yuan", "query", "净值不低于（元）"),
    *PAGE,
)


def parse_filter(query: Mapping[str, str]) -> LeadFilter:
    """Filters from the parameters of a request; amounts are given in 元.

    Raises:
        InvalidError: an amount that is no number.
    """
    chosen = msgspec.convert({name: query.get(name, "").strip() for name in FILTERS}, LeadFilter)
    least = query.get("min_yuan", "").strip()
    try:
        return replace(chosen, at_least_fen=round(100 * float(least))) if least else chosen
    except (ValueError, OverflowError) as error:
        raise InvalidError("参数 min_yuan 应为以元计的数字。") from error


async def answer_list(request: Request, service: LeadService, bearer: Bearer) -> LeadsReply:
    """A page of leads."""
    query = request.query_params
    limit, offset = parse_count(query, "limit", PAGE_LIMIT), parse_count(query, "offset", 0)
    return await run_in_threadpool(service.list, bearer, parse_filter(query), limit, offset)


async def answer_lead(request: Request, service: LeadService, bearer: Bearer) -> LeadView:
    """One lead with its evidence."""
    return await run_in_threadpool(service.show, bearer, request.path_params["lead_id"])


async def answer_decision(request: Request, service: LeadService, bearer: Bearer) -> LeadRowView:
    """The lead as it stands after the decision of the body."""
    body = await read_body(request, BODY_LIMIT)
    decision = Decision(**msgspec.structs.asdict(decode_json(body, DecisionRequest, {}, DECISION_BODY)))
    return await run_in_threadpool(service.decide, bearer, request.path_params["lead_id"], decision)


async def answer_clusters(request: Request, service: LeadService, bearer: Bearer) -> ClustersReply:
    """类案 of an office."""
    return await run_in_threadpool(service.clusters, bearer, request.query_params.get("office", ""))


async def answer_cluster(request: Request, service: LeadService, bearer: Bearer) -> ClusterView:
    """One 类案."""
    return await run_in_threadpool(service.cluster_view, bearer, request.path_params["cluster_id"])


ENDPOINTS: tuple[Endpoint[LeadService], ...] = (
    Endpoint("GET", "/api/v1/leads", answer_list, "leads", "财产线索列表", LIST_PARAMETERS),
    Endpoint("GET", "/api/v1/leads/{lead_id}", answer_lead, "lead", "一条财产线索及其依据行", (LEAD_ID,)),
    Endpoint(
        "POST",
        "/api/v1/leads/{lead_id}/decision",
        answer_decision,
        "decide",
        "标为有效、无效，或推送部门",
        (LEAD_ID,),
        BODY_ERRORS,
        body=DecisionRequest,
    ),
    Endpoint("GET", "/api/v1/lead-clusters", answer_clusters, "clusters", "类案列表", (OFFICE,)),
    Endpoint("GET", "/api/v1/lead-clusters/{cluster_id}", answer_cluster, "cluster", "一个类案", (CLUSTER_ID,)),
)
"""One row per endpoint."""
