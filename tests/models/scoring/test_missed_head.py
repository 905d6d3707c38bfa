"""The head of missed property: its arithmetic in the score, in the list, and what is written down of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from little_model import little_matrix, little_model, little_outcome

from features.errors import GoldenKeyError, NotFoundError
from models.ledger.records import Run, score_digest, score_rows
from models.reasons.contributions import decompose_margins
from models.scoring.calibration import Calibration
from models.scoring.model import Model, load_model
from models.scoring.trees import TreeSettings, fit_trees
from models.selection.policy import Policy, select_episodes

LINE = Calibration(0.7, -0.4, 90, 12)


@pytest.fixture(scope="module")
def model() -> Model:
    values = little_matrix()
    head = fit_trees(values, little_outcome(values, seed=5), "binary", TreeSettings(rounds=20))
    return replace(little_model(), missed=head, missed_calibration=LINE)


def test_expected_yield_counts_concealed_and_missed_property_once_each(model: Model) -> None:
    values = little_matrix()
    scores = model.score(values)
    assert model.missed is not None
    given_nobody_hides = 1 / (1 + np.exp(-(0.7 * model.missed.margin(values) - 0.4)))
    hidden = scores["probability"].to_numpy()
    missed = scores["missed"].to_numpy()
    assert missed == pytest.approx((1 - hidden) * given_nobody_hides)
    assert (hidden + missed <= 1).all()
    product = (hidden + missed) * scores["amount_fen"].to_numpy()
    assert np.abs(scores["expected_fen"].to_numpy() - product).max() <= 0.5


def test_the_probability_of_concealment_is_the_same_with_and_without_it(model: Model) -> None:
    values = little_matrix()
    without = little_model().score(values)
    assert without["missed"].isna().all()
    assert model.score(values)["probability"].equals(without["probability"])
    with pytest.raises(NotFoundError, match="没有“遗漏财产概率”部分"):
        little_model().head("missed")


def test_it_is_stored_with_its_line_and_a_model_without_it_is_stored_as_before(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = load_model(tmp_path, threads=2)
    assert again.missed_calibration == LINE
    assert again.version == model.version
    assert again.score(little_matrix()).equals(model.score(little_matrix()))
    assert b"missed" not in little_model().files()["model.json"]


def test_its_margin_is_the_sum_of_its_shares(model: Model) -> None:
    values = little_matrix()
    assert set(model.heads) == {"concealment", "missed", "amount"}
    parts = decompose_margins(model, values, "missed")
    assert parts.base + parts.shares.sum(axis=1) == pytest.approx(model.margin(values, "missed"), abs=1e-9)


def eligible(**columns: object) -> pd.DataFrame:
    plain = {"small": False, "vulnerable": False, "petitioned": False}
    frame = pd.DataFrame({"episode": ["a", "b", "c"], "probability": [0.30, 0.05, 0.01]} | columns)
    return frame.assign(amount_fen=pd.array([10_000_000] * 3, dtype="Int64"), **plain)


BY_YIELD = Policy(capacity=2, min_probability=0.02, small=0.0, vulnerable=0.0, petitioned=0.0, random=0.0)


def test_a_case_with_missed_property_may_come_before_a_likelier_concealer() -> None:
    found = select_episodes(eligible(missed=[0.02, 0.60, 0.0]), BY_YIELD, 1).rows.set_index("episode")
    assert found.loc[["b", "a"], "position"].tolist() == [1, 2]
    assert found["expected_fen"].tolist() == [6_500_000, 3_200_000, 100_000]
    assert found.loc["c", "stratum"] == ""


def test_the_floor_is_on_property_of_either_kind() -> None:
    found = select_episodes(eligible(missed=[0.0, 0.0, 0.4]), BY_YIELD, 1).rows.set_index("episode")
    assert set(found.index[found["listed"]]) == {"a", "c"}


def test_unknown_chances_change_nothing_and_impossible_ones_are_refused() -> None:
    plain = select_episodes(eligible(), BY_YIELD, 1).rows
    pd.testing.assert_frame_equal(plain, select_episodes(eligible(missed=[np.nan] * 3), BY_YIELD, 1).rows)
    with pytest.raises(GoldenKeyError, match="不在 0 至 1 之间的概率"):
        select_episodes(eligible(missed=[0.0, 1.5, 0.0]), BY_YIELD, 1)


def written(model: Model) -> list[dict[str, object]]:
    values = little_matrix(rows=6)
    scores = model.score(values).assign(case_no="案", office="339901", percentile=0.5, level="中", coverage="A")
    run = Run("R1", model.as_of, 1, model.version, "c", "f" * 64, model.columns)
    return score_rows(run, scores, values, decompose_margins(model, values).shares)


def test_a_score_written_down_is_covered_by_its_digest_and_older_ones_stay_sound(model: Model) -> None:
    row = written(model)[0]
    assert 0 < float(str(row["missed"])) < 1
    assert score_digest(row | {"missed": 0.5}) != row["row_sha256"]
    older = written(little_model())[0]
    assert older["missed"] is None
    assert score_digest(older) == older["row_sha256"]
