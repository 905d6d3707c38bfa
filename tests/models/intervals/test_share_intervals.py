"""Intervals of a share against scipy's, and over an effective number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binom, binomtest

from models.intervals.shares import clopper_pearson, effective_size, mid_p, newcombe_interval, wilson, wilson_of_share


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


def test_a_size_that_is_not_whole_lies_between_its_neighbours() -> None:
    below, between, above = (wilson_of_share(0.3, size) for size in (40.0, 40.5, 41.0))
    assert below.low < between.low < above.low < 0.3 < above.high < between.high < below.high


@pytest.mark.parametrize(
    ("hits", "trials"), [(0, 1), (1, 1), (0, 30), (1, 7), (2, 20), (6, 40), (20, 40), (39, 40), (3, 3), (50, 575)]
)
def test_mid_p_counts_half_of_what_was_observed(hits: int, trials: int) -> None:
    def above(share: float) -> float:
        return float(binom.sf(hits, trials, share) + binom.pmf(hits, trials, share) / 2)

    low = brentq(lambda share: above(share) - 0.025, 0, 1) if hits else 0.0
    high = brentq(lambda share: above(share) - 0.975, 0, 1) if hits < trials else 1.0
    found = mid_p(hits, trials)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    outer = clopper_pearson(hits, trials)
    assert outer.low <= found.low <= hits / trials <= found.high <= outer.high


def test_a_change_of_shares_is_that_of_newcombe_1998() -> None:
    """Method 10 of the paper, its examples (a) to (d): 56/70 - 48/80, 9/10 - 3/10, 10/10 - 0/20, 10/10 - 0/10."""
    told = {
        (56, 70, 48, 80): (0.0524, 0.3339),
        (9, 10, 3, 10): (0.1705, 0.8090),
        (10, 10, 0, 20): (0.6791, 1.0),
        (10, 10, 0, 10): (0.6075, 1.0),
    }
    for (a, n, b, m), (low, high) in told.items():
        found = newcombe_interval((b / m, a / n), (m, n))
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.lists(st.integers(0, 9).map(lambda tenths: tenths / 10), min_size=1, max_size=30))
def test_an_effective_size_is_at_most_the_number_of_rows(weights: list[float]) -> None:
    weight = np.array(weights)
    size, squares = effective_size(weight), sum(one * one for one in weights)
    if squares > 0:
        assert 1 - 1e-9 <= size <= np.count_nonzero(weight) + 1e-9
        assert size == pytest.approx(sum(weights) ** 2 / squares)
