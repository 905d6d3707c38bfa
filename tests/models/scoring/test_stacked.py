"""Trees on a line: additive, faithful to fixed directions, the same after a save, and no worse than either alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_model import little_model
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from models.scoring.linear import fit_linear
from models.scoring.model import load_model
from models.scoring.stacked import StackedHead, fit_stacked, out_of_fold_margins
from models.scoring.trees import TreeSettings, fit_trees

SMALL = TreeSettings(rounds=30, num_leaves=7, min_data_in_leaf=5, extra_trees=True)


def bent(rows: int, seed: int = 3) -> tuple[pd.DataFrame, np.ndarray]:
    """A law with a line and a bend: log-odds rise with a and b, and more where both are high."""
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(rng.normal(size=(rows, 8)), columns=list("abcdefgh"))
    margin = -1.5 + 0.8 * values["a"] + 0.6 * values["b"] + 1.5 * ((values["a"] > 0.5) & (values["b"] > 0.5))
    values = values.mask(rng.random(values.shape) < 0.1)
    return values, (rng.random(rows) < 1 / (1 + np.exp(-margin))).astype(float)


@pytest.fixture(scope="module")
def head() -> StackedHead:
    values, outcome = bent(600)
    return fit_stacked(values, outcome, SMALL, 10.0, group=np.arange(600), monotone={"a": 1, "b": 1, "c": -1})


def test_shares_add_up_to_the_margin(head: StackedHead) -> None:
    values, _ = bent(300, seed=8)
    found = head.base + head.contributions(values).sum(axis=1)
    assert np.abs(found - head.margin(values)).max() < 1e-9


@settings(max_examples=60)
@given(
    row=st.lists(st.floats(-5, 5) | st.none(), min_size=8, max_size=8),
    rise=st.floats(0, 5),
    column=st.sampled_from([("a", 1), ("b", 1), ("c", -1)]),
)
def test_a_column_never_turns_against_its_meaning(
    head: StackedHead, row: list[float | None], rise: float, column: tuple[str, int]
) -> None:
    name, sign = column
    values = pd.DataFrame([[np.nan if item is None else item for item in row]], columns=list("abcdefgh"), dtype=float)
    values[name] = 0.0 if np.isnan(values.loc[0, name]) else values[name]
    higher = values.assign(**{name: values[name] + rise})
    assert sign * (head.margin(higher)[0] - head.margin(values)[0]) >= -1e-12


def test_signs_of_the_line_are_held_and_without_signs_nothing_changes() -> None:
    values, outcome = bent(400)
    plain, none = fit_linear(values, outcome, "binary", 5.0), fit_linear(values, outcome, "binary", 5.0, {})
    assert plain == none
    against = fit_linear(values, outcome, "binary", 5.0, {"a": -1, "b": 1})
    assert against.weight[0] == 0.0 and against.weight[1] > 0
    loose = fit_linear(values, outcome, "binary", 5.0, {"a": 1})
    assert np.allclose(loose.weight, plain.weight, atol=1e-4)


def test_a_line_within_bounds_is_that_of_scikit_learn_where_bounds_do_not_bind() -> None:
    rng = np.random.default_rng(5)
    matrix = pd.DataFrame(rng.normal(size=(500, 3)), columns=list("abc"))
    outcome = (rng.random(500) < 1 / (1 + np.exp(-(matrix["a"] + 0.5 * matrix["b"])))).astype(float)
    ours = fit_linear(matrix, outcome, "binary", 2.0, {"a": 1, "b": 1})
    logs = np.sign(matrix) * np.log1p(np.abs(matrix))
    scaled = (logs - logs.mean()) / logs.std(ddof=0)
    theirs = LogisticRegression(C=1 / 2.0, tol=1e-10, max_iter=5000).fit(scaled, outcome)
    assert np.allclose(ours.weight, theirs.coef_[0], atol=1e-4)


def test_a_group_never_stands_on_both_sides_of_a_line() -> None:
    values, outcome = bent(201)
    twice = pd.concat([values, values], ignore_index=True)
    both = np.concatenate([outcome, outcome])
    together = out_of_fold_margins(twice, both, 0.1, np.tile(np.arange(201), 2), {})
    apart = out_of_fold_margins(twice, both, 0.1, np.arange(402), {})
    assert roc_auc_score(both, together) < roc_auc_score(both, apart)


def test_it_ranks_no_worse_than_its_parts() -> None:
    values, outcome = bent(700)
    fresh, truth = bent(4000, seed=99)
    line = fit_linear(values, outcome, "binary", 10.0)
    trees = fit_trees(values, outcome, "binary", SMALL)
    both = fit_stacked(values, outcome, SMALL, 10.0, group=np.arange(700))
    alone = max(roc_auc_score(truth, part.margin(fresh)) for part in (line, trees))
    assert roc_auc_score(truth, both.margin(fresh)) > alone - 0.005


def test_saved_and_loaded_it_says_the_same_with_any_threads(head: StackedHead, tmp_path: Path) -> None:
    values, _ = bent(50, seed=4)
    model = replace(little_model(), concealment=head, amount=None)
    model.save(tmp_path / "m")
    again = load_model(tmp_path / "m", threads=2)
    assert again.version == model.version
    assert (again.concealment.margin(values) == head.margin(values)).all()
    assert isinstance(again.concealment, StackedHead)
