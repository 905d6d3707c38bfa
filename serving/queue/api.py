"""Endpoints of scores, explanations, queues and the model."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from features.rules.iso_days import A_DAY
from models.ledger.actors import Bearer
from serving.http.endpoint import BODY_ERRORS, OFFICE, Endpoint, Parameter
from serving.http.errors import InvalidError
from serving.http.requests import decode_json, parse_day, read_body
from serving.queue.service import ScoringService
from serving.queue.views import CaseView, ModelView, QueueView, ScoresReply, ScoresRequest

EXPECTED = {"case_nos": "案号文字的数组", "as_of": A_DAY}
"""What each field of a request for scores must be."""

SCORES_BODY = "请求正文应为 JSON 对象，含 case_nos（必填）和 as_of 两个字段，不含其他字段。"

AS_OF = Parameter("as_of", "query", "截止日，缺省为最近一次评分之日", format="date")
CASE_NO = Parameter("case_no", "path", "案号（URL 编码）")


async def answer_scores(request: Request, service: ScoringService, bearer: Bearer) -> ScoresReply:
    """Scores of the cases of the body."""
    body = await read_body(request, service.settings.body_limit)
    asked = decode_json(body, ScoresRequest, EXPECTED, SCORES_BODY)
    return await run_in_threadpool(service.scores, bearer, asked.case_nos, asked.as_of)


async def answer_explanation(request: Request, service: ScoringService, bearer: Bearer) -> CaseView:
    """One case explained."""
    day = parse_day(request.query_params)
    return await run_in_threadpool(service.explanation, bearer, request.path_params["case_no"], day)


async def answer_queue(request: Request, service: ScoringService, bearer: Bearer) -> QueueView:
    """The list of an office, by default the bearer's."""
    office = request.query_params.get("office") or bearer.office
    if not office:
        raise InvalidError("缺少参数 office，应为 2 至 6 位行政区划代码。")
    return await run_in_threadpool(service.queue, bearer, office, parse_day(request.query_params))


async def answer_model(_request: Request, service: ScoringService, _bearer: Bearer) -> ModelView:
    """The model in use."""
    return await run_in_threadpool(service.model)


ENDPOINTS: tuple[Endpoint[ScoringService], ...] = (
    Endpoint("POST", "/api/v1/scores", answer_scores, "scores", "按案号取评分", errors=BODY_ERRORS, body=ScoresRequest),
    Endpoint(
        "GET",
        "/api/v1/cases/{case_no}/explanation",
        answer_explanation,
        "explanation",
        "一案的得分说明",
        (CASE_NO, AS_OF),
    ),
    Endpoint("GET", "/api/v1/queue", answer_queue, "queue", "一个院的线索队列", (OFFICE, AS_OF)),
    Endpoint("GET", "/api/v1/model", answer_model, "model", "在用模型", errors=(401, 404)),
)
"""One row per endpoint."""
