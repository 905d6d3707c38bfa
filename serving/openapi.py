"""The OpenAPI 3.1 document of the interface, made from the rows and structures that are served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from serving.http.endpoint import OpenEndpoint, Operation, Parameter
from serving.http.responses import ErrorReply

VERSION = "1.0.0"
"""Version of the interface, not of the program."""

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


def build_document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The document of the documented operations, as JSON values."""
    listed = [row for row in operations if row.documented]
    used = [row.reply for row in listed] + [row.body for row in listed if row.body] + [ErrorReply]
    schemas, components = msgspec.json.schema_components(used, ref_template="#/components/schemas/{name}")
    schema = dict(zip(used, schemas, strict=True))
    paths: dict[str, Any] = {}
    for row in listed:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schema)
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


def _operation(row: Operation, schema: dict[type, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.summary,
        "responses": {
            "200": {"description": row.summary, "content": _content(schema[row.reply])},
            **{
                str(status): {"description": MEANINGS[status], "content": _content(schema[ErrorReply])}
                for status in row.errors
            },
        },
    }
    if row.parameters:
        described["parameters"] = [_parameter(parameter) for parameter in row.parameters]
    if row.body is not None:
        described["requestBody"] = {"required": True, "content": _content(schema[row.body])}
    if isinstance(row, OpenEndpoint):
        described["security"] = []
    return described


def _parameter(row: Parameter) -> dict[str, Any]:
    form = {name: value for name, value in (("pattern", row.pattern), ("format", row.format)) if value}
    return {
        "name": row.name,
        "in": row.location,
        "description": row.description,
        "required": row.location == "path",
        "schema": {"type": "string", **form},
    }


def _content(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
