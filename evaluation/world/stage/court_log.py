"""Read the court events written so far, and add events that the court delivers twice: when they begin, and again with
the day of their end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, NOTHING, Array
from evaluation.world.population.docket import Docket
from evaluation.world.population.spool import Spool
from evaluation.world.stage.stage import Stage

EventPart = tuple[Array, str, Array, dict[str, Array | str | int]]
"""Events of one code: (docket rows, event code, days, further columns by name)."""


@dataclass(frozen=True)
class CourtLog:
    """Events of the docket's cases, one row per event (its first version), in the order written.

    Attributes:
        table: the rows as written. row: docket row. code, asset, kind, result, subject: texts, empty for none.
        day, expires, ended: days, NEVER for none. amount: 分, NOTHING for none.
    """

    table: pa.Table
    row: Array
    code: Array
    asset: Array
    kind: Array
    result: Array
    subject: Array
    day: Array
    expires: Array
    ended: Array
    amount: Array

    def positions(self, *codes: str) -> Array:
        """Positions (row numbers of the log) of the events of some codes."""
        return np.flatnonzero(np.isin(self.code, codes))

    def first_days(self, code: str, size: int, subject: Array | None = None) -> Array:
        """(size,) day of the first event of a code by docket row, NEVER where none.

        `subject`: id number by docket row; where given, only events on that person count."""
        at = self.positions(code)
        if subject is not None:
            at = at[self.subject[at] == subject[self.row[at]]]
        day = np.full(size, NEVER)
        np.minimum.at(day, self.row[at], self.day[at])
        return day

    def first_days_on_asset(self, at: Array, row: Array, asset: Array) -> Array:
        """Day of the first event, among positions `at`, on each (docket row, asset id); NEVER where none."""
        key = ids.join(ids.digits(self.row[at], 1), ":", self.asset[at])
        wanted = ids.join(ids.digits(row, 1), ":", asset)
        known = pa.array(key, pa.string()).dictionary_encode()
        day = np.full(len(known.dictionary) + 1, NEVER)
        np.minimum.at(day, known.indices.to_numpy(), self.day[at])
        place = pc.fill_null(pc.index_in(pa.array(wanted, pa.string()), value_set=known.dictionary), len(day) - 1)
        return np.asarray(day[place.to_numpy()])


def read_log(spool: Spool, docket: Docket) -> CourtLog:
    """The events of the docket's cases that were written so far."""
    table = pa.concat_tables(spool.parts["event"], promote_options="default")
    row = pc.index_in(table["case_no"], value_set=pa.array(docket.case_no, pa.string()))
    number = table["event_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    _, opens = np.unique(number, return_index=True)
    here = np.sort(opens[row.is_valid().to_numpy()[opens]])
    table, row = table.take(pa.array(here)), row.take(pa.array(here))
    return CourtLog(
        table=table,
        row=row.to_numpy().astype(np.int64),
        code=_text_column(table, "ev_code"),
        asset=_text_column(table, "asset_id"),
        kind=_text_column(table, "asset_kind"),
        result=_text_column(table, "result"),
        subject=_text_column(table, "subject_id"),
        day=_int_column(table, "ev_date", NEVER),
        expires=_int_column(table, "expiry_date", NEVER),
        ended=_int_column(table, "end_date", NEVER),
        amount=_int_column(table, "amount", NOTHING),
    )


def _text_column(table: pa.Table, name: str) -> Array:
    return np.asarray(pc.fill_null(table[name], "").to_numpy(), dtype=object)


def _int_column(table: pa.Table, name: str, none: int) -> Array:
    column = table[name]
    column = column.cast(pa.int32()) if pa.types.is_date(column.type) else column
    return np.asarray(pc.fill_null(column, none).to_numpy().astype(np.int64))


def end_events(stage: Stage, log: CourtLog, at: Array, day: Array, words: dict[str, str] | None = None) -> None:
    """Add a second version of the events at positions `at`: ended on `day`, with the text columns `words` replaced."""
    rows = log.table.take(pa.array(at))
    for name, word in (words or {}).items():
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, name, pa.array([word] * len(rows), pa.string()))
    _add_ended_versions(stage, rows, day)


def write_events(stage: Stage, tag: str, parts: list[EventPart], opening: str) -> None:
    """Add events; one with an `end_date` is first delivered without it, with the result `opening`.

    The version with the end is delivered once the event has ended, so that no delivery knows the future.
    """
    rows = [part for part in parts if len(part[0])]
    if not rows:
        return
    lag, calendar = stage.plan.knobs.integer("calendar.court_lag_days"), stage.spool.calendar
    first, ended = [], []
    for row, code, day, more in rows:
        until = np.broadcast_to(np.asarray(more.get("end_date", NEVER)), row.shape)
        later = calendar.delivery_of(until + lag) > calendar.delivery_of(np.asarray(day) + lag)
        first.append((row, code, day, _without_end(more, later & (until < NEVER), opening)))
        ended.append(np.where(later, until, NEVER))
    stage.add_events(tag, first)
    day, until = np.concatenate([np.asarray(part[2]) for part in rows]), np.concatenate(ended)
    delivered = calendar.delivery_of(day + lag) < len(calendar.deliveries)
    result = [np.broadcast_to(np.asarray(part[3].get("result", ""), dtype=object), part[0].shape) for part in rows]
    at = np.flatnonzero(until[delivered] < NEVER)
    table = stage.spool.parts["event"][-1].take(pa.array(at))
    words = pa.array(np.concatenate(result)[delivered][at], pa.string())
    table = table.set_column(table.schema.get_field_index("result"), "result", words)
    _add_ended_versions(stage, table, until[delivered][at])


def _without_end(more: dict[str, Array | str | int], open_: Array, opening: str) -> dict[str, Array | str | int]:
    """Columns of the first version: no `end_date`, and `opening` as result, where `open_`."""
    if "end_date" not in more:
        return more
    result = np.where(open_, opening, np.asarray(more.get("result", ""), dtype=object)).astype(object)
    return {**more, "end_date": np.where(open_, NEVER, np.asarray(more["end_date"])), "result": result}


def _add_ended_versions(stage: Stage, rows: pa.Table, day: Array) -> None:
    """Add the rows again with `end_date` = `day`, in the first delivery after both that day and the first version."""
    calendar = stage.spool.calendar
    number = calendar.delivery_of(day + stage.plan.knobs.integer("calendar.court_lag_days"))
    number = np.maximum(number, rows["_delivery"].to_numpy() + 1)
    keep = np.flatnonzero(number < len(calendar.deliveries))
    if not len(keep):
        return
    rows = rows.take(pa.array(keep))
    brought = number[keep].astype(np.int32)
    ended = pa.array(day[keep].astype(np.int32)).cast(pa.date32())
    rows = rows.set_column(rows.schema.get_field_index("end_date"), "end_date", ended)
    stage.spool.add_arrow(
        "event", rows.set_column(rows.schema.get_field_index("_delivery"), "_delivery", pa.array(brought))
    )


__all__ = ["CourtLog", "EventPart", "end_events", "read_log", "write_events"]
