"""Draw what owners do with their companies: representative, successor company, end, and whether money is kept apart.

Drawn from the cohort alone, so that the register (`company_register`) and the statements
(`company_register.commingling_movements`) agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base.chance import NEVER, Array, bernoulli, choice_by_row, randint, random_stream
from evaluation.world.population.cohort import Cohort, Plan
from evaluation.world.population.concealment import SHELL
from evaluation.world.population.look_alikes import CHANGE
from evaluation.world.population.people import FRIEND, NAMESAKE

STAYS, EVADES, HANDS_ON, SELLS = range(4)
NONE, PHOENIX, KIN_TRADE, NEIGHBOUR = range(4)
GOES_ON, FLEES, LIQUIDATED = range(3)
APART, MIXED, SALARIED = range(3)


@dataclass(frozen=True)
class Companies:
    """The companies of the quarter's households; every array is (households,).

    Attributes:
        owner: has a company. single: the debtor is its only shareholder.
        rep: fate of the legal representative: STAYS, EVADES, HANDS_ON (honestly, to a relative), SELLS (to a stranger);
            rep_slot, rep_day: to whom and when.
        rep_shares: the shares went along.
        fresh: another company: NONE, PHOENIX (successor), KIN_TRADE (a relative's own trade), NEIGHBOUR (unrelated, at
            the same address).
        fresh_slot, fresh_day: its owner and day of foundation. address, phone, trade: what it shares with the old one.
        end: GOES_ON, FLEES (struck off to be rid of the debt), LIQUIDATED; end_day: NEVER where it goes on.
        money: APART, MIXED (with the owner's), SALARIED (the owner draws a salary).
    """

    owner: Array
    single: Array
    rep: Array
    rep_slot: Array
    rep_day: Array
    rep_shares: Array
    fresh: Array
    fresh_slot: Array
    fresh_day: Array
    address: Array
    phone: Array
    trade: Array
    end: Array
    end_day: Array
    money: Array


def draw_companies(plan: Plan, quarter: int, cohort: Cohort) -> Companies:
    """Draw the companies of one quarter."""
    rng = random_stream(plan.seed, quarter, "companies")
    people, conduct, debts = cohort.people, cohort.conduct, cohort.debts
    size = len(people)
    owner = people.company != ""
    hides = conduct.evasive
    shell = conduct.uses(SHELL)
    served, filed, closed = (getattr(debts, name)[conduct.first] for name in ("served", "filed", "closed"))

    def chance(act: str) -> Array:
        base = np.where(hides, plan.knobs.number(f"companies.{act}_concealed"), plan.knobs.number(f"companies.{act}"))
        return np.asarray(np.where(shell, 0.72, base) * owner)

    span = np.maximum(closed - served + 40, 5)
    drift = served - 45 + (rng.random(size) * span).astype(np.int64)
    act = np.where(hides & (conduct.act > served - 90) & (conduct.act < closed), conduct.act, drift)
    helper = np.where(people.present[np.arange(size), conduct.helper], conduct.helper, FRIEND)
    close = np.where(bernoulli(rng, 0.2, size), FRIEND, helper)
    rep = np.where(bernoulli(rng, chance("rep"), size), EVADES, STAYS)
    sold = bernoulli(rng, plan.knobs.number("companies.sold"), size) & owner
    rep = np.where((rep == STAYS) & owner & cohort.looks.households_with(CHANGE), HANDS_ON, rep)
    rep = np.where((rep == STAYS) & sold, SELLS, rep)
    honest_day = np.where(
        bernoulli(rng, 0.5, size), cohort.looks.day, debts.debt[conduct.first] - randint(rng, -300, 700, size)
    )
    fresh = np.where(bernoulli(rng, chance("phoenix"), size), PHOENIX, NONE)
    other = choice_by_row(rng, np.tile([0.74, 0.0, 0.13, 0.13], (size, 1)))
    fresh = np.where(
        owner, np.where(fresh == NONE, other, fresh), np.where(bernoulli(rng, 0.05, size), KIN_TRADE, NONE)
    )
    alike = rng.random((size, 3)) < np.array([[0, 0, 0], [0.72, 0.6, 0.85], [0.12, 0.1, 0.4], [1.0, 0.04, 0.2]])[fresh]
    soon = np.maximum(act + randint(rng, -10, 90, size), served + 3)
    long_ago = closed - randint(rng, 0, 2600, size)
    end = np.where(bernoulli(rng, np.where(shell, 0.45, chance("dereg")), size) & owner, FLEES, GOES_ON)
    lawful = bernoulli(rng, plan.knobs.number("companies.liquidated"), size) & owner
    end = np.where((end == GOES_ON) & lawful, LIQUIDATED, end)
    gone = np.select(
        [end == FLEES, end == LIQUIDATED],
        [
            filed + 10 + (rng.random(size) * (closed - filed + 260)).astype(np.int64),
            closed - randint(rng, -180, 760, size),
        ],
        NEVER,
    )
    single = owner & bernoulli(rng, 0.45, size)
    mixed = single & bernoulli(rng, chance("mixed"), size)
    money = np.where(mixed, MIXED, np.where(single & bernoulli(rng, 0.55, size), SALARIED, APART))
    return Companies(
        owner=owner,
        single=single,
        rep=rep,
        rep_slot=np.select([rep == SELLS, rep == EVADES], [NAMESAKE, close], helper),
        rep_day=np.where(rep == STAYS, NEVER, np.where(rep == EVADES, act, honest_day)),
        rep_shares=(rep == SELLS) | bernoulli(rng, 0.45, size),
        fresh=fresh,
        fresh_slot=np.where(fresh == NEIGHBOUR, NAMESAKE, close),
        fresh_day=np.where(fresh == PHOENIX, soon, long_ago),
        address=alike[:, 0],
        phone=alike[:, 1],
        trade=alike[:, 2],
        end=end,
        end_day=gone,
        money=money,
    )
