"""Scenario: utility bills paid by the debtor for another's home, or by relatives for the debtor's home.

Look-alikes: tenants with or without a registered lease, a few bills of the parents' home paid by their child, relatives
who help out a few times or live in the same home and always paid.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, Array, bernoulli, choice_by_row, randint, where
from evaluation.world.population.concealment import KIN_ACCOUNT
from evaluation.world.population.holdings import Rows, stack_rows
from evaluation.world.population.inquiries import Inquiries
from evaluation.world.population.people import DEBTOR, FRIEND, KIN, PARENT, SPOUSE
from evaluation.world.stage.household_inquiries import (
    Households,
    any_relative,
    close_person,
    deliver_with_answers,
    draw_real_and_look_alike,
    evasion_day,
    households_of,
    inquire_and_deliver,
    registered_death_days,
    write_inquiries,
)
from evaluation.world.stage.stage import Stage

HIDDEN, LEASED, TENANT, PARENTS = range(4)
SWITCHED, HELPED, TOGETHER = range(3)
_KINDS = ["电费", "水费", "燃气费", "物业费"]
_LOW = np.array([3_000, 1_500, 4_000, 30_000])
_HIGH = np.array([32_000, 9_000, 20_000, 180_000])


def simulate_utilities(stage: Stage) -> None:
    """Simulate utility bills, inquire of the utilities, and record the acts."""
    rng = stage.rng("utilities")
    every = households_of(stage)
    places = _unit_rows_by_person(stage)
    parts = [_bills_of_own_home(rng, stage, every, places)]
    away, rows, leases = _bills_of_other_homes(rng, stage, every, places)
    parts += [rows, _bills_paid_by_relatives(rng, stage, every, places)]
    whole = stack_rows(parts)
    h, day = whole.pop("h"), whole["paid_on"]
    inquiries = inquire_and_deliver(stage, "utility", "水电气物业缴费", "UT", "utility", whole, h, day)
    _deliver_leases(stage, leases, away, inquiries)


def _unit_rows_by_person(stage: Stage) -> Array:
    """(households, slots) row in `realty` of a home that each person still holds, -1 for none."""
    homes_, size = stage.court.realty, len(stage.cohort.people)
    place = np.full((size, 7), -1)
    kept = np.flatnonzero((homes_["end"] >= NEVER) & (homes_["oh"] == homes_["h"]))
    place[homes_["h"][kept], homes_["slot"][kept]] = kept
    return place


def _unit_and_address(stage: Stage, h: Array, slot: Array, places: Array) -> tuple[Array, Array]:
    """(unit number, address) of a person's home; the unit is empty where none is known."""
    row = places[h, slot]
    units = stage.court.realty
    held = row >= 0
    unit = where(held, units["unit"][np.maximum(row, 0)], "") if len(units["unit"]) else where(held, "", "")
    address = stage.cohort.people.address[h, slot]
    return unit, address if not len(units["unit"]) else np.where(held, units["location"][np.maximum(row, 0)], address)


def _draw_bills(
    rng: np.random.Generator, stage: Stage, of: Rows, count: Array, low: Array, high: Array
) -> tuple[Rows, Array]:
    """Draw `count` bills a home between two days; `of` has h, unit_no, address, payer (slot), meter.

    Returns:
        The bills, and the row in `of` of each."""
    high = np.minimum(high, registered_death_days(stage)[of["h"]])
    at = np.repeat(np.arange(len(count)), np.where(high > low + 20, count, 0))
    size, people = len(at), stage.cohort.people
    h, payer = of["h"][at], of["payer"][at]
    kind = choice_by_row(rng, np.tile([0.5, 0.2, 0.15, 0.15], (size, 1)))
    rows = {
        "h": h,
        "meter_no": ids.join(
            f"YH{stage.quarter:03d}", ids.digits(of["meter"][at], 1), ids.digits(h, 6), ids.digits(kind, 1)
        ),
        "kind": np.asarray(_KINDS, dtype=object)[kind],
        "unit_no": of["unit_no"][at],
        "address": of["address"][at],
        "payer_id": people.id_no[h, payer],
        "payer_name": people.name[h, payer],
        "paid_on": low[at] + (rng.random(size) * (high - low)[at]).astype(np.int64),
        "amount": randint(rng, _LOW[kind], _HIGH[kind], size),
    }
    return rows, at


