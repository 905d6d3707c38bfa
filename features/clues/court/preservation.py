"""Checks of preservation and distribution (保全、参与分配): preserved property the enforcement let go, proceeds paid to
creditors too early, in the wrong order or in the wrong shares.

A preservation's seals pass into the enforcement by themselves, their term running on; what is asked here is whether the
enforcement then kept them. Distribution plans are judged by their own rows; a blank is only said where the same
delivery fills that column for others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register
from features.clues.base.court_log import absence_note, done_or_absent, due, holiday_caveat, with_log
from features.clues.base.helpers import asset_label, clue_rows, filled_in_batch, text
from features.facts.case.coverage import log_covers
from features.facts.rows import first_per_key, left_joined, row_id_at, row_ids
from features.rules.case_numbers import court_code

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("preservation", "财产保全与参与分配", __file__)

TAKEN_OVER = ("SEAL", "FREEZE", "DETAIN", "DEDUCT", "AUCTION", "SELLOFF", "INKIND")
"""Acts of the enforcement by which a preserved thing was kept or dealt with."""

LAWFUL_RELEASE = "申请人.{0,4}申请|申请执行人.{0,4}申请|同意解除|撤回|撤诉|担保|和解|履行|清偿|驳回|异议成立|他院处置"
"""Words of a release that had its reason."""

ORDER = {"cost": 1, "priority": 2, "wage": 3, "ordinary": 4}
"""Order of payment between kinds of claims; wages before ordinary claims is wide practice, taxes follow the plan."""


def _kept(f: Facts) -> ir.Table:
    """Acts of the chain on a thing by which it was kept or dealt with: episode, kept (thing), kept_on."""
    acts = f.events.filter(f.events.ev_code.isin(TAKEN_OVER), f.events.asset_id.notnull())
    acts = acts.select("episode", kept="asset_id", kept_on="ev_date")
    seal = f.seals.join(f.chains, "case_no").join(f.episodes.select("episode", "chain"), "chain")
    return acts.union(seal.select("episode", kept="asset", kept_on="day"))


def _on_thing(seal: ir.Table, kept: ir.Table) -> list[Any]:
    return [seal.episode == kept.episode, (seal.asset == kept.kept) | (seal.asset_id == kept.kept)]


@family.clue("PRES-CONVERT", kind="finding", channel="B", needs=Needs(("CLOG",)))
def preservation_not_converted(f: Facts) -> ir.Table:
    """Things under preservation at the filing that the enforcement never seals, renews, frees or deals with."""
    seal = f.preserved
    live = seal.filter(seal.until >= seal.filed, seal.day <= seal.filed, log_covers(seal.log_on, seal.zb_date))
    live = live.filter(live.ended.isnull() | (live.ended > live.zb_date))
    kept = _kept(f)
    kept = kept.join(f.episodes.select("episode", "zb_date"), "episode").filter(lambda t: t.kept_on <= t.zb_date)
    lost = live.anti_join(kept, _on_thing(live, kept))
    return clue_rows(
        lost,
        day="zb_date",
        who=asset_label(lost),
        note=text(
            lost.pres_no,
            "保全，",
            lost.expires,
            "届满；",
            absence_note(lost.log_on, "执行中无对该财产的控制或处分记录"),
        ),
        src=("rid", "case_rid"),
    )


@family.clue("PRES-LAPSE", kind="finding", channel="B", needs=Needs(("CLOG",)))
def preservation_lapsed(f: Facts) -> ir.Table:
    """Preserved things whose seal ran out unreleased before the termination without any act to keep them by then."""
    seal = f.preserved
    gone = seal.filter(seal.ended.isnull(), seal.expires < seal.zb_date, log_covers(seal.log_on, seal.expires))
    kept = _kept(f)
    gone = gone.anti_join(kept, [*_on_thing(gone, kept), kept.kept_on > gone.day, kept.kept_on <= gone.expires])
    when = ibis.ifelse(gone.expires < gone.filed, "执行立案前到期", "执行立案后、终本前到期")
    return clue_rows(
        gone,
        day="expires",
        who=asset_label(gone),
        note=text(gone.pres_no, "保全，", when, "；", absence_note(gone.log_on, "到期前无续封记录")),
        src=("rid", "case_rid"),
    )


@family.clue("PRES-RELEASE", kind="finding", channel="B", needs=Needs(("CLOG",)))
def preservation_released_early(f: Facts) -> ir.Table:
    """Preserved things released before term and termination, without a stated ground and nothing paid by then."""
    seal = f.preserved
    freed = seal.filter(seal.ended < seal.expires, seal.ended <= seal.zb_date, ~seal.grounds.re_search(LAWFUL_RELEASE))
    freed = freed.filter(log_covers(freed.log_on, freed.ended))
    paid = f.events.filter(f.events.ev_code == "PAY_IN", f.events.amount > 0).select("episode", paid_on="ev_date")
    freed = freed.anti_join(paid, [freed.episode == paid.episode, paid.paid_on <= freed.ended])
    kept = _kept(f)
    freed = freed.anti_join(kept, [*_on_thing(freed, kept), kept.kept_on > freed.day, kept.kept_on <= freed.ended])
    return clue_rows(
        freed,
        day="ended",
        who=asset_label(freed),
        note=text(freed.pres_no, "保全，原定", freed.expires, "届满，未载明解除事由"),
        src=("rid", "case_rid"),
    )


def _own_claims(f: Facts) -> ir.Table:
    """Claims of distributions made in a case of the episode's chain."""
    return f.claims.join(f.episodes.select("episode", "chain", "zb_date"), "chain")


