"""The eleven compliance checks of a termination (终本合规核查, docs/domain.md section 1.2), one clue each.

A row is a failed check. What the log does not hold is only said of cases the court's log reaches (`Facts.court_reach`),
and once a delivery came late enough to show it; elsewhere the check abstains. Check 12 (reported as 14) is left out:
its meaning is unknown.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register
from features.clues.base.court_log import absence_note, rows_at_termination
from features.clues.base.helpers import asset_label, clue_rows, no_amount, text, words_that_hold
from features.facts.case.court import BANK_KINDS
from features.facts.case.coverage import log_covers
from features.facts.case.duties import RANGES
from features.facts.rows import first_per_key, row_ids
from features.rules.periods import with_rule_value

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("procedure", "终本合规检查", __file__)

UNITS_WITHOUT_CODE = "村委会|村民委员会|居委会|居民委员会|业委会|业主委员会|村民小组|经济合作社|分公司"
"""Debtors that network queries cannot ask about when they bear no code (exception of check 2)."""

NO_INTERVIEW_CAUSES = r"^(320[1-5]|323[0-5]|336[67])$"
"""案由 codes that need no interview before the termination (exception of check 8)."""

ITEMS = {"公积金": "公积金", "理财": "理财", "收益类保险": "保险", "股息红利": "股息|红利"}
"""What an investigation must have looked into and the words that show it (check 4)."""

TRADITIONAL = ("INVEST", "SEARCH", "REWARD", "AUDIT")
DISPOSALS = ("DEDUCT", "AUCTION", "SELLOFF", "INKIND")


def _logged_debtors(f: Facts) -> ir.Table:
    """What was done about each debtor, where the log covers the termination and the debtor can be identified in it."""
    return f.acts.filter(f.acts.telling, log_covers(f.acts.log_on, f.acts.zb_date))


def _cases(f: Facts) -> ir.Table:
    """One row per episode that the log reaches, with the terms of the case."""
    debtors = f.logged_debtors.filter(log_covers(f.logged_debtors.log_on, f.logged_debtors.zb_date))
    return first_per_key(debtors, ("episode",), debtors.debtor_rid)


def _own(f: Facts, *codes: str) -> ir.Table:
    """Events of the episode's own case up to the termination."""
    return f.events.filter(f.events.own, ~f.events.after, f.events.ev_code.isin(codes))


@family.clue("CHK01", kind="finding", channel="B", needs=Needs(("CLOG",)))
def no_notice_or_order(f: Facts) -> ir.Table:
    """Debtors to whom no notice of enforcement or no order to report property is on record before the termination."""
    debtors = _logged_debtors(f)
    noticed = debtors.noticed | ibis.coalesce(debtors.ntc_sent_date <= debtors.zb_date, False)
    debtors = debtors.mutate(noticed=noticed).filter(lambda t: ~(t.noticed & t.ordered))
    missing = text(
        ibis.ifelse(debtors.noticed, "", "未见执行通知；"), ibis.ifelse(debtors.ordered, "", "未见报告财产令")
    )
    note = text(absence_note(debtors.log_on, ""), missing)
    return rows_at_termination(debtors, "name", note, "case_rid", "debtor_rid")


@family.clue("CHK02", kind="finding", channel="B", needs=Needs(("CLOG", "CQRY")))
def no_recent_query(f: Facts) -> ir.Table:
    """Debtors about whom some range of the network query was not asked in the 91 days before the termination."""
    asked = f.queried_ranges
    exempt = asked.name.re_search(UNITS_WITHOUT_CODE) & ~asked.id_known
    asked = asked.filter(~exempt, log_covers(asked.query_on, asked.zb_date))
    asked = asked.filter(~reduce(and_, (asked[code] for code in RANGES)))
    missing = words_that_hold({label: ~asked[code] for code, label in RANGES.items()})
    last = ibis.coalesce(asked.last_req.cast("string"), "无")
    delivered = text("检索网络查控反馈表（末次交接", asked.query_on, "）")
    note = text(delivered, "，缺：", missing, "；最近一次查询：", last)
    return rows_at_termination(asked, "name", note, "case_rid", "debtor_rid", "last_rid")


@family.clue("CHK03", kind="finding", channel="B", needs=Needs(("CLOG",)))
def no_investigation(f: Facts) -> ir.Table:
    """Terminations before which neither an investigation, search, reward notice nor audit is on record."""
    case = _cases(f).anti_join(_own(f, *TRADITIONAL), "episode")
    return rows_at_termination(
        case, "case_no", absence_note(case.log_on, "无财产调查、搜查、悬赏、审计记录"), "case_rid"
    )


@family.clue("CHK04", kind="finding", channel="B", needs=Needs(("CLOG",)))
def items_not_investigated(f: Facts) -> ir.Table:
    """Debtors about whom the court's investigations leave out an item of `ITEMS` (provident fund: persons only)."""
    debtors = _logged_debtors(f)
    survey = _own(f, "INVEST").select("subject", "detail", "rid", done_in="episode")
    met = debtors.join(
        survey,
        [
            debtors.episode == survey.done_in,
            survey.subject.isnull() | (survey.subject == debtors.person) | debtors.alone,
        ],
    )
    found = met.group_by("episode", "person").agg(
        detail=ibis.coalesce(met.detail, "").group_concat("；"),
        unsaid=met.detail.isnull().any(),
        survey_rid=met.rid.max(),
    )
    joined = debtors.left_join(found, ["episode", "person"]).filter(lambda t: ~ibis.coalesce(t.unsaid, False))
    words = ibis.coalesce(joined.detail, "")
    gaps = {
        item: ~words.re_search(pattern) & ((joined.kind == "person") if item == "公积金" else ibis.literal(True))
        for item, pattern in ITEMS.items()
    }
    joined = joined.mutate(missing=words_that_hold(gaps)).filter(lambda t: t.missing != "")
    note = text(absence_note(joined.log_on, "调查内容缺："), joined.missing)
    return rows_at_termination(joined, "name", note, "case_rid", "debtor_rid", "survey_rid")


