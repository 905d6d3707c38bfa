"""Samples of served explanations for auditors: drawn from the audit chain with a seed, stored as sent out.

Scores are ordered by SHA-256 over seed and score id, so that anybody can repeat the draw. The reasons sent out are
stored, masked: a sheet that comes back is compared with them cell by cell.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select

from features.errors import GoldenKeyError, NotEnoughDataError, NotFoundError
from models.database.engine import reading, writing
from models.database.tables import AUDIT, AUDIT_REASONS, AUDIT_SAMPLES, QUEUE_ITEMS, SCORES
from models.ledger.chain import append_act, canonical_json, utc_now
from models.ledger.ledger import CHUNK, Ledger
from models.ledger.records import content_id, run_digest

SERVED = ("explanation.serve", "score.serve")
"""Acts by which scores, and with them their reasons, reached a person; `payload.score_ids` names them."""

LISTS = ("queue.serve", "queue.export")
"""Acts by which the reasons of every listed case of a queue reached a person."""


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """What a sample is drawn from and how: office prefix (empty for all), first and last day of serving (UTC, both
    counted), number of explanations, seed."""

    office: str = ""
    day_from: date | None = None
    day_to: date | None = None
    size: int = 30
    seed: int = 1


@dataclass(frozen=True, slots=True)
class SampledReason:
    """One reason as an auditor reads it, masked; `weight` is its direction and size.

    `place` counts from 1 within an explanation; every explanation also has a row of place 0, without a clue, for a
    reason that should have been given.
    """

    score_id: str
    place: int
    case_no: str
    as_of: date
    model_version: str
    clue: str
    text: str
    weight: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ReasonSample:
    """A sample as recorded: its order, how many explanations had been served, how many were drawn."""

    sample_id: str
    order: SampleRequest
    served: int
    drawn: int
    digest: str = ""
    actor: str = ""
    created: str = ""

    def as_payload(self) -> dict[str, Any]:
        """Payload of its row in the audit chain."""
        order = {name: str(value) if value is not None else None for name, value in asdict(self.order).items()}
        return {**order, "served": self.served, "drawn": self.drawn, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class SampleDraw:
    """The outcome of a draw before anything is written: the id its sample will have, and the scores drawn."""

    sample: ReasonSample
    score_ids: tuple[str, ...]


def draw_sample(ledger: Ledger, order: SampleRequest) -> SampleDraw:
    """Draw from the explanations served so far; nothing is written.

    Raises:
        GoldenKeyError: the size is not positive, or the days are in the wrong order.
        NotEnoughDataError: nothing was served in these days to this office.
    """
    if order.size < 1:
        raise GoldenKeyError(f"样本数量应为正整数，实为 {order.size}。")
    if order.day_from and order.day_to and order.day_from > order.day_to:
        raise GoldenKeyError(f"起止日期颠倒：{order.day_from} 晚于 {order.day_to}。")
    served = sorted(_served(ledger, order))
    if not served:
        raise NotEnoughDataError(
            f"{_span(order)}{f'、院代码 {order.office} ' if order.office else ''}没有向任何人提供过解释，无从抽样。"
        )
    chosen = tuple(sorted(served, key=lambda score_id: sampling_key(order.seed, score_id))[: order.size])
    parts = (order.office, order.day_from, order.day_to, order.size, order.seed, run_digest(served))
    return SampleDraw(ReasonSample(content_id("A", *parts), order, len(served), len(chosen)), chosen)


def sampling_key(seed: int, score_id: str) -> str:
    """Sort key of a score in a random draw: SHA-256 of `seed:score_id`."""
    return hashlib.sha256(f"{seed}:{score_id}".encode()).hexdigest()


def write_sample(ledger: Ledger, sample: ReasonSample, reasons: Sequence[SampledReason], actor: str) -> ReasonSample:
    """Store a sample with every reason asked about; an identical sample is stored once and returned again.

    Raises:
        NotEnoughDataError: not one reason. UnknownActorError: nothing is written.
    """
    if not any(reason.place for reason in reasons):
        raise NotEnoughDataError("抽中的解释没有任何可供复核的理由。")
    complete = replace(sample, digest=reasons_digest(reasons), actor=actor, created=utc_now())
    with writing(ledger.engine) as connection:
        known = _sample(connection, sample.sample_id)
        if known is not None:
            return known
        order = asdict(complete.order) | {"seed": str(complete.order.seed)}
        columns = ("sample_id", "served", "drawn", "digest", "actor", "created")
        plain = order | {name: getattr(complete, name) for name in columns}
        # `append_act` checks the actor first: an unknown name is refused in a sentence, not by the foreign key.
        append_act(connection, actor, "audit.sample", complete.sample_id, complete.as_payload())
        connection.execute(insert(AUDIT_SAMPLES), plain)
        connection.execute(
            insert(AUDIT_REASONS), [{"sample_id": complete.sample_id, **asdict(reason)} for reason in reasons]
        )
    return complete


def find_sample(ledger: Ledger, sample_id: str) -> ReasonSample | None:
    """A sample by id, or None."""
    with reading(ledger.engine) as connection:
        return _sample(connection, sample_id)


def sample_reasons(ledger: Ledger, sample_id: str) -> list[SampledReason]:
    """Every reason of a sample by case, explanation and place; NotFoundError when there is no such sample."""
    names = [AUDIT_REASONS.c[name] for name in SampledReason.__slots__]
    wanted = select(*names).where(AUDIT_REASONS.c.sample_id == sample_id)
    with reading(ledger.engine) as connection:
        rows = connection.execute(
            wanted.order_by(AUDIT_REASONS.c.case_no, AUDIT_REASONS.c.score_id, AUDIT_REASONS.c.place)
        ).mappings()
        reasons = [SampledReason(**row) for row in rows]
    if not reasons:
        raise NotFoundError(f"台账中没有编号为 {sample_id} 的复核样本。")
    return reasons


def reasons_digest(reasons: Iterable[SampledReason]) -> str:
    """SHA-256 over every reason of a sample, in the order of (score id, place)."""
    ordered = sorted(reasons, key=lambda reason: (reason.score_id, reason.place))
    return run_digest(canonical_json(asdict(reason) | {"as_of": reason.as_of.isoformat()}) for reason in ordered)


def _served(ledger: Ledger, order: SampleRequest) -> set[str]:
    """Ids of all scores whose reasons were served in the period of the order, to offices with its prefix."""
    score_ids: set[str] = set()
    queues: set[str] = set()
    with reading(ledger.engine) as connection:
        acts = select(AUDIT.c.at, AUDIT.c.act, AUDIT.c.subject, AUDIT.c.payload).where(AUDIT.c.act.in_(SERVED + LISTS))
        for row in connection.execute(acts):
            day = date.fromisoformat(row.at[:10])
            if (order.day_from and day < order.day_from) or (order.day_to and day > order.day_to):
                continue
            if row.act in LISTS:
                queues.add(row.subject)
            else:
                score_ids.update(json.loads(row.payload)["score_ids"])
        listed = select(QUEUE_ITEMS.c.score_id).where(QUEUE_ITEMS.c.listed)
        for queue_id in sorted(queues):
            score_ids.update(connection.execute(listed.where(QUEUE_ITEMS.c.queue_id == queue_id)).scalars())
        return _of_office(connection, sorted(score_ids), order.office)


def _of_office(connection: Connection, score_ids: Sequence[str], office: str) -> set[str]:
    """Ids still in the ledger whose office begins with `office`."""
    reached = select(SCORES.c.score_id).where(SCORES.c.office.startswith(office, autoescape=True))
    found: set[str] = set()
    for at in range(0, len(score_ids), CHUNK):
        chunk = reached.where(SCORES.c.score_id.in_(score_ids[at : at + CHUNK]))
        found.update(connection.execute(chunk).scalars())
    return found


def _sample(connection: Connection, sample_id: str) -> ReasonSample | None:
    query = select(AUDIT_SAMPLES).where(AUDIT_SAMPLES.c.sample_id == sample_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    plain = {name: row[name] for name in ("office", "day_from", "day_to", "size")}
    order = SampleRequest(**plain, seed=int(row["seed"]))
    columns = {name: row[name] for name in ("sample_id", "served", "drawn", "digest", "actor", "created")}
    return ReasonSample(order=order, **columns)


def _span(order: SampleRequest) -> str:
    first = f"自 {order.day_from} 起" if order.day_from else ""
    last = f"至 {order.day_to} 止" if order.day_to else ""
    return f"{first}{last}" or "至今"
