"""Judicial auctions won back (docs/domain.md section M9, E11): tied buyers, deposits of the debtor, rings, defaults,
sham leases."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Feature, Needs, Register
from features.clues.base.helpers import cite, one_each, text
from features.clues.base.statement_helpers import RELATIONS
from features.facts.assets.auctions import KIN_COMPANY, SELF
from features.rules.periods import add_days

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("auctions")

TIES = RELATIONS | {
    SELF: "被执行人本人",
    KIN_COMPANY: "近亲属持股或任法定代表人的公司",
    "same_address": "同址",
    "same_phone": "同手机号",
    "legal_rep": "法定代表人关系",
    "shareholder": "股东关系",
    "controller": "实际控制关系",
    "employee": "员工",
    "accountant": "会计",
}
"""What a person is to the debtor, in words."""

SHARED = {
    "ip": "网络地址",
    "phone": "电话",
    "address": "联系地址",
    "deposit_acct": "保证金账号",
    "deposit_holder": "保证金付款人",
}
"""What bidders may share, in words."""

STRONG = ("电话", "保证金账号", "保证金付款人")
"""Of these, what a family or a public network does not share by itself."""

_LAW = "关于人民法院网络司法拍卖若干问题的规定"
_SHAM = "民法典第一百五十四条；法释〔2024〕13号第三条（待核）"


def _thing(lot: ir.Table) -> ir.StringValue:
    return text(lot.asset_kind, " ", ibis.coalesce(lot.asset_id, lot.lot_id))


def insiders_of(f: Facts) -> ir.Table:
    """Who stands near the debtors of an episode: tie_episode, tied_to, other_name, rel, tie (in words), tie_rid."""
    near = f.insiders
    return near.select(
        "other_name", "rel", "tie_rid", tie_episode="episode", tied_to="other", tie=near.rel.substitute(TIES)
    )


def _percent(part: Any, whole: Any) -> Any:
    return (part * 100 // whole).cast("string") + "%"


def less_than(f: Facts, id: str, part: Any, whole: Any) -> Any:
    """Whether a part is known to be less than a share (in percent) of a whole."""
    return ibis.coalesce(part * 100 < whole * f.limit(id), False)


@family.clue(
    "E11B",
    "拍卖买受人与被执行人有关联",
    kind="finding",
    channel="A",
    needs=Needs(("AUC", "KIN")),
    features=(
        Feature("E11B_n", "由关联人买受的拍卖财产数", "count"),
        Feature("E11B_value", "由关联人买受的拍卖财产评估价/未履行额", "sum", "value", per="debt", cap=5.0, unit="比"),
        Feature("E11B_gap", "由关联人买受的成交价低于评估价的差额/未履行额", "sum", "gap", "debt", 5.0, "比"),
    ),
    sentence="{n}项拍卖财产由与被执行人有关联的人买受（{who}，{note}），成交价合计{total}，疑似借名买回，待核实。",
    innocent=("近亲属或共有人以市场价正当竞买", "优先购买权人依法行权", "员工、同址关系与购买无关"),
    next_step="调取买受人付款账户流水，查明价款来源和财产的实际占有使用人。",
    law=f"{_LAW}；{_SHAM}",
)
def buyer_tied(f: Facts) -> ir.Table:
    """Lots bought by the debtor, confirmed kin, an affiliate or a company of the kin."""
    lot = f.lots.filter(f.lots.status == "sold", f.lots.buyer.notnull())
    near = insiders_of(f)
    met = lot.join(near, [lot.episode == near.tie_episode, lot.buyer == near.tied_to])
    met = met.mutate(on=ibis.coalesce(met.end_date, met.start_date))
    return met.select(
        "episode",
        day="on",
        amount="deal_price",
        who=ibis.coalesce(met.buyer_name, met.other_name, met.buyer),
        note=text(met.tie, "，", _thing(met)),
        src=cite(met.rid, met.tie_rid),
        value=ibis.coalesce(met.appraised, met.deal_price, 0),
        gap=ibis.greatest(ibis.coalesce(met.appraised - met.deal_price, 0), 0),
    )


@family.clue(
    "E11C",
    "关联人参与竞买",
    kind="measure",
    channel="A",
    needs=Needs(("AUC", "KIN")),
    features=(
        Feature("E11C_n", "参与竞买的关联人次", "count"),
        Feature("E11C_people", "参与竞买的关联人数", "nunique", "who"),
    ),
    sentence="与被执行人有关联的{whos}人参与竞买其被拍卖财产（{who}，{note}），疑似代为竞买或抬价，待核实。",
    innocent=("近亲属为保住住房正当竞买", "优先购买权人参与竞买"),
    next_step="核对竞买人与被执行人的关系，调取其保证金付款账户。",
    law=f"{_LAW}；{_SHAM}",
    risk=0,
)
def bidder_tied(f: Facts) -> ir.Table:
    """Bidders on a lot who are the debtor, confirmed kin, affiliates or companies of the kin, winners included."""
    bid = one_each(f.bids, ("episode", "lot_id", "round", "bidder"), (f.bids.price.desc(), f.bids.ts, f.bids.rid))
    near = insiders_of(f)
    met = bid.join(near, [bid.episode == near.tie_episode, bid.bidder == near.tied_to])
    lot = f.lots.select("episode", "lot_id", "round", "asset_kind", "asset_id", lot_rid="rid")
    met = met.join(lot, ["episode", "lot_id", "round"])
    return met.select(
        "episode",
        "day",
        amount="price",
        who="bidder",
        note=text(met.tie, "，", _thing(met)),
        src=cite(met.rid, met.lot_rid, met.tie_rid),
    )


def _deposits(f: Facts) -> ir.Table:
    """Bidders whose deposit an insider paid: by the platform's own record of the payer or of the account."""
    bid = f.bids.filter(f.bids.deposit_holder.notnull())
    near = insiders_of(f)
    met = bid.join(near, [bid.episode == near.tie_episode, bid.deposit_holder == near.tied_to])
    # Kin who bid with their own money are told by the clue on bidders.
    met = met.filter((met.deposit_holder != met.bidder) | (met.rel == SELF))
    return met.select(
        "episode",
        "lot_id",
        "round",
        "bidder",
        "day",
        by="tie",
        bid_rid="rid",
        proof_rid="tie_rid",
        sure=ibis.literal(0),
    )


