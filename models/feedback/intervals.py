"""Intervals of a share: Wilson's score interval, also over an effective number, and Clopper and Pearson's exact one."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betaincinv, ndtri


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
    """Wilson's score interval of a share over a size that need not be whole (an effective number); [0, 1] without any.

    Written out because `scipy.stats.binomtest` takes whole numbers only.
    """
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
