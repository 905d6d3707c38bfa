"""Metrics of scores and probabilities against outcomes: AUC, average precision, Brier score, log loss, calibration.

Equal scores are treated alike, so no metric depends on the order of the rows. scikit-learn is called where it computes
the same figure.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from features.errors import NotEnoughDataError

Array = npt.NDArray[np.float64]

BINS = 10


def auc(score: Array, outcome: Array) -> float:
    """Area under the ROC curve: the probability that a positive scores above a negative, ties counted half.

    Args:
        score: shape (n,), higher means more likely positive.
        outcome: 0 or 1, shape (n,).

    Raises:
        NotEnoughDataError: one of the two classes is missing.

    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0.0, 1.0, 1.0]))
    0.75
    """
    _require_both_classes(outcome)
    return float(roc_auc_score(outcome > 0, score))


def weighted_auc(score: Array, outcome: Array, weight: Array) -> float:
    """`auc` of weighted rows, for loops of resampling.

    The same as `roc_auc_score(outcome, score, sample_weight=weight)` at a twentieth of the time: the gate computes some
    ten thousand of them.

    Raises:
        NotEnoughDataError: one of the two classes is missing or has no weight.
    """
    _, position = np.unique(score, return_inverse=True)
    positive = np.bincount(position, weight * (outcome > 0))
    negative = np.bincount(position, weight * (outcome <= 0))
    if positive.sum() <= 0 or negative.sum() <= 0:
        raise NotEnoughDataError("计算 AUC 需要正例和反例。")
    below = np.cumsum(negative) - negative
    return float(np.sum(positive * (below + 0.5 * negative)) / (positive.sum() * negative.sum()))


def average_precision(score: Array, outcome: Array) -> float:
    """Area under the precision-recall steps, one step per distinct score.

    Raises:
        NotEnoughDataError: one of the two classes is missing.
    """
    _require_both_classes(outcome)
    return float(average_precision_score(outcome > 0, score))


def brier(probability: Array, outcome: Array, weight: Array | None = None) -> float:
    """Mean squared difference between probability and outcome (0 is best; lower is better)."""
    _require_rows(outcome)
    return float(brier_score_loss(outcome, probability, sample_weight=weight, pos_label=1))


def log_loss(margin: Array, outcome: Array) -> float:
    """Mean negative log-likelihood of log-odds (natural logarithm; lower is better).

    Computed from the margin: `sklearn.metrics.log_loss` takes probabilities, which round to 0 and 1 at large margins.
    """
    _require_rows(outcome)
    return float(np.mean(np.logaddexp(0.0, margin) - outcome * margin))


def reliability(probability: Array, outcome: Array, bins: int = BINS, weight: Array | None = None) -> pd.DataFrame:
    """Mean probability and share of positives per bin of about equal weight; equal probabilities share a bin.

    `sklearn.calibration.calibration_curve` takes no weights and splits equal probabilities over bins at its quantiles.

    Args:
        probability, outcome: shape (n,).
        bins: number of bins.
        weight: shape (n,), by default 1 for every row.

    Returns:
        Columns bin, probability, share, n (rows), weight; one row per bin that holds rows.
    """
    _require_rows(outcome)
    mass = np.ones(len(outcome)) if weight is None else weight
    _, position = np.unique(probability, return_inverse=True)
    tied = np.bincount(position, mass)
    middle = (np.cumsum(tied) - 0.5 * tied) / tied.sum()
    bin_ = np.minimum((middle * bins).astype(np.int64), bins - 1)[position]
    frame = pd.DataFrame({"bin": bin_, "probability": mass * probability, "share": mass * outcome, "weight": mass})
    sums = frame.groupby("bin").agg(
        probability=("probability", "sum"), share=("share", "sum"), n=("bin", "size"), weight=("weight", "sum")
    )
    return sums.assign(
        probability=sums["probability"] / sums["weight"], share=sums["share"] / sums["weight"]
    ).reset_index()


def calibration_error(probability: Array, outcome: Array, bins: int = BINS, weight: Array | None = None) -> float:
    """Expected calibration error: mean |probability - share| over the bins of `reliability`, weighted by their rows."""
    table = reliability(probability, outcome, bins, weight)
    return float(np.average((table["probability"] - table["share"]).abs(), weights=table["weight"]))


def _require_rows(outcome: Array) -> None:
    if not len(outcome):
        raise NotEnoughDataError("没有任何带结果的记录，无法计算指标。")


def _require_both_classes(outcome: Array) -> None:
    positives = int((outcome > 0).sum())
    negatives = len(outcome) - positives
    if not positives or not negatives:
        raise NotEnoughDataError(f"计算排序指标需要正例和反例，实有正例 {positives} 条、反例 {negatives} 条。")