def _billed_home(h: Array, payer: Array | int, meter: int, unit: Array, address: Array) -> Rows:
    size = len(h)
    slot = np.broadcast_to(np.asarray(payer), (size,))
    return {"h": h, "payer": slot, "meter": np.full(size, meter), "unit_no": unit, "address": address}


def _bills_of_own_home(rng: np.random.Generator, stage: Stage, every: Households, places: Array) -> Rows:
    """Bills that debtors pay for the home they are known to live in."""
    of = every.select(bernoulli(rng, 0.6, len(every)))
    unit, address = _unit_and_address(stage, of.h, np.full(len(of), DEBTOR), places)
    home = _billed_home(of.h, DEBTOR, 1, unit, address)
    return _draw_bills(rng, stage, home, randint(rng, 2, 9, len(of)), of.served - 300, of.closed + 300)[0]


def _bills_of_other_homes(
    rng: np.random.Generator, stage: Stage, every: Households, places: Array
) -> tuple[tuple[Households, Array], Rows, Rows]:
    """Bills the debtor pays for a home of others, with the leases that explain some of them."""
    chance = every.act_chance(stage, "utilities_home")
    chance = np.where(stage.conduct.uses(KIN_ACCOUNT)[every.h] & every.hides, 0.6, chance)
    does, looks = draw_real_and_look_alike(rng, chance, stage.knob("utilities_home.honest"), len(every))
    of = every.select(does | looks)
    size, people = len(of), stage.cohort.people
    honest = choice_by_row(rng, np.tile([0.0, 0.42, 0.22, 0.36], (size, 1)))
    honest = np.where((honest == PARENTS) & ~people.present[of.h, PARENT], LEASED, honest)
    sort = np.where(does[does | looks], HIDDEN, honest)
    owner = np.select([sort == HIDDEN, sort == PARENTS], [_registered_holder(rng, stage, of, places), PARENT], FRIEND)
    unit, address = _unit_and_address(stage, of.h, owner, places)
    foreign = np.isin(sort, [LEASED, TENANT]) | (address == people.address[of.h, DEBTOR])
    made_up = ids.join(
        "990001", ids.digits(np.full(size, stage.quarter + 1), 6), "GB", ids.digits(of.h + 60_000_000, 8), "F00010"
    )
    road = ids.join(
        "浙东市丰泽路",
        ids.digits(of.h % 290 + 1, 1),
        "号",
        ids.digits(of.h % 14 + 2, 1),
        "0",
        ids.digits(of.h % 4 + 1, 1),
        "室",
    )
    unit, address = np.where(foreign & (sort != PARENTS), made_up, unit), np.where(foreign, road, address)
    start = np.where(sort == HIDDEN, evasion_day(stage, rng, of) + 25, of.served - randint(rng, -60, 500, size))
    few = sort == PARENTS
    count = np.where(few, randint(rng, 1, 4, size), randint(rng, 6, 18, size))
    home = _billed_home(of.h, DEBTOR, 2, unit, address)
    rows, at = _draw_bills(rng, stage, home, count, start, of.closed + 330)
    _record_truth(stage, "utility_home", of, sort == HIDDEN, rows, at, unit)
    tenant = np.flatnonzero(sort == LEASED)
    return (of, sort), rows, _tenant_lease_rows(rng, stage, of.select(tenant), unit[tenant], start[tenant])


def _registered_holder(rng: np.random.Generator, stage: Stage, of: Households, places: Array) -> Array:
    """Slot of the relative in whose name the home stands: one with a unit, if there is one."""
    slots = np.asarray([slot for slot in KIN if slot != SPOUSE])
    has = places[of.h][:, slots] >= 0
    order = np.where(has, rng.random(has.shape), -1.0)
    return np.where(has.any(axis=1), slots[order.argmax(axis=1)], close_person(stage, rng, of.h))


