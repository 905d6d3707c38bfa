"""Checks of how a court ran an online judicial auction (docs/domain.md section M9): notice period, reserve price,
deposit, second round, publicity, bidding.

Each lot is judged by the row of the provisions in force on the day of its own act; auctions before them are not judged
at all. What a lot leaves blank is only said where the same delivery fills that column for other lots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs
from features.clues.base.court_log import due, holiday_caveat
from features.clues.base.helpers import clue_rows, filled_in_batch, text, words_that_hold
from features.clues.court import auctions
from features.clues.court.auctions import lot_label, percent_of
from features.facts.rows import first_per_key, row_ids
from features.rules.periods import add_days, with_rule_value

if TYPE_CHECKING:
    from features.facts import Facts

family = auctions.family.part(__file__)

ENDED_EARLY = ("withdrawn", "halted")
"""States of a lot whose bidding was cut short by the court."""

PUBLISHED = {"tax_bearer": "税费承担", "tenancy_notice": "租赁占有", "evacuation": "腾退交付"}
"""Columns of a lot on what its notice published, with the 中文 of each."""


def _judged(f: Facts, rounds: str, rule: str, on: str, name: str) -> ir.Table:
    """Lots of one round with the value of the rule in force on their day `on`: `rule` for movables, else `rule`-RE."""
    lot = f.lots.filter(f.lots.round == rounds)
    movable = with_rule_value(lot.filter(lot.movable), f.rules, rule, on, name)
    return movable.union(with_rule_value(lot.filter(~lot.movable), f.rules, f"{rule}-RE", on, name))


@family.clue("AUC-NOTICE", kind="finding", channel="B", needs=Needs(("AUC",)))
def notice_too_short(f: Facts) -> ir.Table:
    """First and second auctions opened before the days that must lie between the notice and the opening had passed."""
    first = _judged(f, "first", "T-AUC-NOTICE", "notice_date", "days")
    lot = first.union(_judged(f, "second", "T-AUC2-NOTICE", "notice_date", "days"))
    lot = lot.filter(lot.start_date < add_days(lot.notice_date, lot.days))
    note = text(
        "公告",
        lot.notice_date,
        "，开拍",
        lot.start_date,
        "，间隔",
        lot.start_date.delta(lot.notice_date, unit="day"),
        "天，应不少于",
        lot.days,
        "天",
    )
    return clue_rows(lot, day="start_date", amount="reserve", who=lot_label(lot), note=note)


@family.clue("AUC-RESERVE", kind="finding", channel="B", needs=Needs(("AUC",)))
def reserve_too_low(f: Facts) -> ir.Table:
    """First auctions whose reserve is below the least share of the appraisal."""
    lot = with_rule_value(f.lots.filter(f.lots.round == "first"), f.rules, "T-AUC-RESERVE", "start_date", "share")
    lot = lot.filter(lot.appraised > 0, lot.reserve * 100 < lot.appraised * lot.share)
    note = text("起拍价为评估价的", percent_of(lot.reserve, lot.appraised))
    return clue_rows(lot, day="start_date", amount="reserve", who=lot_label(lot), note=note)


def _second(f: Facts) -> ir.Table:
    """Second auctions joined to the earlier first auction of the same thing: adds first_on, first_reserve."""
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
    return first_per_key(met, ("episode", "rid"), met.first_on.desc(), met.first_rid.desc())


@family.clue("AUC2-CUT", kind="finding", channel="B", needs=Needs(("AUC",)))
def cut_too_deep(f: Facts) -> ir.Table:
    """Second auctions whose reserve was cut by more than the greatest share."""
    lot = with_rule_value(_second(f), f.rules, "T-AUC2-CUT", "start_date", "cut")
    lot = lot.filter(lot.reserve * 100 < lot.first_reserve * (100 - lot.cut))
    note = text("二拍起拍价为一拍的", percent_of(lot.reserve, lot.first_reserve))
    return clue_rows(lot, day="start_date", amount="reserve", who=lot_label(lot), note=note, src=("rid", "first_rid"))


@family.clue("AUC2-LATE", kind="finding", channel="B", needs=Needs(("AUC",)))
def second_too_late(f: Facts) -> ir.Table:
    """Second auctions opened later than thirty days after the first one failed."""
    lot = due(f, _second(f), "T-AUC2-WITHIN", "first_on")
    lot = lot.filter(lot.start_date > lot.due)
    note = text("一拍", lot.first_on, "结束，二拍", lot.start_date, "开拍", holiday_caveat(lot.due_sure))
    return clue_rows(lot, day="start_date", amount="reserve", who=lot_label(lot), note=note, src=("rid", "first_rid"))


@family.clue("AUC-DEPOSIT", kind="finding", channel="B", needs=Needs(("AUC",)))
def deposit_out_of_bounds(f: Facts) -> ir.Table:
    """Lots whose deposit is a smaller or larger share of the reserve than allowed."""
    lot = f.lots.filter(f.lots.round.isin(["first", "second"]), f.lots.reserve > 0, f.lots.deposit.notnull())
    lot = with_rule_value(lot, f.rules, "T-AUC-DEPOSIT-LEAST", "start_date", "least")
    lot = with_rule_value(lot, f.rules, "T-AUC-DEPOSIT-MOST", "start_date", "most")
    lot = lot.filter((lot.deposit * 100 < lot.reserve * lot.least) | (lot.deposit * 100 > lot.reserve * lot.most))
    note = text("保证金为起拍价的", percent_of(lot.deposit, lot.reserve))
    return clue_rows(lot, day="start_date", amount="deposit", who=lot_label(lot), note=note)


@family.clue("AUC-TELL", kind="finding", channel="B", needs=Needs(("AUC",)))
def parties_notified_too_late(f: Facts) -> ir.Table:
    """Lots whose parties were notified less than three days before the notice, or, by the delivery, not at all."""
    lot = f.lots.mutate(blank_counts=filled_in_batch(f.lots, "notified_date"))
    lot = with_rule_value(lot.filter(lot.round.isin(["first", "second"])), f.rules, "T-AUC-TELL", "notice_date", "days")
    short = lot.notice_date < add_days(lot.notified_date, lot.days)
    lot = lot.filter(ibis.coalesce(short, lot.blank_counts))
    note = text(
        "公告",
        lot.notice_date,
        "，",
        ibis.coalesce(lot.notified_date.cast("string") + "通知", "同批拍卖数据载有通知日期而本次为空"),
    )
    return clue_rows(lot, day="start_date", amount="reserve", who=lot_label(lot), note=note)


@family.clue("AUC-SHORT", kind="finding", channel="B", needs=Needs(("AUC",)))
def bidding_too_short(f: Facts) -> ir.Table:
    """Lots that were sold or failed on the very day on which they opened."""
    lot = f.lots.filter(f.lots.status.notnull(), f.lots.status.notin(ENDED_EARLY), f.lots.round != "selloff")
    lot = with_rule_value(lot, f.rules, "T-AUC-BIDDING", "start_date", "days")
    lot = lot.filter(lot.end_date < add_days(lot.start_date, lot.days))
    return clue_rows(
        lot, day="start_date", amount="deal_price", who=lot_label(lot), note=text("开拍与结束均为", lot.start_date)
    )


@family.clue("AUC-PUBLIC", kind="finding", channel="B", needs=Needs(("AUC",)))
def publicity_missing(f: Facts) -> ir.Table:
    """Lots whose notice leaves out taxes, tenancy or evacuation (realty), or that kept the appraisal to themselves."""
    lots = f.lots.filter(f.lots.round.isin(["first", "second"]))
    gaps = {
        label: filled_in_batch(lots, column) & (ibis.coalesce(lots[column], "") == "")
        for column, label in PUBLISHED.items()
    }
    gaps = {label: gap if label == "税费承担" else gap & ~lots.movable for label, gap in gaps.items()}
    gaps["评估报告"] = ~ibis.coalesce(lots.appraisal_public, True)
    lot = lots.mutate(missing=words_that_hold(gaps)).filter(lambda t: t.missing != "")
    return clue_rows(lot, day="start_date", amount="reserve", who=lot_label(lot), note=text("未公示：", lot.missing))


@family.clue("AUC-AGAIN", kind="finding", channel="B", needs=Needs(("AUC",)))
def defaulter_bids_again(f: Facts) -> ir.Table:
    """Buyers who defaulted on a thing and bid for it again at a later auction."""
    gone = f.lots.filter(f.lots.status == "defaulted", f.lots.buyer.notnull())
    gone = gone.select("episode", "asset", bidder="buyer", gone_on="start_date", gone_rid="rid")
    lot = f.lots.select("episode", "asset", "lot_id", "round", "start_date", "asset_kind", "asset_id", lot_rid="rid")
    bid = f.bids.join(lot, ["episode", "lot_id", "round"])
    met = bid.join(gone, ["episode", "asset", "bidder"]).filter(lambda t: t.gone_on < t.start_date)
    met = first_per_key(met, ("episode", "lot_rid", "bidder"), met.ts, met.rid, met.gone_on.desc())
    note = text(lot_label(met), "，曾于", met.gone_on, "开拍的一次悔拍")
    return clue_rows(met, amount="price", who="bidder", note=note, src=("rid", "lot_rid", "gone_rid"))


@family.clue("AUC-VAIN", kind="finding", channel="B", needs=Needs(("AUC", "RE")))
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
        prior=met.amount.sum().cast("int64"), mortgage_rids=met.mortgage_rid.collect().sort()
    )
    lot = lot.join(whole, ["episode", "rid"]).filter(lambda t: t.prior >= t.reserve)
    note = text("在先抵押债权为起拍价的", percent_of(lot.prior, ibis.greatest(lot.reserve, 1)))
    return clue_rows(
        lot,
        day="start_date",
        amount="reserve",
        who=lot_label(lot),
        note=note,
        src=row_ids(lot.rid).concat(lot.mortgage_rids),
    )
