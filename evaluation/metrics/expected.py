"""Expected precision of a list before its outcomes arrive, and how such estimates stood up to what came later.

Calibrated probabilities say it themselves: the expected share of confirmed cases in a list is the mean probability of
its cases, and their number follows a Poisson-binomial law (the idea of NannyML's confidence-based estimation). Where
the calibration has drifted since the model was fitted, the line is refitted on the newest matured labels and its own
uncertainty enters the interval.

Assumptions, stated wherever the figure is shown: outcomes are independent given the probabilities (two cases of one
debtor are not: the true interval is wider); what made the newest labels hold still holds for the list (a concealment
learnt since then is not seen: this estimate answers a change of the cases, not a change of behaviour); labels come
from listed and reviewed cases, so the correction speaks of cases like these and not of the random slice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import binom

from features.errors import NotEnoughDataError
from models.feedback.intervals import Interval, clopper_pearson
from models.scoring.calibration import SHIFT_PENALTY, SLOPE_PENALTY, Calibration, fit_calibration, probability

Array = npt.NDArray[np.float64]

QUADRATURE_NODES = 7
"""Gauss-Hermite nodes per parameter of the line: its uncertainty is integrated, not drawn."""

MIN_LABELS = 30
"""Fewest labels the line is refitted on; with fewer the probabilities are taken as they were served."""


@dataclass(frozen=True, slots=True)
class ExpectedPrecision:
    """What a list is expected to hold before anybody has looked.

    Attributes:
        precision: expected share of confirmed cases.
        interval: of the share that will be confirmed.
        listed: cases in the list.
        labels: labels the correction stands on; 0 where there was none.
        served: the share as the served probabilities have it, without correction.
    """

    precision: float
    interval: Interval
    listed: int
    labels: int
    served: float


@dataclass(frozen=True, slots=True)
class RecalibrationFit:
    """A recalibration line with the covariance of (slope, intercept), shape (2, 2)."""

    line: Calibration
    covariance: Array


def poisson_binomial_pmf(chance: Array) -> Array:
    """Poisson-binomial law: the probability of 0, 1, … n successes of independent trials.

    Polynomials of the trials are multiplied pairwise by FFT, so that thousands of cases cost no loop over them.

    Args:
        chance: shape (..., n), in 0..1.

    Returns:
        Shape (..., n + 1), summing to 1.
    """
    count = chance.shape[-1]
    width = 1 << max(count - 1, 0).bit_length()
    padded = np.concatenate([chance, np.zeros((*chance.shape[:-1], width - count))], axis=-1)
    law = np.stack([1.0 - padded, padded], axis=-1)
    while law.shape[-2] > 1:
        size = 2 * law.shape[-1] - 1
        seen = np.fft.rfft(law, size, axis=-1)
        law = np.fft.irfft(seen[..., ::2, :] * seen[..., 1::2, :], size, axis=-1)
    whole = np.clip(law[..., 0, : count + 1], 0.0, None)
    return np.asarray(whole / whole.sum(axis=-1, keepdims=True), dtype=np.float64)


def refit_calibration(margin: Array, outcome: Array, least: int = MIN_LABELS) -> RecalibrationFit | None:
    """The line that the newest matured labels ask of served margins, None where they are too few.

    The line is the penalised one of `models.scoring.calibration` (few labels move it little); its covariance is the
    inverse of the penalised information.

    Args:
        margin: served (calibrated) log-odds of labelled cases, shape (n,).
        outcome: 0 or 1, shape (n,).
        least: fewest labels.
    """
    if len(margin) < least:
        return None
    line = fit_calibration(margin, outcome)
    mean = probability(line.apply(margin))
    curve = mean * (1.0 - mean)
    design = np.column_stack([margin, np.ones(len(margin))])
    information = np.einsum("n,ni,nj->ij", curve, design, design) + np.diag([SLOPE_PENALTY, SHIFT_PENALTY])
    return RecalibrationFit(line, np.linalg.inv(information))


def expected_precision(
    margin: Array, correction: RecalibrationFit | None = None, level: float = 0.95
) -> ExpectedPrecision:
    """Expected precision of a list from the margins it was served with.

    Args:
        margin: served (calibrated) log-odds of the listed cases, shape (n,).
        correction: from `refit_calibration`, or None to take the margins as they are.
        level: level of the interval; it holds at least that much of the law of the share.

    Raises:
        NotEnoughDataError: the list is empty.
    """
    if not len(margin):
        raise NotEnoughDataError("清单为空，无法估计预期准确率。")
    served = float(probability(margin).mean())
    if correction is None:
        chance, weight = probability(margin)[None, :], np.ones(1)
    else:
        slope, shift, weight = _parameter_grid(correction)
        chance = probability(slope[:, None] * margin[None, :] + shift[:, None])
    law = np.einsum("k,kc->c", weight, poisson_binomial_pmf(chance))
    below = np.cumsum(law)
    tail = (1.0 - level) / 2
    low = int(np.searchsorted(below, tail + 1e-12))
    high = int(np.searchsorted(below, 1.0 - tail - 1e-12))
    labels = correction.line.labels if correction else 0
    mean = float(np.average(chance.mean(axis=1), weights=weight))
    return ExpectedPrecision(
        mean, Interval(low / len(margin), min(high / len(margin), 1.0)), len(margin), labels, served
    )


def _parameter_grid(correction: RecalibrationFit) -> tuple[Array, Array, Array]:
    """Slopes, intercepts and weights that stand for the normal law of a line's parameters (slopes stay above 0)."""
    node, weight = np.polynomial.hermite_e.hermegauss(QUADRATURE_NODES)
    root = np.linalg.cholesky(correction.covariance)
    grid = np.stack(np.meshgrid(node, node, indexing="ij"), axis=-1).reshape(-1, 2)
    both = np.outer(weight, weight).ravel()
    moved = np.einsum("ij,kj->ki", root, grid)
    slope = np.maximum(correction.line.slope + moved[:, 0], 0.0)
    return slope, correction.line.intercept + moved[:, 1], both / both.sum()


