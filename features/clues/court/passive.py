"""Checks of enforcement left undone (docs/domain.md section M10, M11, M16): property sealed or found and not sold,
seals far above the debt or renewed too late, and third parties who did not assist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.court_log import (
    absence_note,
    done_or_absent,
    due,
    holiday_caveat,
    late_or_never,
    never_controlled,
    rows_at_termination,
    with_log,
    with_log_or_none,
)
from features.clues.base.helpers import asset_label, clue_rows, rids_or_none, text
from features.facts.case.court import BANK_KINDS
from features.facts.case.coverage import log_covers
from features.facts.people.people import plain_name
from features.facts.rows import first_per_key, left_joined, row_id_at, row_ids
from features.rules.case_numbers import RESUMED
from features.rules.periods import add_days

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("passive", "消极执行、超标的查封与协助义务人", __file__)

DEALT_WITH = ("APPRAISE", "AUCTION", "SELLOFF", "INKIND", "DEDUCT")
"""Acts by which a sealed thing is being disposed of."""

CONTROLLED = ("SEAL", "FREEZE", "DETAIN", "DEDUCT")
OBJECTION = "异议"
ORGANS = "局$|委员会$|人民政府$|管理中心$|管理处$|征收办公室$|事务中心$"
"""Units that are organs of the state or act for one (focus list of supervision: state organs that fail to assist)."""

PERFORMED = "履行|支付|到账|划付|执行"


def _own_seals(f: Facts) -> ir.Table:
    """Seals of the chain's cases beside each episode, with zb_date, debt and log_on (NULL where no log reaches)."""
    mine = f.seals.join(f.chains, "case_no").join(f.episodes.select("episode", "chain", "zb_date", "debt"), "chain")
    return with_log_or_none(f, mine)


def _ranked_behind(f: Facts, mine: ir.Table, on: str) -> ir.Table:
    """Own seals that rank behind (轮候) another case chain's earlier seal which is still in force on the day `on`."""
    other = f.seals.join(f.chains, "case_no")
    other = other.select(o_asset="asset", o_chain="chain", o_day="day", o_until="until")
    met = mine.join(other, [mine.asset == other.o_asset, other.o_day < mine.day, other.o_until >= mine[on]])
    return met.filter(met.o_chain != met.chain).select("episode", "rid").distinct()


def _dealt_with(f: Facts) -> ir.Table:
    """Things the court moved to sell or recorded as unsaleable: d_episode, thing, dealt_on (day)."""
    acts = f.events.filter(f.events.asset_id.notnull())
    excused = (acts.ev_code == "FOUND") & (ibis.coalesce(acts.reason, "") != "")
    acts = acts.filter(acts.ev_code.isin(DEALT_WITH) | excused)
    acts = acts.select(d_episode="episode", thing="asset_id", dealt_on="ev_date")
    lot = f.lots.filter(f.lots.asset_id.notnull())
    return acts.union(
        lot.select(d_episode="episode", thing="asset_id", dealt_on=ibis.coalesce(lot.notice_date, lot.start_date))
    )


@family.clue("M10C", kind="finding", channel="B", needs=Needs(("CLOG",)))
def sealed_and_left(f: Facts) -> ir.Table:
    """Things (no money) under the chain's first seal for six months without any step to dispose of them.

    Left out: vehicles never detained, things the log says cannot be sold, seals that rank behind another case's.
    """
    mine = _own_seals(f).filter(lambda t: ~ibis.coalesce(t.asset_kind.re_search(BANK_KINDS), False))
    last = mine.group_by("episode", "asset").agg(held_until=mine.until.max())
    mine = first_per_key(mine, ("episode", "asset"), mine.day, mine.rid).join(last, ["episode", "asset"])
    mine = due(f, mine, "T-DISPOSE", "day")
    mine = mine.filter(mine.held_until >= mine.due, mine.due < f.today, log_covers(mine.log_on, mine.due))
    taken = f.seals.filter(f.seals.ev_code == "DETAIN").select("asset")
    mine = left_joined(mine, taken.distinct().mutate(in_hand=True), "asset")
    mine = mine.filter(~ibis.coalesce(mine.asset_kind.contains("车"), False) | mine.in_hand.notnull()).drop("in_hand")
    mine = mine.anti_join(_ranked_behind(f, mine, "due"), ["episode", "rid"])
    settled = _dealt_with(f)
    thing = (mine.asset == settled.thing) | (mine.asset_id == settled.thing)
    mine = mine.anti_join(settled, [mine.episode == settled.d_episode, thing, settled.dealt_on <= mine.due])
    return clue_rows(
        mine,
        day="due",
        who=asset_label(mine),
        note=text(
            mine.day,
            "控制；",
            absence_note(mine.log_on, f.in_words("{T-DISPOSE:期}内无处分记录")),
            holiday_caveat(mine.due_sure),
        ),
    )


