"""Rows of the tables `case`, `party` and `event` from a ruling: only what the text states."""

from __future__ import annotations

from typing import Any

from features.intake.ruling.dates import ROLES
from features.intake.ruling.document import Ruling
from features.intake.ruling.measures import REASONS
from features.intake.ruling.named.identities import is_masked, shared_numbers
from features.intake.ruling.numbers import division
from features.intake.ruling.plain import without_breaks
from features.rules.case_numbers import CASE_TYPES

Row = dict[str, Any]

_CLOSE = {"终本裁定": "terminated", "终结执行": "ended"}
_EVENT = {
    "filed": "FILE",
    "noticed": "NOTICE",
    "terminated": "ZB",
    "ended": "CLOSE",
    "resumed": "RESUME",
    "sealed": "SEAL",
    "detained": "DETAIN",
    "frozen": "FREEZE",
    "deducted": "DEDUCT",
    "limited": "LIMIT",
    "dishonest": "DISHONEST",
    "searched": "SEARCH",
    "visited": "INVEST",
    "reported": "RPT_CONTENT",
    "interviewed": "INTERVIEW",
    "auctioned": "AUCTION",
    "paid": "PAY_IN",
}
"""Role of a dated event and its code in the event table; roles without a code make no row."""
_BEFORE_RULED = ("filed", "applied", "noticed")
"""What lies before a ruling."""
_BOUNDS = frozenset({"filed", "applied", "terminated", "ended", "resumed"})
"""Events that have no certain day where the ruling was signed before them."""


def ruling_rows(ruling: Ruling, src_file: str, start: int = 0) -> dict[str, list[Row]]:
    """Rows by table name, keyed by contract column plus `src_file` and `src_row`, the line of the text.

    Sums are 分. Without a case number there are no rows at all; a case row is made only when `case_row_gaps` is empty.
    An event of an earlier enforcement goes to that case's number, and is left out when the ruling does not give it.
    `start` is where the ruling begins in its file: a copy of it names its events alike.
    """
    if not ruling.case_no:
        return {"case": [], "party": [], "event": []}
    return {
        "case": [] if case_row_gaps(ruling) else [_case(ruling, src_file)],
        "party": _parties(ruling, src_file),
        "event": _events(ruling, src_file, start),
    }


def case_row_gaps(ruling: Ruling) -> str:
    """Why no case row can be made, as one sentence; "" when it can."""
    number = ruling.this_number
    if number is None:
        return "裁定书中未见本案案号，不能生成执行案件、主体和事件记录。"
    if said := before_its_time(ruling):
        return f"{said}，有一个日期读错或写错，不能生成执行案件记录，仅生成主体和事件记录，不含立案和结案。"
    gaps = []
    if ruling.day("filed") is None:
        gaps.append("立案日期")
    if number.type not in CASE_TYPES:
        gaps.append("案件类型")
    if not division(number.court):
        gaps.append("法院行政区划")
    return f"裁定书中缺少{'、'.join(gaps)}，不足以生成执行案件记录，仅生成主体和事件记录。" if gaps else ""


def before_its_time(ruling: Ruling) -> str:
    """What says that the ruling was signed before what it recites of its own case; "" where nothing does."""
    ruled = ruling.day("ruled")
    for role in _BEFORE_RULED:
        for day in ruling.days(role):
            if ruled is not None and ruled < day:
                return f"裁定日期 {ruled} 早于{ROLES[role]}日期 {day}"
    return ""


def _case(ruling: Ruling, src_file: str) -> Row:
    number = ruling.this_number
    assert number is not None
    close = _CLOSE.get(ruling.kind)
    noticed = ruling.days("noticed")
    row: Row = {
        "case_no": number.number,
        "case_type": CASE_TYPES[number.type],
        "nature": ruling.nature.code if ruling.nature.quote else None,
        "court_code": number.court,
        "court_name": ruling.court_name or None,
        "court_division": division(number.court),
        "cause": ruling.cause or None,
        "amt_due": ruling.fen("claim"),
        "basis_no": _single_number(ruling, "basis"),
        "apply_date": ruling.day("applied"),
        "filing_date": ruling.day("filed"),
        "ntc_sent_date": noticed[0] if noticed else None,
        "close_mode": close,
        "close_date": ruling.day("ruled") if close else None,
        "zb_reason": ";".join(REASONS[reason.kind] for reason in ruling.reasons) or None if close else None,
        "amt_paid": ruling.fen("paid"),
        "amt_unpaid": ruling.fen("outstanding"),
        "prev_case_no": _single_number(ruling, "previous"),
        "src_file": src_file,
        "src_row": number.quote.line,
    }
    return {name: value for name, value in row.items() if value is not None}


def _parties(ruling: Ruling, src_file: str) -> list[Row]:
    rows = []
    shared = shared_numbers(ruling.parties)
    for position, party in enumerate(ruling.parties, start=1):
        row = {
            "case_no": ruling.case_no,
            "party_no": position,
            "role": party.role,
            "kind": party.kind,
            "name": party.name,
            "former_name": party.former_name,
            "id_no": "" if is_masked(party.id_no) or party.id_no.upper() in shared else party.id_no,
            "id_type": party.id_type,
            "sex": party.sex,
            "birth": party.birth,
            "address": party.address,
            "legal_rep": party.legal_rep,
            "src_file": src_file,
            "src_row": party.quote.line,
        }
        rows.append({name: value for name, value in row.items() if value not in ("", None)})
    return rows


def _events(ruling: Ruling, src_file: str, start: int) -> list[Row]:
    rows: list[Row] = []
    doubtful = bool(before_its_time(ruling))
    for event in ruling.events:
        code = _EVENT.get(event.role)
        case_no = _single_number(ruling, "previous") if event.previous else ruling.case_no
        if code is None or case_no is None or (doubtful and event.role in _BOUNDS and not event.previous):
            continue
        rows.append(
            {
                # The same ruling read twice names its events alike, so nothing is doubled in the pool.
                "event_id": f"裁定书:{ruling.case_no}:{code}:{event.day.isoformat()}:{event.quote.start - start}",
                "case_no": case_no,
                "ev_code": code,
                "ev_date": event.day,
                "detail": without_breaks(event.quote.text),
                "src_file": src_file,
                "src_row": event.quote.line,
            }
        )
    return rows


def unplaced_events(ruling: Ruling) -> str:
    """A sentence on events of an earlier enforcement whose number the ruling does not give, or gives twice; or ""."""
    if _single_number(ruling, "previous"):
        return ""
    roles = [event.role for event in ruling.events if event.previous and event.role in _EVENT]
    named = "、".join(dict.fromkeys(ROLES[role] for role in roles))
    return f"有 {len(roles)} 个事件（{named}）属于此前的执行，其案号未写明或不止一个，未记录" if roles else ""


def _single_number(ruling: Ruling, role: str) -> str | None:
    """The only case number of that role; None when there is none or more than one."""
    found = {number.number for number in ruling.numbers if number.role == role}
    return found.pop() if len(found) == 1 else None
