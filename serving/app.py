"""The ASGI application: interface, pages, static files; and the gate that closes everything else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.errors import GoldenKeyError
from serving.api import CODES, FAULT, api_routes, refusal, reply
from serving.application import Desk
from serving.http.settings import Settings
from serving.pages.routes import page_routes
from serving.queue.views import ErrorBody, ErrorReply, Health

logger = logging.getLogger("goldenkey")

STATIC = Path(__file__).parent / "pages" / "static"

OPEN_PATHS = frozenset(
    {
        "/",
        "/health",
        "/healthz",
        "/livez",
        "/readyz",
        "/login",
        "/logout",
        "/queue",
        "/leads",
        "/leads.xlsx",
        "/clusters",
        "/outcomes",
        "/outcomes.xlsx",
    }
)
OPEN_PREFIXES = ("/api/v1/", "/case/", "/lead/", "/cluster/", "/static/")
"""What the gate lets through; whatever else the framework offers of its own is closed."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Headers of every answer."""


class Gate:
    """Lets known paths through, adds the headers, and turns what nobody foresaw into one sentence."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        started = False

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": _headers(message["headers"])}
            await send(message)

        path = str(scope["path"])
        if path not in OPEN_PATHS and not path.startswith(OPEN_PREFIXES):
            await _told(404)(scope, receive, dressed)
            return
        try:
            await self.app(scope, receive, dressed)
        except Exception as error:
            # The text of an unforeseen error may hold a personal value: only its kind goes to the log.
            logger.error("unforeseen error: %s", type(error).__name__)
            if not started:
                await reply(ErrorReply(ErrorBody("fault", FAULT)), 500)(scope, receive, dressed)


def create_app(settings: Settings) -> Starlette:
    """The application over the home of the settings; the desk opens with the first request that needs it."""
    desk = _lazy(settings)
    routes = [
        Route("/health", _health),
        *api_routes(desk),
        *page_routes(desk),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/{rest:path}", _nowhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]
    handlers = {404: _status, 405: _status, GoldenKeyError: _refused}
    return Starlette(routes=routes, exception_handlers=handlers)


def _lazy(settings: Settings) -> Callable[[], Desk]:
    lock = Lock()
    made: list[Desk] = []

    def desk() -> Desk:
        with lock:
            if not made:
                made.append(Desk(settings))
            return made[0]

    return desk


async def _health(_request: Request) -> Response:
    return reply(Health("ok"))


async def _nowhere(request: Request) -> Response:
    """No route took the request whole: either none knows the path, or none with this method."""
    known = any(route.matches(request.scope)[0] is Match.PARTIAL for route in request.app.routes)
    return _told(405 if known else 404)


async def _status(_request: Request, error: Exception) -> Response:
    return _told(int(getattr(error, "status_code", 404)))


def _told(status: int) -> Response:
    message = {404: "没有这个地址。", 405: "这个地址不接受这种请求方法。"}[status]
    return reply(ErrorReply(ErrorBody(CODES[status], message)), status)


async def _refused(_request: Request, error: Exception) -> Response:
    return refusal(error if isinstance(error, GoldenKeyError) else GoldenKeyError(FAULT))


def _headers(given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    ours = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    names = {name for name, _ in ours} | {b"server"}
    return [(name, value) for name, value in given if name.lower() not in names] + ours
