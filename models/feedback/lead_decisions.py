"""The life of a lead: opened as 初筛, marked 有效 or 无效 with a reason, pushed to a department; all in the chain.

An opening replaces what the previous one computed for a lead (value, cause, clues); decisions of people are kept. A
decision names the version of the lead it is based on: if somebody else decided meanwhile, it is refused (409).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from features.errors import GoldenKeyError, NotFoundError
from features.leads import Lead
from features.rules.masking import mask_name, mask_party
from models.database.engine import reading, writing
from models.database.tables import AUDIT, LEAD_OPENINGS, LEADS
from models.ledger.chain import append_act, check_actor, utc_now
from models.ledger.ledger import Ledger
from models.ledger.records import content_id

SCREENED, VALID, INVALID, PUSHED = "初筛", "有效", "无效", "已推送"
STATES = (SCREENED, VALID, INVALID, PUSHED)
"""States of the national platform (docs/domain.md section 2)."""

MOVES: Mapping[str, tuple[str, ...]] = {
    SCREENED: (VALID, INVALID),
    VALID: (INVALID, PUSHED),
    INVALID: (VALID,),
    PUSHED: (),
}
"""Which state may follow which."""

REASONS: Mapping[str, str] = {
    "not_owned": "财产不属于被执行人",
    "no_value": "无价值或净值不足以处置",
    "exempt": "依法豁免执行",
    "controlled": "法院已控制或已处分",
    "lawful": "有正当理由或程序合法",
    "paid": "已履行或已恢复执行",
    "data": "数据有误或同名误配",
    "duplicate": "已在其他线索或案件中办理",
    "other": "其他（须写明）",
}
"""Why a lead is 无效, by code."""

DEPARTMENTS = ("民事检察", "刑事检察", "行政检察", "公益诉讼检察", "控告申诉检察")
"""Departments a lead may be pushed to."""

REASON_MAX_CHARS = 500
"""Longest reason, in characters."""

ASSET_MAX_CHARS = 200

UNDECIDED = (SCREENED, 0, "", "", hashlib.sha256(b"").hexdigest())
"""State, version, reason code, department and digest of the reason of a lead on which nobody decided yet."""


class ConflictError(GoldenKeyError):
    """Somebody else decided on the lead first."""

    http_status = 409
    code = "taken"


class MoveError(GoldenKeyError):
    """A decision that the state of the lead does not allow, or that lacks what it must say."""

    http_status = 422


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decides on a lead.

    Attributes:
        state: the new state.
        version: version of the lead it was decided on.
        reason_code, reason: why; a code is obligatory for 无效, words with the code `other`.
        department: where to, obligatory for 已推送.
    """

    state: str
    version: int
    reason_code: str = ""
    reason: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads are listed: each field narrows, empty ones do not; amounts in 分."""

    office: str = ""
    state: str = ""
    asset_class: str = ""
    cause: str = ""
    route: str = ""
    case_no: str = ""
    at_least_fen: int | None = None


@dataclass(frozen=True, slots=True)
class StoredLead:
    """A lead as the ledger keeps it; texts are masked, amounts 分.

    Attributes:
        fresh: it has evidence rows that did not exist at the last decision.
        gone: the latest opening no longer found it.
    """

    lead_id: str
    office: str
    court: str
    chain: str
    case_no: str
    episode: str
    zb_date: date
    asset_class: str
    class_label: str
    asset: str
    holder_tie: str
    cause: str
    cause_label: str
    unit: str
    routes: tuple[str, ...]
    clues: tuple[str, ...]
    value_fen: int | None
    net_fen: int | None
    net_note: str
    first_as_of: date
    last_as_of: date
    state: str
    version: int
    reason_code: str
    reason: str
    department: str
    actor: str
    marked: str
    fresh: bool = False
    gone: bool = False
    opening_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening: id, cut, how many leads it found, how many of them were new."""

    opening_id: str
    as_of: date
    pool_state: int
    leads: int
    new: int = 0


