"""Inject the faults of real files: duplicate rows, wrong dates (some corrected later), withdrawn deliveries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base.chance import bernoulli, randint, random_stream
from evaluation.world.base.config import Knobs

_DATED = {
    "vehicle": "first_reg",
    "realty": "end_date",
    "insurance": "start_date",
    "event": "ev_date",
    "litigation": "debt_date",
    "company": "est_date",
    "hpf": "open_date",
}
"""Date column by table that may be wrong; never part of a key, so that a correction supersedes the wrong row."""
_TWICE = {
    "company",
    "event",
    "hpf",
    "insurance",
    "query_feedback",
    "realty",
    "relation",
    "social",
    "veh_use",
    "vehicle",
}


def inject_faults(knobs: Knobs, seed: int, quarter: int, table: str, rows: pa.Table, deliveries: int) -> pa.Table:
    """One table of one quarter with duplicates, wrong dates and later corrections added."""
    rng = random_stream(seed, quarter, f"faults {table}")
    size = len(rows)
    parts = [rows]
    column = _DATED.get(table)
    if column is not None and size:
        right = rows[column].combine_chunks()
        wrong = (
            bernoulli(rng, knobs.number("faults.wrong_date"), size)
            & np.asarray(right.is_valid())
            & _is_only_version(table, rows)
        )
        shift = np.where(rng.random(size) < 0.6, -366, randint(rng, -120, -9, size))
        day = pc.add(right.cast(pa.int32()), pa.array(np.where(wrong, shift, 0).astype(np.int32)))
        parts[0] = rows.set_column(rows.schema.get_field_index(column), column, day.cast(pa.date32()))
        fixed = np.flatnonzero(wrong & bernoulli(rng, knobs.number("faults.corrected"), size))
        later = rows.take(pa.array(fixed))
        number = later["_delivery"].to_numpy() + randint(rng, 1, 4, len(fixed))
        later = later.set_column(0, "_delivery", pa.array(number.astype(np.int32)))
        parts.append(later.filter(pa.array(number < deliveries)))
    if table in _TWICE:
        parts.append(parts[0].take(pa.array(np.flatnonzero(bernoulli(rng, knobs.number("faults.duplicate"), size)))))
    return pa.concat_tables(parts)


def _is_only_version(table: str, rows: pa.Table) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Rows with a single version: correcting an event's first version late would undo its second one."""
    if table != "event":
        return np.ones(len(rows), dtype=bool)
    number = rows["event_id"].combine_chunks().dictionary_encode()
    codes = number.indices.to_numpy()
    return np.asarray(np.bincount(codes)[codes] == 1)


def draw_withdrawn_deliveries(knobs: Knobs, seed: int, deliveries: int) -> list[int]:
    """Draw the numbers of the deliveries that are withdrawn and delivered again."""
    rng = random_stream(seed, -1, "withdrawn")
    count = min(knobs.integer("faults.withdrawn"), max(0, deliveries - 6))
    return (
        sorted(int(number) for number in rng.choice(np.arange(3, deliveries - 2), size=count, replace=False))
        if count
        else []
    )


def with_wrong_values(table: str, rows: pa.Table) -> pa.Table:
    """The rows as in a delivery to be withdrawn: asset values a hundredfold too high."""
    for column in ("est_value", "market_value", "cash_value"):
        if column in rows.column_names:
            rows = rows.set_column(rows.schema.get_field_index(column), column, pc.multiply(rows[column], 100))
    return rows


__all__ = ["draw_withdrawn_deliveries", "inject_faults", "with_wrong_values"]
