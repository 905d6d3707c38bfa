"""Verify the audit chain from its first row, and that the rows of every audited act say what the chain recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from models.audit.verify_cuts import cut_faults
from models.audit.verify_reviews import review_faults
from models.database.engine import reading
from models.database.tables import ACTORS, AUDIT, AUDIT_HEAD, LEADS, QUEUE_ITEMS, QUEUES, RUNS, SCORES, TOKENS
from models.feedback.lead_decisions import UNDECIDED, text_digest
from models.ledger.chain import GENESIS, AuditEntry, canonical_json
from models.ledger.ledger import Ledger
from models.ledger.records import Queue, Run, item_digest, run_digest, score_digest
from models.registry import champion

NAMED = 3
"""Number of changed rows named one by one; of more only the number is given."""


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """One discrepancy: number of the audit row it concerns (None where there is none), sentence."""

    seq: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of a verification: rows of the chain, hash at its end (to be noted elsewhere), every discrepancy."""

    entries: int
    head: str
    problems: tuple[AuditProblem, ...]

    @property
    def sound(self) -> bool:
        """Whether there is no discrepancy."""
        return not self.problems


@dataclass(slots=True)
class _Recorded:
    """State of the database that the audit chain implies; later acts overrule earlier ones."""

    runs: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    queues: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    actors: dict[str, tuple[int, tuple[str, bool]]] = field(default_factory=dict)
    tokens: dict[str, tuple[int, tuple[str, str, str, bool]]] = field(default_factory=dict)
    leads: dict[str, tuple[int, tuple[str, int, str, str, str]]] = field(default_factory=dict)
    tenures: dict[int, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    approvals: dict[int, tuple[int, dict[str, Any], str]] = field(default_factory=dict)
    served: dict[str, int] = field(default_factory=dict)


def verify(ledger: Ledger, expected_head: str | None = None) -> Verification:
    """Recompute the chain and compare every recorded act with the rows it describes.

    Args:
        ledger: the ledger.
        expected_head: hash noted at an earlier verification, which the chain must still contain.
    """
    recorded = _Recorded()
    problems: list[AuditProblem] = []
    with reading(ledger.engine) as connection:
        last, hashes = _chain(connection, recorded, problems)
        _head(connection, last, problems)
        if expected_head is not None and expected_head not in hashes:
            problems.append(AuditProblem(None, "审计链中没有给出的哈希值：此前核验过的记录已被改写或删除。"))
        problems += _runs(connection, recorded)
        problems += _queues(connection, recorded)
        problems += _leads(connection, recorded)
        problems += _actors_and_tokens(connection, recorded)
        problems += _champions(connection, recorded)
        problems += _approvals(connection, recorded)
        problems += _served(connection, recorded)
        problems += [AuditProblem(seq, sentence) for seq, sentence in review_faults(connection)]
    problems += [AuditProblem(seq, sentence) for seq, sentence in cut_faults(ledger)]
    return Verification(len(hashes), last[1], tuple(problems))


def _entries(connection: Connection) -> Iterator[AuditEntry]:
    for row in connection.execution_options(yield_per=1000).execute(select(AUDIT).order_by(AUDIT.c.seq)):
        yield AuditEntry(*row)


def _chain(
    connection: Connection, recorded: _Recorded, problems: list[AuditProblem]
) -> tuple[tuple[int, str], set[str]]:
    seq, previous = 0, GENESIS
    hashes: set[str] = set()
    for entry in _entries(connection):
        if entry.seq != seq + 1:
            missing = str(seq + 1) if entry.seq == seq + 2 else f"{seq + 1} 至 {entry.seq - 1}"
            problems.append(AuditProblem(seq + 1, f"缺少第 {missing} 条审计记录，已被删除。"))
        elif entry.prev_hash != previous:
            problems.append(AuditProblem(entry.seq, f"第 {entry.seq} 条审计记录与前一条接不上，其中一条已被改动。"))
        if entry.expected() != entry.hash:
            problems.append(
                AuditProblem(entry.seq, f"第 {entry.seq} 条审计记录（{entry.act}）的内容与其哈希不符，已被改动。")
            )
        else:
            _apply_entry(entry, recorded)
        seq, previous = entry.seq, entry.hash
        hashes.add(entry.hash)
    return (seq, previous), hashes


def _head(connection: Connection, last: tuple[int, str], problems: list[AuditProblem]) -> None:
    head = connection.execute(select(AUDIT_HEAD.c.seq, AUDIT_HEAD.c.hash)).one_or_none()
    if head is None:
        problems.append(AuditProblem(None, "审计链的末端登记已被删除。"))
    elif head.seq > last[0]:
        problems.append(AuditProblem(last[0] + 1, f"审计链末尾缺少第 {last[0] + 1} 至 {head.seq} 条记录，已被删除。"))
    elif (head.seq, head.hash) != last:
        problems.append(AuditProblem(last[0], f"审计链末端（第 {last[0]} 条）与末端登记不符，已被改动。"))


def _apply_entry(entry: AuditEntry, recorded: _Recorded) -> None:
    payload = json.loads(entry.payload)
    match entry.act:
        case "score.run":
            recorded.runs[entry.subject] = entry.seq, payload
        case "queue.make":
            recorded.queues[entry.subject] = entry.seq, payload
        case "actor.add":
            recorded.actors[entry.subject] = entry.seq, (payload["kind"], True)
        case "actor.enable" | "actor.disable":
            kind = recorded.actors.get(entry.subject, (0, ("", True)))[1][0]
            recorded.actors[entry.subject] = entry.seq, (kind, entry.act == "actor.enable")
        case "token.issue":
            recorded.tokens[entry.subject] = entry.seq, (payload["actor"], payload["office"], payload["expires"], False)
        case "token.revoke":
            actor, office, expires, _ = recorded.tokens.get(entry.subject, (0, ("", "", "", False)))[1]
            recorded.tokens[entry.subject] = entry.seq, (actor, office, expires, True)
        case "lead.open":
            recorded.leads.update(dict.fromkeys(payload["new"], (entry.seq, UNDECIDED)))
        case "lead.decide":
            names = ("to", "version", "reason_code", "department", "reason_sha256")
            recorded.leads[entry.subject] = entry.seq, tuple(payload[name] for name in names)
        case "score.serve" | "explanation.serve":
            recorded.served.update(dict.fromkeys(payload["score_ids"], entry.seq))
        case _:
            _apply_promotion(entry, payload, recorded)


def _apply_promotion(entry: AuditEntry, payload: dict[str, Any], recorded: _Recorded) -> None:
    """Approvals, promotions and rollbacks."""
    match entry.act:
        case "promote.approve":
            payload.pop("proof", None)
            recorded.approvals[payload["number"]] = entry.seq, payload, "open"
        case "promote.void":
            _approval(recorded, entry.seq, payload["number"], "void")
        case "champion.promotion" | "champion.rollback":
            for number in payload.pop("approvals"):
                _approval(recorded, entry.seq, number, "used")
            for name in ("proof", "warning"):
                payload.pop(name, None)
            recorded.tenures[payload["number"]] = entry.seq, payload
        case _:
            pass


def _approval(recorded: _Recorded, seq: int, number: int, state: str) -> None:
    _, payload, _ = recorded.approvals.get(number, (seq, {}, ""))
    recorded.approvals[number] = seq, payload, state


def _runs(connection: Connection, recorded: _Recorded) -> Iterator[AuditProblem]:
    stored = {row["run_id"]: _run_payload(row) for row in connection.execute(select(RUNS)).mappings()}
    return _registered("评分批次", stored, recorded.runs, partial(_scores, connection))


def _run_payload(row: RowMapping) -> dict[str, Any]:
    plain = {name: row[name] for name in Run.__slots__ if name != "columns"}
    return Run(**plain, columns=tuple(json.loads(row["columns_json"]))).as_payload()


def _registered(
    label: str,
    stored: Mapping[str, dict[str, Any]],
    recorded: Mapping[str, tuple[int, dict[str, Any]]],
    contents: Callable[[str, int, dict[str, Any]], Iterator[AuditProblem]],
) -> Iterator[AuditProblem]:
    """Compare rows with the payloads recorded of them, and what belongs to each row by `contents`."""
    yield from _unknown(stored, recorded, label)
    for id, (seq, payload) in recorded.items():
        if id not in stored:
            yield AuditProblem(seq, f"{label} {id}（第 {seq} 条审计记录）已被删除。")
            continue
        if canonical_json(stored[id]) != canonical_json(payload):
            yield AuditProblem(seq, f"{label} {id} 的登记与第 {seq} 条审计记录不符，已被改动。")
        yield from contents(id, seq, payload)


def _scores(connection: Connection, run_id: str, seq: int, payload: dict[str, Any]) -> Iterator[AuditProblem]:
    scores = select(SCORES).where(SCORES.c.run_id == run_id).order_by(SCORES.c.episode)
    digests: dict[str, str] = {}
    changed: list[str] = []
    for row in connection.execution_options(yield_per=500).execute(scores).mappings():
        digest = score_digest(dict(row))
        digests[row["episode"]] = digest
        if digest != row["row_sha256"]:
            changed.append(row["score_id"])
    if changed:
        named = "、".join(changed[:NAMED]) + (f" 等 {len(changed)} 条" if len(changed) > NAMED else "")
        yield AuditProblem(seq, f"评分 {named} 的内容已被改动（登记于第 {seq} 条审计记录，批次 {run_id}）。")
    elif len(digests) != payload["rows"]:
        yield AuditProblem(
            seq, f"批次 {run_id} 应有 {payload['rows']} 条评分，现有 {len(digests)} 条（第 {seq} 条审计记录）。"
        )
    elif run_digest(digests[episode] for episode in sorted(digests)) != payload["digest"]:
        yield AuditProblem(seq, f"批次 {run_id} 的评分连同其校验值已被改写，与第 {seq} 条审计记录不符。")


def _queues(connection: Connection, recorded: _Recorded) -> Iterator[AuditProblem]:
    stored = {row["queue_id"]: _queue_payload(row) for row in connection.execute(select(QUEUES)).mappings()}
    return _registered("线索队列", stored, recorded.queues, partial(_queue_items, connection))


def _queue_payload(row: RowMapping) -> dict[str, Any]:
    plain = {name: row[name] for name in Queue.__slots__ if name not in ("policy", "seed")}
    return Queue(**plain, policy=json.loads(row["policy_json"]), seed=int(row["seed"])).as_payload()


def _queue_items(connection: Connection, queue_id: str, seq: int, payload: dict[str, Any]) -> Iterator[AuditProblem]:
    items = select(QUEUE_ITEMS).where(QUEUE_ITEMS.c.queue_id == queue_id)
    digests = {item["episode"]: item_digest(dict(item)) for item in connection.execute(items).mappings()}
    if run_digest(digests[episode] for episode in sorted(digests)) != payload["digest"]:
        yield AuditProblem(seq, f"线索队列 {queue_id} 的条目（名单或入选概率）与第 {seq} 条审计记录不符，已被改动。")


def _leads(connection: Connection, recorded: _Recorded) -> Iterator[AuditProblem]:
    columns = (LEADS.c.lead_id, LEADS.c.state, LEADS.c.version, LEADS.c.reason_code, LEADS.c.department, LEADS.c.reason)
    stored = {
        row.lead_id: (row.state, row.version, row.reason_code, row.department, text_digest(row.reason))
        for row in connection.execute(select(*columns))
    }
    yield from _unknown(stored, recorded.leads, "线索")
    for lead_id, (seq, decided) in recorded.leads.items():
        if stored.get(lead_id) != decided:
            yield AuditProblem(seq, f"财产线索 {lead_id} 的状态、原因或部门与第 {seq} 条审计记录不符，已被改动。")


def _champions(connection: Connection, recorded: _Recorded) -> Iterator[AuditProblem]:
    """Compare every tenure with the chain; each must end when the next begins."""
    stored = {one.number: one for one in champion.tenures(connection)}
    yield from _unknown(stored, recorded.tenures, "在用模型记录第")
    begun = {number: payload["since"] for number, (_, payload) in recorded.tenures.items()}
    for number, (seq, payload) in recorded.tenures.items():
        row = stored.get(number)
        if row is None:
            yield AuditProblem(seq, f"在用模型记录第 {number} 条（第 {seq} 条审计记录）已被删除。")
        elif canonical_json(row.as_payload()) != canonical_json(payload) or row.until != begun.get(number + 1):
            yield AuditProblem(seq, f"在用模型记录第 {number} 条与第 {seq} 条审计记录不符，已被改动。")


def _approvals(connection: Connection, recorded: _Recorded) -> Iterator[AuditProblem]:
    stored = {one.number: one for one in champion.all_approvals(connection)}
    yield from _unknown(stored, recorded.approvals, "模型批准记录第")
    for number, (seq, payload, state) in recorded.approvals.items():
        row = stored.get(number)
        if row is None or row.state != state or canonical_json(row.as_payload()) != canonical_json(payload):
            yield AuditProblem(seq, f"模型批准记录第 {number} 条与第 {seq} 条审计记录不符，已被改动或删除。")


def _actors_and_tokens(connection: Connection, recorded: _Recorded) -> Iterator[AuditProblem]:
    actors = {row.name: (row.kind, bool(row.active)) for row in connection.execute(select(ACTORS))}
    yield from _unknown(actors, recorded.actors, "操作人")
    for name, (seq, expected) in recorded.actors.items():
        if actors.get(name) != expected:
            yield AuditProblem(seq, f"操作人“{name}”的类别或状态与第 {seq} 条审计记录不符，已被改动。")
    tokens = {
        row.sha256: (row.actor, row.office, row.expires.isoformat(), row.revoked is not None)
        for row in connection.execute(select(TOKENS))
    }
    yield from _unknown(
        {sha256[:12]: row for sha256, row in tokens.items()}, {s[:12]: () for s in recorded.tokens}, "令牌"
    )
    for sha256, (seq, granted) in recorded.tokens.items():
        if tokens.get(sha256) != granted:
            yield AuditProblem(seq, f"令牌 {sha256[:12]} 的所属、范围、期限或状态与第 {seq} 条审计记录不符，已被改动。")


def _served(connection: Connection, recorded: _Recorded) -> Iterator[AuditProblem]:
    stored = set(connection.execute(select(SCORES.c.score_id)).scalars()) if recorded.served else set()
    for score_id, seq in recorded.served.items():
        if score_id not in stored:
            yield AuditProblem(seq, f"第 {seq} 条审计记录提供过的评分 {score_id} 已不在台账中。")


def _unknown(stored: Mapping[Any, Any], recorded: Mapping[Any, Any], label: str) -> Iterator[AuditProblem]:
    for name in sorted(set(stored) - set(recorded)):
        yield AuditProblem(None, f"{label} {name} 在库中，审计链中却没有建立它的记录。")
