"""Render reasons: a clue's sentence filled from its evidence rows, with innocent explanations, next step and law.

The content follows docs/domain.md section 3.5: at most five reasons, what would lower the score, innocent explanations,
next step, law, coverage, level, model and date. Names and numbers are masked here, before anyone reads them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from features.clues.base.clue import Clue
from features.clues.evidence import EvidenceRow
from features.clues.sentence import mask_who, render_sentence
from features.rules.masking import mask_numbers
from features.schema.sources import COVERAGE_LABELS
from models.reasons import format as formatting
from models.reasons.contributions import ClueContribution, ColumnContribution, Explanation
from models.reasons.format import format_amount

NOISE_FLOOR = "noise_floor"
"""Setting of a model: contributions (log-odds) below it cannot be distinguished from noise. It is part of the model's
version, so that served reasons can be reproduced."""


@dataclass(frozen=True, slots=True)
class ReasonSettings:
    """How many reasons and evidence rows are given.

    Attributes:
        top: most reasons named.
        lowers: most lowering clues named.
        floor: smallest share of the log-odds a clue must have to be named.
        noise: whether `floor` is the noise floor of the model; the sentence for "no reason" depends on it.
        rows: most evidence rows listed per reason, largest amounts first; the count of all is always given.
    """

    top: int = 5
    lowers: int = 3
    floor: float = 0.02
    noise: bool = False
    rows: int = 20

    def over_noise(self, model: Mapping[str, Any]) -> ReasonSettings:
        """These settings with the noise floor of a model's settings, where that is higher than `floor`."""
        floor = float(model.get(NOISE_FLOOR, 0.0))
        return self if floor <= self.floor else replace(self, floor=floor, noise=True)


DEFAULT_SETTINGS = ReasonSettings()
"""How many reasons and rows are given unless a caller asks otherwise."""


@dataclass(frozen=True, slots=True)
class CaseContext:
    """What reasons state of a case beside contributions: score, level, coverage (A-D), legal dates; money in 分.

    `currency_notes`: 中文 sentences on the debtors' amounts in foreign currencies.
    """

    episode: str
    case_no: str
    as_of: date
    model_version: str
    probability: float
    percentile: float
    level: str
    coverage: str
    debt_fen: int
    amount_fen: int | None = None
    expected_fen: int | None = None
    missed: float | None = None
    anchors: Mapping[str, date] = field(default_factory=dict)
    currency_notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureLine:
    """One number beneath a reason: its 中文 label, value (None = not covered), unit and contribution."""

    feature: str
    label: str
    value: float | None
    unit: str
    contribution: float


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One evidence row, masked: day, amount, who, note, and the source rows as (table, rid, file, sheet, row)."""

    day: date | None
    amount_fen: int | None
    who: str
    note: str
    sources: tuple[tuple[str, int, str, str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One clue's rendered contribution: `direction` is 提高 or 降低, `evidence_total` counts all rows of the clue."""

    clue: str
    label: str
    text: str
    contribution: float
    direction: str
    features: tuple[FeatureLine, ...]
    evidence: tuple[EvidenceLine, ...]
    evidence_total: int
    innocent: tuple[str, ...]
    next_step: str
    law: str


@dataclass(frozen=True, slots=True)
class CaseReasons:
    """Everything said of one case: base + Σ reasons + Σ lowers + rest = margin.

    Attributes:
        reasons, lowers: clues that raise or lower the score, the largest first. rest: all other contributions.
        no_reason, no_lower: 中文 sentence in place of empty reasons or lowers, else "".
        rest_label: 中文 label of the rest.
    """

    context: CaseContext
    base: float
    margin: float
    reasons: tuple[Reason, ...]
    lowers: tuple[Reason, ...]
    rest: float
    no_reason: str = ""
    no_lower: str = ""
    rest_label: str = formatting.REST
    disclaimer: str = formatting.DISCLAIMER


Rows = Mapping[tuple[str, str], Sequence[EvidenceRow]]


def named_clues(
    explanation: Explanation, clues: Mapping[str, Clue], settings: ReasonSettings = DEFAULT_SETTINGS
) -> tuple[str, ...]:
    """Ids of the clues `build_case_reasons` will name, so that the caller fetches evidence for these alone."""
    raising, lowering = _chosen(explanation, clues, settings)
    return tuple(share.clue for share in (*raising, *lowering))


