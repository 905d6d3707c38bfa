"""A level of ability to perform (docs/domain.md section M20) from what came in and was spent after the termination."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, feature
from features.clues.base.helpers import nobody, text, whole_yuan
from features.clues.money.income import EXEMPT, OWN_WALLET
from features.rules.periods import MONTH_DAYS

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("ability", "履行能力", __file__)

LEVELS = ("TWO", "THREE", "FOUR", "FIVE")
"""Levels above the first: the threshold of each says from how many times the cost of a modest living it holds."""

HIGHEST = len(LEVELS) + 1


@family.clue("M20", kind="measure", channel="A", needs=Needs(("TX",), party="person"), risk=0)
@feature("M20_level", "履行能力等级（1至5，0为无终本后收支）", "max", "level", unit="级")
@feature("M20_in_month", "终本后月均流入", "max", "in_month", unit="元")
@feature("M20_out_month", "终本后月均支出", "max", "out_month", unit="元")
@feature("M20_large_n", "终本后高额支付笔数", "max", "larges", cap=1000.0)
def ability_level(f: Facts) -> ir.Table:
    """Months after the termination, each with the level that all of them together give.

    The larger of the monthly inflow and the monthly spending is set against a modest living: level 1 below it, then one
    more from 1, 2, 4 and 8 times; many payments of 1,000 元 and more raise it by one, up to 5. Own transfers, what the
    law exempts, a wallet's own money coming back and payments on the debt count neither way. Where the statements do
    not reach 60 days past the termination there is no level.
    """
    month = _months(f)
    whole = _levels(f, month)
    both = month.join(whole, [("episode", "whole_episode")])
    kept = ("episode", "day", "level", "in_month", "out_month", "larges", "src")
    return both.select(
        *kept,
        amount="came",
        who=nobody(),
        note=text(
            "月均流入",
            whole_yuan(both.in_month),
            "元、支出",
            whole_yuan(both.out_month),
            "元，高额支付",
            both.larges,
            "笔，约为当地必需生活费用的",
            (both.most / f.threshold("M20-LIVING")).round(1),
            "倍，第",
            both.level,
            f"级（共{HIGHEST}级）",
        ),
    )


def _months(f: Facts) -> ir.Table:
    """Months after the termination: came, spent (分), large (payments that count as high), zb, seen_to, src."""
    m = f.moves
    memo = ibis.coalesce(m.memo, "")
    back = (m.cp_kind == "third_party") & memo.re_search(OWN_WALLET)
    reach = f.txns.group_by(reach_person="person").agg(seen_to=f.txns.day.max())
    rows = m.filter(m.w4, m.external, ~m.creditor, ~((m.sign > 0) & (memo.re_search(EXEMPT) | back)))
    rows = rows.join(reach, [("person", "reach_person")])
    rows = rows.mutate(
        came=ibis.ifelse(rows.sign > 0, rows.amount, 0),
        spent=ibis.ifelse(rows.sign < 0, rows.amount, 0),
        large=(rows.sign < 0) & (rows.amount >= f.threshold("M20-PAYMENT")),
    )
    return rows.group_by("episode", month=rows.day.truncate("M")).agg(
        day=rows.day.max(),
        came=rows.came.sum(),
        spent=rows.spent.sum(),
        large=rows.large.sum(),
        zb=rows.t_zb.max(),
        seen_to=rows.seen_to.max(),
        src=rows.rid.collect().sort(),
    )


def _levels(f: Facts, month: ir.Table) -> ir.Table:
    """The level of each episode whose statements reach far enough: in_month, out_month, most (分 a month), larges."""
    whole = month.group_by(whole_episode="episode").agg(
        days=month.seen_to.max().delta(month.zb.max(), unit="day"),
        came_all=month.came.sum(),
        spent_all=month.spent.sum(),
        larges=month.large.sum(),
    )
    whole = whole.filter(whole.days >= f.threshold("M20-LEAST"))
    whole = whole.mutate(
        in_month=whole.came_all * MONTH_DAYS // whole.days, out_month=whole.spent_all * MONTH_DAYS // whole.days
    )
    living = f.threshold("M20-LIVING")
    most = ibis.greatest(whole.in_month, whole.out_month)
    steps = [(most >= living * f.threshold(f"M20-{name}"), level) for level, name in enumerate(LEVELS, start=2)]
    level = ibis.cases(*reversed(steps), else_=1)
    often = whole.larges * MONTH_DAYS >= whole.days * f.threshold("M20-TIMES")
    return whole.mutate(most=most, level=ibis.least(level + often.cast("int64"), HIGHEST))
