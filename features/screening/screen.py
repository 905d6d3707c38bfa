"""The screens by name: supervision models (数字检察监督模型), each a list of clues run by itself on filled tables.

A screen has no rule of its own and nothing to do with the trained models of `models/`. The columns of its template
follow from its clues: those they read (see `features.clues.lineage`), the keys of the tables and the required columns.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from features.clues.base.clue import Clue
from features.clues.catalogue import CLUES
from features.clues.lineage import reads
from features.errors import NotFoundError
from features.rules.thresholds import Threshold, shipped_thresholds
from features.schema import TABLES
from features.schema.contract import Column

_FILE = Path(__file__).parents[1] / "config" / "models.toml"
_FAMILY = "family:"
EITHER = {"txn": ("card_no",), "account": ("card_no",)}
"""Columns a template shows although no clue reads them by name: another spelling of a required one."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One supervision model, as a list of clues and tables.

    Attributes:
        id: English name, as typed on the command line.
        name: 中文 name.
        number: number of the supervision model (M2), or the word it is known by.
        about: one sentence on what it looks for.
        patterns: clue ids, patterns of ids, or whole families ("family:vehicles").
        tables: sheets of its template, in order.
    """

    id: str
    name: str
    number: str
    about: str
    patterns: tuple[str, ...]
    tables: tuple[str, ...]

    @property
    def clues(self) -> tuple[Clue, ...]:
        """Its findings and measures, in the order of the catalogue; context clues never open leads."""
        return tuple(clue for clue in CLUES.values() if clue.kind != "context" and self.holds(clue))

    def holds(self, clue: Clue) -> bool:
        """Whether one of the patterns names the clue or its family."""
        return any(
            clue.family == pattern.removeprefix(_FAMILY)
            if pattern.startswith(_FAMILY)
            else fnmatchcase(clue.id, pattern)
            for pattern in self.patterns
        )


@cache
def screens() -> Mapping[str, Screen]:
    """Every screen by id, in the order of the configuration."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["model"]
    made = [
        Screen(row["id"], row["name"], row["number"], row["about"], tuple(row["clues"]), tuple(row["tables"]))
        for row in rows
    ]
    return {screen.id: screen for screen in made}


def find_screen(name: str) -> Screen:
    """The screen of that id, 中文 name or number.

    Raises:
        NotFoundError: there is none.
    """
    for screen in screens().values():
        if name in (screen.id, screen.name) or name.upper() == screen.number:
            return screen
    raise NotFoundError(f"没有名为“{name}”的监督模型，可用的有：{'、'.join(screens())}。")


def template_columns(screen: Screen) -> dict[str, tuple[Column, ...]]:
    """The columns each sheet of the screen's template has, in the order of the contracts.

    They are the columns some clue of the screen reads, with the keys and the required columns of each table; a table
    that no clue reads has no sheet.
    """
    used: dict[str, set[str]] = {}
    for read in reads(screen.clues).values():
        for name, columns in read.items():
            used.setdefault(name, {*TABLES[name].key, *EITHER.get(name, ())}).update(columns)
    return {
        name: tuple(column for column in TABLES[name].columns if column.required or column.name in used[name])
        for name in screen.tables
        if name in used
    }


def thresholds_of(clue: Clue) -> tuple[Threshold, ...]:
    """The thresholds a clue is set by: those that bear its id, or the stem of its id where a family shares them."""
    stem = clue.id.split("-")[0]
    return tuple(one for id, one in shipped_thresholds().items() if id.split("-")[0] == stem)
