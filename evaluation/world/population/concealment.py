"""Draw the true conduct of debtors: who conceals property, how, when and through whom; and what the court missed.

Acts lie around the legal dates; most people hide a part; careful ones leave no trace. For two ways (`wage_advance`,
`stock_partner`) no clue was written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base.chance import Array, bernoulli, chances_with_mean, choice_by_row, randint, random_stream
from evaluation.world.base.config import Knobs
from evaluation.world.population.debts import DIVORCE, LOAN, SALES, Debts
from evaluation.world.population.people import (
    CASUAL,
    CHILD,
    FARMER,
    FRIEND,
    INLAW,
    PARENT,
    SPOUSE,
    TRADER,
    WAGE,
    People,
)

KINDS = ("insolvent", "missed", "concealed", "defect", "payer")
INSOLVENT, MISSED, CONCEALED, DEFECT, PAYER = range(5)
WAYS = (
    "kin_account",
    "nominee_account",
    "nominee_vehicle",
    "insurance",
    "cash",
    "third_party",
    "low_sale",
    "shell",
    "wage_advance",
    "stock_partner",
)
(KIN_ACCOUNT, NOMINEE, VEHICLE, POLICY, CASH, PLATFORM, LOW_SALE, SHELL, ADVANCE, STOCK) = range(len(WAYS))
UNKNOWN_WAYS = (ADVANCE, STOCK)
MISSED_ASSETS = ("vehicle", "realty", "insurance", "fund", "wage", "deposit")


@dataclass(frozen=True)
class DebtorConduct:
    """True conduct of each household; arrays are (households,), `ways` is (households, len(WAYS)).

    Attributes:
        first: row of the household's first case in `Debts`.
        kind: index of `KINDS`. ways: ways of concealing used. careful: leaves no trace in the data.
        helper: slot of the relative who helps. act: day around which concealment begins.
        hidden: value hidden or missed, 分. asset: index of `MISSED_ASSETS`, -1 where not missed.
        late: the missed property was acquired after the termination.
    """

    first: Array
    kind: Array
    ways: Array
    careful: Array
    helper: Array
    act: Array
    hidden: Array
    asset: Array
    late: Array

    @property
    def evasive(self) -> Array:
        """(households,) whether property is concealed and leaves traces."""
        return np.asarray((self.kind == CONCEALED) & ~self.careful)

    def uses(self, way: int) -> Array:
        """(households,) whether the way is used and leaves traces."""
        return np.asarray(self.ways[:, way] & ~self.careful)

    def missed(self, asset: str) -> Array:
        """(households,) whether the court missed property of that sort (one of `MISSED_ASSETS`)."""
        return np.asarray(self.asset == MISSED_ASSETS.index(asset))


def _kinds(rng: np.random.Generator, knobs: Knobs, people: People, debts: Debts, first: Array) -> Array:
    size = len(people)
    cause = debts.cause[first]
    scale = np.log(debts.amount[first] / 1e7)
    urge = 1.0 * people.guile + 0.6 * people.wealth + 0.6 * (people.work == TRADER) + 0.2 * scale
    urge += 0.3 * np.isin(cause, [LOAN, SALES, DIVORCE]) - 0.6 * (people.work == CASUAL)
    concealed = chances_with_mean(urge, knobs.number("kinds.concealed"))
    missed = chances_with_mean(0.6 * people.wealth + 0.25 * (people.work == WAGE), knobs.number("kinds.missed"))
    draw = rng.random(size)
    kind = np.where(draw < concealed, CONCEALED, np.where(draw < concealed + missed, MISSED, INSOLVENT))
    faulty = rng.random(size) < knobs.number("kinds.defect") / (1 - concealed.mean() - missed.mean())
    kind = np.where((kind == INSOLVENT) & faulty, DEFECT, kind)
    return np.asarray(np.where(debts.otherwise[first], PAYER, kind))


def _taste(knobs: Knobs, quarter: int) -> list[float]:
    """Weights of the ways in a quarter; from the drift's quarter on, a share of the weight moves to one way."""
    weights = np.asarray([knobs.number(f"ways.{way}") for way in WAYS])
    start = knobs.integer("drift.from_quarter")
    if start and quarter >= start:
        moved = knobs.number("drift.moved")
        new = WAYS.index(knobs.texts("drift.towards")[0])
        weights = weights * (1 - moved) + np.where(np.arange(len(WAYS)) == new, moved * weights.sum(), 0.0)
    return [float(weight) for weight in weights]


