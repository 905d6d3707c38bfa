"""Checks that a termination ruling alone allows: the three months since filing, and whether its sums agree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from features.amounts import format_exact_yuan
from features.intake.ruling.document import Quote, Ruling
from features.rules.case_numbers import RESUMED
from features.rules.periods import months_later

Verdict = Literal["hit", "clear", "abstain"]

THREE_MONTHS_LAW = "《最高人民法院关于严格规范终结本次执行程序的规定（试行）》第一条第四项"


@dataclass(frozen=True, slots=True)
class RulingCheck:
    """One check of a ruling.

    Attributes:
        check: stable code.
        label: 中文 name.
        verdict: hit (a clue to verify), clear, or abstain where the text does not carry the check.
        sentence: what was compared, or why it abstains.
        law: the rule checked.
        quotes: the words of the ruling it rests on.
    """

    check: str
    label: str
    verdict: Verdict
    sentence: str
    law: str
    quotes: tuple[Quote, ...]


def ruling_checks(ruling: Ruling) -> list[RulingCheck]:
    """Checks that apply to the ruling; none for a ruling that is no termination (终本)."""
    if ruling.kind != "终本裁定":
        return []
    return [three_months(ruling), sums_agree(ruling)]


def three_months(ruling: Ruling) -> RulingCheck:
    """Condition 4: more than three calendar months from filing to termination (docs/domain.md section 1.1).

    Without a filing date the check abstains, unless the application itself lies within three months: a filing
    cannot precede its application.
    """

    def finding(verdict: Verdict, sentence: str, *roles: str) -> RulingCheck:
        quotes = tuple(event.quote for event in ruling.events if event.role in roles and not event.previous)
        return RulingCheck("B-RULING-3M", "立案未满三个月即终本", verdict, sentence, THREE_MONTHS_LAW, quotes)

    ended, filed, applied = ruling.day("terminated"), ruling.day("filed"), ruling.day("applied")
    if ended is None:
        return finding("abstain", "未见可以确定的终本日期，无法核对立案满三个月。")
    number = ruling.this_number
    if number and re.search(RESUMED, number.type):
        return finding("abstain", "本案为恢复执行案件，三个月期限是否适用待核实。", "filed", "terminated")
    if filed:
        full = months_later(filed, 3)
        if ended <= full:
            text = f"{filed} 立案，{ended} 终本，未超过三个月（应晚于 {full}），疑似不符合终本条件，待核实。"
            return finding("hit", text, "filed", "terminated")
        return finding("clear", f"{filed} 立案，{ended} 终本，已超过三个月。", "filed", "terminated")
    if applied and ended <= months_later(applied, 3):
        text = (
            f"未见立案日期，但 {applied} 才申请执行，{ended} 即终本，立案不可能早于申请，"
            "推定立案未超过三个月，疑似不符合终本条件，待核实。"
        )
        return finding("hit", text, "applied", "terminated")
    return finding(
        "abstain", "未见可以确定的立案日期，无法核对立案满三个月（申请日期不能代替立案日期）。", "applied", "terminated"
    )


def sums_agree(ruling: Ruling) -> RulingCheck:
    """Claim less paid equals outstanding, in 分."""
    claim, paid, left = ruling.fen("claim"), ruling.fen("paid"), ruling.fen("outstanding")
    quotes = tuple(amount.quote for amount in ruling.amounts if amount.role in {"claim", "paid", "outstanding"})
    label = "标的、到位与未到位金额不符"
    if claim is None or paid is None or left is None:
        return RulingCheck("B-RULING-SUM", label, "abstain", "三项金额不全或写法不一，无法核对。", "裁定书记载", quotes)
    agrees = claim - paid == left
    sentence = (
        f"标的 {format_exact_yuan(claim)} 元减去到位 {format_exact_yuan(paid)} 元{'等于' if agrees else '不等于'}"
        f"未到位 {format_exact_yuan(left)} 元{'。' if agrees else '，待核实。'}"
    )
    return RulingCheck("B-RULING-SUM", label, "clear" if agrees else "hit", sentence, "裁定书记载", quotes)
