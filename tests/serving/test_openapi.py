"""The OpenAPI document: whole, consistent, and in step with the routes that are served."""

from __future__ import annotations

import json
import re
from typing import Any

from serving.api import OPERATIONS, api_routes
from serving.openapi import build_document


def refs(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(refs(item) for item in value.values()))
    return set().union(*(refs(item) for item in value)) if isinstance(value, list) else set()


def test_every_reference_leads_somewhere() -> None:
    document = build_document(OPERATIONS)
    schemas = document["components"]["schemas"]
    assert refs(document) == {f"#/components/schemas/{name}" for name in schemas}


def test_the_structure_is_that_of_openapi_3_1() -> None:
    document = json.loads(json.dumps(build_document(OPERATIONS)))
    assert document["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(document["info"])
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names)) == sum(row.documented for row in OPERATIONS)
    for path, item in document["paths"].items():
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
    paths = build_document(OPERATIONS)["paths"]
    documented = {(path, method.upper()) for path, item in paths.items() for method in item}
    assert served - documented == {("/api/v1/openapi.json", "GET"), ("/health", "GET")}
    assert documented <= served


def test_only_health_is_open() -> None:
    document = build_document(OPERATIONS)
    assert document["security"] == [{"bearer": []}]
    opened = [path for path, item in document["paths"].items() for one in item.values() if one.get("security") == []]
    assert opened == ["/api/v1/health"]
