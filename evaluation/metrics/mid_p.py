"""Mid-p confidence interval of a share, also for non-integer (effective) sample sizes.

The Clopper-Pearson interval is conservative because counts are discrete; counting only half the probability of the
observed count (Lancaster 1961) removes the excess coverage. With an effective sample size in place of the number of
rows this is the interval of Korn and Graubard (1998) for weighted samples. SciPy has no mid-p interval.
"""

from __future__ import annotations

from scipy.optimize import brentq
from scipy.special import betainc

from models.feedback.intervals import Interval


def mid_p(successes: float, trials: float, level: float = 0.95) -> Interval:
    """Mid-p interval of a share; neither number need be whole; [0, 1] without trials.

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
