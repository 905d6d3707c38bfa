"""SQL of a clue's rows, and SQL that aggregates them to its features per episode; the same text runs on every cut."""

from __future__ import annotations

import ibis.expr.types as ir

from features.clues.base.clue import ROW_COLUMNS, Clue, Feature
from features.facts import Facts, query_cache

ROW_ORDER = "episode, day NULLS FIRST, src, amount, who, note"
"""ORDER BY of a clue's rows: complete, since several rows may share a day and DuckDB's threads keep no order."""


def rows_text(facts: Facts, clue: Clue, relation: ir.Table | None = None) -> str:
    """SQL that selects a clue's rows; compiled once, as the tables of facts have the same names on every cut.

    The fact tables that it reads must exist before it runs: see `Facts.ready`.

    Args:
        facts: of the cut.
        clue: the clue.
        relation: the Ibis relation of its rows, if the caller has built it on this cut already.
    """
    key = ("rows", clue.id, facts.thresholds.changed_values)
    text = query_cache.cached_text(key)
    if text is None:
        text = facts.cut.compile(clue.rows(facts) if relation is None else relation)
        query_cache.cache_text(key, text)
    return text


def more_columns(clue: Clue) -> tuple[str, ...]:
    """Columns of a clue's rows that its features aggregate, beside `ROW_COLUMNS`; sorted."""
    used = {column for feature in clue.features for column in (feature.of, feature.where)}
    return tuple(sorted(used - {"", *ROW_COLUMNS}))


def stored_text(rows: str, clue: Clue) -> str:
    """SQL of a clue's rows as a cut stores them: `ROW_COLUMNS`, then `more_columns`, in the order of `ROW_ORDER`.

    Args:
        rows: SQL of the clue's rows, see `rows_text`.
        clue: the clue.
    """
    further = "".join(f', "{name}"' for name in more_columns(clue))
    return (
        "SELECT episode, day, amount::BIGINT AS amount, who, note, src::BIGINT[] AS src"
        f"{further} FROM ({rows}) ORDER BY {ROW_ORDER}"
    )


def features_text(rows: str, features: tuple[Feature, ...]) -> str:
    """SQL of a clue's features per episode, before any division: integers wherever money (分) or days are meant.

    Args:
        rows: SQL of the clue's rows, see `rows_text`.
        features: its features, each a column of the result beside `episode`.
    """
    columns = [f'{_aggregation(feature)} AS "{feature.name}"' for feature in features]
    return f"SELECT {', '.join(['episode', *columns])} FROM ({rows}) AS told GROUP BY episode"


def _aggregation(feature: Feature) -> str:
    where = f' FILTER (WHERE "{feature.where}")' if feature.where else ""
    column = f'"{feature.of or feature.where}"'
    match feature.how:
        case "count":
            return f"count(*){where}"
        case "sum":
            return f"sum({column}::BIGINT){where}"
        case "max" | "min":
            return f"{feature.how}({column}){where}"
        case "nunique":
            return f"count(DISTINCT {column}){where}"
        case "any":
            return f"(bool_or({column}){where})::BIGINT"
        case _:
            # Rows of one day are told apart by what they cite.
            return f"arg_min({column}, {{'day': day, 'src': src}}){where}"
