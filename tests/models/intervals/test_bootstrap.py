"""A bootstrap that keeps groups whole."""

from __future__ import annotations

import numpy as np
import pytest

from features.errors import NotEnoughDataError
from models.intervals.bootstrap import cluster_bootstrap


def test_a_bootstrap_draws_whole_groups() -> None:
    group = np.array([3, 1, 3, 2, 1, 3])

    def whole(rows: np.ndarray) -> float:
        for number in (1, 2, 3):
            counts = [int((rows == place).sum()) for place in np.flatnonzero(group == number)]
            assert len(set(counts)) == 1
        return float(len(rows))

    cluster_bootstrap(whole, group, rounds=50)


def test_groups_widen_the_interval_of_a_mean() -> None:
    random = np.random.default_rng(0)
    value = np.repeat(random.normal(size=50), 20)
    alone = cluster_bootstrap(lambda rows: float(value[rows].mean()), np.arange(1000), rounds=200)
    grouped = cluster_bootstrap(lambda rows: float(value[rows].mean()), np.repeat(np.arange(50), 20), rounds=200)
    assert grouped.high - grouped.low > 3 * (alone.high - alone.low)
    again = cluster_bootstrap(lambda rows: float(value[rows].mean()), np.arange(1000), rounds=200)
    assert (again.low, again.high) == (alone.low, alone.high)


def test_a_statistic_that_never_holds_is_refused() -> None:
    def never(rows: np.ndarray) -> float:
        raise NotEnoughDataError("无")

    with pytest.raises(NotEnoughDataError, match="样本太少"):
        cluster_bootstrap(never, np.arange(5), rounds=5)
