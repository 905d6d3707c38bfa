"""Intervals of a share against scipy's, and over an effective number."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from models.feedback.intervals import clopper_pearson, wilson, wilson_of_share


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
