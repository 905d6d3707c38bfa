"""Parts of queries that many facts share: one row per key, what had happened by the day, row ids as an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from features.pool.pool import Cut


def first_per_key(rows: ir.Table, keys: Sequence[str], *order: ir.Value) -> ir.Table:
    """One row per value of the key columns: the first in the given order."""
    nth = ibis.row_number().over(group_by=[rows[key] for key in keys], order_by=list(order))
    return rows.mutate(nth=nth).filter(lambda t: t.nth == 0).drop("nth")


def if_happened(cut: Cut, day: ir.DateValue) -> ir.DateValue:
    """The day where it is not after the day of the cut, else NULL: a delivery may name days that lie ahead."""
    return ibis.ifelse(day <= cut.today, day, None)


def row_ids(*rids: Any) -> Any:
    """The source rows of a row: an int64 array without the NULLs."""
    return ibis.array([rid.cast("int64") for rid in rids]).filter(lambda rid: rid.notnull())
