"""Clues on realty kept from enforcement: seals that expired, homes in a spouse's name, cheap leases to insiders,
unequal divorces, mortgages to insiders (docs/domain.md section M3, E05-E10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.court_log import absence_note
from features.clues.base.helpers import clue_rows, not_controlled, register_rows, text
from features.clues.court.auctions import TIES
from features.facts.assets.auctions import SELF
from features.facts.case.coverage import log_covers
from features.facts.people.people import KIN
from features.facts.rows import first_per_key, in_force

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("realty", "不动产", __file__)

DISPOSED = ("AUCTION", "SELLOFF", "INKIND", "DEDUCT")
"""Acts by which a sealed thing is realised: its seal need not be renewed."""

OWN_PROPERTY = r"继承|赠与|拆迁安置|离婚"
"""Ways of acquiring that may leave a thing with one spouse alone."""

NOTED = r"预告|网签|预售|预购"
"""Ways of acquiring that stand in the register before ownership does."""


@family.clue("M3B", kind="finding", channel="AB", needs=Needs(("RE", "CLOG")))
@feature("M3B_n", "终本后查封到期未续的不动产数", "count")
@debt_ratio("M3B_net", "终本后查封到期未续的不动产净值/未履行额")
@feature("M3B_days", "不动产脱封天数", "max", "gone_days", unit="天")
def realty_seal_lapsed(f: Facts) -> ir.Table:
    """Realty still the debtor's whose seal outlived the termination, ran out and was followed by no other, unpaid."""
    home = f.owned.filter(f.owned.asset_kind == "RE", f.owned.at_end, f.owned.day_to.isnull())
    home = home.filter(~ibis.coalesce(home.marked_until >= f.today, False)).anti_join(f.settled, "episode")
    chain = f.seals.join(f.chains, "case_no").join(f.episodes.select("episode", "chain"), "chain")
    chain = chain.select("expires", "until", "ended", "asset", s_episode="episode", seal_day="day", seal_rid="rid")
    met = home.join(chain, [home.episode == chain.s_episode, home.asset_id == chain.asset])
    met = met.drop("s_episode", "asset")
    met = met.mutate(let_go=met.ended.max().over(group_by=[met.episode, met.asset_id]))
    met = first_per_key(met, ("episode", "asset_id"), met.until.desc(), met.seal_rid.desc())
    met = met.filter(
        ~ibis.coalesce(met.let_go >= met.seal_day, False),
        met.seal_day <= met.zb_date,
        met.expires >= met.zb_date,
        met.expires < f.today,
        log_covers(met.log_on, met.expires),
    )
    met = not_controlled(f, met.mutate(now=f.today), "asset_id", "now")
    sold = f.events.filter(f.events.ev_code.isin(DISPOSED)).select("asset_id", d_episode="episode")
    met = met.anti_join(sold, [met.episode == sold.d_episode, met.asset_id == sold.asset_id])
    note = absence_note(met.log_on, "到期前后无续封记录")
    gone_days = f.today.delta(met.expires, unit="day")
    return register_rows(met, "expires", note, "rid", "seal_rid", gone_days=gone_days)


@family.clue("M3C", kind="finding", channel="AB", needs=Needs(("KIN", "KRE"), party="person", since="t_debt"))
@feature("M3C_n", "债务形成后婚内取得、仅登记在配偶名下的不动产数", "count")
@debt_ratio("M3C_half", "仅登记在配偶名下的共有不动产推定份额/未履行额")
def realty_of_the_spouse(f: Facts) -> ir.Table:
    """Realty that the spouse alone acquired from others in the marriage, after the debt; the debtor's share of it."""
    home = f.kin_owned.filter(
        f.kin_owned.asset_kind == "RE",
        f.kin_owned.rel.isin(["spouse", "ex_spouse"]),
        ~f.kin_owned.from_debtor,
        f.kin_owned.day_to.isnull(),
    )
    home = home.filter(home.day_from > home.t_debt, ~ibis.coalesce(home["mode"].re_search(OWN_PROPERTY), False))
    pair = f.marriages.select(
        "divorced_on", m_episode="episode", m_other="other", wed_on="day_from", marriage_rid="rid"
    )
    met = home.join(
        pair,
        [
            home.episode == pair.m_episode,
            home.owner == pair.m_other,
            in_force(home.day_from, pair.wed_on, pair.divorced_on),
        ],
    ).drop("m_episode", "m_other")
    met = first_per_key(met, ("episode", "asset_id"), met.wed_on.desc(), met.marriage_rid)
    own = f.homes.join(f.debtors.select("person", o_episode="episode"), f.homes.owner == f.debtors.person)
    met = met.anti_join(own, [met.episode == own.o_episode, met.asset_id == own.unit_no])
    net = ibis.ifelse(met.value.notnull(), ibis.greatest(met.value - ibis.coalesce(met.encumbrance, 0), 0), None)
    note = text(met.rel.substitute(TIES), "名下，", met.wed_on, "结婚")
    share = net * f.threshold("M3C-SHARE") // 100
    return register_rows(met, "day_from", note, "rid", "kin_rid", "marriage_rid", amount=share)


