"""Clues on money paid out around service, judgment and enforcement notice (docs/domain.md section 3.3, A01-A06), and on
payments that performed the debt."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.helpers import clue_rows, nobody, rids_or_none, whole_yuan
from features.clues.base.statement_helpers import PEOPLE, days, held, other, paid_out, soon_after_service
from features.facts import Facts
from features.facts.rows import row_ids
from features.rules.periods import MONTH_DAYS

family = Register("funds", "资金转出", __file__)

SURGE_CAP = 20.0
"""A04 counts months of `MONTH_DAYS` back from service, the recent ones against the median of those before; winsorised
(docs/domain.md section 3.3)."""


@family.clue("A01", kind="measure", channel="A", needs=Needs(("TX",)))
@debt_ratio("A01_out_ratio", "诉讼及执行期间转出额/未履行额", where="stated")
@debt_ratio("A01_person_ratio", "诉讼及执行期间转给个人/未履行额", where="to_person")
@debt_ratio("A01_third_ratio", "诉讼及执行期间转入第三方支付/未履行额", where="to_third")
@debt_ratio("A01_company_ratio", "诉讼及执行期间转给单位/未履行额", where="to_company")
@debt_ratio("A01_cash_ratio", "诉讼及执行期间取现/未履行额", where="in_cash")
@debt_ratio("A01_new_ratio", "转给受送达后首次出现的个人/未履行额", where="to_new")
@debt_ratio("A01_soon_ratio", "受送达或受通知后{A01-SOON}日内转出额/未履行额", where="soon")
@debt_ratio("A01_gap_ratio", "生效后至执行通知前转出额/未履行额", where="between")
def transfers_after_service(f: Facts) -> ir.Table:
    """Payments from service to termination, except to shops, on this debt and between the debtors of the case."""
    m = f.moves
    out = m.filter(m.leaves, m.since, m.day <= m.t_zb)
    stated = out.w1 | out.w3
    person = stated & out.cp_kind.isin(PEOPLE)
    return clue_rows(
        out,
        who=other(out),
        note="memo",
        stated=stated,
        to_person=person,
        to_third=stated & (out.cp_kind == "third_party"),
        to_company=stated & (out.cp_kind == "company"),
        in_cash=stated & out.cash,
        to_new=person & out.novel,
        soon=stated & soon_after_service(out, f.threshold("A01-SOON")),
        between=~stated,
    )


@family.clue("A02", kind="measure", channel="A", needs=Needs(("TX",)))
@feature("A02_balance_share", "受通知后{A02-DAYS}日内大额转出/受通知时余额", "max", "part", cap=1.0, unit="比")
@debt_ratio("A02_out_ratio", "受通知后{A02-DAYS}日内大额转出/未履行额")
def emptied_on_notice(f: Facts) -> ir.Table:
    """Payments of at least 10,000 元 within 7 days of the enforcement notice, against the balance before it."""
    out = paid_out(f)
    out = out.filter(out.day >= out.t_ntc, out.day <= out.t_ntc + days(f.threshold("A02-DAYS")))
    out = out.filter(out.amount >= f.threshold("A02-LARGE"))
    close = held(f)
    close = close.filter(close.day < close.t_ntc, close.until >= close.t_ntc - days(1))
    stood = close.group_by(held_episode="episode").agg(balance=close.close.sum(), rids=close.rid.collect().sort())
    both = out.left_join(stood, out.episode == stood.held_episode)
    whole = both.amount.sum().over(group_by=both.episode)
    return clue_rows(
        both,
        who=other(both),
        note="memo",
        src=row_ids(both.rid).concat(rids_or_none(both.rids)),
        part=ibis.ifelse(both.balance.notnull(), whole / ibis.greatest(both.balance, whole), None),
    )


@family.clue("A03", kind="measure", channel="A", needs=Needs(("TX",)))
@feature("A03_out_n", "报告财产令后大额转出笔数", "count", cap=50.0)
@debt_ratio("A03_out_ratio", "报告财产令后大额转出额/未履行额")
@feature("A03_person_n", "报告财产令后大额转给个人笔数", "count", cap=50.0, where="to_person")
def large_after_report_order(f: Facts) -> ir.Table:
    """Payments of at least 20,000 元 and 5 % of the debt after the order to report property, up to the termination."""
    out = paid_out(f).filter(lambda t: t.w3 & (t.day > t.t_rpt))
    large = (out.amount >= f.threshold("A03-LARGE")) & (out.amount * 100 >= out.debt * f.threshold("A03-SHARE"))
    out = out.filter(large)
    return clue_rows(out, who=other(out), note="memo", to_person=out.cp_kind.isin(PEOPLE))


@family.clue("A04", kind="measure", channel="A", needs=Needs(("TX",), since="t_srv"))
@feature("A04_surge", "诉前{A04-RECENT:期}月均转出/此前各月中位数", "max", "surge", cap=SURGE_CAP, unit="比")
@debt_ratio("A04_out_ratio", "诉前{A04-RECENT:期}转出额/未履行额")
def surge_before_suit(f: Facts) -> ir.Table:
    """Outflow of the three months before service against the median month before them, where statements reach back."""
    last, seen = f.threshold("A04-RECENT"), f.threshold("A04-SEEN")
    out = paid_out(f).filter(lambda t: (t.day < t.t_srv) & (t.day >= t.t_srv - days(seen * MONTH_DAYS)))
    out = out.mutate(month=(out.t_srv.delta(out.day, unit="day") - 1) // MONTH_DAYS)
    recent = out.month < last
    whole = out.group_by("episode").agg(
        day=out.day.max(where=recent),
        amount=out.amount.sum(where=recent),
        src=out.rid.collect().sort(),
        reach=(out.t_srv.delta(out.seen_from, unit="day") // MONTH_DAYS).max(),
    )
    whole = whole.filter(whole.amount > 0, whole.reach >= last + f.threshold("A04-MONTHS"))
    grid = whole.select("episode", "reach", month=ibis.range(last, seen).unnest())
    grid = grid.filter(lambda t: t.month < t.reach)
    spent = out.group_by(spent_episode="episode", spent_month="month").agg(spent=out.amount.sum())
    filled = grid.left_join(spent, [grid.episode == spent.spent_episode, grid.month == spent.spent_month])
    usual = filled.group_by(usual_episode="episode").agg(usual=ibis.coalesce(filled.spent, 0).median())
    both = whole.join(usual, whole.episode == usual.usual_episode)
    surge = ibis.ifelse(both.usual > 0, ibis.least(both.amount / last / both.usual, SURGE_CAP), SURGE_CAP)
    return both.select(
        "episode",
        "day",
        "amount",
        "src",
        surge=surge,
        who=nobody(),
        note=ibis.literal("月均约为此前各月中位数的") + surge.round(1).cast("string") + "倍",
    )


@family.clue("A05", kind="measure", channel="A", needs=Needs(("TX",), since="t_srv"))
@feature("A05_emptied", "诉讼期间账户余额降至此前最高{A05-SHARE}%以下", "any", unit="是否", where="emptied")
@debt_ratio("A05_drop_ratio", "诉讼期间余额下降额/未履行额")
def emptied_during_suit(f: Facts) -> ir.Table:
    """All accounts together: the lowest balance during the suit at most 1 % of the highest of the 180 days before."""
    dates = f.debtors.select("episode", "person").join(
        f.anchors.select("episode", "t_srv", "t_eff", "t_ntc"), "episode"
    )
    level = f.levels.join(dates, "person")
    before = (level.day < level.t_srv) & (level.until >= level.t_srv - days(f.threshold("A05-DAYS")))
    during = (level.day < ibis.coalesce(level.t_eff, level.t_ntc)) & (level.until >= level.t_srv)
    order = ibis.struct({"total": level.total, "day": level.day})
    found = level.group_by("episode", "person").agg(
        high=level.total.max(where=before),
        high_day=level.day.argmax(order, where=before),
        low=level.total.min(where=during),
        low_day=level.day.argmin(order, where=during),
    )
    found = found.filter(
        found.high >= f.threshold("A05-LEAST"), found.low * 100 <= found.high * f.threshold("A05-SHARE")
    )
    close = f.closings.select("rid", "close", close_person="person", since="day", until="until")
    balances = found.join(close, found.person == close.close_person).filter(
        lambda t: (
            ((t.since <= t.high_day) & (t.until >= t.high_day)) | ((t.since <= t.low_day) & (t.until >= t.low_day))
        )
    )
    one = balances.group_by("episode", "person", "high", "low", "low_day").agg(src=balances.rid.collect().sort())
    return one.select(
        "episode",
        "src",
        day="low_day",
        amount=one.high - ibis.greatest(one.low, 0),
        who=nobody(),
        emptied=ibis.literal(True),
        note=ibis.literal("余额由最高") + whole_yuan(one.high) + "元降至" + whole_yuan(one.low) + "元",
    )


@family.clue("A06", kind="measure", channel="A", needs=Needs(("TX", "COURT")))
@debt_ratio("A06_out_ratio", "通知前一年未申报大额支出/未履行额")
@feature("A06_out_n", "通知前一年未申报大额支出笔数", "count", cap=100.0)
@debt_ratio("A06_person_ratio", "通知前一年未申报转给个人大额支出/未履行额", where="to_person")
def unreported_spending(f: Facts) -> ir.Table:
    """Payments of at least 20,000 元 in the year before the notice that the property report does not name."""
    out = paid_out(f).filter(lambda t: t.w2 & (t.amount >= f.threshold("A06-LARGE")))
    own = f.events.filter(f.events.own, ~f.events.after)
    reported = own.filter(own.ev_code == "RPT_CONTENT", own.amount.notnull())
    reported = reported.select(told_episode="episode", told_amount="amount").distinct()
    out = out.anti_join(reported, [out.episode == reported.told_episode, out.amount == reported.told_amount])
    order = own.filter(own.ev_code.isin(["RPT_ORDER", "RPT_CONTENT"]))
    order = order.group_by(order_episode="episode").agg(rids=order.rid.collect().sort())
    both = out.left_join(order, out.episode == order.order_episode)
    return clue_rows(
        both,
        who=other(both),
        note="memo",
        src=row_ids(both.rid).concat(rids_or_none(both.rids)),
        to_person=both.cp_kind.isin(PEOPLE),
    )


@family.clue("A09", kind="measure", channel="A", needs=Needs(("TX",)), risk=-1)
@debt_ratio("A09_paid_ratio", "受送达后支付给法院或申请人/未履行额")
@feature("A09_paid_n", "受送达后支付给法院或申请人笔数", "count", cap=50.0)
def payments_on_this_debt(f: Facts) -> ir.Table:
    """Payments to a court or to an applicant of the case since service, forced deductions among them."""
    m = f.moves
    out = m.filter(m.sign < 0, m.creditor, m.since)
    return clue_rows(out, who=other(out), note="memo")


@family.clue("A10", kind="measure", channel="A", needs=Needs(("TX",), since="t_srv"), risk=0)
@debt_ratio("A10_out_ratio", "诉前一年对外转出额/未履行额")
@debt_ratio("A10_person_ratio", "诉前一年转给个人/未履行额", where="to_person")
def transfers_before_suit(f: Facts) -> ir.Table:
    """Payments in the year before service, with the exceptions of A01: what was usual before anybody sued."""
    m = f.moves
    out = m.filter(m.leaves, m.w0)
    return clue_rows(out, who=other(out), note="memo", to_person=out.cp_kind.isin(PEOPLE))