def _paid_by_debtor(f: Facts) -> ir.Table:
    """Bidders to whom, or to whose deposit account, the debtor paid about the deposit shortly before the first bid."""
    lot = f.lots.filter(f.lots.deposit > 0).select("episode", "lot_id", "round", "deposit")
    bid = one_each(f.bids, ("episode", "lot_id", "round", "bidder"), (f.bids.ts, f.bids.rid))
    bid = bid.join(lot, ["episode", "lot_id", "round"])
    paid = f.txns.filter(f.txns.sign < 0)
    paid = paid.select("person", "cp_id", "cp_acct", tx_day="day", tx_amount="amount", tx_rid="rid")
    sellers = f.debtors.select("person", tx_episode="episode").semi_join(f.lots, [("tx_episode", "episode")])
    paid = paid.join(sellers, "person").drop("person")
    met = bid.join(paid, [bid.episode == paid.tx_episode, paid.tx_day <= bid.day])
    slack = f.limit("E11D-SHARE")
    met = met.filter(
        ibis.coalesce(met.cp_id == met.bidder, False) | ibis.coalesce(met.cp_acct == met.deposit_acct, False),
        add_days(met.tx_day, ibis.literal(f.limit("E11D-DAYS"))) >= met.day,
        (met.tx_amount - met.deposit).abs() * 100 <= met.deposit * slack,
    )
    return met.select(
        "episode",
        "lot_id",
        "round",
        "bidder",
        "day",
        by=ibis.literal(TIES[SELF]),
        bid_rid="rid",
        proof_rid="tx_rid",
        sure=ibis.literal(1),
    )


