"""Tree heads: the same bits with any number of threads, exact against shap, direction kept where asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from little_model import little_amount, little_matrix, little_outcome

from features.errors import GoldenKeyError
from models.scoring.head import ColumnMismatchError, ModelFault
from models.scoring.trees import TreeHead, TreeSettings, fit_trees, staged_margins


@pytest.mark.parametrize("objective", ["binary", "tweedie"])
def test_one_thread_and_two_give_the_same_bits(objective: str) -> None:
    values = little_matrix(rows=3000, columns=60)
    target = little_outcome(values) if objective == "binary" else little_amount(values)
    heads = [
        fit_trees(values, target, objective, TreeSettings(rounds=60), threads=threads, unit=1.0)
        for threads in (1, 2, 1)
    ]
    assert heads[0].text == heads[1].text == heads[2].text
    assert np.array_equal(heads[0].margin(values), heads[1].margin(values))
    assert np.array_equal(heads[0].contributions(values), heads[1].contributions(values))


@pytest.mark.filterwarnings(
    "ignore:The set_[a-z]+ function:PendingDeprecationWarning"
)  # shap's colours, matplotlib 3.11
@pytest.mark.parametrize("objective", ["binary", "tweedie"])
def test_contributions_equal_those_of_shap(objective: str) -> None:
    """Left alone, shap asks LightGBM for its own contributions; as an oracle it must walk the trees itself."""
    import shap

    values = little_matrix()
    target = little_outcome(values) if objective == "binary" else little_amount(values) / 1e6
    head = fit_trees(values, target, objective, TreeSettings(rounds=40))
    explainer = shap.TreeExplainer(head.booster)
    explainer.model.model_type = "internal"
    expected = explainer.shap_values(values.to_numpy(), check_additivity=False)
    assert np.abs(expected - head.contributions(values)).max() <= 1e-9
    assert abs(float(np.ravel(explainer.expected_value)[-1]) + head.offset - head.base) <= 1e-9


def test_shares_add_up_to_the_margin() -> None:
    values = little_matrix()
    head = fit_trees(values, little_amount(values), "tweedie", TreeSettings(rounds=40), unit=1e6)
    assert np.abs(head.base + head.contributions(values).sum(axis=1) - head.margin(values)).max() <= 1e-9


def test_predicted_amounts_add_up_to_those_received() -> None:
    values = little_matrix()
    amount = little_amount(values)
    for unit in (1.0, 1e6):
        head = fit_trees(values, amount, "tweedie", TreeSettings(rounds=40), unit=unit)
        assert np.exp(head.margin(values)).sum() == pytest.approx(amount.sum())


def test_a_head_read_from_its_text_says_the_same() -> None:
    values = little_matrix()
    head = fit_trees(values, little_outcome(values), "binary", TreeSettings(rounds=20))
    again = TreeHead(head.columns, head.text)
    assert np.array_equal(again.margin(values), head.margin(values))
    assert np.array_equal(again.contributions(values), head.contributions(values))


def test_the_last_stage_is_the_whole_ensemble() -> None:
    values = little_matrix()
    head = fit_trees(values, little_outcome(values), "binary", TreeSettings(rounds=20))
    half, whole = staged_margins(head, values, [10, 20])
    assert np.array_equal(whole, head.margin(values))
    shorter = fit_trees(values, little_outcome(values), "binary", TreeSettings(rounds=10))
    assert np.array_equal(half, shorter.margin(values))


def test_a_monotone_column_never_turns() -> None:
    values = little_matrix()
    head = fit_trees(values, little_outcome(values), "binary", TreeSettings(rounds=60), monotone={"C00_b": 1})
    rows = pd.concat([values.iloc[[0]]] * 200, ignore_index=True)
    rows["C00_b"] = np.linspace(0, 20_000, 200)
    assert (np.diff(head.margin(rows)) >= 0).all()


def test_a_row_scores_alike_alone_and_in_company() -> None:
    values = little_matrix()
    head = fit_trees(values, little_outcome(values), "binary", TreeSettings(rounds=20))
    together = head.margin(values)
    assert [float(head.margin(values.iloc[[row]])[0]) for row in range(20)] == together[:20].tolist()


def test_no_rows_give_no_scores() -> None:
    values = little_matrix()
    head = fit_trees(values, little_outcome(values), "binary", TreeSettings(rounds=5))
    assert head.margin(values.iloc[:0]).shape == (0,)
    assert head.contributions(values.iloc[:0]).shape == (0, len(values.columns))


def test_other_columns_are_refused_and_named() -> None:
    values = little_matrix()
    head = fit_trees(values, little_outcome(values), "binary", TreeSettings(rounds=5))
    with pytest.raises(ColumnMismatchError, match="缺少 C00_a；多出 Z99_x"):
        head.margin(values.rename(columns={"C00_a": "Z99_x"}))
    with pytest.raises(ColumnMismatchError, match="第 1 列应为 C00_a，实为 C05_b"):
        head.contributions(values[values.columns[::-1]])


def test_what_is_not_a_number_or_not_a_model_is_told() -> None:
    values = little_matrix()
    with pytest.raises(GoldenKeyError, match="C00_a 含无穷大"):
        fit_trees(values.assign(C00_a=np.inf), little_outcome(values), "binary", TreeSettings(rounds=5))
    with pytest.raises(GoldenKeyError, match="标签有 5 行"):
        fit_trees(values, np.zeros(5), "binary", TreeSettings(rounds=5))
    head = fit_trees(values, little_outcome(values), "binary", TreeSettings(rounds=5))
    with pytest.raises(ModelFault, match="12 列"):
        TreeHead(("one",), head.text)
