"""The pages: log in, the queue of an office, one case, leads. Rendered here, nothing fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from features.errors import GoldenKeyError
from features.schema.sources import COVERAGE_LABELS
from models.ledger.actors import AccessError, Bearer
from models.reasons import format as formatting
from serving.api import FAULT, parse_day
from serving.application import Desk
from serving.http.auth import COOKIE, from_cookie, local_path, set_cookie
from serving.http.errors import read_body
from serving.leads.pages import lead_pages
from serving.outcomes.pages import outcome_pages
from serving.queue.explaining import source_location
from serving.queue.terminal import arithmetic, main_reasons, tags

LOGIN_LIMIT = 4096
"""Bytes of a login form."""

BAR_STEPS = 20
"""Widths a contribution bar may have; classes w0 to w20 of the style sheet."""

LEVEL_CLASS = {"高": "l1", "较高": "l2", "中": "l3", "低": "l4", "数据不足": "l0"}

Page = Callable[[Request, Desk, Bearer], Awaitable[Response]]


def _valued(value: float | None, unit: str) -> str:
    """A feature's value in its unit, as people write it; counts stand alone, since their label says of what.

    >>> _valued(1.0, "是否"), _valued(123456.0, "元"), _valued(0.25, "比"), _valued(3.0, "次"), _valued(90.0, "天")
    ('是', '12.35万元', '25.0%', '3', '90天')
    """
    if value is None:
        return "未取得"
    if unit == "是否":
        return "是" if value else "否"
    if unit == "元":
        return formatting.format_amount(round(100 * value))
    if unit == "比":
        return f"{100 * value:.1f}%"
    return f"{value:,.2f}".rstrip("0").rstrip(".") + ("" if unit in ("次", "类") else unit)


_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters.update(
    money=formatting.format_amount,
    day=formatting.format_date,
    percent=lambda value: f"{100 * value:.1f}%",
    signed=lambda value: f"{round(value, 2) + 0.0:+.2f}",
    place=source_location,
    tags=tags,
    main_reasons=main_reasons,
    level_class=LEVEL_CLASS.__getitem__,
    source_name=COVERAGE_LABELS.__getitem__,
    bar=lambda value, largest: f"w{round(BAR_STEPS * abs(value) / largest) if largest else 0}",
    case_path=lambda case_no: f"/case/{quote(case_no)}",
    weighs=lambda item: round(item.contribution, 2) != 0,
    valued=lambda item: _valued(item.value, item.unit),
)


def page_routes(desk: Callable[[], Desk]) -> list[Route]:
    """Routes of the pages; `desk` gives the desk when first needed."""

    def behind(page: Page) -> Callable[[Request], Awaitable[Response]]:
        """A page for those logged in; others are sent to the login page."""

        async def answer(request: Request) -> Response:
            at = desk()
            try:
                bearer = await run_in_threadpool(from_cookie, at.ledger, request)
                return await page(request, at, bearer)
            except AccessError:
                target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/login?next={quote(target, safe='')}", status_code=303)
            except GoldenKeyError as error:
                return _failed(error)

        return answer

    async def login(request: Request) -> Response:
        if request.method == "GET":
            return _page("login.html", next=local_path(request.query_params.get("next", "")), sentence="")
        return await _log_in(request, desk())

    return [
        Route("/", _start),
        Route("/login", login, methods=["GET", "POST"]),
        Route("/logout", _log_out, methods=["POST"]),
        Route("/queue", behind(_queue)),
        Route("/case/{case_no}", behind(_case)),
        *lead_pages(behind, _page),
        *outcome_pages(behind, _page),
    ]


async def _start(_request: Request) -> Response:
    return RedirectResponse("/queue", status_code=303)


async def _log_in(request: Request, desk: Desk) -> Response:
    try:
        form = parse_qs((await read_body(request, LOGIN_LIMIT)).decode("utf-8", "replace"))
        token = form.get("token", [""])[0].strip()
        await run_in_threadpool(desk.ledger.authenticate, token)
    except GoldenKeyError as error:
        return _page("login.html", error.http_status, next="/queue", sentence=str(error))
    target = local_path(form.get("next", [""])[0])
    response = RedirectResponse(target, status_code=303)
    set_cookie(response, token, desk.settings.session_hours, request.url.scheme == "https")
    return response


async def _log_out(_request: Request) -> Response:
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


async def _queue(request: Request, desk: Desk, bearer: Bearer) -> Response:
    day = parse_day(request.query_params.get("as_of"))
    run = await run_in_threadpool(desk.run, day)
    offices = await run_in_threadpool(desk.offices, bearer, run)
    office = request.query_params.get("office") or bearer.office or (offices[0] if offices else "")
    view = await run_in_threadpool(desk.queue, bearer, office, day)
    return _page(
        "queue.html",
        view=view,
        offices=offices,
        arithmetic=arithmetic(view),
        bearer=bearer,
        beside=[row for row in view.findings if row.position],
        others=[row for row in view.findings if not row.position],
    )


async def _case(request: Request, desk: Desk, bearer: Bearer) -> Response:
    day = parse_day(request.query_params.get("as_of"))
    view = await run_in_threadpool(desk.explanation, bearer, request.path_params["case_no"], day)
    largest = max((abs(item.contribution) for item in (*view.reasons, *view.lowers)), default=0.0)
    return _page("case.html", view=view, largest=largest, bearer=bearer)


def _failed(error: GoldenKeyError) -> Response:
    status = error.http_status
    return _page("error.html", status, sentence=str(error) if status < 500 or status == 503 else FAULT)


def _page(name: str, status: int = 200, **told: Any) -> HTMLResponse:
    return HTMLResponse(_PAGES.get_template(name).render(**told), status)
