"""Clues on vehicles (docs/domain.md section M2, D03, D04): the debtor's own that the court did not seal or detain, and
those of other owners that the debtor uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.court_log import absence_note
from features.clues.base.helpers import clue_rows, not_controlled, register_rows, text
from features.facts.case.coverage import log_covers
from features.facts.rows import first_per_key, row_ids
from features.rules.periods import add_days, with_rule_value

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("vehicles", "车辆", __file__)

INSURING = ("JQX", "SYX", "INSP")
"""Uses paid for only by whoever keeps the vehicle: compulsory and commercial insurance, inspection."""


def _own(f: Facts) -> ir.Table:
    return f.owned.filter(f.owned.asset_kind == "VEH")


def _sealed_not_detained(f: Facts) -> ir.Table:
    """Own vehicles under a seal in force on the termination day that no case has detained, with the seal's row."""
    mine = _own(f).filter(lambda t: t.at_end)
    seal = f.seals.filter(f.seals.ev_code == "SEAL").select("asset", "day", "until", seal_rid="rid")
    sealed = mine.join(seal, [mine.asset_id == seal.asset, seal.day <= mine.zb_date, seal.until >= mine.zb_date])
    sealed = first_per_key(sealed, ("episode", "asset_id"), sealed.day.desc(), sealed.seal_rid.desc()).drop(
        "asset", "day"
    )
    taken = f.seals.filter(f.seals.ev_code == "DETAIN").select("asset")
    return sealed.anti_join(taken, sealed.asset_id == taken.asset)


def _used_after(f: Facts, cars: ir.Table) -> ir.Table:
    """Vehicles beside each later use of their plate while the debtor still owned them."""
    use = f.vehicle_use.select("event_type", "place", "driver", "payer", "plate", used="day", use_rid="rid")
    still = cars.day_to.isnull() | (use.used < cars.day_to)
    return cars.join(use, [cars.label == use.plate, use.used > cars.zb_date, still])


@family.clue("M2A", kind="finding", channel="AB", needs=Needs(("VEH", "CLOG")))
@feature("M2A_n", "终本时名下未查封车辆数", "count")
@debt_ratio("M2A_net", "终本时名下未查封车辆净值/未履行额")
@feature("M2A_sold", "终本时未查封、其后转出的车辆数", "count", where="sold")
def own_vehicle_not_sealed(f: Facts) -> ir.Table:
    """Vehicles in the debtor's name on the termination day without any seal or detention in force on that day."""
    mine = not_controlled(f, _own(f).filter(lambda t: t.at_end & ~t.marked), "asset_id", "zb_date")
    ever = f.seals.select("asset", "day")
    mine = mine.anti_join(ever, [mine.asset_id == ever.asset, ever.day <= mine.zb_date])
    mine = mine.filter(log_covers(mine.log_on, mine.zb_date))
    note = absence_note(mine.log_on, "终本前无该车查封、扣押记录")
    return register_rows(mine, "zb_date", note, "rid", "case_rid", sold=mine.day_to.notnull())


@family.clue("M2B", kind="finding", channel="AB", needs=Needs(("VEH", "VUSE", "CLOG")))
@feature("M2B_n", "查封未扣押且近期仍在使用的车辆数", "count")
@debt_ratio("M2B_net", "查封未扣押且近期仍在使用的车辆净值/未履行额")
@feature("M2B_uses", "查封未扣押车辆近期使用次数最多者", "max", "uses")
def sealed_vehicle_still_used(f: Facts) -> ir.Table:
    """Own vehicles sealed and never detained, with uses after the termination and within the last half year."""
    cars = _sealed_not_detained(f)
    used = _used_after(f, cars.filter(log_covers(cars.log_on, cars.zb_date)))
    used = with_rule_value(used.mutate(today=f.today), f.rules, "T-USE", "today", "back")
    used = used.filter(add_days(used.used, used.back) >= used.today)
    each = used.group_by("episode", "plate", "rid", "seal_rid", "case_rid").agg(
        amount=used.net.min(), day=used.used.max(), uses=used.use_rid.nunique(), use_rids=used.use_rid.collect().sort()
    )
    return clue_rows(
        each,
        "uses",
        who="plate",
        note=text("近期使用", each.uses, "次，无扣押记录"),
        src=row_ids(each.rid, each.seal_rid, each.case_rid).concat(each.use_rids),
    )


