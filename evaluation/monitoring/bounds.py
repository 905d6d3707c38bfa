"""Limits used by monitoring: a table of settings, each with its unit and its source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from features.errors import GoldenKeyError

DEFAULT_FILE = Path(__file__).with_name("monitor.toml")


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit: its name, value and unit, 中文 label, and its source (or that it is an assumption)."""

    name: str
    value: float
    unit: str
    label: str
    source: str


NAMES = (
    "feature_excess",
    "missing_change",
    "clue_change",
    "reach_change",
    "grade_excess",
    "score_excess",
    "clue_move",
    "late_ratio",
    "late_days",
    "stopped_ratio",
    "rows_ratio",
    "bad_rise",
    "precision_drop",
    "calibration_shift",
    "estimate_error",
    "random_drawn",
    "not_taken",
    "taken_unlisted",
    "overturned",
    "misleading",
    "refused",
    "window_days",
)
"""Names of all limits that monitoring reads."""


@cache
def read_bounds(path: Path = DEFAULT_FILE) -> Mapping[str, Bound]:
    """The bounds by name.

    Raises:
        GoldenKeyError: the file is unreadable, a bound is missing, unknown, duplicated, negative or without source.
    """
    try:
        rows = [Bound(**row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["bound"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        keys = "、".join(item.name for item in fields(Bound))
        raise GoldenKeyError(f"监测界限 {path.name} 无法读取，每个 [[bound]] 应有且仅有 {keys}（{error}）。") from error
    names = [row.name for row in rows]
    if sorted(names) != sorted(NAMES):
        wrong = sorted(set(names) ^ set(NAMES)) or sorted({name for name in names if names.count(name) > 1})
        raise GoldenKeyError(
            f"监测界限 {path.name} 应恰有 {len(NAMES)} 项，每项一次，缺少、多余或重复 {'、'.join(wrong)}。"
        )
    for row in rows:
        if isinstance(row.value, bool) or not isinstance(row.value, int | float) or not row.value >= 0:
            raise GoldenKeyError(f"监测界限 {path.name} 中 {row.name} 的 value 应为不小于 0 的数，实为 {row.value}。")
        if not str(row.source).strip():
            raise GoldenKeyError(f"监测界限 {path.name} 中 {row.name} 缺少 source：请写明出处，没有出处的写“假定”。")
    return {row.name: row for row in rows}
