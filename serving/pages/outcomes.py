"""Page of outcomes by quarter of selection, for the token's own office or pooled, and its workbook."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from models.feedback.funnel import AMOUNTS
from models.ledger.actors import Bearer
from serving.http.requests import parse_day
from serving.outcomes.service import OutcomeService
from serving.pages.page import Content, Page, workbook_response


async def show_report(request: Request, service: OutcomeService, bearer: Bearer) -> Content:
    """Figures by quarter of selection."""
    view = await run_in_threadpool(service.report, bearer, parse_day(request.query_params))
    return Content({"view": view, "amounts": AMOUNTS})


async def download_report(request: Request, service: OutcomeService, bearer: Bearer) -> Response:
    """The same figures as a workbook."""
    content = await run_in_threadpool(service.workbook, bearer, parse_day(request.query_params))
    return workbook_response(content, 'filename="outcomes.xlsx"')


PAGES: tuple[Page[OutcomeService], ...] = (
    Page(path="/outcomes", handler=show_report, template="outcomes.html", label="监督结果"),
    Page(path="/outcomes.xlsx", handler=download_report, label="导出表格"),
)
"""One row per page."""
