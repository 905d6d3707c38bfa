"""The application: every row is served, the gate lets through what is served and nothing else, links lead to pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from serving.api import OPERATIONS, api_routes
from serving.app import OPEN_PATHS, OPEN_PREFIXES, PROBES
from serving.pages.routes import PAGES, all_page_routes, link

TEMPLATES = sorted((Path(__file__).parents[2] / "serving" / "pages" / "templates").glob("*.html"))


def unopened() -> Any:
    raise AssertionError


def routes() -> list[Route]:
    return [*api_routes(unopened), *all_page_routes(unopened, unopened, unopened)]


def let_through(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)


def test_every_row_is_a_route_with_its_methods() -> None:
    served = {(route.path, method) for route in routes() for method in route.methods or ()}
    asked = {(row.path, row.method) for row in OPERATIONS}
    asked |= {(page.path, method) for page in PAGES for method in page.methods}
    assert asked <= served


def test_the_gate_opens_for_every_route() -> None:
    for route in routes():
        assert let_through(re.sub(r"{\w+}", "x", route.path)), route.path
    assert all(let_through(path) for path in (*PROBES, "/static/style.css"))


@pytest.mark.parametrize("path", ["/metrics", "/docs.json", "/openapi.json", "/api/v2/leads", "/queues"])
def test_the_gate_is_shut_for_anything_else(path: str) -> None:
    assert not let_through(path)


def test_a_page_has_one_template_and_a_template_one_page() -> None:
    shown = [page.template for page in PAGES if page.template]
    parts = {"base.html", "user.html", "login.html", "error.html"}
    assert sorted(shown) == sorted({path.name for path in TEMPLATES} - parts)


def test_links_of_templates_lead_to_labelled_pages() -> None:
    labels = {page.path: page.label for page in PAGES}
    linked = {path for file in TEMPLATES for path in re.findall(r'link\("([^"]+)"', file.read_text(encoding="utf-8"))}
    assert linked
    assert {path for path in linked if not labels.get(path)} == set()


def test_a_link_is_escaped_and_quoted() -> None:
    made = link("/case/{case_no}", "as_of=1&x=<", "← ", case_no="（2023）浙9901执1号")
    assert made == (
        '<a href="/case/%EF%BC%882023%EF%BC%89%E6%B5%999901%E6%89%A71%E5%8F%B7?as_of=1&amp;x=&lt;">← 案件得分说明</a>'
    )
