"""Actors and their bearer tokens: who may act and read, for which office, until when. Tokens are kept as hashes."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from features.errors import GoldenKeyError, NotFoundError
from models.database.tables import ACTOR_KINDS, ACTORS, TOKENS
from models.ledger.chain import SYSTEM, append_act, check_actor, utc_now

PREFIX = "gk_"
"""Prefix of every token, by which one left in a file can be recognised."""

_NAME = re.compile(r"[\w.\-@\u4e00-\u9fff]{1,64}")
_OFFICE = re.compile("[0-9]{0,6}")


class AccessError(GoldenKeyError):
    """No valid token (401)."""

    http_status = 401


class ForbiddenError(GoldenKeyError):
    """A valid token without the right to what was asked for (403)."""

    http_status = 403


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who presents a token: the actor, and the division prefix the token is limited to (empty: all)."""

    actor: str
    office: str

    def reaches(self, office: str) -> bool:
        """Whether an office (division code or prefix) lies within the token's jurisdiction."""
        return office.startswith(self.office)


def acting(name: str | None) -> str:
    """The actor for whom a command acts: `name`, else the environment variable GOLDENKEY_ACTOR, else `SYSTEM`."""
    return name or os.environ.get("GOLDENKEY_ACTOR", "").strip() or SYSTEM


def bootstrap(connection: Connection) -> None:
    """Register the actor `SYSTEM` where it is missing; every later registration names an actor who made it."""
    if connection.execute(select(ACTORS.c.name).where(ACTORS.c.name == SYSTEM)).scalar() is None:
        connection.execute(insert(ACTORS), {"name": SYSTEM, "kind": "system", "active": True, "created": utc_now()})
        append_act(connection, SYSTEM, "actor.add", SYSTEM, {"kind": "system"})


def add_actor(connection: Connection, name: str, kind: str, by: str) -> None:
    """Register an actor and write the act to the audit chain.

    Args:
        name: 1 to 64 letters, digits or . - _ @.
        kind: one of `ACTOR_KINDS`.
        by: the actor who registers.

    Raises:
        GoldenKeyError: the name or kind is not allowed, or the name is taken.
        UnknownActorError: `by` is not an active actor.
    """
    if not _NAME.fullmatch(name):
        raise GoldenKeyError("操作人名称应为 1 至 64 个汉字、字母、数字或 . - _ @，其他字符不能使用。")
    if kind not in ACTOR_KINDS:
        raise GoldenKeyError(f"操作人类别应为 {'、'.join(ACTOR_KINDS)} 之一，实为“{kind}”。")
    if connection.execute(select(ACTORS.c.name).where(ACTORS.c.name == name)).scalar() is not None:
        raise GoldenKeyError(f"操作人“{name}”已经登记过；停用后可以重新启用，不能重复登记。")
    connection.execute(insert(ACTORS), {"name": name, "kind": kind, "active": True, "created": utc_now()})
    append_act(connection, by, "actor.add", name, {"kind": kind})


def set_active(connection: Connection, name: str, active: bool, by: str) -> None:
    """Disable or enable an actor; NotFoundError when there is none, GoldenKeyError for the program itself."""
    if name == SYSTEM:
        raise GoldenKeyError(f"“{SYSTEM}”是程序自身，不能停用。")
    done = connection.execute(update(ACTORS).where(ACTORS.c.name == name).values(active=active))
    if not done.rowcount:
        raise NotFoundError(f"名册中没有操作人“{name}”。")
    append_act(connection, by, "actor.enable" if active else "actor.disable", name, {})


def actors(connection: Connection) -> list[dict[str, Any]]:
    """Every actor by name: name, kind, active, created."""
    return [dict(row) for row in connection.execute(select(ACTORS).order_by(ACTORS.c.name)).mappings()]


def issue_token(connection: Connection, actor: str, office: str, days: int, by: str) -> str:
    """Make a token for an actor and return it; it is shown this once and kept as a hash.

    Args:
        actor: whose token it is.
        office: division prefix of up to six digits it is limited to; empty for all offices.
        days: days until it expires, 1 to 3660.
        by: who issues it.

    Raises:
        GoldenKeyError: office or days out of range. UnknownActorError: actor or issuer not active.
    """
    if not _OFFICE.fullmatch(office):
        raise GoldenKeyError("令牌的管辖范围应为不超过 6 位数字的行政区划代码（或留空表示不限）。")
    if not 1 <= days <= 3660:
        raise GoldenKeyError(f"令牌的有效天数应在 1 至 3660 之间，实为 {days}。")
    check_actor(connection, actor)
    token = PREFIX + secrets.token_urlsafe(32)
    expires = date.today() + timedelta(days=days)
    sha256 = digest_of_token(token)
    row = {"sha256": sha256, "actor": actor, "office": office, "created": utc_now(), "expires": expires}
    connection.execute(insert(TOKENS), row)
    payload = {"actor": actor, "office": office, "expires": expires.isoformat()}
    append_act(connection, by, "token.issue", sha256, payload)
    return token


def revoke_token(connection: Connection, start: str, by: str) -> int:
    """Revoke the valid tokens whose hash begins with `start` (at least 8 hexadecimal digits); returns their number.

    Raises:
        GoldenKeyError: `start` is too short. NotFoundError: no valid token has such a hash.
    """
    if len(start) < 8:
        raise GoldenKeyError("请给出令牌指纹的至少前 8 位（见 ./goldenkey token list）。")
    query = select(TOKENS.c.sha256).where(TOKENS.c.sha256.startswith(start), TOKENS.c.revoked.is_(None))
    chosen = list(connection.execute(query).scalars())
    if not chosen:
        raise NotFoundError("没有指纹以此开头的有效令牌。")
    for sha256 in chosen:
        connection.execute(update(TOKENS).where(TOKENS.c.sha256 == sha256).values(revoked=utc_now()))
        append_act(connection, by, "token.revoke", sha256, {})
    return len(chosen)


def tokens(connection: Connection) -> list[dict[str, Any]]:
    """Every token by creation: sha256, actor, office, created, expires, revoked."""
    return [dict(row) for row in connection.execute(select(TOKENS).order_by(TOKENS.c.created)).mappings()]


def authenticate(connection: Connection, token: str) -> Bearer:
    """The actor and the office limit of a token.

    Raises:
        AccessError: unknown, revoked or expired token, or its actor is no longer active; the message does not reveal
            which of these it was.
    """
    query = (
        select(TOKENS.c.actor, TOKENS.c.office)
        .join(ACTORS, ACTORS.c.name == TOKENS.c.actor)
        .where(
            TOKENS.c.sha256 == digest_of_token(token),
            TOKENS.c.revoked.is_(None),
            TOKENS.c.expires >= date.today(),
            ACTORS.c.active,
        )
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise AccessError("访问令牌无效或已过期；请向管理员申请新的令牌。")
    return Bearer(row.actor, row.office)


def digest_of_token(token: str) -> str:
    """SHA-256 of a token (64 hexadecimal digits), the only form in which it is stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
