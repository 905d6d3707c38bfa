"""Knobs (parameters) of the simulator: `world.toml`, where each has a comment; a user's TOML file may override them."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from features.errors import GoldenKeyError

DEFAULT = Path(__file__).with_name("world.toml")
"""File with the default knobs."""
OFF = frozenset({"faults.account_writing"})
"""Knobs not recorded while they are 0, so that worlds made before these knobs existed keep their digest."""


@dataclass(frozen=True)
class Knobs:
    """Knobs by `section.name`.

    Attributes:
        tree: section -> name -> value, as in the TOML file.
    """

    tree: Mapping[str, Mapping[str, Any]]

    def number(self, name: str) -> float:
        """A float knob."""
        return float(self._find(name))

    def integer(self, name: str) -> int:
        """An integer knob."""
        return int(self._find(name))

    def texts(self, name: str) -> list[str]:
        """A knob that is a list of texts."""
        return [str(item) for item in self._find(name)]

    def numbers(self, name: str) -> list[float]:
        """A knob that is a list of floats."""
        return [float(item) for item in self._find(name)]

    def date(self, name: str) -> date:
        """A date knob."""
        value = self._find(name)
        if not isinstance(value, date):
            raise GoldenKeyError(f"模拟世界的参数 {name} 应为日期，实为 {value!r}。")
        return value

    def _find(self, name: str) -> Any:
        section, key = name.split(".")
        return self.tree[section][key]

    @property
    def recorded(self) -> dict[str, dict[str, Any]]:
        """The knobs as they are stored with the world: without those of `OFF` that are off."""
        return {
            section: {name: value for name, value in knobs.items() if value or f"{section}.{name}" not in OFF}
            for section, knobs in self.tree.items()
        }

    def digest(self) -> str:
        """SHA-256 of the knobs recorded, stored with the world."""
        text = json.dumps(self.recorded, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def load_knobs(path: Path | None = None) -> Knobs:
    """The default knobs, overridden by those of the TOML file `path`.

    Raises:
        GoldenKeyError: the file is not TOML, or names a knob that does not exist or has another type.
    """
    tree: dict[str, dict[str, Any]] = tomllib.loads(DEFAULT.read_text(encoding="utf-8"))
    if path is None:
        return Knobs(tree)
    try:
        over = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GoldenKeyError(f"模拟世界的参数文件 {path.name} 无法读取：{error}。") from error
    for section, knobs in over.items():
        if not isinstance(knobs, dict):
            raise GoldenKeyError(f"参数文件 {path.name} 中的 {section} 应为一节（[{section}]），实为单个值。")
        for name, value in knobs.items():
            tree[section][name] = _checked_value(tree, section, name, value, path.name)
    return Knobs(tree)


def _checked_value(tree: Mapping[str, Mapping[str, Any]], section: str, name: str, value: Any, source: str) -> Any:
    known = tree.get(section, {})
    if name not in known:
        raise GoldenKeyError(
            f"参数文件 {source} 中的 {section}.{name} 不存在，可用的参数见 evaluation/world/base/world.toml。"
        )
    default = known[name]
    same = isinstance(value, (int, float)) if isinstance(default, float) else isinstance(value, type(default))
    if not same or isinstance(value, bool):
        raise GoldenKeyError(
            f"参数文件 {source} 中的 {section}.{name} 应为 {type(default).__name__}，实为 {type(value).__name__}。"
        )
    return value
