"""Property given away or sold while the claim was pursued (docs/domain.md section A07, A08, E05, M4 change of
policyholder)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.assets.acquired import CLAWBACK_MONTHS
from features.clues.base.clue import Feature, Needs, Register
from features.clues.base.helpers import cite, text
from features.rules.periods import add_months

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("disposals")

AT_ONCE_DAYS = 3
"""A disposal on the day the judgment was served or within three days of it (docs/domain.md section A07)."""

KIN_PERCENT = 90
"""To relatives no share of the market price protects a sale; under 90 % is looked at (docs/domain.md section E05)."""

_LAW = "民法典第五百三十八条、第五百三十九条、第五百四十一条；合同编通则解释第四十二条"


def _gone(f: Facts, *kinds: str) -> ir.Table:
    gone = f.disposed.filter(f.disposed.asset_kind.isin(kinds))
    return gone.mutate(
        src=cite(gone.own_rid, gone.new_rid, gone.kin_rid),
        who=gone.label,
        note=text(gone.rel, ibis.ifelse(gone.gift, "受赠", "受让"), ibis.ifelse(gone.price.isnull(), "，价格不明", "")),
    )


@family.clue(
    "A07",
    "收到判决后即处分不动产或车辆",
    kind="finding",
    channel="A",
    needs=Needs(("RE", "VEH"), since="t_jdgsv"),
    features=(
        Feature("A07_n", "判决送达三日内处分不动产车辆数", "count"),
        Feature("A07_value", "判决送达三日内处分价值/未履行额", "sum", "amount", per="debt", cap=5.0, unit="比"),
    ),
    sentence="判决书送达（{t_jdgsv}）当日起三日内，{n}项不动产或车辆过户给他人，价值合计{total}，疑似转移财产，待核实。",
    innocent=("过户手续早已约定，登记日期偶合", "价款用于清偿本案"),
    next_step="调取过户登记档案，核对合同签订日、价款支付和受让人关系。",
    law=f"{_LAW}；法释〔2024〕13号第六条",
)
def disposed_on_judgment(f: Facts) -> ir.Table:
    """Vehicles and realty that left the debtor on the day the judgment was served or within three days after."""
    gone = _gone(f, "VEH", "RE")
    gone = gone.filter(gone.day >= gone.t_jdgsv, gone.day.delta(gone.t_jdgsv, unit="day") <= AT_ONCE_DAYS)
    return gone.select("episode", "day", "who", "note", "src", amount="value")


@family.clue(
    "A08",
    "诉讼执行期间处分不动产车辆",
    kind="measure",
    channel="A",
    needs=Needs(("RE", "VEH"), since="t_srv"),
    features=(
        Feature("A08_value", "诉讼执行期间处分资产价值/未履行额", "sum", "amount", per="debt", cap=5.0, unit="比"),
        Feature("A08_n", "诉讼执行期间处分资产项数", "count"),
        Feature("A08_kin", "诉讼执行期间转给近亲属的资产价值/未履行额", "sum", "amount", "debt", 5.0, "比", "to_kin"),
        Feature("A08_fair", "诉讼执行期间按市价出售的资产价值/未履行额", "sum", "amount", "debt", 5.0, "比", "fair"),
    ),
    sentence="应诉通知送达（{t_srv}）至终本期间，被执行人处分不动产、车辆{n}项，价值合计{total}（为未履行额的{share}%），疑似转移财产，价款去向待核实。",
    innocent=("按市价出售并将价款用于清偿本案", "置换住房", "抵押权人实现抵押权"),
    next_step="核对成交价与市价、价款到账账户及去向、受让人关系。",
    law=f"{_LAW}；法释〔2024〕13号第六条",
)
def disposed_in_proceedings(f: Facts) -> ir.Table:
    """Vehicles and realty that left the debtor between service of the suit and the termination."""
    gone = _gone(f, "VEH", "RE")
    gone = gone.filter(gone.day >= gone.t_srv, gone.day <= gone.zb_date)
    fair = ~gone.to_kin & ~gone.low & gone.price.notnull() & (gone.price * 100 >= gone.value * KIN_PERCENT)
    return gone.select(
        "episode", "day", "who", "note", "src", "to_kin", amount="value", fair=ibis.coalesce(fair, False)
    )


@family.clue(
    "A08E",
    "诉讼执行期间转出股权",
    kind="measure",
    channel="A",
    needs=Needs(("EQ",), since="t_srv"),
    features=(
        Feature("A08E_value", "诉讼执行期间转出股权出资额/未履行额", "sum", "amount", per="debt", cap=5.0, unit="比"),
        Feature("A08E_n", "诉讼执行期间转出股权项数", "count"),
    ),
    sentence="应诉通知送达（{t_srv}）至终本期间，被执行人不再持有{n}项股权，出资额合计{total}，疑似转移股权，待核实。",
    innocent=("公司注销清算", "正常增资扩股后退出", "代持还原"),
    next_step="查询股权转让协议、对价支付和受让人，核对公司经营状况。",
    law="民法典第五百三十八条；变更、追加当事人规定第十九条",
)
def shares_gone(f: Facts) -> ir.Table:
    """Shares that left the debtor between service of the suit and the termination."""
    gone = _gone(f, "EQ")
    gone = gone.filter(gone.day >= gone.t_srv, gone.day <= gone.zb_date)
    return gone.select("episode", "day", "who", "note", "src", amount="value")


@family.clue(
    "E05",
    "低价处分不动产或车辆",
    kind="finding",
    channel="A",
    needs=Needs(("RE", "VEH"), since="t_debt"),
    features=(
        Feature("E05_n", "低价处分项数", "count"),
        Feature("E05_gap", "低价处分的价差/未履行额", "sum", "amount", per="debt", cap=5.0, unit="比"),
        Feature("E05_kin", "低价转给近亲属的价差/未履行额", "sum", "amount", "debt", 5.0, "比", "to_kin"),
        Feature("E05_gift", "无偿转出项数", "count", where="gift"),
        Feature("E05_served", "送达后低价处分项数", "count", where="served"),
    ),
    sentence="债务形成后，被执行人以明显低于市价（或对近亲属低于市价）转出{n}项不动产、车辆（{first}至{last}），价差合计{total}，疑似低价转让，待核实。",
    innocent=("评估价过时或财产有瑕疵", "析产、赠与早已履行完毕、登记滞后", "登记合同价低报以少缴税费"),
    next_step="按转让当时市价重新评估，核对真实成交价和付款流水，告知申请执行人撤销权。",
    law=_LAW,
)
def sold_below_price(f: Facts) -> ir.Table:
    """Vehicles and realty that left below the lawful share of the market price, or to kin below nine tenths of it."""
    gone = _gone(f, "VEH", "RE")
    since = ibis.greatest(gone.t_debt, add_months(f.today, ibis.literal(-CLAWBACK_MONTHS)))
    cheap = gone.low | (gone.to_kin & (gone.price * 100 < gone.value * KIN_PERCENT))
    gone = gone.filter(gone.day >= since, ibis.coalesce(cheap, False))
    return gone.select(
        "episode",
        "day",
        "who",
        "note",
        "src",
        "to_kin",
        "gift",
        amount="gap",
        served=ibis.coalesce(gone.day >= gone.t_srv, False),
    )


@family.clue(
    "M4B",
    "送达后变更投保人",
    kind="finding",
    channel="AB",
    needs=Needs(("INS",), since="t_srv"),
    features=(
        Feature("M4B_n", "送达后变更投保人的保单数", "count"),
        Feature("M4B_value", "送达后变更投保人的保单现金价值/未履行额", "sum", "amount", "debt", 5.0, "比"),
    ),
    sentence="应诉通知送达（{t_srv}）后，{n}份保单的投保人由被执行人变更为他人（{first}至{last}），现金价值{total}，疑似转移财产，待核实。",
    innocent=("离婚或赡养安排变更投保人", "保费一直由新投保人缴纳"),
    next_step="向保险公司调取变更申请、缴费账户和现金价值，核对新投保人关系。",
    law="民法典第五百三十八条；（2020）最高法执复71号",
)
def policyholder_changed(f: Facts) -> ir.Table:
    """Policies whose holder changed from the debtor to somebody else since service of the suit."""
    gone = _gone(f, "INS")
    gone = gone.filter(gone.day >= gone.t_srv)
    return gone.select("episode", "day", "who", "note", "src", amount="value")
