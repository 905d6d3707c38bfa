"""Procedure of online judicial auctions (docs/domain.md section M9): notice, reserve, deposit, second round, publicity,
bidding.

Each lot is judged by the row of the provisions in force on the day of its own act; auctions before them are not judged
at all. What a lot leaves blank is only said where the same delivery fills that column for other lots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register
from features.clues.base.helpers import cite, due, one_each, text, told_in_batch, unsure
from features.rules.periods import add_days, under

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("auctions")

_LAW = "关于人民法院网络司法拍卖若干问题的规定"
ENDED_EARLY = ("withdrawn", "halted")
"""States of a lot whose bidding was cut short by the court."""

PUBLISHED = {"tax_bearer": "税费承担", "tenancy_notice": "租赁占有", "evacuation": "腾退交付"}
"""Columns of a lot that tell what its notice made public, in words."""


def _thing(lot: ir.Table) -> ir.StringValue:
    return text(lot.asset_kind, " ", ibis.coalesce(lot.asset_id, lot.lot_id))


def _percent(part: Any, whole: Any) -> Any:
    return (part * 100 // whole).cast("string") + "%"


def _judged(f: Facts, rounds: str, rule: str, on: str, name: str) -> ir.Table:
    """Lots of a round with the rule of their kind in force on a day: `rule` for movables, `rule`-RE for the rest."""
    lot = f.lots.filter(f.lots.round == rounds)
    movable = under(lot.filter(lot.movable), f.rules, rule, on, name)
    return movable.union(under(lot.filter(~lot.movable), f.rules, f"{rule}-RE", on, name))


@family.clue(
    "AUC-NOTICE",
    "司法拍卖公告期不足",
    kind="finding",
    channel="B",
    needs=Needs(("AUC",)),
    sentence="{n}次网络司法拍卖的公告期不足（{who}：{note}），疑似违反拍卖公告规定，待核实。",
    innocent=("公告日期录入为补发公告的日期", "财产类别登记有误、适用动产公告期"),
    next_step="向拍卖平台调取公告发布和开拍的系统时间，核对财产类别。",
    law=f"{_LAW}第十二条、第二十六条",
)
def notice_too_short(f: Facts) -> ir.Table:
    """First and second auctions opened before the days that must lie between the notice and the opening had passed."""
    first = _judged(f, "first", "T-AUC-NOTICE", "notice_date", "days")
    lot = first.union(_judged(f, "second", "T-AUC2-NOTICE", "notice_date", "days"))
    lot = lot.filter(lot.start_date < add_days(lot.notice_date, lot.days))
    return lot.select(
        "episode",
        day="start_date",
        amount="reserve",
        who=_thing(lot),
        note=text(
            "公告",
            lot.notice_date.cast("string"),
            "，开拍",
            lot.start_date.cast("string"),
            "，间隔",
            lot.start_date.delta(lot.notice_date, unit="day").cast("string"),
            "天，应不少于",
            lot.days.cast("string"),
            "天",
        ),
        src=cite(lot.rid),
    )


@family.clue(
    "AUC-RESERVE",
    "一拍起拍价低于评估价七成",
    kind="finding",
    channel="B",
    needs=Needs(("AUC",)),
    sentence="{n}次第一次拍卖的起拍价低于评估价的百分之七十（{who}：{note}），疑似违反起拍价规定，待核实。",
    innocent=("评估价已由当事人议价、询价替代", "评估价录入为整体资产的价格"),
    next_step="调取评估报告、议价或询价材料和合议庭确定起拍价的笔录。",
    law=f"{_LAW}第十条",
)
def reserve_too_low(f: Facts) -> ir.Table:
    """First auctions whose reserve is below the least share of the appraisal."""
    lot = under(f.lots.filter(f.lots.round == "first"), f.rules, "T-AUC-RESERVE", "start_date", "share")
    lot = lot.filter(lot.appraised > 0, lot.reserve * 100 < lot.appraised * lot.share)
    return lot.select(
        "episode",
        day="start_date",
        amount="reserve",
        who=_thing(lot),
        note=text("起拍价为评估价的", _percent(lot.reserve, lot.appraised)),
        src=cite(lot.rid),
    )


def _second(f: Facts) -> ir.Table:
    """Second auctions beside the first one of the same thing that ended before them: first_on, first_reserve."""
    first = f.lots.filter(f.lots.round == "first")
    first = first.select(
        "episode",
        "asset",
        first_on=ibis.coalesce(first.end_date, first.start_date),
        first_reserve="reserve",
        first_rid="rid",
    )
    second = f.lots.filter(f.lots.round == "second")
    met = second.join(first, ["episode", "asset"]).filter(lambda t: t.first_on <= t.start_date)
    return one_each(met, ("episode", "rid"), (met.first_on.desc(), met.first_rid.desc()))


@family.clue(
    "AUC2-CUT",
    "二拍降价幅度过大",
    kind="finding",
    channel="B",
    needs=Needs(("AUC",)),
    sentence="{n}次第二次拍卖的起拍价较前次降价超过百分之二十（{who}：{note}），疑似违反降价幅度规定，待核实。",
    innocent=("两次拍卖的标的范围不同", "前次起拍价录入有误"),
    next_step="核对两次拍卖公告的起拍价和标的范围。",
    law=f"{_LAW}第二十六条",
)
def cut_too_deep(f: Facts) -> ir.Table:
    """Second auctions whose reserve was cut by more than the greatest share."""
    lot = under(_second(f), f.rules, "T-AUC2-CUT", "start_date", "cut")
    lot = lot.filter(lot.reserve * 100 < lot.first_reserve * (100 - lot.cut))
    return lot.select(
        "episode",
        day="start_date",
        amount="reserve",
        who=_thing(lot),
        note=text("二拍起拍价为一拍的", _percent(lot.reserve, lot.first_reserve)),
        src=cite(lot.rid, lot.first_rid),
    )


@family.clue(
    "AUC2-LATE",
    "流拍后逾期进行二拍",
    kind="finding",
    channel="B",
    needs=Needs(("AUC",)),
    sentence="{n}项财产流拍后超过三十日才进行第二次拍卖（{who}：{note}），疑似拖延处置，待核实。",
    innocent=("流拍后审查案外人异议而暂缓", "申请执行人申请延期"),
    next_step="查明流拍后至二拍公告之间的原因和审批手续。",
    law=f"{_LAW}第二十六条",
)
def second_too_late(f: Facts) -> ir.Table:
    """Second auctions opened later than thirty days after the first one failed."""
    lot = due(f, _second(f), "T-AUC2-WITHIN", "first_on")
    lot = lot.filter(lot.start_date > lot.due)
    return lot.select(
        "episode",
        day="start_date",
        amount="reserve",
        who=_thing(lot),
        note=text(
            "一拍",
            lot.first_on.cast("string"),
            "结束，二拍",
            lot.start_date.cast("string"),
            "开拍",
            unsure(lot.due_sure),
        ),
        src=cite(lot.rid, lot.first_rid),
    )


@family.clue(
    "AUC-DEPOSIT",
    "竞买保证金比例不当",
    kind="finding",
    channel="B",
    needs=Needs(("AUC",)),
    sentence="{n}次拍卖的保证金不在起拍价的百分之五至百分之二十之间（{who}：{note}），程序线索，待核实。",
    innocent=("保证金取整", "变更保证金后未更新登记"),
    next_step="核对拍卖公告载明的保证金数额和确定依据。",
    law=f"{_LAW}第十七条",
)
def deposit_out_of_bounds(f: Facts) -> ir.Table:
    """Lots whose deposit is a smaller or larger share of the reserve than allowed."""
    lot = f.lots.filter(f.lots.round.isin(["first", "second"]), f.lots.reserve > 0, f.lots.deposit.notnull())
    lot = under(lot, f.rules, "T-AUC-DEPOSIT-LEAST", "start_date", "least")
    lot = under(lot, f.rules, "T-AUC-DEPOSIT-MOST", "start_date", "most")
    lot = lot.filter((lot.deposit * 100 < lot.reserve * lot.least) | (lot.deposit * 100 > lot.reserve * lot.most))
    return lot.select(
        "episode",
        day="start_date",
        amount="deposit",
        who=_thing(lot),
        note=text("保证金为起拍价的", _percent(lot.deposit, lot.reserve)),
        src=cite(lot.rid),
    )


@family.clue(
    "AUC-TELL",
    "未在公告前通知当事人和优先购买权人",
    kind="finding",
    channel="B",
    needs=Needs(("AUC",)),
    sentence="{n}次拍卖未在公告发布三日前通知当事人和已知优先购买权人（{who}：{note}），疑似程序违法，待核实。",
    innocent=("当事人下落不明、以公告为通知", "通知以电话方式作出未录入"),
    next_step="调阅送达回证和通话记录，核对优先购买权人是否知悉。",
    law=f"{_LAW}第十六条",
)
def parties_told_too_late(f: Facts) -> ir.Table:
    """Lots whose parties were told less than three days before the notice, or, by the delivery, not at all."""
    lot = f.lots.mutate(blank_counts=told_in_batch(f.lots, "notified_date"))
    lot = under(lot.filter(lot.round.isin(["first", "second"])), f.rules, "T-AUC-TELL", "notice_date", "days")
    short = lot.notice_date < add_days(lot.notified_date, lot.days)
    lot = lot.filter(ibis.coalesce(short, lot.blank_counts))
    return lot.select(
        "episode",
        day="start_date",
        amount="reserve",
        who=_thing(lot),
        note=text(
            "公告",
            lot.notice_date.cast("string"),
            "，",
            ibis.coalesce(lot.notified_date.cast("string") + "通知", "同批拍卖数据载有通知日期而本次为空"),
        ),
        src=cite(lot.rid),
    )


@family.clue(
    "AUC-SHORT",
    "竞价时间不足二十四小时",
    kind="finding",
    channel="B",
    needs=Needs(("AUC",)),
    sentence="{n}次拍卖开拍当日即告结束（{who}：{note}），竞价时间疑似不足二十四小时，待核实。",
    innocent=("结束日期录入为开拍日期", "当日暂缓、撤回未更新状态"),
    next_step="向拍卖平台调取开拍、结束的系统时间和延时记录。",
    law=f"{_LAW}第二十条",
)
def bidding_too_short(f: Facts) -> ir.Table:
    """Lots that were sold or failed on the very day on which they opened."""
    lot = f.lots.filter(f.lots.status.notnull(), f.lots.status.notin(ENDED_EARLY), f.lots.round != "selloff")
    lot = under(lot, f.rules, "T-AUC-BIDDING", "start_date", "days")
    lot = lot.filter(lot.end_date < add_days(lot.start_date, lot.days))
    return lot.select(
        "episode",
        day="start_date",
        amount="deal_price",
        who=_thing(lot),
        note=text("开拍与结束均为", lot.start_date.cast("string")),
        src=cite(lot.rid),
    )


@family.clue(
    "AUC-PUBLIC",
    "拍卖公示不全",
    kind="finding",
    channel="B",
    needs=Needs(("AUC",)),
    sentence="{n}次拍卖的公示内容不全（{who}：{note}），可能影响竞买和成交价，程序线索，待核实。",
    innocent=("公示内容在竞买须知中另行载明", "财产性质无须公示该项（如车辆无租赁、腾退）"),
    next_step="调取拍卖公告、竞买须知和评估报告的网页存档逐项核对。",
    law=f"{_LAW}第十三条、第十四条（待核）",
)
def publicity_missing(f: Facts) -> ir.Table:
    """Lots whose notice leaves out taxes, tenancy or evacuation (realty), or that kept the appraisal to themselves."""
    lots = f.lots.filter(f.lots.round.isin(["first", "second"]))
    gaps = {
        label: told_in_batch(lots, column) & (ibis.coalesce(lots[column], "") == "")
        for column, label in PUBLISHED.items()
    }
    gaps = {label: gap if label == "税费承担" else gap & ~lots.movable for label, gap in gaps.items()}
    gaps["评估报告"] = ~ibis.coalesce(lots.appraisal_public, True)
    missing = text("", *(ibis.ifelse(gap, f"{label}、", "") for label, gap in gaps.items())).re_replace("、$", "")
    lot = lots.mutate(missing=missing)
    lot = lot.filter(lot.missing != "")
    return lot.select(
        "episode",
        day="start_date",
        amount="reserve",
        who=_thing(lot),
        note=text("未公示：", lot.missing),
        src=cite(lot.rid),
    )


@family.clue(
    "AUC-AGAIN",
    "悔拍买受人再次参加竞买",
    kind="finding",
    channel="B",
    needs=Needs(("AUC",)),
    sentence="悔拍的买受人在重新拍卖中再次出价{n}人次（{who}：{note}），疑似违反禁止原买受人再次竞买的规定，待核实。",
    innocent=("悔拍经法院撤销", "竞买人证件号码录入错误"),
    next_step="核对悔拍裁定和重新拍卖的竞买人名单。",
    law=f"{_LAW}第二十四条",
)
def defaulter_bids_again(f: Facts) -> ir.Table:
    """Buyers who defaulted on a thing and bid for it again at a later auction."""
    gone = f.lots.filter(f.lots.status == "defaulted", f.lots.buyer.notnull())
    gone = gone.select("episode", "asset", bidder="buyer", gone_on="start_date", gone_rid="rid")
    lot = f.lots.select("episode", "asset", "lot_id", "round", "start_date", "asset_kind", "asset_id", lot_rid="rid")
    bid = f.bids.join(lot, ["episode", "lot_id", "round"])
    met = bid.join(gone, ["episode", "asset", "bidder"]).filter(lambda t: t.gone_on < t.start_date)
    met = one_each(met, ("episode", "lot_rid", "bidder"), (met.ts, met.rid, met.gone_on.desc()))
    return met.select(
        "episode",
        "day",
        amount="price",
        who="bidder",
        note=text(_thing(met), "，曾于", met.gone_on.cast("string"), "开拍的一次悔拍"),
        src=cite(met.rid, met.lot_rid, met.gone_rid),
    )


@family.clue(
    "AUC-VAIN",
    "无益拍卖",
    kind="finding",
    channel="B",
    needs=Needs(("AUC", "RE")),
    sentence="{n}次拍卖的起拍价不高于优先的抵押债权（{who}：{note}），拍卖所得疑似不足以清偿申请执行人，待核实。",
    innocent=("抵押债权已大部清偿而未办变更登记", "抵押权人申请拍卖或书面同意", "登记的是最高额担保，实际债权较低"),
    next_step="向抵押权人核实债权余额，核对法院是否就无益拍卖征询申请执行人意见。",
    law="关于人民法院民事执行中拍卖、变卖财产的规定第六条（待核）",
)
def sale_without_benefit(f: Facts) -> ir.Table:
    """Lots whose reserve does not exceed the mortgages in force at the notice, those of the applicant left out."""
    lot = f.lots.filter(f.lots.round.isin(["first", "second"]))
    lot = lot.mutate(on=ibis.coalesce(lot.notice_date, lot.start_date))
    owed = f.mortgages.select("mortgagee", "amount", "day_from", "day_to", thing="asset_id", mortgage_rid="rid")
    same = [(lot.asset == owed.thing) | (lot.asset_id == owed.thing), owed.day_from <= lot.on]
    met = lot.join(owed, [*same, owed.day_to.isnull() | (owed.day_to > lot.on)])
    own = f.applicants.select(own_episode="episode", own_person="person")
    met = met.anti_join(own, [met.episode == own.own_episode, met.mortgagee == own.own_person])
    whole = met.group_by("episode", "rid").agg(
        prior=met.amount.sum().cast("int64"), mortgage_rids=met.mortgage_rid.collect()
    )
    lot = lot.join(whole, ["episode", "rid"]).filter(lambda t: t.prior >= t.reserve)
    return lot.select(
        "episode",
        day="start_date",
        amount="reserve",
        who=_thing(lot),
        note=text("在先抵押债权为起拍价的", _percent(lot.prior, ibis.greatest(lot.reserve, 1))),
        src=cite(lot.rid).concat(lot.mortgage_rids),
    )