@dataclass(frozen=True, slots=True)
class LeadEvent:
    """One act on a lead, as recorded in the audit chain."""

    seq: int
    at: str
    actor: str
    act: str
    payload: dict[str, Any]


def record_opening(
    ledger: Ledger, leads: Sequence[Lead], as_of: date, pool_state: int, version: str, actor: str
) -> Opening:
    """Store the leads found in a cut: new ones in state 初筛, known ones updated without changing their state.

    Args:
        ledger: the ledger.
        leads: of `features.leads.open_leads` over the whole cut.
        as_of, pool_state: the cut.
        version: of the catalogue of clues.
        actor: who opens.

    Raises:
        UnknownActorError: nothing is written.
        MoveError: the cut is older than the last one opened.
    """
    opening_id = content_id("O", as_of, pool_state, version)
    with writing(ledger.engine) as connection:
        check_actor(connection, actor)
        last = _last(connection)
        if last is not None and last.opening_id == opening_id:
            return last
        if last is not None and (as_of, pool_state) < (last.as_of, last.pool_state):
            raise MoveError(f"财产线索已按 {last.as_of} 的数据筛出，不能用更早的 {as_of} 重新筛。")
        connection.execute(
            insert(LEAD_OPENINGS),
            {
                "opening_id": opening_id,
                "as_of": as_of,
                "pool_state": pool_state,
                "catalogue_version": version,
                "leads": len(leads),
                "created": utc_now(),
            },
        )
        new = _renew(connection, leads, opening_id, as_of, actor)
        payload = {"as_of": as_of.isoformat(), "pool_state": pool_state, "leads": len(leads), "new": sorted(new)}
        append_act(connection, actor, "lead.open", opening_id, payload)
    return Opening(opening_id, as_of, pool_state, len(leads), len(new))


def _renew(connection: Connection, leads: Sequence[Lead], opening_id: str, as_of: date, actor: str) -> list[str]:
    """Insert new leads and renew known ones; the ids of the new ones are returned."""
    known = set(connection.execute(select(LEADS.c.lead_id)).scalars())
    rows = [_lead_row(lead) | {"opening_id": opening_id, "last_as_of": as_of} for lead in leads]
    fresh = [row for row in rows if row["lead_id"] not in known]
    born = {
        "first_as_of": as_of,
        "state": SCREENED,
        "version": 0,
        "reason_code": "",
        "reason": "",
        "department": "",
        "actor": actor,
        "marked": "",
        "seen": "",
    }
    if fresh:
        connection.execute(insert(LEADS), [row | born for row in fresh])
    for row in rows:
        if row["lead_id"] in known:
            connection.execute(update(LEADS).where(LEADS.c.lead_id == row["lead_id"]).values(row))
    return [row["lead_id"] for row in fresh]


def _lead_row(lead: Lead) -> dict[str, Any]:
    """The database row of a lead: names and numbers masked, so that no person can be identified."""
    cause = lead.causes[0]
    return {
        "lead_id": lead.id,
        "office": lead.office,
        "court": lead.court,
        "chain": lead.chain,
        "case_no": lead.case_no,
        "episode": lead.episode,
        "zb_date": lead.zb_date,
        "asset_class": lead.asset_class,
        "class_label": lead.class_label,
        "asset": masked_asset(lead)[:ASSET_MAX_CHARS],
        "holder_tie": lead.holder_tie,
        "cause": cause.code,
        "cause_label": cause.label,
        "unit": cause.unit,
        "routes": "、".join(dict.fromkeys(route.label for route in lead.routes)),
        "clues": ",".join(lead.clues),
        "evidence": json.dumps(sorted({row.key for row in lead.rows})),
        "value_fen": lead.value_fen,
        "net_fen": lead.net_fen,
        "net_note": lead.net_note,
    }


def masked_asset(lead: Lead) -> str:
    """The asset as text, names and numbers masked."""
    if lead.asset_class == "CASE":
        return lead.asset_name
    if lead.asset_class == "FUND":
        return "本案案款"
    number = mask_party(lead.asset_id.split("|")[0])
    name = lead.asset_name if lead.asset_class in ("ACC", "INS") else _masked_name(lead)
    return " ".join(part for part in (name, number if number != name else "") if part)


