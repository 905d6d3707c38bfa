"""Levels 高/较高/中/低/数据不足 from a table of settings (levels.toml); a case with missing sources is never 低."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import GoldenKeyError
from models.scoring.head import Array

INSUFFICIENT = "数据不足"
LEVEL_NAMES = ("高", "较高", "中", "低", INSUFFICIENT)
GRADES = "ABCD"
DEFAULT_FILE = Path(__file__).with_name("levels.toml")


@dataclass(frozen=True, slots=True)
class Level:
    """One row of the table: a level and what a case must meet to be given it.

    Attributes:
        name: 高, 较高, 中 or 低.
        min_probability: lowest calibrated probability of concealment.
        min_percentile: lowest percentile among the cases scored together.
        coverage: coverage grades it may be given to; grade D (docs/domain.md section 8.2) never reads as 低.
    """

    name: str
    min_probability: float
    min_percentile: float
    coverage: str


@cache
def read_levels(path: Path = DEFAULT_FILE) -> tuple[Level, ...]:
    """The table of levels, best first.

    Raises:
        GoldenKeyError: the file is unreadable or a row is out of range.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["level"]
        levels = tuple(Level(**row) for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        names = "、".join(item.name for item in fields(Level))
        raise GoldenKeyError(
            f"等级设置 {path.name} 无法读取，每个 [[level]] 应有且仅有 {names}（{error}）。"
        ) from error
    for level in levels:
        if level.name not in LEVEL_NAMES[:-1]:
            raise GoldenKeyError(f"等级设置 {path.name} 的等级名应为 高、较高、中、低 之一，实为“{level.name}”。")
        if not (0 <= level.min_probability <= 1 and 0 <= level.min_percentile <= 1):
            raise GoldenKeyError(f"等级设置 {path.name} 中“{level.name}”的概率与百分位下限应在 0 至 1 之间。")
        if not level.coverage or set(level.coverage) - set(GRADES):
            raise GoldenKeyError(f"等级设置 {path.name} 中“{level.name}”的数据完备度应由 A、B、C、D 组成。")
        if level.name == "低" and "D" in level.coverage:
            raise GoldenKeyError(f"等级设置 {path.name} 中“低”不得用于数据完备度 D：资料缺失不等于低风险。")
    return levels


def percentiles(probability: Array) -> Array:
    """Share of the cases scored together that stand below each one, ties counted half; shape (n,), 0 to 1."""
    if not len(probability):
        return np.zeros(0)
    ranks = pd.Series(probability).rank(method="average").to_numpy(dtype=np.float64)
    return (ranks - 0.5) / len(probability)


def assign_levels(
    probability: Array, percentile: Array, coverage: Sequence[str], table: Sequence[Level] | None = None
) -> list[str]:
    """Level of every case, shape (n,): the first row of the table whose three conditions hold, else 数据不足."""
    rows = read_levels() if table is None else table
    grade = np.asarray([str(item) for item in coverage], dtype=object)
    conditions = [
        (probability >= row.min_probability) & (percentile >= row.min_percentile) & np.isin(grade, list(row.coverage))
        for row in rows
    ]
    chosen = np.select(conditions, [row.name for row in rows], default=INSUFFICIENT)
    return [str(name) for name in chosen]
