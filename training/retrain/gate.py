"""The gate: whether a challenger may replace the champion: pass, fail or not enough evidence, check by check.

A pure function of the evidence and of stated bounds. The answer is fail where any check fails, and not enough evidence
where a decisive check lacks evidence. A check that is not decisive can fail, but does not withhold a pass where its
evidence is lacking: the report names it under `lacking`. Nothing is promoted here.

Most labels of the later window exist because the champion listed the case, which favours it; the cases listed at random
are compared separately where there are enough of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from models.registry.champion import FAIL, NOT_ENOUGH_EVIDENCE, PASS
from training.data.weights import effective_size
from training.retrain import gate_figures as figures
from training.retrain.gate_figures import Array, Flags, IntervalEstimate, Rows


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of the gate; all are assumptions of ours unless a source is named, and stand in its report.

    Attributes:
        margin: how much AUC the challenger may lose against the champion.
        rows, positives: fewest rows and positives of the later window that are compared.
        random_rows, random_positives: the same for the rows listed at random.
        ece: calibration error (ECE) accepted above what chance gives; also how much larger the calibration may have
            made it on training's own later window.
        slope_low, slope_high: slope of outcomes on margins that still counts as calibrated.
        group_rows, group_positives: smallest subgroup compared.
        gap: how much further a subgroup may fall behind all rows.
        share: part of the rows listed when subgroups are compared.
        reasons_refit, reasons_champion: least share of first reasons that refits, and the champion, give as well.
        coverage_fall: share of its coverage that a family of clues may lose.
        auc_alarm: AUC above which a label leak is suspected (docs/domain.md section 5.2).
        alone: AUC of a single column above which a leak is suspected.
        collapse: loss of AUC without the strongest column above which a leak is suspected.
        agreement, verdicts: least share of reasons auditors found supported, and fewest verdicts that count.
        rounds: draws of the bootstraps.
    """

    margin: float = 0.03
    rows: int = 60
    positives: int = 12
    random_rows: int = 60
    random_positives: int = 8
    ece: float = 0.08
    slope_low: float = 0.5
    slope_high: float = 2.0
    group_rows: int = 30
    group_positives: int = 8
    gap: float = 0.10
    share: float = 0.25
    reasons_refit: float = 0.4
    reasons_champion: float = 0.25
    coverage_fall: float = 0.5
    auc_alarm: float = 0.95
    alone: float = 0.90
    collapse: float = 0.15
    agreement: float = 0.7
    verdicts: int = 20
    rounds: int = 300


DEFAULT_BOUNDS = Bounds()
"""The bounds unless others are asked for."""


@dataclass(frozen=True, slots=True)
class ReasonReview:
    """Auditors' verdicts on the reasons a model served.

    Attributes:
        version: the model.
        judged, supported: reasons judged, and how many of them were found supported.
        low, high: 95 % interval of the share supported, by cases.
    """

    version: str
    judged: int
    supported: int
    low: float
    high: float


@dataclass(frozen=True)
class GateEvidence:
    """Evidence for the gate: later rows that neither model was fitted on, and further measurements.

    Attributes:
        version, champion: the models; champion is None where there is none to compare with.
        outcome: 0 or 1, shape (n,). challenger: calibrated margins of its recipe fitted before the window, shape (n,).
        group: number of the connected debtors and case chains of every row, shape (n,).
        champion_margin: margins of the champion, NaN on rows it may have been fitted on, shape (n,).
        drawn: whether each row was listed at random. overlap: whether both models could have listed it.
        weight: of every row in the comparison on the overlap.
        groups: subgroup of every row, a column of text per dimension.
        reasons_refit, reasons_champion: shares of first reasons that refits, and the champion, give as well; None where
            not measured.
        coverage, coverage_before: share of known values per family of clues, now and in the champion's training.
        alone: AUC of each column alone. without: the strongest column, and the AUC on the same rows without it.
        repeated: version of a second fit on the same data.
        verdicts: auditors' verdicts on the challenger's reasons, else on the champion's.
        against: how many removals of evidence with a fixed direction were tried, and how many of them moved the score
            against it.
        ece: calibration error before and after calibration on training's own later window.
        notes: 中文 sentences on how the evidence was made.
    """

    version: str
    champion: str | None
    outcome: Array
    challenger: Array
    group: Rows
    champion_margin: Array | None = None
    drawn: Flags | None = None
    overlap: Flags | None = None
    weight: Array | None = None
    groups: pd.DataFrame | None = None
    reasons_refit: float | None = None
    reasons_champion: float | None = None
    coverage: Mapping[str, float] = field(default_factory=dict)
    coverage_before: Mapping[str, float] = field(default_factory=dict)
    alone: Mapping[str, float] = field(default_factory=dict)
    without: tuple[str, float] | None = None
    repeated: str | None = None
    verdicts: ReasonReview | None = None
    against: tuple[int, int] | None = None
    ece: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the gate.

    Attributes:
        check, label: name, and 中文 name.
        answer: one of `models.registry.champion.PASS`, `FAIL`, `NOT_ENOUGH_EVIDENCE`.
        figure, bound: the measurement and the bound it is compared with, as JSON values.
        note: a 中文 sentence.
        decisive: whether lacking evidence withholds a pass.
    """

    check: str
    label: str
    answer: str
    figure: Any
    bound: Any
    note: str
    decisive: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer with every check."""

    answer: str
    checks: tuple[Check, ...]

    def as_payload(self, evidence: GateEvidence, bounds: Bounds) -> dict[str, Any]:
        """The gate report, as JSON values."""
        return {
            "version": evidence.version,
            "champion": evidence.champion,
            "answer": self.answer,
            "lacking": labels_without_evidence(asdict(check) for check in self.checks),
            "checks": [asdict(check) for check in self.checks],
            "rows": len(evidence.outcome),
            "positives": int(evidence.outcome.sum()),
            "bounds": asdict(bounds),
            "notes": list(evidence.notes),
        }


