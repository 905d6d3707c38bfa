"""Case chains and termination episodes: the unit that is scored, and its status on the day of the cut."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.pool.pool import Cut
from features.rules.case_numbers import same_case

CHAIN_DEPTH = 6
"""Cases resumed more often than this keep the sixth ancestor as their chain."""


def chains(cut: Cut) -> ir.Table:
    """case_no, chain: every case and the first case of its chain, following 原执行案号 upwards."""
    links = _links(cut)
    up = cut.materialise("chain_up", links.select(up_no="case_no", up_prev="prev_case_no"))
    found = links.select("case_no", chain=ibis.coalesce(links.prev_case_no, links.case_no))
    for step in range(CHAIN_DEPTH - 1):
        below = cut.materialise(f"chain_{step}", found)
        joined = below.left_join(up, [("chain", "up_no")])
        found = joined.select("case_no", chain=ibis.coalesce(joined.up_prev, joined.chain))
    return found


def _links(cut: Cut) -> ir.Table:
    """case_no, prev_case_no: of the case continued the number that the pool has it under.

    Zeros before a serial and the number of a ruling (之一) do not make another case. Where two cases of the pool would
    be meant, the number stays as given.
    """
    case = cut.table("case").select("case_no", "prev_case_no")
    known = case.select(bearer="case_no", alike=same_case(case.case_no)).distinct().group_by("alike")
    known = known.agg(bearer=lambda t: t.bearer.min(), bearers=lambda t: t.bearer.count())
    known = known.filter(known.bearers == 1)
    met = case.left_join(known, same_case(case.prev_case_no) == known.alike)
    return met.select("case_no", prev_case_no=ibis.coalesce(met.bearer.nullif(met.case_no), met.prev_case_no))


def episodes(cut: Cut, chain_of: ir.Table, small: int) -> ir.Table:
    """Every termination episode known on the day.

    Columns: episode, chain, case_no, zb_date, court_code, office (6-digit division), nature, cause, filing_date,
    apply_date, ntc_sent_date, debt (分 unpaid, at least 1), amt_due, amt_paid, small, vulnerable, zb_by_applicant,
    resumed_on, paid, under_review, concluded_on (last concluded review), civil, rid. An episode is (chain, termination
    date): a case resumed and terminated again is a new one. Resumption, payment and reviews define the cohort and are
    never features.

    Args:
        small: unpaid amount (分) up to which a claim is small (小标的).
    """
    case = cut.table("case").join(chain_of, "case_no")
    ended = case.filter(
        case.close_mode == "terminated", case.close_date <= cut.today, case.case_type.isin(["first", "resumed"])
    )
    unpaid = ibis.coalesce(ended.amt_unpaid, ended.amt_due - ibis.coalesce(ended.amt_paid, 0))
    case_terms = ("chain", "case_no", "court_code", "nature", "cause", "filing_date", "apply_date", "ntc_sent_date")
    claim_terms = ("basis_no", "basis_eff_date", "perform_due", "amt_due", "amt_paid")
    base = ended.select(
        *case_terms,
        *claim_terms,
        *("zb_by_applicant", "vulnerable_tags", "zb_reason", "rid", "known_at"),
        episode=ended.chain + "@" + ended.close_date.cast("string"),
        zb_date="close_date",
        office=ended.court_division.substr(0, 6),
        unpaid=unpaid,
    )
    base = base.mutate(
        debt=ibis.greatest(ibis.coalesce(base.unpaid, base.amt_due, 1), 1),
        small=ibis.coalesce(base.unpaid, base.amt_due) <= small,
        vulnerable=ibis.coalesce(base.vulnerable_tags, "") != "",
        civil=ibis.coalesce(base.nature, "civil") == "civil",
    )
    base = cut.materialise("episode_base", base)
    status = _resumed(cut, chain_of, base).join(_paid(cut, chain_of, base), "episode")
    status = status.join(_under_review(cut, base), "episode")
    return base.join(status, "episode")


def _resumed(cut: Cut, chain_of: ir.Table, base: ir.Table) -> ir.Table:
    case = cut.table("case").join(chain_of, "case_no")
    later = case.filter(case.case_type == "resumed").select(later_chain="chain", on="filing_date")
    event = cut.table("event").filter(lambda t: t.ev_code == "RESUME").join(chain_of, "case_no")
    marks = later.union(event.select(later_chain="chain", on="ev_date"))
    joined = base.select("episode", "chain", "zb_date").left_join(
        marks, [base.chain == marks.later_chain, base.zb_date <= marks.on, marks.on <= cut.today]
    )
    return joined.group_by("episode").agg(resumed_on=joined.on.min())


def _paid(cut: Cut, chain_of: ir.Table, base: ir.Table) -> ir.Table:
    case = cut.table("case").join(chain_of, "case_no")
    closed = case.filter(case.close_mode.isin(["paid", "settled_paid"])).select(
        paid_chain="chain", paid_on="close_date"
    )
    joined = base.select("episode", "chain", "zb_date", "unpaid").left_join(
        closed, [base.chain == closed.paid_chain, base.zb_date <= closed.paid_on, closed.paid_on <= cut.today]
    )
    whole = ibis.coalesce(joined.unpaid, 1) <= 0
    return joined.group_by("episode").agg(paid=(joined.paid_on.notnull() | whole).any())


def _under_review(cut: Cut, base: ir.Table) -> ir.Table:
    review = cut.outcomes("review").filter(lambda t: t.selected_on <= cut.today)
    seen = review.select(
        review_case="case_no",
        review_zb="zb_date",
        running=review.conclude_date.isnull() | (review.conclude_date > cut.today),
        concluded=ibis.ifelse(review.conclude_date <= cut.today, review.conclude_date, None),
    )
    joined = base.select("episode", "case_no", "zb_date").left_join(
        seen, [base.case_no == seen.review_case, base.zb_date == seen.review_zb]
    )
    return joined.group_by("episode").agg(
        under_review=ibis.coalesce(joined.running.any(), False), concluded_on=joined.concluded.max()
    )
