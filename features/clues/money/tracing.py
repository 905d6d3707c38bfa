"""Clues on the debtor's money followed through other people's accounts (docs/domain.md section M1): assets it bought,
holders who seem to act as nominees, living costs that others paid.

What is traced is presumed (推定) under a named convention, never known: see `facts.money.links`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.helpers import clue_rows, month_number, rids_or_none, text, whole_yuan
from features.clues.base.statement_helpers import PEOPLE, days, other, paid_out
from features.clues.money.traced_ends import REGISTERED, onward, registered
from features.facts.money.trace import ASSET_ENDS, END_LABELS, end_kind
from features.facts.people.people import plain_name
from features.facts.rows import first_per_key, left_joined, row_ids
from features.rules.periods import add_days, add_months

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("tracing", "资金去向追踪", __file__)

LIFE = r"房租|租金|物业|水费|电费|燃气|话费|学费|保费|保险|房贷|车贷|按揭|还贷|月供"
"""Words of the memo for what a life costs month by month."""

TRADE = r"货款|工程款|服务费|加工费|运费|承包|材料款|劳务费|结算|租金|佣金"
WAGE = r"工资|薪|奖金|补贴|报销"
PERSON = r"^[一-龥·]{2,4}$"


@family.clue("M1P", kind="finding", channel="A", needs=Needs(("TX", "TX2")))
@debt_ratio("M1P_fifo_ratio", "先进先出法推定经他人账户转为财产的金额/未履行额", "by_fifo")
@debt_ratio("M1P_share_ratio", "按比例法推定经他人账户转为财产的金额/未履行额", "by_share")
@feature("M1P_end_n", "经他人账户转为财产的收款单位数", "nunique", "end_key")
@feature("M1P_hand_n", "为其付款购置财产的他人数", "nunique", "holder", unit="人")
@feature("M1P_both_n", "两种方法均成立的财产去向数", "count", where="both")
@feature("M1P_asset_n", "付款前后他人名下有相应登记的财产数", "nunique", "asset_id", where="found")
def paths_into_assets(f: Facts) -> ir.Table:
    """Money of the debtor that, under a named convention, paid much of what another bought: a home, a car, a policy."""
    least = f.threshold("M1P-LEAST")
    ends = onward(f)
    part = ends.spent * f.threshold("M1P-PART")
    ends = ends.mutate(
        fifo=(ends.by_fifo >= least) & (ends.by_fifo * 100 >= part),
        share=(ends.by_share >= least) & (ends.by_share * 100 >= part),
    )
    ends = registered(f, ends.filter(ends.end.isin(ASSET_ENDS), ends.fifo | ends.share))
    fifo, share = ends.fifo, ends.share
    how = ibis.cases(
        (fifo & share, text("按先进先出法推定，按比例法推定为", whole_yuan(ends.by_share), "元")),
        (fifo, "仅按先进先出法推定成立，按比例法达不到提示条件"),
        else_="仅按比例法推定成立，按先进先出法达不到提示条件",
    )
    kind = ends.end.cases(*END_LABELS.items(), else_="")
    found = ibis.ifelse(ends.asset_rid.notnull(), "，付款前后付款人名下有相应登记", "")
    return clue_rows(
        ends,
        "by_fifo",
        "by_share",
        "end_key",
        "holder",
        "asset_kind",
        "asset_id",
        amount=ibis.ifelse(fifo, ends.by_fifo, ends.by_share),
        who="hand",
        note=text(kind, "：", ends.cp_name, "；", how, found),
        src=ends.rids.concat(row_ids(ends.asset_rid)),
        both=fifo & share,
        found=ends.asset_rid.notnull(),
    )


@family.clue("M1C", kind="measure", channel="A", needs=Needs(("TX", "TX2")), risk=0)
@debt_ratio("M1C_left_ratio", "推定留存在他人账户的金额/未履行额", where="left")
@debt_ratio("M1C_cash_ratio", "推定经他人账户取现的金额/未履行额", where="cash")
@debt_ratio("M1C_wallet_ratio", "推定经他人转入第三方支付的金额/未履行额", where="wallet")
@debt_ratio("M1C_back_ratio", "推定经他人账户回到本人账户的金额/未履行额", where="back")
@feature("M1C_far_n", "推定再转给的下一手人数", "nunique", "end_key", unit="人", where="further")
def other_ends(f: Facts) -> ir.Table:
    """Where else money of the debtor went after another's account, first in first out: it stayed, cash, wallets."""
    ends = onward(f)
    ends = ends.filter(~ends.end.isin([*ASSET_ENDS, "cut"]), ends.by_fifo > 0)
    return clue_rows(
        ends,
        "end_key",
        amount="by_fifo",
        who="hand",
        note=ends.end.cases(*END_LABELS.items(), else_=""),
        src=ends.rids,
        left=ends.end == "left",
        cash=ends.end == "cash",
        wallet=ends.end == "wallet",
        back=ends.end == "returned",
        further=ends.end.isin(["person", "no_statement"]),
    )