@family.clue("M2C", kind="finding", channel="AB", needs=Needs(("VEH", "CLOG")))
@feature("M2C_n", "查封到期未续的名下车辆数", "count")
@debt_ratio("M2C_net", "查封到期未续的名下车辆净值/未履行额")
def vehicle_seal_lapsed(f: Facts) -> ir.Table:
    """Own vehicles whose last seal ran out before the day without renewal and without release."""
    mine = _own(f).filter(lambda t: t.at_end & t.day_to.isnull())
    last = first_per_key(f.seals, ("asset",), f.seals.until.desc(), f.seals.rid.desc())
    last = last.filter(last.until < f.today, last.ended.isnull()).select("asset", "expires", seal_rid="rid")
    lapsed = mine.join(last, mine.asset_id == last.asset)
    lapsed = lapsed.filter(log_covers(lapsed.log_on, lapsed.expires))
    note = absence_note(lapsed.log_on, "到期前后均无续行查封记录")
    return register_rows(lapsed, "expires", note, "rid", "seal_rid", "case_rid")


@family.clue("M2D", kind="finding", channel="AB", needs=Needs(("VEH",), since="t_srv"))
@feature("M2D_n", "送达后终本前转出车辆数", "count")
@debt_ratio("M2D_value", "送达后终本前转出车辆价值/未履行额")
@feature("M2D_kin", "送达后终本前转给近亲属的车辆数", "count", where="to_kin")
@feature("M2D_low", "送达后终本前低价转出的车辆数", "count", where="low")
@debt_ratio("M2D_gap", "送达后终本前转出车辆低于市价的差额/未履行额", "gap")
def vehicle_moved_before_seal(f: Facts) -> ir.Table:
    """Vehicles that left the debtor between service of the suit and the termination, not under a seal that day."""
    gone = f.disposed.filter(f.disposed.asset_kind == "VEH")
    gone = gone.filter(gone.day >= gone.t_srv, gone.day <= gone.zb_date)
    gone = not_controlled(f, gone, "asset_id", "day")
    return clue_rows(
        gone,
        "to_kin",
        "low",
        "gap",
        amount="value",
        who="label",
        note=text(gone.rel, ibis.ifelse(gone.low, "低价转出", "转出")),
        src=("own_rid", "new_rid", "kin_rid"),
    )


@family.clue("M2E", kind="finding", channel="AB", needs=Needs(("VEH",)))
@feature("M2E_n", "终本后新登记到被执行人名下的车辆数", "count")
@debt_ratio("M2E_net", "终本后新登记车辆净值/未履行额")
def vehicle_registered_after_end(f: Facts) -> ir.Table:
    """Vehicles registered to the debtor after the termination and still in the debtor's name."""
    mine = _own(f).filter(lambda t: t.since_end)
    note = text("终本后", mine.day_from.delta(mine.zb_date, unit="day"), "天登记")
    return register_rows(mine, "day_from", note)


