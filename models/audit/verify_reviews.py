"""Verify samples, verdicts and findings against the audit chain: rows changed or deleted outside the program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from models.database.tables import AUDIT, AUDIT_REASONS, AUDIT_SAMPLES, FINDINGS, VERDICT_FILINGS, VERDICTS
from models.feedback.reason_samples import SampledReason, reasons_digest
from models.ledger.chain import canonical_json
from models.ledger.records import run_digest

Fault = tuple[int | None, str]
"""Number of the audit row it concerns (None where there is none), and a sentence."""

ACTS = ("audit.sample", "audit.verdicts", "finding.open", "finding.close")

JUDGED = ("score_id", "place", "clue", "verdict", "note", "reviewer", "reviewed_on")
"""Columns of a verdict that its filing's digest covers, in the order of `verdicts.ReasonVerdict`."""


def review_faults(connection: Connection) -> Iterator[Fault]:
    """Faults in samples, verdicts and findings."""
    samples: dict[str, tuple[int, Any]] = {}
    filings: dict[tuple[str, int], tuple[int, str]] = {}
    states: dict[str, tuple[int, str]] = {}
    acts = select(AUDIT.c.seq, AUDIT.c.act, AUDIT.c.subject, AUDIT.c.payload).where(AUDIT.c.act.in_(ACTS))
    for row in connection.execute(acts.order_by(AUDIT.c.seq)):
        if row.act == "audit.sample":
            samples[row.subject] = row.seq, _payload(row.payload).get("digest")
        elif row.act == "audit.verdicts":
            payload = _payload(row.payload)
            filings[row.subject, payload.get("filing", 0)] = row.seq, payload.get("digest", "")
        else:
            states[row.subject] = row.seq, "open" if row.act == "finding.open" else "closed"
    yield from _samples(connection, samples)
    yield from _filings(connection, filings)
    yield from _findings(connection, states)


def _payload(payload: str) -> dict[str, Any]:
    """Payload of an audit row; empty where it is damaged, which the check of the chain reports."""
    try:
        value = json.loads(payload)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _samples(connection: Connection, recorded: dict[str, tuple[int, Any]]) -> Iterator[Fault]:
    stored = set(connection.execute(select(AUDIT_SAMPLES.c.sample_id)).scalars())
    for sample_id in sorted(stored - set(recorded)):
        yield None, f"复核样本 {sample_id} 在库中，审计链中却没有抽取它的记录。"
    names = [AUDIT_REASONS.c[name] for name in SampledReason.__slots__]
    for sample_id, (seq, digest) in recorded.items():
        rows = connection.execute(select(*names).where(AUDIT_REASONS.c.sample_id == sample_id)).mappings()
        if sample_id not in stored or reasons_digest(SampledReason(**row) for row in rows) != digest:
            yield seq, f"复核样本 {sample_id} 的理由与第 {seq} 条审计记录不符，已被改动或删除。"


def _filings(connection: Connection, recorded: dict[tuple[str, int], tuple[int, str]]) -> Iterator[Fault]:
    filings_query = select(VERDICT_FILINGS.c.sample_id, VERDICT_FILINGS.c.filing)
    stored = {(row.sample_id, row.filing) for row in connection.execute(filings_query)}
    for sample_id, filing in sorted(stored - set(recorded)):
        yield None, f"样本 {sample_id} 的第 {filing} 份复核表在库中，审计链中却没有收回它的记录。"
    for (sample_id, filing), (seq, digest) in recorded.items():
        mine = select(*(VERDICTS.c[name] for name in JUDGED)).where(
            VERDICTS.c.sample_id == sample_id, VERDICTS.c.filing == filing
        )
        rows = connection.execute(mine.order_by(VERDICTS.c.line)).mappings()
        found = run_digest(canonical_json({**row, "reviewed_on": row["reviewed_on"].isoformat()}) for row in rows)
        if found != digest:
            yield seq, f"样本 {sample_id} 的第 {filing} 份复核表与第 {seq} 条审计记录不符，已被改动或删除。"


def _findings(connection: Connection, recorded: dict[str, tuple[int, str]]) -> Iterator[Fault]:
    held = {row.finding_id: row.state for row in connection.execute(select(FINDINGS.c.finding_id, FINDINGS.c.state))}
    for finding_id in sorted(set(held) - set(recorded)):
        yield None, f"问题 {finding_id} 在库中，审计链中却没有提出它的记录。"
    for finding_id, (seq, state) in recorded.items():
        if held.get(finding_id) != state:
            yield seq, f"问题 {finding_id} 的状态与第 {seq} 条审计记录不符，已被改动或删除。"
