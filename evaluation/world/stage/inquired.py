"""Whom a further source reaches: the first episode of each household, who was asked about, what an answer can show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base.chance import NEVER, Array, happens
from evaluation.world.population.holdings import Rows
from evaluation.world.population.inquiries import Pulls, hits, inquiries, matches, pulls_of
from evaluation.world.population.people import DEBTOR, FRIEND, KIN
from evaluation.world.stage.stage import Stage


@dataclass(frozen=True)
class Homes:
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

    def chance(self, stage: Stage, knob: str) -> Array:
        """Chance of an act by household: `knob.concealed` for those who conceal, `knob.other` for the rest."""
        return np.where(self.hides, stage.real(f"{knob}.concealed"), stage.real(f"{knob}.other"))

    def pick(self, mask: Array) -> Homes:
        """The households of a mask or of row numbers."""
        return Homes(**{name: getattr(self, name)[mask] for name in self.__dataclass_fields__})


def homes(stage: Stage) -> Homes:
    """The households whose first episode exists, in order of the docket."""
    docket, debts = stage.docket, stage.cohort.debts
    h, first = np.unique(docket.household[stage.episodes], return_index=True)
    row = stage.episodes[first]
    suit = docket.suit[row]
    return Homes(
        h, row, debts.debt[suit], debts.served[suit], docket.filed[row], docket.closed[row], stage.conceals(row)
    )


def split(rng: np.random.Generator, real: Array, honest: Array | float, size: int) -> tuple[Array, Array]:
    """Which rows do wrong and which only look like it; no row does both."""
    does = happens(rng, real, size)
    return does, ~does & happens(rng, honest, size)


def near(stage: Stage, rng: np.random.Generator, h: Array) -> Array:
    """Slot of someone close to each debtor: mostly the relative who would help, else a friend."""
    helper = stage.conduct.helper[h]
    helper = np.where(stage.cohort.people.present[h, helper], helper, FRIEND)
    return np.where(happens(rng, 0.12, len(h)), FRIEND, helper)


def relative(stage: Stage, rng: np.random.Generator, h: Array) -> Array:
    """Slot of any living relative of each debtor, evenly; a friend where there is none."""
    there = stage.cohort.people.present[h][:, list(KIN)]
    order = np.where(there, rng.random(there.shape), -1.0)
    best = order.argmax(axis=1)
    return np.where(there.any(axis=1), np.asarray(KIN)[best], FRIEND)


def turning(stage: Stage, rng: np.random.Generator, of: Homes, before: int = 60) -> Array:
    """Day on which somebody evades: around the conduct of those who conceal, else between service and the ending."""
    span = np.maximum(of.closed - of.served - 5, 1)
    other = of.served - before + (rng.random(len(of)) * (span + before)).astype(np.int64)
    act = stage.conduct.act[of.h]
    return np.asarray(np.where(of.hides & (act > of.served - before) & (act < of.closed), act, other))


def ready(stage: Stage) -> Array:
    """Day from which the office may ask about each household: its first ending, NEVER where it paid."""
    debts, first = stage.cohort.debts, stage.conduct.first
    return np.asarray(np.where(debts.otherwise[first], NEVER, debts.closed[first]))


def deliver(
    stage: Stage, table: str, label: str, tag: str, knob: str, rows: Rows, h: Array, day: Array, lag: int = 10
) -> Pulls:
    """Ask one source about the debtors; rows of the households asked come with the answer that follows their day.

    Args:
        table: contract of the rows. label, tag, knob: source, mark of its inquiries, knob of [coverage].
        h, day: household of each row and the day from which the source shows it.
    """
    pulls = pulls_of(stage.plan.knobs, stage.plan.seed, stage.quarter, knob, ready(stage))
    answers(stage, label, tag, pulls, attach(stage, table, rows, h, day, pulls, lag))
    return pulls


def attach(stage: Stage, table: str, rows: Rows, h: Array, day: Array, pulls: Pulls, lag: int = 10) -> Array:
    """Deliver each row with the first answer about its household that can show it; numbers of those answers."""
    pull, at = matches(pulls, h, np.full(len(h), DEBTOR), day, lag)
    pull, at = pull[pulls.slot[pull] == DEBTOR], at[pulls.slot[pull] == DEBTOR]
    order = np.lexsort((pulls.turn[pull], at))
    pull, at = pull[order], at[order]
    first = np.ones(len(at), dtype=bool)
    first[1:] = at[1:] != at[:-1]
    pull, at = pull[first], at[first]
    stage.spool.add(table, {name: column[at] for name, column in rows.items()}, pulls.answered[pull])
    return np.asarray(pull)


def answers(stage: Stage, label: str, tag: str, pulls: Pulls, pull: Array) -> None:
    """Write the inquiries of one source; `pull` numbers those that held records."""
    subject = stage.cohort.people.id_no[pulls.h, pulls.slot]
    stage.spool.add("inquiry", *inquiries(stage.quarter, label, tag, pulls, subject, hits(pulls, pull)))


def logged(stage: Stage, code: str, columns: tuple[str, ...]) -> tuple[Array, pa.Table]:
    """Events of one code written so far: docket row of each, and the columns asked for."""
    parts = [part for part in stage.spool.parts.get("event", []) if part.num_rows]
    names = ["case_no", "ev_code", *columns]
    whole = pa.concat_tables([part.select(names) for part in parts]).combine_chunks()
    found = whole.filter(pc.equal(whole["ev_code"], code))
    row = pc.index_in(found["case_no"], value_set=pa.array(stage.docket.case_no, pa.string())).combine_chunks()
    known = pc.is_valid(row)
    at = np.asarray(row.filter(known).to_numpy(zero_copy_only=False)).astype(np.int64)
    return at, found.filter(known).select(list(columns))


def deaths(stage: Stage) -> Array:
    """Per household, the day on which the register of deaths has the debtor die, NEVER where it has none."""
    people = stage.cohort.people
    died = np.full(len(people), NEVER)
    for part in stage.spool.parts.get("death", []):
        at = pc.index_in(part["person_id"], value_set=pa.array(people.id_no[:, DEBTOR], pa.string()))
        h = np.asarray(at.combine_chunks().fill_null(-1).to_numpy(zero_copy_only=False)).astype(np.int64)
        np.minimum.at(died, h[h >= 0], days_of(part["died_on"])[h >= 0])
    return died


def days_of(column: pa.ChunkedArray) -> Array:
    """Dates as days since 1970, NEVER where empty."""
    whole = column.cast(pa.int32()).combine_chunks()
    return np.asarray(whole.fill_null(NEVER).to_numpy(zero_copy_only=False)).astype(np.int64)


__all__ = [
    "Homes",
    "answers",
    "attach",
    "days_of",
    "deaths",
    "deliver",
    "homes",
    "logged",
    "near",
    "ready",
    "relative",
    "split",
    "turning",
]
