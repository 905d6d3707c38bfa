"""Contributions of columns and clues to a margin: base + Σ contributions = margin, checked on every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.scoring.head import Array, ModelFault
from models.scoring.model import ADDITIVITY, HEAD_LABELS, HeadName, Model


@dataclass(frozen=True, slots=True)
class ColumnContribution:
    """One column's part in a margin: its value (NaN = not covered) and its contribution."""

    feature: str
    value: float
    contribution: float


@dataclass(frozen=True, slots=True)
class ClueContribution:
    """One clue's part in a margin: the sum over its columns, and the columns, largest first."""

    clue: str
    contribution: float
    shares: tuple[ColumnContribution, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one row has its margin under one head.

    Attributes:
        episode: index label of the row.
        head: which head.
        base: calibrated margin without any contribution.
        margin: calibrated margin (log-odds, or ln 分).
        clues: contribution of every clue, the largest first, ties by id.
        error: |base + Σ - margin|, at most 1e-6.
    """

    episode: str
    head: HeadName
    base: float
    margin: float
    clues: tuple[ClueContribution, ...]
    error: float


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Contributions of many rows at once.

    Attributes:
        head: which head. base: calibrated margin without any contribution.
        margin: shape (n,). shares: contributions, shape (n, k), columns in the order of the model.
        error: |base + Σ shares - margin|, shape (n,).
    """

    head: HeadName
    base: float
    margin: Array
    shares: Array
    error: Array


def decompose_margins(model: Model, values: pd.DataFrame, head: HeadName = "concealment") -> Decomposition:
    """Split the calibrated margin of every row into contributions of the columns.

    Calibration is linear: its slope multiplies every contribution, its intercept is added to the base.

    Raises:
        ColumnMismatchError: a column of the training is missing.
        ModelFault: base + Σ differs from a margin by more than 1e-6.
    """
    ranker, line = model.head(head)
    values = model.own_columns(values)
    shares = line.slope * ranker.contributions(values)
    base = line.slope * ranker.base + line.intercept
    margin = line.apply(ranker.margin(values))
    error = np.abs(base + shares.sum(axis=1) - margin)
    if len(error) and not float(error.max()) <= ADDITIVITY:
        worst = int(error.argmax())
        raise ModelFault(
            f"模型 {model.version} 的“{HEAD_LABELS[head]}”解释不可加：{values.index[worst]} 的各项之和与得分相差 "
            f"{error[worst]:.3g}，应不超过 {ADDITIVITY:g}。"
        )
    return Decomposition(head, base, margin, shares, error)


def contributions_by_clue(model: Model, parts: Decomposition, index: pd.Index) -> pd.DataFrame:
    """Contributions summed by clue: rows as in the matrix, one column per clue in order of first appearance."""
    clues = [model.clue_of.get(name, name) for name in model.columns]
    order = tuple(dict.fromkeys(clues))
    place = {clue: number for number, clue in enumerate(order)}
    member = np.zeros((len(clues), len(order)))
    member[np.arange(len(clues)), [place[clue] for clue in clues]] = 1.0
    return pd.DataFrame(np.einsum("nk,kc->nc", parts.shares, member), index=index, columns=list(order))


def explain(model: Model, values: pd.DataFrame, head: HeadName = "concealment") -> list[Explanation]:
    """Explain every row under one head; see `decompose_margins` for errors."""
    parts = decompose_margins(model, values, head)
    matrix = model.own_columns(values).to_numpy(dtype=np.float64, na_value=np.nan)
    members: dict[str, list[int]] = {}
    for place, name in enumerate(model.columns):
        members.setdefault(model.clue_of.get(name, name), []).append(place)
    return [
        Explanation(
            episode=str(episode),
            head=head,
            base=parts.base,
            margin=float(parts.margin[row]),
            clues=_clues(model.columns, members, matrix[row], parts.shares[row]),
            error=float(parts.error[row]),
        )
        for row, episode in enumerate(values.index)
    ]


def _clues(
    columns: Sequence[str], members: Mapping[str, Sequence[int]], value: Array, share: Array
) -> tuple[ClueContribution, ...]:
    contributions = []
    for clue, places in members.items():
        parts = [ColumnContribution(columns[place], float(value[place]), float(share[place])) for place in places]
        parts.sort(key=lambda part: (-abs(part.contribution), part.feature))
        contributions.append(ClueContribution(clue, float(share[list(places)].sum()), tuple(parts)))
    return tuple(sorted(contributions, key=lambda item: (-item.contribution, item.clue)))