@family.clue(
    "E11D",
    "竞买保证金来自被执行人或其关联人",
    kind="finding",
    channel="A",
    needs=Needs(("AUC",)),
    features=(
        Feature("E11D_n", "保证金来自被执行人或关联人的竞买人次", "count"),
        Feature("E11D_own", "保证金来自被执行人本人的竞买人次", "count", where="own"),
        Feature("E11D_value", "保证金来自被执行人或关联人的标的评估价/未履行额", "sum", "value", "debt", 5.0, "比"),
    ),
    sentence="{n}人次竞买保证金来自被执行人或其关联人（{who}，{note}），疑似以他人名义自行买回，待核实。",
    innocent=("亲友间正常借款", "保证金由委托代理人代付", "转账另有往来原因"),
    next_step="调取保证金账户全部流水，查明资金逐级来源和竞买委托关系。",
    law=f"{_LAW}第十七条；{_SHAM}",
)
def deposit_from_debtor(f: Facts) -> ir.Table:
    """Bidders whose deposit the debtor or an insider paid, by the platform's record or by the debtor's statements."""
    met = _deposits(f).union(_paid_by_debtor(f))
    met = one_each(
        met, ("episode", "lot_id", "round", "bidder"), (met.by != TIES[SELF], met.sure, met.bid_rid, met.proof_rid)
    )
    lot = f.lots.select(
        "episode", "lot_id", "round", "asset_kind", "asset_id", "deposit", "appraised", "reserve", lot_rid="rid"
    )
    met = met.join(lot, ["episode", "lot_id", "round"])
    return met.select(
        "episode",
        "day",
        amount="deposit",
        who="bidder",
        note=text("付款人：", met.by, "，", _thing(met)),
        src=cite(met.bid_rid, met.proof_rid, met.lot_rid),
        own=met.by == TIES[SELF],
        value=ibis.coalesce(met.appraised, met.reserve, 0),
    )


def _groups(f: Facts) -> ir.Table:
    """Groups of bidders of one lot who share something: size, kinds of things shared, strong, words, lot_rid ..."""
    group = _shared(f)
    whole = group.group_by("episode", "lot_id", "round", "members").agg(
        size=group.size.max(),
        strong=group.word.isin(STRONG).any(),
        kinds=group.word.nunique(),
        words=group.word.collect(distinct=True).sort().join("、"),
        day=group.day.max(),
        bid_rids=group.bid_rids.collect().flatten().unique().sort(),
    )
    lot = f.lots.select("episode", "lot_id", "round", "reserve", "deal_price", lot_rid="rid")
    return whole.join(lot, ["episode", "lot_id", "round"])


def _shared(f: Facts) -> ir.Table:
    """Groups of bidders of one lot who share a thing, one row per group and kind of thing: members, word, bid_rids."""

    def shared(column: str) -> ir.Table:
        bid = f.bids.filter(f.bids[column].notnull())
        if column == "deposit_holder":
            bid = bid.filter(bid.deposit_holder != "")
        group = bid.group_by("episode", "lot_id", "round", key=column)
        group = group.agg(
            size=lambda t: t.bidder.nunique(),
            members=lambda t: t.bidder.collect(distinct=True).sort().join("、"),
            day=lambda t: t.day.max(),
            bid_rids=lambda t: t.rid.collect(),
        )
        group = group.filter(group.size >= 2)
        return group.mutate(word=ibis.literal(SHARED[column])).drop("key")

    return reduce(lambda one, two: one.union(two), (shared(column) for column in SHARED))


@family.clue(
    "E11R",
    "多名竞买人疑似串通",
    kind="finding",
    channel="A",
    needs=Needs(("AUC",)),
    features=(
        Feature("E11R_n", "同一拍卖中共用标识的竞买人组数", "count"),
        Feature("E11R_members", "同一拍卖中共用标识的竞买人数最多者", "max", "size", unit="次"),
        Feature("E11R_strong", "共用电话或保证金来源的竞买人组数", "count", where="strong"),
        Feature("E11R_kinds", "竞买人共用标识的种类最多者", "max", "kinds", unit="次"),
    ),
    sentence="同一拍卖中有竞买人共用{note}（{who}），共{n}组，疑似串通竞买或一人控制，待核实。",
    innocent=("同一代理机构代为报名", "家庭成员共用地址或网络", "公共网络出口"),
    next_step="向拍卖平台调取登录设备、报名和付款记录，核对竞买人之间的关系和资金来源。",
    law=f"{_LAW}第三十一条（待核：恶意串通撤销拍卖）",
)
def bidders_ring(f: Facts) -> ir.Table:
    """Bidders of one lot who share a telephone, a deposit account or its payer, or two kinds of things at least."""
    met = _groups(f).filter(lambda t: t.strong | (t.kinds >= 2))
    return met.select(
        "episode",
        "day",
        "size",
        "kinds",
        "strong",
        amount=ibis.coalesce(met.deal_price, met.reserve),
        who="members",
        note="words",
        src=cite(met.lot_rid).concat(met.bid_rids),
    )


