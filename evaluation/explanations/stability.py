"""Stability of explanations: agreement of top reasons between refitted models, and the noise floor of contributions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluation.explanations.attribution import (
    CONTEXT_CLUES,
    DEFAULT_SETTINGS,
    clue_contributions,
    first_reason,
    top_reasons,
)
from models.reasons.sentences import ReasonSettings
from models.scoring.model import Model


@dataclass(frozen=True, slots=True)
class ReasonStability:
    """How far the top reasons of a case agree with those of other models of the same recipe.

    Attributes:
        models: number of other models. cases: cases with a reason. top: reasons compared per case.
        kept: mean share of a case's top reasons that are also top reasons of another model. overlap: mean Jaccard.
        all_kept: share of (case, model) pairs where all are. same_first: share where the first reason is the same.
        spread: lowest and highest `kept` of a single model.
    """

    models: int
    cases: int
    top: int
    kept: float | None
    overlap: float | None
    all_kept: float | None
    same_first: float | None
    spread: tuple[float, float] | None

    def as_payload(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self) | {"spread": list(self.spread) if self.spread else None}


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """The contribution (log-odds) below which a reason cannot be distinguished from noise.

    Attributes:
        floor: the `level` quantile of |contribution| (not counting zeros), None where nothing could be refitted.
        method: `permuted` (models fitted on shuffled outcomes) or `refits` (distance of refits from the model).
        models: number of models. pairs: number of contributions behind the quantile.
        hidden: share of the reasons shown today that fall below it.
    """

    floor: float | None
    level: float
    method: str
    models: int
    pairs: int
    hidden: float | None

    def as_payload(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def reason_stability(
    model: Model,
    values: pd.DataFrame,
    others: Sequence[Model],
    top: int = 3,
    floor: float = DEFAULT_SETTINGS.floor,
    context: Collection[str] = CONTEXT_CLUES,
    other_values: pd.DataFrame | None = None,
) -> ReasonStability:
    """Compare the top reasons of every case under a model and under others.

    Args:
        model, values: the model and its matrix.
        others: refits on resampled groups, or models fitted a month later.
        top, floor, context: how reasons are selected, see `top_reasons`.
        other_values: the matrix the others are applied to, same index (a month later), by default `values`.
    """
    mine = clue_contributions(model, values)
    first = top_reasons(mine, top, floor, context)
    some = first.any(axis=1)
    if not others or not some.any():
        return ReasonStability(len(others), int(some.sum()), top, None, None, None, None, None)
    kept_shares, overlap, same = [], [], []
    others_values = values if other_values is None else other_values.loc[values.index]
    for other in others:
        theirs = clue_contributions(other, others_values).reindex(columns=mine.columns, fill_value=0.0)
        second = top_reasons(theirs, top, floor, context)
        both = (first & second)[some].sum(axis=1)
        kept_shares.append(both / first[some].sum(axis=1))
        overlap.append(both / (first | second)[some].sum(axis=1))
        same.append((first_reason(mine, floor, context) == first_reason(theirs, floor, context))[some])
    share = np.array(kept_shares)
    by_model = share.mean(axis=1)
    return ReasonStability(
        models=len(others),
        cases=int(some.sum()),
        top=top,
        kept=float(share.mean()),
        overlap=float(np.mean(overlap)),
        all_kept=float((share >= 1).mean()),
        same_first=float(np.mean(same)),
        spread=(float(by_model.min()), float(by_model.max())),
    )


def noise_floor(
    model: Model,
    values: pd.DataFrame,
    nulls: Sequence[Model] = (),
    refits: Sequence[Model] = (),
    level: float = 0.95,
    settings: ReasonSettings = DEFAULT_SETTINGS,
) -> NoiseFloor:
    """The `level` quantile of |contribution| where outcomes carry no information.

    Args:
        model, values: the model and its matrix.
        nulls: models of the same recipe on shuffled outcomes, used if there are any. Their contributions are scaled by
            the calibration slope of `model`: a slope fitted on shuffled outcomes is near 0 and would hide the noise.
        refits: otherwise, models on resampled groups: the floor is how far contributions differ from the model's.
        level: quantile.
        settings: how reasons are selected today.
    """
    mine = clue_contributions(model, values)
    slope = model.calibration.slope
    if nulls:
        size = np.concatenate([np.abs(clue_contributions(null, values, slope).to_numpy()).ravel() for null in nulls])
    else:
        pairs = [
            clue_contributions(other, values, slope).reindex(columns=mine.columns, fill_value=0.0) for other in refits
        ]
        size = np.concatenate([np.abs((other - mine).to_numpy()).ravel() for other in pairs]) if pairs else np.zeros(0)
    size = size[size > 0]
    method = "permuted" if nulls else "refits"
    if not len(size):
        return NoiseFloor(None, level, method, len(nulls or refits), 0, None)
    floor = float(np.quantile(size, level))
    named = mine.to_numpy()[top_reasons(mine, settings.top, settings.floor, CONTEXT_CLUES)]
    hidden = float((named < floor).mean()) if len(named) else None
    return NoiseFloor(floor, level, method, len(nulls or refits), len(size), hidden)
