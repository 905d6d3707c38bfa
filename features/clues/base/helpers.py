"""Query parts that many clues share: the columns of their rows, notes and labels for readers, things under no seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.facts.rows import row_ids

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


def words_that_hold(conditions: Mapping[str, Any]) -> Any:
    """The words (中文) whose condition is true for a row, joined by 、; "" where none is."""
    words = text("", *(ibis.ifelse(holds, f"{word}、", "") for word, holds in conditions.items()))
    return words.re_replace("、$", "")


def register_rows(
    rows: ir.Table, day: str, note: Any, *src: str, amount: Any = "net", who: str = "label", **columns: Any
) -> ir.Table:
    """Rows of a clue about entries of a register, shown with net value and label where nothing else is named; see
    `clue_rows`. Without `src` an entry cites itself."""
    return clue_rows(rows, day=day, amount=amount, who=who, note=note, src=src or "rid", **columns)


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
    """An array of row ids, with NULL (left by an outer join) replaced by an empty array."""
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


SEPARATORS = ("，", "；", "：", "、")
"""Words that stand between two parts of a text and never alone."""


def text(first: Any, *parts: Any) -> Any:
    """Parts (words, or columns of any type) joined into one text; an unknown part is left out.

    A part that is one of `SEPARATORS` is written only where something stands before it and something between it and the
    next one: a note whose first words are unknown does not begin with a comma.
    """
    whole: Any = None
    before: list[Any] = []
    for separator, run in _runs((first, *parts)):
        said = _concatenated(run)
        if separator and not (_is_said(before) and _is_said(run)):
            held = ibis.literal(True) if _is_said(before) else _concatenated(before) != ""
            held = held if _is_said(run) else held & (said != "")
            said = ibis.ifelse(held, separator, "") + said
        elif separator:
            said = ibis.literal(separator) + said
        whole = said if whole is None else whole + said
        before += run
    return whole


def _runs(parts: Sequence[Any]) -> list[tuple[str, list[Any]]]:
    """Split the parts at the separators: (separator before, parts of the run)."""
    found: list[tuple[str, list[Any]]] = [("", [])]
    for part in parts:
        if isinstance(part, str) and part in SEPARATORS:
            found.append((part, []))
        else:
            found[-1][1].append(part)
    return found


def _is_said(parts: Sequence[Any]) -> bool:
    """Whether parts give text in every row, because one of them is a constant and not a column that may be NULL."""
    return any(isinstance(part, str) and part for part in parts)


def _concatenated(parts: Sequence[Any]) -> Any:
    whole: Any = None
    for part in parts or ("",):
        known = ibis.coalesce(part if isinstance(part, str) else part.cast("string"), "")
        whole = known if whole is None else whole + known
    return whole


def not_controlled(f: Facts, things: ir.Table, asset: str, on: str) -> ir.Table:
    """Things on which no case held a seal, detention or freeze in force on the day of column `on`."""
    seal = f.seals.select("asset", "day", "until")
    return things.anti_join(seal, [things[asset] == seal.asset, seal.day <= things[on], seal.until >= things[on]])


def filled_in_batch(rows: ir.Table, column: str) -> Any:
    """Whether any row of the same delivery (batch) has a value in the column: only then is a blank a statement."""
    return rows[column].notnull().any().over(group_by=rows.batch)
