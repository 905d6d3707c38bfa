"""The audit of explanations: a model whose reasons are known passes it, and one that lies about itself is caught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_model import little_matrix, little_model, little_outcome
from scipy.stats import kendalltau, spearmanr
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.inspection import permutation_importance

from evaluation.explanations.attribution import clue_contributions
from evaluation.explanations.audit import audit_explanations
from evaluation.explanations.fidelity import fidelity, margin_changes, monotone_directions
from evaluation.explanations.importance import compare_importance
from evaluation.explanations.stability import noise_floor, reason_stability
from features.errors import NotEnoughDataError
from models.reasons.sentences import ReasonSettings
from models.registry import reports
from models.scoring.calibration import Calibration
from models.scoring.head import Head
from models.scoring.linear import LinearHead
from models.scoring.model import Model
from models.scoring.trees import TreeSettings, fit_trees

VALUES = little_matrix(200)
COLUMNS = tuple(VALUES.columns)
WEIGHTS = (0.4, 0.3, -0.3, 0.2, 0.2, 0.1, -0.2, -0.1, 0.1, 0.05, 0.0, 0.0)


def known_model(weights: Sequence[float] = WEIGHTS, slope: float = 2.0) -> Model:
    """Share of a column = slope · weight · ln(1 + x), 0 where it is missing: what is said is what is so."""
    zero, one = (0.0,) * len(COLUMNS), (1.0,) * len(COLUMNS)
    head = LinearHead(COLUMNS, -1.0, tuple(weights), zero, zero, one, zero)
    return replace(little_model("linear"), concealment=head, amount=None, calibration=Calibration(slope, 0.1, 100, 20))


@dataclass(frozen=True)
class LyingHead:
    """A head that scores like another and names its columns in reverse; base + Σ shares is still its margin."""

    true: Head
    kind: str = "linear"

    @property
    def columns(self) -> tuple[str, ...]:
        return self.true.columns

    @property
    def base(self) -> float:
        return self.true.base

    def margin(self, values: pd.DataFrame) -> np.ndarray:
        return self.true.margin(values)

    def contributions(self, values: pd.DataFrame) -> np.ndarray:
        return np.ascontiguousarray(self.true.contributions(values)[:, ::-1])

    def dump(self) -> dict[str, Any]:
        return self.true.dump()


def test_reasons_that_are_so_move_the_score_by_what_they_say() -> None:
    model = known_model()
    report, moved = clue_contributions(model, VALUES), margin_changes(model, VALUES)
    there = moved.notna().to_numpy()
    assert there.mean() > 0.7
    np.testing.assert_allclose(moved.to_numpy()[there], report.to_numpy()[there], atol=1e-9)
    found = fidelity(model, VALUES)
    assert (found.share, found.worst) == (1.0, ())
    assert found.named == found.right > 300
    named, there, right = np.array([part[2:] for part in found.parts if part[1] == "raising"]).sum(axis=0)
    assert (named, there, right) == (found.named + found.unsupported, found.named, found.right)
    assert all(part[2] == part[3] == part[4] for part in found.parts if part[1] == "lowering")
    assert found.spearman == pytest.approx(1.0, abs=0.001)
    assert found.kendall == pytest.approx(1.0, abs=0.001)


def test_a_model_that_names_other_columns_than_it_uses_is_caught() -> None:
    model = known_model()
    lying = replace(model, concealment=LyingHead(model.concealment))
    found = fidelity(lying, VALUES)
    assert found.share is not None
    assert found.high < 0.8
    assert found.spearman is not None
    assert found.spearman < 0.5
    assert found.worst


def test_the_order_of_moves_is_that_of_spearman_and_kendall_within_each_case() -> None:
    model = little_model()
    values = little_matrix().iloc[:40]
    report, moved = clue_contributions(model, values), margin_changes(model, values)
    each = []
    for episode in values.index:
        there = moved.loc[episode].notna()
        if there.sum() >= 3 and moved.loc[episode, there].nunique() > 1:
            pair = (report.loc[episode, there], moved.loc[episode, there])
            each.append((spearmanr(*pair).statistic, kendalltau(*pair).statistic))
    found = fidelity(model, values)
    assert (found.spearman, found.kendall) == pytest.approx(tuple(np.mean(each, axis=0)))
    assert found.cases == len(each)
    assert found.spearman_all == found.spearman


def test_held_directions_are_read_from_the_trees_and_never_broken() -> None:
    values = little_matrix()
    outcome = little_outcome(values)
    signs = {"C00_a": 1, "C00_b": -1, "C02_a": 1}
    trees = fit_trees(values, outcome, "binary", TreeSettings(rounds=40), monotone=signs)
    model = replace(little_model(), concealment=trees)
    assert monotone_directions(model) == signs
    assert monotone_directions(known_model()) == {}
    found = fidelity(model, values)
    assert (found.constrained, found.violations) == (3, 0)
    assert found.constrained_pairs > 500
    assert fidelity(model, values, directions={"C00_a": -1}).violations > 50, "a direction claimed and not held is seen"


@given(st.lists(st.floats(-1, 1), min_size=12, max_size=12))
@settings(max_examples=8)
def test_a_line_keeps_the_directions_its_weights_keep(weights: list[float]) -> None:
    kept = fidelity(known_model(np.abs(weights)), VALUES, directions=dict.fromkeys(COLUMNS, 1))
    assert kept.violations == 0
    turned = fidelity(known_model(-np.abs(weights) - 0.01), VALUES, directions=dict.fromkeys(COLUMNS, 1))
    assert turned.violations == turned.constrained_pairs == kept.constrained_pairs


def top(model: Model, values: pd.DataFrame, count: int = 3, floor: float = 0.02) -> list[set[str]]:
    """First reasons per row, by plain sorting."""
    return [
        {clue for clue, size in sorted(row.items(), key=lambda item: -item[1])[:count] if size >= floor}
        for row in clue_contributions(model, values).to_dict("records")
    ]


def test_stability_counts_what_is_kept_as_a_plain_loop_does() -> None:
    random = np.random.default_rng(3)
    model = known_model()
    others = [known_model(np.array(WEIGHTS) + random.normal(0, 0.2, 12)) for _ in range(3)]
    found = reason_stability(model, VALUES, others)
    mine = top(model, VALUES)
    pairs = [(one, other) for refit in others for one, other in zip(mine, top(refit, VALUES), strict=True) if one]
    assert found.kept == pytest.approx(np.mean([len(one & other) / len(one) for one, other in pairs]))
    assert found.overlap == pytest.approx(np.mean([len(one & other) / len(one | other) for one, other in pairs]))
    assert found.all_kept == pytest.approx(np.mean([one <= other for one, other in pairs]))
    assert found.kept is not None
    assert 0.3 < found.kept < 1.0


def test_the_same_model_keeps_every_reason_and_its_reverse_hardly_any() -> None:
    model = known_model()
    same = reason_stability(model, VALUES, [known_model()])
    assert (same.kept, same.overlap, same.all_kept, same.same_first) == (1.0, 1.0, 1.0, 1.0)
    turned = reason_stability(model, VALUES, [known_model([-weight for weight in WEIGHTS])])
    assert turned.kept == 0.0
    assert reason_stability(model, VALUES, []).kept is None


def test_context_is_named_after_everything_else() -> None:
    model = known_model([1.0, 0.0, 0.01, 0.0, *[0.0] * 8])
    some = VALUES.fillna(1.0).clip(lower=1.0)
    assert reason_stability(model, some, [known_model([0.0, 0.0, 0.01, *[0.0] * 9])], top=1).kept == 0.0
    beside = reason_stability(
        model, some, [known_model([0.0, 0.0, 0.01, *[0.0] * 9])], top=1, floor=0.001, context=frozenset({"C00"})
    )
    assert beside.kept == 1.0


def test_the_floor_is_the_quantile_of_what_shuffled_outcomes_teach() -> None:
    values = little_matrix()
    outcome = little_outcome(values)
    model = little_model()
    random = np.random.default_rng(0)
    nulls = [
        replace(
            model,
            concealment=fit_trees(values, random.permutation(outcome), "binary", TreeSettings(rounds=40)),
            calibration=Calibration(0.01, 0.0, 100, 20),
        )
        for _ in range(3)
    ]
    found = noise_floor(model, values, nulls)
    size = np.concatenate(
        [
            0.8 * np.abs(null.concealment.contributions(values).reshape(len(values), -1, 2).sum(axis=2)).ravel()
            for null in nulls
        ]
    )
    assert found.floor == pytest.approx(np.quantile(size[size > 0], 0.95))
    assert found.method == "permuted"
    strong = clue_contributions(model, values)["C00"].abs().mean()
    assert found.floor is not None
    assert strong > found.floor, "the clue behind the outcome stands out from noise"
    assert found.hidden is not None
    assert 0 < found.hidden < 1


def test_without_shuffled_models_the_floor_is_how_far_refits_wander() -> None:
    model = known_model()
    assert noise_floor(model, VALUES).floor is None
    assert noise_floor(model, VALUES, refits=[known_model()]).floor is None
    moved = noise_floor(model, VALUES, refits=[known_model(np.array(WEIGHTS) + 0.1)])
    size = 2.0 * 0.1 * np.log1p(VALUES.fillna(0)).to_numpy().clip(max=6).reshape(200, 6, 2).sum(axis=2).ravel()
    assert moved.floor == pytest.approx(np.quantile(size[size > 0], 0.95), rel=1e-6)


class Scorer(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A model as scikit-learn sees one."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.classes_ = np.array([0, 1])

    def fit(self, values: pd.DataFrame, outcome: np.ndarray) -> Scorer:
        return self

    def decision_function(self, values: pd.DataFrame) -> np.ndarray:
        return self.model.margin(values)


def test_permutation_importance_is_scikit_learns() -> None:
    values = little_matrix(400)
    outcome = little_outcome(values)
    model = replace(little_model(), clue_of={name: name for name in COLUMNS})
    found = compare_importance(model, values, outcome, repeats=25)
    known = permutation_importance(Scorer(model), values, outcome, scoring="roc_auc", n_repeats=25, random_state=1)
    report = {clue: harm for clue, _, harm in found.clues}
    assert found.by == "auc"
    for name, drop, spread in zip(COLUMNS, known.importances_mean, known.importances_std, strict=True):
        assert report[name] == pytest.approx(drop, abs=max(0.002, 5 * spread * (2 / 25) ** 0.5))
    mean = clue_contributions(model, values).abs().mean()
    assert {clue: size for clue, size, _ in found.clues} == pytest.approx(mean.to_dict())


def test_importance_without_outcomes_is_measured_on_the_score() -> None:
    found = compare_importance(known_model(), VALUES)
    assert found.by == "margin"
    assert found.spearman is not None
    assert found.spearman > 0.9
    assert compare_importance(known_model(), VALUES, np.full(len(VALUES), np.nan)).by == "margin"


@dataclass(frozen=True)
class Made:
    """What the audit reads of a matrix."""

    keys: pd.DataFrame
    model_values: pd.DataFrame


def test_the_whole_audit_is_a_paper(tmp_path: Path) -> None:
    values = VALUES.reset_index(drop=True)
    matrix = Made(pd.DataFrame({"episode": [f"e{n}" for n in range(len(values))]}), values)

    def refit(seed: int) -> Model:
        if seed == 2:
            raise NotEnoughDataError("太少。")
        return known_model(np.array(WEIGHTS) + np.random.default_rng(seed).normal(0, 0.05, 12))

    model = known_model()
    report = audit_explanations(
        model, matrix, refit, null_refit=refit, later=refit(9), later_matrix=matrix, rounds=3, rows=120
    )
    reports.write_report(tmp_path, model.version, "explanations", report)
    assert reports.read_report(tmp_path, model.version, "explanations") == report
    assert (report["rows"], report["refits_failed"]) == (120, 2)
    assert report["stability"]["models"] == 2
    assert report["one_more_month"]["models"] == 1
    assert report["fidelity"]["share"] == 1.0
    bare = audit_explanations(model, matrix)
    assert (bare["stability"], bare["noise"], bare["one_more_month"]) == (None, None, None)


def test_a_higher_floor_names_fewer() -> None:
    few = fidelity(known_model(), VALUES, settings=ReasonSettings(floor=1.0))
    assert 0 < few.named < fidelity(known_model(), VALUES).named
