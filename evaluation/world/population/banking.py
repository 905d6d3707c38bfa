"""Draw bank accounts of debtors and their relatives: bank, numbers, days of opening and closing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, Array, bernoulli, randint, random_stream
from evaluation.world.base.config import Knobs
from evaluation.world.population.concealment import DebtorConduct
from evaluation.world.population.debts import Debts
from evaluation.world.population.look_alikes import NEW_ACCOUNT, LookAlikes
from evaluation.world.population.people import SLOTS, People

BANKS = ("浙东商业银行", "溪城农村合作银行", "东湖银行", "中部发展银行", "海潮银行", "云上互联网银行")
ACCOUNTS = 3
ONLINE = len(BANKS) - 1


@dataclass(frozen=True)
class Accounts:
    """Accounts of the debtors, shapes (households, ACCOUNTS), and one account per other person.

    Attributes:
        card, number, bank: identifiers and index of `BANKS`. exists, opened, closed: flags and days.
        known: the court's bank query returned it. balance: 分 at the time of the query.
        person_number, person_bank: (households, SLOTS) account of each person for incoming transfers.
    """

    card: Array
    number: Array
    bank: Array
    exists: Array
    opened: Array
    closed: Array
    known: Array
    balance: Array
    person_number: Array
    person_bank: Array


def draw_accounts(
    knobs: Knobs, seed: int, quarter: int, people: People, debts: Debts, conduct: DebtorConduct, looks: LookAlikes
) -> Accounts:
    """Draw the accounts of the quarter's households."""
    rng = random_stream(seed, quarter, "accounts")
    size = len(people)
    counter = np.arange(size * ACCOUNTS)
    bank = rng.integers(0, ONLINE, (size, ACCOUNTS))
    bank[:, 2] = np.where(rng.random(size) < 0.3, ONLINE, bank[:, 2])
    exists = np.ones((size, ACCOUNTS), dtype=bool)
    exists[:, 1] = rng.random(size) < 0.62
    exists[:, 2] = (rng.random(size) < 0.26) | looks.households_with(NEW_ACCOUNT)
    notice = debts.filed[conduct.first] + 8
    opened = notice[:, None] - randint(rng, 900, 5500, size * ACCOUNTS).reshape(size, ACCOUNTS)
    evasive = conduct.evasive
    fresh = looks.households_with(NEW_ACCOUNT) | (evasive & bernoulli(rng, 0.24, size))
    opened[:, 2] = np.where(fresh, notice + randint(rng, -60, 120, size), opened[:, 2])
    exists[:, 2] |= fresh
    closes = exists[:, 1] & bernoulli(rng, np.where(evasive, 0.15, 0.06), size)
    closed = np.full((size, ACCOUNTS), NEVER)
    closed[:, 1] = np.where(closes, notice + randint(rng, -60, 100, size), NEVER)
    known = exists & (rng.random((size, ACCOUNTS)) < np.array([0.98, 0.95, 0.7]))
    known[:, 2] &= opened[:, 2] < notice
    person_bank = rng.integers(0, ONLINE, (size, SLOTS))
    people_counter = np.arange(size * SLOTS) + 900_000
    return Accounts(
        card=ids.cards(quarter, bank.reshape(-1), counter).reshape(size, ACCOUNTS),
        number=ids.accounts(quarter, bank.reshape(-1), counter).reshape(size, ACCOUNTS),
        bank=bank,
        exists=exists,
        opened=opened,
        closed=closed,
        known=known,
        balance=np.minimum(np.exp(rng.normal(9.3, 1.7, (size, ACCOUNTS))), 2_500_000).astype(np.int64),
        person_number=ids.accounts(quarter, person_bank.reshape(-1), people_counter).reshape(size, SLOTS),
        person_bank=person_bank,
    )
