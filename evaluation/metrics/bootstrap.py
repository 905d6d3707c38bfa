"""Bootstrap interval of a statistic over whole groups of rows (debtors, chains)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from features.errors import NotEnoughDataError
from models.feedback.intervals import Interval


def cluster_bootstrap(
    statistic: Callable[[npt.NDArray[np.int64]], float],
    group: npt.NDArray[np.int64],
    level: float = 0.95,
    rounds: int = 500,
    seed: int = 0,
) -> Interval:
    """Percentile interval of a statistic over resampled groups (debtors, chains), not rows.

    Args:
        statistic: figure of the given row numbers (with repetition); a draw on which it raises NotEnoughDataError is
            left out.
        group: group number of every row.
        level: level of the interval.
        rounds: number of draws.
        seed: seed of the draws.

    Raises:
        NotEnoughDataError: the statistic could be computed on no draw.
    """
    order = np.argsort(group, kind="stable")
    _, starts, sizes = np.unique(group[order], return_index=True, return_counts=True)
    random = np.random.default_rng(seed)
    found = []
    for _ in range(rounds):
        drawn = random.integers(0, len(starts), len(starts))
        size = sizes[drawn]
        first = np.repeat(starts[drawn] - np.concatenate([[0], np.cumsum(size)[:-1]]), size)
        rows = order[first + np.arange(int(size.sum()))]
        try:
            found.append(statistic(rows))
        except NotEnoughDataError:
            continue
    if not found:
        raise NotEnoughDataError("样本太少，无法用自助法估计区间。")
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
