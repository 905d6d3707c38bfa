"""Draw holdings: vehicles, realty and insurance policies, who is registered as owner and who uses them.

Tables are dicts of arrays, one row per holding. `h` is the household the row belongs to, (`oh`, `slot`) household and
slot of the registered owner, `thing` the number of the object within the quarter: a sale is two rows of one thing.
"""

from __future__ import annotations

import numpy as np

from evaluation.world.base.chance import (
    NEVER,
    Array,
    bernoulli,
    randint,
    random_stream,
    round_to_yuan,
    sigmoid,
    yuan_to_fen,
)
from evaluation.world.base.config import Knobs
from evaluation.world.population.concealment import KIN_ACCOUNT, LOW_SALE, POLICY, VEHICLE, DebtorConduct
from evaluation.world.population.debts import Debts
from evaluation.world.population.look_alikes import CAR_SOLD, FAMILY, HOUSE_SOLD, SAVINGS, LookAlikes
from evaluation.world.population.people import CHILD, DEBTOR, FRIEND, INLAW, PARENT, SPOUSE, TRADER, People

Rows = dict[str, Array]


def stack_rows(parts: list[Rows]) -> Rows:
    """Concatenate tables with the same columns."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def take_rows(rows: Rows, at: Array | slice) -> Rows:
    """The table at some rows."""
    return {name: column[at] for name, column in rows.items()}


class _HoldingTable:
    """Collects the holdings of one sort."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.things = 0
        self.parts: list[Rows] = []

    def add(self, h: Array, slot: Array | int, start: Array, value: Array, **more: Array | int | float) -> Rows:
        """Add new things; returns their rows (which may still be changed)."""
        size = len(h)
        row: Rows = {
            "h": h,
            "oh": h,
            "slot": np.broadcast_to(np.asarray(slot), (size,)),
            "thing": np.arange(self.things, self.things + size),
            "start": start,
            "end": np.full(size, NEVER),
            "prev_h": np.full(size, -1),
            "prev_slot": np.full(size, -1),
            "price": value,
            "value": value,
            "mortgage": np.zeros(size, dtype=np.int64),
            "known": np.ones(size, dtype=bool),
            "use": np.zeros(size),
            "pays": np.zeros(size, dtype=bool),
            "mode": np.zeros(size, dtype=np.int64),
        }
        row.update({name: np.broadcast_to(np.asarray(item), (size,)) for name, item in more.items()})
        self.things += size
        self.parts.append(row)
        return row

    def transfer(
        self, row: Rows, when: Array, to_h: Array, to_slot: Array | int, price: Array, mode: Array | int
    ) -> None:
        """The things of `row` change hands on a day: the rows end, and rows of the new owners are added."""
        row["end"] = when
        size = len(when)
        self.parts.append(
            {
                **row,
                "oh": to_h,
                "slot": np.broadcast_to(np.asarray(to_slot), (size,)),
                "start": when,
                "end": np.full(size, NEVER),
                "prev_h": row["oh"],
                "prev_slot": row["slot"],
                "price": price,
                "mode": np.broadcast_to(np.asarray(mode), (size,)),
                "pays": np.zeros(size, dtype=bool),
                "use": np.zeros(size),
            }
        )

    def rows(self) -> Rows:
        """All rows in the order in which they were added."""
        return stack_rows(self.parts)


def _sale_days(rng: np.random.Generator, debts: Debts, conduct: DebtorConduct, h: Array) -> Array:
    start, end = debts.served[conduct.first[h]], debts.closed[conduct.first[h]]
    return np.asarray(start - 40 + (rng.random(len(h)) * (end - start + 30)).astype(np.int64))


