"""Interface of a head: an additive score over named columns, which refuses a matrix with other columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import GoldenKeyError

Array = npt.NDArray[np.float64]

KINDS = {"tree": "梯度提升树", "linear": "正则化线性", "stacked": "线性与梯度提升树叠加"}
"""中文 names of the kinds of heads."""

NAMES_SHOWN = 5
"""Column names printed per kind of difference before the sentence says 等."""


RESTORE_HINT = "请用 ./goldenkey champion --restore 版本 从登记处恢复该版本。"
"""Advice appended to errors about damaged model files."""


class ColumnMismatchError(GoldenKeyError):
    """A matrix has other columns than the model was trained on."""

    http_status = 409


class ModelFault(GoldenKeyError):  # noqa: N818 - a fault of ours, not of the input
    """A model violates additivity or its files are damaged: a fault of the program, not of the input."""

    exit_status = 1
    http_status = 500


class Head(Protocol):
    """One additive score: `margin = base + contributions.sum(axis=1)`."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it was trained on, in order."""

    @property
    def base(self) -> float:
        """Margin without any contribution."""

    def margin(self, values: pd.DataFrame) -> Array:
        """Raw score (log-odds or ln 分) of every row, shape (n,); ColumnMismatchError on other columns."""

    def contributions(self, values: pd.DataFrame) -> Array:
        """Share of every column in the margin, shape (n, k); ColumnMismatchError on other columns."""

    def dump(self) -> dict[str, Any]:
        """Everything needed to load it again, as JSON values."""


def check_columns(expected: Sequence[str], values: pd.DataFrame) -> None:
    """Refuse a matrix whose columns differ from those of training, and name the difference.

    Raises:
        ColumnMismatchError: columns are missing, extra or in another order.
    """
    got = [str(name) for name in values.columns]
    if got == list(expected):
        return
    missing = [name for name in expected if name not in set(got)]
    extra = [name for name in got if name not in set(expected)]
    parts = [f"{word}{_some(names)}" for word, names in (("缺少", missing), ("多出", extra)) if names]
    if not parts:
        place = next((n for n, (a, b) in enumerate(zip(expected, got, strict=False)) if a != b), len(expected))
        want = expected[place] if place < len(expected) else "（无）"
        parts = [f"列的顺序或个数不同（第 {place + 1} 列应为 {want}，实为 {got[place]}）"]
    raise ColumnMismatchError(f"特征矩阵与模型训练时的 {len(expected)} 列不一致：{'；'.join(parts)}，模型拒绝评分。")


def as_array(columns: Sequence[str], values: pd.DataFrame) -> Array:
    """The matrix as float64, shape (n, k), after `check_columns`; infinities are refused.

    Raises:
        ColumnMismatchError: columns differ.
        GoldenKeyError: a cell is infinite.
    """
    check_columns(columns, values)
    matrix = values.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.isinf(matrix).any(axis=0)
    if bad.any():
        name = columns[int(np.flatnonzero(bad)[0])]
        raise GoldenKeyError(f"特征矩阵的列 {name} 含无穷大，应为有限数或空值。")
    return np.ascontiguousarray(matrix)


def _some(names: Sequence[str]) -> str:
    shown = "、".join(names[:NAMES_SHOWN])
    return f" {shown}" + (f" 等 {len(names)} 列" if len(names) > NAMES_SHOWN else "")
