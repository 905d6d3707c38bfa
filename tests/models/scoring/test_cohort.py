"""Scores of a cohort: the model's own, ranked among all, in the order of the matrix."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from little_model import little_model
from scipy.stats import percentileofscore

from features.clues import catalogue
from features.matrix import Matrix
from models.scoring.cohort import optional_float, optional_int, score_cohort
from models.scoring.linear import LinearHead
from models.scoring.model import Model


@pytest.fixture(scope="module")
def model() -> Model:
    """A line with an equal weight on every column."""
    columns = catalogue.MODEL_FEATURES
    one, zero = (1.0,) * len(columns), (0.0,) * len(columns)
    return little_model("linear", concealment=LinearHead(columns, -1.0, one, zero, zero, one, zero), amount=None)


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    random = np.random.default_rng(0)
    names = list(catalogue.MODEL_FEATURES)
    values = pd.DataFrame(random.normal(size=(40, len(names))), columns=names)
    keys = pd.DataFrame(
        {
            "episode": [f"e{number}@2023-06-01" for number in range(40)],
            "case_no": [f"c{number}" for number in range(40)],
            "office": ["339901", None] * 20,
            "coverage": ["A", "D", None, "B"] * 10,
        }
    )
    return Matrix(date(2024, 3, 31), 1, keys, values, "f" * 64)


def test_scores_are_the_models_and_percentiles_those_of_scipy(model: Model, matrix: Matrix) -> None:
    scores = score_cohort(model, matrix)
    expected = model.score(matrix.model_values)
    assert scores.index.tolist() == matrix.keys["episode"].tolist()
    assert scores["probability"].tolist() == expected["probability"].tolist()
    chance = expected["probability"]
    ranks = [percentileofscore(chance, one, kind="mean") / 100 for one in chance]
    assert scores["percentile"].to_numpy() == pytest.approx(ranks)


def test_a_case_of_unknown_coverage_counts_as_the_poorest_and_is_never_low(model: Model, matrix: Matrix) -> None:
    scores = score_cohort(model, matrix)
    unknown = matrix.keys["coverage"].isna().to_numpy()
    assert set(scores["coverage"][unknown]) == {"D"}
    assert "低" not in set(scores["level"][scores["coverage"] == "D"])
    assert set(scores["office"]) == {"339901", ""}


@pytest.mark.parametrize("missing", [None, pd.NA, float("nan"), np.nan])
def test_missing_numbers_of_a_frame_are_none(missing: object) -> None:
    assert optional_int(missing) is None and optional_float(missing) is None
    assert (optional_int(np.int64(3)), optional_float(np.float64(0.5))) == (3, 0.5)