def draw_vehicles(
    knobs: Knobs, seed: int, quarter: int, people: People, debts: Debts, conduct: DebtorConduct, looks: LookAlikes
) -> Rows:
    """Draw vehicles of debtors and relatives: kept, sold fairly, moved to relatives, bought in another's name."""
    rng = random_stream(seed, quarter, "vehicles")
    size = len(people)
    sheet = _HoldingTable(size)
    closed = debts.closed[conduct.first]
    missed = conduct.missed("vehicle")
    moved = conduct.uses(LOW_SALE) & (rng.random(size) < 0.45)
    own = (rng.random(size) < sigmoid(-0.75 + 0.8 * people.wealth + 0.5 * (people.work == TRADER))) & ~missed & ~moved
    worth = yuan_to_fen(np.exp(np.log(26000) + 0.4 * people.wealth + 0.7 * rng.normal(0, 1, size)))
    sold = own & looks.households_with(CAR_SOLD)
    for mask in (own & ~sold, sold, moved):
        h = np.flatnonzero(mask)
        low = mask is moved
        ratio = rng.uniform(0.05, 0.7, len(h)) if low else rng.uniform(0.82, 1.08, len(h))
        value = (conduct.hidden[h] / (1 - ratio)).astype(np.int64) if low else worth[h]
        row = sheet.add(
            h, DEBTOR, closed[h] - randint(rng, 700, 3900, len(h)), value, use=rng.uniform(1, 6, len(h)), pays=True
        )
        row["mortgage"] = np.where(
            rng.random(len(h)) < 0.22, (value * rng.uniform(0.3, 1.1, len(h))).astype(np.int64), 0
        )
        if low:
            sheet.transfer(
                row, conduct.act[h], h, conduct.helper[h], round_to_yuan((value * ratio).astype(np.int64), 100), 0
            )
            sheet.parts[-1]["use"] = rng.uniform(2, 10, len(h))
        elif mask is sold:
            buyer = (h + 17) % size
            sheet.transfer(
                row,
                _sale_days(rng, debts, conduct, h),
                buyer,
                FRIEND,
                round_to_yuan((value * ratio).astype(np.int64), 100),
                0,
            )
    h = np.flatnonzero(missed)
    late = conduct.late[h]
    start = np.where(late, closed[h] + randint(rng, 25, 500, len(h)), closed[h] - randint(rng, 300, 2600, len(h)))
    sheet.add(h, DEBTOR, start, conduct.hidden[h], known=False, use=rng.uniform(3, 10, len(h)), pays=True)
    _others_cars(rng, sheet, people, closed, conduct, looks)
    return sheet.rows()


def _others_cars(
    rng: np.random.Generator,
    sheet: _HoldingTable,
    people: People,
    closed: Array,
    conduct: DebtorConduct,
    looks: LookAlikes,
) -> None:
    """Add cars registered to relatives and friends: their own, which the debtor may drive, and the debtor's in fact."""
    h, column = np.nonzero(looks.family_car)
    slot = np.array([SPOUSE, PARENT, CHILD, INLAW])[column]
    value = yuan_to_fen(np.exp(np.log(52000) + 0.6 * rng.normal(0, 1, len(h))))
    start = closed[h] + randint(rng, -2600, 620, len(h))
    drives = rng.random(len(h)) < 0.5
    use = np.where(drives, rng.gamma(1.4, 1.6, len(h)), 0.0)
    sheet.add(h, slot, start, value, known=False, use=use, pays=drives & (rng.random(len(h)) < 0.16))
    h = np.flatnonzero(conduct.uses(VEHICLE))
    start = np.maximum(conduct.act[h] + randint(rng, -40, 330, len(h)), closed[h] - 900)
    slot = np.where(rng.random(len(h)) < 0.78, conduct.helper[h], FRIEND)
    use = rng.gamma(5.0, 1.7, len(h))
    sheet.add(h, slot, start, conduct.hidden[h], known=False, use=use, pays=rng.random(len(h)) < 0.68)
    h = np.flatnonzero(bernoulli(rng, 0.016, len(people)))
    sheet.add(
        h,
        DEBTOR,
        closed[h] + randint(rng, 20, 600, len(h)),
        randint(rng, 80_000, 900_000, len(h)),
        known=False,
        use=3.0,
    )


def draw_realty(
    knobs: Knobs, seed: int, quarter: int, people: People, debts: Debts, conduct: DebtorConduct, looks: LookAlikes
) -> Rows:
    """Draw homes: kept, sold to pay, given to family, moved below price, bought by relatives."""
    rng = random_stream(seed, quarter, "realty")
    size = len(people)
    sheet = _HoldingTable(size)
    closed = debts.closed[conduct.first]
    worth = yuan_to_fen(
        np.exp(np.log(620_000) + 0.35 * people.wealth + 0.45 * rng.normal(0, 1, size) - 0.5 * (people.district == 2))
    )
    sold, family = looks.households_with(HOUSE_SOLD), looks.households_with(FAMILY)
    moved = conduct.uses(LOW_SALE) & ~conduct.missed("realty")
    moved &= rng.random(size) < 0.62
    own = (rng.random(size) < sigmoid(-0.55 + 0.7 * people.wealth)) & ~sold & ~family
    h = np.flatnonzero(own)
    sheet.add(
        h,
        DEBTOR,
        closed[h] - randint(rng, 900, 6500, len(h)),
        worth[h],
        mortgage=(worth[h] * rng.uniform(0, 1.05, len(h))).astype(np.int64),
        mode=0,
    )
    h = np.flatnonzero(sold)
    row = sheet.add(h, DEBTOR, closed[h] - randint(rng, 1200, 6500, len(h)), worth[h])
    price = (worth[h] * rng.uniform(0.74, 1.03, len(h))).astype(np.int64)
    sheet.transfer(row, _sale_days(rng, debts, conduct, h), (h + 23) % size, FRIEND, round_to_yuan(price, 1000), 0)
    h = np.flatnonzero(family)
    row = sheet.add(h, DEBTOR, closed[h] - randint(rng, 2500, 6500, len(h)), worth[h])
    gift = rng.random(len(h)) < 0.6
    price = np.where(gift, 0, worth[h] * rng.uniform(0.3, 0.95, len(h))).astype(np.int64)
    when = np.where(
        rng.random(len(h)) < 0.45, looks.day[h], debts.debt[conduct.first[h]] - randint(rng, -200, 1200, len(h))
    )
    sheet.transfer(row, when, h, conduct.helper[h], round_to_yuan(price, 1000), np.where(gift, 1, 0))
    _moved_homes(rng, sheet, np.flatnonzero(moved), closed, conduct)
    _others_realty(rng, sheet, people, closed, conduct)
    return sheet.rows()


