"""Audit of a model's explanations: are they faithful, stable, told from noise, and at one with what the model uses?

The measures stand in `fidelity`, `stability` and `importance`; this file puts them together as one paper.
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
"""A model of the same recipe, refitted with a seed."""


class HasMatrix(Protocol):
    """What is read of a matrix."""

    @property
    def keys(self) -> pd.DataFrame:
        """One row per episode; `episode` is its id."""

    @property
    def model_values(self) -> pd.DataFrame:
        """The columns a model may see, rows as in `keys`."""


def audit_explanations(
    model: Model,
    matrix: HasMatrix,
    refit: Refit | None = None,
    *,
    null_refit: Refit | None = None,
    later: Model | None = None,
    later_matrix: HasMatrix | None = None,
    outcome: Array | None = None,
    held: Mapping[str, int] | None = None,
    rounds: int = 5,
    rows: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """The whole audit as the paper "explanations".

    Args:
        model: the model. matrix: of the day it is audited on.
        refit: the same recipe on resampled groups. null_refit: the same on shuffled outcomes.
        later: the same recipe with one more month of data; later_matrix: what is then known of the cases.
        outcome: 0, 1 or NaN per row of the matrix. held: columns held to a direction; by default as the trees say.
        rounds: refits of either kind. rows: most rows audited, drawn with `seed`.
    """
    values = _model_columns(model, matrix)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(values))[:rows])
    values = values.iloc[chosen]
    known = None if outcome is None else outcome[chosen]
    named = DEFAULT_SETTINGS.over_noise(model.settings)
    refits, failed = _run_refits(refit, rounds, seed)
    nulls, lost = _run_refits(null_refit, rounds, seed)
    month = None
    if later is not None or later_matrix is not None:
        after = None if later_matrix is None else _model_columns(model, later_matrix)
        both = values if after is None else values[values.index.isin(after.index)]
        month = reason_stability(model, both, [later or model], floor=named.floor, other_values=after).as_payload()
    return {
        "version": model.version,
        "rows": len(values),
        "fidelity": fidelity(model, values, held, settings=named).as_payload(),
        "stability": reason_stability(model, values, refits, floor=named.floor).as_payload() if refits else None,
        "one_more_month": month,
        "noise": noise_floor(model, values, nulls, refits, settings=named).as_payload() if nulls or refits else None,
        "importance": compare_importance(model, values, known, seed=seed).as_payload(),
        "importance_on_score": compare_importance(model, values, seed=seed).as_payload(),
        "refits_failed": failed + lost,
    }


def _model_columns(model: Model, matrix: HasMatrix) -> pd.DataFrame:
    return matrix.model_values[list(model.columns)].set_axis(matrix.keys["episode"].astype(str).to_numpy())


def _run_refits(refit: Refit | None, rounds: int, seed: int) -> tuple[list[Model], int]:
    """Refits with the seeds after `seed`; a resample with too few labels is counted, not hidden."""
    found: list[Model] = []
    failed = 0
    if refit is None:
        return found, failed
    for number in range(1, rounds + 1):
        try:
            found.append(refit(seed + number))
        except NotEnoughDataError:
            failed += 1
    return found, failed
