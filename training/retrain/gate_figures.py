"""Figures of the gate: AUC of two models on the same rows, calibration against chance, how far subgroups fall behind.

Every interval comes from a bootstrap over whole groups of debtors and case chains, the same draws for both models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.metrics import probability as probability_metrics
from evaluation.metrics.probability import weighted_auc
from features.errors import NotEnoughDataError
from models.intervals.bootstrap import cluster_bootstrap, resample_groups
from models.scoring.calibration import fit_calibration, probability

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class IntervalEstimate:
    """A figure with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CalibrationFigures:
    """Calibration on rows a model never saw.

    Attributes:
        ece: expected calibration error.
        by_chance, chance_high: mean and 95 % quantile it would have if the model were perfectly calibrated.
        slope: of the logistic regression of outcomes on margins; 1 is calibrated, below 1 the margins spread too far.
    """

    ece: float
    by_chance: float
    chance_high: float
    slope: IntervalEstimate


def auc_estimate(
    margin: Array, outcome: Array, group: Rows, weight: Array, level: float, rounds: int
) -> IntervalEstimate:
    """AUC with its interval; NotEnoughDataError where a class is missing."""
    value = weighted_auc(margin, outcome, weight)
    interval = cluster_bootstrap(lambda at: weighted_auc(margin[at], outcome[at], weight[at]), group, level, rounds)
    return IntervalEstimate(value, interval.low, interval.high)


def paired_auc_difference(
    first: Array, second: Array, outcome: Array, group: Rows, weight: Array, level: float, rounds: int
) -> IntervalEstimate:
    """AUC of the first model less that of the second on the same rows; NotEnoughDataError where a class is missing."""

    def difference(at: Rows) -> float:
        return weighted_auc(first[at], outcome[at], weight[at]) - weighted_auc(second[at], outcome[at], weight[at])

    everything = np.arange(len(outcome), dtype=np.int64)
    interval = cluster_bootstrap(difference, group, level, rounds)
    return IntervalEstimate(difference(everything), interval.low, interval.high)


def calibration_figures(margin: Array, outcome: Array, group: Rows, rounds: int, seed: int = 0) -> CalibrationFigures:
    """ECE beside what chance alone would give, and the slope; margins are calibrated log-odds, shape (n,)."""
    chance = probability(margin)
    random = np.random.default_rng(seed)
    by_chance = [
        probability_metrics.calibration_error(chance, (random.random(len(chance)) < chance).astype(np.float64))
        for _ in range(rounds // 2)
    ]
    slope = fit_calibration(margin, outcome).slope
    interval = cluster_bootstrap(lambda at: fit_calibration(margin[at], outcome[at]).slope, group, rounds=rounds // 2)
    return CalibrationFigures(
        probability_metrics.calibration_error(chance, outcome),
        float(np.mean(by_chance)),
        float(np.quantile(by_chance, 0.95)),
        IntervalEstimate(slope, interval.low, interval.high),
    )


def single_column_auc(values: pd.DataFrame, outcome: Array) -> pd.Series:
    """AUC of each column by itself in its better direction, missing values at the median: 0.5 … 1 by column."""
    filled = values.fillna(values.median()).fillna(0.0)
    return filled.apply(lambda column: _better_direction_auc(column.to_numpy(dtype=np.float64), outcome))


def gap_changes(
    first: Array, second: Array, outcome: Array, member: Flags, group: Rows, share: float, rounds: int
) -> dict[str, tuple[Array, Array, Array]]:
    """How much further each subgroup falls behind all rows under the first model than under the second.

    Args:
        first, second: margins of the two models, shape (n,).
        outcome: 0 or 1, shape (n,).
        member: which rows belong to each subgroup, shape (n, g).
        group: group number of every row, for the bootstrap.
        share: part of the rows that is listed (the capacity).
        rounds: draws.

    Returns:
        For recall and precision at capacity and for AUC within the subgroup: (change of the gap to all rows, shape
        (g,), positive = worse; lows and highs of its interval, shape (g,), corrected for the number of subgroups).
    """
    everything = np.arange(len(outcome), dtype=np.int64)
    point = _gaps(first, second, outcome, member, share, everything)
    drawn = np.stack([_gaps(first, second, outcome, member, share, at) for at in resample_groups(group, rounds)])
    tail = 0.05 / max(member.shape[1], 1) / 2
    changes: dict[str, tuple[Array, Array, Array]] = {}
    for place, name in enumerate(("recall", "precision", "auc")):
        with np.errstate(all="ignore"):
            some = ~np.isnan(drawn[:, place]).all(axis=0)
            low, high = np.full(member.shape[1], np.nan), np.full(member.shape[1], np.nan)
            low[some], high[some] = np.nanquantile(drawn[:, place][:, some], [tail, 1 - tail], axis=0)
        changes[name] = point[place], low, high
    return changes


def _gaps(first: Array, second: Array, outcome: Array, member: Flags, share: float, at: Rows) -> Array:
    """Change of the gaps from the second model to the first on rows `at`, shape (3, g): recall, precision, AUC."""
    under_first = _rates(first[at], outcome[at], member[at], share)
    under_second = _rates(second[at], outcome[at], member[at], share)
    return np.asarray(under_first - under_second, dtype=np.float64)


def _rates(margin: Array, outcome: Array, member: Flags, share: float) -> Array:
    """Gaps of subgroups to all rows, shape (3, g); NaN where a subgroup has no positive, none listed or one class."""
    size = max(1, round(share * len(margin)))
    listed = np.zeros(len(margin))
    listed[np.argsort(-margin, kind="stable")[:size]] = 1.0
    hit = listed * outcome
    inside = member.T.astype(np.float64)
    positives, hits, listed_count = inside @ outcome, inside @ hit, inside @ listed
    with np.errstate(divide="ignore", invalid="ignore"):
        recall = hit.sum() / max(outcome.sum(), 1.0) - np.where(positives > 0, hits / positives, np.nan)
        precision = hit.sum() / size - np.where(listed_count > 0, hits / listed_count, np.nan)
    even = np.ones(len(margin))
    order = [_auc(margin[row], outcome[row], even[row]) for row in member.T]
    return np.stack([recall, precision, _auc(margin, outcome, even) - np.array(order)])


def _auc(margin: Array, outcome: Array, weight: Array) -> float:
    """AUC, NaN where a class is missing."""
    try:
        return weighted_auc(margin, outcome, weight)
    except NotEnoughDataError:
        return float("nan")


def _better_direction_auc(column: Array, outcome: Array) -> float:
    """AUC of a column taken upwards or downwards, whichever is larger; 0.5 where a class is missing."""
    value = _auc(column, outcome, np.ones(len(column)))
    return 0.5 if np.isnan(value) else max(value, 1 - value)
