"""Whom a further source reaches: the first episode of each household, who was asked about, what an answer can show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base.chance import NEVER, Array, bernoulli
from evaluation.world.population.holdings import Rows
from evaluation.world.population.inquiries import Inquiries, draw_inquiries, has_records, inquiry_rows, match_rows
from evaluation.world.population.people import DEBTOR, FRIEND, KIN
from evaluation.world.stage.stage import Stage


@dataclass(frozen=True)
class Households:
    """Households with a terminated first case that exists, one row each.

    Attributes:
        h: number of the household. row: docket row of its first episode.
        served, filed, closed, debt: days of the suit and of the enforcement. hides: conceals and leaves traces.
    """

    h: Array
    row: Array
    debt: Array
    served: Array
    filed: Array
    closed: Array
    hides: Array

    def __len__(self) -> int:
        return len(self.h)

    def act_chance(self, stage: Stage, knob: str) -> Array:
        """Chance of an act by household: `knob.concealed` for those who conceal, `knob.other` for the rest."""
        return np.where(self.hides, stage.knob(f"{knob}.concealed"), stage.knob(f"{knob}.other"))

    def select(self, mask: Array) -> Households:
        """The households of a mask or of row numbers."""
        return Households(**{name: getattr(self, name)[mask] for name in self.__dataclass_fields__})


def households_of(stage: Stage) -> Households:
    """The households whose first episode exists, in order of the docket."""
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
    """Which rows do wrong and which only look like it; no row does both."""
    does = bernoulli(rng, real, size)
    return does, ~does & bernoulli(rng, honest, size)


def close_person(stage: Stage, rng: np.random.Generator, h: Array) -> Array:
    """Slot of someone close to each debtor: mostly the relative who would help, else a friend."""
    helper = stage.conduct.helper[h]
    helper = np.where(stage.cohort.people.present[h, helper], helper, FRIEND)
    return np.where(bernoulli(rng, 0.12, len(h)), FRIEND, helper)


def any_relative(stage: Stage, rng: np.random.Generator, h: Array) -> Array:
    """Slot of any living relative of each debtor, evenly; a friend where there is none."""
    there = stage.cohort.people.present[h][:, list(KIN)]
    order = np.where(there, rng.random(there.shape), -1.0)
    best = order.argmax(axis=1)
    return np.where(there.any(axis=1), np.asarray(KIN)[best], FRIEND)


def evasion_day(stage: Stage, rng: np.random.Generator, of: Households, before: int = 60) -> Array:
    """Day on which somebody evades: around the conduct of those who conceal, else between service and the ending."""
    span = np.maximum(of.closed - of.served - 5, 1)
    other = of.served - before + (rng.random(len(of)) * (span + before)).astype(np.int64)
    act = stage.conduct.act[of.h]
    return np.asarray(np.where(of.hides & (act > of.served - before) & (act < of.closed), act, other))


def first_inquiry_day(stage: Stage) -> Array:
    """Day from which the office may ask about each household: its first ending, NEVER where it paid."""
    debts, first = stage.cohort.debts, stage.conduct.first
    return np.asarray(np.where(debts.otherwise[first], NEVER, debts.closed[first]))


def inquire_and_deliver(
    stage: Stage, table: str, label: str, tag: str, knob: str, rows: Rows, h: Array, day: Array, lag: int = 10
) -> Inquiries:
    """Ask one source about the debtors; rows of the households asked come with the answer that follows their day.

    Args:
        table: contract of the rows. label, tag, knob: source, mark of its inquiries, knob of [coverage].
        h, day: household of each row and the day from which the source shows it.
    """
    pulls = draw_inquiries(stage.plan.knobs, stage.plan.seed, stage.quarter, knob, first_inquiry_day(stage))
    write_inquiries(stage, label, tag, pulls, deliver_with_answers(stage, table, rows, h, day, pulls, lag))
    return pulls


def deliver_with_answers(
    stage: Stage, table: str, rows: Rows, h: Array, day: Array, pulls: Inquiries, lag: int = 10
) -> Array:
    """Deliver each row with the first answer about its household that can show it; numbers of those answers."""
    pull, at = match_rows(pulls, h, np.full(len(h), DEBTOR), day, lag)
    pull, at = pull[pulls.slot[pull] == DEBTOR], at[pulls.slot[pull] == DEBTOR]
    order = np.lexsort((pulls.round[pull], at))
    pull, at = pull[order], at[order]
    first = np.ones(len(at), dtype=bool)
    first[1:] = at[1:] != at[:-1]
    pull, at = pull[first], at[first]
    stage.spool.add(table, {name: column[at] for name, column in rows.items()}, pulls.answered[pull])
    return np.asarray(pull)


def write_inquiries(stage: Stage, label: str, tag: str, pulls: Inquiries, pull: Array) -> None:
    """Write the inquiries of one source; `pull` numbers those that held records."""
    subject = stage.cohort.people.id_no[pulls.h, pulls.slot]
    stage.spool.add("inquiry", *inquiry_rows(stage.quarter, label, tag, pulls, subject, has_records(pulls, pull)))


def logged_events(stage: Stage, code: str, columns: tuple[str, ...]) -> tuple[Array, pa.Table]:
    """Events of one code written so far: docket row of each, and the columns asked for."""
    parts = [part for part in stage.spool.parts.get("event", []) if part.num_rows]
    names = ["case_no", "ev_code", *columns]
    whole = pa.concat_tables([part.select(names) for part in parts]).combine_chunks()
    found = whole.filter(pc.equal(whole["ev_code"], code))
    row = pc.index_in(found["case_no"], value_set=pa.array(stage.docket.case_no, pa.string())).combine_chunks()
    known = pc.is_valid(row)
    at = np.asarray(row.filter(known).to_numpy(zero_copy_only=False)).astype(np.int64)
    return at, found.filter(known).select(list(columns))


def registered_death_days(stage: Stage) -> Array:
    """Per household, the day on which the register of deaths has the debtor die, NEVER where it has none."""
    people = stage.cohort.people
    died = np.full(len(people), NEVER)
    for part in stage.spool.parts.get("death", []):
        at = pc.index_in(part["person_id"], value_set=pa.array(people.id_no[:, DEBTOR], pa.string()))
        h = np.asarray(at.combine_chunks().fill_null(-1).to_numpy(zero_copy_only=False)).astype(np.int64)
        np.minimum.at(died, h[h >= 0], date_column_days(part["died_on"])[h >= 0])
    return died


def date_column_days(column: pa.ChunkedArray) -> Array:
    """Dates as days since 1970, NEVER where empty."""
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
