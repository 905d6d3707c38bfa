"""Baseline orders: today's practice in the offices, simple sorts, and an ordinary logistic regression.

Every baseline is a score per episode, the highest first. Lists are measured in expectation over equal scores, so random
choice is a constant score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from features.clues import catalogue
from features.errors import NotEnoughDataError

Array = npt.NDArray[np.float64]

BASELINES: Mapping[str, str] = {
    "random": "随机（期望）",
    "amount": "标的金额",
    "age": "终本时间（久者先）",
    "petition": "信访在先，再按立案先后",
    "findings": "命中线索数",
    "logistic": "普通逻辑回归",
}
"""Baselines by name, with their 中文 names; `logistic` is fitted, see `logistic_baseline`."""

_PETITION_BONUS_DAYS = 1e6
"""More days than any two filing dates are apart, so that petitioned cases always rank first."""


def random(keys: pd.DataFrame, values: pd.DataFrame, as_of: date) -> Array:
    """A constant: with ties measured in expectation, random choice."""
    return np.zeros(len(keys))


def amount(keys: pd.DataFrame, values: pd.DataFrame, as_of: date) -> Array:
    """Unpaid debt, 分."""
    return keys["debt_fen"].to_numpy(dtype=np.float64)


def age(keys: pd.DataFrame, values: pd.DataFrame, as_of: date) -> Array:
    """Days since the termination."""
    return _days_before(keys["zb_date"], as_of)


def petition(keys: pd.DataFrame, values: pd.DataFrame, as_of: date) -> Array:
    """Today's practice: petitioned cases first, then the earliest filed."""
    return keys["petitioned"].to_numpy(dtype=np.float64) * _PETITION_BONUS_DAYS + _days_before(
        keys["filing_date"], as_of
    )


def count_findings(keys: pd.DataFrame, values: pd.DataFrame, as_of: date) -> Array:
    """Number of channel A findings with at least one row (a positive feature); an unknown one counts as none."""
    count = np.zeros(len(keys))
    for clue in catalogue.CLUES.values():
        names = [feature.name for feature in clue.features if feature.name in values.columns]
        if clue.kind == "finding" and clue.in_model and names:
            count += (values[names].to_numpy(dtype=np.float64) > 0).any(axis=1)
    return count


BASELINE_SCORES: Mapping[str, Callable[[pd.DataFrame, pd.DataFrame, date], Array]] = {
    "random": random,
    "amount": amount,
    "age": age,
    "petition": petition,
    "findings": count_findings,
}
"""Baselines computed from keys (see `features.matrix.KEYS`) and values of a day's matrix; shape (n,) each."""


def logistic_baseline(learned: pd.DataFrame, outcome: Array, values: pd.DataFrame) -> Array:
    """Log-odds of a plain ridge logistic regression (scikit-learn's defaults) on standardised columns.
    Args:
        learned: matrix learned from (n, k); the unknown takes the column's mean.
        outcome: 0 or 1, shape (n,).
        values: matrix scored, same columns, (m, k).

    Raises:
        NotEnoughDataError: one of the two classes is missing.
    """
    if not 0 < outcome.sum() < len(outcome):
        raise NotEnoughDataError(f"逻辑回归需要正例和反例，实有 {len(outcome)} 条，其中正例 {int(outcome.sum())} 条。")
    known = list(learned.columns[learned.notna().any(axis=0)])
    scaler = StandardScaler().fit(learned[known].to_numpy(dtype=np.float64))
    with threadpool_limits(limits=1):
        line = LogisticRegression(max_iter=5000)
        line.fit(np.nan_to_num(scaler.transform(learned[known].to_numpy(dtype=np.float64))), outcome.astype(np.int64))
        scaled = np.nan_to_num(scaler.transform(values[known].to_numpy(dtype=np.float64)))
        return np.asarray(line.decision_function(scaled), dtype=np.float64)


def _days_before(column: pd.Series, as_of: date) -> Array:
    """Days from a date to the day, 0 where the date is unknown."""
    days = (pd.Timestamp(as_of) - pd.to_datetime(column)).dt.days
    return np.asarray(days.fillna(0), dtype=np.float64)
