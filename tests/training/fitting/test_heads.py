"""The heads around the concealment head: missed property, amounts by what foretells them, folds fitted once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from made_up import little_matrices

from evaluation.metrics.probability import auc
from models.scoring.calibration import probability
from training.data import splits
from training.data.labels import labels_from_reviews
from training.data.sample import Sample, assemble
from training.fitting import heads
from training.fitting.heads import HeadSettings
from training.fitting.train import FEW_LABELS, fit_model

DAY = date(2024, 3, 31)


def sample(per_day: int, missed: bool, seed: int = 0) -> Sample:
    """The invented law, and where asked for: of those who hide nothing the ones with V01 over 1 had property missed."""
    matrices, reviews = little_matrices(per_day, seed)
    if missed:
        high = pd.concat([matrices[day].model_values["V01_x"].fillna(0) > 1 for day in matrices], ignore_index=True)
        reviews["label"] = np.where((reviews["label"] == "Y4") & high, "Y2", reviews["label"])
    return assemble(labels_from_reviews(reviews, DAY), matrices)


def test_conclusions_of_missed_property_make_a_head_that_finds_it() -> None:
    rows = sample(40, missed=True)
    model, _ = fit_model(rows, DAY, 1, figures=False)
    assert model.heads == ("concealment", "missed", "amount")
    assert model.counts["missed"]["positives"] == int(np.nansum(rows.missed))
    fresh = sample(40, missed=True, seed=9).with_missed()
    assert auc(probability(model.margin(fresh.values, "missed")), fresh.outcome) > 0.9


def test_too_few_of_them_make_none_and_it_is_said() -> None:
    model, _ = fit_model(sample(20, missed=False), DAY, 1, figures=False)
    assert model.missed is None
    assert any("遗漏财产（Y2）的结论只有 0 条" in note for note in model.notes)
    scores = model.score(sample(20, missed=False).values)
    product = scores["probability"] * scores["amount_fen"]
    assert (scores["expected_fen"] - product).abs().max() <= 0.5


def test_measuring_or_not_gives_the_same_heads() -> None:
    rows = sample(20, missed=True)
    fitted, figures = fit_model(rows, DAY, 1)
    silent, none = fit_model(rows, DAY, 1, figures=False)
    assert figures
    assert not none
    assert [fitted.head(name) for name in fitted.heads] == [silent.head(name) for name in silent.heads]


def test_margins_known_from_choosing_the_number_of_trees_are_those_of_heads_fitted_anew() -> None:
    rows = sample(60, missed=False).with_outcome()
    pairs = splits.folds(rows.scored, rows.concluded, rows.group)
    labelled = heads.LabelledRows(rows.values, rows.outcome, group=rows.group)
    fitted = heads.concealment_head(labelled, pairs, FEW_LABELS)
    assert fitted.ahead
    kept = heads.out_of_time_margins(labelled, pairs, fitted, FEW_LABELS)
    anew = heads.out_of_time_margins(labelled, pairs, replace(fitted, ahead={}), FEW_LABELS)
    for one, two in zip(kept, anew, strict=True):
        assert np.array_equal(one, two)


def test_the_fallback_line_keeps_known_directions() -> None:
    rows = sample(8, missed=False).with_outcome()
    pairs = splits.folds(rows.scored, rows.concluded, rows.group)
    held = dict.fromkeys(map(str, rows.values.columns), -1)
    fitted = heads.concealment_head(heads.LabelledRows(rows.values, rows.outcome, held), pairs, FEW_LABELS)
    assert fitted.head.kind == "linear"
    assert max(fitted.head.weight) <= 0


@pytest.mark.parametrize(("spread", "kind"), [(1.5, "tree"), (0.0, "linear")])
def test_many_amounts_are_told_by_trees_only_where_those_foretell_them(spread: float, kind: str) -> None:
    random = np.random.default_rng(3)
    values = pd.DataFrame(random.normal(size=(900, 6)), columns=[f"A0{n}_x" for n in range(6)])
    claim = np.exp(13 + 1.2 * values["A00_x"] + spread * (values["A01_x"] > 0) * np.sign(values["A02_x"]))
    fen = np.rint(claim * random.lognormal(0, 0.8, 900)).to_numpy()
    pairs = [(np.arange(300 * n), np.arange(300 * n, 300 * n + 300)) for n in (1, 2)]
    settings = HeadSettings(few_amounts=300)
    fitted = heads.amount_head(values, fen, settings, plain=("A00_x",), folds=pairs)
    assert fitted.head.kind == kind
    assert ("故只看标的" in fitted.note) == (kind == "linear")
