"""Clues on judicial auctions rigged for the debtor (docs/domain.md section M9, E11): buyers and bidders tied to the
debtor, deposits the debtor paid, bidders acting together, repeated defaults, prices too low."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.helpers import asset_label, clue_rows, text
from features.clues.base.statement_helpers import RELATIONS
from features.facts.assets.auctions import KIN_COMPANY, SELF
from features.facts.rows import first_per_key, row_ids
from features.rules.periods import add_days

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("auctions", "网络司法拍卖", __file__)

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
"""Of these, the strong ones: family members or users of one network do not share them by chance."""


def lot_label(lot: ir.Table) -> ir.StringValue:
    """Kind and identifier of what a lot sells, as a reader is shown it."""
    return text(lot.asset_kind, " ", ibis.coalesce(lot.asset_id, lot.lot_id))


def insiders_of(f: Facts) -> ir.Table:
    """Who stands near the debtors of an episode: tie_episode, tied_to, other_name, rel, tie (in words), tie_rid."""
    near = f.insiders
    return near.select(
        "other_name", "rel", "tie_rid", tie_episode="episode", tied_to="other", tie=near.rel.substitute(TIES)
    )


def percent_of(part: Any, whole: Any) -> Any:
    """A part in whole percent of a whole, as text."""
    return (part * 100 // whole).cast("string") + "%"


def less_than(f: Facts, id: str, part: Any, whole: Any) -> Any:
    """Whether a part is known to be less than a share (in percent) of a whole."""
    return ibis.coalesce(part * 100 < whole * f.threshold(id), False)


@family.clue("E11B", kind="finding", channel="A", needs=Needs(("AUC", "KIN")))
@feature("E11B_n", "由关联人买受的拍卖财产数", "count")
@debt_ratio("E11B_value", "由关联人买受的拍卖财产评估价/未履行额", "value")
@debt_ratio("E11B_gap", "由关联人买受的成交价低于评估价的差额/未履行额", "gap")
def buyer_tied(f: Facts) -> ir.Table:
    """Lots bought by the debtor, confirmed kin, an affiliate or a company of the kin."""
    lot = f.lots.filter(f.lots.status == "sold", f.lots.buyer.notnull())
    near = insiders_of(f)
    met = lot.join(near, [lot.episode == near.tie_episode, lot.buyer == near.tied_to])
    met = met.mutate(on=ibis.coalesce(met.end_date, met.start_date))
    return clue_rows(
        met,
        day="on",
        amount="deal_price",
        who=ibis.coalesce(met.buyer_name, met.other_name, met.buyer),
        note=text(met.tie, "，", lot_label(met)),
        src=("rid", "tie_rid"),
        value=ibis.coalesce(met.appraised, met.deal_price, 0),
        gap=ibis.greatest(ibis.coalesce(met.appraised - met.deal_price, 0), 0),
    )


@family.clue("E11C", kind="measure", channel="A", needs=Needs(("AUC", "KIN")), risk=0)
@feature("E11C_n", "参与竞买的关联人次", "count")
@feature("E11C_people", "参与竞买的关联人数", "nunique", "who")
def bidder_tied(f: Facts) -> ir.Table:
    """Bidders on a lot who are the debtor, confirmed kin, affiliates or companies of the kin, winners included."""
    bid = first_per_key(f.bids, ("episode", "lot_id", "round", "bidder"), f.bids.price.desc(), f.bids.ts, f.bids.rid)
    near = insiders_of(f)
    met = bid.join(near, [bid.episode == near.tie_episode, bid.bidder == near.tied_to])
    lot = f.lots.select("episode", "lot_id", "round", "asset_kind", "asset_id", lot_rid="rid")
    met = met.join(lot, ["episode", "lot_id", "round"])
    return clue_rows(
        met, amount="price", who="bidder", note=text(met.tie, "，", lot_label(met)), src=("rid", "lot_rid", "tie_rid")
    )


def _deposit_payers(met: ir.Table, by: Any, proof_rid: str, sure: int) -> ir.Table:
    """Bidders with who paid their deposit: how it is known (`by`, 中文), the row that shows it, its rank (`sure`)."""
    kept = ("episode", "lot_id", "round", "bidder", "day")
    return met.select(
        *kept,
        by=by,
        bid_rid="rid",
        proof_rid=proof_rid,
        sure=ibis.literal(sure),
    )


def _deposits(f: Facts) -> ir.Table:
    """Bidders whose deposit an insider paid: by the platform's own record of the payer or of the account."""
    bid = f.bids.filter(f.bids.deposit_holder.notnull())
    near = insiders_of(f)
    met = bid.join(near, [bid.episode == near.tie_episode, bid.deposit_holder == near.tied_to])
    # Kin who bid with their own money belong to clue E11C.
    met = met.filter((met.deposit_holder != met.bidder) | (met.rel == SELF))
    return _deposit_payers(met, by="tie", proof_rid="tie_rid", sure=0)


