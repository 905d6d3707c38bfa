"""Baselines: what a plain loop would sort by, and scikit-learn's own logistic regression."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evaluation.lists.baselines import BASELINE_SCORES, BASELINES, logistic_baseline
from features.clues import catalogue
from features.errors import NotEnoughDataError

DAY = date(2024, 3, 31)


def cases(count: int = 80, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(seed)
    keys = pd.DataFrame(
        {
            "debt_fen": random.integers(1, 10**9, count),
            "zb_date": [date(2023, 1 + int(m), 5) for m in random.integers(0, 12, count)],
            "filing_date": [date(2020 + int(m) % 3, 1 + int(m) % 12, 9) for m in random.integers(0, 40, count)],
            "petitioned": random.random(count) < 0.2,
        }
    )
    x = random.poisson(0.3, size=(count, len(catalogue.FEATURES))).astype(float)
    x[random.random(x.shape) < 0.3] = np.nan
    return keys, pd.DataFrame(x, columns=list(catalogue.FEATURES))


def test_orders_are_those_of_a_plain_loop() -> None:
    keys, values = cases()
    rows = keys.to_dict("records")
    for name, key in (
        ("amount", lambda row: -row["debt_fen"]),
        ("age", lambda row: row["zb_date"]),
        ("petition", lambda row: (not row["petitioned"], row["filing_date"])),
    ):
        score = BASELINE_SCORES[name](keys, values, DAY)
        ordered = [key(rows[place]) for place in np.argsort(-score, kind="stable")]
        assert ordered == sorted(map(key, rows))
        for one in range(0, 80, 7):
            for two in range(80):
                assert (score[one] == score[two]) == (key(rows[one]) == key(rows[two]))


def test_findings_are_counted_once_each_and_the_unknown_is_none() -> None:
    keys, values = cases(12)
    values.iloc[0] = np.nan
    score = BASELINE_SCORES["findings"](keys, values, DAY)
    assert score[0] == 0
    for row in range(12):
        counted = 0
        for clue in catalogue.CLUES.values():
            if clue.kind == "finding" and clue.channel in ("A", "AB") and clue.features:
                counted += any(values[feature.name].iloc[row] > 0 for feature in clue.features)
        assert score[row] == counted
    assert score.max() > 5


def test_random_choice_is_a_tie_of_all() -> None:
    keys, values = cases()
    assert set(BASELINE_SCORES["random"](keys, values, DAY)) == {0.0}


def test_every_baseline_has_a_name_and_a_way() -> None:
    assert set(BASELINES) - set(BASELINE_SCORES) == {"logistic"}


def test_the_regression_is_scikit_learns() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=(300, 6))
    x[random.random(x.shape) < 0.2] = np.nan
    learned = pd.DataFrame(x, columns=list("abcdef")).assign(empty=np.nan)
    outcome = (random.random(300) < 1 / (1 + np.exp(-np.nan_to_num(x[:, 0])))).astype(float)
    fresh = pd.DataFrame(random.normal(size=(50, 6)), columns=list("abcdef")).assign(empty=1.0)
    ours = logistic_baseline(learned, outcome, fresh)
    line = LogisticRegression(max_iter=5000)
    scaler = StandardScaler().fit(x)
    imputed = SimpleImputer(strategy="constant", fill_value=0.0)
    theirs = make_pipeline(imputed, line).fit(scaler.transform(x), outcome)
    expected = theirs.decision_function(scaler.transform(fresh[list("abcdef")].to_numpy()))
    assert ours == pytest.approx(expected, abs=1e-6)
    with pytest.raises(NotEnoughDataError, match="逻辑回归需要正例和反例"):
        logistic_baseline(learned, np.ones(300), fresh)
