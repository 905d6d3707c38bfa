"""Expected precision of a list before its outcomes arrive, and how such estimates stood up to what came later.

If probabilities are calibrated, the expected share of confirmed cases in a list is the mean probability of its cases,
and their number has a Poisson-binomial distribution (the idea of NannyML's confidence-based performance estimation).
Calibration that has drifted since the model was fitted is corrected: slope and intercept are refitted on the newest
matured labels, and their standard errors enter the interval.

Assumptions, stated wherever the figure is shown: outcomes are independent given the probabilities (two cases of one
debtor are not, so the true interval is wider); the relation between score and outcome in the newest labels still holds
(a way of concealing that came up since is not noticed: the estimate answers a change of the cases, not of behaviour);
labels come from listed and reviewed cases, so the correction holds for cases like these and not for the random stratum.
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
"""Gauss-Hermite nodes for slope and for intercept: their uncertainty is integrated numerically, not sampled."""

MIN_LABELS = 30
"""Fewest labels a calibration is refitted on; with fewer the probabilities are used as served."""


@dataclass(frozen=True, slots=True)
class ExpectedPrecision:
    """Precision of a list estimated before its reviews are concluded.

    Attributes:
        precision: expected share of confirmed cases, 0 to 1.
        interval: prediction interval of the share that will be confirmed.
        listed: number of cases in the list.
        labels: number of labels the correction was fitted on; 0 without correction.
        served: mean of the served probabilities, without correction.
    """

    precision: float
    interval: Interval
    listed: int
    labels: int
    served: float


@dataclass(frozen=True, slots=True)
class RecalibrationFit:
    """A refitted calibration with the covariance of (slope, intercept), shape (2, 2)."""

    calibration: Calibration
    covariance: Array


def poisson_binomial_pmf(chance: Array) -> Array:
    """Probability of 0, 1, … n successes of independent trials with different chances (Poisson-binomial).

    The generating polynomials of the trials are multiplied pairwise by FFT. `scipy.stats.poisson_binom` gives the same
    but takes one vector of chances at a time; here every node of the quadrature is a vector, and it is 40 times slower.

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
        spectrum = np.fft.rfft(law, size, axis=-1)
        law = np.fft.irfft(spectrum[..., ::2, :] * spectrum[..., 1::2, :], size, axis=-1)
    # Rounding of the transform leaves values like -1e-18.
    pmf = np.clip(law[..., 0, : count + 1], 0.0, None)
    return np.asarray(pmf / pmf.sum(axis=-1, keepdims=True), dtype=np.float64)


def refit_calibration(margin: Array, outcome: Array, least: int = MIN_LABELS) -> RecalibrationFit | None:
    """Calibration of served margins refitted on matured labels; None with fewer than `least` labels.

    The fit is the penalised one of `models.scoring.calibration` (few labels move it little); the covariance is the
    inverse of the penalised Fisher information.

    Args:
        margin: served (calibrated) log-odds of labelled cases, shape (n,).
        outcome: 0 or 1, shape (n,).
        least: fewest labels needed.
    """
    if len(margin) < least:
        return None
    calibration = fit_calibration(margin, outcome)
    mean = probability(calibration.apply(margin))
    variance = mean * (1.0 - mean)
    design = np.column_stack([margin, np.ones(len(margin))])
    information = np.einsum("n,ni,nj->ij", variance, design, design) + np.diag([SLOPE_PENALTY, SHIFT_PENALTY])
    return RecalibrationFit(calibration, np.linalg.inv(information))


def refit_on(known: pd.DataFrame) -> RecalibrationFit | None:
    """`refit_calibration` of the columns margin and y of labelled cases."""
    return refit_calibration(known["margin"].to_numpy(dtype=np.float64), known["y"].to_numpy(dtype=np.float64))


