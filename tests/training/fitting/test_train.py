"""Training end to end on an invented law: it finds the law, repeats itself, and says when it cannot."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from made_up import QUARTER_ENDS, little_matrices

from evaluation.metrics.probability import auc
from features.errors import NotEnoughDataError
from models.registry import registry
from models.scoring.calibration import fit_calibration, probability
from models.scoring.linear import fit_linear
from models.scoring.model import Model
from training.data.labels import labels_from_reviews
from training.data.sample import Sample, assemble, scoring_dates
from training.fitting.heads import HeadSettings
from training.fitting.train import TrainSettings, fit_model, train

DAY = date(2024, 3, 31)


@functools.cache
def sample(per_day: int, seed: int = 0) -> Sample:
    matrices, reviews = little_matrices(per_day, seed)
    return assemble(labels_from_reviews(reviews, DAY), matrices)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fitted() -> tuple[Model, dict[str, float]]:
    """The model of forty labels a quarter, and its figures."""
    return fit_model(sample(40), DAY, 7)


def test_a_label_takes_the_row_of_the_last_scoring_date_before_its_selection() -> None:
    matrices, reviews = little_matrices(5)
    reviews.loc[0, "selected_on"] = QUARTER_ENDS[1]
    found = labels_from_reviews(reviews, DAY)
    assert set(scoring_dates(found)) == set(QUARTER_ENDS)
    rows = assemble(found, matrices)  # type: ignore[arg-type]
    assert rows.scored.iloc[0] == QUARTER_ENDS[0]
    assert len(rows.outcome) == len(reviews)
    expected = matrices[QUARTER_ENDS[3]].model_values.to_numpy()
    got = rows.values[(rows.scored == QUARTER_ENDS[3]).to_numpy()].to_numpy()
    assert np.array_equal(got, expected, equal_nan=True)


def test_reviews_of_episodes_outside_the_cohort_are_counted_as_lost() -> None:
    matrices, reviews = little_matrices(5)
    reviews.loc[0, "case_no"] = "（2019）浙9901执999999号"
    rows = assemble(labels_from_reviews(reviews, DAY), matrices)  # type: ignore[arg-type]
    assert (rows.lost, len(rows.outcome)) == (1, len(reviews) - 1)


def test_it_finds_the_law_and_its_probabilities_hold() -> None:
    model, figures = fit_model(sample(100), DAY, 1)
    assert model.concealment.kind == "stacked"
    assert figures["auc"] > 0.7
    assert figures["auc_low"] < figures["auc"] < figures["auc_high"]
    assert figures["lift_10"] > 1.5
    fresh = sample(100, seed=9)
    chance = probability(model.margin(fresh.values))
    assert auc(chance, fresh.outcome) > 0.72
    assert chance.mean() == pytest.approx(fresh.outcome.mean(), abs=0.05)
    paid = fresh.with_amount()
    ratio = float(np.exp(model.margin(paid.values, "amount")).sum() / paid.fen.sum())
    assert 0.6 < ratio < 1.7


def test_threads_and_reruns_give_the_same_bytes() -> None:
    rows = sample(30)
    short = TrainSettings(heads=HeadSettings(rounds_most=20))
    models = [fit_model(rows, DAY, 1, threads=threads, settings=short, figures=False)[0] for threads in (1, 2, 1)]
    assert models[0].concealment.kind == "tree"
    assert models[0].files() == models[1].files() == models[2].files()


def test_few_labels_fall_back_and_say_so() -> None:
    model, _ = fit_model(sample(8), DAY, 1, figures=False)
    assert model.concealment.kind == "linear"
    assert any("回退为正则化线性模型" in note for note in model.notes)
    assert model.counts["concealment"]["labels"] == 128
    assert model.calibration.labels > 0


def test_without_recoveries_the_amount_is_a_constant_and_says_so() -> None:
    matrices, reviews = little_matrices(20)
    rows = assemble(labels_from_reviews(reviews.assign(reply=None), DAY), matrices)  # type: ignore[arg-type]
    model, _ = fit_model(rows, DAY, 1, figures=False)
    assert set(model.score(rows.values)["amount_fen"]) == {8_800_000}
    assert any("8.8 万元" in note for note in model.notes)


def test_one_class_alone_trains_nothing() -> None:
    matrices, reviews = little_matrices(10)
    rows = assemble(labels_from_reviews(reviews.assign(label="Y4"), DAY), matrices)  # type: ignore[arg-type]
    with pytest.raises(NotEnoughDataError, match="实有正例 0 条"):
        fit_model(rows, DAY, 1)


def test_later_conclusions_change_nothing() -> None:
    matrices, reviews = little_matrices(20)
    day = date(2022, 6, 30)
    late = reviews["conclude_date"] > day
    poisoned = reviews.assign(label=reviews["label"].where(~late, "Y1"), found_value=10**12)
    first = assemble(labels_from_reviews(reviews, day), matrices)  # type: ignore[arg-type]
    second = assemble(labels_from_reviews(poisoned, day), matrices)  # type: ignore[arg-type]
    one, two = (fit_model(rows, day, 1, figures=False)[0] for rows in (first, second))
    assert one.concealment.dump() == two.concealment.dump()
    assert max(first.concluded) <= day


def test_counts_and_settings_travel_with_the_model(fitted: tuple[Model, dict[str, float]]) -> None:
    model, _ = fitted
    counts = model.counts["concealment"]
    assert counts["labels"] == 640
    assert counts["measured_learn"] + counts["measured_test"] + counts["young"] < 640
    assert counts["calibrated"] == model.calibration.labels > 300
    assert model.settings["windows.gap_days"] == 180
    assert (model.as_of, model.pool_state) == (DAY, 7)
    assert len(model.fingerprint) == 64


def test_an_empty_pool_has_no_labels_yet(tmp_path: Path) -> None:
    with pytest.raises(NotEnoughDataError, match="还没有任何已审结的审查"):
        train(tmp_path, date(2024, 3, 31))
    assert registry.registered_models(tmp_path) == ()


def test_young_rows_wait(fitted: tuple[Model, dict[str, float]]) -> None:
    young = [day for day in QUARTER_ENDS if day > DAY - timedelta(days=180)]
    model, _ = fitted
    assert model.counts["concealment"]["young"] == 40 * len(young) > 0


def test_equal_weights_change_not_a_bit(fitted: tuple[Model, dict[str, float]]) -> None:
    rows = sample(40)
    plain, figures = fitted
    even, same = fit_model(replace(rows, weight=np.full(len(rows.outcome), 3.0)), DAY, 7)
    assert even.version == plain.version
    assert same == figures
    assert "effective" not in plain.counts["concealment"]


def test_a_row_of_weight_two_is_a_row_that_stands_twice() -> None:
    rows = sample(40)
    twice = np.random.default_rng(5).random(len(rows.outcome)) < 0.3
    margin = rows.values["A00_x"].fillna(0).to_numpy()
    line = fit_calibration(margin, rows.outcome, 1.0 + twice)
    again = np.concatenate([np.arange(len(twice)), np.flatnonzero(twice)])
    doubled = fit_calibration(margin[again], rows.outcome[again])
    assert (line.slope, line.intercept) == pytest.approx((doubled.slope, doubled.intercept), abs=1e-6)


@pytest.mark.parametrize("signs", [None, {"A00_x": 1}])
def test_a_weighted_line_is_that_of_scikit_learn(signs: dict[str, int] | None) -> None:
    from sklearn.linear_model import LogisticRegression

    rows = sample(40)
    values, weight = rows.values[["A00_x", "A01_x"]].fillna(0.0), 0.2 + np.random.default_rng(7).random(640) * 3
    head = fit_linear(values, rows.outcome, "binary", 2.0, signs, weight)
    scaled = np.sign(values) * np.log1p(values.abs())
    scaled = ((scaled - scaled.mean()) / scaled.std(ddof=0)).clip(-6, 6).to_numpy()
    oracle = LogisticRegression(C=0.5, tol=1e-10, max_iter=10_000).fit(scaled, rows.outcome, weight)
    assert head.margin(values).tolist() == pytest.approx(oracle.decision_function(scaled).tolist(), abs=2e-4)


def test_weighting_brings_a_biased_sample_back_to_its_population() -> None:
    rows = sample(150)
    keep = np.random.default_rng(6).random(len(rows.outcome)) < np.where(rows.outcome > 0, 0.9, 0.3)
    biased = rows.take(np.flatnonzero(keep))
    weighted = replace(biased, weight=np.where(biased.outcome > 0, 1 / 0.9, 1 / 0.3))
    said = {}
    for name, some in (("plain", biased), ("weighted", weighted)):
        model, _ = fit_model(some, DAY, 1, figures=False)
        said[name] = probability(model.margin(rows.values)).mean() - rows.outcome.mean()
        if name == "weighted":
            assert 0 < model.counts["concealment"]["effective"] < len(some.outcome)
    assert said["plain"] > 0.1
    assert abs(said["weighted"]) < 0.03
