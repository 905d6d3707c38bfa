"""Endpoints of reviews: one version put, an office's listed, figures by quarter."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from features.rules.iso_days import A_DAY
from models.ledger.actors import Bearer
from serving.http.endpoint import OFFICE, PAGE, Endpoint, Parameter
from serving.http.requests import decode_json, parse_count, parse_day, read_body
from serving.outcomes.service import PAGE_LIMIT, OutcomeService
from serving.outcomes.views import FunnelReply, OutcomeReply, OutcomeRequest, OutcomesReply

BODY_LIMIT = 8192
"""Bytes of a record."""

REQUIRED = ("case_no", "zb_date", "office", "selected_on", "accept_date")

OUTCOME_BODY = f"请求正文应为 JSON 对象，含 {'、'.join(REQUIRED)}（必填），可含接口文档所列的其他字段，不含未列的字段。"

REVIEW_ID = Parameter("review_id", "path", "审查编号")
KNOWN_ON = Parameter("as_of", "query", "按哪一天所知，缺省为今天", format="date")


def _expected_value(name: str) -> str:
    if name.endswith(("_date", "_on")):
        return A_DAY
    if name.endswith("_fen"):
        return "以分计的整数"
    special = {
        "label": "Y1 至 Y6 之一",
        "reply": "adopted、partly、refused、overdue 之一",
        "irregularity": "文字的数组",
        "unaided": "true 或 false",
    }
    return special.get(name, "文字")


EXPECTED = {name: _expected_value(name) for name in OutcomeRequest.__struct_fields__}
"""What each field of a record must be."""


async def answer_put(request: Request, service: OutcomeService, bearer: Bearer) -> OutcomeReply:
    """Store the review of the request body; the reply says whether it was new, changed or unchanged."""
    asked = decode_json(await read_body(request, BODY_LIMIT), OutcomeRequest, EXPECTED, OUTCOME_BODY)
    return await run_in_threadpool(service.put, bearer, request.path_params["review_id"], asked)


async def answer_list(request: Request, service: OutcomeService, bearer: Bearer) -> OutcomesReply:
    """A page of the reviews of an office."""
    query = request.query_params
    limit, offset = parse_count(query, "limit", PAGE_LIMIT), parse_count(query, "offset", 0)
    return await run_in_threadpool(service.list, bearer, query.get("office", ""), parse_day(query), limit, offset)


async def answer_report(request: Request, service: OutcomeService, bearer: Bearer) -> FunnelReply:
    """Figures by quarter of selection."""
    return await run_in_threadpool(service.report, bearer, parse_day(request.query_params))


ENDPOINTS: tuple[Endpoint[OutcomeService], ...] = (
    Endpoint(
        "PUT",
        "/api/v1/outcomes/{review_id}",
        answer_put,
        "put_outcome",
        "登记一件审查的监督结果",
        (REVIEW_ID,),
        (400, 401, 403, 409, 413, 422, 503),
        body=OutcomeRequest,
    ),
    Endpoint(
        "GET",
        "/api/v1/outcomes",
        answer_list,
        "outcomes",
        "一个院的监督结果",
        (OFFICE, KNOWN_ON, *PAGE),
        (400, 401, 403, 422),
    ),
    Endpoint(
        "GET",
        "/api/v1/outcome-report",
        answer_report,
        "outcome_report",
        "按选取季度的监督结果：本院，或全部合计",
        (KNOWN_ON,),
        (400, 401, 422),
    ),
)
"""One row per endpoint."""
