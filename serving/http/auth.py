"""Authentication: the bearer token of the API and the cookie of the pages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from models.ledger.actors import AccessError, Bearer
from models.ledger.ledger import Ledger

COOKIE = "goldenkey"
"""Name of the pages' cookie; it is never accepted by the API, so no foreign page can use it there."""

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="goldenkey"'}
"""Header of every 401."""


def bearer_from_header(ledger: Ledger, request: Request) -> Bearer:
    """The bearer of an API request; AccessError without a valid token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AccessError("请求须带访问令牌：Authorization: Bearer 令牌。")
    return ledger.authenticate(token.strip())


def bearer_from_cookie(ledger: Ledger, request: Request) -> Bearer:
    """The bearer of a page; AccessError when not logged in."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise AccessError("请先登录。")
    return ledger.authenticate(token)


def set_cookie(response: Response, token: str, hours: int, secure: bool) -> None:
    """Log in: the token as a cookie that scripts cannot read and other sites cannot send."""
    response.set_cookie(COOKIE, token, max_age=hours * 3600, httponly=True, samesite="strict", secure=secure)


def local_path(text: str) -> str:
    """Where to go after logging in: a path of this service, else the start page."""
    safe = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if safe else "/queue"
