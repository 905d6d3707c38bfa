"""Query parts that compare a court's act with its legal period: the due day, whether it was late or never logged."""

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
    """Rows of a clue dated on the termination day (column zb_date) and without an amount; see `clue_rows`."""
    return clue_rows(rows, day="zb_date", amount=None, who=who, note=note, src=src)


def with_log(f: Facts, rows: ir.Table) -> ir.Table:
    """Keep rows whose episode the court's log covers, and add log_on, the day on which the log was last delivered."""
    return rows.join(f.court_reach.select("episode", "log_on"), "episode")


def with_log_or_none(f: Facts, rows: ir.Table) -> ir.Table:
    """Add log_on, the day on which the court's log was last delivered; NULL where it does not cover the episode."""
    return left_joined(rows, f.court_reach.select("episode", "log_on"), "episode")


def due(f: Facts, rows: ir.Table, id: str, on: str, name: str = "due") -> ir.Table:
    """Add the last day of a legal period as column `name`; a last day of rest moves to the next working day.

    See `periods.with_due_date`.
    """
    found: ir.Table = periods.with_due_date(rows, f.rules, f.calendar, id, on, name)
    return found


def holiday_caveat(sure: Any) -> Any:
    """Caveat (中文) for a due day in a year whose statutory holidays are unknown (`sure` is false); else ''."""
    return ibis.ifelse(sure, "", "（届满年份的法定休假日安排未收录，仅按周末顺延）")


def late_or_never(f: Facts, rows: ir.Table, done_on: Any, due: str = "due", open_: Any = None) -> Any:
    """Whether an act is dated after its last day (column `due`), or is missing from a log delivered after that day.

    Args:
        done_on: day of the act, NULL where no act is on record.
        open_: for which rows a NULL `done_on` means that nothing was done; None: for all.
    """
    never = (rows[due] < f.today) & log_covers(rows.log_on, rows[due])
    return ibis.coalesce(done_on > rows[due], never if open_ is None else never & open_)


def absence_note(log_on: Any, what: str) -> Any:
    """Note of an absence: the table searched, its last delivery, what was not found."""
    return text("检索执行事件表（末次交接", log_on.cast("string"), "），", what)


def done_or_absent(done_on: Any, done: str, log_on: Any, absent: str) -> Any:
    """Note for the reader: day and kind of the act, or, where it never happened, `absence_note`."""
    return ibis.coalesce(done_on.cast("string") + done, absence_note(log_on, absent))


def never_controlled(f: Facts, things: ir.Table, since: str) -> ir.Table:
    """Those things (column asset_id) on which no case held a seal begun by column `due` and in force on `since` or
    later."""
    seal = [f.seals.select("until", "day", thing=name) for name in ("asset", "asset_id")]
    sealed = ibis.union(*seal).rename(sealed_on="day")
    return things.anti_join(
        sealed, [things.asset_id == sealed.thing, sealed.sealed_on <= things.due, sealed.until >= things[since]]
    )
