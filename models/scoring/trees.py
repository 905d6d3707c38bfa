"""Boosted-tree head on LightGBM: exact TreeSHAP, bit-equal for any number of threads, stored as LightGBM text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import pandas as pd

from features.errors import GoldenKeyError
from models.scoring.elementary import exp
from models.scoring.head import RESTORE_HINT, Array, ModelFault, as_array

Objective = Literal["binary", "tweedie"]

FIXED: Mapping[str, Any] = {
    "deterministic": True,
    "force_col_wise": True,
    "device_type": "cpu",
    "seed": 20231,
    "feature_fraction_seed": 20232,
    "bagging_seed": 20233,
    "data_random_seed": 20234,
    "extra_seed": 20235,
    "feature_pre_filter": False,
    "verbosity": -1,
}
"""Parameters never searched. Column-wise histograms are summed by one thread each, so no sum depends on the threads."""


@dataclass(frozen=True, slots=True)
class TreeSettings:
    """Settings of a tree head, modest because labels are few.

    Attributes:
        rounds: number of trees, chosen on the past by the caller; there is no early stopping.
        num_leaves, min_data_in_leaf, learning_rate, feature_fraction, lambda_l2, extra_trees: as in LightGBM.
        tweedie_power: variance power of the amount head, between 1 (counts) and 2 (gamma).
    """

    rounds: int = 120
    num_leaves: int = 15
    min_data_in_leaf: int = 15
    learning_rate: float = 0.05
    feature_fraction: float = 0.5
    lambda_l2: float = 5.0
    extra_trees: bool = False
    tweedie_power: float = 1.5


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A boosted tree ensemble as a head; `offset` is added to the margin (unit of the target)."""

    columns: tuple[str, ...]
    text: str
    offset: float = 0.0
    threads: int = 1
    booster: lgb.Booster = field(repr=False, compare=False, default=None)
    kind: str = field(default="tree", init=False)

    def __post_init__(self) -> None:
        if self.booster is None:
            try:
                object.__setattr__(self, "booster", lgb.Booster(model_str=self.text))
            except lgb.basic.LightGBMError as error:
                raise ModelFault(f"模型的树文件已损坏，无法读取；{RESTORE_HINT}") from error
        if self.booster.num_feature() != len(self.columns):
            raise ModelFault(f"模型的树文件有 {self.booster.num_feature()} 列，说明文件却写 {len(self.columns)} 列。")

    @property
    def base(self) -> float:
        """Expected margin: the last column of LightGBM's contributions, the same for every row."""
        row = np.full((1, len(self.columns)), np.nan)
        return float(self._predict(row, pred_contrib=True)[0, -1]) + self.offset

    def margin(self, values: pd.DataFrame) -> Array:
        """Raw score of every row, shape (n,)."""
        return self._predict(as_array(self.columns, values), raw_score=True) + self.offset

    def contributions(self, values: pd.DataFrame) -> Array:
        """Exact TreeSHAP values, shape (n, k)."""
        matrix = as_array(self.columns, values)
        return np.ascontiguousarray(self._predict(matrix, pred_contrib=True)[:, :-1])

    def dump(self) -> dict[str, Any]:
        """Everything beside the trees' text, as JSON values."""
        return {"kind": self.kind, "columns": list(self.columns), "offset": self.offset}

    def _predict(self, matrix: Array, **options: bool) -> Array:
        if not len(matrix):
            return np.zeros((0, len(self.columns) + 1)) if "pred_contrib" in options else np.zeros(0)
        out = self.booster.predict(matrix, num_threads=self.threads, **options)
        return np.asarray(out, dtype=np.float64)


def fit_trees(
    values: pd.DataFrame,
    target: Array,
    objective: Objective,
    settings: TreeSettings,
    *,
    threads: int = 1,
    monotone: Mapping[str, int] | None = None,
    unit: float = 1.0,
    start: Array | None = None,
    weight: Array | None = None,
) -> TreeHead:
    """Fit a tree head.

    Args:
        values: float64 matrix (n, k); NaN = unknown.
        target: shape (n,): 0/1 for `binary`, a non-negative amount for `tweedie`.
        objective: `binary` (margin = log-odds) or `tweedie` (margin = ln of the amount).
        settings: tree settings.
        threads: threads used; the result is the same bit for bit.
        monotone: +1 or -1 per column whose direction law and sense agree on.
        unit: the target is divided by it while fitting (LightGBM keeps targets as 32-bit floats).
        start: margin of every row before the first tree, shape (n,); it is not part of the head.
        weight: of every row, mean 1, shape (n,); all alike by default.

    Raises:
        GoldenKeyError: the target has another length than the matrix.
    """
    columns = tuple(str(name) for name in values.columns)
    matrix = as_array(columns, values)
    if len(target) != len(matrix):
        raise GoldenKeyError(f"标签有 {len(target)} 行，特征矩阵有 {len(matrix)} 行，二者应当相等。")
    parameters = tree_parameters(objective, settings, threads, columns, monotone or {})
    goal = np.asarray(target, dtype=np.float64) / unit
    data = lgb.Dataset(matrix, goal, weight=weight, init_score=start, params=parameters)
    booster = lgb.train(parameters, data, num_boost_round=settings.rounds)
    head = TreeHead(columns, model_text(booster), float(np.log(unit)) if objective == "tweedie" else 0.0, threads)
    return _balanced(head, values, target, weight) if objective == "tweedie" else head


def staged_margins(head: TreeHead, values: pd.DataFrame, rounds: Sequence[int]) -> list[Array]:
    """Margins after the first r trees, one array per r of `rounds`."""
    matrix = as_array(head.columns, values)
    return [
        np.asarray(head.booster.predict(matrix, raw_score=True, num_iteration=count, num_threads=head.threads))
        + head.offset
        for count in rounds
    ]


def tree_parameters(
    objective: str, settings: TreeSettings, threads: int, columns: Sequence[str], monotone: Mapping[str, int]
) -> dict[str, Any]:
    """Parameters of LightGBM for an objective; `monotone` holds +1 or -1 by column whose direction is fixed."""
    parameters: dict[str, Any] = {
        **FIXED,
        "objective": objective,
        "num_threads": threads,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": settings.min_data_in_leaf,
        "learning_rate": settings.learning_rate,
        "feature_fraction": settings.feature_fraction,
        "lambda_l2": settings.lambda_l2,
        "extra_trees": settings.extra_trees,
    }
    if objective == "tweedie":
        parameters["tweedie_variance_power"] = settings.tweedie_power
    if any(monotone.get(name) for name in columns):
        parameters["monotone_constraints"] = [int(monotone.get(name, 0)) for name in columns]
    return parameters


def _balanced(head: TreeHead, values: pd.DataFrame, target: Array, weight: Array | None) -> TreeHead:
    """Shift an amount head so that its predictions sum to the observed total, which boosting alone underestimates."""
    row_weight = 1.0 if weight is None else weight
    predicted, received = float((row_weight * exp(head.margin(values))).sum()), float(np.sum(row_weight * target))
    return replace(head, offset=head.offset + float(np.log(received / predicted))) if received > 0 else head


def model_text(booster: lgb.Booster) -> str:
    """The trees as text, without the number of threads, so that equal models have equal text."""
    lines = booster.model_to_string().splitlines()
    return "\n".join(line for line in lines if not line.startswith("[num_threads:")) + "\n"