@family.clue("D03", kind="measure", channel="A", needs=Needs(("VUSE", "VEH")))
@feature("D03_n", "执行通知后使用他人车辆次数", "count")
@feature("D03_recent", "最近{T-USE:期}使用他人车辆次数", "count", where="recent")
@feature("D03_after", "终本后使用他人车辆次数", "count", where="after")
@feature("D03_insured", "为他人车辆投保或年检次数", "count", where="insured")
@feature("D03_kin", "使用近亲属名下车辆次数", "count", where="of_kin")
@feature("D03_top", "使用最多的一辆他人车辆的次数", "max", "same_plate")
@feature("D03_plates", "使用过的他人车辆数", "nunique", "who")
def others_vehicle_used(f: Facts) -> ir.Table:
    """Each time since the notice that the debtor drove or paid for a car of kin, an affiliate or somebody unknown."""
    use = f.driven.semi_join(f.covered_sources.filter(f.covered_sources.VEH), "episode")
    mine = use.filter(use.day >= use.t_ntc, use.owner.isnull() | use.tie_rid.notnull())
    mine = with_rule_value(mine.mutate(today=f.today), f.rules, "T-USE", "today", "back")
    note = text(mine.event_type, "，登记所有人：", ibis.coalesce(mine.rel, "未查到"))
    return clue_rows(
        mine,
        amount=None,
        who="plate",
        note=note,
        src=("use_rid", "car_rid", "tie_rid"),
        recent=add_days(mine.day, mine.back) >= mine.today,
        after=mine.day > mine.t_zb,
        insured=mine.paid_for & mine.event_type.isin(INSURING),
        of_kin=mine.of_kin,
        same_plate=mine.use_rid.count().over(group_by=[mine.episode, mine.plate]),
    )


@family.clue("D03K", kind="finding", channel="A", needs=Needs(("VUSE", "KIN"), since="t_srv"))
@feature("D03K_n", "关联人诉讼后取得、由被执行人使用的车辆数", "count")
@debt_ratio("D03K_value", "关联人诉讼后取得、被执行人使用的车辆价值/未履行额")
@feature("D03K_uses", "关联人诉讼后取得的车辆被使用次数最多者", "max", "uses")
@feature("D03K_insured", "由被执行人投保的关联人车辆数", "count", where="insured")
def tied_owner_vehicle_used(f: Facts) -> ir.Table:
    """Vehicles that kin or affiliates obtained since service of the suit and that the debtor uses."""
    use = f.driven
    mine = use.filter(use.tie_rid.notnull(), use.own_from >= use.t_srv)
    insured = mine.paid_for & mine.event_type.isin(INSURING)
    each = mine.mutate(insured=insured).group_by("episode", "plate", "car_rid")
    each = each.agg(
        amount=lambda t: t.value.min(),
        day=lambda t: t.own_from.min(),
        rel=lambda t: t.rel.min(),
        tie_rid=lambda t: t.tie_rid.min(),
        uses=lambda t: t.use_rid.nunique(),
        insured=lambda t: t.insured.any(),
        use_rids=lambda t: t.use_rid.collect().unique().sort(),
    )
    return clue_rows(
        each,
        "uses",
        "insured",
        who="plate",
        note=text(each.rel, "名下，由被执行人使用", each.uses, "次"),
        src=row_ids(each.car_rid, each.tie_rid).concat(each.use_rids),
    )


@family.clue("D04", kind="measure", channel="AB", needs=Needs(("VEH", "VUSE", "CLOG")))
@feature("D04_n", "名下查封车辆终本后使用次数", "count")
@feature("D04_days", "名下查封车辆终本后使用日数", "nunique", "day")
@feature("D04_self", "名下查封车辆终本后由本人驾驶或缴费次数", "count", where="by_self")
def sealed_vehicle_uses(f: Facts) -> ir.Table:
    """Each use after the termination of an own vehicle under seal that was never detained."""
    used = _used_after(f, _sealed_not_detained(f))
    used = first_per_key(used, ("episode", "use_rid"), used.rid)
    return clue_rows(
        used,
        day="used",
        amount=None,
        who="plate",
        note=text(used.event_type, ibis.coalesce(" " + used.place.nullif(""), "")),
        src=("use_rid", "rid", "seal_rid"),
        by_self=ibis.coalesce((used.driver == used.owner) | (used.payer == used.owner), False),
    )