@family.clue("CHK05", kind="finding", channel="B", needs=Needs(("COURT",)))
def clue_not_verified(f: Facts) -> ir.Table:
    """Property that the applicant pointed out before the termination and the court checked after it or never."""
    given = _own(f, "CLUE")
    late = given.end_date > given.zb_date
    unverified = given.end_date.isnull() & ~given.result.contains("已核实")
    given = given.filter(ibis.coalesce(late, unverified, False))
    return given.join(f.episodes.select("episode", case_rid="rid"), "episode").select(
        "episode",
        day="ev_date",
        amount=no_amount(),
        who=ibis.literal("申请执行人"),
        note=lambda t: text(t.detail, "（", ibis.coalesce(t.result, "核实结果未载明"), "）"),
        src=lambda t: row_ids(t.rid, t.case_rid),
    )


@family.clue("CHK06", kind="finding", channel="B", needs=Needs(("COURT",)))
def found_not_disposed(f: Facts) -> ir.Table:
    """Property found that was neither disposed of nor said to be beyond execution; small balances are passed over."""
    found = _own(f, "FOUND")
    found = found.join(f.episodes.select("episode", "amt_due", case_rid="rid"), "episode")
    found = with_rule_value(
        with_rule_value(found, f.rules, "T-SMALL-SUM", "zb_date", "least"), f.rules, "T-SMALL-SHARE", "zb_date", "part"
    )
    bank = ibis.coalesce(found.asset_kind.re_search(BANK_KINDS), False)
    small = (found.amount < found.least) & (found.amount * 100 <= found.amt_due * found.part)
    # The sum of an account that is not stated cannot be said to be large.
    passed = bank & ibis.coalesce(small, True)
    found = found.filter(~passed, ibis.coalesce(found.reason, "") == "")
    disposed = _own(f, *DISPOSALS).filter(lambda t: t.asset_id.notnull()).select("episode", "asset_id")
    found = found.anti_join(disposed, ["episode", "asset_id"])
    return clue_rows(
        found,
        day="ev_date",
        who=asset_label(found),
        note=ibis.literal("无处置记录、无不可执行原因"),
        src=("rid", "case_rid"),
    )


@family.clue("CHK07", kind="finding", channel="B", needs=Needs(("CLOG",)))
def no_consumption_limit(f: Facts) -> ir.Table:
    """Debtors without an order limiting consumption in force on the termination day."""
    debtors = _logged_debtors(f).filter(lambda t: ~t.limited)
    return rows_at_termination(
        debtors, "name", absence_note(debtors.log_on, "终本日无有效限制消费令"), "case_rid", "debtor_rid"
    )


@family.clue("CHK08", kind="finding", channel="B", needs=Needs(("CLOG",)))
def no_interview(f: Facts) -> ir.Table:
    """Terminations without a prior interview of the applicant; one held the same day is not taken for late."""
    case = _cases(f)
    exempt = ibis.coalesce(case.zb_by_applicant, False) | ibis.coalesce(
        case.cause.re_search(NO_INTERVIEW_CAUSES), False
    )
    courts = f.applicants.filter(f.applicants.name.contains("人民法院"))
    case = case.filter(~exempt).anti_join(courts, "episode")
    met = (
        _own(f, "INTERVIEW")
        .group_by("episode")
        .agg(said=lambda t: (ibis.coalesce(t.result, "") != "").any(), met_rid=lambda t: t.rid.max())
    )
    case = case.left_join(met, "episode").filter(lambda t: ~ibis.coalesce(t.said, False))
    return rows_at_termination(
        case,
        "case_no",
        absence_note(case.log_on, "").concat(
            ibis.ifelse(case.met_rid.isnull(), "无终本约谈记录", "约谈未记明是否同意终本")
        ),
        "case_rid",
        "met_rid",
    )


@family.clue("CHK09", kind="finding", channel="B", needs=Needs(("COURT",)))
def nothing_unpaid(f: Facts) -> ir.Table:
    """Terminations whose unpaid amount on record is not above zero."""
    case = f.episodes.filter(f.episodes.unpaid <= 0)
    return clue_rows(case, day="zb_date", amount="unpaid", who="case_no", note=ibis.literal("尚未执行标的金额不大于零"))


@family.clue("CHK10", kind="finding", channel="B", needs=Needs(("CLOG",)))
def no_ruling(f: Facts) -> ir.Table:
    """Terminations without a ruling on record."""
    ruling = f.events.filter(f.events.own, f.events.ev_code == "ZB").select("episode")
    case = _cases(f).anti_join(ruling, "episode")
    return rows_at_termination(case, "case_no", absence_note(case.log_on, "无终本裁定记录"), "case_rid")


@family.clue("CHK11", kind="finding", channel="B", needs=Needs(("COURT",)))
def debtors_all_dead(f: Facts) -> ir.Table:
    """Episodes all of whose debtors are natural persons reported dead."""
    party = f.debtors
    living = party.filter(~(party.dead & (party.kind == "person"))).select("episode")
    dead = party.anti_join(living, "episode").join(f.episodes.select("episode", "zb_date", case_rid="rid"), "episode")
    return rows_at_termination(dead, "name", ibis.literal("身份验证结果：死亡"), "rid", "case_rid")


CHECKS = tuple(family.clues)
"""The eleven checks, in their order."""
