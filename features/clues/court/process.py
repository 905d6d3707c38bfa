"""Measures of how the enforcement went (docs/domain.md section F01-F08): the debtor's property report, sanctions, clues
the applicant gave, duration, number of compliance checks failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.court_log import absence_note
from features.clues.base.helpers import asset_label, clue_rows, no_amount, text
from features.clues.court.procedure import CHECKS
from features.clues.court.timers import late_clues, missed_rechecks
from features.facts.case.coverage import log_covers
from features.facts.rows import first_per_key
from features.rules.periods import with_rule_value

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("process", "执行过程", __file__)

ON_TIME, LATE, ZERO, NONE = range(4)
"""States of a report, from best to worst (docs/domain.md section F01)."""

STATES = {ON_TIME: "按期申报", LATE: "逾期申报", ZERO: "零申报", NONE: "未申报"}


@family.clue("F01", kind="measure", channel="AB", needs=Needs(("CLOG",)))
@feature("F01_state", "申报情况（0按期、1逾期、2零申报、3未申报）", "max", "state", unit="级")
@feature("F01_none", "未申报财产的被执行人数", "count", where="none")
@feature("F01_zero", "零申报的被执行人数", "count", where="zero")
@debt_ratio("F01_declared", "申报财产数额/未履行额")
@feature("F01_days", "收到报告财产令至申报的天数", "max", "days", unit="天")
def report_state(f: Facts) -> ir.Table:
    """Debtors ordered to report: on time, late, nothing declared, or no report on record."""
    debtors = f.acts.filter(f.acts.ordered, f.acts.telling)
    late = debtors.reported_on > debtors.order_due
    state = ibis.cases(
        (debtors.reported_on.isnull(), NONE),
        (debtors.zero, ZERO),
        (ibis.coalesce(late, False), LATE),
        else_=ON_TIME,
    )
    debtors = debtors.mutate(state=state)
    debtors = debtors.filter((debtors.state != NONE) | log_covers(debtors.log_on, debtors.zb_date))
    ordered_on = f.events.select("ev_date", order_row="rid").distinct()
    debtors = debtors.join(ordered_on, debtors.order_rid == ordered_on.order_row)
    return clue_rows(
        debtors,
        "state",
        day=ibis.coalesce(debtors.reported_on, debtors.zb_date),
        amount=debtors.declared.cast("int64"),
        who="name",
        note=ibis.ifelse(
            debtors.state == NONE,
            absence_note(debtors.log_on, "未见财产报告"),
            debtors.state.cases(*STATES.items(), else_=""),
        ),
        src=("report_rid", "order_rid", "debtor_rid"),
        none=debtors.state == NONE,
        zero=debtors.state == ZERO,
        days=ibis.coalesce(debtors.reported_on.delta(debtors.ev_date, unit="day"), 0),
    )


@family.clue("F02", kind="measure", channel="AB", needs=Needs(("CLOG", "CQRY")))
@feature("F02_n", "零申报而查控有值的财产项数", "count")
@debt_ratio("F02_value", "零申报而查控有值的数额/未履行额")
def nothing_reported_but_found(f: Facts) -> ir.Table:
    """Assets of more than 1,000 元 in the query feedback of debtors all of whose reported items are zero."""
    zero = f.acts.filter(f.acts.zero, f.acts.telling)
    zero = zero.select("episode", "person", "alone", "report_rid")
    found = f.queries.filter(f.queries.has_result, f.queries.req_date <= f.queries.zb_date)
    found = with_rule_value(found, f.rules, "T-SMALL-SUM", "req_date", "least").filter(lambda t: t.amount > t.least)
    met = zero.join(found, "episode").filter(lambda t: t.alone | t.subject.isnull() | (t.subject == t.person))
    met = met.mutate(thing=ibis.coalesce(met.asset_id, met.asset_kind, met.range_code))
    met = first_per_key(met, ("episode", "thing"), met.amount.desc(), met.req_date, met.rid)
    return clue_rows(
        met,
        day="req_date",
        who=asset_label(met),
        note=text(met.unit_name, "反馈有值，申报为零"),
        src=("rid", "report_rid"),
    )


@family.clue("F03", kind="measure", channel="AB", needs=Needs(("CLOG",)))
@feature("F03_n", "终本前罚款拘留次数", "count")
@feature("F03_fine", "终本前罚款数额", "sum", "amount", unit="元")
def punished(f: Facts) -> ir.Table:
    """Fines and detentions in the chain up to the termination."""
    done = f.events.filter(~f.events.after, f.events.ev_code.isin(["FINE", "DETENTION"]))
    note = text(ibis.ifelse(done.ev_code == "FINE", "罚款", "拘留"), "：", done.reason)
    return clue_rows(done, day="ev_date", amount=ibis.coalesce(done.amount, 0), who=ibis.literal("被执行人"), note=note)


@family.clue("F04", kind="measure", channel="AB", needs=Needs(("CLOG",)))
@feature("F04_n", "申请执行人终本前提供的线索数", "count")
@feature("F04_open", "终本时未核实完毕的线索数", "count", where="open")
@feature("F04_late", "逾期核实的线索数", "count", where="late")
def clues_given(f: Facts) -> ir.Table:
    """Property that the applicant pointed out up to the termination; checked late (late) or not by then (open)."""
    given = late_clues(f)
    return clue_rows(
        given, "open", "late", day="ev_date", amount=None, who=ibis.literal("申请执行人"), note=text(given.detail)
    )


@family.clue("F05", kind="context", channel="AB", risk=0)
@feature("F05_days", "立案至终本天数", "max", "days", unit="天")
@feature("F05_waited", "裁判生效至申请执行天数", "max", "waited", unit="天")
def speed(f: Facts) -> ir.Table:
    """Days from filing to termination, one row per episode."""
    case = f.episodes.join(f.anchors.select("episode", "t_eff"), "episode")
    note = text("历时", case.zb_date.delta(case.filing_date, unit="day"), "天")
    return clue_rows(
        case,
        day="zb_date",
        amount=None,
        who="case_no",
        note=note,
        days=case.zb_date.delta(case.filing_date, unit="day"),
        waited=ibis.coalesce(ibis.coalesce(case.apply_date, case.filing_date).delta(case.t_eff, unit="day"), 0),
    )


@family.clue("F07", kind="measure", channel="AB", needs=Needs(("CLOG",)))
@feature("F07_n", "终本后定期查询缺失次数", "count")
def rechecks_missed(f: Facts) -> ir.Table:
    """Half-yearly queries that fell due after the termination and are not on record, as a number."""
    missed = missed_rechecks(f)
    return clue_rows(
        missed,
        day="due",
        amount=None,
        who="case_no",
        note=absence_note(missed.log_on, "无应查期间的查询记录"),
        src="case_rid",
    )


@family.clue("F08", kind="measure", channel="AB", needs=Needs(("CLOG", "CQRY")))
@feature("F08_n", "终本合规核查不合格项数", "nunique", "who")
@feature("F08_survey", "未进行传统查控", "any", unit="是否", where="survey")
@feature("F08_query", "终本前网络查询缺失或不全", "any", unit="是否", where="query")
def checks_failed(f: Facts) -> ir.Table:
    """Every failed check of the termination, all eleven together."""
    parts = [
        check.rows(f).select("episode", "day", "src", who=ibis.literal(check.id), note=ibis.literal(check.label))
        for check in CHECKS
    ]
    whole = ibis.union(*parts)
    return whole.mutate(amount=no_amount(), survey=whole.who == "CHK03", query=whole.who == "CHK02")