@family.clue("M1D", kind="finding", channel="A", needs=Needs(("TX", "RE", "VEH", "INS")))
@debt_ratio("M1D_ratio", "已付购置款而名下未见财产的金额/未履行额")
@feature("M1D_n", "已付购置款而名下未见财产的笔数", "count", cap=20.0)
@feature("M1D_home_n", "已付购房款而名下未见不动产的笔数", "count", cap=20.0, where="home")
def paid_for_what_is_not_registered(f: Facts) -> ir.Table:
    """Large payments since service to a developer, dealer or insurer, with nothing of that sort in the debtor's name.

    Judged only where the register answered long enough after the payment.
    """
    near = f.threshold("M1D-NEAR")
    out = paid_out(f).filter(lambda t: t.since & (t.amount >= f.threshold("M1D-LEAST")))
    out = out.mutate(end=end_kind(out))
    source = out.end.cases(*((end, kind) for end, kind, _ in REGISTERED), else_="")
    out = out.mutate(source=source).filter(lambda t: t.source != "")
    asked = f.coverage.select("answered_on", asked_episode="episode", asked_source="source", asked_rid="rid")
    out = out.join(asked, [out.episode == asked.asked_episode, out.source == asked.asked_source])
    out = out.filter(add_days(out.day, ibis.literal(near)) <= out.answered_on)
    party = f.debtors.select("person", own_episode="episode").distinct()
    own = f.holdings.join(party, f.holdings.owner == party.person).select(
        "own_episode", "day_from", own_kind="asset_kind"
    )
    # A policy is paid for year after year; a home or a car once.
    since = ibis.ifelse(out.source == "INS", ibis.date(1900, 1, 1), out.day - days(near))
    out = out.mutate(since=since)
    bought = [
        out.episode == own.own_episode,
        out.source == own.own_kind,
        own.day_from >= out.since,
        own.day_from <= out.day + days(near),
    ]
    out = out.anti_join(own, bought)
    register = out.source.cases(*((kind, label) for _, kind, label in REGISTERED), else_="")
    return clue_rows(
        out,
        who=other(out),
        note=text("检索", register, "（末次反馈", out.answered_on, "）未见相应财产"),
        src=("rid", "asked_rid"),
        home=out.source == "RE",
    )


@family.clue("M1S", kind="measure", channel="A", needs=Needs(("TX",)), risk=0)
@debt_ratio("M1S_ratio", "受送达后转给他人而未取得对方流水的金额/未履行额")
@feature("M1S_hand_n", "未取得流水的大额收款人数", "nunique", "hand", unit="人")
def ends_at_a_closed_door(f: Facts) -> ir.Table:
    """People who received the debtor's money since service and whose own statements are not held, one row each."""
    m = f.moves.filter(f.moves.leaves, f.moves.since, f.moves.cp_kind.isin([*PEOPLE, "unknown"]), f.moves.cp.notnull())
    m = m.anti_join(f.transfers, m.rid == f.transfers.out_rid)
    hand = m.group_by("episode", hand="cp").agg(
        amount=m.amount.sum(), day=m.day.max(), who=other(m).min(), payments=m.count(), src=m.rid.collect().sort()
    )
    hand = hand.filter(hand.amount >= f.threshold("M1P-LEAST"))
    return hand.mutate(note=text("共", hand.payments, "笔，未取得对方流水")).drop("payments")


