"""Reasons: sentences from rows alone, masked, in decent words, and arithmetic that closes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date

import ibis.expr.types as ir
import numpy as np
import pytest
from little_model import little_matrix, little_model

from features.clues.base.clue import Clue, Feature, Needs
from features.clues.base.texts import ClueTexts
from features.clues.evidence import EvidenceRow, SourceRef
from features.facts import Facts
from models.reasons.contributions import ClueContribution, ColumnContribution, Explanation, explain
from models.reasons.sentences import (
    CaseContext,
    ReasonSettings,
    build_case_reasons,
    named_clues,
    render_masked_sentence,
)


def nothing(facts: Facts) -> ir.Table:
    """Rows of no clue."""
    raise AssertionError("reasons never compute rows")


TEXTS = ClueTexts(
    label="送达后转出",
    sentence="自{t_srv}送达起，疑似有{n}笔共{total}转出（占未履行额{share}%），最大一笔{top}转至{who}（{note}），"
    "{first}至{last}，对手{whos}个，限消日{t_lim}，未履行{debt}。",
    innocent=("偿还本案债务",),
    next_step="调取对手账户",
    law="拒执解释第三条",
)

CLUE = Clue(
    **asdict(TEXTS),
    id="C00",
    family="funds",
    kind="finding",
    channel="A",
    needs=Needs(sources=("TX",)),
    features=(
        Feature("C00_a", "送达后转出笔数", "count"),
        Feature("C00_b", "送达后转出额", "sum", "amount", unit="元"),
    ),
    risk=1,
    rows=nothing,
    texts=TEXTS,
)

CONTEXT = CaseContext(
    episode="e0",
    case_no="（2023）浙9901执1号",
    as_of=date(2024, 3, 31),
    model_version="test",
    probability=0.5,
    percentile=0.9,
    level="高",
    coverage="A",
    debt_fen=20_000_000,
    anchors={"t_srv": date(2022, 5, 20)},
)


def row(amount: int | None, who: str, day: date | None = date(2022, 6, 1), note: str = "") -> EvidenceRow:
    source = SourceRef("txn", "银行流水", 7, "990001198001010019/流水.csv", "", 12)
    return EvidenceRow(day, amount, who, note, (source,))


ROWS = [
    row(3_000_000, "李配偶", date(2022, 6, 1), "家用 9900123412342346"),
    row(5_000_000, "赵测试", date(2022, 7, 2), "配偶 990001198202020026"),
    row(None, "赵测试", None),
]


def shares(**contributions: float) -> Explanation:
    clues = [
        ClueContribution(clue, value, (ColumnContribution(f"{clue}_a", np.nan if value < 0 else 1.0, value),))
        for clue, value in contributions.items()
    ]
    ordered = tuple(sorted(clues, key=lambda item: (-item.contribution, item.clue)))
    return Explanation("e0", "concealment", -2.0, -2.0 + sum(contributions.values()), ordered, 0.0)


def test_the_sentence_says_what_the_rows_say() -> None:
    assert render_masked_sentence(CLUE.sentence, ROWS, CONTEXT) == (
        "自2022年5月20日送达起，疑似有3笔共8.00万元转出（占未履行额40.0%），最大一笔5.00万元转至赵*"
        "（配偶 990001********0026），2022年6月1日至2022年7月2日，对手2个，限消日日期不详，未履行20.00万元。"
    )


def test_rows_without_amounts_or_days_are_said_so() -> None:
    assert (
        render_masked_sentence("{total}，{first}，{share}", [row(None, "", None)], CONTEXT) == "金额不详，日期不详，0.0"
    )
    assert render_masked_sentence("{share}", ROWS, replace(CONTEXT, debt_fen=0)) == "比例不详"


def test_the_largest_raise_first_and_small_ones_are_left_to_the_rest() -> None:
    reasons = build_case_reasons(
        shares(C00=0.9, C01=1.5, C02=0.01, C03=-0.4, C04=-0.005, C05=0.3),
        {},
        CONTEXT,
        {"C00": CLUE},
        ReasonSettings(top=2),
    )
    assert [reason.clue for reason in reasons.reasons] == ["C01", "C00"]
    assert [reason.clue for reason in reasons.lowers] == ["C03"]
    assert {reason.direction for reason in reasons.reasons} == {"提高"}
    assert {reason.direction for reason in reasons.lowers} == {"降低"}
    named = sum(reason.contribution for reason in (*reasons.reasons, *reasons.lowers))
    assert reasons.base + named + reasons.rest == pytest.approx(reasons.margin)
    assert reasons.rest == pytest.approx(0.01 - 0.005 + 0.3)


def test_what_was_seen_comes_before_what_the_case_is() -> None:
    about = replace(CLUE, id="C01", kind="context")
    reasons = build_case_reasons(
        shares(C00=0.3, C01=1.5, C05=0.2), {}, CONTEXT, {"C00": CLUE, "C01": about}, ReasonSettings(top=2)
    )
    assert [reason.clue for reason in reasons.reasons] == ["C00", "C05"]
    assert reasons.rest == pytest.approx(1.5)


def test_named_clues_are_those_told() -> None:
    explanation = shares(C00=0.9, C01=1.5, C03=-0.4, C04=0.001)
    reasons = build_case_reasons(explanation, {}, CONTEXT, {})
    assert set(named_clues(explanation, {})) == {reason.clue for reason in (*reasons.reasons, *reasons.lowers)}


def test_a_reason_carries_all_a_reader_must_weigh() -> None:
    (reason,) = build_case_reasons(shares(C00=0.9), {("e0", "C00"): ROWS}, CONTEXT, {"C00": CLUE}).reasons
    assert (reason.label, reason.next_step, reason.law) == ("送达后转出", "调取对手账户", "拒执解释第三条")
    assert reason.innocent == ("偿还本案债务",)
    assert [line.amount_fen for line in reason.evidence] == [5_000_000, 3_000_000, None]
    assert reason.evidence[0].sources == (("txn", 7, "990001********0019/流水.csv", "", 12),)
    assert (reason.features[0].label, reason.features[0].unit) == ("送达后转出笔数", "次")


def test_many_rows_are_counted_though_few_are_listed() -> None:
    rows = [row(amount, "赵测试") for amount in range(100)]
    (reason,) = build_case_reasons(
        shares(C00=0.9), {("e0", "C00"): rows}, CONTEXT, {"C00": CLUE}, ReasonSettings(rows=3)
    ).reasons
    assert (len(reason.evidence), reason.evidence_total) == (3, 100)
    assert [line.amount_fen for line in reason.evidence] == [99, 98, 97]


def test_silence_is_told_apart_from_the_unknown() -> None:
    reasons = build_case_reasons(shares(C00=0.9), {}, CONTEXT, {"C00": CLUE})
    assert "已有资料中未见相应记录" in reasons.reasons[0].text
    unknown = build_case_reasons(shares(C00=-0.9), {}, CONTEXT, {"C00": CLUE})
    assert "银行流水" in unknown.lowers[0].text
    assert "待核实" in unknown.lowers[0].text
    assert unknown.lowers[0].features[0].value is None


@dataclass(frozen=True)
class Words:
    """What must not be read anywhere."""

    never: tuple[str, ...] = ("认定", "老赖", "990001198202020026", "9900123412342346", "李配偶", "赵测试")


def test_no_verdict_and_no_name_is_ever_written() -> None:
    model, values = little_model(), little_matrix(rows=30)
    rows = {(f"e{number}", "C00"): ROWS for number in range(30)}
    for explanation in explain(model, values):
        reasons = build_case_reasons(explanation, rows, replace(CONTEXT, episode=explanation.episode), {"C00": CLUE})
        text = json.dumps(asdict(reasons), ensure_ascii=False, default=str)
        assert not [word for word in Words().never if word in text]
        assert "线索" in reasons.disclaimer
        assert "不是证据" in reasons.disclaimer


def test_nothing_is_named_below_the_noise_floor_a_model_states() -> None:
    (explanation, *_) = explain(little_model(), little_matrix(1))
    sizes = sorted(abs(share.contribution) for share in explanation.clues)
    floor = (sizes[-2] + sizes[-1]) / 2
    usual = ReasonSettings(top=50, lowers=50, floor=0.0)
    assert len(named_clues(explanation, {}, usual)) == len(sizes)
    assert usual.over_noise({}) == usual.over_noise({"noise_floor": 0.0}) == usual
    (named,) = named_clues(explanation, {}, usual.over_noise({"noise_floor": floor}))
    assert abs({share.clue: share.contribution for share in explanation.clues}[named]) == sizes[-1]
    assert ReasonSettings(floor=9.0).over_noise({"noise_floor": floor}).floor == 9.0


def test_where_everything_lies_below_the_noise_floor_a_sentence_says_so_and_the_sum_stays_whole() -> None:
    reasons = build_case_reasons(
        shares(C00=0.3, C01=0.2, C03=-0.4), {}, CONTEXT, {}, ReasonSettings().over_noise({"noise_floor": 0.5})
    )
    assert reasons.reasons == reasons.lowers == ()
    assert reasons.no_reason == "没有高于噪声线的单项理由提高得分，得分由多条微弱线索合成。"
    assert "噪声线" in reasons.no_lower
    assert "0.500" in reasons.rest_label
    assert reasons.rest == pytest.approx(0.3 + 0.2 - 0.4)
    assert reasons.base + reasons.rest == pytest.approx(reasons.margin)


def test_a_model_without_a_floor_speaks_as_before() -> None:
    reasons = build_case_reasons(shares(C00=0.01), {}, CONTEXT, {})
    assert (reasons.no_reason, reasons.no_lower) == ("没有突出提高得分的依据。", "没有突出降低得分的因素。")
    assert reasons.rest_label == "其余各项合计"
    some = build_case_reasons(shares(C00=0.9, C01=-0.9), {}, CONTEXT, {})
    assert (some.no_reason, some.no_lower) == ("", "")
