"""Helpers shared by the audits of explanations: contributions per clue, top reasons, removal of a clue's evidence.

A clue's evidence is removed by setting its columns to their value without any rows: 0 where its sources are covered;
NaN (not covered) stays (docs/domain.md section 8.5: the deletion test).
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
"""Clues that describe the case and not an observation in it; as reasons they rank behind all others."""

DEFAULT_SETTINGS = ReasonSettings()
"""How reasons are selected by default."""


def columns_by_clue(model: Model) -> dict[str, list[str]]:
    """Columns of every clue of a model, in the order of the matrix; a column without a clue is its own."""
    columns: dict[str, list[str]] = {}
    for name in model.columns:
        columns.setdefault(model.clue_of.get(name, name), []).append(name)
    return columns


def clue_contributions(model: Model, values: pd.DataFrame, slope: float | None = None) -> pd.DataFrame:
    """Contributions per clue to the log-odds, one row per row of `values`.

    With `slope` the head's contributions are scaled by that calibration slope instead of the model's own.
    """
    parts = decompose_margins(model, values)
    if slope is not None:
        raw = slope * model.concealment.contributions(values)
        parts = Decomposition(parts.head, parts.base, parts.margin, raw, parts.error)
    return contributions_by_clue(model, parts, values.index)


def has_evidence(values: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Rows in which any of a clue's columns is known and not 0, shape (n,)."""
    return np.asarray(((values[columns] != 0) & values[columns].notna()).any(axis=1))


def without_evidence(values: pd.DataFrame, columns: Sequence[str], above: bool = False) -> pd.DataFrame:
    """The matrix with known values of `columns` set to 0; with `above` only those above 0."""
    part = values[columns]
    return values.assign(**part.mask(part > 0 if above else part.notna(), 0.0))


def top_reasons(parts: pd.DataFrame, top: int, floor: float, context: Collection[str]) -> npt.NDArray[np.bool_]:
    """Which clues are the reasons of each row, shape (n, clues).

    The `top` largest contributions of at least `floor`; context clues rank last, ties by column position.
    """
    rank = np.argsort(np.argsort(-_ranking_key(parts, floor, context), axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray((rank < top) & (parts.to_numpy() >= floor))


def first_reason(parts: pd.DataFrame, floor: float, context: Collection[str]) -> npt.NDArray[np.int64]:
    """Column position of each row's first reason, -1 where it has none, shape (n,)."""
    key = _ranking_key(parts, floor, context)
    return np.where(np.isneginf(key.max(axis=1)), -1, key.argmax(axis=1))


def _ranking_key(parts: pd.DataFrame, floor: float, context: Collection[str]) -> Array:
    size = parts.to_numpy()
    is_context = np.array([clue in context for clue in parts.columns])
    # Context contributions are mapped into (-2, 0), below every other contribution that reaches the floor.
    key = np.where(is_context, size / (1 + np.abs(size)) - 1, size)
    return np.where(size >= floor, key, -np.inf)
