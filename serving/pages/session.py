"""Logging in and out, and the start page."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from features.errors import GoldenKeyError
from serving.http.auth import COOKIE, local_path, set_cookie
from serving.http.requests import read_body
from serving.pages.page import render_page
from serving.queue.service import ScoringService

BODY_LIMIT = 4096
"""Bytes of a login form."""

PATHS = ("/", "/login", "/logout")


def session_routes(service: Callable[[], ScoringService]) -> list[Route]:
    """Routes of `PATHS`; `service` knows the tokens and how long a login holds."""

    async def login(request: Request) -> Response:
        if request.method == "GET":
            return render_page("login.html", next=local_path(request.query_params.get("next", "")), sentence="")
        return await _log_in(request, service())

    start, login_path, logout = PATHS
    return [
        Route(start, _start),
        Route(login_path, login, methods=["GET", "POST"]),
        Route(logout, _log_out, methods=["POST"]),
    ]


async def _start(_request: Request) -> Response:
    return RedirectResponse("/queue", status_code=303)


async def _log_in(request: Request, service: ScoringService) -> Response:
    target = local_path("")
    try:
        form = parse_qs((await read_body(request, BODY_LIMIT)).decode("utf-8", "replace"))
        target = local_path(form.get("next", [""])[0])
        token = form.get("token", [""])[0].strip()
        await run_in_threadpool(service.ledger.authenticate, token)
    except GoldenKeyError as error:
        return render_page("login.html", error.http_status, next=target, sentence=str(error))
    response = RedirectResponse(target, status_code=303)
    set_cookie(response, token, service.settings.session_hours, request.url.scheme == "https")
    return response


async def _log_out(_request: Request) -> Response:
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response
