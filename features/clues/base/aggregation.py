"""The numbers of an episode from the rows of a clue, as one query."""

from __future__ import annotations

from typing import Any

import ibis

from features.clues.base.clue import Feature


def aggregate(rows: Any, features: tuple[Feature, ...]) -> Any:
    """Aggregations of a clue's rows by episode, before any division: whole numbers wherever money or days are meant."""
    return rows.group_by("episode").agg(**{feature.name: _aggregation(rows, feature) for feature in features})


def _aggregation(rows: Any, feature: Feature) -> Any:
    where = rows[feature.where].fill_null(False) if feature.where else None
    if feature.how == "count":
        return rows.count(where=where)
    column: Any = rows[feature.of] if feature.of else where
    match feature.how:
        case "sum":
            return column.cast("int64").sum(where=where)
        case "max":
            return column.max(where=where)
        case "min":
            return column.min(where=where)
        case "nunique":
            return column.nunique(where=where)
        case "any":
            return column.any(where=where).cast("int64")
        case _:
            # Rows of one day are told apart by what they cite.
            return column.argmin(ibis.struct({"day": rows.day, "src": rows.src}), where=where)
