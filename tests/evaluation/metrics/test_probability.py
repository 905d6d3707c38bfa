"""Metrics against scikit-learn, and the same whatever order equal scores come in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from evaluation.metrics.probability import auc, average_precision, brier, calibration_error, log_loss, reliability
from features.errors import NotEnoughDataError

ROWS = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=80).filter(
    lambda rows: len({outcome for _, outcome in rows}) == 2
)
"""Few distinct scores, so that ties are the rule."""


def split(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    score, outcome = zip(*rows, strict=True)
    return np.array(score) / 8.0, np.array(outcome, dtype=float)


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_ranking_figures_equal_those_of_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    score, outcome = split(rows)
    assert auc(score, outcome) == pytest.approx(oracle.roc_auc_score(outcome, score), abs=1e-12)
    assert average_precision(score, outcome) == pytest.approx(oracle.average_precision_score(outcome, score), abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_probability_figures_equal_those_of_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    score, outcome = split(rows)
    assert brier(score, outcome) == pytest.approx(oracle.brier_score_loss(outcome, score), abs=1e-12)
    inside = 0.01 + 0.98 * score
    margin = np.log(inside / (1 - inside))
    assert log_loss(margin, outcome) == pytest.approx(oracle.log_loss(outcome, inside), abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_no_figure_depends_on_the_order_of_the_rows(rows: list[tuple[int, bool]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for figure in (auc, average_precision, brier, calibration_error):
        assert figure(*split(rows)) == pytest.approx(figure(*split(shuffled)), abs=1e-12)


def test_reliability_by_a_plain_loop() -> None:
    random = np.random.default_rng(0)
    probability = random.random(1000)
    outcome = (random.random(1000) < probability).astype(float)
    order = np.argsort(probability)
    parts = [order[start : start + 100] for start in range(0, 1000, 100)]
    table = reliability(probability, outcome)
    assert table["n"].tolist() == [100] * 10
    assert table["probability"].tolist() == pytest.approx([probability[part].mean() for part in parts])
    assert table["share"].tolist() == pytest.approx([outcome[part].mean() for part in parts])
    expected = np.mean([abs(probability[part].mean() - outcome[part].mean()) for part in parts])
    assert calibration_error(probability, outcome) == pytest.approx(expected)


def test_equal_probabilities_share_a_bin() -> None:
    assert len(reliability(np.full(50, 0.3), np.zeros(50))) == 1


def test_one_class_alone_is_told() -> None:
    with pytest.raises(NotEnoughDataError, match="正例 0 条、反例 3 条"):
        auc(np.arange(3.0), np.zeros(3))
    with pytest.raises(NotEnoughDataError, match="没有任何带结果的记录"):
        brier(np.zeros(0), np.zeros(0))
