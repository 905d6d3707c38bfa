"""Find the columns of source tables that a clue reads, by following its query back through the facts.

Nothing is declared twice: the relation is built on an empty pool, and every column it selects, filters, joins or
groups by is followed to the source column it comes from. Templates and catalogue pages are written from this.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir

from features.clues.base.aggregation import rows_text
from features.clues.base.clue import Clue
from features.facts import Facts
from features.pool.pool import Cut, Pool
from features.schema import TABLES
from features.schema.sources import SOURCES

Reads = Mapping[str, frozenset[str]]
"""Source table -> its columns that are read."""

_BEYOND: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "fact_identities": ("party", ("name", "id_no", "birth", "sex", "phone", "address", "former_name")),
    "fact_names": ("party", ("name",)),
    "fact_coverage": ("party", ("id_no",)),
    "fact_covered_sources": ("party", ("id_no",)),
}
"""Facts built from every table (identities, coverage): a clue that uses one is taken to read these columns only."""

_NAMED = re.compile(r"\b((?:fact|pool|none)_\w+)")
_DAY = date(2020, 1, 1)


class _Watched(Cut):
    """A cut that keeps the Ibis expression of every table it materialises."""

    bypasses_query_cache = True

    def __enter__(self) -> _Watched:
        return self

    def __init__(self, pool: Pool) -> None:
        self.made: dict[str, ir.Table] = {}
        super().__init__(pool, _DAY, 0)

    def materialise(self, name: str, expression: ir.Table) -> ir.Table:
        """As `Cut.materialise`, keeping the expression."""
        self.made[name] = expression
        return super().materialise(name, expression)


@dataclass(frozen=True, slots=True)
class Study:
    """What was found out about a clue by building its relation on an empty pool.

    Attributes:
        reads: the columns of source tables it reads, its facts followed to where they come from.
        facts: the columns of the tables of the cut it reads on the way, by table ("fact_episodes").
        query: text of its query (DuckDB).
    """

    reads: Reads
    facts: Mapping[str, frozenset[str]]
    query: str


_STUDIED: dict[Clue, Study] = {}
"""Cache of `study`: results depend on the clue's declaration alone."""


def study(clues: Iterable[Clue]) -> dict[str, Study]:
    """Build each clue's relation on an empty pool and trace its columns; results by clue id, cached."""
    asked = tuple(clues)
    if new := [clue for clue in asked if clue not in _STUDIED]:
        with tempfile.TemporaryDirectory(prefix="goldenkey-") as folder, _Watched(Pool(Path(folder))) as cut:
            facts = Facts(cut)
            relations = {clue: clue.rows(facts) for clue in new}
            for clue, relation in relations.items():
                _STUDIED[clue] = Study(*_columns(cut.made, relation), rows_text(facts, clue, relation))
    return {clue.id: _STUDIED[clue] for clue in asked}


def reads(clues: Iterable[Clue]) -> dict[str, Reads]:
    """Columns read by each clue, by its id: {clue id: {table: columns}}; keys of the tables are not added."""
    return {id: one.reads for id, one in study(clues).items()}


def source_tables(source: str) -> tuple[str, ...]:
    """Tables that a coverage source stands for, in the order of the contracts."""
    stated = next((row.tables for row in SOURCES if row.code == source), ())
    return stated or tuple(name for name, table in TABLES.items() if table.source == source and not table.outcome)


def _columns(made: Mapping[str, ir.Table], relation: ir.Table) -> tuple[Reads, Mapping[str, frozenset[str]]]:
    found: dict[str, set[str]] = defaultdict(set)
    facts: dict[str, set[str]] = defaultdict(set)
    waiting = [_Step(relation.op(), name) for name in relation.columns]
    seen: set[_Step] = set()
    while waiting:
        step = waiting.pop()
        if step in seen:
            continue
        seen.add(step)
        if isinstance(step.node, ops.PhysicalTable):
            facts[step.node.name].add(step.name)
            waiting += _through(made, step, found)
        elif not _empty(step):
            waiting += _behind(step)
            waiting += _conditions(step, made)
    reads = {
        table: frozenset(columns & set(TABLES[table].names))
        for table, columns in found.items()
        if not TABLES[table].outcome
    }
    return reads, {name: frozenset(columns) for name, columns in facts.items() if name in made}


@dataclass(frozen=True, slots=True)
class _Step:
    """A column of a relation still to be traced; `kept` restricts it to rows where (column, allowed values) hold."""

    node: Any
    name: str
    kept: frozenset[tuple[str, frozenset[Any]]] = frozenset()

    def into(self, field: Any) -> _Step:
        """The step to a column of an input relation, carrying over those restrictions that apply to its columns."""
        held: dict[tuple[Any, str], frozenset[Any]] = {}
        for name, allowed in self.kept:
            for source in _taken_from(self.node.values.get(name)):
                _narrow(held, (source.rel, source.name), allowed)
        for name, allowed in _kept_by(self.node):
            _narrow(held, (field.rel, name), allowed)
        for one, other in _equals(self.node):
            if both := [held[side] for side in (one, other) if side in held]:
                held[one] = held[other] = frozenset.intersection(*both)
        kept = frozenset((name, allowed) for (rel, name), allowed in held.items() if rel == field.rel)
        return _Step(field.rel, field.name, kept)


