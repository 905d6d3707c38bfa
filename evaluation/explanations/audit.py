"""Audit of a model's explanations: fidelity, stability, noise floor and agreement with permutation importance.

The measures are in `fidelity`, `stability` and `importance`; this module runs them and assembles one report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd

from evaluation.explanations.attribution import DEFAULT_SETTINGS
from evaluation.explanations.fidelity import fidelity
from evaluation.explanations.importance import compare_importance
from evaluation.explanations.stability import noise_floor, reason_stability
from features.errors import NotEnoughDataError
from models.scoring.head import Array
from models.scoring.model import Model

Refit = Callable[[int], Model]
"""Fits a model of the same recipe with a given seed."""


class HasMatrix(Protocol):
    """The part of `features.matrix.Matrix` that the audit reads."""

    @property
    def keys(self) -> pd.DataFrame:
        """One row per episode; `episode` is its id."""

    @property
    def model_values(self) -> pd.DataFrame:
        """The columns a model may use, rows as in `keys`."""


def audit_explanations(
    model: Model,
    matrix: HasMatrix,
    refit: Refit | None = None,
    *,
    null_refit: Refit | None = None,
    later: Model | None = None,
    later_matrix: HasMatrix | None = None,
    outcome: Array | None = None,
    directions: Mapping[str, int] | None = None,
    rounds: int = 5,
    rows: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Run all audits and return the body of the report "explanations".

    Args:
        model: the model audited. matrix: the matrix of the audit's day.
        refit: fits the same recipe on resampled groups. null_refit: the same on shuffled outcomes.
        later: the same recipe fitted with one more month of data; later_matrix: the matrix a month later.
        outcome: 0, 1 or NaN per row of the matrix.
        directions: sign of the monotone constraint by column; by default read from the model's trees.
        rounds: number of refits of either kind. rows: most rows audited, sampled with `seed`.
    """
    values = _model_columns(model, matrix)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(values))[:rows])
    values = values.iloc[chosen]
    known = None if outcome is None else outcome[chosen]
    selection = DEFAULT_SETTINGS.over_noise(model.settings)
    refits, failed = _run_refits(refit, rounds, seed)
    nulls, lost = _run_refits(null_refit, rounds, seed)
    month = None
    if later is not None or later_matrix is not None:
        after = None if later_matrix is None else _model_columns(model, later_matrix)
        both = values if after is None else values[values.index.isin(after.index)]
        month = reason_stability(model, both, [later or model], floor=selection.floor, other_values=after).as_payload()
    return {
        "version": model.version,
        "rows": len(values),
        "fidelity": fidelity(model, values, directions, settings=selection).as_payload(),
        "stability": reason_stability(model, values, refits, floor=selection.floor).as_payload() if refits else None,
        "one_more_month": month,
        "noise": noise_floor(model, values, nulls, refits, settings=selection).as_payload()
        if nulls or refits
        else None,
        "importance": compare_importance(model, values, known, seed=seed).as_payload(),
        "importance_on_score": compare_importance(model, values, seed=seed).as_payload(),
        "refits_failed": failed + lost,
    }


def _model_columns(model: Model, matrix: HasMatrix) -> pd.DataFrame:
    return matrix.model_values[list(model.columns)].set_axis(matrix.keys["episode"].astype(str).to_numpy())


def _run_refits(refit: Refit | None, rounds: int, seed: int) -> tuple[list[Model], int]:
    """Models refitted with the seeds after `seed`, and how many resamples had too few labels to fit."""
    models: list[Model] = []
    failed = 0
    if refit is None:
        return models, failed
    for number in range(1, rounds + 1):
        try:
            models.append(refit(seed + number))
        except NotEnoughDataError:
            failed += 1
    return models, failed