@family.clue("DIST-SERVE", kind="finding", channel="B", needs=Needs(("CLOG",)))
def plan_not_served(f: Facts) -> ir.Table:
    """Claimants to whom a plan was served later than its time or after payment or, by the delivery, not at all."""
    claim = _own_claims(f)
    claim = claim.mutate(blank_counts=filled_in_batch(claim, "notified_on"))
    claim = with_log(f, due(f, claim, "T-DISTRIB-SERVE", "plan_date"))
    late = claim.notified_on > ibis.least(claim.due, ibis.coalesce(claim.paid_date, claim.due))
    never = claim.notified_on.isnull() & claim.blank_counts & log_covers(claim.log_on, claim.due)
    claim = claim.filter(ibis.coalesce(late, never))
    claim = first_per_key(claim, ("episode", "distribution_no", "whom"), claim.rid)
    served = done_or_absent(claim.notified_on, "才送达", claim.log_on, "同批债权有送达日期而本人为空")
    note = text(claim.distribution_no, "：", served, holiday_caveat(claim.due_sure))
    return clue_rows(
        claim, day="plan_date", amount="allocated", who=ibis.coalesce(claim.claimant_name, claim.claimant), note=note
    )


@family.clue("DIST-EARLY", kind="finding", channel="B", needs=Needs(("CLOG",)))
def paid_before_objections(f: Facts) -> ir.Table:
    """Shares paid on or before the last day on which some claimant of the plan could still object."""
    claim = _own_claims(f)
    plan = claim.group_by("episode", "distribution_no").agg(
        last_served=claim.notified_on.max(),
        last_rid=row_id_at(claim, "notified_on", last=True, where=claim.notified_on.notnull()),
    )
    claim = claim.join(plan, ["episode", "distribution_no"])
    claim = due(f, claim, "T-DISTRIB", "last_served").filter(lambda t: t.paid_date <= t.due)
    note = text(
        claim.distribution_no,
        "：末次送达",
        claim.last_served,
        "，异议期至",
        claim.due,
        "，发放",
        claim.paid_date,
        holiday_caveat(claim.due_sure),
    )
    return clue_rows(
        claim,
        day="paid_date",
        amount="allocated",
        who=ibis.coalesce(claim.claimant_name, claim.claimant),
        note=note,
        src=row_ids(claim.rid, claim.last_rid).unique(),
    )


@family.clue("DIST-ORDER", kind="finding", channel="B", needs=Needs(("COURT",)))
def paid_out_of_order(f: Facts) -> ir.Table:
    """Claims of a better rank left short while a worse one got something; the order fixed by law stands first."""
    claim = _own_claims(f).filter(lambda t: t.allocated.notnull())
    claim = claim.mutate(place=claim.kind.cases(*ORDER.items(), else_=None))
    short = claim.filter(claim.allocated * 100 < claim.claim_amount * f.threshold("DIST-FULL"))
    got = claim.filter(claim.allocated > 0).select(
        "allocated", "rank", "place", "rid", at="episode", plan="distribution_no"
    )
    got = got.rename(got_allocated="allocated", got_rank="rank", got_place="place", got_rid="rid")
    met = short.join(got, [short.episode == got.at, short.distribution_no == got.plan, short.rid != got.got_rid])
    by_kind = ibis.coalesce(met.place < met.got_place, False)
    by_rank = ibis.coalesce(met.rank < met.got_rank, False) & ~ibis.coalesce(met.place > met.got_place, False)
    met = met.filter(by_kind | by_rank)
    harmed = met.group_by("episode", "rid").agg(
        day=ibis.coalesce(met.plan_date, met.paid_date, met.applied_on).max(),
        missing=(met.claim_amount - met.allocated).max(),
        behind=met.got_allocated.sum().cast("int64"),
        who=ibis.coalesce(met.claimant_name, met.claimant, met.claim_no).max(),
        plan=met.distribution_no.max(),
        got_rids=met.got_rid.collect().sort(),
    )
    return clue_rows(
        harmed,
        amount=ibis.least(harmed.missing, harmed.behind),
        who="who",
        note=text(harmed.plan, "：后顺位债权已获分配"),
        src=row_ids(harmed.rid).concat(harmed.got_rids),
    )


