"""Which sources reach an episode: covered and silent is zero, not covered is unknown (domain.md 3.3 H)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.identity import canonical_id
from features.pool import Cut

_OWNED = (("vehicle", "owner_id", "VEH"), ("realty", "holder_id", "RE"), ("insurance", "applicant_id", "INS"),
          ("hpf", "person_id", "HPF"), ("social", "person_id", "SOC"), ("shareholding", "holder_id", "EQ"))  # fmt: skip
SOURCES = ("COURT", "TX", "VEH", "VUSE", "RE", "INS", "HPF", "SOC", "EQ", "KIN", "PET", "TRAVEL", "AUC", "DEM")
ASSET_SOURCES = ("VEH", "VUSE", "RE", "INS", "HPF", "SOC", "EQ", "KIN")
GRADES = ((True, 5, "A"), (True, 2, "B"), (False, 5, "B"), (False, 3, "C"), (True, 0, "C"))
"""Coverage grade: (statements needed, least number of asset sources, grade), first match wins, else D."""

_POOL_WIDE = ("COURT", "PET")
"""Sources delivered for a whole district at once: one delivery covers every episode."""


def coverage(cut: Cut, episodes: ir.Table, debtors: ir.Table, accounts: ir.Table) -> ir.Table:
    """Sources that reach at least one living debtor of an episode.

    Columns: episode, source, answered_on (latest answer), period_from, period_to, accounts_known, accounts_returned,
    rid (the inquiry, NULL when the rows themselves are the only sign). One row per episode and covered source.
    An answered inquiry covers, with or without findings; so do rows about the debtor where no inquiry was recorded.
    """
    inquiry = cut.table("inquiry").filter(lambda t: t.answered_on <= cut.day)
    asked = inquiry.select(
        "period_from", "period_to", "answered_on", "accounts_known", "accounts_returned", "rid",
        person=canonical_id(inquiry.subject_id), source="source_code",
    )  # fmt: skip
    shown = [_rows(cut, table, owner, source) for table, owner, source in _OWNED] + [_statements(cut, accounts)]
    whole = asked
    for part in shown:
        whole = whole.union(part)
    people = debtors.filter(~debtors.dead).select("episode", "person")
    reached = whole.join(people, "person")
    found = reached.group_by("episode", "source").agg(
        answered_on=reached.answered_on.max(),
        period_from=reached.period_from.min(),
        period_to=reached.period_to.max(),
        accounts_known=reached.accounts_known.max(),
        accounts_returned=reached.accounts_returned.max(),
        rid=reached.rid.max(),
    )
    for source in _POOL_WIDE:
        day = cut.last_delivery(source)
        if day is not None:
            found = found.union(_everyone(episodes, source, day, found))
    return found


def _everyone(episodes: ir.Table, source: str, day: object, like: ir.Table) -> ir.Table:
    given = {"episode": episodes.episode, "source": ibis.literal(source), "answered_on": ibis.literal(day, type="date")}
    columns = {name: given.get(name, ibis.literal(None, type=kind)) for name, kind in like.schema().items()}
    return episodes.select(**columns)


def _rows(cut: Cut, table: str, owner: str, source: str) -> ir.Table:
    rows = cut.table(table)
    return rows.select(
        period_from=ibis.literal(None, type="date"), period_to=ibis.literal(None, type="date"), answered_on="known_at",
        accounts_known=ibis.literal(None, type="int64"), accounts_returned=ibis.literal(None, type="int64"),
        rid=ibis.literal(None, type="int64"), person=canonical_id(rows[owner]), source=ibis.literal(source),
    ).distinct()  # fmt: skip


def _statements(cut: Cut, accounts: ir.Table) -> ir.Table:
    txn = cut.table("txn")
    by_account = txn.group_by("acct_no").agg(
        period_from=txn.ts.date().min(), period_to=txn.ts.date().max(), answered_on=txn.known_at.max()
    )
    owned = by_account.join(accounts, by_account.acct_no == accounts.acct)
    return owned.select(
        "period_from", "period_to", "answered_on",
        accounts_known=ibis.literal(None, type="int64"), accounts_returned=ibis.literal(None, type="int64"),
        rid=ibis.literal(None, type="int64"), person="person", source=ibis.literal("TX"),
    )  # fmt: skip


def reach(episodes: ir.Table, debtors: ir.Table, covered: ir.Table) -> ir.Table:
    """One row per episode: a boolean column per source of `SOURCES`, has_person, has_company, asset_sources, grade."""
    flags = covered.group_by("episode").agg(
        **{source: (covered.source == source).any() for source in SOURCES},
    )
    kinds = debtors.group_by("episode").agg(
        has_person=(debtors.kind == "person").any(), has_company=(debtors.kind != "person").any()
    )
    joined = episodes.select("episode").left_join(flags, "episode").left_join(kinds, "episode")
    names = (*SOURCES, "has_person", "has_company")
    wide = joined.select("episode", **{name: ibis.coalesce(joined[name], False) for name in names})
    wide = wide.mutate(asset_sources=sum((wide[name].cast("int64") for name in ASSET_SOURCES), ibis.literal(0)))
    branches = [
        ((wide.asset_sources >= least) & (wide.TX if statements else ibis.literal(True)), grade)
        for statements, least, grade in GRADES
    ]
    return wide.mutate(grade=ibis.cases(*branches, else_="D"))
