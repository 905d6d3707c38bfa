"""The label page: what became of the cases of each quarter, for the token's own office or pooled; as a workbook too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from models.feedback.funnel import AMOUNTS
from models.ledger.actors import Bearer
from serving.application import Desk
from serving.outcomes.api import parse_known_on

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Page = Callable[[Request, Desk, Bearer], Awaitable[Response]]
Show = Callable[..., Response]


def outcome_pages(behind: Callable[[Page], Callable[[Request], Awaitable[Response]]], show: Show) -> list[Route]:
    """Routes of the label page.

    Args:
        behind: makes a page for those logged in.
        show: renders a template: name, status, values.
    """

    async def report(request: Request, desk: Desk, bearer: Bearer) -> Response:
        day = parse_known_on(request.query_params.get("as_of", ""))
        view = await run_in_threadpool(desk.outcomes.report, bearer, day)
        return show("outcomes.html", view=view, bearer=bearer, amounts=AMOUNTS)

    async def workbook(request: Request, desk: Desk, bearer: Bearer) -> Response:
        day = parse_known_on(request.query_params.get("as_of", ""))
        content = await run_in_threadpool(desk.outcomes.workbook, bearer, day)
        told = {"Content-Disposition": 'attachment; filename="outcomes.xlsx"'}
        return Response(content, media_type=XLSX, headers=told)

    return [Route("/outcomes", behind(report)), Route("/outcomes.xlsx", behind(workbook))]
