"""Clues on property transferred away during lawsuit and enforcement, given away or underpriced (docs/domain.md section
A07, A08, E05), and policies whose holder changed (M4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.helpers import text
from features.facts.rows import row_ids
from features.rules.periods import add_months

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("disposals", "财产处分", __file__)


def _gone(f: Facts, *kinds: str) -> ir.Table:
    gone = f.disposed.filter(f.disposed.asset_kind.isin(kinds))
    return gone.mutate(
        src=row_ids(gone.own_rid, gone.new_rid, gone.kin_rid),
        who=gone.label,
        note=text(gone.rel, ibis.ifelse(gone.gift, "受赠", "受让"), ibis.ifelse(gone.price.isnull(), "，价格不明", "")),
    )


@family.clue("A07", kind="finding", channel="A", needs=Needs(("RE", "VEH"), since="t_jdgsv"))
@feature("A07_n", "判决送达{A07-DAYS:汉}日内处分不动产车辆数", "count")
@debt_ratio("A07_value", "判决送达{A07-DAYS:汉}日内处分价值/未履行额")
def disposed_on_judgment(f: Facts) -> ir.Table:
    """Vehicles and realty that left the debtor on the day the judgment was served or within three days after."""
    gone = _gone(f, "VEH", "RE")
    gone = gone.filter(gone.day >= gone.t_jdgsv, gone.day.delta(gone.t_jdgsv, unit="day") <= f.threshold("A07-DAYS"))
    return gone.select("episode", "day", "who", "note", "src", amount="value")


@family.clue("A08", kind="measure", channel="A", needs=Needs(("RE", "VEH"), since="t_srv"))
@debt_ratio("A08_value", "诉讼执行期间处分资产价值/未履行额")
@feature("A08_n", "诉讼执行期间处分资产项数", "count")
@debt_ratio("A08_kin", "诉讼执行期间转给近亲属的资产价值/未履行额", where="to_kin")
@debt_ratio("A08_fair", "诉讼执行期间按市价出售的资产价值/未履行额", where="fair")
def disposed_in_proceedings(f: Facts) -> ir.Table:
    """Vehicles and realty that left the debtor between service of the suit and the termination."""
    gone = _gone(f, "VEH", "RE")
    gone = gone.filter(gone.day >= gone.t_srv, gone.day <= gone.zb_date)
    fair = ~gone.to_kin & ~gone.low & gone.price.notnull() & (gone.price * 100 >= gone.value * f.threshold("E05-KIN"))
    return gone.select(
        "episode", "day", "who", "note", "src", "to_kin", amount="value", fair=ibis.coalesce(fair, False)
    )


@family.clue("A08E", kind="measure", channel="A", needs=Needs(("EQ",), since="t_srv"))
@debt_ratio("A08E_value", "诉讼执行期间转出股权出资额/未履行额")
@feature("A08E_n", "诉讼执行期间转出股权项数", "count")
def shares_gone(f: Facts) -> ir.Table:
    """Shares that left the debtor between service of the suit and the termination."""
    gone = _gone(f, "EQ")
    gone = gone.filter(gone.day >= gone.t_srv, gone.day <= gone.zb_date)
    return gone.select("episode", "day", "who", "note", "src", amount="value")


@family.clue("E05", kind="finding", channel="A", needs=Needs(("RE", "VEH"), since="t_debt"))
@feature("E05_n", "低价处分项数", "count")
@debt_ratio("E05_gap", "低价处分的价差/未履行额")
@debt_ratio("E05_kin", "低价转给近亲属的价差/未履行额", where="to_kin")
@feature("E05_gift", "无偿转出项数", "count", where="gift")
@feature("E05_served", "送达后低价处分项数", "count", where="served")
def sold_below_price(f: Facts) -> ir.Table:
    """Vehicles and realty that left below the lawful share of the market price, or to kin below nine tenths of it."""
    gone = _gone(f, "VEH", "RE")
    since = ibis.greatest(gone.t_debt, add_months(f.today, ibis.literal(-f.threshold("E05-BACK"))))
    cheap = gone.low | (gone.to_kin & (gone.price * 100 < gone.value * f.threshold("E05-KIN")))
    gone = gone.filter(gone.day >= since, ibis.coalesce(cheap, False))
    kept = ("episode", "day", "who", "note", "src", "to_kin", "gift")
    return gone.select(
        *kept,
        amount="gap",
        served=ibis.coalesce(gone.day >= gone.t_srv, False),
    )


@family.clue("M4B", kind="finding", channel="AB", needs=Needs(("INS",), since="t_srv"))
@feature("M4B_n", "送达后变更投保人的保单数", "count")
@debt_ratio("M4B_value", "送达后变更投保人的保单现金价值/未履行额")
def policyholder_changed(f: Facts) -> ir.Table:
    """Policies whose holder changed from the debtor to somebody else since service of the suit."""
    gone = _gone(f, "INS")
    gone = gone.filter(gone.day >= gone.t_srv)
    return gone.select("episode", "day", "who", "note", "src", amount="value")