def backtest_estimates(
    listed: pd.DataFrame, labels: pd.DataFrame, least: int = 10, matured: float = 0.8, level: float = 0.95
) -> pd.DataFrame:
    """Estimates of past quarters, each made with what was known when its list was drawn, beside what came later.

    Args:
        listed: listed cases of past lists: quarter (text, in order of time), drawn_on (date), episode, margin (served).
        labels: reviews begun, see `join_outcomes`.
        least: fewest concluded reviews (that say confirmed or not) of a quarter for it to be checked.
        matured: smallest share of a quarter's reviews that must be concluded: what is concluded first is not like
            the rest.
        level: of both intervals.

    Returns:
        One row per quarter that can be checked: quarter, drawn_on, listed, estimate, low, high (of all listed, before
        outcomes), on_concluded (the same estimate for the concluded ones alone: its distance from `measured` is the
        calibration's, the rest is who was reviewed), concluded, measured, measured_low, measured_high (exact), error
        (estimate - measured), by_chance (mean |error| of a true estimate with so few reviews), covered (whether the
        intervals overlap), labels (behind the correction).
    """
    joined = join_outcomes(listed, labels)
    rows = []
    for quarter, part in joined.groupby("quarter", sort=True):
        done = part[part["y"].notna()]
        if len(done) < least or part["label_date"].notna().sum() < matured * part["started"].sum():
            continue
        day = part["drawn_on"].min()
        known = joined[joined["y"].notna() & (joined["label_date"] <= pd.Timestamp(day))]
        line = refit_calibration(known["margin"].to_numpy(dtype=np.float64), known["y"].to_numpy(dtype=np.float64))
        whole = expected_precision(part["margin"].to_numpy(dtype=np.float64), line, level)
        alone = expected_precision(done["margin"].to_numpy(dtype=np.float64), line, level)
        hits = int(done["y"].sum())
        exact = clopper_pearson(hits, len(done), level)
        met = exact.low <= whole.interval.high and exact.high >= whole.interval.low
        rows.append(
            (
                str(quarter),
                day,
                len(part),
                whole.precision,
                whole.interval.low,
                whole.interval.high,
                alone.precision,
                len(done),
                hits / len(done),
                exact.low,
                exact.high,
                whole.precision - hits / len(done),
                _expected_sampling_error(whole.precision, len(done)),
                met,
                whole.labels,
            )
        )
    return pd.DataFrame(rows, columns=list(BACKTEST_COLUMNS))


BACKTEST_COLUMNS = (
    "quarter",
    "drawn_on",
    "listed",
    "estimate",
    "low",
    "high",
    "on_concluded",
    "concluded",
    "measured",
    "measured_low",
    "measured_high",
    "error",
    "by_chance",
    "covered",
    "labels",
)
"""Columns of `backtest_estimates`."""


def join_outcomes(listed: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Listed cases with what their review found: `listed` with started, label_date and y.

    A review belongs to the last list before its selection that names its episode; of several reviews after one list
    the first counts.

    Args:
        listed: see `backtest_estimates`; one row per (quarter, episode).
        labels: episode, selected_on, label_date (NaT while running), y (NaN while running or where it says neither).
    """
    left = listed.assign(drawn=pd.to_datetime(listed["drawn_on"]).astype("datetime64[ns]"), row=np.arange(len(listed)))
    right = labels.assign(selected=pd.to_datetime(labels["selected_on"]).astype("datetime64[ns]"))
    pairs = pd.merge_asof(
        right.sort_values("selected", kind="stable"),
        left[["row", "drawn", "episode"]].sort_values("drawn", kind="stable"),
        left_on="selected",
        right_on="drawn",
        by="episode",
        allow_exact_matches=True,
    )
    first = pairs[pairs["row"].notna()].drop_duplicates("row").set_index("row")
    found = first.reindex(left["row"].to_numpy())
    return listed.assign(
        started=found["episode"].notna().to_numpy(),
        label_date=pd.to_datetime(found["label_date"]).to_numpy(dtype="datetime64[ns]"),
        y=found["y"].to_numpy(dtype=np.float64),
    )


def _expected_sampling_error(share: float, trials: int) -> float:
    """Mean |measured - share| of so many trials with that share."""
    law = binom.pmf(np.arange(trials + 1), trials, share)
    return float(np.sum(law * np.abs(np.arange(trials + 1) / trials - share)))


def mean_absolute_error(checked: pd.DataFrame) -> float:
    """Mean |estimate - measured| over the quarters of `backtest_estimates`; NotEnoughDataError where there is none."""
    if checked.empty:
        raise NotEnoughDataError("还没有结论成熟的季度，无法检验预期准确率。")
    return float(checked["error"].abs().mean())
