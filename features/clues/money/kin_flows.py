"""Clues on payments to relatives and to single recipients, and money that came back (docs/domain.md section 3.3,
B01-B06)."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.helpers import clue_rows, month_number, whole_yuan
from features.clues.base.statement_helpers import PEOPLE, days, other, paid_out, relation, soon_after_service
from features.facts import Facts

family = Register("kin_flows", "流向亲属和特定个人的资金", __file__)


def _net(rows: ir.Table) -> ir.IntegerValue:
    """Payments out count up, money that came back counts down (分)."""
    return -rows.sign * rows.amount


def _kin_rows(rows: ir.Table, **columns: Any) -> ir.Table:
    """Rows of a clue about statement rows whose other party is kin, citing the kinship too."""
    return clue_rows(rows, who=other(rows), note=relation(rows), src=("rid", "kin_rid"), **columns)


@family.clue("B01", kind="measure", channel="A", needs=Needs(("TX", "KIN")))
@debt_ratio("B01_net_ratio", "受送达后近亲属净流出/未履行额")
@debt_ratio("B01_out_ratio", "受送达后转给近亲属/未履行额", where="paid")
@debt_ratio("B01_back_ratio", "受送达后近亲属转回（负数）/未履行额", where="came_back")
@feature("B01_large_n", "受送达后单笔{B01-LARGE}元以上转给近亲属笔数", "count", cap=50.0, where="large")
@debt_ratio("B01_soon_ratio", "受送达或受通知后{B01-SOON}日内近亲属净流出/未履行额", where="soon")
@feature("B01_kin_n", "受送达后有往来的近亲属人数", "nunique", "hand")
def net_outflow_to_kin(f: Facts) -> ir.Table:
    """Payments to confirmed kin and what came back from them since service; net is out minus in."""
    m = f.moves
    rows = m.filter(m.cp_kind == "kin", m.external, m.since)
    paid = rows.sign < 0
    return _kin_rows(
        rows,
        amount=_net(rows),
        hand="cp",
        paid=paid,
        came_back=~paid,
        large=paid & (rows.amount >= f.threshold("B01-LARGE")),
        soon=soon_after_service(rows, f.threshold("B01-SOON")),
    )


@family.clue("B02", kind="measure", channel="A", needs=Needs(("TX", "KIN")))
@feature("B02_run_n", "{B02-DAYS:汉}日内密集小额转给近亲属笔数", "count", cap=200.0)
@feature("B02_kin_n", "接收密集小额转账的近亲属人数", "nunique", "hand")
@debt_ratio("B02_out_ratio", "密集小额转给近亲属/未履行额")
def small_steps_to_kin(f: Facts) -> ir.Table:
    """Payments of at most 50,000 元 to one of the kin, in 30 days at least 6 and together 100,000 元 or more."""
    m = f.moves
    rows = m.filter(m.cp_kind == "kin", m.external, m.since, m.sign < 0, m.amount <= f.threshold("B02-EACH"))
    rows = rows.mutate(number=rows.day.delta(ibis.date(2000, 1, 1), unit="day"))
    span = f.threshold("B02-DAYS") - 1
    past = ibis.range_window(preceding=span, following=0, group_by=[rows.episode, rows.cp], order_by=rows.number)
    ends = rows.mutate(n=rows.count().over(past), total=rows.amount.sum().over(past))
    dense = (ends.n >= f.threshold("B02-PAYMENTS")) & (ends.total >= f.threshold("B02-TOTAL"))
    ends = ends.mutate(ends=dense.cast("int64"))
    ahead = ibis.range_window(preceding=0, following=span, group_by=[ends.episode, ends.cp], order_by=ends.number)
    inside = ends.mutate(inside=ends.ends.max().over(ahead)).filter(lambda t: t.inside == 1)
    return _kin_rows(inside, hand="cp")


@family.clue("B03", kind="measure", channel="A", needs=Needs(("TX",)))
@debt_ratio("B03_net_ratio", "受送达后同姓个人净流出/未履行额")
@feature("B03_hand_n", "净流出较大的同姓个人数", "nunique", "hand")
def net_outflow_to_namesakes(f: Facts) -> ir.Table:
    """Flows since service with untied people of the debtor's surname, from 3 payments and net 30,000 元 each."""
    m = f.moves
    rows = m.filter(m.weak_kin, m.external, m.since)
    hand = rows.group_by(hand_episode="episode", hand="cp").agg(
        payments=rows.count(where=rows.sign < 0), net=_net(rows).sum()
    )
    hand = hand.filter(hand.payments >= f.threshold("B03-PAYMENTS"), hand.net >= f.threshold("B03-NET"))
    both = rows.join(hand, [rows.episode == hand.hand_episode, rows.cp == hand.hand])
    return clue_rows(both, "hand", amount=_net(both), who=other(both), note="memo")


