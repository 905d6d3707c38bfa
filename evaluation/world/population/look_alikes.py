"""Draw look-alikes: honest habits whose data resemble concealment (pooled money, trade, a house sold to pay the debt).

Those who conceal have such habits too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base.chance import NEVER, Array, bernoulli, randint, random_stream
from evaluation.world.base.config import Knobs
from evaluation.world.population.concealment import CONCEALED, PAYER, DebtorConduct
from evaluation.world.population.debts import Debts
from evaluation.world.population.people import CHILD, FARMER, INLAW, PARENT, SPOUSE, TRADER, People

LOOK_ALIKES = (
    "pooling",
    "trader_turnover",
    "seasonal_farmer",
    "kin_loan",
    "new_account",
    "house_sold",
    "car_sold",
    "family_transfer",
    "savings_policy",
    "company_change",
    "family_car",
    "divorce",
)
POOLING, TURNOVER, SEASONAL, KIN_LOAN, NEW_ACCOUNT, HOUSE_SOLD, CAR_SOLD, FAMILY, SAVINGS, CHANGE, CAR, SPLIT = range(
    len(LOOK_ALIKES)
)


@dataclass(frozen=True)
class LookAlikes:
    """Honest habits of each household.

    Attributes:
        has: (households, len(LOOKS)) flags. day: (households,) a day near the case for the habits that have one.
        family_car: (households, 4) which of spouse, parent, child, in-law owns a car the debtor may drive.
        divorced_on: day of a divorce that fell into the case, NEVER where none.
    """

    has: Array
    day: Array
    family_car: Array
    divorced_on: Array

    def households_with(self, look: int) -> Array:
        """(households,) whether a household has the habit (constant of this module)."""
        return np.asarray(self.has[:, look])

    def names(self) -> Array:
        """Names of the habits of each household, joined by `;`."""
        labels = np.asarray(LOOK_ALIKES, dtype=object)
        return np.asarray([";".join(labels[row]) for row in self.has], dtype=object)


def draw_look_alikes(
    knobs: Knobs, seed: int, quarter: int, people: People, debts: Debts, conduct: DebtorConduct
) -> LookAlikes:
    """Draw the look-alikes of the quarter's households."""
    rng = random_stream(seed, quarter, "look_alikes")
    size = len(people)
    wed = people.present[:, SPOUSE] & (people.divorced_on == NEVER)
    honest = conduct.kind != CONCEALED
    has = np.zeros((size, len(LOOK_ALIKES)), dtype=bool)
    has[:, POOLING] = wed & bernoulli(rng, knobs.number("look_alikes.pooling"), size)
    has[:, TURNOVER] = (people.work == TRADER) & bernoulli(rng, 0.7, size)
    has[:, SEASONAL] = people.work == FARMER
    kin = people.present[:, [SPOUSE, PARENT, CHILD, INLAW]].any(axis=1)
    for look in (KIN_LOAN, FAMILY):
        has[:, look] = kin & bernoulli(rng, knobs.number(f"look_alikes.{LOOK_ALIKES[look]}"), size)
    for look in (NEW_ACCOUNT, HOUSE_SOLD, CAR_SOLD, SAVINGS):
        has[:, look] = bernoulli(rng, knobs.number(f"look_alikes.{LOOK_ALIKES[look]}"), size)
    has[:, HOUSE_SOLD] |= (conduct.kind == PAYER) & bernoulli(rng, 0.1, size)
    has[:, CHANGE] = (people.company != "") & bernoulli(rng, knobs.number("look_alikes.company_change"), size)
    share = knobs.number("look_alikes.family_car") * np.array([0.55, 0.35, 0.45, 0.4])
    cars = (rng.random((size, 4)) < share) & people.present[:, [SPOUSE, PARENT, CHILD, INLAW]]
    has[:, CAR] = cars.any(axis=1)
    split = wed & (bernoulli(rng, knobs.number("look_alikes.divorce"), size) | (~honest & bernoulli(rng, 0.045, size)))
    has[:, SPLIT] = split
    served, closed = debts.served[conduct.first], debts.closed[conduct.first]
    day = served - 60 + (rng.random(size) * (closed - served + 90)).astype(np.int64)
    return LookAlikes(has, day, cars, np.where(split, randint(rng, served - 200, closed, size), people.divorced_on))
