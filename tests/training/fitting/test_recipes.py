"""Candidates on an invented law: each finds it, stays additive and calibrated, repeats itself, and falls back alike."""

from __future__ import annotations

import functools
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from made_up import little_matrices

from evaluation.metrics.probability import auc
from features.errors import GoldenKeyError
from models.scoring.calibration import probability
from models.scoring.model import Model
from training.data.labels import labels_from_reviews
from training.data.sample import Sample, assemble
from training.fitting.lambdarank import LONGEST_LIST, fit_rank, grades, list_numbers
from training.fitting.recipes import CANDIDATES, Candidate, find_candidate
from training.fitting.train import fit_model

DAY = date(2024, 3, 31)
NAMES = tuple(CANDIDATES)


@functools.cache
def sample(per_day: int, seed: int = 0) -> Sample:
    matrices, reviews = little_matrices(per_day, seed)
    missed = reviews["label"].eq("Y4") & (np.arange(len(reviews)) % 10 == 0)
    reviews = reviews.assign(
        label=reviews["label"].where(~missed, "Y2"),
        reply=reviews["reply"].where(~missed, "adopted"),
        recovered_amount=reviews["recovered_amount"].where(~missed, 100),
        recovered_date=reviews["recovered_date"].where(~missed, pd.to_datetime(reviews["conclude_date"])),
        office=np.where(np.arange(len(reviews)) % 2, "339901", "339902"),
    )
    return assemble(labels_from_reviews(reviews, DAY), matrices)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def rows() -> Sample:
    return sample(40)


@pytest.fixture(scope="module")
def fresh() -> Sample:
    return sample(100, seed=9).with_outcome()


@functools.cache
def fitted(name: str) -> tuple[Model, dict[str, float]]:
    """A candidate fitted on `rows` and measured."""
    return CANDIDATES[name].fit(sample(40), DAY, 1)


@pytest.mark.parametrize("name", NAMES)
def test_each_finds_the_law_and_its_probabilities_hold(name: str, fresh: Sample) -> None:
    model, figures = fitted(name)
    assert figures["auc"] > 0.65
    margin = model.margin(fresh.values)
    chance = probability(margin)
    assert auc(chance, fresh.outcome) > 0.7
    assert chance.mean() == pytest.approx(fresh.outcome.mean(), abs=0.05)
    head, line = model.head("concealment")
    assert line.apply(head.base + head.contributions(fresh.values).sum(axis=1)) == pytest.approx(margin, abs=1e-9)
    assert model.amount is not None
    assert not any("已回退" in note for note in model.notes if note.startswith("隐匿"))


def test_the_order_is_learned_alike_with_any_threads() -> None:
    few = sample(16)
    one, two = (CANDIDATES["lambdarank"].fit(few, DAY, 1, threads, figures=False)[0] for threads in (1, 2))
    assert one.concealment.kind == "tree"
    assert one.files() == two.files()


@pytest.mark.parametrize("name", NAMES)
def test_each_falls_back_where_labels_are_few(name: str) -> None:
    model, _ = CANDIDATES[name].fit(sample(8), DAY, 1, figures=False)
    assert model.concealment.kind == "linear"
    assert any("回退为正则化线性模型" in note for note in model.notes)


def test_the_default_is_the_recipe_of_training_bit_for_bit(rows: Sample) -> None:
    assert fitted("two_part")[0].files() == fit_model(rows, DAY, 1)[0].files()


def test_the_glass_box_has_no_interactions() -> None:
    model, _ = fitted("glass_box")
    random = np.random.default_rng(3)
    values = pd.DataFrame(random.normal(size=(30, len(model.columns))), columns=list(model.columns))
    moved = values.assign(A00_x=random.normal(size=30))
    for frame in (values, moved):
        other = frame.assign(**{name: 0.3 for name in model.columns if name != "A00_x"})
        alone = model.concealment.margin(other)
        assert np.unique(np.round(model.concealment.margin(frame) - alone - _rest(model, values), 9)).size == 1


def _rest(model: object, values: pd.DataFrame) -> np.ndarray:
    fixed = values.assign(A00_x=0.3)
    return np.asarray(model.concealment.margin(fixed))  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["lambdarank", "monotone"])
def test_known_directions_are_held(name: str, rows: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("training.fitting.train", "training.fitting.lambdarank"):
        monkeypatch.setattr(f"{module}.fixed_directions", lambda: {"A00_x": -1})
    model, _ = CANDIDATES[name].fit(rows, DAY, 1, figures=False)
    low = rows.values.fillna(0.0)
    margins = [model.margin(low.assign(A00_x=value)) for value in np.linspace(-3, 3, 13)]
    assert all((after <= before + 1e-12).all() for before, after in pairwise(margins))


def test_grades_follow_the_outcomes(rows: Sample) -> None:
    graded = grades(rows)
    for outcome, fen, grade in zip(rows.outcome, rows.fen, graded, strict=True):
        if np.isnan(outcome):
            assert grade == (-1 if np.isnan(fen) else 1)
        else:
            assert grade == (0 if not outcome else 3 if fen > 0 else 2)
    assert set(graded) == {0, 1, 2, 3}


def test_lists_are_offices_quarters_and_never_too_long(rows: Sample) -> None:
    number = list_numbers(rows)
    frame = pd.DataFrame({"list": number, "scored": rows.scored, "office": rows.office})
    assert frame.groupby("list")[["scored", "office"]].nunique().eq(1).all(axis=None)
    assert frame["list"].nunique() == 32
    long = Sample(
        pd.DataFrame({"A00_x": np.zeros(25_000)}),
        np.zeros(25_000),
        np.zeros(25_000),
        pd.Series([DAY] * 25_000),
        pd.Series([DAY] * 25_000),
        np.arange(25_000),
    )
    assert np.bincount(list_numbers(long)).tolist() == [LONGEST_LIST, LONGEST_LIST, 25_000 - 2 * LONGEST_LIST]
    with pytest.raises(GoldenKeyError, match="应不多于 9999 行"):
        fit_rank(long.values, np.zeros(25_000, dtype=np.int64), np.zeros(25_000, dtype=np.int64), candidate_trees())


def candidate_trees() -> object:
    return CANDIDATES["lambdarank"].settings.heads.trees


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(GoldenKeyError, match=r"没有名为“best”的候选方案，可用的有 two_part"):
        find_candidate("best")
    assert isinstance(find_candidate("glass_box"), Candidate)
