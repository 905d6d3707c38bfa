"""Watch-list entries in force on the day, with the episode and office each belongs to (docs/domain.md section 6.29)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.pool.pool import Cut
from features.rules.case_numbers import court_code

REASONS = {
    "commission": "政法委交办",
    "superior": "上级院交办",
    "congress": "人大政协交办",
    "court": "法院移送介入清单",
    "media": "舆情关注",
    "petition": "信访积案",
    "other": "其他",
}
"""Reasons for which a case is put on the list, by code."""

_ENTRY = ("list_no", "case_no", "from_unit", "listed_on", "until", "demand", "rid")
"""Columns of the register of watch lists that pass unchanged."""


def entries(cut: Cut) -> ir.Table:
    """Entries of watch lists in force on the day: list_no, case_no, reason (中文), from_unit, listed_on, until, demand,
    days (since listed), rid. An entry is in force from its day up to and including the last one."""
    entry = cut.table("watch")
    entry = entry.filter(entry.listed_on <= cut.today, entry.until.isnull() | (entry.until >= cut.today))
    return entry.select(
        *_ENTRY,
        reason=entry.reason.substitute(REASONS),
        days=cut.today.delta(entry.listed_on, unit="day"),
    )


def places(cut: Cut, entry: ir.Table, chains: ir.Table, episodes: ir.Table) -> ir.Table:
    """Entries in force with where they belong, none left out: columns of `entries`, and episode (the chain's latest
    termination, NULL where there is none), known (the case stands in the pool), office (division of the case, else of
    its court as its number tells and the pool knows it, else NULL)."""
    case = cut.table("case")
    own = case.select(own_no="case_no", own_office=case.court_division.substr(0, 6))
    court = case.group_by(code="court_code").agg(court_office=case.court_division.substr(0, 6).min())
    order = ibis.struct({"day": episodes.zb_date, "episode": episodes.episode})
    last = episodes.group_by(last_chain="chain").agg(episode=episodes.episode.argmax(order))
    entry = entry.mutate(code=court_code(entry.case_no)).left_join(court, "code")
    entry = entry.left_join(own, entry.case_no == own.own_no).left_join(chains, "case_no")
    entry = entry.left_join(last, entry.chain == last.last_chain)
    return entry.select(
        *_ENTRY,
        "reason",
        "days",
        "episode",
        known=entry.own_no.notnull(),
        office=ibis.coalesce(entry.own_office, entry.court_office),
    )