@family.clue(
    "E11Q",
    "竞买人同网络地址或同联系地址",
    kind="measure",
    channel="A",
    needs=Needs(("AUC",)),
    features=(Feature("E11Q_n", "仅共用网络地址或联系地址的竞买人组数", "count"),),
    sentence="同一拍卖中有竞买人共用{note}（{who}），未见共用电话或保证金来源，为待核实的弱线索，共{n}组。",
    innocent=("家庭成员各自报名", "同一单位或小区的公共网络出口", "同一代办点代填地址"),
    next_step="结合出价先后和资金来源判断是否同一控制人。",
    law=f"{_LAW}第三十一条（待核：恶意串通撤销拍卖）",
    risk=0,
)
def bidders_alike(f: Facts) -> ir.Table:
    """Bidders of one lot who share one weak sign alone: the address of the network or the postal address."""
    met = _groups(f).filter(lambda t: ~t.strong & (t.kinds < 2))
    return met.select(
        "episode",
        "day",
        amount=ibis.coalesce(met.deal_price, met.reserve),
        who="members",
        note="words",
        src=cite(met.lot_rid).concat(met.bid_rids),
    )


@family.clue(
    "E11X",
    "反复悔拍或关联人悔拍",
    kind="finding",
    channel="A",
    needs=Needs(("AUC",)),
    features=(
        Feature("E11X_n", "反复悔拍或关联人悔拍次数", "count"),
        Feature("E11X_tied", "由关联人或关联保证金竞买的悔拍次数", "count", where="tied"),
    ),
    sentence="被执行人财产的拍卖有{n}次可疑悔拍（{who}，{note}），疑似拖延处置或压低价格，待核实。",
    innocent=("买受人贷款未获批准", "标的瑕疵与公告不符而放弃", "资金周转困难"),
    next_step="查明悔拍原因、保证金来源和悔拍人与被执行人的关系，核对保证金是否依法不予退还。",
    law=f"{_LAW}第二十四条",
)
def defaults_repeated(f: Facts) -> ir.Table:
    """Defaults of one buyer or on one thing several times over, or by somebody who or whose deposit is tied."""
    gone = f.lots.filter(f.lots.status == "defaulted", f.lots.buyer.notnull())
    gone = gone.mutate(
        times=gone.rid.count().over(group_by=[gone.episode, gone.buyer]),
        over=gone.rid.count().over(group_by=[gone.episode, gone.asset]),
    )
    near = insiders_of(f)
    gone = gone.left_join(near, [gone.episode == near.tie_episode, gone.buyer == near.tied_to])
    gone = gone.drop("tie_episode", "tied_to", "other_name")
    paid = _deposits(f).union(_paid_by_debtor(f))
    paid = one_each(paid, ("episode", "lot_id", "round", "bidder"), (paid.sure, paid.bid_rid, paid.proof_rid))
    paid = paid.select("by", "proof_rid", p_episode="episode", p_lot="lot_id", p_round="round", p_bidder="bidder")
    same = [gone.episode == paid.p_episode, gone.lot_id == paid.p_lot, gone.round == paid.p_round]
    gone = gone.left_join(paid, [*same, gone.buyer == paid.p_bidder])
    gone = gone.mutate(tied=gone.rel.notnull() | gone.by.notnull())
    gone = gone.filter(gone.tied | (ibis.greatest(gone.times, gone.over) >= f.limit("E11X-TIMES")))
    return gone.select(
        "episode",
        "tied",
        day=ibis.coalesce(gone.end_date, gone.start_date),
        amount="deposit",
        who="buyer",
        note=text(
            "同一人悔拍",
            gone.times.cast("string"),
            "次，同一财产被悔拍",
            gone.over.cast("string"),
            "次",
            ibis.coalesce("，" + gone.tie, "，保证金付款人：" + gone.by, ""),
        ),
        src=cite(gone.rid, gone.tie_rid, gone.proof_rid),
    )


def _appraisals(f: Facts) -> ir.Table:
    """episode, thing, appraised, worth_on, worth_rid: what a thing was appraised at, by auction or by the court."""
    told = f.events.filter(f.events.ev_code == "APPRAISE", f.events.asset_id.notnull(), f.events.amount > 0)
    lot = f.lots.filter(f.lots.appraised > 0)
    parts = [
        lot.select("episode", "appraised", thing=name, worth_on="start_date", worth_rid="rid")
        for name in ("asset", "asset_id")
    ]
    parts.append(told.select("episode", appraised="amount", thing="asset_id", worth_on="ev_date", worth_rid="rid"))
    return reduce(lambda one, two: one.union(two), parts).filter(lambda t: t.thing.notnull())