def _same_devices(f: Facts) -> ir.Table:
    """Second holders' rows on a device that a debtor of the episode also uses: episode, holder, rid, own_rid, mac."""
    pair = f.second_holders.select("episode", "holder").join(f.debtors.select("episode", "person"), "episode")
    mine = f.devices.group_by(own_holder="holder", own_device="device").agg(own_rid=f.devices.rid.min())
    met = pair.join(f.devices, "holder").join(mine, [("person", "own_holder"), ("device", "own_device")])
    return met.group_by("episode", "holder", "rid").agg(
        own_rid=met.own_rid.min(), mac=met.device.startswith("mac:").cast("int64").max()
    )


@family.clue("M1N", kind="measure", channel="A", needs=Needs(("TX", "TX2")))
@feature("M1N_n", "具备多项控制迹象的代持候选人数", "count", unit="人", where="strong")
@debt_ratio("M1N_ratio", "转给代持候选人的金额/未履行额", where="strong")
@feature("M1N_signs", "单一他人账户的控制迹象项数", "max", "signs")
@debt_ratio("M1N_emptied_ratio", "转入他人账户后{M1N-HOURS:汉}小时内转出的金额/未履行额", "emptied")
def nominees(f: Facts) -> ir.Table:
    """Holders paid by the debtor, with the signs that the debtor controls their account, counted."""
    hand = f.funded.filter(f.funded.amount >= f.threshold("M1N-LEAST"))
    met = _same_devices(f)
    device = met.group_by("episode", "holder").agg(device_rids=ibis.array([met.rid.min(), met.own_rid.min()]))
    life = f.life_paid.group_by("episode", "holder").agg(life_rids=f.life_paid.rid.collect().sort())
    near = f.affiliates.filter(f.affiliates.rel.isin(["same_address", "same_phone"])).join(
        f.debtors.select("episode", "person"), "person"
    )
    near = near.group_by("episode", holder="other").agg(near_rid=near.rid.min())
    hand = left_joined(hand, device, "episode", "holder")
    hand = left_joined(hand, life, "episode", "holder")
    hand = left_joined(hand, near, "episode", "holder")
    mainly = hand.amount * 100 >= hand.received * f.threshold("M1N-SHARE")
    emptied = hand.emptied * 100 >= hand.amount * f.threshold("M1N-EMPTY")
    lives, shared = hand.life_rids.notnull(), hand.device_rids.notnull() | hand.near_rid.notnull()
    signs = sum((sign.cast("int64") for sign in (mainly, emptied, lives, shared)), ibis.literal(0))
    sign_words = text(
        ibis.ifelse(mainly, "进账主要来自被执行人", ""),
        "；",
        ibis.ifelse(emptied, f.in_words("转入后{M1N-HOURS:汉}小时内基本转出"), ""),
        "；",
        ibis.ifelse(lives, "为被执行人支付生活开支", ""),
        "；",
        ibis.ifelse(shared, "共用设备、网络或住址电话", ""),
    )
    more = [rids_or_none(rids) for rids in (hand.device_rids, hand.life_rids)]
    return clue_rows(
        hand,
        "emptied",
        "holder",
        who="name",
        note=ibis.ifelse(signs == 0, "未见", sign_words),
        src=hand.rids.concat(more[0]).concat(more[1]).concat(row_ids(hand.near_rid)).unique().sort(),
        signs=signs,
        strong=signs >= f.threshold("M1N-SIGNS"),
    )


@family.clue("B07", kind="measure", channel="A", needs=Needs(("KIN", "TX2"), since="t_zb"), risk=0)
@feature("B07_n", "终本{B07-MONTHS:期}后近亲属代付生活笔数", "count", cap=100.0)
@feature("B07_total", "终本{B07-MONTHS:期}后近亲属代付生活金额", "sum", "amount", unit="元")
@feature("B07_month_n", "终本{B07-MONTHS:期}后近亲属代付生活的月数", "nunique", "month", unit="月")
def kin_pay_for_living(f: Facts) -> ir.Table:
    """Payments by kin for the debtor's vehicle, home or in his name, or to his landlord, months after the end."""
    near = f.second_holders.filter(f.second_holders.of_kin).select("episode", "holder", "name", "tie_rid")
    paid = f.life_paid.join(near, ["episode", "holder"])
    paid = paid.select("episode", "holder", "name", "day", "amount", "rid", "tie_rid", "what")
    late = paid.union(_same_landlord(f, near).select(*paid.columns)).join(
        f.anchors.select("episode", "t_zb"), "episode"
    )
    late = late.filter(late.day > add_months(late.t_zb, ibis.literal(f.threshold("B07-MONTHS"))))
    late = first_per_key(late, ("episode", "rid"), late.what, late.holder)
    return clue_rows(
        late,
        who=ibis.coalesce(late.name, late.holder),
        note="what",
        src=("rid", "tie_rid"),
        month=month_number(late.day),
    )


