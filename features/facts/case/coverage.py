"""Which data sources cover an episode: no rows of a covered source mean zero, of another unknown (docs/domain.md
section 3.3 H)."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from features.facts.case.court import RULING_PREFIX
from features.facts.rows import rows_until_today
from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.schema import TABLES
from features.schema.sources import COVERAGE_LABELS, SOURCES

COURT_LAG_DAYS = 15
"""Days from an act of the court to the row that records it (the event contract's own lag): an absence is only said
once the court's log was delivered that long after the day on which the act was due."""

GRADES = ((True, 5, "A"), (True, 2, "B"), (False, 5, "B"), (False, 3, "C"), (True, 0, "C"))
"""Coverage grade: (statements needed, least number of asset sources, grade), first match wins, else D."""

_ANSWER = ("period_from", "period_to", "answered_on", "accounts_known", "accounts_returned", "rid")
"""Columns of an inquiry that say what its answer covers."""

_EMPTY = {"period_from": "date", "period_to": "date", "accounts_known": "int64", "accounts_returned": "int64"}


def coverage(
    cut: Cut,
    episodes: ir.Table,
    debtors: ir.Table,
    statements: ir.Table,
    accounts: ir.Table,
    kin: ir.Table,
    court_reach: ir.Table,
    lots: ir.Table,
    second: ir.Table,
) -> ir.Table:
    """Sources that reach at least one living debtor of an episode.

    Columns: episode, source, answered_on (latest answer), period_from, period_to, accounts_known, accounts_returned,
    rid (the latest inquiry, NULL when the rows themselves are the only sign). One row per episode and covered source.
    An answered inquiry covers, with or without findings, where its delivery lacks no file of that source; so do rows
    about the debtor where no inquiry was recorded, and auctions of the case.
    """
    inquiry = rows_until_today(cut, "inquiry", "answered_on")
    inquiry = inquiry.filter(cut.came_whole(inquiry.batch, inquiry.source_code))
    asked = inquiry.select(*_ANSWER, person=canonical_id(inquiry.subject_id), source="source_code")
    whole = asked
    for table in TABLES.values():
        for subject in table.subjects:
            whole = whole.union(_rows(cut, table.name, subject, table.source))
    whole = whole.union(_statements(statements, accounts)).union(_kin_registers(asked, kin))
    people = debtors.filter(~debtors.dead).select("episode", "person")
    reached = whole.join(people, "person")
    last = {name: reached[name].max() for name in _ANSWER} | {"period_from": reached.period_from.min()}
    found = reached.group_by("episode", "source").agg(**last)
    sold = lots.group_by("episode").agg(on=lots.known_at.max())
    sold = sold.anti_join(found.filter(found.source == "AUC"), "episode")
    found = found.union(_everyone(sold, "AUC", found))
    for source in [source.code for source in SOURCES if source.district_wide]:
        day = cut.last_delivery(source)
        if day is not None:
            found = found.union(_everyone(episodes.mutate(on=ibis.literal(day, type="date")), source, found))
    for column, source in (("log_on", "CLOG"), ("query_on", "CQRY")):
        traced = court_reach.filter(court_reach[column].notnull()).select("episode", on=column)
        found = found.union(_everyone(traced, source, found))
    beside = second.group_by("episode").agg(on=second.answered_on.max())
    return found.union(_everyone(beside, "TX2", found))


def _everyone(episodes: ir.Table, source: str, like: ir.Table) -> ir.Table:
    given = {"episode": episodes.episode, "source": ibis.literal(source), "answered_on": episodes.on}
    columns = {name: given.get(name, ibis.literal(None, type=kind)) for name, kind in like.schema().items()}
    return episodes.select(**columns)


def _blank() -> dict[str, ir.Value]:
    return {name: ibis.literal(None, type=kind) for name, kind in _EMPTY.items()} | {
        "rid": ibis.literal(None, type="int64")
    }


def _rows(cut: Cut, table: str, owner: str, source: str) -> ir.Table:
    rows = cut.table(table)
    given = _blank() | {
        "answered_on": rows.known_at,
        "person": canonical_id(rows[owner]),
        "source": ibis.literal(source),
    }
    return _ordered(rows, given)


def _ordered(rows: ir.Table, given: dict[str, ir.Value]) -> ir.Table:
    return rows.select(**{name: given[name] for name in (*_ANSWER, "person", "source")}).distinct()


def _kin_registers(asked: ir.Table, kin: ir.Table) -> ir.Table:
    relatives = kin.select("other", debtor="person")
    about = asked.join(relatives, asked.person == relatives.other)
    codes = {source.kin_of: source.code for source in SOURCES if source.kin_of}
    about = about.filter(about.source.isin(list(codes)))
    given = {name: about[name] for name in (*_EMPTY, "answered_on", "rid")}
    source = about.source.cases(*codes.items(), else_="")
    return _ordered(about, given | {"person": about.debtor, "source": source})


def _statements(statements: ir.Table, accounts: ir.Table) -> ir.Table:
    by_account = statements.group_by("acct_no").agg(
        period_from=statements.day.min(), period_to=statements.day.max(), answered_on=statements.known_at.max()
    )
    owned = by_account.join(accounts, by_account.acct_no == accounts.acct)
    given = _blank() | {name: owned[name] for name in ("period_from", "period_to", "answered_on", "person")}
    return _ordered(owned, given | {"source": ibis.literal("TX")})


def court_reach(cut: Cut, episodes: ir.Table) -> ir.Table:
    """Where the court's own records reach an episode, so that what is not in them can be said not to have happened.

    Columns: episode, log_on (last delivery of the event log of that court), query_on (the same of its network queries);
    NULL where the case does not stand in the court's log; a delivery that lacks a file of them counts as none. A
    ruling's text tells what was done, never what was not, so
    events read from it reach nothing.
    """
    case = cut.table("case").select("case_no", "court_code").distinct()
    event = cut.table("event")
    event = event.filter(~event.event_id.startswith(RULING_PREFIX))
    whole = event.filter(cut.came_whole(event.batch, ibis.literal("CLOG")))
    logged = whole.select("case_no", "known_at").join(case, "case_no")
    asked = cut.table("query_feedback")
    asked = asked.filter(cut.came_whole(asked.batch, ibis.literal("CQRY")))
    asked = asked.select("case_no", "known_at").join(case, "case_no")
    log_on = logged.group_by("court_code").agg(log_on=logged.known_at.max())
    query_on = asked.group_by("court_code").agg(query_on=asked.known_at.max())
    traced = episodes.select("episode", "case_no", "court_code").semi_join(event, "case_no").drop("case_no")
    joined = traced.left_join(log_on, "court_code").left_join(query_on, "court_code")
    return joined.select("episode", "log_on", "query_on")


def log_covers(log_on: Any, due: Any) -> Any:
    """Whether a delivery of the court's log came late enough after a due day to show that nothing was done by then."""
    return ibis.coalesce(log_on >= due + ibis.interval(days=COURT_LAG_DAYS), False)


def covered_sources(episodes: ir.Table, debtors: ir.Table, covered: ir.Table) -> ir.Table:
    """One row per episode: a boolean column per covering source, has_person, has_company, asset_sources, grade."""
    flags = covered.group_by("episode").agg(
        **{source: (covered.source == source).any() for source in COVERAGE_LABELS},
    )
    kinds = debtors.group_by("episode").agg(
        has_person=(debtors.kind == "person").any(), has_company=(debtors.kind != "person").any()
    )
    joined = episodes.select("episode").left_join(flags, "episode").left_join(kinds, "episode")
    names = (*COVERAGE_LABELS, "has_person", "has_company")
    wide = joined.select("episode", **{name: ibis.coalesce(joined[name], False) for name in names})
    held = (wide[source.code].cast("int64") for source in SOURCES if source.asset)
    wide = wide.mutate(asset_sources=sum(held, ibis.literal(0)))
    branches = [
        ((wide.asset_sources >= least) & (wide.TX if statements else ibis.literal(True)), grade)
        for statements, least, grade in GRADES
    ]
    return wide.mutate(grade=ibis.cases(*branches, else_="D"))
