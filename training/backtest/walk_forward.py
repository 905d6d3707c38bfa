"""Walk-forward scoring: on a quarter end, train every candidate on the labels known, score the eligible episodes.

No debtor and no case chain is in both training and scoring: labels connected with an episode eligible on the day are
left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.lists.baselines import BASELINE_SCORES, logistic_baseline
from evaluation.lists.measure import STRATA
from features.errors import NotEnoughDataError
from features.matrix import Matrix
from models.scoring.model import Model
from models.selection.eligibility import eligible, unlearnt
from training.backtest.cache import QuarterScores
from training.backtest.inputs import QuarterInputs
from training.backtest.plan import BacktestPlan
from training.data.sample import Sample, assemble
from training.data.splits import groups

Mask = npt.NDArray[np.bool_]

KEY_COLUMNS = ("episode", "case_no", "zb_date", "office", "debtor", "chain", *STRATA)
"""Key columns of the matrix kept beside the scores."""


@dataclass(frozen=True)
class _Eligible:
    """Episodes that could be listed on a day: keys, all values, and the values a model may see, row by row."""

    keys: pd.DataFrame
    values: pd.DataFrame
    model_values: pd.DataFrame


def score_quarter(
    quarter: QuarterInputs, matrices: Mapping[date, Matrix], plan: BacktestPlan, state: int
) -> QuarterScores:
    """Scores of a quarter's eligible episodes by every candidate and baseline; a 中文 note where labels are too few.

    Args:
        quarter: what was known on the quarter end.
        matrices: at least those of `QuarterInputs.matrix_days`.
        plan: candidates and baselines.
        state: state of the pool, written into the models.
    """
    try:
        return _score(quarter, matrices, plan, state)
    except NotEnoughDataError as error:
        return QuarterScores(pd.DataFrame(), [], f"{quarter.day}：{error}")


def _score(quarter: QuarterInputs, matrices: Mapping[date, Matrix], plan: BacktestPlan, state: int) -> QuarterScores:
    if not len(quarter.labels):
        raise NotEnoughDataError("此前还没有任何已审结的审查。")
    episodes = _eligible_episodes(matrices[quarter.day], quarter.day, quarter.labels)
    usable = _unconnected(quarter.labels, [matrices[day].keys for day in quarter.matrix_days], episodes.keys)
    sample = assemble(quarter.labels[usable], matrices)
    if not len(sample.outcome):
        raise NotEnoughDataError("此前没有可用于训练的审查。")
    scores: dict[str, Any] = {}
    fits = []
    for candidate in plan.candidates:
        own = _weighted_sample(quarter, candidate.name, usable, matrices) or sample
        model, _ = candidate.fit(own, quarter.day, state, plan.threads, figures=False)
        scores |= _model_scores(candidate.name, model, episodes.model_values)
        count = model.counts["concealment"]
        fits.append(
            {
                "quarter": quarter.day.isoformat(),
                "recipe": candidate.name,
                "version": model.version,
                "labels": count["labels"],
                "positives": count["positives"],
                "set_aside": int((~usable).sum()),
                "weighing": list(own.notes),
            }
        )
    scores |= _baseline_scores(plan.settings.baselines, episodes, sample.with_outcome(), quarter.day)
    keys = episodes.keys[[name for name in KEY_COLUMNS if name in episodes.keys.columns]]
    return QuarterScores(pd.concat([keys, pd.DataFrame(scores, index=keys.index)], axis=1), fits)


def _eligible_episodes(matrix: Matrix, day: date, labels: pd.DataFrame) -> _Eligible:
    """Episodes that may be listed on a day and whose label no model is trained on."""
    free = eligible(matrix.keys, day) & unlearnt(matrix.keys, labels)
    keys, values, seen = matrix.keys[free], matrix.values[free], matrix.model_values[free]
    return _Eligible(keys.reset_index(drop=True), values.reset_index(drop=True), seen.reset_index(drop=True))


def _unconnected(labels: pd.DataFrame, cohorts: Sequence[pd.DataFrame], keys: pd.DataFrame) -> Mask:
    """Labels (mask) whose debtor and case chain are not connected with any eligible episode of `keys`.

    `cohorts` are the keys of the matrices through which labels are connected.
    """
    columns = ["case_no", "zb_date", "debtor", "chain"]
    known = pd.concat([cohort[columns] for cohort in cohorts]).drop_duplicates(columns)
    every = pd.concat([known, keys[columns].assign(eligible=True)], ignore_index=True)
    group = groups(every["debtor"], every["chain"])
    with_eligible = np.unique(group[every["eligible"].eq(True).to_numpy()])
    connected = every[np.isin(group, with_eligible)][["case_no", "zb_date"]].drop_duplicates().assign(taken=True)
    return np.asarray(labels.merge(connected, on=["case_no", "zb_date"], how="left")["taken"].isna(), dtype=bool)


def _weighted_sample(
    quarter: QuarterInputs, candidate: str, usable: Mask, matrices: Mapping[date, Matrix]
) -> Sample | None:
    """The sample with the weights a candidate asks for; None where it asks for none."""
    if candidate not in quarter.weighted:
        return None
    labels, notes = quarter.weighted[candidate]
    return replace(assemble(labels[usable], matrices), notes=notes)


def _model_scores(name: str, model: Model, values: pd.DataFrame) -> dict[str, pd.Series]:
    """Columns of one candidate: its two orders, and probability and expected amount (分) of every episode."""
    scores = model.score(values)
    expected = scores["expected_fen"].astype("float64") if model.amount else scores["probability"]
    return {
        name: expected,
        f"{name}:probability": scores["probability"],
        f"chance:{name}": scores["probability"],
        f"amount:{name}": expected,
    }


def _baseline_scores(names: Sequence[str], episodes: _Eligible, learned: Sample, day: date) -> dict[str, Any]:
    """A column per baseline, shape (n,); the logistic one is fitted on the training rows of the candidates."""
    scores: dict[str, Any] = {}
    for name in names:
        rule = BASELINE_SCORES.get(name)
        scores[name] = (
            rule(episodes.keys, episodes.values, day)
            if rule
            else logistic_baseline(learned.values, learned.outcome, episodes.model_values)
        )
    return scores