def _same_landlord(f: Facts, near: ir.Table) -> ir.Table:
    """Payments for living by kin to a natural person whom the debtor paid for the same himself."""
    m, rows = f.moves, f.held_rows
    lived = m.filter(m.sign < 0, m.memo.re_search(LIFE), m.cp_plain.re_search(PERSON))
    lived = lived.select(lived_episode="episode", lived_name="cp_plain").distinct()
    paid = rows.filter(rows.sign < 0, rows.memo.re_search(LIFE), rows.cp_name.notnull())
    paid = paid.mutate(plain=plain_name(paid.cp_name)).join(near, "holder")
    met = paid.join(lived, [paid.episode == lived.lived_episode, paid.plain == lived.lived_name])
    return met.mutate(what=ibis.literal("付给被执行人原付款的同一收款人"))


@family.clue("B08", kind="measure", channel="A", needs=Needs(("TX", "TX2")))
@feature("B08_share", "他人账户与被执行人共用终端的交易占比", "max", "part", unit="比")
@feature("B08_n", "与被执行人终端高度重合的他人账户人数", "count", unit="人", where="high")
@feature("B08_mac_n", "与被执行人共用设备号的他人账户人数", "count", unit="人", where="by_mac")
@feature("B08_known", "他人流水含网络地址或设备信息", "any", unit="是否", where="identified")
def same_devices(f: Facts) -> ir.Table:
    """Second holders whose rows carry an address or device, with the share of rows on one the debtor uses too."""
    s = f.statements.semi_join(f.second_holders, "holder")
    known = s.filter(s.fit, (ibis.coalesce(s.ip, "") != "") | (ibis.coalesce(s.mac, "") != ""))
    known = known.group_by("holder").agg(known=known.count(), first_rid=known.rid.min(), day=known.day.max())
    met = _same_devices(f)
    met = met.group_by("episode", "holder").agg(
        same=met.count(), mac=met.mac.sum(), own_rid=met.own_rid.min(), rids=met.rid.collect().sort()
    )
    hand = f.second_holders.select("episode", "holder", "name", "tie_rid").join(known, "holder")
    hand = left_joined(hand, met, "episode", "holder")
    hand = hand.mutate(same=ibis.coalesce(hand.same, 0))
    enough = hand.known >= f.threshold("B08-ROWS")
    note = text(hand.known, "笔可辨识交易中", hand.same, "笔相同")
    return clue_rows(
        hand,
        amount=None,
        who=ibis.ifelse(hand.same > 0, ibis.coalesce(hand.name, hand.holder), None),
        note=note,
        src=ibis.ifelse(hand.same > 0, hand.rids.concat(row_ids(hand.own_rid, hand.tie_rid)), row_ids(hand.first_rid)),
        part=ibis.ifelse(enough, hand.same / hand.known, 0.0),
        high=enough & (hand.same * 100 >= hand.known * f.threshold("B08-SHARE")),
        by_mac=enough & (ibis.coalesce(hand.mac, 0) * 100 >= hand.known * f.threshold("B08-SHARE")),
        identified=ibis.literal(True),
    )


