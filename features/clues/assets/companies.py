"""Clues on debtors' companies (docs/domain.md section M7, 3.3 E01-E04): offices and shares passed to kin, money mixed
between a company and its only owner, look-alike new companies, deregistration in debt, capital not paid in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.helpers import clue_rows, no_rids, not_controlled, text, whole_yuan, words_that_hold
from features.clues.base.statement_helpers import RELATIONS
from features.facts.assets.companies import OWNER, SELF
from features.facts.assets.holdings import SAME_PASSING_DAYS
from features.facts.people.people import KIN
from features.facts.rows import first_per_key, left_joined, row_ids

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("companies", "股权与关联企业", __file__)

TIES = RELATIONS | {
    "employee": "员工",
    "accountant": "会计",
    SELF: "原股东或负责人本人",
}


def _percent(part: Any) -> Any:
    return (part * 100).floor().cast("int64").cast("string") + "%"


@family.clue("E01", kind="finding", channel="A", needs=Needs(("EQ", "KIN"), since="t_debt"))
@feature("E01_n", "债务形成至终本变更给近亲属等的企业登记项数", "count")
@feature("E01_kin", "变更给近亲属的企业登记项数", "count", where="to_kin")
@feature("E01_served", "送达后变更给近亲属等的企业登记项数", "count", where="served")
@feature("E01_soon", "邻近送达、判决、执行通知的企业变更项数", "count", where="soon")
def control_given_up(f: Facts) -> ir.Table:
    """Offices and shares given up from the debt to the termination to kin, staff or people known to own nothing."""
    change = f.control_changes.join(
        f.anchors.select("episode", "t_debt", "t_srv", "t_jdgsv", "t_ntc", "t_zb"), "episode"
    )
    change = change.filter(change.day >= change.t_debt, change.day <= change.t_zb)
    # That somebody owns nothing says little while it is unknown whether he is a relative.
    asked = f.coverage.filter(f.coverage.source == "KIN").episode
    change = change.filter(change.tie_rid.notnull() | (change.poor & change.episode.isin(asked)))
    days = ibis.literal(f.threshold("E01-SOON"))
    near = [
        ibis.coalesce(change.day.delta(change[at], unit="day").abs() <= days, False)
        for at in ("t_srv", "t_jdgsv", "t_ntc")
    ]
    why = ibis.ifelse(
        change.tie_rid.notnull(),
        text(change.rel.substitute(TIES), ibis.ifelse(change.by_name, "（仅姓名一致）", "")),
        "车辆、不动产查询均无财产",
    )
    note = text(
        ibis.coalesce(change.firm, change.uscc),
        ibis.ifelse(change.kind == "rep", "法定代表人", "股东"),
        "由",
        change.out_name,
        "变更为",
        change.taker_name,
        "，",
        why,
    )
    return clue_rows(
        change,
        amount=None,
        who=ibis.coalesce(change.taker_name, change.taker),
        note=note,
        src=row_ids(change.rid, change.tie_rid).concat(ibis.ifelse(change.tie_rid.isnull(), change.asked, no_rids())),
        to_kin=ibis.coalesce(change.rel.isin(KIN), False),
        served=ibis.coalesce(change.day >= change.t_srv, False),
        soon=near[0] | near[1] | near[2],
    )


@family.clue("E02", kind="finding", channel="A", needs=Needs(("EQ", "TX")))
@feature("E02_share", "一人公司与股东往来占其全部往来之比", "max", "part", unit="比")
@debt_ratio("E02_ratio", "一人公司与股东往来额/未履行额")
@feature("E02_n", "与股东双向频繁往来的一人公司数", "count")
def mixed_purses(f: Facts) -> ir.Table:
    """One-owner companies whose payments to and from the owner make a large part of all that moved, both ways."""
    pair = f.commingled
    both = (pair.paid_in + pair.paid_out).cast("int64")
    pair = pair.mutate(amount=both, smaller=ibis.least(pair.paid_in, pair.paid_out))
    pair = pair.filter(
        pair.amount * 100 >= pair.total * f.threshold("E02-SHARE"),
        pair.amount >= f.threshold("E02-LEAST"),
        pair.smaller * 100 >= pair.amount * f.threshold("E02-BACK"),
        ibis.least(pair.ins, pair.outs) >= f.threshold("E02-PAYMENTS"),
    )
    part = pair.amount / pair.total
    held = ibis.ifelse(pair.side == "firm", "公司账户", "股东账户")
    return clue_rows(
        pair,
        day="day_to",
        who=text(pair.owner_name, "与", pair.firm),
        note=text(
            "占", held, "全部往来的", _percent(part), "，股东付公司", pair.ins, "笔、公司付股东", pair.outs, "笔"
        ),
        src=row_ids(pair.share_rid, pair.firm_rid).concat(pair.rids),
        part=part,
    )


@family.clue("E03", kind="finding", channel="A", needs=Needs(("EQ", "KIN"), since="t_srv"))
@feature("E03_n", "送达后近亲属新设的同址同号同业企业数", "count")
@feature("E03_same", "新设企业地址、电话、经营范围相同的最多项数", "max", "same")
@feature("E03_alike", "新设企业字号近似的数量", "count", where="named")
def carried_on_by_kin(f: Facts) -> ir.Table:
    """Companies of kin, founded since service, with address, telephone or scope of a company of the debtor."""
    return _carried_on(f, f.successors.filter(~f.successors.same_hand))


@family.clue("E03B", kind="finding", channel="A", needs=Needs(("EQ",), party="company", since="t_srv"))
@feature("E03B_n", "送达后原股东或负责人新设的同址同号同业企业数", "count")
def carried_on_by_owners(f: Facts) -> ir.Table:
    """The same, owned or led by those who owned or led the debtor company themselves."""
    return _carried_on(f, f.successors.filter(f.successors.same_hand))


def _carried_on(f: Facts, pair: ir.Table) -> ir.Table:
    business = pair.scope_part * 100 >= f.threshold("E03-SCOPE")
    named = pair.alike * 100 >= f.threshold("E03-NAME")
    same = pair.same_place.cast("int64") + pair.same_line.cast("int64") + business.cast("int64")
    pair = pair.mutate(business=business, named=named, same=same).filter(lambda t: t.same >= f.threshold("E03-SAME"))
    pair = first_per_key(pair, ("episode", "uscc"), pair.same.desc(), pair.old_uscc)
    words = words_that_hold(
        {"同址": pair.same_place, "同电话": pair.same_line, "经营范围相同": pair.business, "字号近似": pair.named}
    )
    return clue_rows(
        pair,
        "same",
        "named",
        day="est_date",
        amount=None,
        who="firm",
        note=text(
            words,
            "（原企业：",
            ibis.coalesce(pair.old_firm, pair.old_uscc),
            "；持股或任职：",
            text(pair.taker_name, "，", pair.rel.substitute(TIES)),
            "）",
        ),
        src=row_ids(pair.new_rid, pair.old_rid, pair.share_rid, pair.tie_rid).unique(),
    )


@family.clue("E04", kind="finding", channel="A", needs=Needs(("EQ",)), risk=0)
@feature("E04_n", "执行立案后注销的企业数", "nunique", "uscc")
@feature("E04_self", "执行立案后注销的被执行企业数", "count", where="itself")
@feature("E04_simple", "执行立案后简易注销的企业数", "count", where="simple")
@feature("E04_bare", "执行立案后未见清算备案即注销的企业数", "count", where="bare")
def deregistered_in_debt(f: Facts) -> ir.Table:
    """Debtor companies, and those a debtor held after the filing, deregistered since it before the debt was paid."""
    own = f.own_firms.filter(f.own_firms.how.isin([OWNER, SELF]))
    firm = f.firms.filter(f.firms.ended_on.notnull()).select("uscc", "ended_on", firm_name="firm", firm_rid="rid")
    gone = own.join(firm, "uscc").join(f.episodes.select("episode", "filing_date", case_rid="rid"), "episode")
    held = gone.day_to.isnull() | (gone.day_to >= gone.filing_date)
    gone = gone.filter(gone.ended_on >= gone.filing_date, held)
    paid = f.settled.select("episode", "settled_on")
    gone = gone.anti_join(paid, [gone.episode == paid.episode, paid.settled_on <= gone.ended_on])
    gone = first_per_key(gone, ("episode", "uscc"), gone.how != SELF, gone.rid)
    filings = f.firm_changes.filter(f.firm_changes.kind.isin(["simple", "liquidation"]))
    simple = filings.kind == "simple"
    filings = filings.group_by("uscc").agg(
        notice_rid=filings.rid.max(where=simple),
        notice_on=filings.day.max(where=simple),
        wound_rid=filings.rid.max(where=~simple),
    )
    gone = left_joined(gone, filings, "uscc")
    itself = gone.how == SELF
    return clue_rows(
        gone,
        "uscc",
        day="ended_on",
        amount=None,
        who="firm_name",
        note=text(
            ibis.ifelse(itself, "被执行企业本身", "被执行人持股企业"),
            "，",
            gone.ended_on,
            "注销",
            ibis.ifelse(gone.notice_rid.notnull(), "，简易注销公告" + gone.notice_on.cast("string"), ""),
            ibis.ifelse(gone.wound_rid.notnull(), "，有清算备案", ""),
        ),
        src=row_ids(gone.firm_rid, gone.rid, gone.notice_rid, gone.wound_rid, gone.case_rid).unique(),
        itself=itself,
        bare=gone.wound_rid.isnull(),
        simple=gone.notice_rid.notnull(),
    )


@family.clue("M7B", kind="finding", channel="A", needs=Needs(("EQ", "KIN"), since="t_srv"))
@feature("M7B_n", "送达后转给近亲属的股权项数", "count")
@debt_ratio("M7B_value", "送达后转给近亲属的股权出资额/未履行额")
def shares_to_kin(f: Facts) -> ir.Table:
    """Shares, not frozen, that left the debtor from service to termination when kin became holders of that company."""
    own = f.shares.filter(f.shares.day_to.notnull())
    party = f.debtors.select("episode", "person")
    own = own.join(party, own.holder == party.person).join(f.anchors.select("episode", "t_srv", "t_zb"), "episode")
    own = own.filter(own.day_to >= own.t_srv, own.day_to <= own.t_zb)
    kept = ("episode", "person", "uscc", "company", "day_to")
    own = not_controlled(f, own, "uscc", "day_to").select(
        *kept,
        own_rid="rid",
        amount=ibis.coalesce(own.paid_up, own.subscribed),
    )
    taken = f.shares.select(
        taken_uscc="uscc", taker="holder", taker_name="holder_name", taken_on="day_from", new_rid="rid"
    )
    met = own.join(taken, own.uscc == taken.taken_uscc)
    met = met.filter(met.taken_on.delta(met.day_to, unit="day").abs() <= SAME_PASSING_DAYS)
    kin = f.kin.select("rel", kin_of="person", kin_id="other", kin_rid="rid")
    met = met.join(kin, [met.person == kin.kin_of, met.taker == kin.kin_id])
    met = first_per_key(met, ("episode", "own_rid"), met.taken_on, met.new_rid)
    met = met.filter(ibis.coalesce(met.amount >= f.threshold("M7B-LEAST"), True))
    return clue_rows(
        met,
        day="day_to",
        who=ibis.coalesce(met.taker_name, met.taker),
        note=text(ibis.coalesce(met.company, met.uscc), "，", met.rel.substitute(TIES), "接手，对价不明"),
        src=("own_rid", "new_rid", "kin_rid"),
    )


@family.clue("M7C", kind="measure", channel="A", needs=Needs(("EQ",), party="company"), risk=0)
@debt_ratio("M7C_gap", "被执行企业股东未实缴出资/未履行额")
@feature("M7C_n", "被执行企业未足额实缴的股东数", "nunique", "holder")
@feature("M7C_left", "债务形成后退出且未足额实缴的股东数", "count", where="left")
def capital_not_paid(f: Facts) -> ir.Table:
    """Shareholders of a debtor company, now or since the debt arose, who paid in less than they subscribed."""
    own = f.own_firms.filter(f.own_firms.how == SELF).select("episode", "uscc", "debtor_rid")
    share = own.join(f.shares, "uscc").join(f.anchors.select("episode", "t_debt"), "episode")
    since = ibis.coalesce(share.day_to >= share.t_debt, share.day_to.isnull())
    share = share.filter(share.subscribed > share.paid_up, since)
    share = first_per_key(share, ("episode", "uscc", "holder"), share.day_from.desc(), share.rid)
    left = share.day_to.notnull()
    return clue_rows(
        share,
        "holder",
        day="day_from",
        amount=share.subscribed - share.paid_up,
        who=ibis.coalesce(share.holder_name, share.holder),
        note=text(
            "认缴",
            whole_yuan(share.subscribed),
            "元，实缴",
            whole_yuan(share.paid_up),
            "元",
            ibis.ifelse(left, "，债务形成后已转出", ""),
            "，认缴期限待查",
        ),
        src=("rid", "debtor_rid"),
        left=left,
    )
