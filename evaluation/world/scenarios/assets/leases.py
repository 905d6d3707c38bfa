"""Scenario: leases of debtors' homes, honest or invented with relatives or friends to burden a sale.

Look-alikes: a tenant of many years registers late, a parent lives there for little rent, a shopkeeper pays a year
ahead.
"""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, NOTHING, Array, bernoulli, choice_by_row, randint, round_to_yuan
from evaluation.world.court.proceedings import known_holdings_of_cases
from evaluation.world.population.holdings import Rows, take_rows
from evaluation.world.population.people import FRIEND, PARENT
from evaluation.world.stage import court_log
from evaluation.world.stage.stage import Stage

SHAM, OLD, LATE, FAMILY, AHEAD = range(5)


def simulate_leases(stage: Stage) -> None:
    """Simulate leases of homes known to the court, and inquire of the register of leases."""
    rng, homes, docket = stage.rng("leases"), stage.court.realty, stage.docket
    row, thing = known_holdings_of_cases(stage.court, homes)
    hides = stage.conceals(row)
    sham = bernoulli(rng, np.where(hides, stage.knob("leases.concealed"), stage.knob("leases.other")), len(row))
    let = sham | bernoulli(rng, stage.knob("leases.honest"), len(row))
    row, thing, sham = (
        row[let & docket.terminated[row]],
        thing[let & docket.terminated[row]],
        sham[let & docket.terminated[row]],
    )
    has_lease = np.zeros(len(stage.cohort.people), dtype=bool)
    has_lease[docket.household[row]] = True
    inquiries = stage.inquire("房屋租赁登记", "L", "lease", has_lease)
    if not len(row):
        return
    sort = np.where(sham, SHAM, 1 + choice_by_row(rng, np.tile([0.38, 0.24, 0.2, 0.18], (len(row), 1))))
    rows = _lease_rows(rng, stage, row, thing, sort)
    stage.record_acts(
        "sham_lease",
        row,
        sham,
        rows["registered_on"],
        asset_kind="不动产",
        asset_id=homes["unit"][thing],
        amount=np.maximum(rows["prepaid"], 0),
    )
    known = np.full(len(stage.cohort.people), NEVER)
    known[inquiries.h] = inquiries.answered
    answered = known[docket.household[row]]
    answered_rows = np.flatnonzero((answered < NEVER) & (rows["registered_on"] < answered))
    stage.spool.add("lease", take_rows(rows, answered_rows), answered[answered_rows])


def _draw_dates(rng: np.random.Generator, stage: Stage, row: Array, unit: Array, sort: Array) -> tuple[Array, Array]:
    """Draw (day signed, day registered) of each lease."""
    size, docket = len(row), stage.docket
    log = court_log.read_log(stage.spool, docket)
    seal = log.first_days_on_asset(log.positions("SEAL"), row, unit)
    sale = log.first_days_on_asset(log.positions("AUCTION"), row, unit)
    seal = np.where(seal < NEVER, seal, docket.filed[row] + 30)
    near = np.where(
        (sale < NEVER) & bernoulli(rng, 0.6, size), sale - randint(rng, 3, 80, size), seal + randint(rng, -50, 75, size)
    )
    near = np.minimum(near, docket.closed[row] - 2)
    debt = stage.cohort.debts.debt[docket.suit[row]]
    long_ago = debt - randint(rng, -250, 900, size)
    registered = np.where(np.isin(sort, [SHAM, LATE]), near, np.minimum(long_ago, near - 30))
    back = np.where(
        sort == LATE,
        randint(rng, 300, 1500, size),
        np.where((sort == SHAM) & bernoulli(rng, 0.4, size), randint(rng, 150, 1100, size), randint(rng, 0, 12, size)),
    )
    return registered - back, registered


def _lease_rows(rng: np.random.Generator, stage: Stage, row: Array, thing: Array, sort: Array) -> Rows:
    """Rows of the table `lease`."""
    size, people, homes = len(row), stage.cohort.people, stage.court.realty
    h = stage.docket.household[row]
    signed, registered = _draw_dates(rng, stage, row, homes["unit"][thing], sort)
    market = round_to_yuan((homes["value"][thing] * rng.uniform(0.0018, 0.0029, size)).astype(np.int64), 50)
    share = np.select(
        [sort == SHAM, sort == FAMILY, sort == AHEAD],
        [rng.beta(2.0, 4.0, size) * 0.9 + 0.04, rng.uniform(0.15, 0.8, size), rng.uniform(0.75, 1.05, size)],
        rng.uniform(0.72, 1.15, size),
    )
    rent = np.maximum(round_to_yuan((market * share).astype(np.int64), 10), 1_000)
    years = np.select(
        [sort == SHAM, sort == FAMILY],
        [
            np.where(bernoulli(rng, 0.7, size), randint(rng, 10, 20, size), randint(rng, 3, 8, size)),
            randint(rng, 3, 15, size),
        ],
        randint(rng, 1, 5, size),
    )
    months = np.select(
        [(sort == SHAM) & bernoulli(rng, 0.8, size), sort == AHEAD],
        [years * 12 * rng.choice([0.5, 1.0], size), randint(rng, 12, 24, size)],
        randint(rng, 0, 6, size),
    )
    kin = ((sort == SHAM) & bernoulli(rng, 0.6, size)) | (sort == FAMILY)
    helper = stage.helper_or_friend(h)
    helper = np.where((sort == FAMILY) & people.present[h, PARENT], PARENT, helper)
    friend = (sort == SHAM) | ((sort == AHEAD) & bernoulli(rng, 0.2, size))
    stranger = (h + 53 + rng.integers(0, 80, size)) % len(people)
    tenant_h = np.where(kin | friend, h, stranger)
    tenant = np.where(kin, helper, FRIEND)
    return {
        "lease_no": ids.join(f"ZL{stage.quarter:03d}", ids.digits(np.arange(size), 6)),
        "unit_no": homes["unit"][thing],
        "landlord_id": people.id_no[h, 0],
        "tenant_id": people.id_no[tenant_h, tenant],
        "tenant_name": people.name[tenant_h, tenant],
        "signed_on": signed,
        "registered_on": registered,
        "start_date": signed + randint(rng, 0, 20, size),
        "end_date": signed + 21 + years * 365,
        "rent_month": rent,
        "market_rent": np.where(bernoulli(rng, 0.9, size), market, NOTHING),
        "prepaid": (rent * months).astype(np.int64),
    }


__all__ = ["simulate_leases"]
