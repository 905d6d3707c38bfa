"""The search: as wide as the labels carry, on the past alone, the same each time, never worse than the defaults."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from made_up import little_matrices

from training.data import splits
from training.data.labels import labels_from_reviews
from training.data.sample import Sample, assemble
from training.fitting.heads import HeadSettings
from training.fitting.recipes import CANDIDATES, Candidate
from training.fitting.search import (
    FEWEST_POSITIVES,
    KNOBS,
    SearchResult,
    before_test,
    fit_searched,
    fold_loss,
    search,
    search_budget,
)
from training.fitting.train import TrainSettings

DAY = date(2024, 3, 31)
QUICK = Candidate(
    "monotone",
    "单调约束模型",
    "测试用。",
    TrainSettings(heads=HeadSettings(rounds_most=20, rounds_step=10, rounds_default=10)),
)


@pytest.fixture(scope="module")
def rows() -> Sample:
    matrices, reviews = little_matrices(80)
    return assemble(labels_from_reviews(reviews, DAY), matrices)  # type: ignore[arg-type]


def test_the_width_never_shrinks_with_labels_and_is_none_below_the_least() -> None:
    wide = [search_budget(count) for count in range(0, 1000, 5)]
    assert all(one.trials <= two.trials for one, two in pairwise(wide))
    assert all(len(one.knobs) <= len(two.knobs) for one, two in pairwise(wide))
    assert search_budget(FEWEST_POSITIVES - 1) == search_budget(0)
    assert search_budget(0).trials == 0
    assert len(search_budget(10**6).knobs) == len(KNOBS)


@pytest.fixture(scope="module")
def found(rows: Sample) -> SearchResult:
    return search(rows, QUICK, DAY)


def test_it_finds_what_is_no_worse_than_the_defaults_and_says_so(rows: Sample, found: SearchResult) -> None:
    past = before_test(rows, DAY, QUICK.settings)
    assert found.positives == past.positives >= FEWEST_POSITIVES
    assert len(found.trials) == search_budget(past.positives).trials
    pairs = splits.folds(past.scored, past.concluded, past.group)
    assert found.trials[0]["loss"] == pytest.approx(fold_loss(past, pairs, QUICK.settings), rel=1e-12)
    best = min(trial["loss"] for trial in found.trials)
    assert fold_loss(past, pairs, found.settings) == pytest.approx(best, rel=1e-12)
    assert best <= found.trials[0]["loss"]
    assert search(rows, QUICK, DAY) == found


def test_the_test_window_is_never_seen(rows: Sample, found: SearchResult) -> None:
    past = before_test(rows, DAY, QUICK.settings)
    ripe = rows.with_outcome()
    old = ripe.take(np.flatnonzero(pd.to_datetime(ripe.scored) <= pd.Timestamp(DAY - timedelta(days=180))))
    test_from = splits.windows(old.scored, old.concluded, old.outcome > 0, old.group).test_from
    assert test_from is not None
    assert max(past.concluded) < test_from
    late = (pd.to_datetime(rows.scored) >= pd.Timestamp(test_from)).to_numpy()
    spoiled = replace(rows, values=rows.values.mul(np.where(late, -1.0, 1.0), axis=0))
    assert not spoiled.values.equals(rows.values)
    assert search(spoiled, QUICK, DAY).trials == found.trials


def test_the_trials_stand_in_the_model(rows: Sample, found: SearchResult) -> None:
    model, metrics = fit_searched(QUICK, rows, DAY, 1)
    searched = model.settings["search"]
    assert searched["trials"] == [dict(trial) for trial in found.trials]
    best = min(searched["trials"], key=lambda trial: trial["loss"])
    assert model.settings["heads.trees.num_leaves"] == best["trees.num_leaves"]
    assert metrics["auc"] > 0.5


def test_few_labels_keep_the_defaults_and_the_model_says_so() -> None:
    matrices, reviews = little_matrices(10)
    few = assemble(labels_from_reviews(reviews, DAY), matrices)  # type: ignore[arg-type]
    none = search(few, QUICK, DAY)
    assert none.settings == QUICK.settings
    assert none.trials == ()
    assert "少于 150 条，不作搜索" in none.note


def test_what_changes_nothing_is_not_searched(rows: Sample, found: SearchResult) -> None:
    assert all("penalty" not in trial for trial in found.trials)
    assert search(rows, CANDIDATES["lambdarank"], DAY).trials == ()
