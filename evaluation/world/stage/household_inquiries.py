"""Shared by register scenarios: households with a terminated case, inquiries about them, rows delivered as answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base.chance import NEVER, Array, bernoulli
from evaluation.world.base.table import ArrayTable
from evaluation.world.population.holdings import Rows, take_rows
from evaluation.world.population.inquiries import Inquiries, draw_inquiries, has_records, inquiry_rows, match_rows
from evaluation.world.population.people import DEBTOR, FRIEND, KIN
from evaluation.world.stage.stage import Stage


@dataclass(frozen=True)
class Households(ArrayTable):
    """Households whose first terminated case exists, one row each.

    Attributes:
        h: household number. row: docket row of its first episode.
        debt, served, filed, closed: days of the debt, the service of the suit, the filing and the termination.
        hides: the debtor conceals property and leaves traces.
    """

    h: Array
    row: Array
    debt: Array
    served: Array
    filed: Array
    closed: Array
    hides: Array

    def act_chance(self, stage: Stage, knob: str) -> Array:
        """Chance of an act by household: knob `<knob>.concealed` for those who conceal, `<knob>.other` for the rest."""
        return np.where(self.hides, stage.knob(f"{knob}.concealed"), stage.knob(f"{knob}.other"))


def households_of(stage: Stage) -> Households:
    """The households whose first episode exists, by household number."""
    docket, debts = stage.docket, stage.cohort.debts
    h, first = np.unique(docket.household[stage.episodes], return_index=True)
    row = stage.episodes[first]
    suit = docket.suit[row]
    return Households(
        h, row, debts.debt[suit], debts.served[suit], docket.filed[row], docket.closed[row], stage.conceals(row)
    )


def draw_real_and_look_alike(
    rng: np.random.Generator, real: Array, honest: Array | float, size: int
) -> tuple[Array, Array]:
    """(real, look-alike) flags drawn with two chances; no row has both."""
    does = bernoulli(rng, real, size)
    return does, ~does & bernoulli(rng, honest, size)


def close_person(stage: Stage, rng: np.random.Generator, h: Array) -> Array:
    """Slot of someone close to each debtor: mostly the helping relative, else a friend."""
    helper = stage.helper_or_friend(h)
    return np.where(bernoulli(rng, 0.12, len(h)), FRIEND, helper)


def any_relative(stage: Stage, rng: np.random.Generator, h: Array) -> Array:
    """Slot of a relative of each debtor, drawn evenly; a friend where there is none."""
    there = stage.cohort.people.present[h][:, list(KIN)]
    order = np.where(there, rng.random(there.shape), -1.0)
    best = order.argmax(axis=1)
    return np.where(there.any(axis=1), np.asarray(KIN)[best], FRIEND)


def evasion_day(stage: Stage, rng: np.random.Generator, of: Households, before: int = 60) -> Array:
    """Day of an evasive act: the day of conduct of those who conceal, else random between service and termination."""
    span = np.maximum(of.closed - of.served - 5, 1)
    other = of.served - before + (rng.random(len(of)) * (span + before)).astype(np.int64)
    act = stage.conduct.act[of.h]
    return np.asarray(np.where(of.hides & (act > of.served - before) & (act < of.closed), act, other))


def first_inquiry_day(stage: Stage) -> Array:
    """(households,) day from which an office may inquire: first termination, NEVER where the case ended otherwise."""
    debts, first = stage.cohort.debts, stage.conduct.first
    return np.asarray(np.where(debts.otherwise[first], NEVER, debts.closed[first]))


def inquire_and_deliver(
    stage: Stage, table: str, label: str, tag: str, knob: str, rows: Rows, h: Array, day: Array, lag: int = 10
) -> Inquiries:
    """Inquire of one source about the debtors and deliver its rows with the first answer that can show them.

    Args:
        table: name of the rows' contract. label: source. tag: prefix of inquiry numbers. knob: of section [coverage].
        h, day: household of each row, and the day since which the source holds it. lag: days from then to its showing.
    """
    inquiries = draw_inquiries(stage.plan.knobs, stage.plan.seed, stage.quarter, knob, first_inquiry_day(stage))
    write_inquiries(stage, label, tag, inquiries, deliver_with_answers(stage, table, rows, h, day, inquiries, lag))
    return inquiries


def deliver_with_answers(
    stage: Stage, table: str, rows: Rows, h: Array, day: Array, inquiries: Inquiries, lag: int = 10
) -> Array:
    """Deliver each row with the first answer about its household that can show it; returns rows of `inquiries`."""
    inquiry, at = match_rows(inquiries, h, np.full(len(h), DEBTOR), day, lag)
    inquiry, at = inquiry[inquiries.slot[inquiry] == DEBTOR], at[inquiries.slot[inquiry] == DEBTOR]
    order = np.lexsort((inquiries.round[inquiry], at))
    inquiry, at = inquiry[order], at[order]
    first = np.ones(len(at), dtype=bool)
    first[1:] = at[1:] != at[:-1]
    inquiry, at = inquiry[first], at[first]
    stage.spool.add(table, take_rows(rows, at), inquiries.answered[inquiry])
    return np.asarray(inquiry)


def write_inquiries(stage: Stage, label: str, tag: str, inquiries: Inquiries, inquiry: Array) -> None:
    """Write the inquiries of one source; `inquiry` holds the row numbers of those with records."""
    subject = stage.cohort.people.id_no[inquiries.h, inquiries.slot]
    stage.spool.add(
        "inquiry", *inquiry_rows(stage.quarter, label, tag, inquiries, subject, has_records(inquiries, inquiry))
    )


def logged_events(stage: Stage, code: str, columns: tuple[str, ...]) -> tuple[Array, pa.Table]:
    """(docket row, columns asked for) of the events of one code spooled so far."""
    parts = [part for part in stage.spool.parts.get("event", []) if part.num_rows]
    names = ["case_no", "ev_code", *columns]
    whole = pa.concat_tables([part.select(names) for part in parts]).combine_chunks()
    events = whole.filter(pc.equal(whole["ev_code"], code))
    row = pc.index_in(events["case_no"], value_set=pa.array(stage.docket.case_no, pa.string())).combine_chunks()
    known = pc.is_valid(row)
    at = np.asarray(row.filter(known).to_numpy(zero_copy_only=False)).astype(np.int64)
    return at, events.filter(known).select(list(columns))


def registered_death_days(stage: Stage) -> Array:
    """(households,) day of the debtor's death in the delivered register of deaths, NEVER where none."""
    people = stage.cohort.people
    died = np.full(len(people), NEVER)
    for part in stage.spool.parts.get("death", []):
        at = pc.index_in(part["person_id"], value_set=pa.array(people.id_no[:, DEBTOR], pa.string()))
        h = np.asarray(at.combine_chunks().fill_null(-1).to_numpy(zero_copy_only=False)).astype(np.int64)
        np.minimum.at(died, h[h >= 0], date_column_days(part["died_on"])[h >= 0])
    return died


def date_column_days(column: pa.ChunkedArray) -> Array:
    """A date column as days since 1970, NEVER where null."""
    whole = column.cast(pa.int32()).combine_chunks()
    return np.asarray(whole.fill_null(NEVER).to_numpy(zero_copy_only=False)).astype(np.int64)


__all__ = [
    "Households",
    "any_relative",
    "close_person",
    "date_column_days",
    "deliver_with_answers",
    "draw_real_and_look_alike",
    "evasion_day",
    "first_inquiry_day",
    "households_of",
    "inquire_and_deliver",
    "logged_events",
    "registered_death_days",
    "write_inquiries",
]