@family.clue("M3E", kind="finding", channel="AB", needs=Needs(("RE", "CQRY")))
@feature("M3E_n", "登记在名下而法院从未查询的不动产数", "count")
@debt_ratio("M3E_net", "登记在名下而法院从未查询的不动产净值/未履行额")
@feature("M3E_noted", "未查询的预告登记、网签不动产数", "count", where="noted")
def realty_never_asked_about(f: Facts) -> ir.Table:
    """Realty in a debtor's name on the termination day of whom the court's own case never asked the realty register."""
    home = f.owned.filter(f.owned.asset_kind == "RE", f.owned.at_end)
    party = f.logged_debtors.filter(f.logged_debtors.id_known | f.logged_debtors.alone)
    party = party.select("query_on", "alone", w_episode="episode", w_person="person")
    home = home.join(party, [home.episode == party.w_episode, home.owner == party.w_person])
    home = home.drop("w_episode", "w_person").filter(lambda t: log_covers(t.query_on, t.zb_date))
    query = f.queries.filter(f.queries.range_code == "IP").select("subject", "req_date", q_episode="episode")
    home = home.anti_join(
        query,
        [
            home.episode == query.q_episode,
            query.req_date <= home.zb_date,
            query.subject.isnull() | (query.subject == home.owner) | home.alone,
        ],
    )
    noted = ibis.coalesce(home["mode"].re_search(NOTED), False)
    return clue_rows(
        home,
        day="zb_date",
        amount="net",
        who="label",
        note=text(
            ibis.ifelse(noted, text(home["mode"], "；"), ""),
            "检索网络查控表（末次交接",
            home.query_on,
            "），无不动产查询",
        ),
        src=("rid", "case_rid"),
        noted=noted,
    )


@family.clue("E05L", kind="measure", channel="A", needs=Needs(("LEASE", "KIN"), since="t_debt"))
@feature("E05L_n", "低价或预收租金出租给关联人的租赁数", "count")
@debt_ratio("E05L_gap", "出租给关联人少收的租金/未履行额")
@feature("E05L_kin", "低价或预收租金出租给近亲属的租赁数", "count", where="to_kin")
def leased_to_insiders(f: Facts) -> ir.Table:
    """Leases since the debt to kin or affiliates at half the market rent or prepaid for years; the rent forgone.

    Leases registered after a seal of the unit, or of a unit that went to auction, belong to clue E11L.
    """
    lease = f.leases.join(f.anchors.select("episode", "t_debt"), "episode")
    lease = lease.mutate(begun=ibis.coalesce(lease.signed_on, lease.registered_on))
    low = ibis.coalesce(lease.rent_month * 100 < lease.market_rent * f.threshold("E05L-RENT"), False)
    long = (lease.prepaid > 0) & (lease.prepaid >= lease.rent_month * f.threshold("E05L-PREPAID"))
    lease = lease.mutate(low=low, long=ibis.coalesce(long, False))
    lease = lease.filter(lease.begun > lease.t_debt, lease.low | lease.long)
    seal = f.seals.select(s_unit="asset_id", s_day="day")
    lease = lease.anti_join(seal, [lease.unit_no == seal.s_unit, seal.s_day < lease.registered_on])
    lot = f.lots.select(l_episode="episode", l_unit="asset_id")
    lease = lease.anti_join(lot, [lease.episode == lot.l_episode, lease.unit_no == lot.l_unit])
    near = f.insiders.filter(f.insiders.rel != SELF).select("rel", "tie_rid", n_episode="episode", tied="other")
    lease = lease.join(near, [lease.episode == near.n_episode, lease.tenant == near.tied])
    months = (lease.end_date.year() - lease.start_date.year()) * 12 + lease.end_date.month() - lease.start_date.month()
    term = ibis.least(ibis.greatest(months, 0), f.threshold("E05L-MONTHS"))
    gap = ibis.ifelse(lease.low & months.notnull(), (lease.market_rent - lease.rent_month) * term, None)
    words = text(
        ibis.ifelse(lease.low, "租金明显低于市价，", ""),
        ibis.ifelse(lease.long, "长期预付租金，", ""),
        lease.rel.substitute(TIES),
    )
    return clue_rows(
        lease,
        day="begun",
        amount=gap,
        who=ibis.coalesce(lease.tenant_name, lease.tenant),
        note=words,
        src=("rid", "tie_rid"),
        to_kin=lease.rel.isin(KIN),
    )


