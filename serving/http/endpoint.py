"""Endpoints as rows: what is served, by what, to whom, and how the OpenAPI document describes it.

A group of rows shares one application service; `endpoint_routes` makes Starlette's routes of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, get_type_hints

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from features.errors import GoldenKeyError
from models.ledger.actors import Bearer
from models.ledger.ledger import Ledger
from serving.http.auth import bearer_from_header
from serving.http.responses import error_response, json_response


class Service(Protocol):
    """An application service: it authorises, answers and audits the requests of its endpoints and pages."""

    @property
    def ledger(self) -> Ledger:
        """The ledger that knows the tokens and keeps the chain."""


ServiceT = TypeVar("ServiceT", bound=Service)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a path or a query, as the document describes it."""

    name: str
    location: str
    description: str
    pattern: str = ""
    format: str = ""


OFFICE = Parameter("office", "query", "院代码：2 至 6 位行政区划代码", pattern="^[0-9]{2,6}$")
PAGE = (
    Parameter("limit", "query", "最多返回的条数，1 至 200", pattern="^[0-9]+$"),
    Parameter("offset", "query", "跳过的条数", pattern="^[0-9]+$"),
)
"""Which part of a list is asked for."""

BODY_ERRORS = (400, 401, 403, 404, 409, 413, 422)
"""Statuses that an endpoint with a request body may answer with beside 200."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is served where, and what the document says of it.

    Attributes:
        method, path: where it is served.
        handler: what answers; the structure it returns is the one the document shows.
        name: its operationId.
        summary: its sentence.
        parameters: of path and query.
        errors: statuses that it may answer with beside 200.
        body: structure of the request.
        documented: whether the document lists it.
    """

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    name: str = ""
    summary: str = ""
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[int, ...] = (401, 403, 404, 409, 422)
    body: type | None = None
    documented: bool = True

    @property
    def reply(self) -> type:
        """Structure of the answer."""
        found: type = get_type_hints(self.handler)["return"]
        return found


@dataclass(frozen=True, slots=True)
class Endpoint(Operation, Generic[ServiceT]):
    """An endpoint for bearers of a token: the handler gets the request, its service and the bearer."""

    handler: Callable[[Request, ServiceT, Bearer], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class OpenEndpoint(Operation):
    """An endpoint that needs no token and no data."""

    handler: Callable[[Request], Awaitable[Any]]


def endpoint_routes(rows: Iterable[Endpoint[ServiceT]], service: Callable[[], ServiceT]) -> list[Route]:
    """Routes of endpoints; `service` gives their service when first needed. Errors are answered as JSON."""

    def answering(row: Endpoint[ServiceT]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                asked = service()
                bearer = await run_in_threadpool(bearer_from_header, asked.ledger, request)
                return json_response(await row.handler(request, asked, bearer))
            except GoldenKeyError as error:
                return error_response(error)

        return answer

    return [Route(row.path, answering(row), methods=[row.method]) for row in rows]


def open_routes(rows: Iterable[OpenEndpoint]) -> list[Route]:
    """Routes of endpoints that need no token."""

    def answering(row: OpenEndpoint) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return json_response(await row.handler(request))

        return answer

    return [Route(row.path, answering(row), methods=[row.method]) for row in rows]
