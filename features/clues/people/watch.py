"""Clues on cases that another authority put on a watch list (政法委、上级院 …; docs/domain.md section 6.29).

The clues are of channel B and have no features, so that nothing of the list reaches the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Register
from features.clues.base.helpers import clue_rows, text

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("watch", "重点关注清单", __file__)


def _listed(f: Facts) -> ir.Table:
    """Entries in force beside every episode of their case's chain, with case_rid."""
    entry = f.watch_entries.join(f.chains, "case_no")
    case = f.episodes.select("episode", "chain", case_rid="rid")
    return entry.join(case, entry.chain == case.chain)


def _note(rows: ir.Table, *more: Any) -> Any:
    asked = ibis.coalesce("，要求：" + rows.demand, "")
    return text(rows.reason, "，清单", rows.list_no, "，列入", rows.days, "天", *more, asked)


@family.clue("WATCH01", kind="finding", channel="B", risk=0)
def on_watch_list(f: Facts) -> ir.Table:
    """Entries of watch lists in force on the day, of any case of the chain."""
    rows = _listed(f)
    until = ibis.coalesce("，关注至" + rows.until.cast("string"), "")
    return clue_rows(
        rows,
        day="listed_on",
        amount=None,
        who=ibis.coalesce(rows.from_unit, rows.reason),
        note=_note(rows, until),
        src=("rid", "case_rid"),
    )


@family.clue("WATCH02", kind="finding", channel="B", risk=0)
def watch_runs_out(f: Facts) -> ir.Table:
    """Entries whose last day is today or at most some days ahead."""
    rows = _listed(f)
    left = rows.until.delta(f.today, unit="day")
    rows = rows.mutate(left=left).filter(lambda t: t.left <= f.threshold("WATCH02-DAYS"))
    return clue_rows(
        rows,
        day="listed_on",
        amount=None,
        who=ibis.coalesce(rows.from_unit, rows.reason),
        note=_note(rows, "，关注至", rows.until.cast("string"), "，余", rows.left.cast("string"), "天"),
        src=("rid", "case_rid"),
    )
