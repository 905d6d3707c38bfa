"""People as an old register records them: with a 15-digit number from before 1999, or a former name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import Array, bernoulli
from evaluation.world.population.people import People
from evaluation.world.stage.stage import Stage


def short_number(number: Array) -> Array:
    """Citizen numbers of 18 digits as they were before 1999: without the century and the check digit (GB 11643)."""
    return np.asarray([one[:6] + one[8:17] if one[6:8] == "19" else one for one in number], dtype=object)


def people_as_registered(stage: Stage, register: str) -> People:
    """The people of the quarter with the numbers and names that one register has on record.

    The same people have an old number or a former name in every answer of the register. An old number leads to the new
    one; a former name comes with the right number.
    """
    rng = stage.rng(f"aliases {register}")
    people = stage.cohort.people
    old = bernoulli(rng, stage.knob("people.old_number"), people.id_no.size).reshape(people.id_no.shape)
    number = people.id_no.copy()
    number[old] = short_number(number[old])
    former = bernoulli(rng, stage.knob("people.former_name"), people.name.size).reshape(people.name.shape)
    name = people.name.astype(object)
    surname = np.asarray([one[:1] for one in name[former]], dtype=object)
    name[former] = ids.join(surname, ids.given_names(rng, int(former.sum())))
    return replace(people, id_no=number, name=name)


def with_people_as_registered(stage: Stage, register: str) -> Stage:
    """The stage with its people as one register records them; for writing rows, not for recording acts."""
    return replace(stage, cohort=replace(stage.cohort, people=people_as_registered(stage, register)))


__all__ = ["people_as_registered", "short_number", "with_people_as_registered"]