def judge(evidence: GateEvidence, bounds: Bounds = DEFAULT_BOUNDS) -> Verdict:
    """The answer of every check, and the overall answer."""
    checks = (
        _no_worse(evidence, bounds),
        _no_worse_random(evidence, bounds),
        _better_than_chance(evidence, bounds),
        _calibration(evidence, bounds),
        _subgroups(evidence, bounds),
        _reasons(evidence, bounds),
        _coverage(evidence, bounds),
        _leak(evidence, bounds),
        _directions(evidence),
        _repeated(evidence),
        _verdicts(evidence.verdicts, evidence.version, bounds),
    )
    return Verdict(_overall_answer((check.answer, check.decisive) for check in checks), checks)


def update_with_review(
    report: Mapping[str, Any], review: ReasonReview | None, bounds: Bounds = DEFAULT_BOUNDS
) -> dict[str, Any]:
    """The gate report with the auditors' newest verdicts, which arrive and are corrected after the other checks."""
    updated = asdict(_verdicts(review, str(report["version"]), bounds))
    checks = [updated if row["check"] == updated["check"] else row for row in report["checks"]]
    answer = _overall_answer((row["answer"], row["decisive"]) for row in checks)
    return {**report, "checks": checks, "answer": answer, "lacking": labels_without_evidence(checks)}


def labels_without_evidence(checks: Iterable[Mapping[str, Any]]) -> list[str]:
    """Labels of the checks without evidence."""
    return [str(row["label"]) for row in checks if row["answer"] == NOT_ENOUGH_EVIDENCE]


def _overall_answer(checks: Iterable[tuple[str, bool]]) -> str:
    """The answer of all checks, each with whether it is decisive."""
    answers = list(checks)
    if any(answer == FAIL for answer, _ in answers):
        return FAIL
    lacking = any(answer == NOT_ENOUGH_EVIDENCE and decisive for answer, decisive in answers)
    return NOT_ENOUGH_EVIDENCE if lacking else PASS


def _no_worse(evidence: GateEvidence, bounds: Bounds) -> Check:
    """AUC against the champion's on the cases that both models could have listed."""
    name, label = "no_worse_overlap", "两个模型都够得着的案件上不逊于在用模型"
    rows = np.ones(len(evidence.outcome), bool) if evidence.overlap is None else evidence.overlap
    weight = np.ones(len(evidence.outcome)) if evidence.weight is None else evidence.weight
    return _non_inferiority(name, label, evidence, rows, weight, (bounds.rows, bounds.positives), bounds, decisive=True)


def _no_worse_random(evidence: GateEvidence, bounds: Bounds) -> Check:
    """AUC against the champion's on the cases listed at random."""
    name, label = "no_worse_random", "随机抽取的案件上不逊于在用模型"
    rows = np.zeros(len(evidence.outcome), bool) if evidence.drawn is None else evidence.drawn
    least = (bounds.random_rows, bounds.random_positives)
    weight = np.ones(len(evidence.outcome))
    return _non_inferiority(name, label, evidence, rows, weight, least, bounds, decisive=False)