def _ways(rng: np.random.Generator, knobs: Knobs, quarter: int, people: People, concealed: Array) -> Array:
    size = len(people)
    weights = np.tile(_taste(knobs, quarter), (size, 1))
    kin = people.present[:, [SPOUSE, PARENT, CHILD, INLAW]].any(axis=1)
    weights[:, [KIN_ACCOUNT, LOW_SALE, VEHICLE]] *= np.where(kin, 1.0, 0.05)[:, None]
    weights[:, LOW_SALE] *= np.exp(0.4 * people.wealth)
    weights[:, SHELL] *= np.where(people.company != "", 2.6, 0.0)
    weights[:, ADVANCE] *= np.where(people.employer != "", 1.6, 0.0)
    weights[:, STOCK] *= np.where(np.isin(people.work, [TRADER, FARMER]), 1.9, 0.05)
    used = np.zeros((size, len(WAYS)), dtype=bool)
    rows = np.arange(size)
    used[rows, choice_by_row(rng, weights)] = True
    second = choice_by_row(rng, np.where(used, 0.0, weights))
    more = bernoulli(rng, knobs.number("ways.second_way"), size)
    used[rows[more], second[more]] = True
    return np.asarray(used & concealed[:, None])


def _acts(rng: np.random.Generator, debts: Debts, first: Array) -> Array:
    """Days around one of the legal dates, with long tails on both sides."""
    size = len(first)
    anchors = np.column_stack(
        [
            debts.suit[first],
            debts.served[first],
            debts.judged_served[first],
            debts.filed[first] + 12,
            debts.closed[first],
        ]
    )
    chosen = anchors[np.arange(size), choice_by_row(rng, np.tile([0.14, 0.3, 0.24, 0.22, 0.1], (size, 1)))]
    drift = np.round(rng.laplace(9, 26, size)).astype(np.int64).clip(-120, 200)
    return np.asarray(np.minimum(chosen + drift, debts.closed[first] + 150))


def draw_conduct(knobs: Knobs, seed: int, quarter: int, people: People, debts: Debts) -> DebtorConduct:
    """Draw the true conduct of the quarter's households."""
    rng = random_stream(seed, quarter, "conduct")
    size = len(people)
    first = np.full(size, len(debts), dtype=np.int64)
    np.minimum.at(first, debts.household, np.arange(len(debts)))
    kind = _kinds(rng, knobs, people, debts, first)
    concealed = kind == CONCEALED
    kin = people.present[:, : INLAW + 1] * np.array([0.0, 0.34, 0.26, 0.24, 0.16])
    helper = np.where(kin.sum(axis=1) > 0, choice_by_row(rng, kin), FRIEND)
    spread = knobs.number("ways.hidden_spread")
    value = np.log(knobs.number("ways.hidden")) + 0.5 * people.wealth + spread * rng.normal(0, 1, size)
    hidden = np.clip(np.exp(value) * 100, 300_000, debts.amount[first] * 1.3 + 2_000_000).astype(np.int64)
    weights = np.tile([0.30, 0.16, 0.17, 0.13, 0.14, 0.10], (size, 1))
    weights[:, [3, 4]] *= np.where(people.employer != "", 1.8, 0.1)[:, None]
    asset = np.where(kind == MISSED, choice_by_row(rng, weights), -1)
    careful = concealed & (
        rng.random(size) < chances_with_mean(0.6 * people.schooling + 0.3 * people.wealth, knobs.number("ways.careful"))
    )
    return DebtorConduct(
        first=first,
        kind=kind,
        ways=_ways(rng, knobs, quarter, people, concealed),
        careful=careful,
        helper=helper,
        act=_acts(rng, debts, first),
        hidden=np.where(np.isin(kind, [CONCEALED, MISSED]), hidden, 0),
        asset=asset,
        late=(asset >= 0) & (asset < 2) & bernoulli(rng, 0.34, size),
    )


def days_after(rng: np.random.Generator, start: Array, spread: int) -> Array:
    """Random days at and after `start`, exponential with mean `spread`."""
    return np.asarray(
        start
        + np.minimum(rng.exponential(spread, len(start)), 4 * spread).astype(np.int64)
        + randint(rng, 0, 2, len(start))
    )
