"""Stacked head: a linear head plus trees boosted on its out-of-fold margins, for training sets of a few hundred labels.

The linear head's coefficients and the trees keep the directions that law and sense fix, so neither can turn a clue
against its meaning. Both parts are additive over columns, so their sum is: share = linear share + TreeSHAP share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.scoring.head import RESTORE_HINT, Array, ModelFault
from models.scoring.linear import LinearHead, fit_linear
from models.scoring.trees import TreeHead, TreeSettings, fit_trees

PARTS = 5
"""Number of folds of `out_of_fold_margins`."""


@dataclass(frozen=True, slots=True)
class StackedHead:
    """A linear head and trees boosted on its margins; margin = the sum of both margins."""

    linear: LinearHead
    trees: TreeHead
    kind: str = field(default="stacked", init=False)

    def __post_init__(self) -> None:
        if self.linear.columns != self.trees.columns:
            raise ModelFault(f"模型的线性部分与树部分的列不一致；{RESTORE_HINT}")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it was trained on, in order."""
        return self.trees.columns

    @property
    def base(self) -> float:
        """Expected margin: the score without any column's contribution."""
        return self.linear.base + self.trees.base

    def margin(self, values: pd.DataFrame) -> Array:
        """Raw score of every row, shape (n,)."""
        return self.linear.margin(values) + self.trees.margin(values)

    def contributions(self, values: pd.DataFrame) -> Array:
        """Share of every column in the margin, shape (n, k)."""
        return self.linear.contributions(values) + self.trees.contributions(values)

    def dump(self) -> dict[str, Any]:
        """Everything beside the trees' text, as JSON values."""
        return {**self.trees.dump(), "kind": self.kind, "linear": self.linear.dump()}


def out_of_fold_margins(
    values: pd.DataFrame,
    outcome: Array,
    penalty: float,
    group: npt.NDArray[np.int64],
    signs: Mapping[str, int],
    weight: Array | None = None,
) -> Array:
    """Margin of every row, shape (n,), under a linear head fitted without the part it is in.

    Rows of one group are in one part. Where the other parts hold one class only, the margin is that of the base rate.
    """
    part = np.unique(group, return_inverse=True)[1] % PARTS
    margin = np.full(len(outcome), _even(outcome, weight))
    for number in range(PARTS):
        mine = part == number
        rest = outcome[~mine]
        if mine.any() and 0 < rest.sum() < len(rest):
            rest_weight = None if weight is None else weight[~mine]
            margin[mine] = fit_linear(values[~mine], rest, "binary", penalty, signs, rest_weight).margin(values[mine])
    return margin


def _even(outcome: Array, weight: Array | None) -> float:
    share = float(np.clip(np.average(outcome, weights=weight), 1e-6, 1 - 1e-6))
    return float(np.log(share / (1 - share)))


def fit_stacked(
    values: pd.DataFrame,
    outcome: Array,
    settings: TreeSettings,
    penalty: float,
    *,
    group: npt.NDArray[np.int64],
    threads: int = 1,
    monotone: Mapping[str, int] | None = None,
    weight: Array | None = None,
) -> StackedHead:
    """Fit the linear head on all rows, and the trees starting from out-of-fold margins of linear heads.

    Args:
        values: float64 matrix (n, k); NaN = unknown.
        outcome: 0 or 1, shape (n,).
        settings: of the trees. penalty: ridge penalty of the linear head.
        group: group number of every row (debtor, case chain); no group is in two parts.
        threads: threads of LightGBM; not a bit of the result depends on them.
        monotone: +1 or -1 per column whose direction is fixed.
        weight: of every row, mean 1, shape (n,); all alike by default.
    """
    signs = monotone or {}
    start = out_of_fold_margins(values, outcome, penalty, group, signs, weight)
    line = fit_linear(values, outcome, "binary", penalty, signs, weight)
    trees = fit_trees(
        values, outcome, "binary", settings, threads=threads, monotone=monotone, start=start, weight=weight
    )
    return StackedHead(line, trees)