def _non_inferiority(
    name: str,
    label: str,
    evidence: GateEvidence,
    rows: Flags,
    weight: Array,
    least: tuple[int, int],
    bounds: Bounds,
    decisive: bool,
) -> Check:
    """Whether the challenger loses at most `Bounds.margin` of AUC against the champion on some rows.

    Args:
        name, label: of the check.
        evidence: margins and outcomes.
        rows, weight: which rows are compared, and their weights, shape (n,).
        least: fewest rows and fewest of either class.
        bounds: margin and draws of the bootstrap.
        decisive: of the check.
    """
    bound = {"auc_loss": bounds.margin, "rows": least[0], "positives": least[1]}
    if evidence.champion is None or evidence.champion_margin is None:
        return Check(name, label, PASS, None, bound, "没有在用模型，无从比较。", decisive)
    at = np.flatnonzero(rows & ~np.isnan(evidence.champion_margin))
    positives = int(evidence.outcome[at].sum())
    effective = round(effective_size(weight[at]), 1)
    values: dict[str, Any] = {"rows": len(at), "positives": positives, "effective": effective}
    if len(at) < least[0] or min(positives, len(at) - positives) < least[1]:
        note = f"可比的案件只有 {len(at)} 件，正例 {positives} 件。"
        return Check(name, label, NOT_ENOUGH_EVIDENCE, values, bound, note, decisive)
    first, second = evidence.challenger[at], evidence.champion_margin[at]
    # Two-sided 90 %: its lower end is the one-sided 95 % bound of a test of non-inferiority.
    change = figures.paired_auc_difference(
        first, second, evidence.outcome[at], evidence.group[at], weight[at], 0.90, bounds.rounds
    )
    note = (
        f"AUC 相差 {change.value:+.3f}（90% 区间 {change.low:+.3f} 至 {change.high:+.3f}），"
        f"容许 {-bounds.margin:+.3f}；有效样本量 {effective:g}。标签由在用模型选出，对其有利。"
    )
    if change.low >= -bounds.margin:
        answer = PASS
    else:
        answer = FAIL if change.value < -bounds.margin and change.high < 0 else NOT_ENOUGH_EVIDENCE
    return Check(name, label, answer, values | {"auc_difference": asdict(change)}, bound, note, decisive)


def _better_than_chance(evidence: GateEvidence, bounds: Bounds) -> Check:
    """Whether the lower end of the AUC's interval on the later rows is above one half."""
    name, label = "better_than_chance", "优于随机"
    bound = {"auc_low": 0.5, "rows": bounds.rows, "positives": bounds.positives}
    auc = _auc(evidence, bounds)
    if auc is None:
        note = f"较晚时段只有 {len(evidence.outcome)} 件、正例 {int(evidence.outcome.sum())} 件。"
        return Check(name, label, NOT_ENOUGH_EVIDENCE, None, bound, note)
    note = f"AUC {auc.value:.3f}（95% 区间 {auc.low:.3f} 至 {auc.high:.3f}）。"
    return Check(name, label, PASS if auc.low > 0.5 else FAIL, asdict(auc), bound, note)


def _auc(evidence: GateEvidence, bounds: Bounds) -> IntervalEstimate | None:
    """AUC on all rows of the later window; None where it holds too few."""
    positives = int(evidence.outcome.sum())
    count = len(evidence.outcome)
    if count < bounds.rows or min(positives, count - positives) < bounds.positives:
        return None
    even = np.ones(count)
    return figures.auc_estimate(evidence.challenger, evidence.outcome, evidence.group, even, 0.95, bounds.rounds)


def _calibration(evidence: GateEvidence, bounds: Bounds) -> Check:
    """Whether probabilities match outcomes on the later rows, beyond what chance explains."""
    name, label = "calibration", "概率经过校准"
    bound = {"ece_above_chance": bounds.ece, "slope": [bounds.slope_low, bounds.slope_high]}
    if _auc(evidence, bounds) is None:
        return Check(name, label, NOT_ENOUGH_EVIDENCE, None, bound, "较晚时段案件太少。")
    measured = figures.calibration_figures(evidence.challenger, evidence.outcome, evidence.group, bounds.rounds)
    excess, slope = measured.ece - measured.by_chance, measured.slope
    tilted = slope.high < bounds.slope_low or slope.low > bounds.slope_high
    note = (
        f"校准误差 {measured.ece:.3f}，其中偶然约 {measured.by_chance:.3f}；斜率 {slope.value:.2f}"
        f"（{slope.low:.2f} 至 {slope.high:.2f}）。只就已审查案件而言。"
    )
    if tilted or (excess > bounds.ece and measured.ece > measured.chance_high):
        answer = FAIL
    else:
        answer = PASS if excess <= bounds.ece else NOT_ENOUGH_EVIDENCE
    values: dict[str, Any] = asdict(measured)
    if evidence.ece is not None:
        before, after = evidence.ece
        values |= {"ece_before": before, "ece_after": after}
        if after > before + bounds.ece:
            note += f"训练自留的较晚时段上，校准直线使误差由 {before:.3f} 增至 {after:.3f}，与此不一致，待核实。"
            answer = NOT_ENOUGH_EVIDENCE if answer == PASS else answer
    return Check(name, label, answer, values, bound, note)


