"""Monitoring section on drift: the matrix of a day against that of the day the model in use was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from evaluation.monitoring.alert import Alert, ReportSection
from evaluation.monitoring.bounds import Bound
from evaluation.monitoring.drift import (
    FALSE_DISCOVERY_RATE,
    clue_activity,
    count_bins,
    feature_drift,
    population_stability,
    score_shift,
    share_drift,
)
from features.clues import catalogue
from features.matrix import Matrix
from features.schema.sources import COVERAGE_LABELS
from models.intervals.shares import effective_size
from models.reasons.contributions import contributions_by_clue, decompose_margins
from models.scoring.model import Model

MIN_EPISODES = 30
"""Least effective number of episodes on either day: below it the chi-square approximation of the PSI is poor."""

GRADES = ("A", "B", "C", "D")


def watch_drift(base: Matrix, new: Matrix, model: Model | None, bounds: Mapping[str, Bound]) -> ReportSection:
    """Drift of features, clues, sources, grades and scores between two days.

    Every episode of the cohort has weight 1 on both days, reviewed or not.

    Args:
        base, new: matrices of the two days.
        model: the model whose scores are compared, or None to leave the scores out.
        bounds: see `evaluation.monitoring.bounds`.
    """
    # Episodes of one debtor are not independent.
    per_debtor = [np.asarray(one.keys["debtor"].value_counts(dropna=False), np.float64) for one in (base, new)]
    sizes = (effective_size(per_debtor[0]), effective_size(per_debtor[1]))
    figures: dict[str, Any] = {
        "rows_before": len(base.keys),
        "rows_after": len(new.keys),
        "effective_before": round(sizes[0], 1),
        "effective_after": round(sizes[1], 1),
    }
    if min(sizes) < MIN_EPISODES:
        note = (
            f"{base.as_of} 与 {new.as_of} 可比的被执行人分别为 {sizes[0]:.0f}、{sizes[1]:.0f} 人（有效数），"
            f"不足 {MIN_EPISODES} 人，未比较分布。"
        )
        return ReportSection(figures=figures, notes=(note,))
    features = feature_drift(base.model_values, new.model_values, sizes, bounds["feature_excess"].value)
    clues, sources = _shares(base, new, sizes, bounds)
    grades = _grades(base.keys, new.keys, sizes)
    figures |= {
        "above_bound": int((features["excess"] > bounds["feature_excess"].value).sum()),
        "above_bound_by_chance": round(float(features["by_chance"].sum()), 3),
        "grades": grades,
    }
    reached = _source_alerts(sources, bounds)
    findings = [*_feature_alerts(features, bounds), *_clue_alerts(clues, bounds), *reached]
    findings += _missing_alerts(features, {finding.subject for finding in reached}, bounds)
    findings += _index_alerts("grade_drift", "数据完备度", "数据完备度等级构成", grades, bounds["grade_excess"])
    tables = {"features": features, "clues": clues, "sources": sources}
    notes: tuple[str, ...] = ()
    if model is not None:
        if set(model.columns) <= set(catalogue.MODEL_FEATURES):
            scores, moved = _scores(base, new, model, sizes)
            figures |= {"scores": scores}
            tables |= {"moved": moved}
            findings += _index_alerts("score_drift", model.version, "得分分布", scores, bounds["score_excess"])
            findings += _score_move_alerts(moved, bounds["clue_move"])
        else:
            notes = (f"在用模型 {model.version} 的列在现行线索目录中已不全，未比较得分。",)
    return ReportSection(tables, figures, tuple(findings), notes)


def _shares(
    base: Matrix, new: Matrix, sizes: tuple[float, float], bounds: Mapping[str, Bound]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    clues = share_drift(
        clue_activity(base.model_values, catalogue.CLUE_OF),
        clue_activity(new.model_values, catalogue.CLUE_OF),
        sizes,
        bounds["clue_change"].value,
    )
    reach = {f"H01_{code}": code for code in COVERAGE_LABELS}
    covered = [matrix.values[list(reach)].rename(columns=reach) for matrix in (base, new)]
    return clues, share_drift(covered[0], covered[1], sizes, bounds["reach_change"].value)


def _grades(base: pd.DataFrame, new: pd.DataFrame, sizes: tuple[float, float]) -> dict[str, Any]:
    counts = [keys["coverage"].value_counts().reindex(GRADES, fill_value=0) for keys in (base, new)]
    before, after = (np.asarray(count, dtype=np.float64) for count in counts)
    stability = population_stability(before, after, sizes)
    mix = [{grade: int(count[grade]) for grade in GRADES} for count in counts]
    return {
        "before": mix[0],
        "after": mix[1],
        "psi": stability.psi,
        "excess": stability.excess,
        "chance": stability.chance,
    }


def _scores(
    base: Matrix, new: Matrix, model: Model, sizes: tuple[float, float]
) -> tuple[dict[str, float], pd.DataFrame]:
    """PSI and means of the scores on the two days, and how far each clue moved them (`score_shift`)."""
    parts = [decompose_margins(model, matrix.model_values) for matrix in (base, new)]
    stability = population_stability(*count_bins(parts[0].margin, parts[1].margin), sizes=sizes)
    by_clue = [
        contributions_by_clue(model, part, matrix.values.index) for part, matrix in zip(parts, (base, new), strict=True)
    ]
    chance = [float((0.5 * (1 + np.tanh(0.5 * part.margin))).mean()) for part in parts]
    figures = {
        "psi": stability.psi,
        "excess": stability.excess,
        "chance": stability.chance,
        "mean_probability_before": chance[0],
        "mean_probability_after": chance[1],
        "mean_margin_before": float(parts[0].margin.mean()),
        "mean_margin_after": float(parts[1].margin.mean()),
    }
    return figures, score_shift(by_clue[0], by_clue[1])


def _feature_alerts(features: pd.DataFrame, bounds: Mapping[str, Bound]) -> list[Alert]:
    alerts = []
    for row in features[features["drifted"]].to_dict("records"):
        label = catalogue.FEATURES[str(row["feature"])].label
        alerts.append(
            Alert(
                "feature_drift",
                str(row["feature"]),
                row["excess"],
                bounds["feature_excess"].value,
                f"特征“{label}”的分布与基准日相比有变化：稳定性指数 {row['psi']:.2f}，"
                f"其中随机波动的期望 {row['noise']:.2f}。",
            )
        )
    return alerts


def _missing_alerts(features: pd.DataFrame, reported: set[str], bounds: Mapping[str, Bound]) -> list[Alert]:
    """Changes in the share of missing values, once per clue; clues of a source already `reported` are left out."""
    change = features["missing_after"] - features["missing_before"]
    sure = (features["missing_low"] > 0) | (features["missing_high"] < 0)
    over = features[(change.abs() > bounds["missing_change"].value) & sure]
    clues = over["feature"].map(catalogue.CLUE_OF)
    own = [not reported & set(catalogue.CLUES[clue].needs.sources) for clue in clues]
    first = over.assign(clue=clues)[own].drop_duplicates("clue")
    return [
        Alert(
            "missing",
            str(row["clue"]),
            row["missing_after"] - row["missing_before"],
            bounds["missing_change"].value,
            f"线索 {row['clue']}“{catalogue.CLUES[str(row['clue'])].label}”未知的比例由"
            f" {row['missing_before']:.1%} 变为 {row['missing_after']:.1%}。",
        )
        for row in first.to_dict("records")
    ]


def _clue_alerts(clues: pd.DataFrame, bounds: Mapping[str, Bound]) -> list[Alert]:
    def share(name: str) -> str:
        return f"线索 {name}“{catalogue.CLUES[name].label}”有记录的比例"

    return _share_alerts("clue_drift", clues, bounds["clue_change"], share)


def _source_alerts(sources: pd.DataFrame, bounds: Mapping[str, Bound]) -> list[Alert]:
    def share(name: str) -> str:
        return f"来源“{COVERAGE_LABELS[name]}”覆盖的终本程序"

    return _share_alerts("reach", sources, bounds["reach_change"], share)


def _share_alerts(metric: str, shares: pd.DataFrame, bound: Bound, what: Callable[[str], str]) -> list[Alert]:
    """Alerts on the shares that changed; `what` says in 中文 what a name's share is of."""
    return [
        Alert(
            metric,
            str(row["name"]),
            row["change"],
            bound.value,
            f"{what(str(row['name']))}由 {row['before']:.1%} 变为 {row['after']:.1%}"
            f"（变化的 95 % 区间 {row['low']:+.1%} 至 {row['high']:+.1%}）。",
        )
        for row in shares[shares["changed"]].to_dict("records")
    ]


def _index_alerts(kind: str, subject: str, label: str, figures: Mapping[str, Any], bound: Bound) -> list[Alert]:
    excess = float(figures["excess"])
    if excess <= bound.value or figures["chance"] > FALSE_DISCOVERY_RATE:
        return []
    return [
        Alert(kind, subject, excess, bound.value, f"{label}与基准日相比有变化：稳定性指数超出随机波动 {excess:.2f}。")
    ]


def _score_move_alerts(moved: pd.DataFrame, bound: Bound) -> list[Alert]:
    sure = moved[(moved["moved"].abs() > bound.value) & (moved["moved"].abs() > 2 * moved["sure"])]
    return [
        Alert(
            "clue_move",
            str(row["clue"]),
            row["moved"],
            bound.value,
            f"线索 {row['clue']}“{_label(str(row['clue']))}”使平均得分（对数几率）移动 {row['moved']:+.2f}。",
        )
        for row in sure.to_dict("records")
    ]


def _label(clue: str) -> str:
    return catalogue.CLUES[clue].label if clue in catalogue.CLUES else clue
