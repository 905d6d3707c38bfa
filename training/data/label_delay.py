"""Reviews still running on the day of the labels: two ways to correct for the early conclusions.

Reviews that are concluded early are not like the others: finding hidden property takes longer than finding none.

- `window`: figures are measured only on rows old enough that nearly every review has been concluded.
- `ipcw`: inverse probability of censoring weighting (Robins & Rotnitzky 1992). A review concluded after d days is seen
  only where its selection is at least d days old; it weighs 1 / (share of the selections that are). The slow reviews
  among old selections thereby stand for those still running among young ones, whichever conclusion is the slower. A
  weight by age alone, 1 / (share concluded at that age), would treat all conclusions alike and leave that bias in.

Money follows a conclusion with a delay of its own: an arrival is known at once, its absence only after the window.
Weighted, an arrival after d days counts 1 / (share of the conclusions at least d days old), and no arrival within the
window 1 / (share as old as the window); otherwise young conclusions would hold arrivals alone.

`ipcw` assumes that delays have not changed over the time of the sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import CensoredData, ecdf

from features.errors import GoldenKeyError

Array = npt.NDArray[np.float64]

WINDOW = "window"
IPCW = "ipcw"
DELAYS = (WINDOW, IPCW)
"""Ways of treating reviews that are still running."""

CLIP = 10.0
"""Largest weight of a review before scaling to mean 1."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Share of delays that have ended within `days`, estimated by Kaplan-Meier; both rising, shape (m,)."""

    days: Array
    share: Array


@dataclass(frozen=True, slots=True)
class MaturityWeights:
    """Weights of the concluded reviews of a sample, and the delays they are made of.

    Attributes:
        weight: of every selection, shape (n,): 0 where its review is still running; the others have mean 1.
        curve: distribution of the delay from selection to conclusion, in days.
        running: reviews without a conclusion.
        clipped: number of rows whose weight was clipped.
        note: 中文 sentence.
    """

    weight: Array
    curve: Curve
    running: int
    clipped: int
    note: str


def kaplan_meier(delay: Array, ended: npt.NDArray[np.bool_]) -> Curve:
    """Share of delays that end within each number of days, estimated with those still running (Kaplan & Meier 1958).

    Args:
        delay: days until the end, or until the day it was last known to run, shape (n,), n > 0.
        ended: whether it had ended, shape (n,).
    """
    curve = ecdf(CensoredData(uncensored=delay[ended], right=delay[~ended])).cdf
    return Curve(curve.quantiles, curve.probabilities)


def maturity_weights(selected_on: pd.Series, concluded_on: pd.Series, day: date, clip: float = CLIP) -> MaturityWeights:
    """Weights by the chance of being concluded by a day, over everything selected for review.

    Args:
        selected_on: day of selection of every review begun, running ones too, shape (n,).
        concluded_on: day of conclusion; missing (or later than the day) where it is still running, shape (n,).
        day: the day of the labels.
        clip: largest weight before they are brought to mean 1, at least 1.

    Raises:
        GoldenKeyError: a conclusion lies before its selection, a selection after the day, or `clip` is below 1.
    """
    if clip < 1:
        raise GoldenKeyError(f"权重上限应不小于 1，实为 {clip}。")
    age, took = _delay(selected_on, concluded_on, day)
    if (age < 0).any() or (took < 0).any():
        raise GoldenKeyError(f"审查记录的日期不合顺序：选取应不晚于 {day}，审结应不早于选取。")
    ended = took <= age
    curve = kaplan_meier(np.where(ended, took, age), ended)
    raw = np.where(ended, _inverse(age, np.where(ended, took, 0.0)), 0.0)
    kept = np.minimum(raw, clip)
    weight = kept / kept[ended].mean() if ended.any() else kept
    running, clipped = int((~ended).sum()), int((raw > clip).sum())
    return MaturityWeights(weight, curve, running, clipped, _render_note(curve, len(age), running, clipped, clip))


def recovery_weights(
    concluded_on: pd.Series, recovered_on: pd.Series, day: date, window_days: int, clip: float = CLIP
) -> Array:
    """Weights of recoveries by the chance of being known by a day.

    Args:
        concluded_on: conclusion of every review after which money may come, shape (n,).
        recovered_on: day on which it came; missing where it did not (yet), shape (n,).
        day: the day of the labels.
        window_days: days after which no money counts as none; later arrivals weigh as if they came by then.
        clip: largest weight.

    Returns:
        Shape (n,): 0 where it is not known yet, as the conclusion is young and nothing has come.
    """
    age, took = _delay(concluded_on, recovered_on, day)
    came = took <= age
    known = came | (age >= window_days)
    needed = np.where(came, np.clip(took, 0, window_days), window_days)
    needed = np.where(known, needed, 0.0)
    return np.where(known, np.minimum(_inverse(age, needed), clip), 0.0)


def _delay(start: pd.Series, end: pd.Series, day: date) -> tuple[Array, Array]:
    """Days from each start to the day, and to its end (NaN without one)."""
    began, until = pd.to_datetime(start), pd.to_datetime(end)
    age = np.asarray((pd.Timestamp(day) - began).dt.days, dtype=np.float64)
    return age, np.asarray((until - began).dt.days, dtype=np.float64)


def _inverse(age: Array, days: Array) -> Array:
    """1 / (share of the rows at least so many days old), shape of `days`."""
    share = 1.0 - np.searchsorted(np.sort(age), days, side="left") / max(len(age), 1)
    return np.asarray(1.0 / np.maximum(share, 1e-12), dtype=np.float64)


def ripe(selected_on: pd.Series, day: date, window_days: int) -> npt.NDArray[np.bool_]:
    """Whether each selection is at least a number of days old on a day, shape (n,)."""
    age = pd.Timestamp(day) - pd.to_datetime(selected_on)
    return np.asarray(age >= pd.Timedelta(days=window_days), dtype=bool)


def _render_note(curve: Curve, count: int, running: int, clipped: int, clip: float) -> str:
    """中文 sentence on running reviews, median delay and clipping."""
    # The tolerance keeps a share of exactly one half from missing the median by a rounding error of its product.
    reached = curve.days[curve.share >= 0.5 - 1e-12]
    middle = f"中位 {reached[0]:.0f} 天" if len(reached) else "中位时间尚不能估计"
    cut = f"，{clipped} 条的权重超过 {clip:g} 而被截断" if clipped else ""
    return (
        f"截至标签日，{count} 件选取的案件中 {running} 件尚未审结；从选取到审结{middle}，"
        f"已审结的按其到期机会加权{cut}。"
    )