@family.clue(
    "E11I",
    "以物抵债价格过低",
    kind="finding",
    channel="A",
    needs=Needs(("CLOG",)),
    features=(
        Feature("E11I_n", "以过低价格抵债的财产数", "count"),
        Feature("E11I_gap", "抵债价低于评估价的差额/未履行额", "sum", "gap", per="debt", cap=5.0, unit="比"),
    ),
    sentence="{n}项财产以明显偏低的价格抵债（{who}，{note}），抵债价合计{total}，疑似低价转移财产，待核实。",
    innocent=("多次流拍后依法以保留价抵债", "评估后市价下跌", "财产有瑕疵或附有租赁"),
    next_step="核对流拍次数、抵债裁定和评估报告，查明受让人与被执行人、申请执行人的关系。",
    law=f"{_LAW}第二十六条；关于人民法院民事执行中拍卖、变卖财产的规定（待核条号）；合同编通则解释第四十二条",
    risk=0,
)
def inkind_too_cheap(f: Facts) -> ir.Table:
    """Things given in payment below what two failed auctions allow, or to tied takers below 70 % of the appraisal."""
    given = f.events.filter(f.events.ev_code == "INKIND", f.events.asset_id.notnull(), f.events.amount > 0)
    given = one_each(given, ("episode", "asset_id", "ev_date", "amount"), (given.rid,))
    worth = _appraisals(f)
    met = given.join(
        worth, [given.episode == worth.episode, given.asset_id == worth.thing, worth.worth_on <= given.ev_date]
    )
    met = one_each(met, ("episode", "rid"), (met.worth_on.desc(), met.worth_rid.desc()))
    near = insiders_of(f)
    met = met.left_join(near, [met.episode == near.tie_episode, met.other_id == near.tied_to])
    tied = met.rel.notnull() & less_than(f, "E11I-TIED", met.amount, met.appraised)
    met = met.filter(less_than(f, "E11I-SHARE", met.amount, met.appraised) | tied)
    return met.select(
        "episode",
        "amount",
        day="ev_date",
        who=text(met.asset_kind, " ", met.asset_id),
        note=text("抵债价为评估价的", _percent(met.amount, met.appraised), ibis.coalesce("，受让人为" + met.tie, "")),
        src=cite(met.rid, met.worth_rid, met.tie_rid),
        gap=met.appraised - met.amount,
    )


@family.clue(
    "E11S",
    "仅一人竞买且以起拍价低价成交",
    kind="finding",
    channel="A",
    needs=Needs(("AUC",)),
    features=(
        Feature("E11S_n", "一人竞买、起拍价低价成交的财产数", "count"),
        Feature("E11S_gap", "一人竞买成交价低于评估价的差额/未履行额", "sum", "gap", per="debt", cap=5.0, unit="比"),
    ),
    sentence="{n}项财产仅一人竞买并以起拍价成交（{who}，{note}），成交价合计{total}，疑似有人操纵竞买，待核实。",
    innocent=("市场冷清、标的受众少", "财产有租赁、占有等负担", "二拍依法降价后成交"),
    next_step="核对公告范围、看样和报名情况，查明买受人资金来源及其与被执行人的关系。",
    law=f"{_LAW}第十条、第十一条（待核）",
    risk=0,
)
def lone_bidder(f: Facts) -> ir.Table:
    """Lots sold to the only bidder at the reserve, below three quarters of the appraisal."""
    lot = f.lots.filter(f.lots.status == "sold", f.lots.bidders == 1, f.lots.deal_price <= f.lots.reserve)
    lot = lot.filter(lot.appraised > 0, less_than(f, "E11S-SHARE", lot.deal_price, lot.appraised))
    return lot.select(
        "episode",
        day=ibis.coalesce(lot.end_date, lot.start_date),
        amount="deal_price",
        who=_thing(lot),
        note=text("成交价为评估价的", _percent(lot.deal_price, lot.appraised)),
        src=cite(lot.rid),
        gap=lot.appraised - lot.deal_price,
    )
