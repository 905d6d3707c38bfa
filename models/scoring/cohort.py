"""Scores of a whole cohort by episode: what the model says of each case and where the case stands among all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from features.matrix import Matrix
from models.scoring.levels import assign_levels, percentiles
from models.scoring.model import Model


def score_cohort(model: Model, matrix: Matrix) -> pd.DataFrame:
    """Score every episode of a matrix; percentiles and levels are among the whole matrix.

    Returns:
        Index episode; the columns of `Model.score` (amounts in 分), case_no, office, percentile, level and coverage.

    Raises:
        ColumnMismatchError: the model was trained on other columns.
    """
    keys = matrix.keys
    scores = model.score(matrix.model_values)
    chance = scores["probability"].to_numpy(dtype=np.float64)
    ranks = percentiles(chance)
    coverage = keys["coverage"].fillna("D").astype(str).tolist()
    labels = {"case_no": keys["case_no"], "office": keys["office"].fillna("").astype(str)}
    ranked = scores.assign(**labels, percentile=ranks, coverage=coverage, level=assign_levels(chance, ranks, coverage))
    return ranked.set_index(pd.Index(keys["episode"].astype(str), name="episode"))


def optional_int(value: Any) -> int | None:
    """A nullable integer of a frame as a Python integer."""
    return None if pd.isna(value) else int(value)


def optional_float(value: Any) -> float | None:
    """A nullable float of a frame as a Python float, None for NaN."""
    return None if pd.isna(value) else float(value)
