"""The top of a list: the three ways of ties against every order there is."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.top_k import gain_at, lift_at, precision_at
from features.errors import NotEnoughDataError


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=6),
    st.integers(1, 7),
)
def test_ties_against_every_order(rows: list[tuple[int, int]], k: int) -> None:
    score, gain = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    orders = [sorted(order, key=lambda row: -score[row]) for order in permutations(range(len(rows)))]
    totals = [sum(gain[row] for row in order[:k]) for order in orders]
    found = gain_at(score, gain, k)
    assert (found.worst, found.best) == (min(totals), max(totals))
    assert found.expected == pytest.approx(np.mean(totals))


def test_precision_yield_and_lift_of_a_known_list() -> None:
    score = np.array([5.0, 4.0, 3.0, 2.0])
    outcome = np.array([1.0, 0.0, 1.0, 0.0])
    assert precision_at(score, outcome, 1).expected == 1.0
    assert precision_at(score, outcome, 3).expected == pytest.approx(2 / 3)
    assert precision_at(score, outcome, 99).expected == 0.5
    assert lift_at(score, outcome, 1).expected == 2.0
    assert gain_at(score, np.array([10.0, 20.0, 40.0, 80.0]), 2).expected == 30.0


def test_an_empty_list_and_one_without_positives_are_refused() -> None:
    with pytest.raises(NotEnoughDataError, match="名单为空"):
        gain_at(np.zeros(0), np.zeros(0), 3)
    with pytest.raises(NotEnoughDataError, match="没有正例"):
        lift_at(np.arange(3.0), np.zeros(3), 1)