@family.clue("DIST-RATA", kind="finding", channel="B", needs=Needs(("COURT",)))
def not_pro_rata(f: Facts) -> ir.Table:
    """Ordinary claims of a plan that got clearly less than their share of what its ordinary claims got together.

    Whatever rank the plan itself gave them.
    """
    claim = _own_claims(f).filter(lambda t: (t.kind == "ordinary") & t.allocated.notnull() & (t.claim_amount > 0))
    group = [claim.episode, claim.distribution_no]
    claim = claim.mutate(
        pool=claim.allocated.sum().over(group_by=group).cast("int64"),
        owed=claim.claim_amount.sum().over(group_by=group).cast("int64"),
        plan_rids=claim.rid.collect().over(group_by=group).sort(),
    )
    # 分 times 分 leaves the range of 64 bits: the product is taken in floating point, the gap cut to whole 分.
    fair = (claim.claim_amount.cast("float64") * claim.pool / claim.owed).floor().cast("int64")
    claim = claim.mutate(gap=fair - claim.allocated, fair=fair)
    claim = claim.filter(
        claim.allocated * 100 < claim.fair * f.threshold("DIST-RATA-SHARE"), claim.gap >= f.threshold("DIST-RATA-LEAST")
    )
    note = text(claim.distribution_no, "：分得额低于按比例应得额")
    return clue_rows(
        claim,
        day=ibis.coalesce(claim.plan_date, claim.paid_date, claim.applied_on),
        amount="gap",
        who=ibis.coalesce(claim.claimant_name, claim.claimant, claim.claim_no),
        note=note,
        src=claim.plan_rids.sort(),
    )


@family.clue("DIST-BASIS", kind="finding", channel="B", needs=Needs(("COURT",)))
def claim_without_file(f: Facts) -> ir.Table:
    """Claims that got something on a basis that stands in no file of a court whose files were delivered, or on none."""
    claim = _own_claims(f)
    claim = claim.mutate(blank_counts=filled_in_batch(claim, "basis_no"), court=court_code(claim.basis_no))
    claim = claim.filter(claim.allocated >= f.threshold("DIST-LEAST"), ibis.coalesce(claim.kind, "") != "cost")
    claim = left_joined(claim, f.suit_courts, "court")
    since = ibis.coalesce(claim.plan_date, claim.applied_on)
    unknown = claim.basis_no.notnull() & log_covers(claim.suits_on, since)
    claim = claim.filter(unknown | (claim.basis_no.isnull() & claim.blank_counts))
    claim = claim.anti_join(f.files.select("number"), claim.basis_no == f.files.number)
    note = text(
        "依据",
        ibis.coalesce(claim.basis_no, "空白"),
        "，",
        ibis.coalesce(
            "检索诉讼案件表（末次交接" + claim.suits_on.cast("string") + "）无此案号", "同批债权载有依据而本笔为空"
        ),
    )
    return clue_rows(
        claim,
        day=ibis.coalesce(claim.plan_date, claim.applied_on),
        amount="allocated",
        who=ibis.coalesce(claim.claimant_name, claim.claimant, claim.claim_no),
        note=note,
    )


@family.clue("DIST-LEFTOUT", kind="finding", channel="B", needs=Needs(("COURT",)))
def applicant_left_out(f: Facts) -> ir.Table:
    """Plans made in another case of the debtor while this one was running or ended, without this case's applicants."""
    plan = f.claims.filter(f.claims.plan_date.notnull())
    plan = plan.group_by("chain", "case_no", "distribution_no").agg(
        plan_on=plan.plan_date.min(), proceeds=plan.proceeds.max(), plan_rid=plan.rid.min()
    )
    other = f.other_cases.select("episode", "other_case", "party_rid")
    met = plan.join(other, plan.case_no == other.other_case)
    met = met.join(f.episodes.select("episode", "filing_date", case_rid="rid"), "episode")
    met = met.filter(met.plan_on > met.filing_date)
    for own, asking in (("person", "whom"), ("name", "claimant_name")):
        asked = f.applicants.join(f.claims, f.applicants[own] == f.claims[asking])
        asked = asked.select("episode", "distribution_no").distinct()
        met = met.anti_join(asked, ["episode", "distribution_no"])
    met = first_per_key(met, ("episode", "distribution_no"), met.case_no, met.plan_rid)
    note = text("分配方案", met.distribution_no, "作出于", met.plan_on, "，债权人名单中无本案申请执行人")
    return clue_rows(
        met, day="plan_on", amount="proceeds", who="case_no", note=note, src=("plan_rid", "party_rid", "case_rid")
    )