def expected_precision(
    margin: Array, correction: RecalibrationFit | None = None, level: float = 0.95
) -> ExpectedPrecision:
    """Expected precision of a list from the margins it was drawn with.

    Args:
        margin: served (calibrated) log-odds of the listed cases, shape (n,).
        correction: from `refit_calibration`, or None to use the margins as served.
        level: least probability mass of the share's distribution inside the interval.

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
    pmf = np.einsum("k,kc->c", weight, poisson_binomial_pmf(chance))
    below = np.cumsum(pmf)
    tail = (1.0 - level) / 2
    low = int(np.searchsorted(below, tail + 1e-12))
    high = int(np.searchsorted(below, 1.0 - tail - 1e-12))
    labels = correction.calibration.labels if correction else 0
    mean = float(np.average(chance.mean(axis=1), weights=weight))
    return ExpectedPrecision(
        mean, Interval(low / len(margin), min(high / len(margin), 1.0)), len(margin), labels, served
    )


def _parameter_grid(correction: RecalibrationFit) -> tuple[Array, Array, Array]:
    """Slopes, intercepts and weights of a quadrature over their joint normal distribution, shape (nodes²,) each.

    Negative slopes are set to 0: a higher score never means less likely.
    """
    node, weight = np.polynomial.hermite_e.hermegauss(QUADRATURE_NODES)
    root = np.linalg.cholesky(correction.covariance)
    grid = np.stack(np.meshgrid(node, node, indexing="ij"), axis=-1).reshape(-1, 2)
    both = np.outer(weight, weight).ravel()
    moved = np.einsum("ij,kj->ki", root, grid)
    slope = np.maximum(correction.calibration.slope + moved[:, 0], 0.0)
    return slope, correction.calibration.intercept + moved[:, 1], both / both.sum()


def backtest_estimates(
    listed: pd.DataFrame, labels: pd.DataFrame, least: int = 10, matured: float = 0.8, level: float = 0.95
) -> pd.DataFrame:
    """Expected precision of past quarters, estimated from what was known when the list was drawn, and the outcome.

    Args:
        listed: listed cases of past lists: quarter (text, sorts by time), drawn_on (date), episode, margin (served).
        labels: reviews begun, see `join_outcomes`.
        least: fewest concluded reviews (confirmed or not) a quarter needs to be compared.
        matured: least share of a quarter's reviews that must be concluded: early conclusions are not representative.
        level: of both intervals.

    Returns:
        One row per quarter compared, columns `BACKTEST_COLUMNS`: quarter, drawn_on, listed, estimate, low, high (of all
        listed cases, before outcomes), on_concluded (the estimate for the concluded cases alone: its distance from
        `measured` is miscalibration, the rest is selection of who was reviewed), concluded, measured, measured_low,
        measured_high (exact interval), error (estimate - measured), by_chance (mean |error| of a correct estimate given
        so few reviews), covered (whether the intervals overlap), labels (the correction was fitted on).
    """
    joined = join_outcomes(listed, labels)
    rows = []
    for quarter, part in joined.groupby("quarter", sort=True):
        concluded_rows = part[part["y"].notna()]
        if len(concluded_rows) < least or part["label_date"].notna().sum() < matured * part["started"].sum():
            continue
        day = part["drawn_on"].min()
        known = joined[joined["y"].notna() & (joined["label_date"] <= pd.Timestamp(day))]
        correction = refit_on(known)
        overall = expected_precision(part["margin"].to_numpy(dtype=np.float64), correction, level)
        concluded = expected_precision(concluded_rows["margin"].to_numpy(dtype=np.float64), correction, level)
        hits = int(concluded_rows["y"].sum())
        exact = clopper_pearson(hits, len(concluded_rows), level)
        overlap = exact.low <= overall.interval.high and exact.high >= overall.interval.low
        rows.append(
            (
                str(quarter),
                day,
                len(part),
                overall.precision,
                overall.interval.low,
                overall.interval.high,
                concluded.precision,
                len(concluded_rows),
                hits / len(concluded_rows),
                exact.low,
                exact.high,
                overall.precision - hits / len(concluded_rows),
                _expected_sampling_error(overall.precision, len(concluded_rows)),
                overlap,
                overall.labels,
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
    """`listed` with the outcome of each case's review: started (bool), label_date, y.

    A review belongs to the last list before its selection that contains its episode; of several reviews after one list
    the first counts.

    Args:
        listed: see `backtest_estimates`; one row per (quarter, episode).
        labels: episode, selected_on, label_date (NaT while running), y (NaN while running, or concluded as neither).
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
    first_reviews = first.reindex(left["row"].to_numpy())
    return listed.assign(
        started=first_reviews["episode"].notna().to_numpy(),
        label_date=pd.to_datetime(first_reviews["label_date"]).to_numpy(dtype="datetime64[ns]"),
        y=first_reviews["y"].to_numpy(dtype=np.float64),
    )


def _expected_sampling_error(share: float, trials: int) -> float:
    """Mean |measured - share| of a binomial sample: the error that remains when the estimate is right."""
    pmf = binom.pmf(np.arange(trials + 1), trials, share)
    return float(np.sum(pmf * np.abs(np.arange(trials + 1) / trials - share)))


def mean_absolute_error(checked: pd.DataFrame) -> float:
    """Mean |estimate - measured| over the quarters of `backtest_estimates`; NotEnoughDataError where there is none."""
    if checked.empty:
        raise NotEnoughDataError("还没有结论成熟的季度，无法检验预期准确率。")
    return float(checked["error"].abs().mean())