@family.clue("E06", kind="finding", channel="A", needs=Needs(("KIN",), party="person", since="t_debt"))
@feature("E06_n", "债务形成后离婚而少分财产多担债务的次数", "count")
@feature("E06_assets", "离婚时被执行人分得财产比例", "min", "assets", unit="%")
@feature("E06_debts", "离婚时被执行人承担债务比例", "max", "debts", unit="%")
@feature("E06_served", "送达后离婚而少分财产多担债务的次数", "count", where="served")
def divorced_of_the_assets(f: Facts) -> ir.Table:
    """Divorces between debt and termination that left the debtor under 35 % of assets and over 60 % of debts."""
    pair = f.marriages.join(f.anchors.select("episode", "t_debt", "t_srv", "t_zb"), "episode")
    pair = pair.mutate(assets=(pair.asset_share * 100).round(4), debts=(pair.debt_share * 100).round(4))
    pair = pair.filter(
        pair.divorced_on >= pair.t_debt,
        pair.divorced_on <= pair.t_zb,
        pair.assets < f.threshold("E06-ASSETS"),
        pair.debts > f.threshold("E06-DEBTS"),
    )
    share = [pair[name].round().cast("int64").cast("string") for name in ("assets", "debts")]
    return clue_rows(
        pair,
        "assets",
        "debts",
        day="divorced_on",
        amount=None,
        who="other",
        note=text("分得财产", share[0], "%，承担债务", share[1], "%", ibis.coalesce("，" + pair.division, "")),
        served=ibis.coalesce(pair.divorced_on >= pair.t_srv, False),
    )


@family.clue("E10", kind="finding", channel="A", needs=Needs(("RE", "KIN"), since="t_srv"))
@feature("E10_n", "诉讼执行期间为亲属或关联人设立的抵押数", "count")
@debt_ratio("E10_amount", "诉讼执行期间为亲属或关联人设立的抵押额/未履行额")
@feature("E10_kin", "诉讼执行期间抵押权人为近亲属的抵押数", "count", where="to_kin")
@feature("E10_guarantee", "诉讼执行期间为亲属或关联人债务提供的抵押数", "count", where="guarantee")
def mortgaged_to_insiders(f: Facts) -> ir.Table:
    """Mortgages given between service and termination to kin or affiliates, or for a debt of theirs."""
    lien = f.pledges.join(f.anchors.select("episode", "t_srv", "t_zb"), "episode")
    lien = lien.filter(lien.day >= lien.t_srv, lien.day <= lien.t_zb)
    near = f.insiders.filter(f.insiders.rel != SELF)
    to = near.select(to_rel="rel", to_rid="tie_rid", to_episode="episode", to_no="other")
    by = near.select(by_rel="rel", by_rid="tie_rid", by_episode="episode", by_no="other")
    lien = lien.left_join(to, [lien.episode == to.to_episode, lien.mortgagee == to.to_no])
    lien = lien.left_join(by, [lien.episode == by.by_episode, lien.secured == by.by_no])
    lien = lien.filter(lien.to_rid.notnull() | lien.by_rid.notnull())
    who = ibis.ifelse(lien.to_rid.notnull(), ibis.coalesce(lien.mortgagee_name, lien.mortgagee), lien.secured)
    words = text(
        ibis.coalesce("抵押权人：" + lien.to_rel.substitute(TIES), ""),
        "，",
        ibis.coalesce("为其债务担保：" + lien.by_rel.substitute(TIES), ""),
    )
    return clue_rows(
        lien,
        who=who,
        note=words,
        src=("rid", "to_rid", "by_rid"),
        to_kin=ibis.coalesce(lien.to_rel.isin(KIN), False),
        guarantee=lien.by_rid.notnull(),
    )
