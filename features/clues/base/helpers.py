"""Small parts that clues about registers and procedure share: citing rows, what is not sealed, telling absences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.rules import periods

if TYPE_CHECKING:
    from features.facts import Facts

COURT_LAG_DAYS = 15
"""Days from an act of the court to the row that tells of it (the event contract's own lag): an absence is only said
once the court's log was delivered that long after the day on which the act was due."""


def cite(*rids: Any) -> Any:
    """The source rows of a row: an int64 array without the NULLs."""
    return ibis.array([rid.cast("int64") for rid in rids]).filter(lambda rid: rid.notnull())


def text(first: Any, *parts: Any) -> Any:
    """Parts (columns or words) joined into one text; an unknown part is left out."""
    whole = ibis.coalesce(first, "")
    for part in parts:
        whole = whole + ibis.coalesce(part, "")
    return whole


def one_each(rows: ir.Table, keys: Sequence[str], order: Sequence[Any]) -> ir.Table:
    """One row per key, the first in the given order."""
    nth = ibis.row_number().over(group_by=[rows[key] for key in keys], order_by=list(order))
    return rows.mutate(nth=nth).filter(lambda t: t.nth == 0).drop("nth")


def not_controlled(f: Facts, things: ir.Table, asset: str, on: str) -> ir.Table:
    """Things on which no case held a seal, detention or freeze in force on the day of column `on`."""
    seal = f.seals.select("asset", "day", "until")
    return things.anti_join(seal, [things[asset] == seal.asset, seal.day <= things[on], seal.until >= things[on]])


def reaches(log_on: Any, due: Any) -> Any:
    """Whether a delivery of the court's log came late enough after a due day to show that nothing was done by then."""
    return ibis.coalesce(log_on >= due + ibis.interval(days=COURT_LAG_DAYS), False)


def searched(log_on: Any, what: str) -> Any:
    """Note of an absence: the table searched, its last delivery, what was not found."""
    return text("检索执行事件表（末次交接", log_on.cast("string"), "），", what)


def due(f: Facts, rows: ir.Table, id: str, on: str, name: str = "due") -> ir.Table:
    """Rows with the last day of a legal period as column `name`, rolled over days of rest.

    See `periods.with_due_date`.
    """
    found: ir.Table = periods.with_due_date(rows, f.rules, f.calendar, id, on, name)
    return found


def unsure(sure: Any) -> Any:
    """Words for a last day in a year whose statutory holidays are not known (column `due_sure`); else nothing."""
    return ibis.ifelse(sure, "", "（届满年份的法定休假日安排未收录，仅按周末顺延）")


def told_in_batch(rows: ir.Table, column: str) -> Any:
    """Whether the delivery of a row fills a column for at least one row: only then is a blank a blank."""
    return rows[column].notnull().any().over(group_by=rows.batch)
