"""The OpenAPI document: whole, consistent, and in step with the routes that are served."""

from __future__ import annotations

import json
import re
from typing import Any

from serving.api import api_routes
from serving.openapi import OPERATIONS, document


def refs(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(refs(item) for item in value.values()))
    return set().union(*(refs(item) for item in value)) if isinstance(value, list) else set()


def test_every_reference_leads_somewhere() -> None:
    told = document()
    schemas = told["components"]["schemas"]
    assert refs(told) == {f"#/components/schemas/{name}" for name in schemas}


def test_the_structure_is_that_of_openapi_3_1() -> None:
    told = json.loads(json.dumps(document()))
    assert told["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(told["info"])
    names = [operation["operationId"] for item in told["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names)) == len(OPERATIONS)
    for path, item in told["paths"].items():
        for operation in item.values():
            assert "200" in operation["responses"]
            assert all(answer["description"] for answer in operation["responses"].values())
            given = {row["name"] for row in operation.get("parameters", []) if row["in"] == "path"}
            assert given == set(re.findall(r"{(\w+)}", path))
            assert all(row["required"] for row in operation.get("parameters", []) if row["in"] == "path")


def test_the_document_and_the_routes_agree() -> None:
    def nobody() -> Any:
        raise AssertionError

    served = {(route.path, next(iter(set(route.methods or ()) - {"HEAD"}))) for route in api_routes(nobody)}
    told = {(item.path, item.method.upper()) for item in OPERATIONS}
    assert served - told == {("/api/v1/openapi.json", "GET")}
    assert told <= served


def test_only_health_is_open() -> None:
    told = document()
    assert told["security"] == [{"bearer": []}]
    opened = [path for path, item in told["paths"].items() for one in item.values() if one.get("security") == []]
    assert opened == ["/api/v1/health"]
