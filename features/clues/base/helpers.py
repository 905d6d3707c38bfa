"""Query parts that many clues share: notes and labels for readers, what no seal holds, absences in the court's log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.facts.case.coverage import log_covers
from features.facts.rows import left_joined, row_ids
from features.rules import periods

if TYPE_CHECKING:
    from features.facts import Facts


def clue_rows(
    rows: ir.Table,
    *names: str,
    day: Any = "day",
    amount: Any = "amount",
    who: Any,
    note: Any,
    src: Any = "rid",
    **columns: Any,
) -> ir.Table:
    """The rows of a clue: episode, day, amount (分), who, note and src (row ids), then the columns its features read.

    Each is the name of a column of `rows` or an expression over it; `src` is the name of a column of row ids, several
    such names, or an array of row ids. With amount None no money is meant, with who None there is no other party.

    Args:
        names, columns: what the features read, by its name in `rows` or under a new one.
    """
    amount = no_amount() if amount is None else amount
    who = nobody() if who is None else who
    cited = (src,) if isinstance(src, str) else src
    src = row_ids(*(rows[name] for name in cited)) if isinstance(cited, tuple) else cited
    return rows.select("episode", *names, day=day, amount=amount, who=who, note=note, src=src, **columns)


def rows_at_termination(rows: ir.Table, who: str, note: Any, *src: str) -> ir.Table:
    """Rows of a clue about the termination day (column zb_date), in which no money is meant; see `clue_rows`."""
    return clue_rows(rows, day="zb_date", amount=None, who=who, note=note, src=src)


def with_log(f: Facts, rows: ir.Table) -> ir.Table:
    """Rows of the episodes that stand in the court's log, with its last delivery (log_on)."""
    return rows.join(f.registers.select("episode", "log_on"), "episode")


def with_log_or_none(f: Facts, rows: ir.Table) -> ir.Table:
    """Rows with the last delivery of the court's log (log_on), NULL for episodes that do not stand in it."""
    return left_joined(rows, f.registers.select("episode", "log_on"), "episode")


def late_or_never(f: Facts, rows: ir.Table, done_on: Any, due: str = "due", open_: Any = True) -> Any:
    """Whether an act came after its last day (column `due`) or, by a log delivered late enough, not at all.

    Args:
        done_on: day of the act, NULL where it is not known to have happened.
        open_: whether a missing day means that nothing was done.
    """
    never = (rows[due] < f.today) & log_covers(rows.log_on, rows[due]) & open_
    return ibis.coalesce(done_on > rows[due], never)


def done_or_absent(done_on: Any, done: str, log_on: Any, absent: str) -> Any:
    """Note of an act: its day and what was done, or that the log holds no such act (see `absence_note`)."""
    return ibis.coalesce(done_on.cast("string") + done, absence_note(log_on, absent))


def words_that_hold(conditions: Mapping[str, Any]) -> Any:
    """The words whose condition holds, joined by 、; "" where none does."""
    words = text("", *(ibis.ifelse(holds, f"{word}、", "") for word, holds in conditions.items()))
    return words.re_replace("、$", "")


def no_amount() -> Any:
    """The amount of a row in which no money is meant."""
    return ibis.literal(None, type="int64")


def nobody() -> Any:
    """The other party of a row that has none."""
    return ibis.literal(None, type="string")


def no_rids() -> Any:
    """A list of no row ids."""
    return ibis.literal([], type="array<int64>")


def rids_or_none(rids: ir.ArrayValue) -> ir.ArrayValue:
    """A list of row ids that an outer join may have left NULL, as a list that may be empty."""
    return ibis.coalesce(rids, no_rids())


def whole_yuan(fen: Any) -> Any:
    """Whole 元 as text from 分, without the unit."""
    return (fen // 100).cast("string")


def month_number(day: Any) -> Any:
    """The month of a date as a running number: months differ by one from one to the next."""
    return day.year() * 12 + day.month()


def asset_label(rows: ir.Table) -> Any:
    """Kind and identifier of an asset (columns asset_kind, asset_id), as a reader is shown it."""
    return text(rows.asset_kind, " ", rows.asset_id)


def text(first: Any, *parts: Any) -> Any:
    """Parts (words, or columns of any type) joined into one text; an unknown part is left out."""
    whole = _known_text(first)
    for part in parts:
        whole = whole + _known_text(part)
    return whole


def _known_text(part: Any) -> Any:
    return ibis.coalesce(part if isinstance(part, str) else part.cast("string"), "")


def not_controlled(f: Facts, things: ir.Table, asset: str, on: str) -> ir.Table:
    """Things on which no case held a seal, detention or freeze in force on the day of column `on`."""
    seal = f.seals.select("asset", "day", "until")
    return things.anti_join(seal, [things[asset] == seal.asset, seal.day <= things[on], seal.until >= things[on]])


def absence_note(log_on: Any, what: str) -> Any:
    """Note of an absence: the table searched, its last delivery, what was not found."""
    return text("检索执行事件表（末次交接", log_on.cast("string"), "），", what)


def never_controlled(f: Facts, found: ir.Table, since: str) -> ir.Table:
    """Things found (column asset_id) on which no case held a seal begun by column `due` and in force on `since` or
    later."""
    seal = [f.seals.select("until", "day", thing=name) for name in ("asset", "asset_id")]
    held = ibis.union(*seal).select("thing", held_from="day", held_to="until")
    return found.anti_join(
        held, [found.asset_id == held.thing, held.held_from <= found.due, held.held_to >= found[since]]
    )


def due(f: Facts, rows: ir.Table, id: str, on: str, name: str = "due") -> ir.Table:
    """Rows with the last day of a legal period as column `name`, rolled over days of rest.

    See `periods.with_due_date`.
    """
    found: ir.Table = periods.with_due_date(rows, f.rules, f.calendar, id, on, name)
    return found


def holiday_caveat(sure: Any) -> Any:
    """Words for a last day in a year whose statutory holidays are not known (column `due_sure`); else nothing."""
    return ibis.ifelse(sure, "", "（届满年份的法定休假日安排未收录，仅按周末顺延）")


def filled_in_batch(rows: ir.Table, column: str) -> Any:
    """Whether the delivery of a row fills a column for at least one row: only then is a blank a blank."""
    return rows[column].notnull().any().over(group_by=rows.batch)
