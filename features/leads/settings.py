"""The rows of `features/config/leads.toml`: classes of property, the columns that identify it, causes, routes, grounds.

A *thing* is one piece of property that a lead is about: this car, that account.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[1] / "config" / "leads.toml"

CASE, FUND, OTHER = "CASE", "FUND", "OTHER"
"""Classes of what has no plate, account or policy number: a step of procedure, the money paid into court in a case, and
property of unknown kind."""


@dataclass(frozen=True, slots=True)
class AssetClass:
    """A kind of asset (real estate, vehicle, deposit ...).

    Attributes:
        code, label: stable code and 中文 name.
        ranges: codes of the parts of the court's network query (查控范围) that would have found it; none where it is
            only found by letter or visit.
        value: in 中文, what a value of this class stands for (登记的评估价值), shown beside the amount; "" for none.
        words: regular expression on the court's own word for the property (财产类别), tried where no register knows its
            number; "" for none.
        documents: (document to obtain, unit that gives it), in 中文.
    """

    code: str
    label: str
    ranges: tuple[str, ...]
    value: str
    words: str
    documents: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ThingColumn:
    """Columns of a source table whose value identifies one thing, as a plate or an account number does.

    Attributes:
        table, columns: the source table, and the columns that together make the number.
        asset_class: class of the thing; "" where it is that of the register (vehicles, realty ...) that holds the
            number.
        fallback: class where no register holds the number and the row does not say the kind, or "".
        kind, amount: columns with the kind (财产类别) and the amount of the thing, or "".
        otherwise: column with a number of class `fallback`, read where `columns` are empty, or "".
        by: table that leads from this number to that of the thing (a bid names a lot, the lot a flat), or "".
        rank: a clue's row may cite rows of several tables; only the things of the lowest rank among them open leads.
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
        group: which of the five problems that courts find in their own enforcement it belongs to (docs/domain.md
            section 6.31).
        unit: the kind of unit (court, bank, register) that would have had to act.
        clues: patterns of clue ids (`M2*`); a row of such a clue is enough to name this cause.
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
        when: name of what must be so in the case for the question to be asked; see `features.leads.routing`.
    """

    code: str
    label: str
    question: str
    law: str
    when: str


@dataclass(frozen=True, slots=True)
class LeadSettings:
    """The whole file.

    Attributes:
        classes: classes of property by code, in the order in which lists show them.
        things: where a thing's number stands, by source table.
        clue_things: (patterns of clue ids, where): clues whose thing stands elsewhere than in the table they cite.
        case_clues: class (`CASE`, `FUND` ...) -> patterns of clues that never speak of one thing.
        causes: root causes by code. routes, grounds: in the order in which they are tried and shown.
        deductions: what is taken off a value (mortgage, earlier seal ...), each with label and law. limits: least
            counts.
    """

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
        """The class of leads of a clue that never speaks of one thing (a step of procedure), "" for other clues."""
        return next((name for name, patterns in self.case_clues.items() if matches_pattern(clue_id, patterns)), "")

    def own_columns(self, clue_id: str) -> tuple[ThingColumn, ...]:
        """Where the number of a clue's thing stands if not in `things`; empty for most clues."""
        return tuple(spec for patterns, spec in self.clue_things if matches_pattern(clue_id, patterns))


def matches_pattern(clue_id: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns (`M2*`, as for file names) fits the id of the clue."""
    return any(fnmatchcase(clue_id, pattern) for pattern in patterns)


@cache
def settings() -> LeadSettings:
    """The settings of the file, read once."""
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