def _moved_homes(
    rng: np.random.Generator, sheet: _HoldingTable, h: Array, closed: Array, conduct: DebtorConduct
) -> None:
    """Add homes given to a relative or sold far below price."""
    ratio = np.where(rng.random(len(h)) < 0.35, 0.0, rng.uniform(0.1, 0.72, len(h)))
    value = np.maximum((conduct.hidden[h] / (1 - ratio)).astype(np.int64), 9_000_000)
    row = sheet.add(h, DEBTOR, closed[h] - randint(rng, 1500, 6500, len(h)), value)
    price = round_to_yuan((value * ratio).astype(np.int64), 1000)
    sheet.transfer(row, conduct.act[h], h, conduct.helper[h], price, np.where(ratio == 0, 1, 0))


def _others_realty(
    rng: np.random.Generator, sheet: _HoldingTable, people: People, closed: Array, conduct: DebtorConduct
) -> None:
    h = np.flatnonzero(conduct.missed("realty"))
    late = conduct.late[h]
    start = np.where(late, closed[h] + randint(rng, 30, 540, len(h)), closed[h] - randint(rng, 300, 3000, len(h)))
    sheet.add(h, DEBTOR, start, conduct.hidden[h], known=False, mode=np.where(late, 2, 0))
    for slot, share in ((SPOUSE, 0.2), (PARENT, 0.4), (CHILD, 0.24), (INLAW, 0.26)):
        h = np.flatnonzero(people.present[:, slot] & (rng.random(len(people)) < share))
        value = yuan_to_fen(np.exp(np.log(560_000) + 0.5 * rng.normal(0, 1, len(h))))
        sheet.add(h, slot, closed[h] - randint(rng, -500, 6000, len(h)), value, known=False)
    h = np.flatnonzero(conduct.uses(KIN_ACCOUNT) & (rng.random(len(people)) < 0.4))
    value = np.maximum(conduct.hidden[h] * 3, 20_000_000)
    sheet.add(h, conduct.helper[h], conduct.act[h] + randint(rng, 15, 200, len(h)), value, known=False)


def draw_policies(
    knobs: Knobs, seed: int, quarter: int, people: People, debts: Debts, conduct: DebtorConduct, looks: LookAlikes
) -> Rows:
    """Draw policies: protection, old savings, and money put into annuities or passed to a relative."""
    rng = random_stream(seed, quarter, "policies")
    size = len(people)
    sheet = _HoldingTable(size)
    closed = debts.closed[conduct.first]
    h = np.flatnonzero(rng.random(size) < 0.3)
    start, value = closed[h] - randint(rng, -200, 3600, len(h)), randint(rng, 0, 240_000, len(h))
    sheet.add(h, DEBTOR, start, value, price=randint(rng, 30_000, 420_000, len(h)), mode=0)
    h = np.flatnonzero(looks.households_with(SAVINGS) & ~conduct.missed("insurance"))
    start, value = closed[h] - randint(rng, 1500, 4200, len(h)), randint(rng, 300_000, 2_600_000, len(h))
    sheet.add(h, DEBTOR, start, value, price=randint(rng, 200_000, 1_000_000, len(h)), mode=1)
    h = np.flatnonzero(conduct.missed("insurance"))
    start = closed[h] - randint(rng, 500, 4000, len(h))
    sheet.add(h, DEBTOR, start, conduct.hidden[h], price=conduct.hidden[h] // 6, mode=1)
    h = np.flatnonzero(conduct.uses(POLICY))
    changed = rng.random(len(h)) < 0.3
    start = np.where(changed, closed[h] - randint(rng, 900, 3000, len(h)), conduct.act[h] + randint(rng, 0, 60, len(h)))
    row = sheet.add(
        h, DEBTOR, start, conduct.hidden[h], price=conduct.hidden[h] // randint(rng, 1, 4, len(h)), mode=2, known=False
    )
    row["changed"] = np.where(changed, conduct.act[h] + randint(rng, 0, 90, len(h)), NEVER)
    for part in sheet.parts[:-1]:
        part["changed"] = np.full(len(part["h"]), NEVER)
    return sheet.rows()