def _subgroups(evidence: GateEvidence, bounds: Bounds) -> Check:
    """Whether a subgroup falls further behind all rows under the challenger than under the champion."""
    name, label = "subgroups", "各人群的差距没有扩大"
    bound = {"gap": bounds.gap, "rows": bounds.group_rows, "positives": bounds.group_positives}
    if evidence.champion is None or evidence.champion_margin is None:
        return Check(name, label, PASS, None, bound, "没有在用模型，无从比较。", decisive=False)
    if evidence.groups is None:
        return Check(name, label, NOT_ENOUGH_EVIDENCE, None, bound, "没有分组。", decisive=False)
    at = np.flatnonzero(~np.isnan(evidence.champion_margin))
    outcome = evidence.outcome[at]
    names, member = _members(evidence.groups.iloc[at], outcome, bounds)
    if not names:
        note = f"没有一个人群达到 {bounds.group_rows} 件且正例 {bounds.group_positives} 件。"
        return Check(name, label, NOT_ENOUGH_EVIDENCE, [], bound, note, decisive=False)
    first, second = evidence.challenger[at], evidence.champion_margin[at]
    changes = figures.gap_changes(first, second, outcome, member, evidence.group[at], bounds.share, bounds.rounds)
    rows: list[dict[str, Any]] = [
        {
            "group": group,
            "rows": int(member[:, place].sum()),
            "figure": kind,
            "change": float(point[place]),
            "low": float(low[place]),
            "high": float(high[place]),
        }
        for kind, (point, low, high) in changes.items()
        for place, group in enumerate(names)
        if not np.isnan([point[place], low[place], high[place]]).any()
    ]
    worse = [row for row in rows if row["change"] > bounds.gap and row["low"] > 0]
    kinds = {"recall": "查全率", "precision": "准确率", "auc": "AUC"}
    note = f"比较了 {len(names)} 个人群。" + "".join(
        f"“{row['group']}”的{kinds[row['figure']]}与全体的差距扩大 {row['change']:.2f}。" for row in worse
    )
    return Check(name, label, FAIL if worse else PASS, rows, bound, note, decisive=False)


def _members(groups: pd.DataFrame, outcome: Array, bounds: Bounds) -> tuple[list[str], Flags]:
    """Subgroups large enough to be compared, with their rows, shape (n, g)."""
    names, rows = [], []
    for dimension in groups.columns:
        for value in sorted(groups[dimension].dropna().astype(str).unique()):
            inside = (groups[dimension].astype(str) == value).to_numpy()
            positives = outcome[inside].sum()
            if bounds.group_rows <= inside.sum() < len(inside) and positives >= bounds.group_positives:
                names.append(f"{dimension}：{value}")
                rows.append(inside)
    return names, np.stack(rows, axis=1) if rows else np.zeros((len(outcome), 0), bool)


def _reasons(evidence: GateEvidence, bounds: Bounds) -> Check:
    """Whether refits, and the champion, give the same first reasons."""
    name, label = "reasons", "主要理由稳定"
    bound = {"refit": bounds.reasons_refit, "champion": bounds.reasons_champion}
    shares = {"refit": evidence.reasons_refit, "champion": evidence.reasons_champion}
    if evidence.reasons_refit is None:
        return Check(name, label, NOT_ENOUGH_EVIDENCE, shares, bound, "未能重新拟合以比较理由。")
    note = f"重新拟合后前三条理由保留 {evidence.reasons_refit:.0%}"
    unstable = evidence.reasons_refit < bounds.reasons_refit
    if evidence.reasons_champion is not None:
        note += f"，与在用模型相同 {evidence.reasons_champion:.0%}"
        unstable = unstable or evidence.reasons_champion < bounds.reasons_champion
    return Check(name, label, FAIL if unstable else PASS, shares, bound, note + "。")


