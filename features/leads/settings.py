"""The rows of `features/config/leads.toml`: kinds of things, where they are numbered, causes, routes, grounds."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[1] / "config" / "leads.toml"

CASE, FUND, OTHER = "CASE", "FUND", "OTHER"
"""Classes without a number of their own: a step of procedure, the money of a case; and things of unknown kind."""


@dataclass(frozen=True, slots=True)
class AssetClass:
    """A kind of thing; what each field holds is explained at the top of the configuration file."""

    code: str
    label: str
    ranges: tuple[str, ...]
    value: str
    words: str
    documents: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ThingColumn:
    """Where a source table numbers a thing.

    Attributes:
        table, columns: the table and the columns joined to a number.
        asset_class: class of the thing, or "" where the registers are asked.
        fallback: class where the registers do not know the number and the row has no kind, or "".
        kind, amount: columns with the kind and an amount of the thing, or "".
        otherwise: column with a number of class `fallback` where the first is empty, or "".
        by: table through which the number is found, or "".
        rank: of the things a row cites those of the lowest rank open leads.
    """

    table: str
    columns: tuple[str, ...]
    asset_class: str
    fallback: str
    kind: str
    amount: str
    otherwise: str
    by: str
    rank: int


@dataclass(frozen=True, slots=True)
class CauseRow:
    """A root cause: why the enforcement did not reach an asset.

    Attributes:
        code, label: stable code and 中文 name.
        group: which of the courts' own five problems it belongs to (docs/domain.md section 6.31).
        unit: the kind of unit whose step it is.
        clues: patterns of the clues whose rows alone establish it.
    """

    code: str
    label: str
    group: str
    unit: str
    clues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A route: a procuratorial department that a lead may go to, and when.

    Attributes:
        code, label: stable code and 中文 name (民事, 刑事, 行政, 公益).
        matter: what is to be looked at there. why: one sentence on the reason. law: statute, 待核 where unread.
        clues, classes, action: patterns of clues, classes of asset, regular expression on the case's cause of action;
            any one of them that matches leads there.
    """

    code: str
    label: str
    matter: str
    why: str
    law: str
    clues: tuple[str, ...]
    classes: tuple[str, ...]
    action: str


@dataclass(frozen=True, slots=True)
class GroundRow:
    """A ground for starting supervision ex officio, worded as a question.

    Attributes:
        code, label: stable code and 中文 name. question: what the prosecutor is asked. law: statute.
        when: name of the fact of the case that raises the question.
    """

    code: str
    label: str
    question: str
    law: str
    when: str


@dataclass(frozen=True, slots=True)
class LeadSettings:
    """The whole file."""

    classes: dict[str, AssetClass]
    things: tuple[ThingColumn, ...]
    clue_things: tuple[tuple[tuple[str, ...], ThingColumn], ...]
    case_clues: dict[str, tuple[str, ...]]
    causes: dict[str, CauseRow]
    routes: tuple[RouteRow, ...]
    grounds: tuple[GroundRow, ...]
    deductions: dict[str, dict[str, str]]
    limits: dict[str, int]

    def fixed_class(self, clue_id: str) -> str:
        """The class of a clue that never speaks of one thing, or ""."""
        return next((name for name, patterns in self.case_clues.items() if matches_pattern(clue_id, patterns)), "")

    def own_columns(self, clue_id: str) -> tuple[ThingColumn, ...]:
        """The columns in which the thing of a clue stands, where they are not those of its tables."""
        return tuple(spec for patterns, spec in self.clue_things if matches_pattern(clue_id, patterns))


def matches_pattern(clue_id: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns names the clue."""
    return any(fnmatchcase(clue_id, pattern) for pattern in patterns)


@cache
def settings() -> LeadSettings:
    """The settings that ship."""
    with _FILE.open("rb") as file:
        config = tomllib.load(file)
    return LeadSettings(
        classes={row["code"]: _class(row) for row in config["class"]},
        things=tuple(map(_thing, config["thing"])),
        clue_things=tuple((tuple(row["clues"]), _thing(row)) for row in config["clue_thing"]),
        case_clues={name: tuple(patterns) for name, patterns in config["case_clues"].items()},
        causes={row["code"]: CauseRow(**{**row, "clues": tuple(row["clues"])}) for row in config["cause"]},
        routes=tuple(map(_route, config["route"])),
        grounds=tuple(GroundRow(**row) for row in config["ground"]),
        deductions=config["deduction"],
        limits=config["limits"],
    )


def _class(row: dict[str, Any]) -> AssetClass:
    documents = tuple((document, unit) for document, unit in row["documents"])
    return AssetClass(**{**row, "ranges": tuple(row["ranges"]), "documents": documents})


def _thing(row: dict[str, Any]) -> ThingColumn:
    spare = {name: row.get(name, "") for name in ("fallback", "kind", "amount", "otherwise", "by")}
    return ThingColumn(row["table"], tuple(row["column"]), row["class"], rank=row["rank"], **spare)


def _route(row: dict[str, Any]) -> RouteRow:
    clues, classes = tuple(row.get("clues", ())), tuple(row.get("classes", ()))
    plain = {name: row[name] for name in ("code", "label", "matter", "why", "law")}
    return RouteRow(**plain, clues=clues, classes=classes, action=row.get("action", ""))
