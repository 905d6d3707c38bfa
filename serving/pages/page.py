"""Pages as rows: path, template, what fills it, and the label of links to it. Rendered here, nothing fetched."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from features.errors import GoldenKeyError
from models.ledger.actors import AccessError, Bearer
from serving.http.auth import bearer_from_cookie
from serving.http.endpoint import ServiceT
from serving.http.responses import public_message
from serving.pages.templates import TEMPLATES

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Content:
    """What fills a page's template, and the status of the answer."""

    values: dict[str, Any]
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[ServiceT]):
    """A page for those logged in.

    Attributes:
        path: where it is.
        handler: gets the request, its service and the bearer; returns what fills the template, or the whole answer.
        template: file of the template; empty where the handler answers itself (a workbook).
        label: what links to it say.
        methods: HTTP methods.
    """

    path: str
    handler: Callable[[Request, ServiceT, Bearer], Awaitable[Content | Response]]
    template: str = ""
    label: str = ""
    methods: tuple[str, ...] = ("GET",)


def page_routes(
    rows: Iterable[Page[ServiceT]], service: Callable[[], ServiceT], link: Callable[..., str]
) -> list[Route]:
    """Routes of pages; whoever is not logged in is sent to the login page, an error is shown as a page.

    Args:
        rows: the pages.
        service: gives their service when first needed.
        link: makes a link to a page from its path, for the templates.
    """

    def answering(row: Page[ServiceT]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            asked = service()
            try:
                bearer = await run_in_threadpool(bearer_from_cookie, asked.ledger, request)
                content = await row.handler(request, asked, bearer)
            except AccessError:
                target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/login?next={quote(target, safe='')}", status_code=303)
            except GoldenKeyError as error:
                return render_page("error.html", error.http_status, sentence=public_message(error))
            if isinstance(content, Response):
                return content
            return render_page(row.template, content.status, bearer=bearer, link=link, **content.values)

        return answer

    return [Route(row.path, answering(row), methods=list(row.methods)) for row in rows]


def render_page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A template filled with values, as an answer."""
    return HTMLResponse(TEMPLATES.get_template(template).render(**values), status)


def workbook_response(content: bytes, disposition: str) -> Response:
    """A workbook as a download; `disposition` is the parameter that names the file (`filename="leads.xlsx"`)."""
    return Response(content, 200, {"Content-Disposition": f"attachment; {disposition}"}, XLSX)
