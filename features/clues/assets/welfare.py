"""Clues on wages, pensions and provident funds that registers show and the court did not withhold (docs/domain.md
section M5, M6, D06, D07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.assets.acquired import is_worth_enforcing, newest_funds
from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.court_log import absence_note, with_log
from features.clues.base.helpers import clue_rows, not_controlled, register_rows, text
from features.facts.case.coverage import log_covers
from features.facts.people.people import plain_name
from features.facts.rows import first_per_key
from features.rules.periods import MONTHS_A_YEAR, add_months

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("welfare", "养老金、社会保险与工资", __file__)

WITHHOLD = ("ASSIST", "DEDUCT", "FREEZE", "SEAL")
"""Acts by which a court withholds income or takes a fund."""

WAGE = r"收入|工资|薪|报酬|劳务费"
PENSION = r"养老|退休|社保|社会保险"
FUND = r"公积金"
ANY_INCOME = r"全部收入|一切收入|各项收入"
"""Words of an act that withholds income of every kind."""

PAYERS = r"社保|社会保险|养老|人社|人力资源|银行|信用社|信用联社"
"""Payers of income of every kind, so that an order to one of them covers it; an order to another employer does not."""

SEALED = r"封存|离职|托管|停缴"
LEFT = r"退休|出境定居|销户待取"
"""States of a fund: no longer paid into (to be drawn after a wait), and to be drawn at once."""


def _since_end(f: Facts) -> ir.Table:
    """Answers of the social insurer about months after the termination."""
    answer = f.insured
    return answer.filter(answer.last_month > answer.zb_date)


def _not_withheld(f: Facts, rows: ir.Table, words: str, income: bool = True) -> ir.Table:
    """Rows (episode, person, last_month, unit) where the log covers that month and holds no act to withhold.

    An act counts whose words name its subject so; where it is an `income`, also one on income in general, addressed to
    the unit, to whoever any income passes through or to nobody named. An act on nobody named counts for everybody.
    """
    act = f.events.filter(f.events.ev_code.isin(WITHHOLD))
    act_words = text(act.asset_kind, act.detail, act.reason)
    act = act.select(
        "subject",
        "ev_code",
        a_episode="episode",
        a_unit=plain_name(act.other_name),
        meant=act_words.re_search(words),
        wage=act_words.re_search(WAGE),
    )
    known = with_log(f, rows)
    known = known.filter(log_covers(known.log_on, known.last_month))
    here = ibis.coalesce(act.a_unit == plain_name(known.unit), False)
    open = act.wage & ibis.coalesce(act.a_unit.re_search(PAYERS), True)
    counts = act.meant | (ibis.literal(income) & (open | (here & (act.wage | (act.ev_code == "ASSIST")))))
    return known.anti_join(
        act, [known.episode == act.a_episode, ibis.coalesce(act.subject == known.person, True), counts]
    )


@family.clue("D07", kind="measure", channel="AB", needs=Needs(("SOC",), party="person"))
@feature("D07_n", "终本后仍在参保的单位数", "count")
@feature("D07_base", "终本后单位参保的月缴费基数", "max", "amount", unit="元")
@feature("D07_month_n", "终本后单位参保已知月数", "max", "months", unit="月")
def insured_at_work(f: Facts) -> ir.Table:
    """Units that pay social insurance for a debtor in months after the termination, each with its latest answer."""
    answer = _since_end(f)
    answer = answer.filter(answer.employed)
    answer = first_per_key(answer, ("episode", "person", "unit"), answer.last_month.desc(), answer.rid.desc())
    span = (answer.last_month.year() - answer.zb_date.year()) * MONTHS_A_YEAR
    return clue_rows(
        answer,
        day="last_month",
        amount=answer.base,
        who="unit",
        note=text(answer.status),
        months=span + answer.last_month.month() - answer.zb_date.month(),
    )


@family.clue("M6A", kind="finding", channel="AB", needs=Needs(("SOC", "CLOG"), party="person"))
@feature("M6A_n", "未扣留提取的养老金项数", "count")
@feature("M6A_month", "未扣留提取的月养老金", "max", "amount", unit="元")
@debt_ratio("M6A_year", "养老金每年可扣留额/未履行额", "yearly")
def pension_not_withheld(f: Facts) -> ir.Table:
    """Pensions above what one needs to live on, and no act to withhold them.

    A pension goes on for life, so an answer from before the termination speaks of the time after it; the month given
    with it is often that of the last contribution.
    """
    keep = f.threshold("M6A-KEEP")
    answer = first_per_key(f.insured, ("episode", "person"), f.insured.last_month.desc(), f.insured.rid.desc())
    answer = answer.filter(answer.retired, answer.pension > keep).anti_join(f.deaths, ["episode", "person"])
    answer = answer.anti_join(f.debtors.filter(f.debtors.dead), ["episode", "person"])
    answer = answer.mutate(told_to=answer.last_month, last_month=ibis.greatest(answer.last_month, answer.zb_date))
    answer = _not_withheld(f, answer, PENSION)
    return clue_rows(
        answer,
        day="last_month",
        amount="pension",
        who=ibis.literal("养老金"),
        note=text("登记至", answer.told_to, "；", absence_note(answer.log_on, "无扣留提取养老金记录")),
        yearly=(answer.pension - keep) * MONTHS_A_YEAR,
    )


@family.clue("M6B", kind="finding", channel="AB", needs=Needs(("SOC", "CLOG"), party="person"))
@feature("M6B_n", "有工资而未扣留提取的单位数", "count")
@debt_ratio("M6B_year", "按缴费基数推算每年可扣留工资/未履行额", "yearly")
def wage_not_withheld(f: Facts) -> ir.Table:
    """Wages, by their base above what one needs to live on, after the termination, and no act to withhold them."""
    answer = _since_end(f)
    keep = f.threshold("M6B-KEEP")
    answer = answer.filter(answer.employed, answer.base > keep)
    answer = first_per_key(answer, ("episode", "person", "unit"), answer.last_month.desc(), answer.rid.desc())
    answer = _not_withheld(f, answer, ANY_INCOME)
    note = absence_note(answer.log_on, "无扣留提取收入记录")
    yearly = (answer.base - keep) * MONTHS_A_YEAR
    return register_rows(answer, "last_month", note, amount="base", who="unit", yearly=yearly)


@family.clue("M5B", kind="finding", channel="AB", needs=Needs(("HPF", "CLOG"), party="person"))
@feature("M5B_n", "具备提取条件而未提取的公积金账户数", "count")
@debt_ratio("M5B_balance", "具备提取条件而未提取的公积金余额/未履行额")
def fund_to_be_drawn(f: Facts) -> ir.Table:
    """Provident funds without a housing loan that may be withdrawn, worth enforcing, neither frozen nor taken."""
    fund = newest_funds(f)
    fund = fund.filter(~fund.loan_flag, is_worth_enforcing(f, fund.balance, fund.debt))
    status = ibis.coalesce(fund.status, "")
    at_once = status.re_search(LEFT)
    wait = ibis.literal(f.threshold("M5B-SEALED"))
    free_on = ibis.ifelse(at_once, fund.last_month, add_months(fund.last_month, wait))
    fund = fund.mutate(free_on=free_on).filter(at_once | status.re_search(SEALED)).mutate(day=f.today)
    fund = _not_withheld(f, fund.filter(fund.free_on <= f.today).mutate(last_month=fund.free_on), FUND, False)
    fund = not_controlled(f, fund, "acct_no", "day")
    taken = f.events.filter(f.events.ev_code == "DEDUCT").select("asset_id", t_episode="episode")
    fund = fund.anti_join(taken, [fund.episode == taken.t_episode, fund.acct_no == taken.asset_id])
    note = text(fund.status, "；", absence_note(fund.log_on, "无划扣公积金记录"))
    return register_rows(fund, "free_on", note, amount="balance", who="unit")
