"""The query of a clue's rows, and that of the numbers of an episode from these rows: texts that hold on every cut."""

from __future__ import annotations

import ibis.expr.types as ir

from features.clues.base.clue import Clue, Feature
from features.facts import Facts, query_cache


def rows_text(facts: Facts, clue: Clue, relation: ir.Table | None = None) -> str:
    """The query text of a clue's rows; compiled once, for facts bear the same names on every cut.

    What it reads is computed by `Facts.ready` before it runs.

    Args:
        facts: of the cut.
        clue: the clue.
        relation: its rows, where they stand as a relation of this cut already.
    """
    key = ("rows", clue.id, facts.thresholds.changed_values)
    text = query_cache.cached_text(key)
    if text is None:
        text = facts.cut.compile(clue.rows(facts) if relation is None else relation)
        query_cache.cache_text(key, text)
    return text


def features_text(rows: str, features: tuple[Feature, ...]) -> str:
    """The query text of the features by episode, before any division: whole numbers wherever money or days are meant.

    Args:
        rows: the query text of the clue's rows, see `rows_text`.
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
