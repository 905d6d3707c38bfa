"""The noise floor: measured on shuffled outcomes, the same again, in the model's settings, and only if asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from made_up import little_matrices

from evaluation.explanations.attribution import clue_contributions
from features.errors import GoldenKeyError, NotEnoughDataError
from models.scoring.model import Model
from training.data.labels import labels_from_reviews
from training.data.sample import Sample, assemble, scoring_dates, shuffle_outcomes
from training.fitting.heads import HeadSettings
from training.fitting.noise_floor import REFITS, SETTING, add_noise_floor, refit_count
from training.fitting.recipes import Candidate
from training.fitting.train import TrainSettings
from training.retrain.gate_evidence import RecipeFitter

DAY = date(2023, 12, 31)
LINEAR = Candidate("linear", "直线", "仅供测试。", TrainSettings(heads=HeadSettings(few_labels=100_000)))
MAKER = RecipeFitter(LINEAR, DAY, 3, noise=2)


@pytest.fixture(scope="module")
def sample() -> Sample:
    matrices, reviews = little_matrices(60)
    known = labels_from_reviews(reviews, DAY)
    return assemble(known, {day: matrices[day] for day in scoring_dates(known)})


def test_the_floor_is_what_shuffled_outcomes_make_of_a_clue(sample: Sample) -> None:
    model, _ = MAKER.fit(sample)
    made, _ = MAKER.fit_with_floor(sample)
    known = sample.with_outcome().values
    nulls = [MAKER.fit(shuffle_outcomes(sample, seed))[0] for seed in (1, 2)]
    size = np.concatenate(
        [np.abs(clue_contributions(one, known, model.calibration.slope).to_numpy()).ravel() for one in nulls]
    )
    assert made.settings["noise_floor"] == round(float(np.quantile(size[size > 0], 0.95)), 4)
    assert np.array_equal(made.margin(known), model.margin(known))
    largest = np.abs(clue_contributions(model, known).to_numpy()).max(axis=0)
    assert largest.max() > made.settings["noise_floor"], "what is so stands out"


def test_a_second_run_is_the_same_version_and_none_asked_changes_nothing(sample: Sample) -> None:
    assert MAKER.fit_with_floor(sample)[0].version == MAKER.fit_with_floor(sample)[0].version
    assert replace(MAKER, noise=0).fit_with_floor(sample)[0].version == MAKER.fit(sample)[0].version


def test_too_few_labels_to_refit_are_said_and_nothing_is_hidden(sample: Sample) -> None:
    model, _ = MAKER.fit(sample)

    def failing(_: Sample) -> Model:
        raise NotEnoughDataError("少")

    without_floor = add_noise_floor(model, sample, failing)
    assert "noise_floor" not in without_floor.settings
    assert "未能量出噪声线" in without_floor.notes[-1]


def test_a_searched_recipe_is_refitted_with_what_it_found(sample: Sample) -> None:
    searched = replace(LINEAR, search=True)
    found = {"heads.penalty": 7.0, "heads.trees.num_leaves": 5}
    model, _ = LINEAR.fit(sample, DAY, 3)
    settled = searched.with_searched_settings(replace(model, settings={**model.settings, **found}))
    assert not settled.search
    assert settled.settings.heads.trees.num_leaves == 5
    assert settled.settings.heads.penalty == LINEAR.settings.heads.penalty, "no line beneath: nothing to search"
    assert LINEAR.with_searched_settings(model) is LINEAR


@pytest.mark.parametrize(("given", "refits"), [({}, REFITS), ({SETTING: " "}, REFITS), ({SETTING: "0"}, 0)])
def test_an_office_may_switch_it_off(given: Mapping[str, str], refits: int) -> None:
    assert refit_count(given) == refits


@pytest.mark.parametrize("value", ["-1", "三", "1.5", "²"])
def test_a_wrong_number_is_told_by_name(value: str) -> None:
    with pytest.raises(GoldenKeyError, match=SETTING):
        refit_count({SETTING: value})
