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


@dataclass(frozen=True)
class _Draws:
    """What the companies of one quarter are drawn from: the stream of random numbers and the households it decides on.

    Attributes:
        owner: has a company. hides: conceals property. shell: through a company.
        debt, served, filed, closed: days of the household's first case.
        act: day on which a concealing household acts, else some day of the proceedings.
        helper, close: slot of the relative who helps, and of that relative or a friend.
    """

    rng: np.random.Generator
    plan: Plan
    cohort: Cohort
    owner: Array
    hides: Array
    shell: Array
    debt: Array
    served: Array
    filed: Array
    closed: Array
    act: Array
    helper: Array
    close: Array

    @property
    def size(self) -> int:
        """Number of households."""
        return len(self.owner)

    def knob(self, name: str) -> float:
        """A number of the world's settings for companies."""
        return self.plan.knobs.number(f"companies.{name}")

    def chance(self, act: str) -> Array:
        """Chance of an act per household: higher where property is hidden, highest behind a shell."""
        base = np.where(self.hides, self.knob(f"{act}_concealed"), self.knob(act))
        return np.asarray(np.where(self.shell, 0.72, base) * self.owner)

    def happens(self, chance: Array | float) -> Array:
        """Whether something of that chance happens, per household."""
        return bernoulli(self.rng, chance, self.size)


def draw_companies(plan: Plan, quarter: int, cohort: Cohort) -> Companies:
    """Draw the companies of one quarter; the order of the random draws must not change, as it decides the world."""
    draws = _begin(plan, quarter, cohort)
    rep, honest_day = _draw_representatives(draws)
    fresh, alike, fresh_day = _draw_fresh_companies(draws)
    end, end_day = _draw_ends(draws)
    single, money = _draw_money(draws)
    return Companies(
        owner=draws.owner,
        single=single,
        rep=rep,
        rep_slot=np.select([rep == SELLS, rep == EVADES], [NAMESAKE, draws.close], draws.helper),
        rep_day=np.where(rep == STAYS, NEVER, np.where(rep == EVADES, draws.act, honest_day)),
        rep_shares=(rep == SELLS) | draws.happens(0.45),
        fresh=fresh,
        fresh_slot=np.where(fresh == NEIGHBOUR, NAMESAKE, draws.close),
        fresh_day=fresh_day,
        address=alike[:, 0],
        phone=alike[:, 1],
        trade=alike[:, 2],
        end=end,
        end_day=end_day,
        money=money,
    )


def _begin(plan: Plan, quarter: int, cohort: Cohort) -> _Draws:
    """Draw the households with companies, the day each acts and the person who helps."""
    rng = random_stream(plan.seed, quarter, "companies")
    people, conduct, debts = cohort.people, cohort.conduct, cohort.debts
    size = len(people)
    debt, served, filed, closed = (
        getattr(debts, name)[conduct.first] for name in ("debt", "served", "filed", "closed")
    )
    span = np.maximum(closed - served + 40, 5)
    drift = served - 45 + (rng.random(size) * span).astype(np.int64)
    own_act = conduct.evasive & (conduct.act > served - 90) & (conduct.act < closed)
    helper = np.where(people.present[np.arange(size), conduct.helper], conduct.helper, FRIEND)
    return _Draws(
        rng=rng,
        plan=plan,
        cohort=cohort,
        owner=people.company != "",
        hides=conduct.evasive,
        shell=conduct.uses(SHELL),
        debt=debt,
        served=served,
        filed=filed,
        closed=closed,
        act=np.where(own_act, conduct.act, drift),
        helper=helper,
        close=np.where(bernoulli(rng, 0.2, size), FRIEND, helper),
    )


def _draw_representatives(draws: _Draws) -> tuple[Array, Array]:
    """Fate of each legal representative, and the day of an honest change."""
    rng, owner, looks = draws.rng, draws.owner, draws.cohort.looks
    rep = np.where(draws.happens(draws.chance("rep")), EVADES, STAYS)
    sold = draws.happens(draws.knob("sold")) & owner
    rep = np.where((rep == STAYS) & owner & looks.households_with(CHANGE), HANDS_ON, rep)
    rep = np.where((rep == STAYS) & sold, SELLS, rep)
    return rep, np.where(draws.happens(0.5), looks.day, draws.debt - randint(rng, -300, 700, draws.size))


def _draw_fresh_companies(draws: _Draws) -> tuple[Array, Array, Array]:
    """Another company of each household, what it shares with the old one (address, phone, trade), its foundation."""
    rng, size = draws.rng, draws.size
    fresh = np.where(draws.happens(draws.chance("phoenix")), PHOENIX, NONE)
    other = choice_by_row(rng, np.tile([0.74, 0.0, 0.13, 0.13], (size, 1)))
    of_kin = np.where(draws.happens(0.05), KIN_TRADE, NONE)
    fresh = np.where(draws.owner, np.where(fresh == NONE, other, fresh), of_kin)
    alike = rng.random((size, 3)) < np.array([[0, 0, 0], [0.72, 0.6, 0.85], [0.12, 0.1, 0.4], [1.0, 0.04, 0.2]])[fresh]
    soon = np.maximum(draws.act + randint(rng, -10, 90, size), draws.served + 3)
    long_ago = draws.closed - randint(rng, 0, 2600, size)
    return fresh, alike, np.where(fresh == PHOENIX, soon, long_ago)


def _draw_ends(draws: _Draws) -> tuple[Array, Array]:
    """How each company ends, and the day."""
    rng, size, filed, closed = draws.rng, draws.size, draws.filed, draws.closed
    flees = draws.happens(np.where(draws.shell, 0.45, draws.chance("dereg"))) & draws.owner
    end = np.where(flees, FLEES, GOES_ON)
    lawful = draws.happens(draws.knob("liquidated")) & draws.owner
    end = np.where((end == GOES_ON) & lawful, LIQUIDATED, end)
    fled = filed + 10 + (rng.random(size) * (closed - filed + 260)).astype(np.int64)
    wound_up = closed - randint(rng, -180, 760, size)
    return end, np.select([end == FLEES, end == LIQUIDATED], [fled, wound_up], NEVER)


def _draw_money(draws: _Draws) -> tuple[Array, Array]:
    """Whether the debtor is the only shareholder, and whether his money is kept apart from the company's."""
    single = draws.owner & draws.happens(0.45)
    mixed = single & draws.happens(draws.chance("mixed"))
    return single, np.where(mixed, MIXED, np.where(single & draws.happens(0.55), SALARIED, APART))
