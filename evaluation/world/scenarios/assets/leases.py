"""Leases of debtors' homes: real ones, and those made up with relatives or friends to burden a sale.

An honest home may look the same from afar: a tenant of many years registers late, a parent lives there for little
rent, a shopkeeper pays a year ahead.
"""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, NOTHING, Array, between, happens, pick_row, rounded
from evaluation.world.court.proceedings import of_cases
from evaluation.world.population.holdings import Rows
from evaluation.world.population.people import FRIEND, PARENT
from evaluation.world.stage import court_log
from evaluation.world.stage.stage import Stage

SHAM, OLD, LATE, FAMILY, AHEAD = range(5)


def perform(stage: Stage) -> None:
    """Let the quarter's homes, and ask the register of leases."""
    rng, homes, docket = stage.rng("leases"), stage.scene.realty, stage.docket
    row, thing = of_cases(stage.scene, homes)
    hides = stage.conceals(row)
    sham = happens(rng, np.where(hides, stage.real("leases.concealed"), stage.real("leases.other")), len(row))
    let = sham | happens(rng, stage.real("leases.honest"), len(row))
    row, thing, sham = (
        row[let & docket.terminated[row]],
        thing[let & docket.terminated[row]],
        sham[let & docket.terminated[row]],
    )
    found = np.zeros(len(stage.cohort.people), dtype=bool)
    found[docket.household[row]] = True
    pulls = stage.ask("房屋租赁登记", "L", "lease", found)
    if not len(row):
        return
    sort = np.where(sham, SHAM, 1 + pick_row(rng, np.tile([0.38, 0.24, 0.2, 0.18], (len(row), 1))))
    rows = _contracts(rng, stage, row, thing, sort)
    stage.tell(
        "sham_lease",
        row,
        sham,
        rows["registered_on"],
        asset_kind="不动产",
        asset_id=homes["unit"][thing],
        amount=np.maximum(rows["prepaid"], 0),
    )
    known = np.full(len(stage.cohort.people), NEVER)
    known[pulls.h] = pulls.answered
    answered = known[docket.household[row]]
    seen = np.flatnonzero((answered < NEVER) & (rows["registered_on"] < answered))
    stage.spool.add("lease", {name: column[seen] for name, column in rows.items()}, answered[seen])


def _moments(rng: np.random.Generator, stage: Stage, row: Array, unit: Array, sort: Array) -> tuple[Array, Array]:
    """Days on which each lease was signed and registered."""
    size, docket = len(row), stage.docket
    log = court_log.read(stage.spool, docket)
    seal = log.earliest(log.where("SEAL"), row, unit)
    sale = log.earliest(log.where("AUCTION"), row, unit)
    seal = np.where(seal < NEVER, seal, docket.filed[row] + 30)
    near = np.where(
        (sale < NEVER) & happens(rng, 0.6, size), sale - between(rng, 3, 80, size), seal + between(rng, -50, 75, size)
    )
    near = np.minimum(near, docket.closed[row] - 2)
    debt = stage.cohort.debts.debt[docket.suit[row]]
    long_ago = debt - between(rng, -250, 900, size)
    registered = np.where(np.isin(sort, [SHAM, LATE]), near, np.minimum(long_ago, near - 30))
    back = np.where(
        sort == LATE,
        between(rng, 300, 1500, size),
        np.where((sort == SHAM) & happens(rng, 0.4, size), between(rng, 150, 1100, size), between(rng, 0, 12, size)),
    )
    return registered - back, registered


def _contracts(rng: np.random.Generator, stage: Stage, row: Array, thing: Array, sort: Array) -> Rows:
    """Rows of the table `lease`."""
    size, people, homes = len(row), stage.cohort.people, stage.scene.realty
    h = stage.docket.household[row]
    signed, registered = _moments(rng, stage, row, homes["unit"][thing], sort)
    market = rounded((homes["value"][thing] * rng.uniform(0.0018, 0.0029, size)).astype(np.int64), 50)
    share = np.select(
        [sort == SHAM, sort == FAMILY, sort == AHEAD],
        [rng.beta(2.0, 4.0, size) * 0.9 + 0.04, rng.uniform(0.15, 0.8, size), rng.uniform(0.75, 1.05, size)],
        rng.uniform(0.72, 1.15, size),
    )
    rent = np.maximum(rounded((market * share).astype(np.int64), 10), 1_000)
    years = np.select(
        [sort == SHAM, sort == FAMILY],
        [
            np.where(happens(rng, 0.7, size), between(rng, 10, 20, size), between(rng, 3, 8, size)),
            between(rng, 3, 15, size),
        ],
        between(rng, 1, 5, size),
    )
    months = np.select(
        [(sort == SHAM) & happens(rng, 0.8, size), sort == AHEAD],
        [years * 12 * rng.choice([0.5, 1.0], size), between(rng, 12, 24, size)],
        between(rng, 0, 6, size),
    )
    kin = ((sort == SHAM) & happens(rng, 0.6, size)) | (sort == FAMILY)
    helper = np.where(people.present[h, stage.conduct.helper[h]], stage.conduct.helper[h], FRIEND)
    helper = np.where((sort == FAMILY) & people.present[h, PARENT], PARENT, helper)
    friend = (sort == SHAM) | ((sort == AHEAD) & happens(rng, 0.2, size))
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
        "start_date": signed + between(rng, 0, 20, size),
        "end_date": signed + 21 + years * 365,
        "rent_month": rent,
        "market_rent": np.where(happens(rng, 0.9, size), market, NOTHING),
        "prepaid": (rent * months).astype(np.int64),
    }


__all__ = ["perform"]