@family.clue("B09", kind="finding", channel="A", needs=Needs(("TX", "KIN", "KRE", "KVEH")))
@feature("B09_n", "收款同期近亲属购置的财产数", "count", cap=20.0)
@debt_ratio("B09_ratio", "近亲属同期购置对应的转账金额/未履行额")
def kin_buy_after_payment(f: Facts) -> ir.Table:
    """Vehicles, realty and policies that kin obtained about the time of payments to them, at a price like the sum."""
    near = f.threshold("B09-DAYS")
    out, things = _paid_to_kin(f), _acquired(f)
    both = out.join(
        things,
        [
            out.owner == things.got_owner,
            things.got_on >= out.day - days(near),
            things.got_on <= out.day + days(near),
        ],
    )
    # A corrected entry or a second tie of the same pair is the same purchase and the same payment.
    both = first_per_key(both, ("episode", "asset_kind", "asset_id", "rid"), both.got_rid.desc(), both.kin_rid)
    met = both.group_by("episode", "asset_kind", "asset_id").agg(
        sent=both.amount.sum(),
        cost=both.cost.max(),
        day=ibis.greatest(both.day.max(), both.got_on.max()),
        who=other(both).min(),
        label=both.label.max(),
        out_rids=both.rid.collect().sort(),
        got_rid=both.got_rid.max(),
        tie_rid=both.kin_rid.min(),
    )
    met = met.filter(
        met.cost > 0,
        met.sent * 100 >= met.cost * f.threshold("B09-LOW"),
        met.sent * 100 <= met.cost * f.threshold("B09-HIGH"),
    )
    kind = met.asset_kind.cases(("VEH", "车辆"), ("RE", "不动产"), ("INS", "保单"), else_="")
    return clue_rows(
        met,
        "asset_kind",
        "asset_id",
        amount="sent",
        who="who",
        note=text(kind, "，价值", whole_yuan(met.cost), "元，转账", whole_yuan(met.sent), "元"),
        src=met.out_rids.concat(row_ids(met.got_rid, met.tie_rid)),
    )


def _paid_to_kin(f: Facts) -> ir.Table:
    """Payments since service to kin who are no debtors of the episode: columns of `f.moves`, and `owner`, the kin."""
    m = f.moves
    out = m.filter(m.cp_kind == "kin", m.sign < 0, m.since, m.kin_rid.notnull())
    tie = f.kin.select(tie_person="person", tie_rid="rid", owner="other")
    out = out.join(tie, [out.person == tie.tie_person, out.kin_rid == tie.tie_rid])
    return out.anti_join(f.debtors, [out.episode == f.debtors.episode, out.owner == f.debtors.person])


def _acquired(f: Facts) -> ir.Table:
    """Vehicles, realty, policies not inherited: asset_kind, asset_id, label, got_owner, got_on, got_rid, cost (分)."""
    things = f.holdings.filter(f.holdings.asset_kind.isin(["VEH", "RE", "INS"]))
    things = things.filter(~ibis.coalesce(things.mode.contains("继承"), False))
    return things.select(
        "asset_kind",
        "asset_id",
        "label",
        got_owner="owner",
        got_on="day_from",
        got_rid="rid",
        cost=ibis.coalesce(things.price, things.value),
    )


@family.clue("E09", kind="finding", channel="A", needs=Needs(("TX", "KIN", "TX2"), since="t_ntc"))
@feature("E09_n", "受执行通知后应收款改付近亲属笔数", "count", cap=50.0)
@debt_ratio("E09_ratio", "受执行通知后应收款改付近亲属金额/未履行额")
@feature("E09_payer_n", "改付近亲属的付款单位数", "nunique", "payer")
def receivables_diverted(f: Facts) -> ir.Table:
    """Payers of the debtor's trade who, after the notice, pay kin whom they had not paid before."""
    m, rows = f.moves, f.held_rows
    plain = ~ibis.coalesce(m.memo, "").re_search(WAGE)
    trade = (m.cp_kind == "company") | ibis.coalesce(m.memo.re_search(TRADE), False)
    got = m.filter(m.sign > 0, m.external, m.day < m.t_ntc, trade, plain, m.cp_plain.notnull())
    payer = got.group_by("episode", "t_ntc", payer="cp_plain").agg(times=got.count(), own_rid=got.rid.max())
    payer = payer.filter(payer.times >= f.threshold("E09-TIMES"))
    near = f.second_holders.filter(f.second_holders.of_kin).select("episode", "holder", "tie_rid")
    inflow = rows.filter(rows.sign > 0, rows.cp_name.notnull())
    inflow = inflow.mutate(from_name=plain_name(inflow.cp_name)).join(near, "holder")
    met = inflow.join(payer, ["episode", inflow.from_name == payer.payer])
    early = met.filter(met.day < met.t_ntc).select("episode", "holder", "payer").distinct()
    late = met.filter(met.day > met.t_ntc, met.amount >= f.threshold("E09-LEAST"))
    late = late.filter(~ibis.coalesce(late.memo, "").re_search(WAGE)).anti_join(early, ["episode", "holder", "payer"])
    return clue_rows(
        late, "payer", who="payer", note=ibis.coalesce(late.memo, "摘要未载用途"), src=("rid", "own_rid", "tie_rid")
    )
