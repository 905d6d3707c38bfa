"""What the court did about each debtor (notices, orders, limits, reports, queries), and the debtor's other cases."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.rows import row_id_at, rows_until_today
from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.rules.periods import add_days, with_rule_value

RANGES = {
    "YH": "商业银行",
    "RH": "人民银行",
    "IF": "互联网银行",
    "ZQ": "证券",
    "CL": "车辆",
    "IP": "不动产",
    "GS": "工商",
}
"""Ranges that a full network query must cover (check 2 of docs/domain.md section 1.2)."""


def logged_debtors(debtors: ir.Table, episodes: ir.Table, court_reach: ir.Table) -> ir.Table:
    """Debtors whose episode stands in the court's log.

    Columns: episode, person, name, kind, dead, id_known, legal_rep, debtor_rid, alone (the only debtor), case_no,
    case_rid, zb_date, filing_date, apply_date, ntc_sent_date, amt_due, zb_by_applicant, cause, log_on, query_on.
    """
    kept = ("episode", "person", "name", "kind", "dead", "id_known")
    party = debtors.select(
        *kept,
        debtor_rid="rid",
        legal_rep=canonical_id(debtors.legal_rep_id),
    )
    party = party.mutate(alone=party.person.count().over(group_by=party.episode) == 1)
    named = ("episode", "case_no", "zb_date", "filing_date", "apply_date")
    more = ("ntc_sent_date", "amt_due", "zb_by_applicant", "cause")
    case = episodes.select(
        *named,
        *more,
        case_rid="rid",
    )
    known = party.join(case, "episode")
    return known.join(court_reach.filter(court_reach.log_on.notnull()), "episode")


def _concerns(person: ir.Table, subject: ir.StringColumn) -> ir.BooleanValue:
    """Whether an act on `subject` reaches a debtor: it names them or their representative, or nobody else is meant."""
    return subject.isnull() | (subject == person.person) | (subject == person.legal_rep) | person.alone


def acts(watched: ir.Table, events: ir.Table) -> ir.Table:
    """What was done about each watched debtor up to the termination, in any case of the chain.

    Columns: those of `watched`, and noticed, ordered (报告财产令), limited (限制消费 in force on the termination day),
    listed (ever put on the list of dishonest debtors), order_rid, order_due (last day to report), reported_on,
    report_rid, zero (every item reported is 0), declared (分), punished (fines and detentions), telling (the act
    can be attributed to the debtor: id known, or the only debtor).
    """
    done = events.filter(
        ~events.after,
        events.ev_code.isin(["NOTICE", "RPT_ORDER", "RPT_CONTENT", "LIMIT", "DISHONEST", "FINE", "DETENTION"]),
    ).select("ev_code", "ev_date", "expiry_date", "end_date", "subject", "amount", "result", "rid", done_in="episode")
    met = watched.join(done, [watched.episode == done.done_in, _concerns(watched, done.subject)])
    order, report, limit = (met.ev_code == code for code in ("RPT_ORDER", "RPT_CONTENT", "LIMIT"))
    nothing = ibis.coalesce(met.amount, 0) == 0
    silent = nothing & (met.amount.notnull() | ibis.coalesce(met.result.contains("零"), False))
    found = met.group_by("episode", "person").agg(
        noticed=(met.ev_code == "NOTICE").any(),
        ordered=order.any(),
        limited=(limit & (met.end_date.isnull() | (met.end_date > met.zb_date))).any(),
        listed=(met.ev_code == "DISHONEST").any(),
        order_rid=met.rid.min(where=order),
        order_due=met.expiry_date.min(where=order),
        reported_on=met.ev_date.min(where=report),
        # Among reports of one day any may be cited: recorded explanations hold on to this choice.
        report_rid=met.rid.argmin(met.ev_date, where=report),
        zero=(report & silent).any() & ~(report & ~silent).any(),
        declared=ibis.coalesce(met.amount.sum(where=report), 0),
        punished=met.rid.nunique(where=met.ev_code.isin(["FINE", "DETENTION"])),
    )
    joined = watched.left_join(found, ["episode", "person"])
    flags = ("noticed", "ordered", "limited", "listed", "zero")
    kept = ("order_rid", "order_due", "reported_on", "report_rid")
    return joined.select(
        *(watched[name] for name in watched.columns),
        *kept,
        **{name: ibis.coalesce(joined[name], False) for name in flags},
        declared=ibis.coalesce(joined.declared, 0).cast("int64"),
        punished=ibis.coalesce(joined.punished, 0),
        telling=joined.id_known | joined.alone,
    )


def queried_ranges(watched: ir.Table, queries: ir.Table, rules: ir.Table) -> ir.Table:
    """Which ranges of the network query were asked about each watched debtor shortly before the termination.

    Columns: those of `watched`, and one boolean per range of `RANGES` (asked within the days of rule T-QUERY before the
    termination), last_req (latest request up to the termination), last_rid. Debtors without attribution, and
    courts whose queries were never delivered, are left out.
    """
    known = watched.filter(watched.id_known | watched.alone, watched.query_on.notnull())
    known = with_rule_value(known, rules, "T-QUERY", "zb_date", "days")
    query = queries.select("range_code", "req_date", "subject", "rid", asked_in="episode")
    met = known.join(
        query, [known.episode == query.asked_in, _concerns(known, query.subject), query.req_date <= known.zb_date]
    )
    fresh = add_days(met.req_date, met.days) >= met.zb_date
    found = met.group_by("episode", "person").agg(
        **{code: (fresh & (met.range_code == code)).any() for code in RANGES},
        last_req=met.req_date.max(),
        last_rid=row_id_at(met, "req_date", last=True),
    )
    joined = known.left_join(found, ["episode", "person"])
    return joined.select(
        *(known[name] for name in known.columns),
        "last_req",
        "last_rid",
        **{code: ibis.coalesce(joined[code], False) for code in RANGES},
    )


def other_cases(cut: Cut, chains: ir.Table, episodes: ir.Table, debtors: ir.Table) -> ir.Table:
    """Enforcement cases of other chains with the same debtor, filed up to the day.

    Columns: episode, other_case, filed, amount (分: unpaid, else due), ended (terminated up to the day), applicant (key
    of one applicant), case_rid, party_rid. One row per episode and case. People without an identity number are known
    only inside their own case and have none.
    """
    party = cut.table("party")
    case = rows_until_today(cut, "case", "filing_date")
    case = case.filter(case.case_type.isin(["first", "resumed"])).join(chains, "case_no")
    applicant = party.filter(party.role == "applicant")
    applicant = applicant.group_by("case_no").agg(
        applicant=ibis.coalesce(canonical_id(applicant.id_no), applicant.name).min()
    )
    case = case.left_join(applicant, "case_no").select(
        "case_no", "filing_date", "amt_due", "amt_unpaid", "close_mode", "close_date", "applicant", "chain", rid="rid"
    )
    owes = party.filter(party.role == "debtor").select(
        "case_no", other_person=canonical_id(party.id_no), party_rid="rid"
    )
    owed = case.join(owes.filter(owes.other_person.notnull()), "case_no")
    mine = debtors.filter(debtors.id_known).select("episode", "person")
    mine = mine.join(episodes.select("episode", own_chain="chain"), "episode")
    met = mine.join(owed, [mine.person == owed.other_person, mine.own_chain != owed.chain])
    return met.group_by("episode", other_case="case_no").agg(
        filed=met.filing_date.min(),
        amount=ibis.coalesce(met.amt_unpaid, met.amt_due).max(),
        ended=ibis.coalesce((met.close_mode == "terminated") & (met.close_date <= cut.today), False).any(),
        applicant=met.applicant.min(),
        case_rid=met.rid.min(),
        party_rid=met.party_rid.min(),
    )