def _paid_by_debtor(f: Facts) -> ir.Table:
    """Bidders to whom, or to whose deposit account, the debtor paid about the deposit shortly before the first bid."""
    lot = f.lots.filter(f.lots.deposit > 0).select("episode", "lot_id", "round", "deposit")
    bid = first_per_key(f.bids, ("episode", "lot_id", "round", "bidder"), f.bids.ts, f.bids.rid)
    bid = bid.join(lot, ["episode", "lot_id", "round"])
    paid = f.txns.filter(f.txns.sign < 0)
    paid = paid.select("person", "cp_id", "cp_acct", tx_day="day", tx_amount="amount", tx_rid="rid")
    sellers = f.debtors.select("person", tx_episode="episode").semi_join(f.lots, [("tx_episode", "episode")])
    paid = paid.join(sellers, "person").drop("person")
    met = bid.join(paid, [bid.episode == paid.tx_episode, paid.tx_day <= bid.day])
    slack = f.threshold("E11D-SHARE")
    met = met.filter(
        ibis.coalesce(met.cp_id == met.bidder, False) | ibis.coalesce(met.cp_acct == met.deposit_acct, False),
        add_days(met.tx_day, ibis.literal(f.threshold("E11D-DAYS"))) >= met.day,
        (met.tx_amount - met.deposit).abs() * 100 <= met.deposit * slack,
    )
    return _deposit_payers(met, by=ibis.literal(TIES[SELF]), proof_rid="tx_rid", sure=1)


@family.clue("E11D", kind="finding", channel="A", needs=Needs(("AUC",)))
@feature("E11D_n", "保证金来自被执行人或关联人的竞买人次", "count")
@feature("E11D_own", "保证金来自被执行人本人的竞买人次", "count", where="own")
@debt_ratio("E11D_value", "保证金来自被执行人或关联人的标的评估价/未履行额", "value")
def deposit_from_debtor(f: Facts) -> ir.Table:
    """Bidders whose deposit the debtor or an insider paid, by the platform's record or by the debtor's statements."""
    met = _deposits(f).union(_paid_by_debtor(f))
    met = first_per_key(
        met, ("episode", "lot_id", "round", "bidder"), met.by != TIES[SELF], met.sure, met.bid_rid, met.proof_rid
    )
    lot = f.lots.select(
        "episode", "lot_id", "round", "asset_kind", "asset_id", "deposit", "appraised", "reserve", lot_rid="rid"
    )
    met = met.join(lot, ["episode", "lot_id", "round"])
    note = text("付款人：", met.by, "，", lot_label(met))
    return clue_rows(
        met,
        amount="deposit",
        who="bidder",
        note=note,
        src=("bid_rid", "proof_rid", "lot_rid"),
        own=met.by == TIES[SELF],
        value=ibis.coalesce(met.appraised, met.reserve, 0),
    )


def _groups(f: Facts) -> ir.Table:
    """Groups of bidders on one lot who share something (`SHARED`): size, kinds, strong, words (中文), lot_rid ..."""
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


def _group_rows(group: ir.Table, *names: str) -> ir.Table:
    price, src = ibis.coalesce(group.deal_price, group.reserve), row_ids(group.lot_rid).concat(group.bid_rids)
    return clue_rows(group, *names, amount=price, who="members", note="words", src=src)


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
            bid_rids=lambda t: t.rid.collect().sort(),
        )
        group = group.filter(group.size >= 2)
        return group.mutate(word=ibis.literal(SHARED[column])).drop("key")

    return ibis.union(*(shared(column) for column in SHARED))


@family.clue("E11R", kind="finding", channel="A", needs=Needs(("AUC",)))
@feature("E11R_n", "同一拍卖中共用标识的竞买人组数", "count")
@feature("E11R_members", "同一拍卖中共用标识的竞买人数最多者", "max", "size", unit="次")
@feature("E11R_strong", "共用电话或保证金来源的竞买人组数", "count", where="strong")
@feature("E11R_kinds", "竞买人共用标识的种类最多者", "max", "kinds", unit="次")
def bidders_ring(f: Facts) -> ir.Table:
    """Bidders of one lot who share a telephone, a deposit account or its payer, or two kinds of things at least."""
    met = _groups(f).filter(lambda t: t.strong | (t.kinds >= f.threshold("E11R-KINDS")))
    return _group_rows(met, "size", "kinds", "strong")


@family.clue("E11Q", kind="measure", channel="A", needs=Needs(("AUC",)), risk=0)
@feature("E11Q_n", "仅共用网络地址或联系地址的竞买人组数", "count")
def bidders_alike(f: Facts) -> ir.Table:
    """Bidders of one lot who share one weak sign alone: the address of the network or the postal address."""
    met = _groups(f).filter(lambda t: ~t.strong & (t.kinds < f.threshold("E11R-KINDS")))
    return _group_rows(met)


