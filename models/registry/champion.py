"""The champion: the model in use as a row of the operational database, who approved it and on what evidence.

Database rows only, each written together with its row of the audit chain. Files, reports and the aliases that follow
the champion are handled in `promotion`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, insert, or_, select, update

from models.database.engine import database_url, open_database, reading
from models.database.tables import APPROVALS, AUDIT, CHAMPIONS, RUNS
from models.ledger.chain import append_act, utc_now
from models.registry.approver_identity import UNKNOWN_IDENTITY, ApproverIdentity

PASS, FAIL, NOT_ENOUGH_EVIDENCE = "pass", "fail", "not enough evidence"
"""Answers of the gate."""

TRAIN_ACT, GATE_ACT, APPROVE_ACT = "model.train", "model.gate", "promote.approve"
"""Acts of the chain by which a model's trainers, the digest of its gate report and its approvals are known."""


@dataclass(frozen=True, slots=True)
class Tenure:
    """One model's time in use.

    Attributes:
        number: counts from 1.
        version: the model.
        why: promotion or rollback.
        since, until: UTC times; until is None for the champion.
        trained_by: who trained it, joined by 、 where several did.
        first_by, first_at, second_by, second_at: the approvers; a rollback has one.
        gate_answer, gate_sha256: the gate and the digest of its report when it was approved.
        report_digests: SHA-256 of every report it had then, by name; `papers` where it is stored.
        files_sha256: digest over the model's files.
        replaced: the model in use before; empty where there was none.
        reason: what the approvers wrote.
    """

    number: int
    version: str
    why: str
    since: str
    until: str | None
    trained_by: str
    first_by: str
    first_at: str
    second_by: str | None
    second_at: str | None
    gate_answer: str
    gate_sha256: str
    report_digests: Mapping[str, str]
    files_sha256: str
    replaced: str
    reason: str

    def as_shown(self) -> dict[str, Any]:
        """All fields under the names they are stored and shown under: `report_digests` is `papers` there."""
        return {"papers" if name == "report_digests" else name: value for name, value in asdict(self).items()}

    def as_payload(self) -> dict[str, Any]:
        """Payload of its row in the audit chain: everything but its end, which the next tenure's start gives."""
        row = self.as_shown()
        del row["until"]
        return row


@dataclass(frozen=True, slots=True)
class Approval:
    """One named person's approval of a model; open, used (it promoted) or void (what it approved has changed)."""

    number: int
    version: str
    actor: str
    at: str
    gate_answer: str
    gate_sha256: str
    files_sha256: str
    reason: str
    note: str
    state: str

    def as_payload(self) -> dict[str, Any]:
        """Payload of its row in the audit chain."""
        row = asdict(self)
        del row["state"]
        return row


@dataclass(frozen=True, slots=True)
class ScoringRun:
    """One run of the ledger.

    Attributes:
        run_id: its id. version: the model that scored. rows: episodes scored.
        as_of: ISO day of the data. at: UTC time of the scoring.
        approved: whether the model was the approved one in use at that time.
    """

    run_id: str
    version: str
    as_of: str
    at: str
    rows: int
    approved: bool


def find_champion(home: Path, engine: Engine | None = None) -> Tenure | None:
    """The champion of a home, None where nothing was ever promoted; creates no database."""
    if engine is not None:
        with reading(engine) as connection:
            return current_tenure(connection)
    url = database_url(home)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        return None
    engine = open_database(home, url)
    try:
        return find_champion(home, engine)
    finally:
        engine.dispose()