@family.clue("M10B", kind="finding", channel="B", needs=Needs(("CLOG",)))
def found_after_end_and_left(f: Facts) -> ir.Table:
    """Property reported after the termination that no case controlled within ten days."""
    found = f.events.filter(f.events.after, f.events.ev_code.isin(["FOUND", "ZB_ASSET"]), f.events.asset_id.notnull())
    found = found.filter(ibis.coalesce(found.reason, "") == "")
    found = first_per_key(found, ("episode", "asset_id"), found.ev_date, found.rid)
    found = with_log(f, due(f, found, "T-SEIZE", "ev_date"))
    found = found.filter(found.due < f.today, log_covers(found.log_on, found.due))
    found = never_controlled(f, found, "ev_date")
    gone = f.events.filter(f.events.ev_code == "DEDUCT", f.events.asset_id.notnull())
    found = found.anti_join(gone.select("episode", "asset_id"), ["episode", "asset_id"])
    return clue_rows(
        found,
        day="ev_date",
        who=asset_label(found),
        note=text(
            absence_note(found.log_on, f.in_words("查明后{T-SEIZE:汉}日内无控制记录")), holiday_caveat(found.due_sure)
        ),
    )


@family.clue("M10E", kind="finding", channel="B", needs=Needs(("CLOG",)))
def clue_after_end_left(f: Facts) -> ir.Table:
    """Clues given after the termination that were verified too late or, by the log, not at all."""
    given = f.events.filter(f.events.after, f.events.ev_code == "CLUE")
    given = first_per_key(given, ("episode", "case_no", "ev_date", "detail"), given.end_date, given.rid)
    given = with_log(f, due(f, given, "T-CLUE", "ev_date"))
    open_ = ~ibis.coalesce(given.result.contains("已核实"), False)
    given = given.filter(late_or_never(f, given, given.end_date, open_=open_))
    verified = done_or_absent(given.end_date, "核实", given.log_on, "无核实记录")
    note = text(given.detail, "，", verified, holiday_caveat(given.due_sure))
    return clue_rows(given, day="ev_date", amount=None, who=ibis.literal("申请执行人"), note=note)


@family.clue("M10G", kind="finding", channel="B", needs=Needs(("CLOG", "CQRY")))
def resumption_without_measures(f: Facts) -> ir.Table:
    """Cases that were resumed and terminated again without any query, control, sale or payment on record between."""
    case = f.episodes.filter(f.episodes.case_no.re_search(RESUMED)).select(
        "episode", "case_no", "zb_date", case_rid="rid"
    )
    case = case.join(f.court_reach.filter(f.court_reach.query_on.notnull()), "episode")
    case = case.filter(log_covers(case.log_on, case.zb_date), log_covers(case.query_on, case.zb_date))
    measures = [*CONTROLLED, *DEALT_WITH, "PAY_IN", "SEARCH", "AUDIT", "REWARD", "INVEST", "ASSIST", "DEBT3P", "FOUND"]
    done = f.events.filter(f.events.own, ~f.events.after, f.events.ev_code.isin(measures)).select("episode")
    case = case.anti_join(done, "episode").anti_join(f.queries.select("episode"), "episode")
    return rows_at_termination(
        case, "case_no", absence_note(case.log_on, "恢复执行后无查询、控制、处分、到位记录"), "case_rid"
    )


@family.clue("SEAL-LATE", kind="finding", channel="B", needs=Needs(("CLOG",)))
def renewed_late(f: Facts) -> ir.Table:
    """Seals in the case chain, or its preservation before suit, put on a thing after all earlier ones had run out."""
    columns = ("episode", "asset", "asset_kind", "asset_id", "amount", "day", "expires", "ended", "rid")
    mine = _own_seals(f).select(*columns).union(f.preserved.select(*columns))
    mine = mine.filter(mine.ended.isnull()).distinct()
    before = ibis.window(group_by=[mine.episode, mine.asset], order_by=[mine.day, mine.rid], preceding=(None, 1))
    mine = mine.mutate(lapsed=mine.expires.max().over(before), old_rids=mine.rid.collect().over(before).sort())
    mine = mine.filter(mine.day > mine.lapsed)
    mine = first_per_key(mine, ("episode", "asset", "lapsed"), mine.day, mine.rid)
    return clue_rows(
        mine,
        day="lapsed",
        who=asset_label(mine),
        note=text(mine.day, "续行，中断", mine.day.delta(mine.lapsed, unit="day"), "天"),
        src=row_ids(mine.rid).concat(mine.old_rids.sort()),
    )


