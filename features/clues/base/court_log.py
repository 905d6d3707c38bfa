"""What the court's log says of an act: due by a legal period, done late, or not found in a log delivered since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.helpers import clue_rows, text
from features.facts.case.coverage import log_covers
from features.facts.rows import left_joined
from features.rules import periods

if TYPE_CHECKING:
    from features.facts import Facts


def rows_at_termination(rows: ir.Table, who: str, note: Any, *src: str) -> ir.Table:
    """Rows of a clue about the termination day (column zb_date), in which no money is meant; see `clue_rows`."""
    return clue_rows(rows, day="zb_date", amount=None, who=who, note=note, src=src)


def with_log(f: Facts, rows: ir.Table) -> ir.Table:
    """Rows of the episodes that stand in the court's log, with its last delivery (log_on)."""
    return rows.join(f.registers.select("episode", "log_on"), "episode")


def with_log_or_none(f: Facts, rows: ir.Table) -> ir.Table:
    """Rows with the last delivery of the court's log (log_on), NULL for episodes that do not stand in it."""
    return left_joined(rows, f.registers.select("episode", "log_on"), "episode")


def due(f: Facts, rows: ir.Table, id: str, on: str, name: str = "due") -> ir.Table:
    """Rows with the last day of a legal period as column `name`, rolled over days of rest.

    See `periods.with_due_date`.
    """
    found: ir.Table = periods.with_due_date(rows, f.rules, f.calendar, id, on, name)
    return found


def holiday_caveat(sure: Any) -> Any:
    """Words for a last day in a year whose statutory holidays are not known (column `due_sure`); else nothing."""
    return ibis.ifelse(sure, "", "（届满年份的法定休假日安排未收录，仅按周末顺延）")


def late_or_never(f: Facts, rows: ir.Table, done_on: Any, due: str = "due", open_: Any = None) -> Any:
    """Whether an act is dated after its last day (column `due`), or is missing from a log delivered after that day.

    Args:
        done_on: day of the act, NULL where it is not known to have happened.
        open_: whether a missing day means that nothing was done; None: it always does.
    """
    never = (rows[due] < f.today) & log_covers(rows.log_on, rows[due])
    return ibis.coalesce(done_on > rows[due], never if open_ is None else never & open_)


def absence_note(log_on: Any, what: str) -> Any:
    """Note of an absence: the table searched, its last delivery, what was not found."""
    return text("检索执行事件表（末次交接", log_on.cast("string"), "），", what)


def done_or_absent(done_on: Any, done: str, log_on: Any, absent: str) -> Any:
    """Note of an act: its day and what was done, or that the log holds no such act (see `absence_note`)."""
    return ibis.coalesce(done_on.cast("string") + done, absence_note(log_on, absent))


def never_controlled(f: Facts, things: ir.Table, since: str) -> ir.Table:
    """Those things (column asset_id) on which no case held a seal begun by column `due` and in force on `since` or
    later."""
    seal = [f.seals.select("until", "day", thing=name) for name in ("asset", "asset_id")]
    sealed = ibis.union(*seal).rename(sealed_on="day")
    return things.anti_join(
        sealed, [things.asset_id == sealed.thing, sealed.sealed_on <= things.due, sealed.until >= things[since]]
    )