@family.clue("B04", kind="measure", channel="A", needs=Needs(("TX",)))
@feature("B04_top_share", "受送达后转给个人款项中最大一人占比", "max", "part", unit="比")
@debt_ratio("B04_top_ratio", "受送达后转给最大一人/未履行额")
@feature("B04_new_share", "受送达后首次出现的最大一人占比", "max", "part", unit="比", where="fresh")
@debt_ratio("B04_new_ratio", "转给受送达后首次出现的最大一人/未履行额", where="fresh")
def one_hand_takes_most(f: Facts) -> ir.Table:
    """The one person who received most since service, and the share of all payments to people that it makes."""
    m = f.moves
    rows = m.filter(m.cp_kind.isin(PEOPLE), m.leaves, m.since, m.cp.notnull())
    hand = rows.group_by("episode", "cp").agg(
        amount=rows.amount.sum(),
        day=rows.day.max(),
        who=other(rows).min(),
        payments=rows.count(),
        fresh=rows.novel.any(),
        src=rows.rid.collect().sort(),
    )
    order = ibis.window(group_by=hand.episode, order_by=[hand.amount.desc(), hand.cp])
    hand = hand.mutate(
        place=ibis.row_number().over(order), whole=hand.amount.sum().over(ibis.window(group_by=hand.episode))
    )
    top = hand.filter(hand.place == 0)
    seen = ibis.ifelse(top.fresh, "送达后首次出现", "此前已有往来")
    kept = ("episode", "day", "amount", "who", "src", "fresh")
    return top.select(
        *kept,
        note=ibis.literal("共") + top.payments.cast("string") + "笔，" + seen,
        part=top.amount / top.whole,
    )


@family.clue("B05", kind="measure", channel="A", needs=Needs(("TX",), since="t_srv"))
@feature("B05_new_n", "送达后{B05-DAYS}日内新出现的个人收款人数", "count", cap=20.0)
@debt_ratio("B05_out_ratio", "转给送达后{B05-DAYS}日内新出现的个人/未履行额")
def new_hands_after_service(f: Facts) -> ir.Table:
    """People first seen within 60 days of service who received at least 20,000 元, one row each."""
    m = f.moves
    rows = m.filter(
        m.cp_kind.isin(PEOPLE),
        m.leaves,
        m.novel,
        m.t_srv.notnull(),
        m.cp_first <= m.t_srv + days(f.threshold("B05-DAYS")),
    )
    hand = rows.group_by("episode", "cp").agg(
        amount=rows.amount.sum(),
        day=rows.day.min(),
        who=other(rows).min(),
        payments=rows.count(),
        src=rows.rid.collect().sort(),
    )
    hand = hand.filter(hand.amount >= f.threshold("B05-FROM"))
    return hand.select(
        "episode", "day", "amount", "who", "src", note=ibis.literal("收款") + hand.payments.cast("string") + "笔"
    )


@family.clue("B06", kind="measure", channel="A", needs=Needs(("TX",)), risk=0)
@feature("B06_loop_n", "受送达后转出又回流次数", "count", cap=50.0)
@debt_ratio("B06_out_ratio", "受送达后回流闭环金额/未履行额")
@feature("B06_tied_n", "经关联人回流次数", "count", cap=50.0, where="tied")
def money_that_returns(f: Facts) -> ir.Table:
    """A payment since service and the receipt of 70-130 % of it within 30 days from the same hand or one tied to it."""
    out = paid_out(f).filter(lambda t: t.since)
    loops = f.loops.select("out_rid", "in_rid", "in_amount", "tie_rid", "gap")
    both = out.join(loops, out.rid == loops.out_rid)
    back = (both.gap // 86_400).cast("string")
    return clue_rows(
        both,
        who=other(both),
        note=ibis.literal("约") + back + "日后转回" + whole_yuan(both.in_amount) + "元",
        src=("rid", "in_rid", "tie_rid"),
        tied=both.tie_rid.notnull(),
    )


@family.clue("B10", kind="measure", channel="A", needs=Needs(("TX", "KIN"), since="t_srv"), risk=-1)
@debt_ratio("B10_net_ratio", "诉前一年近亲属净流出/未履行额")
@feature("B10_month_n", "诉前一年有近亲属往来的月数", "nunique", "month", unit="月")
def kin_flows_before_suit(f: Facts) -> ir.Table:
    """Flows between debtor and confirmed kin in the year before service: couples who pool money show here."""
    m = f.moves
    rows = m.filter(m.cp_kind == "kin", m.external, m.w0)
    return _kin_rows(rows, amount=_net(rows), month=month_number(rows.day))
