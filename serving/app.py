"""The ASGI application: API, pages, static files, and a gate that answers 404 for every other path."""

from __future__ import annotations

import logging
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.errors import GoldenKeyError
from serving.api import OPERATIONS, api_routes
from serving.home_services import open_when_needed
from serving.http.responses import FAULT, error_response, status_response
from serving.http.settings import Settings
from serving.pages.routes import PATHS as PAGE_PATHS
from serving.pages.routes import all_page_routes

logger = logging.getLogger("goldenkey")

STATIC = Path(__file__).parent / "pages" / "static"

PROBES = ("/healthz", "/livez", "/readyz")
"""Probes that BentoML answers itself."""

ADDRESSES = (*PROBES, *(row.path for row in OPERATIONS), *PAGE_PATHS)
OPEN_PATHS = frozenset(path for path in ADDRESSES if "{" not in path)
OPEN_PREFIXES = ("/static/", *sorted({path.partition("{")[0] for path in ADDRESSES if "{" in path}))
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
    """Lets known paths through, adds the headers, and converts unhandled exceptions to a generic 500."""

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

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": _with_headers(message["headers"])}
            await send(message)

        path = str(scope["path"])
        if path not in OPEN_PATHS and not path.startswith(OPEN_PREFIXES):
            await _address_error(404)(scope, receive, send_with_headers)
            return
        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            # The text of an unforeseen error may hold a personal value: only its kind goes to the log.
            logger.error("unforeseen error: %s", type(error).__name__)
            if not started:
                await status_response(500, FAULT)(scope, receive, send_with_headers)


def create_app(settings: Settings) -> Starlette:
    """The application over the home of the settings; its services open with the first request that needs them."""
    services = open_when_needed(settings)
    routes = [
        *api_routes(services),
        *all_page_routes(lambda: services().scoring, lambda: services().leads, lambda: services().outcomes),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/{rest:path}", _no_route, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]
    handlers = {404: _status, 405: _status, GoldenKeyError: _error}
    return Starlette(routes=routes, exception_handlers=handlers)


async def _no_route(request: Request) -> Response:
    """404 where no route has the path, 405 where one has it for other methods."""
    other_method = any(route.matches(request.scope)[0] is Match.PARTIAL for route in request.app.routes)
    return _address_error(405 if other_method else 404)


async def _status(_request: Request, error: Exception) -> Response:
    return _address_error(int(getattr(error, "status_code", 404)))


def _address_error(status: int) -> Response:
    message = {404: "没有这个地址。", 405: "这个地址不接受这种请求方法。"}[status]
    return status_response(status, message)


async def _error(_request: Request, error: Exception) -> Response:
    return error_response(error if isinstance(error, GoldenKeyError) else GoldenKeyError(FAULT))


def _with_headers(given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    ours = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    names = {name for name, _ in ours} | {b"server"}
    return [(name, value) for name, value in given if name.lower() not in names] + ours
