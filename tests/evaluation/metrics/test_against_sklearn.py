"""Own metrics against scikit-learn and SciPy: calibration curve, top of a list, and credit-card clients (UCI)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from sklearn import metrics as oracle
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evaluation.metrics.probability import (
    auc,
    average_precision,
    brier,
    calibration_error,
    log_loss,
    reliability,
    weighted_auc,
)
from evaluation.metrics.top_k import gain_at, lift_at, precision_at
from models.scoring.calibration import fit_calibration

TAIWAN = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "taiwan_credit" / "UCI_Credit_Card.csv"

ROWS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=120).filter(
    lambda rows: len({outcome for _, outcome in rows}) == 2
)


def top_of(score: np.ndarray, outcome: np.ndarray, k: int) -> float:
    """Precision of the k first by scikit-learn, where no two scores are equal."""
    taken = np.zeros(len(score), dtype=int)
    taken[np.argsort(-score)[:k]] = 1
    return float(oracle.precision_score(outcome, taken))


@settings(max_examples=80)
@given(ROWS, st.integers(2, 8))
def test_the_calibration_curve_is_that_of_scikit_learn_where_scores_are_distinct(
    rows: list[tuple[int, bool]], bins: int
) -> None:
    count = len(rows) - len(rows) % bins
    if count < bins:
        return
    outcome = np.array([hit for _, hit in rows[:count]], dtype=float)
    score = np.random.default_rng(count).permutation((np.arange(count) + 0.5) / count)
    table = reliability(score, outcome, bins)
    share, mean = calibration_curve(outcome, score, n_bins=bins, strategy="uniform", pos_label=1.0)
    assert table["share"].tolist() == pytest.approx(share.tolist(), abs=1e-12)
    assert table["probability"].tolist() == pytest.approx(mean.tolist(), abs=1e-12)
    error = float(np.mean(np.abs(share - mean)))
    assert calibration_error(score, outcome, bins) == pytest.approx(error, abs=1e-12)


@settings(max_examples=80)
@given(ROWS, st.integers(1, 130))
def test_the_top_of_a_list_is_that_of_scikit_learn_and_ties_stay_between(rows: list[tuple[int, bool]], k: int) -> None:
    score, outcome = (np.array(side, dtype=float) for side in zip(*rows, strict=True))
    distinct = score + np.random.default_rng(k).permutation(len(rows)) / (10 * len(rows))
    some = precision_at(distinct, outcome, k)
    assert some.worst == some.expected == some.best
    if k < len(rows):
        assert some.expected == pytest.approx(top_of(distinct, outcome, k), abs=1e-12)
    tied = precision_at(score, outcome, k)
    assert tied.worst - 1e-12 <= some.expected <= tied.best + 1e-12
    assert lift_at(distinct, outcome, k).expected == pytest.approx(some.expected / outcome.mean())


@settings(max_examples=60)
@given(ROWS)
def test_yield_at_every_depth_adds_up_to_the_discounted_gain_of_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    score, gain = (np.array(side, dtype=float) for side in zip(*rows, strict=True))
    sums = np.array([gain_at(score, gain, k).expected for k in range(1, len(rows) + 1)])
    each = np.diff(sums, prepend=0.0)
    discounted = float(np.sum(each / np.log2(np.arange(len(rows)) + 2)))
    assert discounted == pytest.approx(oracle.dcg_score([gain], [score]), rel=1e-9)


@pytest.fixture(scope="module")
def credit() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Margins, probabilities and outcomes of 15,000 clients by a regression fitted on the others."""
    if not TAIWAN.exists():
        pytest.skip("../shared/data/taiwan_credit 不在本机")
    frame = pd.read_csv(TAIWAN)
    values, outcome = (
        frame.drop(columns=["ID", "DEFAULT"]).to_numpy(dtype=float),
        frame["DEFAULT"].to_numpy(dtype=float),
    )
    first = np.arange(len(frame)) % 2 == 0
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(values[first], outcome[first])
    margin = model.decision_function(values[~first])
    return margin, 1 / (1 + np.exp(-margin)), outcome[~first]


def test_credit_clients_have_the_figures_of_scikit_learn_and_scipy(
    credit: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    margin, chance, outcome = credit
    assert len(outcome) == 15_000
    bad, good = chance[outcome > 0], chance[outcome == 0]
    wins = mannwhitneyu(bad, good, method="asymptotic").statistic
    assert auc(chance, outcome) == pytest.approx(wins / (len(bad) * len(good)), abs=1e-12)
    assert weighted_auc(chance, outcome, np.ones(15_000)) == pytest.approx(auc(chance, outcome), abs=1e-12)
    precision, recall, _ = oracle.precision_recall_curve(outcome, chance)
    assert average_precision(chance, outcome) == pytest.approx(-np.sum(np.diff(recall) * precision[:-1]), abs=1e-12)
    assert brier(chance, outcome) == pytest.approx(np.mean((chance - outcome) ** 2), abs=1e-12)
    assert log_loss(margin, outcome) == pytest.approx(oracle.log_loss(outcome, chance), abs=1e-9)


def test_credit_clients_have_the_calibration_curve_of_scikit_learn(
    credit: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Equal probabilities may fall on either side of a quantile there; here they share a bin: near, not equal."""
    _, chance, outcome = credit
    table = reliability(chance, outcome)
    share, mean = calibration_curve(outcome, chance, n_bins=10, strategy="quantile")
    assert table["n"].sum() == 15_000
    assert table["share"].tolist() == pytest.approx(share.tolist(), abs=2e-3)
    assert table["probability"].tolist() == pytest.approx(mean.tolist(), abs=2e-3)


@pytest.mark.parametrize("k", [40, 400, 4000])
def test_credit_clients_have_the_precision_of_scikit_learn_at_any_depth(
    k: int, credit: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    _, chance, outcome = credit
    precision = precision_at(chance, outcome, k)
    assert precision.worst - 1e-12 <= top_of(chance, outcome, k) <= precision.best + 1e-12
    assert precision.best - precision.worst < 5 / k


def test_the_line_of_calibration_is_that_of_scikit_learn_where_labels_are_many(
    credit: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    margin, _, outcome = credit
    line = fit_calibration(margin * 1.7 + 0.4, outcome)
    plain = LogisticRegression(C=1e9).fit((margin * 1.7 + 0.4)[:, None], outcome)
    assert line.slope == pytest.approx(float(plain.coef_[0, 0]), rel=0.01)
    assert line.intercept == pytest.approx(float(plain.intercept_[0]), abs=0.02)