@family.clue("M11", kind="finding", channel="B", needs=Needs(("CLOG",)))
def seized_too_much(f: Facts) -> ir.Table:
    """Terminations whose first-ranked seals are worth far more than debt and costs, with one that could be spared.

    Only homes and funds tied to a loan, which may be sealed but hardly sold, count for nothing.
    """
    mine = _own_seals(f)
    mine = mine.filter(mine.day <= mine.zb_date, mine.until >= mine.zb_date)
    mine = mine.anti_join(_ranked_behind(f, mine, "zb_date"), ["episode", "rid"])
    mine = first_per_key(mine, ("episode", "asset"), mine.day, mine.rid)
    worth = f.owned.filter(f.owned.at_end).group_by("episode", asset="asset_id")
    worth = worth.agg(net=lambda t: t.net.max(), worth_rid=lambda t: t.rid.max(), exempt=lambda t: t.exempt.any())
    mine = left_joined(mine, worth, "episode", "asset")
    mine = mine.filter(~ibis.coalesce(mine.exempt, False))
    mine = mine.mutate(worth=ibis.coalesce(mine.net, mine.amount)).filter(lambda t: t.worth > 0)
    whole = mine.group_by("episode", "zb_date", "debt").agg(
        total=mine.worth.sum().cast("int64"),
        least=mine.worth.min(),
        things=mine.asset.nunique(),
        who=asset_label(mine).collect().sort().join("、"),
        seal_rids=mine.rid.collect().sort(),
        worth_rids=mine.worth_rid.collect().sort(),
    )
    owed = whole.debt * (100 + f.threshold("M11-COSTS"))
    over = whole.total.cast("float64") * 10_000 > owed.cast("float64") * f.threshold("M11-OVER")
    whole = whole.filter(over, whole.things >= 2, (whole.total - whole.least) * 100 >= owed)
    return clue_rows(
        whole,
        day="zb_date",
        amount=(whole.total - whole.debt * (100 + f.threshold("M11-COSTS")) / 100).floor().cast("int64"),
        who="who",
        note=text(whole.things, "项，净值为未履行额的", (whole.total * 100 // whole.debt), "%"),
        src=whole.seal_rids.concat(rids_or_none(whole.worth_rids)),
    )


def _asked(f: Facts, *codes: str) -> ir.Table:
    """Notices to assist or to perform in the chain, one per addressee and day, with log_on."""
    asked = f.events.filter(f.events.ev_code.isin(codes))
    asked = asked.mutate(whom=ibis.coalesce(asked.other_id, plain_name(asked.other_name), asked.detail, ""))
    asked = first_per_key(asked, ("episode", "ev_code", "whom", "ev_date"), asked.end_date, asked.rid)
    return with_log_or_none(f, asked)


@family.clue("M16A", kind="finding", channel="AB", needs=Needs(("CLOG",)), risk=0)
@feature("M16A_n", "未按期答复的协助执行通知数", "count")
@feature("M16A_long", "逾{T-ASSIST-LONG:汉}日未答复的协助执行通知数", "count", where="long")
@feature("M16A_organ", "国家机关未按期答复的协助执行通知数", "count", where="organ")
def assistance_notices_unanswered(f: Facts) -> ir.Table:
    """Notices to assist answered later than fifteen days or, by the log, not at all."""
    asked = due(f, _asked(f, "ASSIST"), "T-ASSIST", "ev_date")
    asked = due(f, asked, "T-ASSIST-LONG", "ev_date", "long_due")
    unanswered = ibis.coalesce(asked.result, "") == ""
    asked = asked.filter(late_or_never(f, asked, asked.end_date, open_=unanswered))
    organ = ibis.coalesce(asked.other_name.re_search(ORGANS), False)
    answered = done_or_absent(asked.end_date, "答复", asked.log_on, "无答复记录")
    of_state = ibis.ifelse(organ, "（国家机关）", "")
    note = text(asked.detail, "，", answered, of_state, holiday_caveat(asked.due_sure))
    return clue_rows(
        asked,
        day="ev_date",
        who=ibis.coalesce(asked.other_name, asked.other_id, asked.detail),
        note=note,
        organ=organ,
        long=late_or_never(f, asked, asked.end_date, "long_due"),
    )


@family.clue("M16B", kind="finding", channel="AB", needs=Needs(("TX", "CLOG")))
@feature("M16B_n", "协助义务人通知后支付笔数", "count")
@debt_ratio("M16B_total", "协助义务人通知后支付额/未履行额")
@feature("M16B_units", "通知后仍支付的协助义务人数", "nunique", "who")
def payments_despite_notice(f: Facts) -> ir.Table:
    """Receipts of a debtor, after the notice, from a unit asked to withhold or a third party ordered to pay the court.

    Payments below what the unit used to pay on average are taken for what must be left to live on.
    """
    asked = _asked(f, "ASSIST", "DEBT3P").filter(lambda t: t.other_id.notnull() | t.other_name.notnull())
    asked = asked.filter(~((asked.ev_code == "DEBT3P") & ibis.coalesce(asked.result.contains(OBJECTION), False)))
    asked = asked.mutate(plain=plain_name(asked.other_name))
    asked = asked.group_by("episode", "whom").agg(
        told_on=asked.ev_date.min(),
        told_rid=row_id_at(asked, "ev_date"),
        plain=asked.plain.min(),
        number=asked.other_id.min(),
        subject=asked.subject.min(),
        subjects=asked.subject.nunique(),
    )
    paid = f.txns.filter(f.txns.sign > 0).select("person", "cp_id", "cp_plain", "cp_name", "day", "amount", "rid")
    paid = paid.join(f.debtors.select("episode", "person").semi_join(asked, "episode"), "person")
    same = ibis.coalesce(paid.cp_id == asked.number, paid.cp_plain == asked.plain, False)
    met = paid.join(asked, [paid.episode == asked.episode, same])
    met = met.filter((met.subjects != 1) | (met.subject == met.person))
    early = (met.day <= met.told_on) & (add_days(met.day, ibis.literal(f.threshold("M16B-BACK"))) >= met.told_on)
    met = met.mutate(early=early)
    group = [met.episode, met.whom, met.person]
    met = met.mutate(
        before=ibis.ifelse(met.early, met.amount, 0).sum().over(group_by=group),
        count=met.early.cast("int64").sum().over(group_by=group),
    )
    usual = met.amount * met["count"] * 100 >= met.before * f.threshold("M16B-KEPT")
    met = met.filter(met.day > met.told_on, met.amount >= f.threshold("M16B-LEAST"), usual)
    met = first_per_key(met, ("episode", "rid"), met.told_on, met.told_rid)
    return clue_rows(
        met,
        who=ibis.coalesce(met.cp_name, met.whom),
        note=text("协助执行通知", met.told_on, "发出后支付"),
        src=("rid", "told_rid"),
    )


@family.clue("M16C", kind="finding", channel="AB", needs=Needs(("CLOG",)), risk=0)
@feature("M16C_n", "未提异议而未执行的到期债权数", "count")
@debt_ratio("M16C_value", "未提异议而未执行的到期债权/未履行额")
def third_party_debt_left(f: Facts) -> ir.Table:
    """Debts owed to the debtor whose own debtor did not object in time and which the court did not go on to collect."""
    owed = due(f, _asked(f, "DEBT3P"), "T-DEBT3P", "ev_date", "objection_due")
    owed = due(f, owed, "T-DEBT3P-ACT", "objection_due")
    said = ibis.coalesce(owed.result, "")
    objected = (
        said.contains(OBJECTION) & ~said.contains("无异议") & ibis.coalesce(owed.end_date <= owed.objection_due, True)
    )
    performed = said.re_search(PERFORMED)
    owed = owed.filter(~objected, ~performed, owed.due < f.today, log_covers(owed.log_on, owed.due))
    acts = f.events.filter(f.events.ev_code.isin([*CONTROLLED, "PAY_IN", "ASSIST"]))
    acts = acts.select(
        "ev_code",
        a_episode="episode",
        a_on="ev_date",
        a_amount="amount",
        a_id="other_id",
        a_name=plain_name(acts.other_name),
    )
    same = ibis.coalesce(owed.other_id == acts.a_id, plain_name(owed.other_name) == acts.a_name, False)
    paid = acts.ev_code.isin(["PAY_IN", "DEDUCT"]) & ibis.coalesce(acts.a_amount == owed.amount, False)
    owed = owed.anti_join(acts, [owed.episode == acts.a_episode, acts.a_on > owed.ev_date, same | paid])
    return clue_rows(
        owed,
        day="ev_date",
        who=ibis.coalesce(owed.other_name, owed.other_id, owed.detail),
        note=text(
            "异议期至",
            owed.objection_due,
            "；",
            absence_note(owed.log_on, "其后无执行记录"),
            holiday_caveat(owed.due_sure),
        ),
    )
