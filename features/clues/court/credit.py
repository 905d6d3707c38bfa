"""Credit punishment (docs/domain.md section M14, M17): debtors who should be listed, who should no longer be, and who
are dead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register
from features.clues.base.helpers import cite, due, one_each, reaches, searched, text, unsure
from features.rules.periods import add_days, add_months

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("credit", "失信惩戒与被执行人死亡", __file__)

MEASURES = {"DISHONEST": "失信名单", "LIMIT": "限制消费"}
UNABLE_TO_END = "有履行能力|有能力履行|有能力而拒"
"""Grounds of a listing that has no term."""

EXTENDED = "延长|续期"
HEIRS = "继承|遗产|死亡|变更被执行人|追加被执行人"
ADULT_MONTHS = 216


def _nothing() -> Any:
    return ibis.literal(None, type="int64")


def _measures(f: Facts) -> ir.Table:
    """Listings and limits of the chain, one per debtor meant, kind and day, with the name and log_on."""
    done = f.events.filter(f.events.ev_code.isin(list(MEASURES)))
    done = done.mutate(measure=done.ev_code.substitute(MEASURES))
    done = one_each(done, ("episode", "ev_code", "subject", "ev_date"), (done.end_date.isnull(), done.rid))
    name = f.debtors.select("name", d_episode="episode", d_person="person")
    done = done.left_join(name, [done.episode == name.d_episode, done.subject == name.d_person])
    done = done.drop("d_episode", "d_person")
    return done.left_join(f.registers.select("episode", "log_on"), "episode").drop("episode_right")


@family.clue(
    "M14A",
    kind="finding",
    channel="B",
    needs=Needs(("CLOG",)),
)
def not_listed(f: Facts) -> ir.Table:
    """Debtors who did not report after an order and were not listed up to the termination, a month later or more."""
    told = f.acts.filter(f.acts.ordered, f.acts.telling, f.acts.reported_on.isnull(), ~f.acts.listed, ~f.acts.dead)
    told = told.filter(reaches(told.log_on, told.zb_date))
    told = told.mutate(by=add_days(told.order_due, ibis.literal(f.limit("M14A-DAYS"))))
    told = told.filter(told.by <= told.zb_date)
    birth = f.debtors.select("episode", "person", "birth")
    told = told.join(birth, ["episode", "person"])
    minor = add_months(told.birth, ibis.literal(ADULT_MONTHS)) > told.order_due
    told = told.filter(~ibis.coalesce(minor, False))
    return told.select(
        "episode",
        day="by",
        amount=_nothing(),
        who="name",
        note=text(
            "报告期限", told.order_due.cast("string"), "届满未申报；", searched(told.log_on, "无纳入失信名单记录")
        ),
        src=cite(told.order_rid, told.case_rid, told.debtor_rid),
    )


@family.clue(
    "M14B",
    kind="finding",
    channel="B",
    needs=Needs(("CLOG",)),
)
def not_lifted_after_payment(f: Facts) -> ir.Table:
    """Listings and limits lifted later than three working days after full payment, not lifted, or made after it."""
    held = _measures(f).join(f.settled, "episode")
    held = held.mutate(start=ibis.greatest(held.settled_on, held.ev_date))
    parts = [
        due(f, held.filter(held.ev_code == code), rule, "start")
        for code, rule in (("DISHONEST", "T-UNLIST"), ("LIMIT", "T-UNLIMIT"))
    ]
    held = parts[0].union(parts[1])
    open_ = held.end_date.isnull() & (held.due < f.today) & reaches(held.log_on, held.due)
    held = held.filter(ibis.coalesce(held.end_date > held.due, open_))
    return held.select(
        "episode",
        day="due",
        amount=_nothing(),
        who=ibis.coalesce(held.name, held.case_no),
        note=text(
            held.measure,
            "，履行完毕",
            held.settled_on.cast("string"),
            "，",
            ibis.coalesce(held.end_date.cast("string") + "解除", searched(held.log_on, "无解除记录")),
            unsure(held.due_sure),
        ),
        src=cite(held.rid, held.settle_rid, held.case_rid),
    )


@family.clue(
    "M14C",
    kind="finding",
    channel="B",
    needs=Needs(("CLOG",)),
)
def listed_over_term(f: Facts) -> ir.Table:
    """Listings still in force three working days past their term: as delivered, else by the rule of their day.

    Listings for refusing although able have no term; an extension is granted the longest one.
    """
    told = _measures(f).filter(lambda t: t.ev_code == "DISHONEST")
    words = text("", told.reason, told.detail, told.result)
    told = told.filter(~words.re_search(UNABLE_TO_END))
    extended = words.re_search(EXTENDED) & told.expiry_date.isnull()
    parts = [
        due(f, told.filter(rows), rule, "ev_date", "term_due")
        for rows, rule in ((~extended, "T-LISTING"), (extended, "T-LISTING-MOST"))
    ]
    told = parts[0].union(parts[1])
    told = told.mutate(term=ibis.coalesce(told.expiry_date, told.term_due))
    told = due(f, told, "T-UNLIST-OVER", "term")
    told = _not_extended_later(told)
    open_ = told.end_date.isnull() & (told.due < f.today) & reaches(told.log_on, told.due)
    told = told.filter(ibis.coalesce(told.end_date > told.due, open_))
    return told.select(
        "episode",
        day="due",
        amount=_nothing(),
        who=ibis.coalesce(told.name, told.case_no),
        note=text(
            told.ev_date.cast("string"),
            "纳入，期限至",
            told.term.cast("string"),
            "，",
            ibis.coalesce(told.end_date.cast("string") + "删除", searched(told.log_on, "无删除记录")),
            unsure(told.due_sure),
        ),
        src=cite(told.rid),
    )


def _not_extended_later(told: ir.Table) -> ir.Table:
    """Listings without those that a later decision on the same debtor extended in time: that decision is judged."""
    longer = told.filter(text("", told.reason, told.detail, told.result).re_search(EXTENDED))
    longer = longer.select(
        x_episode="episode", x_subject=ibis.coalesce(longer.subject, ""), x_on="ev_date", x_rid="rid"
    )
    return told.anti_join(
        longer,
        [
            told.episode == longer.x_episode,
            ibis.coalesce(told.subject, "") == longer.x_subject,
            told.rid != longer.x_rid,
            told.ev_date < longer.x_on,
            told.due >= longer.x_on,
        ],
    )


@family.clue(
    "M17A",
    kind="finding",
    channel="B",
    needs=Needs(("DEATH", "CLOG"), party="person"),
)
def measure_on_the_dead(f: Facts) -> ir.Table:
    """Listings and limits dated after the death of the debtor they name, or of the only debtor."""
    done = _measures(f)
    alone = f.debtors.group_by("episode").agg(debtors=f.debtors.person.nunique())
    dead = f.deaths.join(alone, "episode").select(
        "died_on", "death_rid", "debtor_rid", "debtors", dead_episode="episode", dead="person", dead_name="name"
    )
    met = done.join(dead, [done.episode == dead.dead_episode, done.ev_date > dead.died_on])
    met = met.filter((met.subject == met.dead) | (met.subject.isnull() & (met.debtors == 1)))
    return met.select(
        "episode",
        day="ev_date",
        amount=_nothing(),
        who="dead_name",
        note=text(met.died_on.cast("string"), "死亡，", met.ev_date.cast("string"), met.measure),
        src=cite(met.rid, met.death_rid, met.debtor_rid),
    )


@family.clue(
    "M17B",
    kind="finding",
    channel="B",
    needs=Needs(("DEATH", "CLOG"), party="person"),
)
def heirs_not_looked_for(f: Facts) -> ir.Table:
    """Debtors who died before the termination, of whose estate or heirs the log tells nothing a month later."""
    case = f.episodes.select("episode", "zb_date", "filing_date", case_rid="rid")
    dead = f.deaths.join(case, "episode").join(f.registers.select("episode", "log_on"), "episode")
    dead = dead.filter(dead.died_on <= dead.zb_date)
    dead = due(f, dead.mutate(start=ibis.greatest(dead.died_on, dead.filing_date)), "T-HEIRS", "start")
    dead = dead.filter(dead.due < f.today, reaches(dead.log_on, dead.due), reaches(dead.log_on, dead.zb_date))
    acts = f.events.mutate(words=text("", f.events.detail, f.events.result, f.events.reason))
    acts = acts.filter(acts.words.re_search(HEIRS)).select("episode", acted_on="ev_date")
    dead = dead.anti_join(acts, [dead.episode == acts.episode, acts.acted_on >= dead.died_on])
    party = f.debtors.select("episode", heir="person")
    heirs = f.kin.join(party, f.kin.other == party.heir)
    dead = dead.anti_join(heirs, [dead.episode == heirs.episode, dead.person == heirs.person])
    return dead.select(
        "episode",
        day="zb_date",
        amount=_nothing(),
        who="name",
        note=text(
            dead.died_on.cast("string"),
            "死亡；",
            searched(dead.log_on, "无遗产、继承人的调查记录"),
            unsure(dead.due_sure),
        ),
        src=cite(dead.death_rid, dead.debtor_rid, dead.case_rid),
    )
