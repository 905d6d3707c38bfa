"""Clues on compensation for expropriation (征收拆迁补偿) that the court did not withhold or that went to other people
(docs/domain.md section M8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.court_log import absence_note, with_log
from features.clues.base.helpers import clue_rows, text
from features.clues.court.auctions import TIES
from features.facts.case.coverage import log_covers
from features.rules.periods import add_days

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("compensation", "征收拆迁补偿", __file__)

ASKED = ("ASSIST", "DEBT3P", "FREEZE", "SEAL", "DEDUCT", "PAY_IN")
"""Acts by which a court lays hold of a compensation."""

UNIT = r"征收|拆迁|征迁|搬迁|征地|动迁|旧村改造|城中村"
"""Words by which the addressee or the subject of such an act is known."""

COURT = r"法院|执行款|案款"


def _untouched(f: Facts, rows: ir.Table) -> ir.Table:
    """Agreements of episodes in whose chain the court never addressed the expropriating unit or took the money."""
    act = f.events.filter(f.events.ev_code.isin(ASKED))
    words = text(act.other_name, act.asset_kind, act.asset_id, act.detail, act.reason)
    act = act.filter(words.re_search(UNIT)).select("episode").distinct()
    return rows.anti_join(act, "episode")


@family.clue("M8A", kind="finding", channel="A", needs=Needs(("DEM", "CLOG"), since="t_srv"))
@feature("M8A_n", "未协助执行的征收补偿协议数", "count")
@debt_ratio("M8A_total", "未协助执行的征收补偿款/未履行额")
@debt_ratio("M8A_open", "尚未支付的征收补偿款/未履行额", where="open")
@debt_ratio("M8A_other", "由他人领款的被征收补偿款/未履行额", where="other")
@debt_ratio("M8A_late", "执行立案后支付的征收补偿款/未履行额", where="in_time")
def compensation_not_withheld(f: Facts) -> ir.Table:
    """Compensation due or paid to a debtor from a year before service on, of which the court asked nothing."""
    agreement = f.compensations.filter(f.compensations.standing, f.compensations.amount >= f.threshold("M8A-LEAST"))
    # A household's share that one of the family draws from the first is not the debtor's by that alone.
    agreement = agreement.filter(agreement.mine | (agreement.owns & ~agreement.passed & agreement.kin_rid.isnull()))
    day = ibis.coalesce(agreement.paid_date, agreement.agreement_date)
    agreement = agreement.mutate(day=day, duty=ibis.greatest(day, agreement.t_enf))
    start = add_days(agreement.t_srv, ibis.literal(-f.threshold("M8A-BACK")))
    agreement = _untouched(f, agreement.filter(agreement.day >= start))
    agreement = with_log(f, agreement)
    agreement = agreement.filter(log_covers(agreement.log_on, agreement.duty))
    open = agreement.paid_date.isnull()
    paid = ibis.ifelse(open, "尚未支付；", text("已于", agreement.paid_date, "支付；"))
    note = text(paid, absence_note(agreement.log_on, "无协助征收单位扣留记录"))
    return clue_rows(
        agreement,
        who=ibis.coalesce(agreement.project, agreement.agreement_no),
        note=note,
        open=open,
        other=~agreement.mine,
        in_time=ibis.coalesce(agreement.paid_date > agreement.t_enf, False),
    )


def _tie(rows: ir.Table) -> ir.StringValue:
    return ibis.coalesce(rows.rel.substitute(TIES), "关系未核对")


@family.clue("M8B", kind="finding", channel="A", needs=Needs(("DEM",), since="t_srv"))
@feature("M8B_n", "送达前后变更领款人的补偿协议数", "count")
@debt_ratio("M8B_value", "送达前后变更领款人的补偿款/未履行额")
@debt_ratio("M8B_kin", "领款人变更为近亲属的补偿款/未履行额", where="to_kin")
@debt_ratio("M8B_served", "送达后变更领款人的补偿款/未履行额", where="served")
def payee_replaced(f: Facts) -> ir.Table:
    """Agreements whose payee was changed from a debtor to somebody else shortly before service or later."""
    agreement = f.compensations.filter(f.compensations.passed, f.compensations.changed_date.notnull())
    start = add_days(agreement.t_srv, ibis.literal(-f.threshold("M8B-BEFORE")))
    agreement = agreement.filter(
        agreement.changed_date >= start, ~ibis.coalesce(agreement.payee_name.re_search(COURT), False)
    )
    agreement = agreement.anti_join(f.applicants, ["episode", agreement.payee == f.applicants.person])
    served = agreement.changed_date >= agreement.t_srv
    return clue_rows(
        agreement,
        day="changed_date",
        who=ibis.coalesce(agreement.payee_name, agreement.payee),
        note=text(_tie(agreement), "，", ibis.ifelse(served, "送达后", "送达前"), "变更"),
        src=("rid", "kin_rid"),
        to_kin=agreement.kin_rid.notnull(),
        served=served,
    )


@family.clue("M8C", kind="finding", channel="A", needs=Needs(("DEM",)))
@feature("M8C_n", "补偿款付入他人账户的协议数", "count")
@debt_ratio("M8C_value", "付入他人账户的补偿款/未履行额")
@debt_ratio("M8C_kin", "付入近亲属账户的补偿款/未履行额", where="to_kin")
def paid_to_other_account(f: Facts) -> ir.Table:
    """Compensation with a debtor as payee that was paid to an account whose only known holder is no debtor."""
    agreement = f.compensations.filter(
        f.compensations.standing,
        f.compensations.mine,
        f.compensations.paid_date.notnull(),
        f.compensations.acct_holder.notnull(),
        f.compensations.amount >= f.threshold("M8A-LEAST"),
    )
    start = add_days(agreement.t_srv, ibis.literal(-f.threshold("M8A-BACK")))
    agreement = agreement.filter(agreement.paid_date >= start).drop("rel", "kin_rid")
    for party in (f.debtors, f.applicants):
        agreement = agreement.anti_join(party, ["episode", agreement.acct_holder == party.person])
    tie = f.kin.select("rel", kin_of="person", kin_id="other", kin_rid="rid")
    agreement = agreement.left_join(tie, [agreement.person == tie.kin_of, agreement.acct_holder == tie.kin_id])
    return clue_rows(
        agreement,
        day="paid_date",
        who="acct_holder",
        note=text("账户持有人：", _tie(agreement)),
        src=("rid", "kin_rid"),
        to_kin=agreement.kin_rid.notnull(),
    )