def _masked_name(lead: Lead) -> str:
    if not lead.asset_name:
        return ""
    return (
        mask_name(lead.asset_name) if lead.asset_class in ("EQ", "HPF", "WAGE", "RE") else mask_party(lead.asset_name)
    )


def decide(ledger: Ledger, lead_id: str, decision: Decision, actor: str) -> StoredLead:
    """Mark or push a lead, and write it to the chain.

    Args:
        ledger: the ledger.
        lead_id: the lead.
        decision: see `Decision`.
        actor: who decides.

    Raises:
        NotFoundError: no such lead.
        TakenError: somebody decided since the version named.
        MoveError: the state does not allow it, or reason or department is missing.
        UnknownActorError: nothing is written.
    """
    with writing(ledger.engine) as connection:
        check_actor(connection, actor)
        row = _row(connection, lead_id)
        if row["version"] != decision.version:
            raise ConflictError(_taken(row))
        _check(row, decision)
        values = {
            "state": decision.state,
            "version": row["version"] + 1,
            "actor": actor,
            "marked": utc_now(),
            "reason_code": decision.reason_code,
            "reason": decision.reason.strip(),
            "department": decision.department,
            "seen": row["evidence"],
        }
        # The version stands in the condition too: on PostgreSQL two transactions may both have read the older one.
        statement = update(LEADS).where(LEADS.c.lead_id == lead_id, LEADS.c.version == decision.version).values(values)
        if not connection.execute(statement).rowcount:
            raise ConflictError(_taken(_row(connection, lead_id)))
        append_act(connection, actor, "lead.decide", lead_id, _payload(row, decision))
    return read_lead(ledger, lead_id)


def _payload(row: Mapping[str, Any], decision: Decision) -> dict[str, Any]:
    return {
        "from": row["state"],
        "to": decision.state,
        "version": row["version"] + 1,
        "reason_code": decision.reason_code,
        "reason_sha256": text_digest(decision.reason.strip()),
        "department": decision.department,
        "evidence_sha256": text_digest(row["evidence"]),
    }


def _check(row: Mapping[str, Any], decision: Decision) -> None:
    """Refuse what the state or the missing words do not allow, in one sentence."""
    if decision.state not in STATES:
        raise MoveError(f"财产线索状态应为 {'、'.join(STATES)} 之一。")
    if decision.state not in MOVES[row["state"]]:
        after = "、".join(MOVES[row["state"]]) or "无（已推送的财产线索在部门办理中反馈）"
        raise MoveError(f"财产线索现为“{row['state']}”，不能改为“{decision.state}”；可改为：{after}。")
    if decision.state == INVALID and decision.reason_code not in REASONS:
        raise MoveError(f"标为无效须写明原因，原因代码为 {'、'.join(REASONS)} 之一。")
    if decision.state == INVALID and decision.reason_code == "other" and not decision.reason.strip():
        raise MoveError("原因为“其他”时须写明理由。")
    if decision.state != INVALID and decision.reason_code:
        raise MoveError("原因代码只用于标为无效。")
    if decision.state == PUSHED and decision.department not in DEPARTMENTS:
        raise MoveError(f"推送须指明部门：{'、'.join(DEPARTMENTS)} 之一。")
    if decision.state != PUSHED and decision.department:
        raise MoveError("部门只在推送时填写。")
    if len(decision.reason) > REASON_MAX_CHARS:
        raise MoveError(f"理由不能超过 {REASON_MAX_CHARS} 字。")


def _taken(row: Mapping[str, Any]) -> str:
    when = str(row["marked"])[:16].replace("T", " ")
    return f"该财产线索已由{row['actor']}于 {when}（UTC）标为“{row['state']}”，本次未保存；请刷新后再决定。"


def read_lead(ledger: Ledger, lead_id: str) -> StoredLead:
    """A lead by id; NotFoundError when there is none."""
    with reading(ledger.engine) as connection:
        return _kept(_row(connection, lead_id), _last(connection))


