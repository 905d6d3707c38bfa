"""The linear head against scikit-learn, its shares, and what it does with the unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_model import little_amount, little_matrix, little_outcome
from sklearn.linear_model import LogisticRegression, PoissonRegressor

from models.scoring.head import ColumnMismatchError, ModelFault
from models.scoring.linear import CLIP, constant_head, fit_linear, load_linear


def design(values: pd.DataFrame) -> np.ndarray:
    """The same design built with pandas: standardised signed logarithms, then centred missing flags."""
    slog = np.sign(values) * np.log1p(values.abs())
    scaled = ((slog - slog.mean()) / slog.std(ddof=0).replace(0, 1)).clip(-CLIP, CLIP).fillna(0)
    flags = values.isna().astype(float)
    return np.hstack([scaled.to_numpy(), (flags - flags.mean()).to_numpy()])


def test_logistic_margins_equal_those_of_scikit_learn() -> None:
    values = little_matrix(rows=150)
    outcome = little_outcome(values)
    oracle = LogisticRegression(C=1 / 10.0, tol=1e-12, max_iter=10_000).fit(design(values), outcome)
    expected = oracle.decision_function(design(values))
    assert np.abs(fit_linear(values, outcome, "binary", 10.0).margin(values) - expected).max() < 1e-4


def test_log_link_means_equal_those_of_scikit_learn() -> None:
    values = little_matrix(rows=150)
    amount = little_amount(values)
    oracle = PoissonRegressor(alpha=10.0 / len(values), tol=1e-12, max_iter=100_000)
    expected = oracle.fit(design(values), amount / amount.mean()).predict(design(values)) * amount.mean()
    got = np.exp(fit_linear(values, amount, "log", 10.0).margin(values))
    assert got == pytest.approx(expected, rel=1e-3)
    assert got.mean() == pytest.approx(amount.mean(), rel=1e-3)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_shares_add_up_on_any_row(seed: int) -> None:
    head = fit_linear(little_matrix(rows=80), little_outcome(little_matrix(rows=80)), "binary")
    rows = little_matrix(rows=20, seed=seed) * 10.0 ** (seed % 7 - 3)
    assert np.abs(head.base + head.contributions(rows).sum(axis=1) - head.margin(rows)).max() < 1e-9


def test_a_missing_value_is_not_a_zero() -> None:
    random = np.random.default_rng(0)
    values = pd.DataFrame({"seen": random.lognormal(size=400), "other": random.lognormal(size=400)})
    values.loc[::2, "seen"] = np.nan
    outcome = values["seen"].isna().to_numpy(dtype=float)
    head = fit_linear(values, outcome, "binary", 1.0)
    unknown, nothing = pd.DataFrame({"seen": [np.nan, 0.0], "other": [1.0, 1.0]}).pipe(head.contributions)[:, 0]
    assert unknown > 0 > nothing


def test_separable_labels_stay_finite() -> None:
    values = pd.DataFrame({"x": np.arange(40.0)})
    head = fit_linear(values, (np.arange(40) >= 20).astype(float), "binary")
    assert np.isfinite(head.margin(values)).all()


def test_a_column_without_any_value_says_nothing() -> None:
    values = little_matrix(rows=100).assign(C00_a=np.nan)
    head = fit_linear(values, little_outcome(values), "binary")
    assert (head.contributions(values)[:, 0] == 0).all()


def test_it_comes_back_from_json_bit_for_bit() -> None:
    values = little_matrix(rows=100)
    head = fit_linear(values, little_outcome(values), "binary")
    assert load_linear(head.dump()) == head
    with pytest.raises(ModelFault, match="个数与列数不一致"):
        load_linear(head.dump() | {"columns": ["one"]})
    with pytest.raises(ModelFault, match="已损坏"):
        load_linear({"columns": ["one"]})


def test_a_constant_says_the_same_of_everyone() -> None:
    values = little_matrix(rows=50)
    head = constant_head(tuple(values.columns), 3.5)
    assert set(head.margin(values)) == {3.5}
    with pytest.raises(ColumnMismatchError, match="多出 extra"):
        head.margin(values.assign(extra=1.0))
