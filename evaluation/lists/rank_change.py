"""Effect of replacing one model by another: changed ranks, changed lists at capacity, and the clues behind them.

Both models score the same cases of the same day. Cases appear without names or numbers, because the report is read
outside the office they belong to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import spearmanr

from features.clues import catalogue
from features.errors import NotEnoughDataError
from features.matrix import Matrix
from models.reasons.contributions import contributions_by_clue, decompose_margins
from models.scoring.model import Model

Array = npt.NDArray[np.float64]

MOST_MOVED = 10
"""Number of cases reported whose rank changed most."""

CLUES_PER_CASE = 3
"""Clues reported per such case."""


def rank_change(model_a: Model, model_b: Model, matrix: Matrix, capacity: int) -> dict[str, Any]:
    """Rank changes from one model to another on one matrix: the body of the report `change`.

    Cases are ordered by expected yield (by probability if either model has no amounts), ties by episode. An office's
    list is its first `capacity` cases; no places are kept for strata.

    Args:
        model_a: the model in use.
        model_b: the one that would take its place.
        matrix: the cohort of a day.
        capacity: cases listed per office.

    Returns:
        from, to, as_of, cases, offices, capacity; spearman and spearman_probability (rank correlation of the orders
        and of the probabilities), overlap (share of the listed cases that both models list), entering (cases newly
        listed), median_rank_move; mean_probability of both; clues (per clue: mean change of its contribution, mean size
        of that change, and for how many entering and leaving cases it changed most; largest size first); moved (the
        cases whose rank changed most: ranks from 1, and the clues behind the change, in log-odds of concealment).

    Raises:
        NotEnoughDataError: fewer than two cases. ColumnMismatchError: a model knows columns the matrix lacks.
    """
    keys, count = matrix.keys, len(matrix.keys)
    if count < 2:
        raise NotEnoughDataError(f"比较两个模型的排序至少需要 2 个终本程序，{matrix.as_of} 实有 {count} 个。")
    yields = model_a.amount is not None and model_b.amount is not None
    order = np.argsort(keys["episode"].astype(str).to_numpy(dtype=str), kind="stable")
    chances, places, listed = [], [], []
    office = keys["office"].fillna("").astype(str).reset_index(drop=True)
    for model in (model_a, model_b):
        scores = model.score(_model_columns(model, matrix))
        merit = scores["expected_fen" if yields else "probability"].to_numpy(dtype=np.float64)
        chances.append(scores["probability"].to_numpy(dtype=np.float64))
        places.append(_ranks(merit, order))
        listed.append(_listed(places[-1], office, capacity))
    moved = _contribution_changes(model_a, model_b, matrix)
    turned = listed[0] != listed[1]
    return {
        "from": model_a.version,
        "to": model_b.version,
        "as_of": matrix.as_of.isoformat(),
        "cases": count,
        "offices": int(office.nunique()),
        "capacity": capacity,
        "by": "expected yield" if yields else "probability",
        "spearman": _spearman(places[0], places[1]),
        "spearman_probability": _spearman(chances[0], chances[1]),
        "overlap": float((listed[0] & listed[1]).sum() / max(int(listed[0].sum()), 1)),
        "listed": int(listed[0].sum()),
        "entering": int((listed[1] & ~listed[0]).sum()),
        "median_rank_move": float(np.median(np.abs(places[1] - places[0]))),
        "mean_probability": [float(chance.mean()) for chance in chances],
        "clues": _clue_rows(moved, turned),
        "moved": _most_moved(places, listed, moved),
    }


def _model_columns(model: Model, matrix: Matrix) -> pd.DataFrame:
    """The columns a model was trained on; if the matrix lacks some, all it has, which the model then refuses."""
    have = [name for name in model.columns if name in matrix.values.columns]
    return matrix.values[have] if len(have) == len(model.columns) else matrix.model_values


def _ranks(merit: Array, order: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """Rank of every case from 1; equal merit keeps the order given."""
    best = order[np.argsort(-merit[order], kind="stable")]
    places = np.empty(len(merit), dtype=np.int64)
    places[best] = np.arange(1, len(merit) + 1)
    return places


def _listed(places: npt.NDArray[np.int64], office: pd.Series[str], capacity: int) -> npt.NDArray[np.bool_]:
    within = pd.Series(places).groupby(office).rank(method="first")
    return np.asarray(within <= capacity, dtype=np.bool_)


def _spearman(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float | None:
    """Rank correlation, None if one side is constant."""
    if len(np.unique(one)) < 2 or len(np.unique(other)) < 2:
        return None
    return float(spearmanr(one, other).statistic)


def _contribution_changes(model_a: Model, model_b: Model, matrix: Matrix) -> pd.DataFrame:
    """Change of every clue's contribution to the log-odds, one row per case; a clue a model lacks contributes 0."""
    sides = []
    for model in (model_a, model_b):
        values = _model_columns(model, matrix)
        sides.append(contributions_by_clue(model, decompose_margins(model, values), pd.RangeIndex(len(values))))
    names = list(dict.fromkeys([*sides[0].columns, *sides[1].columns]))
    before, after = (side.reindex(columns=names, fill_value=0.0) for side in sides)
    return after - before


def _clue_rows(moved: pd.DataFrame, turned: npt.NDArray[np.bool_]) -> list[dict[str, Any]]:
    size = moved.abs()
    leading = size.columns[size.to_numpy()[turned].argmax(axis=1)] if turned.any() else pd.Index([])
    led = pd.Series(leading).value_counts()
    mean, mean_size = moved.mean(), size.mean()
    order = mean_size.sort_values(ascending=False, kind="stable").index
    return [
        {
            "clue": str(clue),
            "label": _label(str(clue)),
            "moved": float(mean[clue]),
            "size": float(mean_size[clue]),
            "led": int(led.get(clue, 0)),
        }
        for clue in order
        if mean_size[clue] > 0
    ]


def _most_moved(
    places: list[npt.NDArray[np.int64]], listed: list[npt.NDArray[np.bool_]], moved: pd.DataFrame
) -> list[dict[str, Any]]:
    step = places[1] - places[0]
    most = [int(row) for row in np.argsort(-np.abs(step), kind="stable")[:MOST_MOVED] if step[row]]
    cases = []
    for row in most:
        mine = moved.iloc[row]
        first = mine.abs().sort_values(ascending=False, kind="stable").index[:CLUES_PER_CASE]
        cases.append(
            {
                "place_before": int(places[0][row]),
                "place_after": int(places[1][row]),
                "listed_before": bool(listed[0][row]),
                "listed_after": bool(listed[1][row]),
                "clues": [
                    {"clue": str(clue), "label": _label(str(clue)), "moved": float(mine[clue])}
                    for clue in first
                    if mine[clue]
                ],
            }
        )
    return cases


def _label(clue: str) -> str:
    return catalogue.CLUES[clue].label if clue in catalogue.CLUES else clue
