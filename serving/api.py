"""The HTTP interface, version 1: every endpoint of the services, and the routes made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from models.ledger.actors import Bearer
from serving.home_services import Services
from serving.http.endpoint import Endpoint, OpenEndpoint, Operation, endpoint_routes, open_routes
from serving.http.responses import Health
from serving.leads import api as leads
from serving.openapi import build_document
from serving.outcomes import api as outcomes
from serving.queue import api as queue
from serving.queue.service import ScoringService


async def answer_health(_request: Request) -> Health:
    """Status `ok`, to whoever wants to know whether the service answers."""
    return Health("ok")


async def answer_document(_request: Request, _service: ScoringService, _bearer: Bearer) -> dict[str, Any]:
    """The OpenAPI document of every documented endpoint."""
    return build_document(OPERATIONS)


OPEN: tuple[OpenEndpoint, ...] = (
    OpenEndpoint("GET", "/api/v1/health", answer_health, "health", "服务是否应答（不需令牌）", errors=()),
    OpenEndpoint("GET", "/health", answer_health, documented=False),
)
"""Endpoints that need no token."""

DOCUMENT: tuple[Endpoint[ScoringService], ...] = (
    Endpoint("GET", "/api/v1/openapi.json", answer_document, documented=False),
)

OPERATIONS: tuple[Operation, ...] = (*queue.ENDPOINTS, *leads.ENDPOINTS, *outcomes.ENDPOINTS, *OPEN, *DOCUMENT)
"""Every endpoint."""


def api_routes(services: Callable[[], Services]) -> list[Route]:
    """Routes of every endpoint; `services` opens the services when first needed."""
    return [
        *open_routes(OPEN),
        *endpoint_routes((*queue.ENDPOINTS, *DOCUMENT), lambda: services().scoring),
        *endpoint_routes(leads.ENDPOINTS, lambda: services().leads),
        *endpoint_routes(outcomes.ENDPOINTS, lambda: services().outcomes),
    ]
