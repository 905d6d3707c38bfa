"""Checks of the dishonesty list and consumption limits (docs/domain.md section M14, M17): debtors not listed, listed
too long or after payment, and measures against the dead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register
from features.clues.base.court_log import (
    absence_note,
    done_or_absent,
    due,
    holiday_caveat,
    late_or_never,
    rows_at_termination,
    with_log,
    with_log_or_none,
)
from features.clues.base.helpers import clue_rows, text
from features.facts.case.coverage import log_covers
from features.facts.rows import first_per_key
from features.rules.periods import MONTHS_A_YEAR, add_days, add_months, with_rule_value

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("credit", "失信惩戒与被执行人死亡", __file__)

MEASURES = {"DISHONEST": "失信名单", "LIMIT": "限制消费"}
UNABLE_TO_END = "有履行能力|有能力履行|有能力而拒"
"""Grounds of a listing that has no term."""

EXTENDED = "延长|续期"
HEIRS = "继承|遗产|死亡|变更被执行人|追加被执行人"


def _measures(f: Facts) -> ir.Table:
    """Listings as dishonest and limits on consumption in any case of the episode's chain.

    One row per episode, kind, debtor concerned and day, with log_on (last delivery of the court's log, NULL for none)
    and whom (name of the debtor, else the number of the case).
    """
    done = f.events.filter(f.events.ev_code.isin(list(MEASURES)))
    done = done.mutate(measure=done.ev_code.substitute(MEASURES))
    done = first_per_key(done, ("episode", "ev_code", "subject", "ev_date"), done.end_date.isnull(), done.rid)
    name = f.debtors.select("name", d_episode="episode", d_person="person")
    done = done.left_join(name, [done.episode == name.d_episode, done.subject == name.d_person])
    done = done.mutate(whom=ibis.coalesce(done.name, done.case_no))
    return with_log_or_none(f, done.drop("name", "d_episode", "d_person"))


@family.clue("M14A", kind="finding", channel="B", needs=Needs(("CLOG",)))
def not_listed(f: Facts) -> ir.Table:
    """Debtors who did not report their property when ordered to and stood on no dishonesty list a month later."""
    debtors = f.acts.filter(f.acts.ordered, f.acts.telling, f.acts.reported_on.isnull(), ~f.acts.listed, ~f.acts.dead)
    debtors = debtors.filter(log_covers(debtors.log_on, debtors.zb_date))
    debtors = debtors.mutate(by=add_days(debtors.order_due, ibis.literal(f.threshold("M14A-DAYS"))))
    debtors = debtors.filter(debtors.by <= debtors.zb_date)
    birth = f.debtors.select("episode", "person", "birth")
    debtors = debtors.join(birth, ["episode", "person"])
    debtors = with_rule_value(debtors, f.rules, "T-ADULT", "by", "adult")
    minor = add_months(debtors.birth, debtors.adult * MONTHS_A_YEAR) > debtors.order_due
    debtors = debtors.filter(~ibis.coalesce(minor, False))
    note = text("报告期限", debtors.order_due, "届满未申报；", absence_note(debtors.log_on, "无纳入失信名单记录"))
    return clue_rows(debtors, day="by", amount=None, who="name", note=note, src=("order_rid", "case_rid", "debtor_rid"))


@family.clue("M14B", kind="finding", channel="B", needs=Needs(("CLOG",)))
def not_lifted_after_payment(f: Facts) -> ir.Table:
    """Listings and limits lifted later than three working days after full payment, not lifted, or made after it."""
    held = _measures(f).join(f.settled, "episode")
    held = held.mutate(start=ibis.greatest(held.settled_on, held.ev_date))
    listed = due(f, held.filter(held.ev_code == "DISHONEST"), "T-UNLIST", "start")
    held = listed.union(due(f, held.filter(held.ev_code == "LIMIT"), "T-UNLIMIT", "start"))
    held = held.filter(late_or_never(f, held, held.end_date))
    lifted = done_or_absent(held.end_date, "解除", held.log_on, "无解除记录")
    note = text(held.measure, "，履行完毕", held.settled_on, "，", lifted, holiday_caveat(held.due_sure))
    return clue_rows(held, day="due", amount=None, who="whom", note=note, src=("rid", "settle_rid", "case_rid"))


@family.clue("M14C", kind="finding", channel="B", needs=Needs(("CLOG",)))
def listed_over_term(f: Facts) -> ir.Table:
    """Listings still in force three working days past their term: as delivered, else by the rule of their day.

    Listings for refusing although able have no term; an extension is granted the longest one.
    """
    listings = _measures(f).filter(lambda t: t.ev_code == "DISHONEST")
    words = text("", listings.reason, listings.detail, listings.result)
    listings = listings.filter(~words.re_search(UNABLE_TO_END))
    extended = words.re_search(EXTENDED) & listings.expiry_date.isnull()
    usual = due(f, listings.filter(~extended), "T-LISTING", "ev_date", "term_due")
    listings = usual.union(due(f, listings.filter(extended), "T-LISTING-MOST", "ev_date", "term_due"))
    listings = listings.mutate(term=ibis.coalesce(listings.expiry_date, listings.term_due))
    listings = due(f, listings, "T-UNLIST-OVER", "term")
    listings = _not_extended_later(listings)
    listings = listings.filter(late_or_never(f, listings, listings.end_date))
    struck = done_or_absent(listings.end_date, "删除", listings.log_on, "无删除记录")
    note = text(listings.ev_date, "纳入，期限至", listings.term, "，", struck, holiday_caveat(listings.due_sure))
    return clue_rows(listings, day="due", amount=None, who="whom", note=note)


def _not_extended_later(listings: ir.Table) -> ir.Table:
    """Listings without those that a later decision on the same debtor extended in time: that decision is judged."""
    longer = listings.filter(text("", listings.reason, listings.detail, listings.result).re_search(EXTENDED))
    longer = longer.select(
        x_episode="episode", x_subject=ibis.coalesce(longer.subject, ""), x_on="ev_date", x_rid="rid"
    )
    return listings.anti_join(
        longer,
        [
            listings.episode == longer.x_episode,
            ibis.coalesce(listings.subject, "") == longer.x_subject,
            listings.rid != longer.x_rid,
            listings.ev_date < longer.x_on,
            listings.due >= longer.x_on,
        ],
    )


@family.clue("M17A", kind="finding", channel="B", needs=Needs(("DEATH", "CLOG"), party="person"))
def measure_on_the_dead(f: Facts) -> ir.Table:
    """Listings and limits dated after the death of the debtor they name, or of the only debtor."""
    done = _measures(f)
    alone = f.debtors.group_by("episode").agg(debtors=f.debtors.person.nunique())
    dead = f.deaths.join(alone, "episode").select(
        "died_on", "death_rid", "debtor_rid", "debtors", dead_episode="episode", dead="person", dead_name="name"
    )
    met = done.join(dead, [done.episode == dead.dead_episode, done.ev_date > dead.died_on])
    met = met.filter((met.subject == met.dead) | (met.subject.isnull() & (met.debtors == 1)))
    note = text(met.died_on, "死亡，", met.ev_date, met.measure)
    return clue_rows(
        met, day="ev_date", amount=None, who="dead_name", note=note, src=("rid", "death_rid", "debtor_rid")
    )


@family.clue("M17B", kind="finding", channel="B", needs=Needs(("DEATH", "CLOG"), party="person"))
def heirs_not_looked_for(f: Facts) -> ir.Table:
    """Debtors who died before the termination, of whose estate or heirs the log holds nothing a month later."""
    case = f.episodes.select("episode", "zb_date", "filing_date", case_rid="rid")
    dead = with_log(f, f.deaths.join(case, "episode"))
    dead = dead.filter(dead.died_on <= dead.zb_date)
    dead = due(f, dead.mutate(start=ibis.greatest(dead.died_on, dead.filing_date)), "T-HEIRS", "start")
    dead = dead.filter(dead.due < f.today, log_covers(dead.log_on, dead.due), log_covers(dead.log_on, dead.zb_date))
    acts = f.events.mutate(words=text("", f.events.detail, f.events.result, f.events.reason))
    acts = acts.filter(acts.words.re_search(HEIRS)).select("episode", acted_on="ev_date")
    dead = dead.anti_join(acts, [dead.episode == acts.episode, acts.acted_on >= dead.died_on])
    party = f.debtors.select("episode", heir="person")
    heirs = f.kin.join(party, f.kin.other == party.heir)
    dead = dead.anti_join(heirs, [dead.episode == heirs.episode, dead.person == heirs.person])
    absent = absence_note(dead.log_on, "无遗产、继承人的调查记录")
    note = text(dead.died_on, "死亡；", absent, holiday_caveat(dead.due_sure))
    return rows_at_termination(dead, "name", note, "death_rid", "debtor_rid", "case_rid")
