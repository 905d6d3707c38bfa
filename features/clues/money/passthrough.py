"""Clues on accounts that pay out at once what they receive, and own accounts the court's query missed (docs/domain.md
section 3.3, C01-C03, C12)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.helpers import clue_rows, nobody, text, whole_yuan
from features.clues.base.statement_helpers import days, other
from features.facts import Facts
from features.facts.money.transactions import BANK_RANGES
from features.facts.rows import row_ids

family = Register("passthrough", "过账与未申报账户", __file__)

TURNOVER_CAP = 200.0
"""Beyond 200 times (docs/domain.md section C03: 100 is high) C03 says no more."""


@family.clue("C01", kind="measure", channel="A", needs=Needs(("TX",)))
@feature("C01_pair_n", "快进快出对数", "count", cap=200.0)
@feature("C01_rate", "每百笔{C01-FROM}元以上进账的快进快出对数", "max", "rate")
@feature("C01_since_n", "受送达后快进快出对数", "count", cap=200.0, where="after")
@debt_ratio("C01_since_ratio", "受送达后快进快出金额/未履行额", where="after")
@feature(
    "C01_strict_n",
    "{C01-STRICT-MINUTES:汉}分钟内{C01-STRICT-FROM}元以上快进快出对数",
    "count",
    cap=200.0,
    where="strict",
)
def in_and_out(f: Facts) -> ir.Table:
    """Receipts of at least 30,000 元 and the payment within 48 hours at most 15 % apart, each row used once."""
    m = f.moves
    got = m.filter(m.sign > 0, m.external, m.amount >= f.threshold("C01-FROM"))
    whole = got.group_by(whole_episode="episode").agg(receipts=got.count())
    got = got.select("episode", "day", "since", "amount", "rid", "ts")
    paid = m.filter(m.sign < 0, m.external, ~m.creditor)
    paid = paid.select(paid_episode="episode", paid_rid="rid", who=other(paid), paid_ts="ts")
    pair = f.passes.select("in_rid", "out_rid", "out_amount", "gap")
    both = got.join(pair, got.rid == pair.in_rid)
    both = both.join(paid, [("episode", "paid_episode"), ("out_rid", "paid_rid")])
    both = both.join(whole, [("episode", "whole_episode")]).select(
        "episode", "day", "amount", "who", "since", "rid", "out_rid", "ts", "paid_ts", "out_amount", "gap", "receipts"
    )
    pairs = both.count().over(ibis.window(group_by=both.episode))
    timed = (both.ts != both.ts.truncate("D")) | (both.paid_ts != both.paid_ts.truncate("D"))
    seconds, from_fen = f.threshold("C01-STRICT-MINUTES") * 60, f.threshold("C01-STRICT-FROM")
    hours = ((both.gap + 3599) // 3600).clip(lower=1)
    return clue_rows(
        both,
        who="who",
        note=text(hours, "小时内转出", whole_yuan(both.out_amount), "元"),
        src=("rid", "out_rid"),
        rate=pairs * 100 / both.receipts,
        after="since",
        strict=timed & (both.gap <= seconds) & (both.amount >= from_fen) & (both.out_amount >= from_fen),
    )


@family.clue("C02", kind="measure", channel="A", needs=Needs(("TX",)))
@feature("C02_share", "大额进账日终余额不足{C02-NOUGHT}元占比", "max", "part", unit="比")
@feature("C02_day_n", "大额进账当日余额归零天数", "count", cap=200.0, unit="天")
@feature("C02_since_n", "受送达后大额进账当日余额归零天数", "count", cap=200.0, unit="天", where="after")
def emptied_the_same_day(f: Facts) -> ir.Table:
    """Days on which an account took in at least 30,000 元 and ended below 1,000 元."""
    m = f.moves
    got = m.filter(m.sign > 0, m.external, m.amount >= f.threshold("C01-FROM"))
    daily = got.group_by("episode", "person", "acct", "day").agg(
        amount=got.amount.sum(), after=got.since.any(), rids=got.rid.collect().sort()
    )
    close = f.closings.select("person", "acct", "day", "close", close_rid="rid")
    daily_close = daily.join(close, ["person", "acct", "day"])
    by_episode = ibis.window(group_by=daily_close.episode)
    nought = daily_close.close < f.threshold("C02-NOUGHT")
    daily_close = daily_close.mutate(nought=nought, part=nought.cast("int64").mean().over(by_episode))
    daily_close = daily_close.filter(daily_close.nought)
    return clue_rows(
        daily_close,
        "after",
        "part",
        who=None,
        note=ibis.literal("日终余额") + whole_yuan(daily_close.close) + "元",
        src=daily_close.rids.concat(row_ids(daily_close.close_rid)).unique(),
    )


@family.clue("C03", kind="measure", channel="A", needs=Needs(("TX",)))
@feature("C03_turnover", "终本后周转额/日均余额", "max", "times", cap=TURNOVER_CAP, unit="比")
@debt_ratio("C03_total_ratio", "终本后周转额/未履行额")
def turnover_after_termination(f: Facts) -> ir.Table:
    """What moved in each month after termination, against the mean balance of that time weighted by days."""
    m = f.moves
    rows = m.filter(m.w4)
    foreign = ~rows.cp_kind.isin(["own", "own_unlisted"])
    month = rows.group_by("episode", month=rows.day.truncate("M")).agg(
        day=rows.day.max(), amount=rows.amount.sum(where=foreign), src=rows.rid.collect().sort()
    )
    month = month.filter(month.amount > 0)
    dates = f.debtors.select("episode", "person").join(f.anchors.select("episode", zb="t_zb"), "episode")
    level = f.levels.join(dates, "person").filter(lambda t: t.until > t.zb)
    first = ibis.greatest(level.day, level.zb + days(1)).cast("date")
    level = level.mutate(days=level.until.delta(first, unit="day") + 1)
    person = level.group_by("episode", "person").agg(mean=(level.total * level.days).sum() // level.days.sum())
    stood = person.group_by(stood_episode="episode").agg(mean=person["mean"].sum())
    both = month.join(stood, month.episode == stood.stood_episode)
    whole = both.amount.sum().over(ibis.window(group_by=both.episode))
    times = whole / ibis.greatest(both["mean"], f.threshold("C03-MEAN"))
    return both.select(
        "episode", "day", "amount", "src", who=nobody(), note=times.round(1).cast("string") + "倍", times=times
    )


@family.clue("C12", kind="finding", channel="A", needs=Needs(("TX", "COURT")))
@feature("C12_acct_n", "户名相同而各处均未见的账户数", "count", cap=10.0, where="unlisted")
@feature("C12_id_n", "证件号一致而未查控的账户数", "count", cap=10.0, where="by_id")
@feature("C12_missed_n", "银行已确认属本人而未查控的账户数", "count", cap=10.0, where="listed")
@debt_ratio("C12_out_ratio", "转入未查控本人账户/未履行额", "paid")
@debt_ratio("C12_in_ratio", "自未查控本人账户转入/未履行额", "received")
@feature("C12_since_n", "受送达后仍有往来的未查控本人账户数", "count", cap=10.0, where="after")
def account_unknown_to_court(f: Facts) -> ir.Table:
    """Accounts of the debtor, by number, list or name alone, that no feedback of the bank query named, one row each.

    An episode whose court asked no bank gives no row: what was never asked cannot be missing.
    """
    m = f.moves
    rows = m.filter(m.cp_kind.isin(["own", "own_unlisted"]), ~m.fed_back, m.cp_acct.notnull())
    asked = f.queries.filter(f.queries.range_code.isin(BANK_RANGES))
    asked = asked.group_by(asked_episode="episode").agg(asked=asked.rid.collect().sort())
    one = rows.group_by("episode", "cp_acct").agg(
        day=rows.day.max(),
        amount=rows.amount.sum(),
        paid=ibis.coalesce(rows.amount.sum(where=rows.sign < 0), 0),
        received=ibis.coalesce(rows.amount.sum(where=rows.sign > 0), 0),
        by_id=rows.own_by_id.any(),
        unlisted=(rows.cp_kind == "own_unlisted").any(),
        after=rows.since.any(),
        rids=rows.rid.collect().sort(),
    )
    both = one.join(asked, one.episode == asked.asked_episode)
    grounds = ibis.cases((~both.unlisted, "账户信息载明属本人"), (both.by_id, "证件号一致"), else_="仅户名一致")
    return clue_rows(
        both,
        "paid",
        "received",
        "by_id",
        "unlisted",
        "after",
        who="cp_acct",
        note=grounds,
        src=both.rids.concat(both.asked),
        listed=~both.unlisted,
    )
