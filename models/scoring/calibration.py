"""Calibration: Platt scaling of the margin, linear so that contributions stay additive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.scoring.head import Array

LOWEST_SLOPE = 0.05
"""Lower bound of the slope, so that calibration never changes the order of the margins."""

SLOPE_PENALTY = 4.0
"""Ridge penalty pulling the slope towards 1."""

SHIFT_PENALTY = 0.05
"""Ridge penalty pulling the intercept towards 0, so that a window with one class alone has a finite solution."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """calibrated margin = slope · margin + intercept, fitted on `labels` labels of which `positives` were positive."""

    slope: float = 1.0
    intercept: float = 0.0
    labels: int = 0
    positives: int = 0

    def apply(self, margin: Array) -> Array:
        """Calibrated margin, shape as given."""
        return self.slope * margin + self.intercept


def probability(margin: Array) -> Array:
    """Logistic function of a margin, without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * margin))


def finding_probability(probability: Array, missed: Array) -> Array:
    """Chance that a review finds property, concealed or missed; `missed` is NaN where the model has no such head."""
    return np.minimum(probability + np.nan_to_num(missed, nan=0.0), 1.0)


def fit_calibration(margin: Array, outcome: Array, weight: Array | None = None) -> Calibration:
    """Fit the line by penalised logistic regression (Platt) on margins of a later window.

    With few labels the slope stays near 1 and the line is a shift of the base rate; with none it is the identity.

    Args:
        margin: shape (n,), log-odds of the head.
        outcome: shape (n,), 0 or 1.
        weight: of every row, mean 1, shape (n,); all alike by default.
    """
    count = len(margin)
    if count == 0:
        return Calibration()
    row_weight = np.ones(count) if weight is None else weight
    current = np.array([1.0, 0.0])
    penalty = np.array([SLOPE_PENALTY, SHIFT_PENALTY])
    centre = np.array([1.0, 0.0])

    def loss(line: Array) -> float:
        score = line[0] * margin + line[1]
        each = row_weight * (np.logaddexp(0.0, score) - outcome * score)
        return float(np.sum(each) + 0.5 * np.sum(penalty * (line - centre) ** 2))

    value = loss(current)
    for _ in range(200):
        mean = probability(current[0] * margin + current[1])
        curve, off = row_weight * (mean * (1.0 - mean)), row_weight * (mean - outcome)
        gradient = np.array([np.sum(off * margin), np.sum(off)]) + penalty * (current - centre)
        cross = float(np.sum(curve * margin))
        hessian = np.array([[np.sum(curve * margin**2), cross], [cross, np.sum(curve)]]) + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while loss(current - size * step) > value and size > 1e-9:
            size /= 2
        lower = loss(current - size * step)
        if lower >= value:
            break
        current, value = current - size * step, lower
    if current[0] < LOWEST_SLOPE:
        current = np.array([LOWEST_SLOPE, _shift(LOWEST_SLOPE * margin, outcome, row_weight)])
    return Calibration(float(current[0]), float(current[1]), count, int(np.sum(outcome)))


def _shift(margin: Array, outcome: Array, weight: Array) -> float:
    """The shift that makes mean probability and base rate agree (one added positive and negative keep it finite)."""
    rate = (np.sum(weight * outcome) + 1.0) / (np.sum(weight) + 2.0)
    low, high = -50.0, 50.0
    for _ in range(200):
        middle = (low + high) / 2
        if float(np.average(probability(margin + middle), weights=weight)) < rate:
            low = middle
        else:
            high = middle
    return (low + high) / 2
