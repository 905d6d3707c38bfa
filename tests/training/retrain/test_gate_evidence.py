"""What the gate judges by: overlap of both lists, weights of chance alone, subgroups, a second fit that costs less."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up import little_matrices, logged_draws, world

from models.scoring.model import Model
from training.data.labels import labels_from_reviews
from training.data.sample import Sample, assemble, scoring_dates
from training.fitting import train
from training.fitting.heads import HeadSettings
from training.fitting.recipes import Candidate
from training.fitting.train import TrainSettings
from training.retrain.gate import Bounds, GateEvidence
from training.retrain.gate_evidence import DIMENSIONS, GateInputs, RecipeFitter, collect_evidence, matrix_keys

DAY, PER_DAY = date(2023, 12, 31), 60
LINEAR = Candidate("linear", "直线", "仅供测试。", TrainSettings(heads=HeadSettings(few_labels=100_000)))
MAKER = RecipeFitter(LINEAR, DAY, 3, noise=1)
DRAWN = 12
"""Cases of each quarter that chance listed; the rest of the reviews were listed by rule."""


@pytest.fixture(scope="module")
def cohort() -> GateInputs:
    matrices, reviews = little_matrices(PER_DAY)
    by_day: Any = {day: replace(one, keys=one.keys.assign(office="339901")) for day, one in matrices.items()}
    known = labels_from_reviews(reviews, DAY)
    sample = assemble(known, {day: by_day[day] for day in scoring_dates(known)})
    keys = {day: matrix.keys for day, matrix in by_day.items()}
    return GateInputs(sample, matrix_keys(known, by_day), by_day, draws(by_day), keys, capacity=20)


def draws(matrices: Any) -> pd.DataFrame:
    """A list of every quarter: chance listed the first `DRAWN` cases with 0.2, a rule the others for certain."""
    at_random = np.arange(PER_DAY) < DRAWN
    parts = [
        logged_draws(matrix.keys, pd.Timestamp(day + timedelta(days=1)), at_random, 0.2, 0.4)
        for day, matrix in matrices.items()
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def model(cohort: GateInputs) -> Model:
    return MAKER.fit_with_floor(cohort.sample)[0]


def found(cohort: GateInputs, model: Model) -> GateEvidence:
    return collect_evidence(cohort, MAKER, model, None, bounds=Bounds(rows=20, positives=5, rounds=20))


def test_only_what_chance_listed_is_weighted_and_both_must_reach_a_row(cohort: GateInputs, model: Model) -> None:
    evidence = found(cohort, model)
    assert evidence.weight is not None and evidence.overlap is not None and evidence.drawn is not None
    assert set(evidence.weight[evidence.drawn]) == {5.0}
    assert set(evidence.weight[~evidence.drawn]) == {1.0}, "listed by rule: for itself, whatever chance is written"
    assert (evidence.overlap & evidence.drawn).sum() == evidence.drawn.sum() > 0
    by_rule = evidence.overlap & ~evidence.drawn
    days = len(evidence.outcome) / PER_DAY
    assert 0 < by_rule.sum() <= 20 * days, "at most the places of the challenger's own lists"
    assert evidence.challenger[by_rule].mean() > evidence.challenger[~by_rule].mean()
    kept = evidence.weight[evidence.overlap]
    assert f"有效样本量 {kept.sum() ** 2 / (kept**2).sum():.1f}" in " ".join(evidence.notes)


def test_without_draws_nothing_is_weighted_and_this_is_said(cohort: GateInputs, model: Model) -> None:
    evidence = found(replace(cohort, draws=pd.DataFrame()), model)
    assert evidence.weight is not None and set(evidence.weight) == {1.0}
    assert any("没有入选概率的记录" in note for note in evidence.notes)


def test_groups_are_those_of_the_day_and_no_office_is_among_them(cohort: GateInputs, model: Model) -> None:
    assert {"sex", "age", "cause"} <= set(DIMENSIONS)
    named = {day: keys.assign(sex="女", age="45–59 岁", person=True) for day, keys in cohort.groups.items()}
    evidence = found(replace(cohort, groups=named), model)
    assert evidence.groups is not None
    assert list(evidence.groups.columns) == ["被执行人年龄段", "被执行人性别", "被执行人类型"]
    assert set(evidence.groups["被执行人类型"]) == {"自然人"}
    assert len(evidence.groups) == len(evidence.outcome)


def test_what_nobody_reads_is_not_measured_and_the_second_fit_is_the_same(
    cohort: GateInputs, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[Sample] = []
    real = train._holdout_figures

    def counted(sample: Sample, *rest: Any) -> Any:
        measured.append(sample)
        return real(sample, *rest)

    monkeypatch.setattr(train, "_holdout_figures", counted)
    assert found(cohort, model).repeated == model.version
    assert measured == []


def test_a_second_fit_is_the_same_where_nothing_could_be_measured(cohort: GateInputs) -> None:
    few = cohort.sample.take(np.flatnonzero(pd.to_datetime(cohort.sample.scored) <= pd.Timestamp("2020-06-30")))
    keys = cohort.keys.iloc[: len(few.outcome)]
    model, metrics = MAKER.fit_with_floor(few)
    assert not metrics and any("测试时段" in note for note in model.notes)
    assert found(replace(cohort, sample=few, keys=keys), model).repeated == model.version


def test_rows_of_the_keys_are_those_of_the_sample() -> None:
    found = world()
    known = labels_from_reviews(found.reviews.sample(frac=1, random_state=1), DAY)
    matrices = found.build(scoring_dates(known))
    sample, keys = assemble(known, matrices), matrix_keys(known, matrices)
    assert len(keys) == len(sample.outcome)
    rows = known.set_index("review_id").loc[keys["review_id"]]
    assert np.array_equal(rows["y"].to_numpy(), sample.outcome, equal_nan=True)
    assert list(rows["label_date"]) == list(sample.concluded)
