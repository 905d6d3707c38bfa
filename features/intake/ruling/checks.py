"""Checks that a termination ruling alone allows: three months, sums, article cited, contents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from features.intake.ruling.document import Quote, Ruling
from features.intake.ruling.measures import CONTROLS
from features.intake.ruling.plain import normalise_text
from features.intake.ruling.sum_check import compared_sums
from features.rules.case_numbers import RESUMED
from features.rules.periods import months_later

Verdict = Literal["hit", "clear", "abstain"]

THREE_MONTHS_LAW = "《最高人民法院关于严格规范终结本次执行程序的规定（试行）》第一条第四项"

INTERPRETED = date(2015, 2, 4)
RENUMBERED = date(2022, 4, 10)
"""民诉法解释 in force; from the second day on its rule on termination is article 517, before that 519."""

CONTENT_LAW = "《最高人民法院关于严格规范终结本次执行程序的规定（试行）》第六条"
CONTENT_FROM = date(2016, 12, 1)
_PROPERTY = "查明的被执行人财产情况"
_CONTENT = (
    (
        "申请执行的债权情况",
        re.compile(r"标的|要求[^。]{0,40}(?:支付|履行|偿还|给付)|债权|应(?:当)?[^。]{0,40}(?:支付|给付|偿还)"),
    ),
    (
        _PROPERTY,
        re.compile(r"(?:查明|经查|查询|查控|未(?:能)?发现|调查|名下)[^。]{0,120}?(?:财产|存款|车辆|房产|不动产|证券)"),
    ),
    (
        "实现的债权情况",
        re.compile(
            r"到位|受偿|(?:未|已)(?:全部)?(?:履行|执行|清偿|实现)(?!生效|法律|判决)[^。]{0,12}(?:元|债权|义务)|分文未"
        ),
    ),
    ("申请恢复执行的权利", re.compile(r"(?:恢复|再次申请|重新申请)[^。]{0,6}执行")),
    (
        "被执行人继续履行的义务",
        re.compile(r"继续(?:向[^。]{0,30})?(?:履行|清偿|偿还|执行)|享有[^。]{0,30}债权|负有[^。]{0,20}义务"),
    ),
)
"""What article 6 wants the ruling to state and the words taken for it; measures are read apart."""


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


def ruling_checks(ruling: Ruling, text: str | None = None) -> list[RulingCheck]:
    """Checks that apply to the ruling; none for a ruling that is no termination (终本).

    What the ruling must contain is looked for in its `text`, and is not checked without it.
    """
    if ruling.kind != "终本裁定":
        return []
    found = [three_months(ruling), sums_agree(ruling, text), article_cited(ruling)]
    return found if text is None else [*found, contents(ruling, text)]


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


def sums_agree(ruling: Ruling, text: str | None = None) -> RulingCheck:
    """Claim less paid equals outstanding, in 分; interest and costs that the ruling names beside them are tolerated."""
    quotes = tuple(amount.quote for amount in ruling.amounts if amount.role in {"claim", "paid", "outstanding"})
    label = "标的、到位与未到位金额不符"
    sums = compared_sums(ruling, text)
    if sums is None:
        return RulingCheck("B-RULING-SUM", label, "abstain", "三项金额不全或写法不一，无法核对。", "裁定书记载", quotes)
    return RulingCheck("B-RULING-SUM", label, "clear" if sums.fits else "hit", sums.sentence, "裁定书记载", quotes)


def article_cited(ruling: Ruling) -> RulingCheck:
    """The article of 民诉法解释 on termination bears the number it had on the day (docs/domain.md, Renumbering)."""
    cited = [
        statute
        for statute in ruling.statutes
        if re.search(r"(?:民事诉讼法|民诉).*解释", statute.law) and statute.article in {517, 519}
    ]
    quotes = tuple(statute.quote for statute in cited)
    day = ruling.day("ruled")

    def finding(verdict: Verdict, sentence: str, article: int | None = None) -> RulingCheck:
        law = f"民诉法解释第{article}条" if article else "民诉法解释"
        return RulingCheck("B-RULING-LAW", "引用的终本条文与裁定日期不符", verdict, sentence, law, quotes)

    if day is None:
        return finding("abstain", "未见可以确定的裁定日期，无法核对引用的条文。")
    if day < INTERPRETED:
        return finding("abstain", f"裁定日期 {day} 早于民诉法解释施行之日 {INTERPRETED}，不适用本项核对。")
    article = 517 if day >= RENUMBERED else 519
    if not cited:
        return finding("abstain", f"未见引用民诉法解释关于终本的条文（裁定当日为第{article}条），无法核对。", article)
    if any(statute.article == article for statute in cited):
        return finding("clear", f"裁定日期 {day}，引用第{article}条，与当日条文序号一致。", article)
    said = f"裁定日期 {day}，当日终本条文为第{article}条，裁定引用第{cited[0].article}条，疑似引用条文有误，待核实。"
    return finding("hit", said, article)


def contents(ruling: Ruling, text: str) -> RulingCheck:
    """What a termination ruling must state by article 6; by its words alone, so a hit is something to look at."""

    def finding(verdict: Verdict, sentence: str) -> RulingCheck:
        return RulingCheck("B-RULING-CONTENT", "终本裁定载明事项不全", verdict, sentence, CONTENT_LAW, ())

    day = ruling.day("ruled")
    if day is None:
        return finding("abstain", "未见可以确定的裁定日期，无法核对载明事项。")
    if day < CONTENT_FROM:
        return finding("abstain", f"裁定日期 {day} 早于该规定施行之日 {CONTENT_FROM}，不适用本项核对。")
    flat = re.sub(r"\s+", "", normalise_text(text))
    missing = [label for label, words in _CONTENT if not words.search(flat)]
    if any(measure.kind in CONTROLS for measure in ruling.measures):
        missing = [label for label in missing if label != _PROPERTY]
    if not ruling.measures:
        missing.insert(1 if "申请执行的债权情况" in missing else 0, "执行经过和采取的措施")
    if missing:
        return finding("hit", f"未见{'、'.join(missing)}，疑似载明事项不全，待核实。")
    return finding("clear", "债权、措施、财产、实现情况和权利义务告知均见于裁定书。")