def _tenant_lease_rows(rng: np.random.Generator, stage: Stage, of: Households, unit: Array, start: Array) -> Rows:
    """Draw registered leases with the debtor as tenant."""
    people, size = stage.cohort.people, len(of)
    begin = start - randint(rng, 5, 60, size)
    rent = randint(rng, 6, 32, size) * 10_000
    return {
        "h": of.h,
        "lease_no": ids.join(f"ZLZ{stage.quarter:03d}", ids.digits(of.h, 6)),
        "unit_no": unit,
        "landlord_id": people.id_no[of.h, FRIEND],
        "tenant_id": people.id_no[of.h, DEBTOR],
        "tenant_name": people.name[of.h, DEBTOR],
        "signed_on": begin - randint(rng, 0, 12, size),
        "registered_on": begin + randint(rng, 0, 25, size),
        "start_date": begin,
        "end_date": begin + 365 * randint(rng, 1, 4, size),
        "rent_month": rent,
        "market_rent": (rent * rng.uniform(0.85, 1.2, size)).astype(np.int64),
        "prepaid": rent * randint(rng, 0, 3, size),
    }


def _bills_paid_by_relatives(rng: np.random.Generator, stage: Stage, every: Households, places: Array) -> Rows:
    """Bills of the debtor's own home paid by relatives."""
    does, looks = draw_real_and_look_alike(
        rng, every.act_chance(stage, "utilities_kin"), stage.knob("utilities_kin.honest"), len(every)
    )
    of = every.select(does | looks)
    size = len(of)
    sort = np.where(does[does | looks], SWITCHED, where(rng.random(size) < 0.55, HELPED, TOGETHER))
    payer = np.where(sort == SWITCHED, close_person(stage, rng, of.h), any_relative(stage, rng, of.h))
    start = np.select(
        [sort == SWITCHED, sort == TOGETHER],
        [evasion_day(stage, rng, of) + 10, of.debt - randint(rng, 30, 400, size)],
        of.served - 100,
    )
    count = np.where(sort == HELPED, randint(rng, 1, 4, size), randint(rng, 6, 16, size))
    unit, address = _unit_and_address(stage, of.h, np.full(size, DEBTOR), places)
    rows, at = _draw_bills(rng, stage, _billed_home(of.h, payer, 1, unit, address), count, start, of.closed + 330)
    _record_truth(stage, "utility_kin", of, sort == SWITCHED, rows, at, address)
    return rows


def _record_truth(stage: Stage, cls: str, of: Households, real: Array, rows: Rows, at: Array, thing: Array) -> None:
    """Record one act per home: day of the first bill, and the total paid."""
    first, paid = np.full(len(of), NEVER), np.zeros(len(of), dtype=np.int64)
    np.minimum.at(first, at, rows["paid_on"])
    np.add.at(paid, at, rows["amount"])
    billed = np.flatnonzero(first < NEVER)
    stage.record_acts(
        cls, of.row[billed], real[billed], first[billed], asset_kind="住房", asset_id=thing[billed], amount=paid[billed]
    )


def _deliver_leases(stage: Stage, leases: Rows, away: tuple[Households, Array], inquiries: Inquiries) -> None:
    """Inquire of the register of leases, some weeks later, about debtors who pay for another's home."""
    of, _ = away
    mine = np.flatnonzero(np.isin(inquiries.h, of.h) & (inquiries.round == 0))
    part = inquiries.select(mine)
    later = replace(part, asked=part.answered + 6, answered=part.answered + 21)
    h = leases.pop("h")
    write_inquiries(
        stage,
        "房屋租赁登记",
        "LT",
        later,
        deliver_with_answers(stage, "lease", leases, h, leases["registered_on"], later),
    )


__all__ = ["simulate_utilities"]
