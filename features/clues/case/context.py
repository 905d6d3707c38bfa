"""Features of the case itself (docs/domain.md section F09-F11): other cases, earlier terminations, amount, cause,
parties.

No person's sex or age, no officer and no court is among them.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.helpers import clue_rows, no_rids, text

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("context", "案件背景", __file__)

CAUSES: tuple[tuple[int, str, str], ...] = tuple(
    (row["code"], row["label"], row["pattern"])
    for row in tomllib.loads((Path(__file__).parents[2] / "config" / "causes.toml").read_text(encoding="utf-8"))[
        "cause"
    ]
)
"""Code, label and pattern of each cause, in the order in which they are tried."""


@family.clue("F09", kind="context", channel="AB", needs=Needs(("COURT",)), risk=0)
@feature("F09_n", "同一被执行人其他执行案件数", "count")
@feature("F09_ended", "同一被执行人其他终本案件数", "count", where="ended")
@debt_ratio("F09_unpaid", "其他执行案件标的/本案未履行额")
@feature("F09_applicants", "其他执行案件申请执行人数", "nunique", "applicant")
def cases_elsewhere(f: Facts) -> ir.Table:
    """Other enforcement cases of the same debtors, by identity number."""
    other = f.other_cases
    return clue_rows(
        other,
        "ended",
        "applicant",
        day="filed",
        amount=ibis.coalesce(other.amount, 0),
        who="other_case",
        note=ibis.ifelse(other.ended, "已终本", "其他状态"),
        src=("case_rid", "party_rid"),
    )


@family.clue("F10", kind="context", channel="AB", needs=Needs(("COURT",)), risk=0)
@feature("F10_n", "同一案件此前终本次数", "count")
@debt_ratio("F10_paid", "此前程序到位金额/未履行额")
def earlier_episodes(f: Facts) -> ir.Table:
    """Earlier terminations of the same chain, with what had been paid in each by then."""
    now = f.episodes.select("episode", "chain", "zb_date", case_rid="rid")
    before = f.episodes.view().select(
        old_chain="chain", old_date="zb_date", old_rid="rid", old_no="case_no", old_paid="amt_paid"
    )
    met = now.join(before, [now.chain == before.old_chain, before.old_date < now.zb_date])
    return clue_rows(
        met,
        day="old_date",
        amount=ibis.coalesce(met.old_paid, 0),
        who="old_no",
        note=ibis.literal("同一案件此前终本"),
        src=("old_rid", "case_rid"),
    )


@family.clue("F11", kind="context", channel="AB", risk=0)
@feature("F11_debt", "未履行额", "max", "amount", unit="元")
@feature("F11_log_debt", "未履行额（常用对数）", "max", "log_debt")
@feature("F11_small", "小标的案件", "any", unit="是否", where="small")
@feature("F11_vulnerable", "涉特殊主体", "any", unit="是否", where="vulnerable")
@feature("F11_cause", "案由编码", "max", "cause_code", unit="类")
@feature("F11_paid_percent", "终本前到位百分比", "max", "paid_percent", unit="%")
@feature("F11_days", "终本至今天数", "max", "days", unit="天")
@feature("F11_asked", "申请执行人申请终本", "any", unit="是否", where="asked")
@feature("F11_chain", "恢复执行后再次终本", "any", unit="是否", where="resumed")
def the_case(f: Facts) -> ir.Table:
    """The claim and its age, one row per episode."""
    case = f.episodes
    cause = ibis.coalesce(case.cause, "")
    paid = ibis.coalesce(case.amt_paid, 0) * 100 // ibis.greatest(ibis.coalesce(case.amt_due, 1), 1)
    return clue_rows(
        case,
        "vulnerable",
        day="zb_date",
        amount="debt",
        who="case_no",
        note=text(case.cause),
        small=ibis.coalesce(case.small, False),
        log_debt=(case.debt.cast("float64") / 100).log10().round(6),
        cause_code=ibis.cases(*((cause.re_search(pattern), code) for code, _, pattern in CAUSES), else_=0),
        paid_percent=ibis.least(paid.cast("int64"), 100),
        days=f.today.delta(case.zb_date, unit="day"),
        asked=ibis.coalesce(case.zb_by_applicant, False),
        resumed=case.chain != case.case_no,
    )


def _kinds(table: ir.Table, **counts: Any) -> ir.Table:
    return table.group_by("episode").agg(rids=table.rid.collect().sort(), **counts)


@family.clue("F12", kind="context", channel="AB", risk=0)
@feature("F12_debtors", "被执行人数", "max", "debtors")
@feature("F12_companies", "被执行人中的企业数", "max", "companies")
@feature("F12_unknown", "下落不明的被执行人数", "max", "lost")
@feature("F12_applicants", "申请执行人数", "max", "applicants")
@feature("F12_applicant_company", "申请执行人为企业", "any", unit="是否", where="by_company")
def the_parties(f: Facts) -> ir.Table:
    """Who owes and who asks: numbers and kinds, one row per episode."""
    owes = f.debtors
    debtors = _kinds(
        owes,
        debtors=owes.count(),
        companies=(owes.kind != "person").sum(),
        lost=ibis.coalesce(owes.whereabouts_unknown, False).sum(),
    )
    asks = f.applicants
    applicants = asks.group_by("episode").agg(
        asking=asks.rid.collect().sort(), applicants=asks.count(), by_company=(asks.kind != "person").any()
    )
    case = f.episodes.select("episode", "zb_date").join(debtors, "episode").left_join(applicants, "episode")
    none = no_rids()
    return clue_rows(
        case,
        "debtors",
        "companies",
        "lost",
        day="zb_date",
        amount=None,
        who=ibis.literal("当事人"),
        note=text("被执行人", case.debtors, "人"),
        src=case.rids.concat(ibis.coalesce(case.asking, none)),
        applicants=ibis.coalesce(case.applicants, 0),
        by_company=ibis.coalesce(case.by_company, False),
    )