@family.clue("E11X", kind="finding", channel="A", needs=Needs(("AUC",)))
@feature("E11X_n", "反复悔拍或关联人悔拍次数", "count")
@feature("E11X_tied", "由关联人或关联保证金竞买的悔拍次数", "count", where="tied")
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
    paid = first_per_key(paid, ("episode", "lot_id", "round", "bidder"), paid.sure, paid.bid_rid, paid.proof_rid)
    paid = paid.select("by", "proof_rid", p_episode="episode", p_lot="lot_id", p_round="round", p_bidder="bidder")
    same = [gone.episode == paid.p_episode, gone.lot_id == paid.p_lot, gone.round == paid.p_round]
    gone = gone.left_join(paid, [*same, gone.buyer == paid.p_bidder])
    gone = gone.mutate(tied=gone.rel.notnull() | gone.by.notnull())
    gone = gone.filter(gone.tied | (ibis.greatest(gone.times, gone.over) >= f.threshold("E11X-TIMES")))
    return clue_rows(
        gone,
        "tied",
        day=ibis.coalesce(gone.end_date, gone.start_date),
        amount="deposit",
        who="buyer",
        note=text(
            "同一人悔拍",
            gone.times,
            "次，同一财产被悔拍",
            gone.over,
            "次",
            ibis.coalesce("，" + gone.tie, "，保证金付款人：" + gone.by, ""),
        ),
        src=("rid", "tie_rid", "proof_rid"),
    )


def _appraisals(f: Facts) -> ir.Table:
    """Appraised values by thing: episode, thing, appraised (分), worth_on (day), worth_rid (the lot or court event)."""
    by_court = f.events.filter(f.events.ev_code == "APPRAISE", f.events.asset_id.notnull(), f.events.amount > 0)
    lot = f.lots.filter(f.lots.appraised > 0)
    parts = [
        lot.select("episode", "appraised", thing=name, worth_on="start_date", worth_rid="rid")
        for name in ("asset", "asset_id")
    ]
    parts.append(by_court.select("episode", appraised="amount", thing="asset_id", worth_on="ev_date", worth_rid="rid"))
    return ibis.union(*parts).filter(lambda t: t.thing.notnull())


@family.clue("E11I", kind="finding", channel="A", needs=Needs(("CLOG",)), risk=0)
@feature("E11I_n", "以过低价格抵债的财产数", "count")
@debt_ratio("E11I_gap", "抵债价低于评估价的差额/未履行额", "gap")
def inkind_too_cheap(f: Facts) -> ir.Table:
    """Things given in payment below what two failed auctions allow, or to tied takers below 70 % of the appraisal."""
    given = f.events.filter(f.events.ev_code == "INKIND", f.events.asset_id.notnull(), f.events.amount > 0)
    given = first_per_key(given, ("episode", "asset_id", "ev_date", "amount"), given.rid)
    worth = _appraisals(f)
    met = given.join(
        worth, [given.episode == worth.episode, given.asset_id == worth.thing, worth.worth_on <= given.ev_date]
    )
    met = first_per_key(met, ("episode", "rid"), met.worth_on.desc(), met.worth_rid.desc())
    near = insiders_of(f)
    met = met.left_join(near, [met.episode == near.tie_episode, met.other_id == near.tied_to])
    tied = met.rel.notnull() & less_than(f, "E11I-TIED", met.amount, met.appraised)
    met = met.filter(less_than(f, "E11I-SHARE", met.amount, met.appraised) | tied)
    return clue_rows(
        met,
        day="ev_date",
        who=asset_label(met),
        note=text("抵债价为评估价的", percent_of(met.amount, met.appraised), ibis.coalesce("，受让人为" + met.tie, "")),
        src=("rid", "worth_rid", "tie_rid"),
        gap=met.appraised - met.amount,
    )


@family.clue("E11S", kind="finding", channel="A", needs=Needs(("AUC",)), risk=0)
@feature("E11S_n", "一人竞买、起拍价低价成交的财产数", "count")
@debt_ratio("E11S_gap", "一人竞买成交价低于评估价的差额/未履行额", "gap")
def lone_bidder(f: Facts) -> ir.Table:
    """Lots sold to the only bidder at the reserve, below three quarters of the appraisal."""
    lot = f.lots.filter(f.lots.status == "sold", f.lots.bidders == 1, f.lots.deal_price <= f.lots.reserve)
    lot = lot.filter(lot.appraised > 0, less_than(f, "E11S-SHARE", lot.deal_price, lot.appraised))
    note = text("成交价为评估价的", percent_of(lot.deal_price, lot.appraised))
    return clue_rows(
        lot,
        day=ibis.coalesce(lot.end_date, lot.start_date),
        amount="deal_price",
        who=lot_label(lot),
        note=note,
        gap=lot.appraised - lot.deal_price,
    )
