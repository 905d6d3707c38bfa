"""Metrics against brute-force loops, and the same whatever order equal scores come in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics import probability as metrics
from features.errors import NotEnoughDataError

ROWS = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=80).filter(
    lambda rows: len({outcome for _, outcome in rows}) == 2
)
"""Few distinct scores, so that ties are the rule."""


def split(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    score, outcome = zip(*rows, strict=True)
    return np.array(score) / 8.0, np.array(outcome, dtype=float)


@settings(max_examples=150)
@given(ROWS)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[int, bool]]) -> None:
    positives, negatives = ([score for score, outcome in rows if outcome is side] for side in (True, False))
    pairs = [(up > down) + 0.5 * (up == down) for up in positives for down in negatives]
    score, outcome = split(rows)
    share = pytest.approx(sum(pairs) / len(pairs), abs=1e-12)
    assert metrics.auc(score, outcome) == share
    assert metrics.weighted_auc(score, outcome, np.full(len(rows), 3.0)) == share


@settings(max_examples=150)
@given(ROWS)
def test_average_precision_adds_the_precision_at_every_threshold(rows: list[tuple[int, bool]]) -> None:
    total, recall = 0.0, 0.0
    positives = sum(outcome for _, outcome in rows)
    for threshold in sorted({score for score, _ in rows}, reverse=True):
        above = [outcome for score, outcome in rows if score >= threshold]
        total += sum(above) / len(above) * (sum(above) / positives - recall)
        recall = sum(above) / positives
    assert metrics.average_precision(*split(rows)) == pytest.approx(total, abs=1e-12)


@settings(max_examples=100)
@given(ROWS)
def test_probability_figures_by_a_plain_loop(rows: list[tuple[int, bool]]) -> None:
    score, outcome = split(rows)
    squares = [(chance - (1 if hit else 0)) ** 2 for chance, (_, hit) in zip(score, rows, strict=True)]
    assert metrics.brier(score, outcome) == pytest.approx(sum(squares) / len(rows), abs=1e-12)
    weight = np.arange(1.0, len(rows) + 1)
    weighted = sum(w * square for w, square in zip(weight, squares, strict=True)) / weight.sum()
    assert metrics.brier(score, outcome, weight) == pytest.approx(weighted, abs=1e-12)
    inside = 0.01 + 0.98 * score
    losses = [-np.log(chance if hit else 1 - chance) for chance, (_, hit) in zip(inside, rows, strict=True)]
    assert metrics.log_loss(np.log(inside / (1 - inside)), outcome) == pytest.approx(np.mean(losses), abs=1e-9)


def test_a_brier_score_needs_no_second_class() -> None:
    assert metrics.brier(np.array([0.25, 0.5]), np.zeros(2)) == pytest.approx((0.0625 + 0.25) / 2)
    assert metrics.brier(np.array([0.25, 0.5]), np.ones(2)) == pytest.approx((0.5625 + 0.25) / 2)


@settings(max_examples=40)
@given(ROWS, st.randoms(use_true_random=False))
def test_no_figure_depends_on_the_order_of_the_rows(rows: list[tuple[int, bool]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for figure in (metrics.auc, metrics.average_precision, metrics.brier, metrics.calibration_error):
        assert figure(*split(rows)) == pytest.approx(figure(*split(shuffled)), abs=1e-12)


def test_reliability_by_a_plain_loop() -> None:
    random = np.random.default_rng(0)
    probability = random.random(1000)
    outcome = (random.random(1000) < probability).astype(float)
    order = np.argsort(probability)
    parts = [order[start : start + 100] for start in range(0, 1000, 100)]
    table = metrics.reliability(probability, outcome)
    assert table["n"].tolist() == [100] * 10
    assert table["probability"].tolist() == pytest.approx([probability[part].mean() for part in parts])
    assert table["share"].tolist() == pytest.approx([outcome[part].mean() for part in parts])
    expected = np.mean([abs(probability[part].mean() - outcome[part].mean()) for part in parts])
    assert metrics.calibration_error(probability, outcome) == pytest.approx(expected)


def test_equal_probabilities_share_a_bin() -> None:
    assert len(metrics.reliability(np.full(50, 0.3), np.zeros(50))) == 1


def test_one_class_alone_is_refused() -> None:
    with pytest.raises(NotEnoughDataError, match="正例 0 条、反例 3 条"):
        metrics.auc(np.arange(3.0), np.zeros(3))
    with pytest.raises(NotEnoughDataError, match="没有任何带结果的记录"):
        metrics.brier(np.zeros(0), np.zeros(0))