def list_leads(
    ledger: Ledger, wanted: LeadFilter = LeadFilter(), limit: int | None = None, offset: int = 0
) -> list[StoredLead]:
    """Leads by net value, largest first, those without one last.

    Args:
        ledger: the ledger.
        wanted: which.
        limit, offset: a page of them (default: all).
    """
    query = _narrowed(select(LEADS), wanted)
    order = (LEADS.c.net_fen.is_(None), LEADS.c.net_fen.desc(), LEADS.c.case_no, LEADS.c.lead_id)
    with reading(ledger.engine) as connection:
        last = _last(connection)
        rows = connection.execute(query.order_by(*order).limit(limit).offset(offset)).mappings().all()
        return [_kept(dict(row), last) for row in rows]


def count_by_state(ledger: Ledger, wanted: LeadFilter = LeadFilter()) -> dict[str, int]:
    """How many leads there are in each state, all states named."""
    with reading(ledger.engine) as connection:
        counted = _narrowed(select(LEADS.c.state, func.count()), wanted).group_by(LEADS.c.state)
        found = {state: int(n) for state, n in connection.execute(counted)}
    return {state: found.get(state, 0) for state in STATES}


def lead_history(ledger: Ledger, lead_id: str) -> list[LeadEvent]:
    """The decisions on a lead, oldest first, as recorded in the audit chain."""
    with reading(ledger.engine) as connection:
        found = select(AUDIT).where(AUDIT.c.act == "lead.decide", AUDIT.c.subject == lead_id).order_by(AUDIT.c.seq)
        rows = connection.execute(found).mappings().all()
    return [LeadEvent(row["seq"], row["at"], row["actor"], row["act"], json.loads(row["payload"])) for row in rows]


def latest_opening(ledger: Ledger) -> Opening | None:
    """The last opening, or None."""
    with reading(ledger.engine) as connection:
        return _last(connection)


def _narrowed(query: Select[Any], wanted: LeadFilter) -> Select[Any]:
    columns = {
        LEADS.c.state: wanted.state,
        LEADS.c.asset_class: wanted.asset_class,
        LEADS.c.cause: wanted.cause,
        LEADS.c.case_no: wanted.case_no,
    }
    query = query.where(LEADS.c.office.startswith(wanted.office, autoescape=True))
    for column, value in columns.items():
        if value:
            query = query.where(column == value)
    if wanted.route:
        query = query.where(LEADS.c.routes.contains(wanted.route, autoescape=True))
    if wanted.at_least_fen is not None:
        query = query.where(LEADS.c.net_fen >= wanted.at_least_fen)
    return query


def _row(connection: Connection, lead_id: str) -> Mapping[str, Any]:
    row = connection.execute(select(LEADS).where(LEADS.c.lead_id == lead_id)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("没有这个编号的财产线索；编号见 ./goldenkey leads list。")
    return dict(row)


def _last(connection: Connection) -> Opening | None:
    order = (LEAD_OPENINGS.c.as_of.desc(), LEAD_OPENINGS.c.pool_state.desc(), LEAD_OPENINGS.c.created.desc())
    row = connection.execute(select(LEAD_OPENINGS).order_by(*order).limit(1)).mappings().one_or_none()
    return None if row is None else Opening(row["opening_id"], row["as_of"], row["pool_state"], row["leads"])


def _kept(row: Mapping[str, Any], last: Opening | None) -> StoredLead:
    plain = {name: row[name] for name in StoredLead.__slots__ if name not in ("routes", "clues", "fresh", "gone")}
    seen_ids = set(json.loads(row["seen"])) if row["seen"] else None
    return StoredLead(
        **plain,
        routes=tuple(row["routes"].split("、")),
        clues=tuple(row["clues"].split(",")),
        fresh=seen_ids is not None and bool(set(json.loads(row["evidence"])) - seen_ids),
        gone=last is not None and row["opening_id"] != last.opening_id,
    )


def text_digest(text: str) -> str:
    """Digest of a text: the audit chain records the digest and not the text."""
    return hashlib.sha256(text.encode()).hexdigest()
