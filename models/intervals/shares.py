"""Intervals of a share (Wilson's, the exact one, mid-p) and of its change (Newcombe's), and the size weights leave.

Those of SciPy take whole numbers only; where both have an interval they are equal (tested).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import betainc, betaincinv, ndtri


@dataclass(frozen=True, slots=True)
class Interval:
    """A range that holds the figure at the stated level."""

    low: float
    high: float


def wilson(successes: float, trials: float, level: float = 0.95) -> Interval:
    """Wilson's score interval of `successes` out of `trials`; [0, 1] without trials.

    >>> found = wilson(7, 40)
    >>> round(found.low, 4), round(found.high, 4)
    (0.0875, 0.3195)
    """
    return wilson_of_share(successes / trials if trials else 0.0, trials, level)


def wilson_of_share(share: float, size: float, level: float = 0.95) -> Interval:
    """Wilson's score interval of a share over a size that need not be whole; [0, 1] without any."""
    if size <= 0:
        return Interval(0.0, 1.0)
    z = float(ndtri(0.5 + level / 2))
    scale = 1 + z * z / size
    middle = (share + z * z / (2 * size)) / scale
    half = z * float((share * (1 - share) / size + z * z / (4 * size * size)) ** 0.5) / scale
    return Interval(max(middle - half, 0.0), min(middle + half, 1.0))


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> Interval:
    """Exact interval of a share (quantiles of the beta distribution); [0, 1] without trials."""
    tail = (1 - level) / 2
    low = float(betaincinv(successes, trials - successes + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, trials - successes, 1 - tail)) if successes < trials else 1.0
    return Interval(low, high)


def mid_p(successes: float, trials: float, level: float = 0.95) -> Interval:
    """Mid-p interval of a share; neither number need be whole; [0, 1] without trials.

    The exact interval is conservative because counts are discrete; counting only half the probability of the observed
    count (Lancaster 1961) removes the excess coverage. With an effective sample size in place of the number of rows
    this is the interval of Korn and Graubard (1998) for weighted samples. SciPy has no mid-p interval.

    >>> interval = mid_p(2, 20)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.0171, 0.2929)
    """
    if trials <= 0:
        return Interval(0.0, 1.0)
    tail = (1 - level) / 2

    def upper_tail(share: float) -> float:
        """P(more successes than observed) + P(as many) / 2 if the true share is `share`."""
        as_many = 1.0 if successes <= 0 else float(betainc(successes, trials - successes + 1, share))
        more = 0.0 if successes >= trials else float(betainc(successes + 1, trials - successes, share))
        return 0.5 * (as_many + more)

    low = 0.0 if successes <= 0 else float(brentq(lambda share: upper_tail(share) - tail, 0.0, 1.0))
    high = 1.0 if successes >= trials else float(brentq(lambda share: upper_tail(share) - (1 - tail), 0.0, 1.0))
    return Interval(low, high)


def newcombe_interval(share: tuple[float, float], sizes: tuple[float, float], level: float = 0.95) -> Interval:
    """Newcombe's hybrid score interval of (second share - first share); sizes may be effective ones."""
    first, second = (wilson_of_share(one, size, level) for one, size in zip(share, sizes, strict=True))
    gap = share[1] - share[0]
    down = np.hypot(share[1] - second.low, first.high - share[0])
    up = np.hypot(second.high - share[1], share[0] - first.low)
    return Interval(max(float(gap - down), -1.0), min(float(gap + up), 1.0))


def effective_size(weight: npt.NDArray[np.float64]) -> float:
    """Kish's effective sample size (Σw)² / Σw²; 0 without any weight.

    Of rows in groups (several of one debtor): of the sizes of the groups, the number of rows where each stands alone.

    >>> effective_size(np.array([1.0, 1.0, 2.0])), effective_size(np.array([50.0, 50.0])), effective_size(np.zeros(2))
    (2.6666666666666665, 2.0, 0.0)
    """
    return float(weight.sum() ** 2 / np.sum(weight**2)) if weight.any() else 0.0
