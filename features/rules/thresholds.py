"""Thresholds of the clues: numbers an office may change within bounds, each with its source.

They are rows of `config/thresholds/*.toml`, one file per family. A clue reads one as `f.threshold("<id>")`. An office's
own values are an overlay (see `Thresholds.overlaid`), which applies where findings and leads are shown; matrix and
models always use the shipped values, so that a score means the same everywhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from features.errors import GoldenKeyError

_FOLDER = Path(__file__).parents[1] / "config" / "thresholds"
ChangedValues = tuple[tuple[str, float], ...]
UNITS = ("元", "天", "小时", "分钟", "月", "次", "比", "%", "户", "人", "字")


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number of the clues.

    Attributes:
        id: stable code, the clue's id first (A03-LARGE).
        label: 中文, what the number decides.
        value: the shipped value, in `unit`.
        unit: one of `UNITS`; clues get 元 as 分.
        low, high: bounds within which an office may set it.
        source: where the value was taken from; says so where it is unverified.
    """

    id: str
    label: str
    value: float
    unit: str
    low: float
    high: float
    source: str

    def computed(self, value: float) -> float:
        """A value of this threshold as clues compute with it: 分 for 元, an integer unless a share."""
        if self.unit == "元":
            return round(value * 100)
        return value if self.unit in ("比", "%") else round(value)


def read_thresholds(folder: Path) -> dict[str, Threshold]:
    """Every threshold of a folder of TOML files, by id.

    Raises:
        GoldenKeyError: a row lacks a field, repeats an id, or its value lies outside its own bounds.
    """
    found: dict[str, Threshold] = {}
    for path in sorted(folder.glob("*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8")).get("threshold", []):
            try:
                one = Threshold(**row)
            except TypeError as error:
                raise GoldenKeyError(f"阈值配置 {path.name} 有一行缺少字段或字段名不对：{error}。") from error
            if one.unit not in UNITS or not one.low <= one.value <= one.high:
                raise GoldenKeyError(
                    f"阈值配置 {path.name} 的 {one.id} 单位须为 {'、'.join(UNITS)}，值须在上下限之间。"
                )
            if one.id in found:
                raise GoldenKeyError(f"阈值配置 {path.name} 的 {one.id} 重复。")
            found[one.id] = one
    return found


@cache
def shipped_thresholds() -> Mapping[str, Threshold]:
    """The shipped thresholds, by id."""
    return read_thresholds(_FOLDER)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The values in force: the shipped ones, some replaced by an office."""

    changed: Mapping[str, float] = field(default_factory=dict)

    @property
    def changed_values(self) -> ChangedValues:
        """Values that differ from the shipped ones, sorted by id: part of the key of every cached query."""
        return tuple(
            sorted((id, value) for id, value in self.changed.items() if value != shipped_thresholds()[id].value)
        )

    def number(self, id: str) -> float:
        """A threshold as clues compute with it (分, days, counts).

        Raises:
            KeyError: no threshold has that id: a fault of the clue, not of its user.
        """
        one = shipped_thresholds()[id]
        return one.computed(self.changed.get(id, one.value))

    def overlaid(self, values: Mapping[str, float]) -> Thresholds:
        """A copy in which an office's own values (in the threshold's unit) replace these.

        Raises:
            GoldenKeyError: an id is unknown or a value is out of bounds.
        """
        for id, value in values.items():
            one = shipped_thresholds().get(id)
            if one is None:
                raise GoldenKeyError(f"没有编号为 {id} 的阈值。")
            if not isinstance(value, int | float) or isinstance(value, bool) or not one.low <= value <= one.high:
                raise GoldenKeyError(
                    f"阈值 {id}（{one.label}）应在 {one.low:g} 至 {one.high:g} {one.unit} 之间，实为 {value}。"
                )
        return Thresholds({**self.changed, **values})


SHIPPED = Thresholds()
"""The shipped values, unchanged."""
