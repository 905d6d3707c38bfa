"""Clues on income and purchases in statements: money coming in after the termination, regular payers, memos of
purchases (docs/domain.md section 3.3, C05-C07, D01)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.helpers import clue_rows, month_number, nobody
from features.clues.base.statement_helpers import PEOPLE, days, other
from features.facts import Facts
from features.facts.rows import row_ids

family = Register("income", "收入与购置", __file__)

EXEMPT = r"低保|抚恤|救助|最低生活|五保|丧葬"
OWN_WALLET = r"提现|余额转出"
"""Money that stays with the debtor by law (民诉法 254), and money that comes back from the debtor's own wallet."""

PAY = r"工资|薪|代发|劳务|租金|分红|货款"

INCOME = r"收入|工资|薪|报酬"

BOUGHT = {"home": r"首付|购房|契税|装修", "car": r"购车|购置税", "policy": r"保费|年金|理财"}
"""Words of a memo by what was bought."""

DEPOSIT = r"定金"


@family.clue("C05", kind="measure", channel="A", needs=Needs(("TX",)))
@debt_ratio("C05_in_ratio", "终本后流入额/未履行额")
@debt_ratio("C05_unit_ratio", "终本后单位流入/未履行额", where="from_unit")
@debt_ratio("C05_person_ratio", "终本后个人流入/未履行额", where="from_person")
@debt_ratio("C05_cash_ratio", "终本后现金存入/未履行额", where="in_cash")
@debt_ratio("C05_recent_ratio", "近{C05-RECENT}日流入/未履行额", where="recent")
def inflow_after_termination(f: Facts) -> ir.Table:
    """Money that came in from others after termination, exempt benefits and the debtor's own wallet left out."""
    m = f.moves
    memo = ibis.coalesce(m.memo, "")
    got = m.filter(
        m.sign > 0,
        m.external,
        m.w4,
        ~memo.re_search(EXEMPT),
        ~((m.cp_kind == "third_party") & memo.re_search(OWN_WALLET)),
    )
    return clue_rows(
        got,
        who=other(got),
        note="memo",
        from_unit=got.cp_kind.isin(["company", "government"]),
        from_person=got.cp_kind.isin(PEOPLE),
        in_cash=got.cash,
        recent=got.day > f.today - days(f.threshold("C05-RECENT")),
    )


@family.clue("C06", kind="measure", channel="A", needs=Needs(("TX",)))
@feature("C06_month_n", "终本后同一付款人付款月数", "max", "months", unit="月")
@feature("C06_pay_month_n", "终本后同一付款人以工资等名义付款月数", "max", "pay_months", unit="月")
@feature("C06_payer_n", "终本后稳定付款人数", "nunique", "payer")
@debt_ratio("C06_in_ratio", "终本后稳定收入/未履行额")
def steady_payer(f: Facts) -> ir.Table:
    """Receipts after termination from a payer of at least two months: pay by name, or 5,000 元 and more."""
    m = f.moves
    memo = ibis.coalesce(m.memo, "")
    named = memo.re_search(PAY)
    got = m.filter(
        m.sign > 0,
        m.w4,
        named | (m.external & (m.amount >= f.threshold("C06-LEAST"))),
        ~m.cp_kind.isin(["own", "own_unlisted", "third_party", "court", "insurer"]),
        ~m.cash,
        ~memo.re_search(EXEMPT),
    )
    got = got.mutate(
        payer=ibis.coalesce(got.cp, got.acct),
        month=month_number(got.day),
        pay=ibis.coalesce(got.memo, "").re_search(PAY),
    )
    payer = got.group_by(payer_episode="episode", payer_key="payer").agg(
        months=got.month.nunique(), pay_months=got.month.nunique(where=got.pay)
    )
    payer = payer.filter(payer.months >= f.threshold("C06-MONTHS"))
    both = got.join(payer, [got.episode == payer.payer_episode, got.payer == payer.payer_key])
    return clue_rows(both, "months", "pay_months", "payer", who=other(both), note="memo")


@family.clue("C07", kind="measure", channel="A", needs=Needs(("TX", "COURT")))
@debt_ratio("C07_gap_ratio", "执行期间流入减申报收入/未履行额")
@feature("C07_gap_flag", "执行期间流入超过申报收入{C07-GAP}元以上", "any", "above", unit="是否")
def income_above_report(f: Facts) -> ir.Table:
    """Receipts from notice to termination, reported income as negative rows, where a report was made at all."""
    m = f.moves
    own = f.events.filter(f.events.own, ~f.events.after, f.events.ev_code == "RPT_CONTENT")
    report = own.group_by(told_episode="episode").agg(report_rid=own.rid.min())
    memo = ibis.coalesce(m.memo, "")
    got = m.filter(
        m.sign > 0,
        m.external,
        m.w3,
        ~((m.cp_kind == "third_party") & memo.re_search(OWN_WALLET)),
    )
    got = got.join(report, got.episode == report.told_episode)
    got = clue_rows(got, who=other(got), note="memo", src=("rid", "report_rid"))
    declared = own.filter(ibis.coalesce(own.asset_kind, "").re_search(INCOME), own.amount.notnull())
    declared = declared.semi_join(got, "episode").select(
        "episode",
        day="ev_date",
        amount=-declared.amount,
        who=nobody(),
        note=ibis.literal("申报收入"),
        src=row_ids(declared.rid),
    )
    both = got.union(declared)
    whole = both.amount.sum().over(ibis.window(group_by=both.episode))
    return both.mutate(above=whole > f.threshold("C07-GAP"))


@family.clue("D01", kind="measure", channel="A", needs=Needs(("TX",)))
@debt_ratio("D01_out_ratio", "购置财产用途支出/未履行额")
@feature("D01_n", "购置财产用途支出笔数", "count", cap=100.0)
@debt_ratio("D01_home_ratio", "购房装修用途支出/未履行额", where="home")
@debt_ratio("D01_car_ratio", "购车用途支出/未履行额", where="car")
@debt_ratio("D01_policy_ratio", "保险理财用途支出/未履行额", where="policy")
@debt_ratio("D01_after_ratio", "受执行通知后购置财产支出/未履行额", where="after")
def purchases_by_memo(f: Facts) -> ir.Table:
    """Payments from a year before the notice on whose memo speaks of a home, a car, a policy or wealth products."""
    m = f.moves
    out = m.filter(
        m.sign < 0,
        ~m.cp_kind.isin(["own", "own_unlisted"]),
        m.day >= m.t_ntc - days(f.threshold("D01-BACK")),
        ibis.coalesce(m.memo, "").re_search("|".join([*BOUGHT.values(), DEPOSIT])),
    )
    return clue_rows(
        out,
        who=other(out),
        note="memo",
        **{thing: out.memo.re_search(words) for thing, words in BOUGHT.items()},
        after=out.day >= out.t_ntc,
    )
