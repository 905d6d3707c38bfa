"""Delays: the curve against a plain loop, and the weighted rate against a truth that slow positives hide."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from training.data.label_delay import kaplan_meier, maturity_weights, recovery_weights, ripe

DAY = date(2024, 3, 31)


def selections(size: int, slow: float, seed: int = 0) -> tuple[pd.Series, pd.Series, np.ndarray]:
    """Selections of two years; 20 % positive, whose reviews take `slow` times as long."""
    random = np.random.default_rng(seed)
    age = random.integers(0, 730, size)
    positive = random.random(size) < 0.2
    took = (random.gamma(4, 25, size) * np.where(positive, slow, 1.0)).astype(int)
    began = pd.Series([DAY - timedelta(days=int(days)) for days in age])
    until = pd.to_datetime(began) + pd.to_timedelta(took, unit="D")
    return began, until.where(until <= pd.Timestamp(DAY)), positive


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40))
def test_the_curve_is_that_of_a_plain_loop(rows: list[tuple[int, bool]]) -> None:
    delay, ended = np.array([row[0] for row in rows], dtype=float), np.array([row[1] for row in rows])
    curve = kaplan_meier(delay, ended)
    left = 1.0
    for days in range(21):
        at_risk = sum(one >= days for one, _ in rows)
        ends = sum(one == days and over for one, over in rows)
        left *= 1 - ends / at_risk if at_risk else 1.0
        assert max([0.0, *curve.share[curve.days <= days]]) == pytest.approx(1 - left)


def test_slow_positives_are_missed_by_dropping_and_found_by_weighting() -> None:
    dropped, weighted = [], []
    for seed in range(12):
        began, until, positive = selections(3000, slow=2.5, seed=seed)
        found = maturity_weights(began, until, DAY)
        done = until.notna().to_numpy()
        dropped.append(positive[done].mean() - positive.mean())
        weighted.append(np.average(positive, weights=found.weight) - positive.mean())
    assert np.mean(dropped) < -0.015
    assert abs(np.mean(weighted)) < 0.003


@settings(max_examples=40)
@given(st.integers(0, 200), st.integers(0, 10_000))
def test_where_all_take_equally_long_weighting_and_waiting_are_the_same(took: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    began = pd.Series([DAY - timedelta(days=int(days)) for days in random.integers(0, 600, 80)])
    until = pd.to_datetime(began) + pd.Timedelta(days=took)
    weight = maturity_weights(began, until.where(until <= pd.Timestamp(DAY)), DAY, clip=1e9).weight
    waiting = ripe(began, DAY, took)
    assert weight.tolist() == pytest.approx(waiting.astype(float).tolist())


def test_each_weight_is_one_over_the_share_old_enough() -> None:
    began = pd.Series([DAY - timedelta(days=days) for days in (10, 20, 30, 40)])
    until = pd.Series([None, DAY - timedelta(days=15), DAY - timedelta(days=15), DAY - timedelta(days=5)])
    raw = np.array([0, 1, 1 / 0.75, 1 / 0.25])
    found = maturity_weights(began, until, DAY)
    assert found.weight.tolist() == pytest.approx((raw * 3 / raw.sum()).tolist())
    assert (found.running, found.clipped) == (1, 0)
    held = np.minimum(raw, 2)
    short = maturity_weights(began, until, DAY, clip=2)
    assert short.weight.tolist() == pytest.approx((held * 3 / held.sum()).tolist())
    assert short.clipped == 1
    assert "截断" in short.note


def test_what_is_dated_after_the_day_is_still_running() -> None:
    began = pd.Series([DAY - timedelta(days=9)] * 2)
    until = pd.Series([DAY, DAY + timedelta(days=1)])
    assert maturity_weights(began, until, DAY).weight.tolist() == [1.0, 0.0]


def test_dates_out_of_order_are_refused() -> None:
    with pytest.raises(GoldenKeyError, match="顺序"):
        maturity_weights(pd.Series([DAY]), pd.Series([DAY - timedelta(days=1)]), DAY)
    with pytest.raises(GoldenKeyError, match="顺序"):
        maturity_weights(pd.Series([DAY + timedelta(days=1)]), pd.Series([None]), DAY)


def test_early_money_does_not_stand_for_all_that_comes() -> None:
    dropped, weighted = [], []
    for seed in range(12):
        random = np.random.default_rng(seed)
        began = pd.Series([DAY - timedelta(days=int(days)) for days in random.integers(0, 730, 2000)])
        comes = random.random(2000) < 0.4
        until = pd.to_datetime(began) + pd.to_timedelta(random.integers(20, 170, 2000), unit="D")
        seen = until.where(comes & (until <= pd.Timestamp(DAY)).to_numpy())
        weight = recovery_weights(began, seen, DAY, 180)
        known = (seen.notna() | ripe(began, DAY, 180)).to_numpy()
        assert (weight[~known] == 0).all()
        assert (weight[known] >= 1).all()
        dropped.append(seen.notna()[known].mean() - 0.4)
        weighted.append(np.average(seen.notna(), weights=weight) - 0.4)
    assert np.mean(dropped) > 0.02
    assert abs(np.mean(weighted)) < 0.01
