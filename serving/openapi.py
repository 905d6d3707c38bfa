"""The OpenAPI 3.1 document of the interface, made from the very structures that are served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from serving.leads.views import ClustersReply, ClusterView, DecisionRequest, LeadRowView, LeadsReply, LeadView
from serving.outcomes.views import FunnelReply, OutcomeReply, OutcomeRequest, OutcomesReply
from serving.queue.views import CaseView, ErrorReply, Health, ModelView, QueueView, ScoresReply, ScoresRequest

VERSION = "1.0.0"
"""Version of the interface, not of the program."""

OFFICE = {"name": "office", "in": "query", "description": "院代码：2 至 6 位行政区划代码", "pattern": "^[0-9]{2,6}$"}
AS_OF = {"name": "as_of", "in": "query", "description": "截止日，缺省为最近一次评分之日", "format": "date"}
LEAD_ID = {"name": "lead_id", "in": "path", "description": "线索编号"}
CLUSTER_ID = {"name": "cluster_id", "in": "path", "description": "类案编号"}
LEAD_FILTERS = (
    OFFICE,
    {"name": "state", "in": "query", "description": "状态：初筛、有效、无效、已推送"},
    {"name": "asset_class", "in": "query", "description": "财产类别代码，如 VEH、RE"},
    {"name": "cause", "in": "query", "description": "原因代码，如 QRY-CL、HIT-IDLE"},
    {"name": "route", "in": "query", "description": "可移送方向：民事、刑事、行政、公益"},
    {"name": "case_no", "in": "query", "description": "案号"},
    {"name": "min_yuan", "in": "query", "description": "净值不低于（元）"},
    {"name": "limit", "in": "query", "description": "最多返回的条数，1 至 200", "pattern": "^[0-9]+$"},
    {"name": "offset", "in": "query", "description": "跳过的条数", "pattern": "^[0-9]+$"},
)
REVIEW_ID = {"name": "review_id", "in": "path", "description": "审查编号"}
PAGE = tuple(row for row in LEAD_FILTERS if row["name"] in ("limit", "offset"))
KNOWN_ON = {"name": "as_of", "in": "query", "description": "按哪一天所知，缺省为今天", "format": "date"}
CASE_NO = {"name": "case_no", "in": "path", "description": "案号（URL 编码）"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the interface."""

    method: str
    path: str
    name: str
    summary: str
    reply: type
    body: type | None = None
    parameters: tuple[dict[str, str], ...] = ()
    open: bool = False
    errors: tuple[int, ...] = (401, 403, 404, 409, 422)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        "/api/v1/scores",
        "scores",
        "按案号取评分",
        ScoresReply,
        ScoresRequest,
        errors=(400, 401, 403, 404, 409, 413, 422),
    ),
    Operation(
        "get",
        "/api/v1/cases/{case_no}/explanation",
        "explanation",
        "一案的得分说明",
        CaseView,
        parameters=(CASE_NO, AS_OF),
    ),
    Operation("get", "/api/v1/queue", "queue", "一个院的线索队列", QueueView, parameters=(OFFICE, AS_OF)),
    Operation("get", "/api/v1/leads", "leads", "财产线索列表", LeadsReply, parameters=LEAD_FILTERS),
    Operation("get", "/api/v1/leads/{lead_id}", "lead", "一条线索及其依据行", LeadView, parameters=(LEAD_ID,)),
    Operation(
        "post",
        "/api/v1/leads/{lead_id}/decision",
        "decide",
        "标为有效、无效，或推送部门",
        LeadRowView,
        DecisionRequest,
        parameters=(LEAD_ID,),
        errors=(400, 401, 403, 404, 409, 413, 422),
    ),
    Operation("get", "/api/v1/lead-clusters", "clusters", "类案列表", ClustersReply, parameters=(OFFICE,)),
    Operation(
        "get", "/api/v1/lead-clusters/{cluster_id}", "cluster", "一个类案", ClusterView, parameters=(CLUSTER_ID,)
    ),
    Operation(
        "put",
        "/api/v1/outcomes/{review_id}",
        "put_outcome",
        "登记一件审查的监督结果",
        OutcomeReply,
        OutcomeRequest,
        parameters=(REVIEW_ID,),
        errors=(400, 401, 403, 409, 413, 422, 503),
    ),
    Operation(
        "get",
        "/api/v1/outcomes",
        "outcomes",
        "一个院的监督结果",
        OutcomesReply,
        parameters=(OFFICE, KNOWN_ON, *PAGE),
        errors=(400, 401, 403, 422),
    ),
    Operation(
        "get",
        "/api/v1/outcome-report",
        "outcome_report",
        "按选取季度的监督结果：本院，或全部合计",
        FunnelReply,
        parameters=(KNOWN_ON,),
        errors=(400, 401, 422),
    ),
    Operation("get", "/api/v1/model", "model", "在用模型", ModelView, errors=(401, 404)),
    Operation("get", "/api/v1/health", "health", "服务是否应答（不需令牌）", Health, open=True, errors=()),
)
"""Every operation."""

MEANINGS = {
    400: "请求正文不是 JSON，或日期在将来",
    401: "令牌缺失、无效或已过期",
    403: "令牌无权查看该院",
    404: "没有这样的案件、院、模型或线索",
    409: "数据不足以回答，或线索已由他人先作决定，或编号已用于另一案件",
    413: "请求正文过大",
    422: "字段的格式不对",
    503: "另一次写入正在进行，请稍后重试",
}


def document() -> dict[str, Any]:
    """The document as JSON values."""
    used = [item.reply for item in OPERATIONS] + [item.body for item in OPERATIONS if item.body] + [ErrorReply]
    schemas, components = msgspec.json.schema_components(used, ref_template="#/components/schemas/{name}")
    schema = dict(zip(used, schemas, strict=True))
    paths: dict[str, Any] = {}
    for item in OPERATIONS:
        paths.setdefault(item.path, {})[item.method] = _operation(item, schema)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "金钥匙评分服务",
            "version": VERSION,
            "description": "金额单位为分，概率为 0 至 1；结果是待核实线索，不是证据。",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}],
    }


def _operation(item: Operation, schema: dict[type, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": item.name,
        "summary": item.summary,
        "responses": {
            "200": {"description": item.summary, "content": _content(schema[item.reply])},
            **{
                str(code): {"description": MEANINGS[code], "content": _content(schema[ErrorReply])}
                for code in item.errors
            },
        },
    }
    if item.parameters:
        told["parameters"] = [_parameter(row) for row in item.parameters]
    if item.body is not None:
        told["requestBody"] = {"required": True, "content": _content(schema[item.body])}
    if item.open:
        told["security"] = []
    return told


def _parameter(row: dict[str, str]) -> dict[str, Any]:
    form = {name: row[name] for name in ("pattern", "format") if name in row}
    told = {name: row[name] for name in ("name", "in", "description")}
    return {**told, "required": row["in"] == "path", "schema": {"type": "string", **form}}


def _content(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
