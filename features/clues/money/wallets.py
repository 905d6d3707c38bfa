"""Clues on money moved where a bank query does not see it: payment wallets, cash, closed or silent accounts
(docs/domain.md section C04, C08-C11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.helpers import clue_rows, month_number, rids_or_none, text
from features.clues.base.statement_helpers import days, other, paid_out
from features.facts.rows import row_ids
from features.rules.periods import YEAR_DAYS

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("wallets", "第三方支付与现金", __file__)

WAGE = r"工资|薪|代发|奖金|劳务费|绩效"
"""Words of the memo of pay."""

LOAN = r"还贷|房贷|车贷|按揭|月供|贷款|信用卡"
"""Instalments that are taken on pay day: no habit of leaving nothing behind."""

TOP_UP = r"充值|转入零钱|零钱通|余额宝|理财通|转入余额"
DRAW_BACK = r"提现|零钱转出|余额转出|转出到卡|转出至银行卡"


def _by_episode(rows: ir.Table) -> Any:
    return ibis.window(group_by=rows.episode)


@family.clue("C04", kind="measure", channel="A", needs=Needs(("TX",)), risk=0)
@feature("C04_share", "受送达后对外转出中{C04-ROUND:整}元整数倍笔数占比", "max", "part", unit="比")
@feature("C04_n", "受送达后对外转出中{C04-ROUND:整}元整数倍笔数", "count", cap=200.0)
def round_payments(f: Facts) -> ir.Table:
    """Payments since service in whole ten thousands, where at least ten payments were made; shops left out."""
    m = f.moves
    out = m.filter(m.leaves, m.since)
    out = out.mutate(whole=out.count().over(_by_episode(out)), round=out.amount % f.threshold("C04-ROUND") == 0)
    out = out.mutate(rounds=out.round.cast("int64").sum().over(_by_episode(out)))
    out = out.filter(out.round, out.whole >= f.threshold("C04-LEAST"))
    return clue_rows(out, who=other(out), note="memo", part=out.rounds / out.whole)


@family.clue("C08", kind="measure", channel="A", needs=Needs(("TX",)), risk=0)
@feature("C08_share", "转入第三方支付/对外转出总额", "max", "part", unit="比")
@feature("C08_month", "转入第三方支付月均额", "max", "monthly", unit="元")
@debt_ratio("C08_large_ratio", "大额转入第三方支付/未履行额", where="large")
def paid_to_wallets(f: Facts) -> ir.Table:
    """Payments to third-party payment since service or in the year before the notice, against all payments out."""
    out = paid_out(f).filter(lambda t: t.w1 | t.w2 | t.w3 | t.w4)
    whole = out.group_by(whole_episode="episode").agg(whole=out.amount.sum(), months=out.day.truncate("M").nunique())
    out = out.filter(out.cp_kind == "third_party").join(whole, [("episode", "whole_episode")])
    total = out.amount.sum().over(_by_episode(out))
    return clue_rows(
        out,
        who=other(out),
        note=text("占对外转出的", (total * 100 // out.whole), "%"),
        part=total / out.whole,
        monthly=total // out.months,
        large=out.amount >= f.threshold("C08-LARGE"),
    )


@family.clue("C08W", kind="measure", channel="A", needs=Needs(("TX",)), risk=0)
@debt_ratio("C08W_net_ratio", "受送达后充值减提现净额/未履行额")
def left_in_wallets(f: Facts) -> ir.Table:
    """Top-ups of wallets since service, what was drawn back as negative rows."""
    m = f.moves
    memo = ibis.coalesce(m.memo, "")
    paid = (m.sign < 0) & memo.re_search(TOP_UP)
    back = (m.sign > 0) & memo.re_search(DRAW_BACK)
    rows = m.filter(m.since, m.cp_kind == "third_party", paid | back)
    return clue_rows(rows, amount=-rows.sign * rows.amount, who=other(rows), note="memo")


@family.clue("C09", kind="measure", channel="A", needs=Needs(("TX",), since="t_srv"))
@feature("C09_balance_share", "诉前诉中取现/同期最高余额", "max", "part", cap=5.0, unit="比")
@debt_ratio("C09_out_ratio", "诉前诉中取现额/未履行额")
@feature("C09_burst_n", "{C09-DAYS:汉}日内集中取现的起始笔数", "count", cap=50.0, where="burst")
@feature("C09_near_n", "接近现金登记标准的取现笔数", "count", cap=50.0, where="near")
def cash_drawn(f: Facts) -> ir.Table:
    """Cash drawn from a year before service to the effect of the judgment: bursts, and sums just under 50,000 元."""
    m = f.moves
    out = m.filter(m.sign < 0, m.cash, m.w0 | m.w1)
    many = out.amount >= f.threshold("C09-FROM")
    number = out.day.delta(ibis.date(1990, 1, 1), unit="day")
    out = out.mutate(number=number, many=many)
    ahead = ibis.range_window(preceding=0, following=f.threshold("C09-DAYS"), group_by=out.episode, order_by=out.number)
    close = out.many.cast("int64").sum().over(ahead)
    dates = f.debtors.select("episode", "person").join(
        f.anchors.select("episode", "t_srv", "t_eff", "t_ntc"), "episode"
    )
    level = f.levels.join(dates, "person")
    level = level.filter(
        level.until >= level.t_srv - days(YEAR_DAYS), level.day < ibis.coalesce(level.t_eff, level.t_ntc)
    )
    high = level.group_by("episode", "person").agg(high=level.total.max())
    high = high.group_by(high_episode="episode").agg(high=high.high.sum())
    out = out.mutate(close=close).left_join(high, out.episode == high.high_episode)
    total = out.amount.sum().over(_by_episode(out))
    burst = out.many & (out.close >= f.threshold("C09-TIMES"))
    near = (out.amount >= f.threshold("C09-NEAR-LOW")) & (out.amount < f.threshold("C09-NEAR-HIGH"))
    return clue_rows(
        out,
        who=None,
        note=ibis.cases(
            (burst, f.in_words("{C09-DAYS:汉}日内多笔集中取现")),
            (near, "单笔接近现金登记标准"),
            else_=ibis.coalesce(out.memo, ""),
        ),
        burst=burst,
        near=near,
        part=total / ibis.greatest(out.high, 1),
    )


@family.clue("C10", kind="measure", channel="A", needs=Needs(("TX",)))
@feature("C10_month_n", "工资到账{C10-DAYS:汉}日内转出{C10-SHARE:成}以上的月数", "nunique", "month", unit="月")
@debt_ratio("C10_out_ratio", "工资到账{C10-DAYS:汉}日内转出额/未履行额", "gone")
def wage_leaves_at_once(f: Facts) -> ir.Table:
    """Wages since service of which at least 80 % left the account within 3 days, where that was so in 3 months."""
    m = f.moves
    memo = ibis.coalesce(m.memo, "")
    wage = m.filter(m.sign > 0, ~m.cp_kind.isin(["own", "own_unlisted"]), m.since, memo.re_search(WAGE))
    wage = wage.select("episode", "day", "amount", "rid", "ts", "acct", who=other(wage))
    paid = m.filter(m.sign < 0, ~m.creditor, ~m.purchase, ~memo.re_search(LOAN), m.cp_kind != "bank")
    paid = paid.select(
        paid_episode="episode", paid_acct="acct", paid_ts="ts", paid_day="day", spent="amount", paid_rid="rid"
    )
    met = wage.join(
        paid,
        [
            wage.episode == paid.paid_episode,
            wage.acct == paid.paid_acct,
            paid.paid_ts >= wage.ts,
            paid.paid_day <= wage.day + days(f.threshold("C10-DAYS")),
        ],
    )
    one = met.group_by("episode", "day", "amount", "rid", "who").agg(
        gone=ibis.least(met.spent.sum(), met.amount.max()), rids=met.paid_rid.collect().unique().sort()
    )
    one = one.filter(one.gone * 100 >= one.amount * f.threshold("C10-SHARE"))
    one = one.mutate(month=month_number(one.day))
    months = one.group_by(month_episode="episode").agg(months=one.month.nunique())
    one = one.join(months, [("episode", "month_episode")]).filter(lambda t: t.months >= f.threshold("C10-MONTHS"))
    return clue_rows(
        one, "month", "gone", who="who", note=text("共", one.months, "个月"), src=row_ids(one.rid).concat(one.rids)
    )


@family.clue("C11", kind="measure", channel="A", needs=Needs(("TX",)))
@feature("C11_n", "执行通知前后注销或停用并转出余额的账户数", "nunique", "who", cap=10.0)
@debt_ratio("C11_out_ratio", "注销或停用前转出额/未履行额")
@feature("C11_hidden_n", "余额转入未查控本人账户的账户数", "nunique", "who", cap=10.0, where="hidden")
def accounts_given_up(f: Facts) -> ir.Table:
    """Accounts closed or silent ever after within 90 days of the notice, from which at least 10,000 元 left before."""
    m, ends = f.moves, f.account_ends
    dates = f.debtors.select("episode", "person").join(f.anchors.select("episode", "t_ntc"), "episode")
    ends = ends.join(dates, "person")
    span = days(f.threshold("C11-DAYS"))
    silent = ibis.coalesce(ends.seen_to >= ends.ended_on + days(f.threshold("C11-SILENT")), False)
    ends = ends.filter(
        ends.ended_on >= ends.t_ntc - span,
        ends.ended_on <= ends.t_ntc + span,
        ends.closed | silent,
        ends.ended_on <= f.today,
    )
    ends = ends.select("closed", "ended_on", "rid", "last_rid", end_episode="episode", end_acct="acct")
    out = m.filter(m.sign < 0, ~m.creditor, ~m.purchase, m.cp_kind != "bank")
    out = out.select("episode", "acct", "amount", out_rid="rid", out_day="day", kind="cp_kind", seen="fed_back")
    met = out.join(
        ends,
        [
            out.episode == ends.end_episode,
            out.acct == ends.end_acct,
            out.out_day <= ends.ended_on,
            out.out_day >= ends.ended_on - days(f.threshold("C11-BACK")),
        ],
    )
    own = met.kind.isin(["own", "own_unlisted"]) & ~met.seen
    one = met.group_by("episode", "acct", "closed", "ended_on", "rid", "last_rid").agg(
        amount=met.amount.sum(), rids=met.out_rid.collect().sort(), hidden=own.any()
    )
    one = one.filter(one.amount >= f.threshold("C11-MOVED"))
    cited = rids_or_none(one.rids).concat(row_ids(one.rid, ibis.ifelse(one.closed, None, one.last_rid))).unique()
    return clue_rows(
        one,
        "hidden",
        day="ended_on",
        who="acct",
        note=text(
            one.ended_on,
            ibis.ifelse(one.closed, "销户", "后未再使用"),
            ibis.ifelse(one.hidden, "，余额转入未见查控反馈的本人账户", ""),
        ),
        src=cited,
    )
