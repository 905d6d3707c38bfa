"""Clues on payments recognised by their memo: accounts closed, trade with one's own companies, repayments without a
known loan (docs/domain.md section M1 f-h)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, debt_ratio, feature
from features.clues.base.helpers import clue_rows, rids_or_none, text, whole_yuan
from features.clues.base.statement_helpers import days, other
from features.clues.money import funds
from features.facts.people.people import plain_name
from features.facts.rows import row_ids

if TYPE_CHECKING:
    from features.facts import Facts

family = funds.family.part(__file__)

GIVEN_UP = r"销户|结清|转卡|换卡"
LOAN_SETTLED = r"贷款|还贷|分期|信用卡|花呗|借呗|账单"
"""Words by which 结清 speaks of a bank's loan, not of an account."""

TRADE = r"货款|服务费|借款|往来|工程款"
REPAID = r"还款|归还|还借|还钱|偿还|借款.{0,2}还|还.{0,3}借款"


@family.clue("M1F", kind="measure", channel="A", needs=Needs(("TX",)), risk=0)
@feature("M1F_n", "受送达后摘要含销户、结清、换卡字样的转出笔数", "count", cap=50.0)
@debt_ratio("M1F_out_ratio", "受送达后销户、结清、换卡转出额/未履行额")
def given_up_by_memo(f: Facts) -> ir.Table:
    """Payments since service whose memo says that an account was closed or a card changed; settled loans left out."""
    m = f.moves
    memo = ibis.coalesce(m.memo, "")
    out = m.filter(m.sign < 0, m.since, ~m.creditor, memo.re_search(GIVEN_UP), ~memo.re_search(LOAN_SETTLED))
    return clue_rows(out, who=other(out), note="memo")


@family.clue("M1G", kind="measure", channel="A", needs=Needs(("TX",)))
@debt_ratio("M1G_net_ratio", "受送达后与关联企业往来净转出/未履行额", "net", how="max")
@debt_ratio("M1G_out_ratio", "受送达后以货款等名义转给关联企业/未履行额", "paid")
@feature("M1G_company_n", "以货款等名义往来的关联企业数", "nunique", "company", cap=20.0)
def to_own_companies(f: Facts) -> ir.Table:
    """Payments since service to companies tied to a debtor under words of trade, their payments back beside them.

    Only companies to which more went than came back.
    """
    m = f.moves
    tie = f.affiliates.group_by(tie_of="person", tied="other").agg(
        tie_name=plain_name(f.affiliates.other_name).min(), tie_rid=f.affiliates.rid.min()
    )
    rows = m.filter(m.since, m.external, m.cp_kind == "company", ibis.coalesce(m.memo, "").re_search(TRADE))
    by_id = rows.join(tie, [rows.person == tie.tie_of, rows.cp_id == tie.tied])
    nameless = rows.filter(rows.cp_id.isnull())
    by_name = nameless.join(tie, [nameless.person == tie.tie_of, nameless.cp_plain == tie.tie_name])
    both = by_id.union(by_name)
    both = both.mutate(net=(-both.sign * both.amount).sum().over(ibis.window(group_by=[both.episode, both.tied])))
    both = both.filter(both.net > 0)
    companies = both.group_by(net_episode="episode", net_tied="tied").agg(one=both.net.max())
    companies = companies.group_by("net_episode").agg(whole=companies.one.sum())
    both = both.join(companies, [("episode", "net_episode")])
    return clue_rows(
        both,
        who=other(both),
        note=text(ibis.ifelse(both.sign < 0, "转出", "转回"), "，", both.memo),
        src=("rid", "tie_rid"),
        company="tied",
        net="whole",
        paid=ibis.ifelse(both.sign < 0, both.amount, 0),
    )


@family.clue("M1H", kind="measure", channel="A", needs=Needs(("TX",)))
@debt_ratio("M1H_out_ratio", "受送达后未见借入的还款名义转出/未履行额")
@feature("M1H_lender_n", "未见借入的还款对象数", "nunique", "lender", cap=20.0)
def repaid_without_a_loan(f: Facts) -> ir.Table:
    """Payments since service that call themselves repayments, to people who had lent the debtor less than 30 % of them.

    Loans are looked for in the debtor's statements; where these do not reach back a year before the first repayment,
    there is no row.
    """
    m, t = f.moves, f.txns
    out = m.filter(
        m.leaves,
        m.since,
        m.cp_kind.isin(["person", "kin", "company"]),
        ibis.coalesce(m.memo, "").re_search(REPAID),
        ~ibis.coalesce(m.memo, "").re_search(LOAN_SETTLED),
    )
    whole = out.group_by(whole_episode="episode", lender_of="person", lender="cp").agg(
        repaid=out.amount.sum(), first_on=out.day.min(), last_on=out.day.max(), seen_from=out.seen_from.min()
    )
    whole = whole.filter(
        whole.repaid >= f.threshold("M1H-LEAST"), whole.seen_from <= whole.first_on - days(f.threshold("M1H-BACK"))
    )
    came = t.filter(t.sign > 0).select("amount", in_person="person", in_cp="cp", in_day="day", in_rid="rid")
    met = whole.left_join(
        came, [whole.lender_of == came.in_person, whole.lender == came.in_cp, came.in_day <= whole.last_on]
    )
    judged = met.group_by("whole_episode", "lender_of", "lender").agg(
        repaid=met.repaid.max(),
        lent=ibis.coalesce(met.amount.sum(), 0),
        rids=met.in_rid.collect().sort(),
        seen_from=met.seen_from.min(),
    )
    judged = judged.filter(judged.lent * 100 < judged.repaid * f.threshold("M1H-COVER"))
    both = out.join(
        judged.drop("seen_from"),
        [out.episode == judged.whole_episode, out.person == judged.lender_of, out.cp == judged.lender],
    )
    return clue_rows(
        both,
        "lender",
        who=other(both),
        note=text(
            "流水自",
            both.seen_from,
            "起，此人转入合计",
            whole_yuan(both.lent),
            "元，占",
            "还款的",
            (both.lent * 100 // both.repaid),
            "%",
        ),
        src=row_ids(both.rid).concat(rids_or_none(both.rids)).filter(lambda rid: rid.notnull()).unique(),
    )
