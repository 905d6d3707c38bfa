"""Pages of leads: the list with filters, one lead with its rows and the form to decide on it, 类案, workbooks."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from features.errors import GoldenKeyError
from features.leads.settings import settings
from models.feedback.lead_decisions import DEPARTMENTS, REASONS, STATES, Decision
from models.ledger.actors import Bearer
from models.reasons.format import DISCLAIMER
from serving.http.requests import parse_count, read_body
from serving.leads.api import BODY_LIMIT, FILTERS, parse_filter
from serving.leads.service import LeadService
from serving.leads.workbook import cluster_workbook, leads_workbook
from serving.pages.page import Content, Page, workbook_response

ON_PAGE = 50
"""Leads on one page of the list."""


async def show_list(request: Request, service: LeadService, bearer: Bearer) -> Content:
    """A page of the list, with the filters in force."""
    query = request.query_params
    chosen, offset = parse_filter(query), parse_count(query, "offset", 0)
    view = await run_in_threadpool(service.list, bearer, chosen, ON_PAGE, offset)
    return Content(
        {
            "view": view,
            "chosen": chosen,
            "states": STATES,
            "classes": {code: one.label for code, one in settings().classes.items()},
            "after": offset + ON_PAGE if offset + ON_PAGE < view.total else None,
            "before": max(offset - ON_PAGE, 0) if offset else None,
            "query": _filter_query(request),
            "min_yuan": query.get("min_yuan", ""),
            "routes": tuple(dict.fromkeys(row.label for row in settings().routes)),
        }
    )


async def show_lead(request: Request, service: LeadService, bearer: Bearer) -> Content | Response:
    """One lead; posted to, it takes the decision of the form. A decision refused is shown above the lead."""
    lead_id = request.path_params["lead_id"]
    if request.method == "GET":
        return await _lead_content(service, bearer, lead_id)
    try:
        decision = await _read_decision(request)
        await run_in_threadpool(service.decide, bearer, lead_id, decision)
    except GoldenKeyError as error:
        if error.http_status not in (409, 422):
            raise
        return await _lead_content(service, bearer, lead_id, error)
    return RedirectResponse(f"/lead/{quote(lead_id)}", status_code=303)


async def show_clusters(request: Request, service: LeadService, bearer: Bearer) -> Content:
    """类案 of an office."""
    office = request.query_params.get("office", "")
    return Content({"view": await run_in_threadpool(service.clusters, bearer, office)})


async def show_cluster(request: Request, service: LeadService, bearer: Bearer) -> Content:
    """One 类案."""
    return Content({"view": await run_in_threadpool(service.cluster_view, bearer, request.path_params["cluster_id"])})


async def download_list(request: Request, service: LeadService, bearer: Bearer) -> Response:
    """The whole list under the filters as a workbook."""

    def build() -> bytes:
        reply = service.list(bearer, parse_filter(request.query_params), limit=None)
        service.record_export(bearer, reply.office or "-", len(reply.leads))
        return leads_workbook(reply)

    return workbook_response(await run_in_threadpool(build), f"filename*=UTF-8''{quote('财产线索.xlsx')}")


async def download_cluster(request: Request, service: LeadService, bearer: Bearer) -> Response:
    """One 类案 as the annex of a batch recommendation."""

    def build() -> bytes:
        view = service.cluster_view(bearer, request.path_params["cluster_id"])
        service.record_export(bearer, view.cluster_id, len(view.leads))
        return cluster_workbook(view, DISCLAIMER)

    return workbook_response(await run_in_threadpool(build), f"filename*=UTF-8''{quote('类案附件.xlsx')}")


async def _lead_content(
    service: LeadService, bearer: Bearer, lead_id: str, error: GoldenKeyError | None = None
) -> Content:
    view = await run_in_threadpool(service.show, bearer, lead_id)
    values = {"view": view, "reasons": REASONS, "departments": DEPARTMENTS, "problem": str(error) if error else ""}
    return Content(values, error.http_status if error else 200)


async def _read_decision(request: Request) -> Decision:
    form = parse_qs((await read_body(request, BODY_LIMIT)).decode("utf-8", "replace"))
    fields = {name: form.get(name, [""])[0].strip() for name in ("state", "reason_code", "reason", "department")}
    version = parse_count({"version": form.get("version", [""])[0]}, "version", -1)
    return Decision(version=version, **fields)


def _filter_query(request: Request) -> str:
    """The filters of a request as a query, without the offset."""
    given = {name: request.query_params.get(name, "") for name in (*FILTERS, "min_yuan")}
    return urlencode({name: value for name, value in given.items() if value})


PAGES: tuple[Page[LeadService], ...] = (
    Page(path="/leads", handler=show_list, template="leads.html", label="财产线索"),
    Page(path="/leads.xlsx", handler=download_list, label="导出表格"),
    Page(path="/lead/{lead_id}", handler=show_lead, template="lead.html", methods=("GET", "POST")),
    Page(path="/clusters", handler=show_clusters, template="clusters.html", label="类案"),
    # Before the page of one 类案, whose path it would match.
    Page(path="/cluster/{cluster_id}.xlsx", handler=download_cluster, label="导出附件清单"),
    Page(path="/cluster/{cluster_id}", handler=show_cluster, template="cluster.html"),
)
"""One row per page."""