def _narrow(held: dict[tuple[Any, str], frozenset[Any]], key: tuple[Any, str], allowed: frozenset[Any]) -> None:
    held[key] = held[key] & allowed if key in held else allowed


def _taken_from(value: Any) -> tuple[Any, ...]:
    """The input columns that an expression passes through unchanged (also through coalesce)."""
    parts = value.arg if isinstance(value, ops.Coalesce) else (value,)
    return parts if all(isinstance(part, ops.Field) for part in parts) else ()


def _equals(node: Any) -> Iterator[tuple[tuple[Any, str], tuple[Any, str]]]:
    """Pairs of columns that a join's predicates require to be equal."""
    for link in node.rest if isinstance(node, ops.JoinChain) else ():
        for predicate in link.predicates:
            match predicate:
                case ops.Equals(left=ops.Field() as left, right=ops.Field() as right):
                    yield (left.rel, left.name), (right.rel, right.name)


def _kept_by(node: Any) -> set[tuple[str, frozenset[Any]]]:
    """Columns that a filter restricts to literal values: (column, allowed values)."""
    kept = set()
    for predicate in node.predicates if isinstance(node, ops.Filter) else ():
        match predicate:
            case ops.Equals(left=ops.Field() as field, right=ops.Literal() as literal):
                kept.add((field.name, frozenset({literal.value})))
            case ops.InValues(value=ops.Field() as field, options=options) if all(
                isinstance(option, ops.Literal) for option in options
            ):
                kept.add((field.name, frozenset(option.value for option in options)))
    return kept


def _empty(step: _Step) -> bool:
    """Whether this branch of a union gives no row in question, as its constant is not among the values kept."""
    for name, allowed in step.kept:
        value = step.node.values.get(name)
        if isinstance(value, ops.Literal) and value.value not in allowed:
            return True
    return False


def _through(made: Mapping[str, ir.Table], step: _Step, found: dict[str, set[str]]) -> Iterator[_Step]:
    """For a column of a stored table: record it if it is a source column, else go on into the fact's own expression."""
    named = step.node.name
    kind, _, table = named.partition("_")
    if kind in ("pool", "none"):
        found[table].add(step.name)
    elif named in _BEYOND:
        beyond, columns = _BEYOND[named]
        found[beyond].update(columns)
    elif named in made:
        yield _Step(made[named].op(), step.name, step.kept)


def _behind(step: _Step) -> Iterator[_Step]:
    """The input columns that a column is computed from."""
    node = step.node
    if isinstance(node, ops.Set):
        yield from (_Step(side, step.name, step.kept) for side in (node.left, node.right))
    elif isinstance(node, ops.Reference):
        yield _Step(node.parent, step.name, step.kept)
    elif step.name in node.values:
        yield from (step.into(field) for field in _fields(node.values[step.name]))


def _conditions(step: _Step, made: Mapping[str, ir.Table]) -> Iterator[_Step]:
    """The columns in joins, filters and groupings, which decide what rows there are whichever columns are selected."""
    node = step.node
    if isinstance(node, ops.JoinChain):
        used = {field.rel for field in _fields(node.values[step.name])}
        for link in node.rest:
            if link.table in used or not _only_adds_columns(link):
                for predicate in link.predicates:
                    yield from (step.into(field) for field in _fields(predicate))
    elif isinstance(node, ops.SQLQueryResult):
        for named in set(_NAMED.findall(node.query)) & set(made):
            yield from (_Step(made[named].op(), column) for column in made[named].columns)
    elif not isinstance(node, ops.Set | ops.Reference):
        for part in ("predicates", "keys", "groups", "column"):
            held = getattr(node, part, ())
            for value in held.values() if isinstance(held, Mapping) else held if isinstance(held, tuple) else (held,):
                yield from (step.into(field) for field in _fields(value))


def _only_adds_columns(link: Any) -> bool:
    """Whether a join keeps every row once: a left join with what is grouped by the very columns it is joined on."""
    joined = {
        side.name
        for predicate in link.predicates
        if isinstance(predicate, ops.Equals)
        for side in (predicate.left, predicate.right)
        if isinstance(side, ops.Field) and side.rel == link.table
    }
    table = link.table
    while isinstance(table, ops.Reference):
        table = table.parent
    return link.how == "left" and isinstance(table, ops.Aggregate) and table.groups.keys() <= joined


def _fields(value: Any) -> Iterator[Any]:
    yield from value.find(ops.Field, filter=ops.Value)
    for inner in value.find(ops.Subquery, filter=ops.Value):
        yield from (ops.Field(inner.rel, name) for name in inner.rel.schema.names)