def _coverage(evidence: GateEvidence, bounds: Bounds) -> Check:
    """Whether a family of clues lost much of its coverage since the champion's training."""
    name, label = "coverage", "数据覆盖如常"
    bound = {"fall": bounds.coverage_fall}
    if not evidence.coverage_before:
        return Check(name, label, NOT_ENOUGH_EVIDENCE, None, bound, "没有可比的以往覆盖。", decisive=False)
    fell = {
        family: [before, evidence.coverage.get(family, 0.0)]
        for family, before in evidence.coverage_before.items()
        if before > 0 and evidence.coverage.get(family, 0.0) < (1 - bounds.coverage_fall) * before
    }
    note = "、".join(f"{family} 由 {before:.0%} 降至 {now:.0%}" for family, (before, now) in fell.items())
    note = f"{note}。" if fell else f"{len(evidence.coverage_before)} 族线索的覆盖均未大幅下降。"
    return Check(name, label, FAIL if fell else PASS, fell, bound, note, decisive=False)


def _leak(evidence: GateEvidence, bounds: Bounds) -> Check:
    """Whether the AUC is implausibly high, or rests on a single column: signs of a label leak."""
    name, label = "leak", "没有泄漏迹象"
    bound = {"auc": bounds.auc_alarm, "alone": bounds.alone, "collapse": bounds.collapse}
    auc = _auc(evidence, bounds)
    if auc is None:
        return Check(name, label, NOT_ENOUGH_EVIDENCE, None, bound, "较晚时段案件太少。")
    alarms = []
    if auc.value > bounds.auc_alarm:
        alarms.append(f"时间外 AUC 达 {auc.value:.3f}")
    alone = {column: value for column, value in evidence.alone.items() if value > bounds.alone}
    alarms += [f"{column} 一列单独即达 AUC {value:.3f}" for column, value in alone.items()]
    values: dict[str, Any] = {"auc": auc.value, "alone": alone}
    if evidence.without is not None:
        column, remaining = evidence.without
        values["without"] = {"column": column, "auc": remaining}
        if auc.value - remaining > bounds.collapse:
            alarms.append(f"去掉 {column} 一列后 AUC 由 {auc.value:.3f} 跌至 {remaining:.3f}")
    note = "；".join(alarms) + "：疑似用了截止日以后才有的信息，待核实。" if alarms else "未见泄漏迹象。"
    return Check(name, label, FAIL if alarms else PASS, values, bound, note)


def _repeated(evidence: GateEvidence) -> Check:
    """Whether a second fit on the same data gives the same version."""
    name, label = "reproducible", "重新训练逐位相同"
    if evidence.repeated is None:
        return Check(name, label, NOT_ENOUGH_EVIDENCE, None, evidence.version, "没有重新训练。")
    same = evidence.repeated == evidence.version
    note = "第二次训练得到同一版本。" if same else f"第二次训练得到 {evidence.repeated}。"
    return Check(name, label, PASS if same else FAIL, evidence.repeated, evidence.version, note)


def _directions(evidence: GateEvidence) -> Check:
    """Whether removing the evidence of a clue of known direction ever moves a score the wrong way."""
    name, label = "directions", "得分不与已知方向相反"
    if not evidence.against or not evidence.against[0]:
        return Check(name, label, NOT_ENOUGH_EVIDENCE, None, 0, "没有可据以检验的、方向已知的线索。", decisive=False)
    tried, against = evidence.against
    note = f"去掉方向已知的线索 {tried} 次，得分与其方向相反的 {against} 次。"
    counts = {"held_pairs": tried, "violations": against}
    return Check(name, label, FAIL if against else PASS, counts, 0, note, decisive=False)


def _verdicts(review: ReasonReview | None, version: str, bounds: Bounds) -> Check:
    """Whether auditors found the challenger's reasons supported; verdicts on the champion's do not decide."""
    name, label = "verdicts", "复核人认可解释"
    bound = {"agreement": bounds.agreement, "verdicts": bounds.verdicts}
    counts = [review.judged, review.supported] if review else [0, 0]
    if review is None or review.judged < bounds.verdicts:
        note = f"复核过的理由 {counts[0]} 条，不足 {bounds.verdicts} 条。"
        return Check(name, label, NOT_ENOUGH_EVIDENCE, counts, bound, note, decisive=False)
    interval = f"95% 区间 {review.low:.0%} 至 {review.high:.0%}，按案件折算"
    note = f"{review.judged} 条理由中 {review.supported} 条有据（{interval}）。"
    if review.version != version:
        # A champion whose reasons are disliked must be replaceable: what is said of it cannot fail another model.
        note += f"所判断的是在用模型 {review.version} 的理由；候选模型尚未提供过解释。"
        return Check(name, label, NOT_ENOUGH_EVIDENCE, counts, bound, note, decisive=False)
    return Check(name, label, FAIL if review.high < bounds.agreement else PASS, counts, bound, note, decisive=False)
