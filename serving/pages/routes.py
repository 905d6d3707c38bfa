"""Every page, the routes made of the rows, and the links between pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.routing import Route

from serving.leads.service import LeadService
from serving.outcomes.service import OutcomeService
from serving.pages import leads, outcomes, queue, session
from serving.pages.page import Page, page_routes
from serving.queue.service import ScoringService

PAGES: tuple[Page[Any], ...] = (*queue.PAGES, *leads.PAGES, *outcomes.PAGES)
"""Every page for those logged in."""

PATHS = (*session.PATHS, *(page.path for page in PAGES))
"""Every address of a page."""

_LABELS = {page.path: page.label for page in PAGES}


def link(path: str, query: str | None = None, arrow: str = "", **parts: str) -> Markup:
    """A link to a page, under the label of its row.

    Args:
        path: the path of the row, such as `/case/{case_no}`.
        query: what follows the question mark, encoded.
        arrow: stands before the label.
        parts: values of the path's parameters.
    """
    address = path.format(**{name: quote(value) for name, value in parts.items()})
    if query is not None:
        address += f"?{query}"
    return Markup('<a href="{}">{}{}</a>').format(address, arrow, _LABELS[path])


def all_page_routes(
    scoring: Callable[[], ScoringService],
    lead_service: Callable[[], LeadService],
    outcome_service: Callable[[], OutcomeService],
) -> list[Route]:
    """Routes of every page; each service is opened when first needed."""
    return [
        *session.session_routes(scoring),
        *page_routes(queue.PAGES, scoring, link),
        *page_routes(leads.PAGES, lead_service, link),
        *page_routes(outcomes.PAGES, outcome_service, link),
    ]
