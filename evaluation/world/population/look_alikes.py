"""Honest people whose data look like concealment: couples who pool money, traders, house sold to pay the debt …

Look-alikes fall on concealers too: nobody is only one thing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base.chance import NEVER, Array, between, happens, stream
from evaluation.world.base.config import Knobs
from evaluation.world.population.debts import Debts
from evaluation.world.population.people import CHILD, FARMER, INLAW, PARENT, SPOUSE, TRADER, People
from evaluation.world.population.ways import CONCEALED, PAYER, Conduct

LOOKS = (
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
    len(LOOKS)
)


@dataclass(frozen=True)
class Looks:
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

    def who(self, look: int) -> Array:
        """Households with the habit."""
        return np.asarray(self.has[:, look])

    def names(self) -> Array:
        """Their habits as text joined by `;`."""
        labels = np.asarray(LOOKS, dtype=object)
        return np.asarray([";".join(labels[row]) for row in self.has], dtype=object)


def habits(knobs: Knobs, seed: int, quarter: int, people: People, debts: Debts, conduct: Conduct) -> Looks:
    """The look-alikes of the quarter's households."""
    rng = stream(seed, quarter, "look_alikes")
    size = len(people)
    wed = people.present[:, SPOUSE] & (people.divorced_on == NEVER)
    honest = conduct.kind != CONCEALED
    has = np.zeros((size, len(LOOKS)), dtype=bool)
    has[:, POOLING] = wed & happens(rng, knobs.real("look_alikes.pooling"), size)
    has[:, TURNOVER] = (people.work == TRADER) & happens(rng, 0.7, size)
    has[:, SEASONAL] = people.work == FARMER
    kin = people.present[:, [SPOUSE, PARENT, CHILD, INLAW]].any(axis=1)
    for look in (KIN_LOAN, FAMILY):
        has[:, look] = kin & happens(rng, knobs.real(f"look_alikes.{LOOKS[look]}"), size)
    for look in (NEW_ACCOUNT, HOUSE_SOLD, CAR_SOLD, SAVINGS):
        has[:, look] = happens(rng, knobs.real(f"look_alikes.{LOOKS[look]}"), size)
    has[:, HOUSE_SOLD] |= (conduct.kind == PAYER) & happens(rng, 0.1, size)
    has[:, CHANGE] = (people.company != "") & happens(rng, knobs.real("look_alikes.company_change"), size)
    share = knobs.real("look_alikes.family_car") * np.array([0.55, 0.35, 0.45, 0.4])
    cars = (rng.random((size, 4)) < share) & people.present[:, [SPOUSE, PARENT, CHILD, INLAW]]
    has[:, CAR] = cars.any(axis=1)
    split = wed & (happens(rng, knobs.real("look_alikes.divorce"), size) | (~honest & happens(rng, 0.045, size)))
    has[:, SPLIT] = split
    served, closed = debts.served[conduct.first], debts.closed[conduct.first]
    day = served - 60 + (rng.random(size) * (closed - served + 90)).astype(np.int64)
    return Looks(has, day, cars, np.where(split, between(rng, served - 200, closed, size), people.divorced_on))
