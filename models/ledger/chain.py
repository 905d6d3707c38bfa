"""The audit chain: one row per act, with a hash over its content and the row before, in the transaction of the act."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from features.errors import GoldenKeyError
from models.database.tables import ACTORS, AUDIT, AUDIT_HEAD

GENESIS = "0" * 64
"""`prev_hash` of the first row."""

SYSTEM = "system"
"""Name of the actor for acts of the program that no person asked for."""


class UnknownActorError(GoldenKeyError):
    """An act in the name of somebody who is not registered, or no longer active."""

    http_status = 403


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the chain; `payload` is canonical JSON, `at` UTC ISO 8601."""

    seq: int
    at: str
    actor: str
    act: str
    subject: str
    payload: str
    prev_hash: str
    hash: str

    def expected(self) -> str:
        """The hash computed from the content; it equals `hash` unless the row was changed."""
        content = [self.seq, self.at, self.actor, self.act, self.subject, self.payload, self.prev_hash]
        return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no blanks, so that equal values give equal text; ValueError for NaN and infinity."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def utc_now() -> str:
    """The current time as in the chain: UTC, ISO 8601, microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def append_act(connection: Connection, actor: str, act: str, subject: str, payload: Mapping[str, Any]) -> int:
    """Add one act to the chain and return its number. Must run inside `engine.writing`, with the act itself.

    Raises:
        UnknownActorError: the actor is not registered or not active; the transaction must not be committed.
    """
    check_actor(connection, actor)
    # Writers take turns already; the lock on the head row holds back one that does not come through `writing`.
    seq, prev = connection.execute(select(AUDIT_HEAD.c.seq, AUDIT_HEAD.c.hash).with_for_update()).one()
    entry = AuditEntry(seq + 1, utc_now(), actor, act, subject, canonical_json(payload), prev, "")
    digest = entry.expected()
    row = {name: getattr(entry, name) for name in AuditEntry.__slots__} | {"hash": digest}
    connection.execute(insert(AUDIT), row)
    connection.execute(update(AUDIT_HEAD).values(seq=entry.seq, hash=digest))
    return entry.seq


def check_actor(connection: Connection, actor: str) -> None:
    """Refuse an actor who is not registered or not active; UnknownActorError."""
    active = connection.execute(select(ACTORS.c.active).where(ACTORS.c.name == actor)).scalar()
    if active is None:
        raise UnknownActorError(f"名册中没有操作人“{actor}”，操作未进行；请先用 ./goldenkey actor add {actor} 登记。")
    if not active:
        raise UnknownActorError(f"操作人“{actor}”已停用，操作未进行。")
