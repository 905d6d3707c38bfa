"""Pages of leads: the list with filters, one lead with its rows and the form to decide on it, 类案, workbooks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from features.errors import GoldenKeyError
from features.leads.settings import settings
from models.feedback.lead_decisions import DEPARTMENTS, REASONS, STATES, Decision
from models.ledger.actors import Bearer
from models.reasons.format import DISCLAIMER
from serving.application import Desk
from serving.http.errors import read_body
from serving.leads.api import BODY_LIMIT, FILTERS, wanted_of, whole_number
from serving.leads.views import cluster_view

ON_PAGE = 50
"""Leads on one page of the list."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Page = Callable[[Request, Desk, Bearer], Awaitable[Response]]
Show = Callable[..., Response]


def lead_pages(behind: Callable[[Page], Callable[[Request], Awaitable[Response]]], show: Show) -> list[Route]:
    """Routes of the pages of leads.

    Args:
        behind: makes a page for those logged in.
        show: renders a template: name, status, values.
    """

    async def listed(request: Request, desk: Desk, bearer: Bearer) -> Response:
        query = request.query_params
        wanted, offset = wanted_of(query), whole_number(query, "offset", 0)
        view = await run_in_threadpool(desk.leads.list, bearer, wanted, ON_PAGE, offset)
        after = offset + ON_PAGE if offset + ON_PAGE < view.total else None
        before = max(offset - ON_PAGE, 0) if offset else None
        kinds = {code: one.label for code, one in settings().classes.items()}
        return show(
            "leads.html",
            view=view,
            wanted=wanted,
            bearer=bearer,
            states=STATES,
            classes=kinds,
            after=after,
            before=before,
            query=_query(request),
            min_yuan=query.get("min_yuan", ""),
            routes=tuple(dict.fromkeys(row.label for row in settings().routes)),
        )

    async def one(request: Request, desk: Desk, bearer: Bearer) -> Response:
        lead_id = request.path_params["lead_id"]
        if request.method == "GET":
            return await told(desk, bearer, lead_id)
        try:
            decision = await _decision(request)
            await run_in_threadpool(desk.leads.decide, bearer, lead_id, decision)
        except GoldenKeyError as error:
            if error.http_status not in (409, 422):
                raise
            return await told(desk, bearer, lead_id, error)
        return RedirectResponse(f"/lead/{quote(lead_id)}", status_code=303)

    async def told(desk: Desk, bearer: Bearer, lead_id: str, error: GoldenKeyError | None = None) -> Response:
        view = await run_in_threadpool(desk.leads.show, bearer, lead_id)
        return show(
            "lead.html",
            error.http_status if error else 200,
            view=view,
            bearer=bearer,
            reasons=REASONS,
            departments=DEPARTMENTS,
            problem=str(error) if error else "",
        )

    async def grouped(request: Request, desk: Desk, bearer: Bearer) -> Response:
        view = await run_in_threadpool(desk.leads.clusters, bearer, request.query_params.get("office", ""))
        return show("clusters.html", view=view, bearer=bearer)

    async def group(request: Request, desk: Desk, bearer: Bearer) -> Response:
        found = await run_in_threadpool(desk.leads.cluster, bearer, request.path_params["cluster_id"])
        return show("cluster.html", view=cluster_view(found), bearer=bearer)

    return [
        Route("/leads", behind(listed)),
        Route("/leads.xlsx", behind(_list_workbook)),
        Route("/lead/{lead_id}", behind(one), methods=["GET", "POST"]),
        Route("/clusters", behind(grouped)),
        Route("/cluster/{cluster_id}.xlsx", behind(_cluster_workbook)),
        Route("/cluster/{cluster_id}", behind(group)),
    ]


async def _decision(request: Request) -> Decision:
    form = parse_qs((await read_body(request, BODY_LIMIT)).decode("utf-8", "replace"))
    given = {name: form.get(name, [""])[0].strip() for name in ("state", "reason_code", "reason", "department")}
    version = whole_number({"version": form.get("version", [""])[0]}, "version", -1)
    return Decision(version=version, **given)


async def _list_workbook(request: Request, desk: Desk, bearer: Bearer) -> Response:
    from serving.leads.workbook import leads_workbook

    def made() -> bytes:
        reply = desk.leads.list(bearer, wanted_of(request.query_params), limit=None)
        desk.leads.exported(bearer, reply.office or "-", len(reply.leads))
        return leads_workbook(reply)

    return _file(await run_in_threadpool(made), "监督线索.xlsx")


async def _cluster_workbook(request: Request, desk: Desk, bearer: Bearer) -> Response:
    from serving.leads.workbook import cluster_workbook

    def made() -> bytes:
        found = cluster_view(desk.leads.cluster(bearer, request.path_params["cluster_id"]))
        desk.leads.exported(bearer, found.cluster_id, len(found.leads))
        return cluster_workbook(found, DISCLAIMER)

    return _file(await run_in_threadpool(made), "类案附件.xlsx")


def _file(content: bytes, name: str) -> Response:
    headers: dict[str, Any] = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, 200, headers, XLSX)


def _query(request: Request) -> str:
    """The filters of a request as a query, without the place on the list."""
    given = {name: request.query_params.get(name, "") for name in (*FILTERS, "min_yuan")}
    return urlencode({name: value for name, value in given.items() if value})
