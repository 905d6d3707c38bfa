"""Estimates with an interval, and a bootstrap of whole groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.errors import NotEnoughDataError
from models.intervals.shares import Interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated figure with its confidence interval."""

    estimate: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2


def resample_groups(group: npt.NDArray[np.int64], rounds: int, seed: int = 0) -> Iterator[npt.NDArray[np.int64]]:
    """Row numbers of every bootstrap sample of whole groups, drawn with replacement; `group` is that of every row."""
    order = np.argsort(group, kind="stable")
    _, starts, sizes = np.unique(group[order], return_index=True, return_counts=True)
    random = np.random.default_rng(seed)
    for _ in range(rounds):
        drawn = random.integers(0, len(starts), len(starts))
        size = sizes[drawn]
        first = np.repeat(starts[drawn] - np.concatenate([[0], np.cumsum(size)[:-1]]), size)
        yield order[first + np.arange(int(size.sum()))]


def cluster_bootstrap(
    statistic: Callable[[npt.NDArray[np.int64]], float],
    group: npt.NDArray[np.int64],
    level: float = 0.95,
    rounds: int = 500,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap interval of a statistic, resampling groups (debtors, case chains) instead of rows.

    `scipy.stats.bootstrap` resamples single observations and stops where a statistic does not exist.

    Args:
        statistic: figure of the given row numbers (with repetition); a sample on which it raises NotEnoughDataError is
            left out.
        group: group number of every row, shape (n,).
        level: level of the interval.
        rounds: number of bootstrap samples.
        seed: seed of the sampling.

    Raises:
        NotEnoughDataError: the statistic could be computed on no sample.
    """
    values = []
    for rows in resample_groups(group, rounds, seed):
        try:
            values.append(statistic(rows))
        except NotEnoughDataError:
            continue
    if not values:
        raise NotEnoughDataError("样本太少，无法用自助法估计区间。")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
