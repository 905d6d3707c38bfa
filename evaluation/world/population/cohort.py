"""Draw one quarter's cohort: everything true of the cases that end in it, from the seed alone.

A quarter is drawn twice with the same result: once for the few columns that the offices' selection needs of all
quarters, and once to write its rows when the reviews are known. So memory holds one quarter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base.chance import NEVER, Array, randint, random_stream
from evaluation.world.base.config import Knobs
from evaluation.world.population import concealment, holdings, look_alikes, people, registries
from evaluation.world.population import debts as debts_
from evaluation.world.population import docket as docket_
from evaluation.world.population.banking import Accounts, draw_accounts
from evaluation.world.population.docket import Docket
from evaluation.world.population.holdings import Rows
from evaluation.world.population.offices import EpisodeView
from evaluation.world.population.spool import Calendar


@dataclass(frozen=True)
class Plan:
    """A run: knobs, seed, cases per quarter, calendar, and number of case numbers reserved per quarter (`block`)."""

    knobs: Knobs
    seed: int
    sizes: tuple[int, ...]
    calendar: Calendar
    block: int


@dataclass(frozen=True)
class Cohort:
    """One quarter's people, debts, true conduct, look-alikes, docket, accounts and holdings."""

    people: people.People
    debts: debts_.Debts
    conduct: concealment.DebtorConduct
    looks: look_alikes.LookAlikes
    docket: Docket
    accounts: Accounts
    vehicles: Rows
    realty: Rows
    policies: Rows


def draw_cohort(plan: Plan, quarter: int) -> Cohort:
    """Draw the cohort of the cases closed in the quarter."""
    knobs, seed = plan.knobs, plan.seed
    start = plan.calendar.starts[quarter]
    ends = [*plan.calendar.starts[1:], plan.calendar.end]
    cases = debts_.draw_case_households(knobs, seed, quarter, plan.sizes[quarter])
    folk = people.draw_people(knobs, seed, quarter, cases[2], start)
    debts = debts_.draw_lawsuits(knobs, seed, quarter, folk, cases, (start, ends[quarter]))
    conduct = concealment.draw_conduct(knobs, seed, quarter, folk, debts)
    looks = look_alikes.draw_look_alikes(knobs, seed, quarter, folk, debts, conduct)
    cars = holdings.draw_vehicles(knobs, seed, quarter, folk, debts, conduct, looks)
    homes = holdings.draw_realty(knobs, seed, quarter, folk, debts, conduct, looks)
    registries.label_vehicles(seed, quarter, cars)
    registries.label_realty(seed, quarter, folk, homes)
    return Cohort(
        people=folk,
        debts=debts,
        conduct=conduct,
        looks=looks,
        docket=docket_.draw_docket(knobs, seed, quarter, plan.block, folk, debts, conduct),
        accounts=draw_accounts(knobs, seed, quarter, folk, debts, conduct, looks),
        vehicles=cars,
        realty=homes,
        policies=holdings.draw_policies(knobs, seed, quarter, folk, debts, conduct, looks),
    )


def late_property_days(cohort: Cohort) -> Array:
    """(households,) day on which overlooked property was acquired after the termination; 0 elsewhere."""
    late = np.zeros(len(cohort.people), dtype=np.int64)
    for asset, things in (("vehicle", cohort.vehicles), ("realty", cohort.realty)):
        mine = cohort.conduct.late & cohort.conduct.missed(asset)
        rows = np.flatnonzero(mine[things["h"]] & ~things["known"] & (things["slot"] == people.DEBTOR))
        np.maximum.at(late, things["h"][rows], things["start"][rows])
    return late


def episode_view(cohort: Cohort, quarter: int) -> EpisodeView:
    """The columns of the quarter's episodes that selection and reviews need."""
    docket = cohort.docket
    rows = np.flatnonzero(docket.terminated)
    place = np.full(len(docket), -1)
    place[rows] = np.arange(len(rows))
    parent = docket.parent[rows]
    cars = cohort.vehicles
    known_car = np.zeros(len(cohort.people), dtype=bool)
    known_car[cars["h"][cars["known"] & (cars["slot"] == people.DEBTOR) & (cars["end"] >= NEVER)]] = True
    return EpisodeView(
        quarter=np.full(len(rows), quarter),
        row=rows,
        parent=np.where(parent >= 0, place[np.maximum(parent, 0)], -1),
        office=docket.office[rows],
        filed=docket.filed[rows],
        closed=docket.closed[rows],
        unpaid=(docket.due - docket.paid)[rows],
        petition=docket.petition[rows],
        car=known_car[docket.household[rows]],
        reopen=docket.reopen[rows],
        label=docket.label[rows],
        found=docket.found[rows],
        recovered=docket.recovered[rows],
        delay=docket.delay[rows],
        late_until=late_property_days(cohort)[docket.household[rows]],
    )


def draw_notice_days(plan: Plan, quarter: int, docket: Docket) -> Array:
    """Draw the day of the notice of enforcement of every case: 95 % within nine days of filing."""
    rng = random_stream(plan.seed, quarter, "notices")
    size = len(docket)
    return docket.filed + np.where(rng.random(size) < 0.05, randint(rng, 11, 30, size), randint(rng, 1, 9, size))