def build_case_reasons(
    explanation: Explanation,
    rows: Rows,
    context: CaseContext,
    clues: Mapping[str, Clue],
    settings: ReasonSettings = DEFAULT_SETTINGS,
) -> CaseReasons:
    """Turn one explanation into reasons.

    Args:
        explanation: of the concealment head.
        rows: (episode, clue id) -> evidence rows.
        context: of the same episode.
        clues: the catalogue.
        settings: how many reasons and rows are given.
    """
    raising, lowering = _chosen(explanation, clues, settings)

    def reason(share: ClueContribution) -> Reason:
        return _reason(share, rows.get((explanation.episode, share.clue), ()), context, clues.get(share.clue), settings)

    named = sum(share.contribution for share in (*raising, *lowering))
    return CaseReasons(
        context=context,
        base=explanation.base,
        margin=explanation.margin,
        reasons=tuple(reason(share) for share in raising),
        lowers=tuple(reason(share) for share in lowering),
        rest=explanation.margin - explanation.base - named,
        no_reason="" if raising else formatting.ALL_BELOW_NOISE if settings.noise else formatting.NOTHING_RAISES,
        no_lower="" if lowering else formatting.NONE_LOWERS_OVER_NOISE if settings.noise else formatting.NOTHING_LOWERS,
        rest_label=f"{formatting.REST}（含影响小于噪声线 {settings.floor:.3f} 的）"
        if settings.noise
        else formatting.REST,
    )


def render_masked_sentence(sentence: str, rows: Sequence[EvidenceRow], context: CaseContext) -> str:
    """Fill a clue's sentence template from its rows, with the other party and the numbers of the note masked."""
    return render_sentence(
        sentence, rows, context.anchors, context.debt_fen, format_amount, mask_name=mask_who, mask_note=mask_numbers
    )


def _chosen(
    explanation: Explanation, clues: Mapping[str, Clue], settings: ReasonSettings
) -> tuple[list[ClueContribution], list[ClueContribution]]:
    """Contributions that become reasons (raising, lowering); context clues (amount, coverage) come after the others."""

    def setting(share: ClueContribution) -> bool:
        clue = clues.get(share.clue)
        return clue is not None and clue.kind == "context"

    raising = [share for share in explanation.clues if share.contribution >= settings.floor]
    raising.sort(key=setting)
    lowering = [share for share in reversed(explanation.clues) if share.contribution <= -settings.floor]
    return raising[: settings.top], lowering[: settings.lowers]


def _by_size(rows: Sequence[EvidenceRow]) -> list[EvidenceRow]:
    return sorted(rows, key=lambda row: (-(row.amount_fen or 0), row.day or date.min, row.who or ""))


def _reason(
    share: ClueContribution,
    rows: Sequence[EvidenceRow],
    context: CaseContext,
    clue: Clue | None,
    settings: ReasonSettings,
) -> Reason:
    label = clue.label if clue else share.clue
    shown = _by_size(rows)[: settings.rows]
    return Reason(
        clue=share.clue,
        label=label,
        text=render_masked_sentence(clue.sentence, rows, context) if clue and rows else _silent(label, share, clue),
        contribution=share.contribution,
        direction="提高" if share.contribution > 0 else "降低",
        features=tuple(_feature(item, clue) for item in share.shares),
        evidence=tuple(_evidence(row) for row in shown),
        evidence_total=len(rows),
        innocent=clue.innocent if clue else (),
        next_step=clue.next_step if clue else "",
        law=clue.law if clue else "",
    )


def _silent(label: str, share: ClueContribution, clue: Clue | None) -> str:
    """中文 sentence on a clue without rows: its sources are not delivered for the case, or hold nothing."""
    if all(math.isnan(item.value) for item in share.shares):
        sources = [COVERAGE_LABELS.get(code, code) for code in clue.needs.sources] if clue else []
        missing = f"（{'、'.join(sources)}）" if sources else ""
        return f"{label}：所需资料{missing}尚未覆盖本案，得分只反映资料缺失案件的一般水平，有无该情形待核实。"
    if clue is None:
        values = "，".join(f"{item.feature} = {item.value:g}" for item in share.shares if not math.isnan(item.value))
        return f"{label}：{values}。"
    return f"{label}：已有资料中未见相应记录。"


def _feature(share: ColumnContribution, clue: Clue | None) -> FeatureLine:
    declared = next((item for item in clue.features if item.name == share.feature), None) if clue else None
    return FeatureLine(
        feature=share.feature,
        label=declared.label if declared else share.feature,
        value=None if math.isnan(share.value) else share.value,
        unit=declared.unit if declared else "",
        contribution=share.contribution,
    )


def _evidence(row: EvidenceRow) -> EvidenceLine:
    return EvidenceLine(
        day=row.day,
        amount_fen=row.amount_fen,
        who=mask_who(row.who),
        note=mask_numbers(row.note or ""),
        sources=tuple(
            (item.table, item.rid, mask_numbers(item.file or ""), item.sheet or "", item.row) for item in row.sources
        ),
    )
