"""Periods that ran out (docs/domain.md section 1.3, Appendix A): each act judged by the rule in force on its own day.

Days are counted from the next day; a last day of rest rolls over to the next working day (see
`features.rules.periods`). What was not done by the day is only said where the court's log reaches late enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Feature, Needs, Register
from features.clues.base.helpers import cite, due, one_each, reaches, searched, text, unsure
from features.facts.case.court import BANK_KINDS
from features.rules.periods import add_days, add_months, under

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("timers")

HANDLED = ("ZB_RESUME_SUG", "SEAL", "FREEZE", "DETAIN", "DEDUCT")
"""Acts by which a court answers a re-check that found something, short of resuming (which ends the episode)."""

HELD_LAWFULLY = ("PAY_HOLD", "DEPOSIT", "DISTRIB")
HIT = r"^(有|是|1|true)"
RECHECKS = 10
"""Half-yearly queries over five years."""

_END = "关于严格规范终结本次执行程序的规定（试行）"


def _nothing() -> Any:
    return ibis.literal(None, type="int64")


@family.clue(
    "T-3M",
    "立案未满三个月即终本",
    kind="finding",
    channel="B",
    needs=Needs(("COURT",)),
    sentence="案件自立案至终本（{t_zb}）未超过三个月（{note}），疑似不符合终本条件，待核实。",
    innocent=("立案日期录入错误", "恢复执行案件沿用首次执行的调查结果"),
    next_step="核对立案日期和终本裁定日期，逐项核对是否已穷尽财产调查措施。",
    law=f"{_END}第一条第四项",
)
def ended_too_early(f: Facts) -> ir.Table:
    """Terminations on or before the day three months after filing (exactly three months is not more than three)."""
    case = under(f.episodes, f.rules, "T-3M", "zb_date", "months")
    case = case.filter(case.zb_date <= add_months(case.filing_date, case.months))
    return case.select(
        "episode",
        day="zb_date",
        amount=_nothing(),
        who="case_no",
        note=text(
            "立案",
            case.filing_date.cast("string"),
            "，终本前历时",
            case.zb_date.delta(case.filing_date, unit="day").cast("string"),
            "天",
        ),
        src=cite(case.rid),
    )


@family.clue(
    "T-NTC",
    "执行通知逾期发出",
    kind="finding",
    channel="B",
    needs=Needs(("COURT",)),
    sentence="收到执行申请后超过十日才发出执行通知（{note}），程序线索，待核实。",
    innocent=("申请材料补正后才算收到", "发出日期录入错误"),
    next_step="核对申请执行日期、立案日期和执行通知书发出日期。",
    law="民诉法解释第四百八十条",
)
def notice_late(f: Facts) -> ir.Table:
    """Notices sent later than ten days after the application came in (after filing where that day is unknown)."""
    sent = f.events.filter(f.events.own, f.events.ev_code == "NOTICE")
    first = sent.group_by("episode").agg(first_on=sent.ev_date.min(), notice_rid=sent.rid.argmin(sent.ev_date))
    case = f.episodes.left_join(first, "episode").drop("episode_right")
    case = case.mutate(
        received=ibis.coalesce(case.apply_date, case.filing_date), sent=ibis.coalesce(case.ntc_sent_date, case.first_on)
    )
    case = due(f, case, "T-NTC", "received").filter(lambda t: t.sent > t.due)
    return case.select(
        "episode",
        day="sent",
        amount=_nothing(),
        who="case_no",
        note=text(
            "收到申请",
            case.received.cast("string"),
            "，通知发出",
            case.sent.cast("string"),
            "，届满",
            case.due.cast("string"),
            unsure(case.due_sure),
        ),
        src=cite(case.rid, case.notice_rid),
    )


def late_clues(f: Facts) -> ir.Table:
    """Clues of the own case up to the termination: late (not verified in time), open (not verified by its day)."""
    given = f.events.filter(f.events.own, ~f.events.after, f.events.ev_code == "CLUE")
    given = due(f, given, "T-CLUE", "ev_date")
    unverified = given.end_date.isnull() & ~ibis.coalesce(given.result.contains("已核实"), True)
    given = given.mutate(
        open=ibis.coalesce(given.end_date > given.zb_date, False) | unverified,
        judged=ibis.coalesce(given.end_date, ibis.ifelse(unverified, given.zb_date, None)),
    )
    return given.mutate(late=ibis.coalesce(given.judged > given.due, False))


@family.clue(
    "T-CLUE",
    "财产线索逾期未核实",
    kind="finding",
    channel="B",
    needs=Needs(("COURT",)),
    sentence="申请执行人提供的{n}条具体财产线索未在法定期限内核实（最早{first}提供），疑似消极执行，待核实。",
    innocent=("线索不具体，经要求补充", "核实日期漏录"),
    next_step="调阅线索登记和核实笔录，向申请执行人核对提供时间。",
    law="关于民事执行中财产调查若干问题的规定第二条",
)
def clue_verified_late(f: Facts) -> ir.Table:
    """Clues verified later than the days of the rule of their time, or still open at the termination beyond them."""
    late = late_clues(f).filter(lambda t: t.late)
    return late.select(
        "episode",
        day="ev_date",
        amount=_nothing(),
        who=ibis.literal("申请执行人"),
        note=text(
            late.detail,
            "，",
            ibis.coalesce(late.end_date.cast("string") + "核实", "终本时未核实"),
            unsure(late.due_sure),
        ),
        src=cite(late.rid),
    )


@family.clue(
    "T-SEAL",
    "查封冻结到期未续",
    kind="finding",
    channel="B",
    needs=Needs(("CLOG",)),
    sentence="本案采取的{n}项查封、扣押、冻结已到期（{first}至{last}），未见续行记录，疑似脱封，待核实。",
    innocent=("续封手续在他案办理", "财产已处置完毕而未录入解除", "届满日期录入错误"),
    next_step="逐项核对现时控制状态，财产仍在被执行人名下的，建议法院立即续行。",
    law="民诉法解释第四百八十五条；查封、扣押、冻结财产的规定第二十七条",
)
def seal_lapsed(f: Facts) -> ir.Table:
    """Seals, detentions and freezes of the chain that ran out unreleased, with no other control still in force."""
    mine = f.seals.join(f.chains, "case_no").join(f.episodes.select("episode", "chain", "zb_date"), "chain")
    mine = mine.filter(mine.day <= mine.zb_date)
    mine = one_each(mine, ("episode", "asset"), (mine.until.desc(), mine.rid.desc()))
    mine = mine.filter(mine.until < f.today, mine.ended.isnull())
    live = f.seals.filter(f.seals.until >= f.today).select("asset")
    mine = mine.anti_join(live, "asset").join(f.registers.select("episode", "log_on"), "episode")
    mine = mine.filter(reaches(mine.log_on, mine.expires))
    sold = f.events.filter(
        f.events.ev_code.isin(["AUCTION", "SELLOFF", "INKIND", "DEDUCT"]), f.events.asset_id.notnull()
    )
    mine = mine.anti_join(sold.select("episode", "asset_id"), ["episode", "asset_id"])
    return mine.select(
        "episode",
        "amount",
        day="expires",
        who=text(mine.asset_kind, " ", mine.asset_id),
        note=searched(mine.log_on, "到期前后无续行或解除记录"),
        src=cite(mine.rid),
    )


def missed_rechecks(f: Facts) -> ir.Table:
    """Half-yearly queries due and not made, one row per due day: episode, due, log_on, case_rid, case_no, turn.

    The k-th query is due k half-years after the termination and is met by one between the slack days after the due day
    before and the slack days after its own.
    """
    case = f.episodes.select("episode", "case_no", "zb_date", case_rid="rid").join(
        f.registers.filter(f.registers.log_on.notnull()), "episode"
    )
    case = under(under(case, f.rules, "T-REQ", "zb_date", "months"), f.rules, "T-REQ-SLACK", "zb_date", "slack")
    case = case.mutate(turn=ibis.range(1, RECHECKS + 1).unnest())
    case = case.mutate(
        due=add_months(case.zb_date, case.months * case.turn),
        opens=add_days(add_months(case.zb_date, case.months * (case.turn - 1)), case.slack),
    )
    case = case.mutate(closes=add_days(case.due, case.slack))
    case = case.mutate(opens=ibis.ifelse(case.turn == 1, case.zb_date, case.opens))
    case = case.filter(case.closes < f.today, reaches(case.log_on, case.closes))
    done = f.events.filter(f.events.ev_code == "ZB_REQUERY").select("episode", asked="ev_date")
    return case.anti_join(done, [case.episode == done.episode, done.asked > case.opens, done.asked <= case.closes])


@family.clue(
    "T-REQ",
    "终本后六个月定期查询缺失",
    kind="finding",
    channel="B",
    needs=Needs(("CLOG",)),
    sentence="终本后应每六个月查询一次财产，已有{n}次到期未见查询记录（{first}至{last}），疑似未履行定期查询职责，待核实。",
    innocent=("系统自动查询已做、结果未回传本表", "查询时间略超容许天数"),
    next_step="调取终本案件管理系统的自动查询日志。",
    law=f"{_END}第九条",
)
def recheck_missing(f: Facts) -> ir.Table:
    """Half-yearly queries of the five years after the termination that fell due and are not on record."""
    missed = missed_rechecks(f)
    return missed.select(
        "episode",
        day="due",
        amount=_nothing(),
        who="case_no",
        note=text(searched(missed.log_on, "无第"), missed.turn.cast("string"), "次定期查询记录"),
        src=cite(missed.case_rid),
    )


def recheck_hits(f: Facts) -> ir.Table:
    """Queries after the termination that found something, once per query: known (day of the answer), log_on."""
    asked = f.events.filter(f.events.ev_code == "ZB_REQUERY", f.events.after)
    hit = asked.result.re_search(HIT)
    asked = asked.filter(ibis.coalesce(hit, False)).mutate(known=ibis.coalesce(asked.end_date, asked.ev_date))
    return asked.left_join(f.registers.select("episode", "log_on"), "episode").drop("episode_right")


@family.clue(
    "T-REQHIT",
    "终本后查询有结果未处理",
    kind="finding",
    channel="B",
    needs=Needs(("CLOG",)),
    sentence="终本后{n}次定期查询反馈有财产（最早{first}），三十日内未见控制、恢复建议等处理记录，疑似应恢复未恢复，待核实。",
    innocent=("反馈财产数额极小", "反馈为终本前已查明且不能处置的财产", "处理记录未录入"),
    next_step="调取查询反馈明细，核对财产价值，建议法院控制财产并恢复执行。",
    law=f"{_END}第九条、第十条（待核）",
)
def recheck_hit_idle(f: Facts) -> ir.Table:
    """Queries that found property, thirty days and more ago, after which no control or suggestion is on record."""
    hits = due(f, recheck_hits(f), "T-REQHIT", "known")
    hits = hits.filter(hits.due < f.today, reaches(hits.log_on, hits.due))
    done = f.events.filter(f.events.ev_code.isin(HANDLED)).select("episode", handled="ev_date")
    hits = hits.anti_join(done, [hits.episode == done.episode, done.handled >= hits.known])
    return hits.select(
        "episode",
        "amount",
        day="known",
        who=text(hits.asset_kind, hits.asset_id),
        note=searched(hits.log_on, "查询有结果后无处理记录"),
        src=cite(hits.rid),
    )


@family.clue(
    "M10D",
    "终本后查询发现财产",
    kind="measure",
    channel="AB",
    needs=Needs(("CLOG",)),
    features=(
        Feature("M10D_n", "终本后查询发现财产次数", "count"),
        Feature("M10D_last_days", "最近一次发现财产的查询距终本天数", "max", "days", unit="天"),
    ),
    sentence="终本后的定期查询有{n}次反馈发现财产（最近{last}），为恢复执行线索，待核实。",
    innocent=("账户小额余额变动", "查封中的旧财产重复反馈"),
    next_step="核对反馈的财产种类、数额和是否已控制。",
    law=f"{_END}第九条",
)
def recheck_found(f: Facts) -> ir.Table:
    """Every query after the termination that found something."""
    hits = recheck_hits(f)
    return hits.select(
        "episode",
        "amount",
        day="known",
        who=text(hits.asset_kind, hits.asset_id),
        note=text("查询结果：", hits.result),
        src=cite(hits.rid),
        days=hits.known.delta(hits.zb_date, unit="day"),
    )


@family.clue(
    "T-PAY",
    "执行案款滞留",
    kind="finding",
    channel="B",
    needs=Needs(("CLOG",)),
    sentence="{n}笔执行案款到账后超过三十日未发放（合计{total}，最早{first}到账），疑似案款滞留，待核实。",
    innocent=("参与分配或权属争议，已依法暂缓", "申请执行人未提供账户", "发放记录未录入"),
    next_step="核对执行案款专户流水和发放审批表。",
    law="关于执行款物管理工作的规定（法发〔2017〕6号）（待核）",
)
def money_held(f: Facts) -> ir.Table:
    """Money that came in before the termination and was not paid out within thirty days, first in first out.

    A deferral that states no reason is none.
    A sum in is paid out on the day on which the sums out of the case first reach the sums in up to it.
    """
    own = f.events.filter(f.events.own, f.events.amount > 0)
    paid = own.filter(own.ev_code == "PAY_IN", ~own.after)
    paid = paid.mutate(sum_in=paid.amount.sum().over(**_up_to(paid)))
    out = own.filter(own.ev_code == "PAY_OUT")
    out = out.mutate(sum_out=out.amount.sum().over(**_up_to(out)))
    out = out.select("sum_out", out_episode="episode", out_on="ev_date", out_rid="rid")
    met = paid.left_join(out, [paid.episode == out.out_episode, out.sum_out >= paid.sum_in])
    met = one_each(met, ("episode", "rid"), (met.out_on.isnull(), met.out_on, met.out_rid))
    met = due(f, met, "T-PAY", "ev_date").join(f.registers.select("episode", "log_on"), "episode")
    met = met.filter(ibis.coalesce(met.out_on > met.due, (met.due < f.today) & reaches(met.log_on, met.due)))
    grounds = (f.events.ev_code != "PAY_HOLD") | (ibis.coalesce(f.events.reason, "") != "")
    held = f.events.filter(f.events.ev_code.isin(HELD_LAWFULLY), grounds).select("episode", held="ev_date")
    met = met.anti_join(held, [met.episode == held.episode, held.held >= met.ev_date, held.held <= met.due])
    return met.select(
        "episode",
        "amount",
        day="ev_date",
        who="case_no",
        note=ibis.coalesce(
            met.out_on.cast("string") + "发放", searched(met.log_on, "无发放记录，亦无载明理由的暂缓记录")
        ),
        src=cite(met.rid, met.out_rid),
    )


def _up_to(rows: ir.Table) -> dict[str, Any]:
    return {"group_by": rows.episode, "order_by": [rows.ev_date, rows.rid], "rows": (None, 0)}


@family.clue(
    "T-SEIZE",
    "查明财产未及时控制",
    kind="finding",
    channel="B",
    needs=Needs(("CLOG",)),
    sentence="执行中查明的{n}项财产（合计{total}）在十日内未见查封、扣押、冻结记录，疑似未及时控制，待核实。",
    innocent=("财产已由他院在先控制", "依法豁免执行的财产", "控制记录未关联财产标识"),
    next_step="核对查控反馈与查封冻结文书的时间，查明财产现状。",
    law="关于民事执行中财产调查若干问题的规定（待核）；民诉法第二百五十三条、第二百五十五条（待核）",
)
def found_not_seized(f: Facts) -> ir.Table:
    """Property found in the own case, small balances left out, under no control within ten days of being found."""
    found = f.events.filter(f.events.own, ~f.events.after, f.events.ev_code == "FOUND", f.events.asset_id.notnull())
    found = found.select("episode", "asset_kind", "asset_id", "amount", "rid", "zb_date", day="ev_date")
    told = f.queries.filter(f.queries.has_result, f.queries.asset_id.notnull(), f.queries.fb_date <= f.queries.zb_date)
    told = told.filter(ibis.coalesce(told.seal_info, "") == "").anti_join(found, ["episode", "asset_id"])
    whole = found.union(told.select("episode", "asset_kind", "asset_id", "amount", "rid", "zb_date", day="fb_date"))
    whole = one_each(whole, ("episode", "asset_id"), (whole.day, whole.rid))
    bank = ibis.coalesce(whole.asset_kind.re_search(BANK_KINDS), False)
    whole = due(f, under(whole, f.rules, "T-SMALL-SUM", "day", "least"), "T-SEIZE", "day")
    whole = whole.filter(~(bank & ibis.coalesce(whole.amount < whole.least, True)))
    whole = whole.join(f.registers.select("episode", "log_on"), "episode")
    whole = whole.filter(reaches(whole.log_on, whole.due))
    held = f.seals.select("until", sealed="day", asset="asset").union(
        f.seals.select("until", sealed="day", asset="asset_id")
    )
    whole = whole.anti_join(held, [whole.asset_id == held.asset, held.sealed <= whole.due, held.until >= whole.day])
    return whole.select(
        "episode",
        "day",
        "amount",
        who=text(whole.asset_kind, " ", whole.asset_id),
        note=searched(whole.log_on, "查明后十日内无控制记录"),
        src=cite(whole.rid),
    )