def current_tenure(connection: Connection) -> Tenure | None:
    """The tenure in force, None where no model was ever promoted."""
    query = select(CHAMPIONS).where(CHAMPIONS.c.until.is_(None)).order_by(CHAMPIONS.c.number.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else tenure_of(dict(row))


def tenures(connection: Connection) -> tuple[Tenure, ...]:
    """Every model that was ever in use, oldest first."""
    rows = connection.execute(select(CHAMPIONS).order_by(CHAMPIONS.c.number)).mappings()
    return tuple(tenure_of(dict(row)) for row in rows)


def tenures_on_day(history: Sequence[Tenure], day: date) -> tuple[Tenure, ...]:
    """The models in use at any time of a local day, oldest first; empty before the first promotion."""
    start, end = _bounds(day)
    return tuple(
        one
        for one in history
        if datetime.fromisoformat(one.since) < end and (one.until is None or datetime.fromisoformat(one.until) > start)
    )


def scoring_runs_on_day(connection: Connection, day: date) -> tuple[ScoringRun, ...]:
    """Runs created on a local day, or whose `as_of` is that day; oldest first."""
    start, end = (each.astimezone(UTC).isoformat(timespec="microseconds") for each in _bounds(day))
    created_on_day = and_(RUNS.c.created >= start, RUNS.c.created < end)
    query = select(RUNS.c.run_id, RUNS.c.model_version, RUNS.c.as_of, RUNS.c.created, RUNS.c.rows)
    rows = connection.execute(query.where(or_(created_on_day, RUNS.c.as_of == day)).order_by(RUNS.c.created)).all()
    history = tenures(connection)
    return tuple(
        ScoringRun(row.run_id, row.model_version, row.as_of.isoformat(), row.created, row.rows, _approved(history, row))
        for row in rows
    )


def _approved(history: Sequence[Tenure], row: Any) -> bool:
    """Whether the model of a run was in use by approval when the run was made."""
    mine = (one for one in history if one.version == row.model_version)
    return any(one.since <= row.created and (one.until is None or row.created <= one.until) for one in mine)


def _bounds(day: date) -> tuple[datetime, datetime]:
    """The moments at which a local day begins and ends."""
    start, end = (datetime.combine(day + timedelta(days=more), datetime.min.time()).astimezone() for more in (0, 1))
    return start, end


def tenure_of(row: Mapping[str, Any]) -> Tenure:
    """A row of the table as a `Tenure`."""
    plain = {name: row[name] for name in Tenure.__slots__ if name != "report_digests"}
    return Tenure(**plain, report_digests=json.loads(row["papers_json"]))


def open_approvals(connection: Connection, version: str) -> tuple[Approval, ...]:
    """Approvals of a model that wait for a second one."""
    query = select(APPROVALS).where(APPROVALS.c.version == version, APPROVALS.c.state == "open")
    return tuple(Approval(**row) for row in connection.execute(query.order_by(APPROVALS.c.number)).mappings())


def all_approvals(connection: Connection) -> tuple[Approval, ...]:
    """Every approval, oldest first."""
    rows = connection.execute(select(APPROVALS).order_by(APPROVALS.c.number)).mappings()
    return tuple(Approval(**row) for row in rows)


def trainers(connection: Connection, version: str) -> tuple[str, ...]:
    """Everybody who trained this very model, by name."""
    query = select(AUDIT.c.actor).where(AUDIT.c.act == TRAIN_ACT, AUDIT.c.subject == version).distinct()
    return tuple(sorted(connection.execute(query).scalars()))


def last_gate(connection: Connection, version: str) -> dict[str, Any] | None:
    """Payload of a model's last gate in the audit chain: answer, gate_sha256, champion; None without a gate."""
    query = select(AUDIT.c.payload).where(AUDIT.c.act == GATE_ACT, AUDIT.c.subject == version)
    text = connection.execute(query.order_by(AUDIT.c.seq.desc()).limit(1)).scalar()
    return None if text is None else dict(json.loads(text))


def promotion_warnings(connection: Connection) -> dict[int, str]:
    """Warnings recorded with promotions, by number of the tenure."""
    query = select(AUDIT.c.payload).where(AUDIT.c.act.startswith("champion."), AUDIT.c.payload.contains('"warning"'))
    payloads = [json.loads(text) for text in connection.execute(query).scalars()]
    return {each["number"]: each["warning"] for each in payloads}


def write_approval(
    connection: Connection, approval: Approval, identity: ApproverIdentity = UNKNOWN_IDENTITY
) -> Approval:
    """Write an approval and its audit row with the approver's identity; number and time are filled in here."""
    numbered = replace(approval, number=_next(connection, APPROVALS.c.number), at=utc_now(), state="open")
    connection.execute(insert(APPROVALS), asdict(numbered))
    append_act(
        connection,
        numbered.actor,
        APPROVE_ACT,
        numbered.version,
        numbered.as_payload() | {"proof": identity.as_payload()},
    )
    return numbered


def void_approvals(connection: Connection, approvals: Sequence[Approval], by: str, why: str) -> None:
    """Mark approvals void because their evidence has changed; one audit row each.

    Args:
        approvals: open approvals. by: actor of the acts. why: reason written to the chain.
    """
    for approval in approvals:
        connection.execute(update(APPROVALS).where(APPROVALS.c.number == approval.number).values(state="void"))
        payload = {"number": approval.number, "why": why}
        append_act(connection, by, "promote.void", approval.version, payload)


def start_tenure(
    connection: Connection,
    tenure: Tenure,
    by: str,
    used: Sequence[Approval] = (),
    identity: ApproverIdentity = UNKNOWN_IDENTITY,
    warning: str = "",
) -> Tenure:
    """Put a model in use: end the previous tenure, start this one, mark its approvals used; one audit row."""
    before = current_tenure(connection)
    tenure = replace(tenure, number=_next(connection, CHAMPIONS.c.number), until=None)
    if before is not None:
        ended = update(CHAMPIONS).where(CHAMPIONS.c.number == before.number)
        connection.execute(ended.values(until=tenure.since))
    row = tenure.as_shown()
    digests = json.dumps(row.pop("papers"), sort_keys=True)
    connection.execute(insert(CHAMPIONS), row | {"papers_json": digests})
    for approval in used:
        connection.execute(update(APPROVALS).where(APPROVALS.c.number == approval.number).values(state="used"))
    payload = tenure.as_payload() | {
        "approvals": [approval.number for approval in used],
        "proof": identity.as_payload(),
    }
    payload |= {"warning": warning} if warning else {}
    append_act(connection, by, f"champion.{tenure.why}", tenure.version, payload)
    return tenure


def _next(connection: Connection, column: Any) -> int:
    return int(connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()) + 1
