"""Metrics on held-out rows against scikit-learn, scipy and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from models.scoring.calibration import Calibration
from training.fitting.holdout_metrics import formatted_figures, measure, measure_amount

LINE = Calibration(slope=0.6, intercept=-0.4, labels=50, positives=20)


def test_figures_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(4)
    margin = random.normal(size=200)
    outcome = (random.random(200) < expit(margin)).astype(float)
    group = np.arange(200) // 2
    found = measure(margin, LINE, outcome, group)
    assert (found["rows"], found["positives"]) == (200, outcome.sum())
    assert found["base_rate"] == pytest.approx(outcome.mean())
    assert found["auc"] == pytest.approx(roc_auc_score(outcome, margin))
    assert found["average_precision"] == pytest.approx(average_precision_score(outcome, margin))
    assert found["brier_before"] == pytest.approx(brier_score_loss(outcome, expit(margin)))
    assert found["brier_after"] == pytest.approx(brier_score_loss(outcome, expit(0.6 * margin - 0.4)))
    assert found["auc_low"] < found["auc"] < found["auc_high"]
    best_first = outcome[np.argsort(-margin)]
    for name, count in (("lift_05", 10), ("lift_10", 20), ("lift_20", 40)):
        assert found[name] == pytest.approx(best_first[:count].mean() / outcome.mean())


def test_the_calibration_error_is_the_distance_of_two_shares() -> None:
    margin = np.repeat([-np.log(3.0), np.log(3.0)], 20)
    outcome = np.array([1.0] * 8 + [0.0] * 12 + [1.0] * 14 + [0.0] * 6)
    found = measure(margin, Calibration(slope=0.0), outcome, np.arange(40))
    # Before: 0.25 said of a share of 0.4, and 0.75 of one of 0.7. After: 0.5 said of 22 in 40.
    assert found["ece_before"] == pytest.approx((0.15 + 0.05) / 2)
    assert found["ece_after"] == pytest.approx(0.05)


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_one_class_has_no_ranking_figures_and_no_rows_have_none(answer: float) -> None:
    margin = np.linspace(-1, 1, 8)
    found = measure(margin, LINE, np.full(8, answer), np.arange(8))
    assert set(found) == {"rows", "positives", "base_rate", "brier_before", "brier_after", "ece_before", "ece_after"}
    assert found["brier_before"] == pytest.approx(np.mean((expit(margin) - answer) ** 2))
    assert measure(np.zeros(0), LINE, np.zeros(0), np.zeros(0, dtype=np.int64)) == {}


def test_amounts_are_compared_in_sum_and_in_rank() -> None:
    fen = np.array([0.0, 0.0, 500.0, 20_000.0, 7_500.0, 20_000.0])
    predicted = np.array([100.0, 300.0, 300.0, 9_000.0, 12_000.0, 2_300.0])
    found = measure_amount(np.log(predicted), fen)
    assert found["amount_rows"] == 6
    assert found["amount_ratio"] == pytest.approx(24_000 / 48_000)
    assert found["amount_rank"] == pytest.approx(spearmanr(predicted, fen).statistic)
    assert measure_amount(np.zeros(3), np.zeros(3)) == {"amount_rows": 3.0}
    assert measure_amount(np.zeros(0), np.zeros(0)) == {}


def test_figures_are_printed_in_one_order_counts_whole() -> None:
    figures = {"lift_10": 2.0, "brier_after": 0.12345, "lift_05": 2.5, "auc": 0.7, "rows": 40.0}
    assert formatted_figures(figures) == [
        ("测试记录数", "40"),
        ("AUC", "0.7000"),
        ("Brier（校准后）", "0.1235"),
        ("提升度（前 05%）", "2.5000"),
        ("提升度（前 10%）", "2.0000"),
    ]
