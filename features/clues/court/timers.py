"""Checks of acts the court did after their legal period or not at all (docs/domain.md section 1.3, Appendix A).

Each act is judged by the version of the rule in force on its own day.

Days are counted from the next day; a last day of rest rolls over to the next working day (see
`features.rules.periods`). What was not done by the day is only said where the court's log reaches late enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, feature
from features.clues.base.court_log import (
    absence_note,
    due,
    holiday_caveat,
    late_or_never,
    never_controlled,
    with_log,
    with_log_or_none,
)
from features.clues.base.helpers import asset_label, clue_rows, text
from features.facts.case.court import BANK_KINDS
from features.facts.case.coverage import log_covers
from features.facts.rows import first_per_key, left_joined, row_id_at
from features.rules.periods import MONTHS_A_YEAR, add_days, add_months, with_rule_value

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("timers", "法定期限", __file__)

HANDLED = ("ZB_RESUME_SUG", "SEAL", "FREEZE", "DETAIN", "DEDUCT")
"""Acts that answer a query which found property; resuming is not among them, since it ends the episode."""

HELD_LAWFULLY = ("PAY_HOLD", "DEPOSIT", "DISTRIB")
HIT = r"^(有|是|1|true)"


@family.clue("T-3M", kind="finding", channel="B", needs=Needs(("COURT",)))
def ended_too_early(f: Facts) -> ir.Table:
    """Terminations on or before the day three months after filing (exactly three months is not more than three)."""
    case = with_rule_value(f.episodes, f.rules, "T-3M", "zb_date", "months")
    case = case.filter(case.zb_date <= add_months(case.filing_date, case.months))
    note = text("立案", case.filing_date, "，终本前历时", case.zb_date.delta(case.filing_date, unit="day"), "天")
    return clue_rows(case, day="zb_date", amount=None, who="case_no", note=note)


@family.clue("T-NTC", kind="finding", channel="B", needs=Needs(("COURT",)))
def notice_late(f: Facts) -> ir.Table:
    """Notices sent later than ten days after the application came in (after filing where that day is unknown)."""
    sent = f.events.filter(f.events.own, f.events.ev_code == "NOTICE")
    first = sent.group_by("episode").agg(first_on=sent.ev_date.min(), notice_rid=row_id_at(sent, "ev_date"))
    case = left_joined(f.episodes, first, "episode")
    case = case.mutate(
        received=ibis.coalesce(case.apply_date, case.filing_date), sent=ibis.coalesce(case.ntc_sent_date, case.first_on)
    )
    case = due(f, case, "T-NTC", "received").filter(lambda t: t.sent > t.due)
    note = text("收到申请", case.received, "，通知发出", case.sent, "，届满", case.due, holiday_caveat(case.due_sure))
    return clue_rows(case, day="sent", amount=None, who="case_no", note=note, src=("rid", "notice_rid"))


def late_clues(f: Facts) -> ir.Table:
    """Property that the applicant pointed out to the court (申请执行人提供的线索) in this case up to the termination.

    One row per event of the log, with late (checked after its legal period) and open (not checked by the termination).
    """
    given = f.events.filter(f.events.own, ~f.events.after, f.events.ev_code == "CLUE")
    given = due(f, given, "T-CLUE", "ev_date")
    unverified = given.end_date.isnull() & ~ibis.coalesce(given.result.contains("已核实"), True)
    given = given.mutate(
        open=ibis.coalesce(given.end_date > given.zb_date, False) | unverified,
        judged=ibis.coalesce(given.end_date, ibis.ifelse(unverified, given.zb_date, None)),
    )
    return given.mutate(late=ibis.coalesce(given.judged > given.due, False))


@family.clue("T-CLUE", kind="finding", channel="B", needs=Needs(("COURT",)))
def clue_verified_late(f: Facts) -> ir.Table:
    """Property that the applicant pointed out and the court checked too late, by the rule of that time.

    What was not checked by the termination counts where the period was over by then.
    """
    late = late_clues(f).filter(lambda t: t.late)
    note = text(
        late.detail,
        "，",
        ibis.coalesce(late.end_date.cast("string") + "核实", "终本时未核实"),
        holiday_caveat(late.due_sure),
    )
    return clue_rows(late, day="ev_date", amount=None, who=ibis.literal("申请执行人"), note=note)


@family.clue("T-SEAL", kind="finding", channel="B", needs=Needs(("CLOG",)))
def seal_lapsed(f: Facts) -> ir.Table:
    """Seals, detentions and freezes of the case chain that ran out unreleased, where no other still holds the thing."""
    mine = f.seals.join(f.chains, "case_no").join(f.episodes.select("episode", "chain", "zb_date"), "chain")
    mine = mine.filter(mine.day <= mine.zb_date)
    mine = first_per_key(mine, ("episode", "asset"), mine.until.desc(), mine.rid.desc())
    mine = mine.filter(mine.until < f.today, mine.ended.isnull())
    live = f.seals.filter(f.seals.until >= f.today).select("asset")
    mine = with_log(f, mine.anti_join(live, "asset"))
    mine = mine.filter(log_covers(mine.log_on, mine.expires))
    sold = f.events.filter(
        f.events.ev_code.isin(["AUCTION", "SELLOFF", "INKIND", "DEDUCT"]), f.events.asset_id.notnull()
    )
    mine = mine.anti_join(sold.select("episode", "asset_id"), ["episode", "asset_id"])
    return clue_rows(
        mine, day="expires", who=asset_label(mine), note=absence_note(mine.log_on, "到期前后无续行或解除记录")
    )


def missed_rechecks(f: Facts) -> ir.Table:
    """Half-yearly queries due and not made, one row per due day: episode, due, log_on, case_rid, case_no, turn.

    The k-th query is due k half-years after the termination and is met by one between the slack days after the due day
    before and the slack days after its own.
    """
    case = f.episodes.select("episode", "case_no", "zb_date", case_rid="rid").join(
        f.court_reach.filter(f.court_reach.log_on.notnull()), "episode"
    )
    for id, name in (("T-REQ", "months"), ("T-REQ-YEARS", "years"), ("T-REQ-SLACK", "slack")):
        case = with_rule_value(case, f.rules, id, "zb_date", name)
    case = case.mutate(turn=ibis.range(1, case.years * MONTHS_A_YEAR // case.months + 1).unnest())
    case = case.mutate(
        due=add_months(case.zb_date, case.months * case.turn),
        opens=add_days(add_months(case.zb_date, case.months * (case.turn - 1)), case.slack),
    )
    case = case.mutate(closes=add_days(case.due, case.slack))
    case = case.mutate(opens=ibis.ifelse(case.turn == 1, case.zb_date, case.opens))
    case = case.filter(case.closes < f.today, log_covers(case.log_on, case.closes))
    done = f.events.filter(f.events.ev_code == "ZB_REQUERY").select("episode", asked="ev_date")
    return case.anti_join(done, [case.episode == done.episode, done.asked > case.opens, done.asked <= case.closes])


@family.clue("T-REQ", kind="finding", channel="B", needs=Needs(("CLOG",)))
def recheck_missing(f: Facts) -> ir.Table:
    """Half-yearly queries of the five years after the termination that fell due and are not on record."""
    missed = missed_rechecks(f)
    note = text(absence_note(missed.log_on, "无第"), missed.turn, "次定期查询记录")
    return clue_rows(missed, day="due", amount=None, who="case_no", note=note, src="case_rid")


def recheck_hits(f: Facts) -> ir.Table:
    """Court's queries after the termination that found property, one row per query.

    Columns: those of the event, known (day of the answer) and log_on (last delivery of the court's log, NULL for none).
    """
    asked = f.events.filter(f.events.ev_code == "ZB_REQUERY", f.events.after)
    hit = asked.result.re_search(HIT)
    asked = asked.filter(ibis.coalesce(hit, False)).mutate(known=ibis.coalesce(asked.end_date, asked.ev_date))
    return with_log_or_none(f, asked)


@family.clue("T-REQHIT", kind="finding", channel="B", needs=Needs(("CLOG",)))
def recheck_hit_idle(f: Facts) -> ir.Table:
    """Queries that found property, thirty days and more ago, after which no control or suggestion is on record."""
    hits = due(f, recheck_hits(f), "T-REQHIT", "known")
    hits = hits.filter(hits.due < f.today, log_covers(hits.log_on, hits.due))
    done = f.events.filter(f.events.ev_code.isin(HANDLED)).select("episode", handled="ev_date")
    hits = hits.anti_join(done, [hits.episode == done.episode, done.handled >= hits.known])
    return clue_rows(
        hits,
        day="known",
        who=text(hits.asset_kind, hits.asset_id),
        note=absence_note(hits.log_on, "查询有结果后无处理记录"),
    )


@family.clue("M10D", kind="measure", channel="AB", needs=Needs(("CLOG",)))
@feature("M10D_n", "终本后查询发现财产次数", "count")
@feature("M10D_last_days", "最近一次发现财产的查询距终本天数", "max", "days", unit="天")
def recheck_found(f: Facts) -> ir.Table:
    """Every query after the termination that found something."""
    hits = recheck_hits(f)
    return clue_rows(
        hits,
        day="known",
        who=text(hits.asset_kind, hits.asset_id),
        note=text("查询结果：", hits.result),
        days=hits.known.delta(hits.zb_date, unit="day"),
    )


@family.clue("T-PAY", kind="finding", channel="B", needs=Needs(("CLOG",)))
def money_held(f: Facts) -> ir.Table:
    """Money that came in before the termination and was not paid out within thirty days, first in first out.

    A deferral that states no reason is none.
    A sum in is paid out on the day on which the sums out of the case first reach the sums in up to it.
    """
    own = f.events.filter(f.events.own, f.events.amount > 0)
    paid = own.filter(own.ev_code == "PAY_IN", ~own.after)
    paid = paid.mutate(sum_in=paid.amount.sum().over(**_up_to(paid)))
    out = own.filter(own.ev_code == "PAY_OUT")
    out = out.mutate(sum_out=out.amount.sum().over(**_up_to(out)))
    out = out.select("sum_out", out_episode="episode", out_on="ev_date", out_rid="rid")
    met = paid.left_join(out, [paid.episode == out.out_episode, out.sum_out >= paid.sum_in])
    met = first_per_key(met, ("episode", "rid"), met.out_on.isnull(), met.out_on, met.out_rid)
    met = with_log(f, due(f, met, "T-PAY", "ev_date"))
    met = met.filter(late_or_never(f, met, met.out_on))
    grounds = (f.events.ev_code != "PAY_HOLD") | (ibis.coalesce(f.events.reason, "") != "")
    lawful = f.events.filter(f.events.ev_code.isin(HELD_LAWFULLY), grounds).select("episode", held_on="ev_date")
    met = met.anti_join(
        lawful, [met.episode == lawful.episode, lawful.held_on >= met.ev_date, lawful.held_on <= met.due]
    )
    return clue_rows(
        met,
        day="ev_date",
        who="case_no",
        note=ibis.coalesce(
            met.out_on.cast("string") + "发放", absence_note(met.log_on, "无发放记录，亦无载明理由的暂缓记录")
        ),
        src=("rid", "out_rid"),
    )


def _up_to(rows: ir.Table) -> dict[str, Any]:
    return {"group_by": rows.episode, "order_by": [rows.ev_date, rows.rid], "rows": (None, 0)}


@family.clue("T-SEIZE", kind="finding", channel="B", needs=Needs(("CLOG",)))
def found_not_seized(f: Facts) -> ir.Table:
    """Property found in the own case, small balances left out, under no control within ten days of being found."""
    found = f.events.filter(f.events.own, ~f.events.after, f.events.ev_code == "FOUND", f.events.asset_id.notnull())
    found = found.select("episode", "asset_kind", "asset_id", "amount", "rid", "zb_date", day="ev_date")
    feedback = f.queries.filter(
        f.queries.has_result, f.queries.asset_id.notnull(), f.queries.fb_date <= f.queries.zb_date
    )
    feedback = feedback.filter(ibis.coalesce(feedback.seal_info, "") == "").anti_join(found, ["episode", "asset_id"])
    whole = found.union(feedback.select("episode", "asset_kind", "asset_id", "amount", "rid", "zb_date", day="fb_date"))
    whole = first_per_key(whole, ("episode", "asset_id"), whole.day, whole.rid)
    bank = ibis.coalesce(whole.asset_kind.re_search(BANK_KINDS), False)
    whole = due(f, with_rule_value(whole, f.rules, "T-SMALL-SUM", "day", "least"), "T-SEIZE", "day")
    whole = whole.filter(~(bank & ibis.coalesce(whole.amount < whole.least, True)))
    whole = with_log(f, whole)
    whole = never_controlled(f, whole.filter(log_covers(whole.log_on, whole.due)), "day")
    return clue_rows(
        whole, who=asset_label(whole), note=absence_note(whole.log_on, f.in_words("查明后{T-SEIZE:汉}日内无控制记录"))
    )
