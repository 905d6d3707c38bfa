"""Query parts that facts share: first row per key, left joins, rows up to the day of the cut, arrays of row ids."""

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


def row_id_at(rows: ir.Table, day: str, *, last: bool = False, where: Any = None) -> Any:
    """Row id (column rid) of the earliest row by a day, or of the last; of equal days the smaller id is the earlier.

    Args:
        where: the rows that count; those whose day is unknown must not.
    """
    order = ibis.struct({"day": rows[day], "rid": rows.rid})
    return rows.rid.argmax(order, where=where) if last else rows.rid.argmin(order, where=where)


def left_joined(rows: ir.Table, other: ir.Table, *keys: str) -> ir.Table:
    """Left join on key columns of the same names; the key columns appear once in the result."""
    return rows.left_join(other, keys).drop(*(f"{key}_right" for key in keys))


def rows_until_today(cut: Cut, table: str, day: str) -> ir.Table:
    """Rows of a source table whose day (its column `day`) is not after the day of the cut."""
    rows = cut.table(table)
    return rows.filter(rows[day] <= cut.today)


def in_force(day: Any, first: Any, end: Any) -> Any:
    """Whether first <= day < end; an end that is NULL is open."""
    return (day >= first) & (end.isnull() | (day < end))


def if_happened(cut: Cut, day: ir.DateValue) -> ir.DateValue:
    """The date, or NULL where it is after the day of the cut: a delivery may name days still to come."""
    return ibis.ifelse(day <= cut.today, day, None)


def row_ids(*rids: Any) -> Any:
    """Array (int64) of the row ids in these columns, NULLs dropped."""
    return ibis.array([rid.cast("int64") for rid in rids]).filter(lambda rid: rid.notnull())
