"""What audits of explanations share: contributions per clue, the reasons named first, and a clue's evidence removed.

Evidence of a clue is removed by setting its columns to what they would be without rows: 0 where the sources reach,
NaN stays (docs/domain.md section 8.5: the deletion test).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.clues.catalogue import CLUES
from models.reasons.contributions import Decomposition, contributions_by_clue, decompose_margins
from models.reasons.sentences import ReasonSettings
from models.scoring.head import Array
from models.scoring.model import Model

CONTEXT_CLUES: frozenset[str] = frozenset(name for name, clue in CLUES.items() if clue.kind == "context")
"""Clues that say what a case is, not what was seen in it; they are named after the others."""

DEFAULT_SETTINGS = ReasonSettings()
"""How reasons are chosen unless something else is asked."""


def columns_by_clue(model: Model) -> dict[str, list[str]]:
    """Columns of every clue of a model, in the order they stand in the matrix."""
    found: dict[str, list[str]] = {}
    for name in model.columns:
        found.setdefault(model.clue_of.get(name, name), []).append(name)
    return found


def clue_contributions(model: Model, values: pd.DataFrame, slope: float | None = None) -> pd.DataFrame:
    """Contributions per clue to the log-odds, one row per row of `values`; another model's `slope` may be put in."""
    parts = decompose_margins(model, values)
    if slope is not None:
        raw = slope * model.concealment.contributions(values)
        parts = Decomposition(parts.head, parts.base, parts.margin, raw, parts.error)
    return contributions_by_clue(model, parts, values.index)


def has_evidence(values: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Rows in which a clue has something to remove."""
    return np.asarray(((values[columns] != 0) & values[columns].notna()).any(axis=1))


def without_evidence(values: pd.DataFrame, columns: Sequence[str], above: bool = False) -> pd.DataFrame:
    """The matrix without the rows of these columns; with `above` only what lies above 0 is taken."""
    part = values[columns]
    return values.assign(**part.mask(part > 0 if above else part.notna(), 0.0))


def top_reasons(parts: pd.DataFrame, top: int, floor: float, context: Collection[str]) -> npt.NDArray[np.bool_]:
    """Which clues of each row are named: the largest from the floor on, context after the others, ties by place."""
    rank = np.argsort(np.argsort(-_ranking_key(parts, floor, context), axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray((rank < top) & (parts.to_numpy() >= floor))


def first_reason(parts: pd.DataFrame, floor: float, context: Collection[str]) -> npt.NDArray[np.int64]:
    """Place of each row's first reason, -1 where it has none."""
    standing = _ranking_key(parts, floor, context)
    return np.where(np.isneginf(standing.max(axis=1)), -1, standing.argmax(axis=1))


def _ranking_key(parts: pd.DataFrame, floor: float, context: Collection[str]) -> Array:
    size = parts.to_numpy()
    behind = np.array([clue in context for clue in parts.columns])
    # Any contribution of context stands behind any other: the squashed size lies below 0.
    moved = np.where(behind, size / (1 + np.abs(size)) - 1, size)
    return np.where(size >= floor, moved, -np.inf)
