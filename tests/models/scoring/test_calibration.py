"""The line of the calibration: right with many labels, careful with few, never against the order of the margins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from models.scoring.calibration import LOWEST_SLOPE, Calibration, fit_calibration, probability


def drawn(slope: float, intercept: float, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    margin = random.normal(size=count) * 2
    return margin, (random.random(count) < probability(slope * margin + intercept)).astype(float)


def test_many_labels_give_the_line_of_plain_logistic_regression() -> None:
    margin, outcome = drawn(0.5, -1.0, 20_000)
    line = fit_calibration(margin, outcome)
    oracle = LogisticRegression(C=np.inf, tol=1e-10).fit(margin[:, None], outcome)
    assert line.slope == pytest.approx(float(oracle.coef_[0, 0]), abs=0.01)
    assert line.intercept == pytest.approx(float(oracle.intercept_[0]), abs=0.01)
    assert (line.labels, line.positives) == (20_000, int(outcome.sum()))


def test_few_labels_keep_the_slope_near_one_and_shift_the_base_rate() -> None:
    margin = np.array([-1.0, 0.0, 1.0, 2.0] * 3)
    line = fit_calibration(margin, np.zeros(12))
    assert 0.5 < line.slope < 1.5
    assert probability(line.apply(margin)).mean() < 0.2


def test_no_labels_change_nothing() -> None:
    assert fit_calibration(np.zeros(0), np.zeros(0)) == Calibration()


def test_a_window_that_contradicts_the_model_flattens_it_but_keeps_its_order() -> None:
    margin, outcome = drawn(-3.0, 0.0, 2_000)
    line = fit_calibration(margin, outcome)
    assert line.slope == LOWEST_SLOPE
    assert probability(line.apply(margin)).mean() == pytest.approx(outcome.mean(), abs=0.01)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.floats(-30, 30), st.booleans()), min_size=1, max_size=60),
)
def test_any_window_gives_a_rising_finite_line(rows: list[tuple[float, bool]]) -> None:
    margin, outcome = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    line = fit_calibration(margin, outcome)
    assert line.slope >= LOWEST_SLOPE
    assert np.isfinite([line.slope, line.intercept]).all()


def test_probability_does_not_overflow() -> None:
    assert probability(np.array([-1e6, 0.0, 1e6])).tolist() == [0.0, 0.5, 1.0]
