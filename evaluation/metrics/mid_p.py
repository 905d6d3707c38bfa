"""The mid-p interval of a share, also of a sample that counts as less than its rows.

Clopper and Pearson's interval covers at least its level and usually more, as a count cannot fall between two numbers;
counting half of the outcome itself (Lancaster 1961) takes that excess away. With an effective sample size in place of
the rows this is the interval of Korn and Graubard (1998) for weighted samples.
"""

from __future__ import annotations

from scipy.optimize import brentq
from scipy.special import betainc

from models.feedback.intervals import Interval


def mid_p(successes: float, trials: float, level: float = 0.95) -> Interval:
    """Mid-p interval of a share; both numbers may be broken, [0, 1] without trials.

    >>> found = mid_p(2, 20)
    >>> round(found.low, 4), round(found.high, 4)
    (0.0171, 0.2929)
    """
    if trials <= 0:
        return Interval(0.0, 1.0)
    tail = (1 - level) / 2

    def above(share: float) -> float:
        """Chance of more successes than seen, and half that of as many, under a share."""
        as_many = 1.0 if successes <= 0 else float(betainc(successes, trials - successes + 1, share))
        more = 0.0 if successes >= trials else float(betainc(successes + 1, trials - successes, share))
        return 0.5 * (as_many + more)

    low = 0.0 if successes <= 0 else float(brentq(lambda share: above(share) - tail, 0.0, 1.0))
    high = 1.0 if successes >= trials else float(brentq(lambda share: above(share) - (1 - tail), 0.0, 1.0))
    return Interval(low, high)
