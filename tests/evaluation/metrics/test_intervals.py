"""Intervals against published and library values, and a bootstrap that keeps groups whole."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from evaluation.metrics.intervals import clopper_pearson, cluster_bootstrap, wilson
from features.errors import NotEnoughDataError


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (1, 10), (7, 40), (10, 10), (135, 575)])
def test_shares_equal_those_of_scipy(successes: int, trials: int) -> None:
    oracle = binomtest(successes, trials)
    for ours, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        expected = oracle.proportion_ci(0.95, method)
        found = ours(successes, trials)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_without_trials_nothing_is_known() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)
    assert (clopper_pearson(0, 0).low, clopper_pearson(0, 0).high) == (0.0, 1.0)


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
