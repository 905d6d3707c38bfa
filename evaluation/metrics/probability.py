"""Figures of a probability against outcomes: area under the curve, average precision, Brier score, calibration error.

Equal scores are treated alike whatever order they come in, so no figure depends on the order of the rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import NotEnoughDataError

Array = npt.NDArray[np.float64]

BINS = 10


def auc(score: Array, outcome: Array) -> float:
    """Area under the ROC curve: the chance that a positive stands above a negative, ties counted half.

    Raises:
        NotEnoughDataError: one of the two classes is missing.

    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0.0, 1.0, 1.0]))
    0.75
    """
    positives, negatives = _require_both_classes(outcome)
    ranks = pd.Series(score).rank(method="average").to_numpy(dtype=np.float64)
    above = float(ranks[outcome > 0].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def average_precision(score: Array, outcome: Array) -> float:
    """Area under the precision-recall steps, one step per distinct score.

    Raises:
        NotEnoughDataError: one of the two classes is missing.
    """
    positives, _ = _require_both_classes(outcome)
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    hits = np.cumsum(outcome[order])[last]
    gained = np.diff(hits, prepend=0.0)
    return float(np.sum(gained * hits / (last + 1)) / positives)


def brier(probability: Array, outcome: Array) -> float:
    """Mean squared difference between probability and outcome (0 is best; lower is better)."""
    _require_rows(outcome)
    return float(np.mean((probability - outcome) ** 2))


def log_loss(margin: Array, outcome: Array) -> float:
    """Mean negative log-likelihood of log-odds (natural logarithm; lower is better)."""
    _require_rows(outcome)
    return float(np.mean(np.logaddexp(0.0, margin) - outcome * margin))


def reliability(probability: Array, outcome: Array, bins: int = BINS) -> pd.DataFrame:
    """Mean probability and share of positives per bin of about equal size; equal probabilities share a bin.

    Returns:
        Columns bin, probability, share, n; one row per bin that holds rows.
    """
    _require_rows(outcome)
    middle = (pd.Series(probability).rank(method="average").to_numpy(dtype=np.float64) - 0.5) / len(probability)
    frame = pd.DataFrame({"bin": (middle * bins).astype(np.int64), "probability": probability, "share": outcome})
    grouped = frame.groupby("bin").agg(probability=("probability", "mean"), share=("share", "mean"), n=("bin", "size"))
    return grouped.reset_index()


def calibration_error(probability: Array, outcome: Array, bins: int = BINS) -> float:
    """Expected calibration error: mean |probability - share| over `reliability`, weighted by rows."""
    table = reliability(probability, outcome, bins)
    return float(np.average((table["probability"] - table["share"]).abs(), weights=table["n"]))


def _require_rows(outcome: Array) -> None:
    if not len(outcome):
        raise NotEnoughDataError("没有任何带结果的记录，无法计算指标。")


def _require_both_classes(outcome: Array) -> tuple[int, int]:
    positives = int((outcome > 0).sum())
    negatives = len(outcome) - positives
    if not positives or not negatives:
        raise NotEnoughDataError(f"计算排序指标需要正例和反例，实有正例 {positives} 条、反例 {negatives} 条。")
    return positives, negatives
