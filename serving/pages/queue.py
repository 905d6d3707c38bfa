"""Pages of an office's queue and of one case."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from models.ledger.actors import Bearer
from serving.http.requests import parse_day
from serving.pages.page import Content, Page
from serving.queue.service import ScoringService
from serving.queue.terminal import arithmetic


async def show_queue(request: Request, service: ScoringService, bearer: Bearer) -> Content:
    """The queue of an office: the one asked for, else the bearer's, else the first one that the bearer may see."""
    day = parse_day(request.query_params)
    run = await run_in_threadpool(service.run, day)
    offices = await run_in_threadpool(service.offices, bearer, run)
    office = request.query_params.get("office") or bearer.office or (offices[0] if offices else "")
    view = await run_in_threadpool(service.queue, bearer, office, day)
    return Content(
        {
            "view": view,
            "offices": offices,
            "arithmetic": arithmetic(view),
            "beside": [row for row in view.findings if row.position],
            "others": [row for row in view.findings if not row.position],
        }
    )


async def show_case(request: Request, service: ScoringService, bearer: Bearer) -> Content:
    """One case explained."""
    day = parse_day(request.query_params)
    view = await run_in_threadpool(service.explanation, bearer, request.path_params["case_no"], day)
    largest = max((abs(item.contribution) for item in (*view.reasons, *view.lowers)), default=0.0)
    return Content({"view": view, "largest": largest})


PAGES: tuple[Page[ScoringService], ...] = (
    Page(path="/queue", handler=show_queue, template="queue.html", label="线索队列"),
    Page(path="/case/{case_no}", handler=show_case, template="case.html", label="案件得分说明"),
)
"""One row per page."""
