"""Draw debts and lawsuits: cause, amount, creditor, and every date up to the enforcement case.

One row per terminated first case (some are a second case of the same debtor), then context cases that end otherwise.
Dates are days since 1970, money is 分.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import (
    NEVER,
    Array,
    bernoulli,
    choice,
    choice_by_row,
    randint,
    random_stream,
    yuan_to_fen,
)
from evaluation.world.base.config import Knobs
from evaluation.world.base.table import ArrayTable
from evaluation.world.population.people import CASUAL, FARMER, TRADER, People

CAUSES = (
    "民间借贷纠纷",
    "金融借款合同纠纷",
    "买卖合同纠纷",
    "信用卡纠纷",
    "机动车交通事故责任纠纷",
    "劳务合同纠纷",
    "追索劳动报酬纠纷",
    "建设工程施工合同纠纷",
    "离婚后财产纠纷",
    "房屋租赁合同纠纷",
)
LOAN, BANK, SALES, CARD, TRAFFIC, LABOUR, WAGES, BUILDING, DIVORCE, LEASE = range(10)
_BANKS = ["浙东商业银行", "溪城农村合作银行", "东湖小额贷款有限公司", "山前村镇银行"]


@dataclass(frozen=True)
class Debts(ArrayTable):
    """Lawsuits of one quarter, one row per case.

    Attributes:
        household: row of the debtor in `People`.
        office: number of the office, 0-based. cause: index of `CAUSES`.
        amount: amount due, 分. debt, suit, served, preserved, judged, judged_served, effective: days.
        creditor, creditor_id, creditor_kind: who applies. spouse_too, company_too: co-debtors.
        linked: the debtor's second case of the quarter. otherwise: the case ends without termination.
        closed: day on which the first enforcement case closes.
        filed, applied: days of filing and of the application.
    """

    household: Array
    office: Array
    cause: Array
    amount: Array
    debt: Array
    suit: Array
    served: Array
    preserved: Array
    judged: Array
    judged_served: Array
    effective: Array
    creditor: Array
    creditor_id: Array
    creditor_kind: Array
    spouse_too: Array
    company_too: Array
    linked: Array
    otherwise: Array
    closed: Array
    filed: Array
    applied: Array


def _causes(rng: np.random.Generator, work: Array) -> Array:
    weights = np.tile([0.30, 0.17, 0.16, 0.09, 0.06, 0.05, 0.04, 0.04, 0.03, 0.06], (len(work), 1))
    weights[:, [SALES, BUILDING, WAGES]] *= np.where(work == TRADER, 2.2, 0.5)[:, None]
    weights[:, CARD] *= np.where(work == CASUAL, 1.8, 1.0)
    weights[:, SALES] *= np.where(work == FARMER, 1.6, 1.0)
    return choice_by_row(rng, weights)


def _creditors(rng: np.random.Generator, quarter: int, cause: Array) -> tuple[Array, Array, Array]:
    size = len(cause)
    person = np.isin(cause, [LOAN, TRAFFIC, LABOUR, WAGES, DIVORCE]) | (rng.random(size) < 0.18)
    bank = np.isin(cause, [BANK, CARD])
    birth = -randint(rng, 0, 9000, size)
    names = ids.join(ids.surnames(rng, size), ids.given_names(rng, size))
    numbers = ids.citizen_ids(quarter, np.arange(size) + 40_000, birth, rng.random(size) < 0.6)
    firms = ids.join(
        "浙东", ids.given_names(rng, size), choice(rng, ["商贸", "实业", "物资", "工程"], None, size), "有限公司"
    )
    codes = ids.uscc(quarter, np.arange(size) + 700_000)
    which = rng.integers(0, len(_BANKS), size)
    bank_codes = ids.uscc(900, np.arange(len(_BANKS)))
    creditor = np.where(bank, np.asarray(_BANKS, dtype=object)[which], np.where(person, names, firms))
    number = np.where(bank, bank_codes[which], np.where(person, numbers, codes))
    return creditor, number, np.where(bank | ~person, "法人", "自然人").astype(object)


def _dates(rng: np.random.Generator, closed: Array) -> dict[str, Array]:
    size = len(closed)
    lasted = (93 + rng.gamma(2.0, 38.0, size)).astype(np.int64)
    early = bernoulli(rng, 0.022, size)
    lasted = np.where(early, randint(rng, 45, 89, size), np.minimum(lasted, 400))
    filed = closed - lasted
    applied = filed - randint(rng, 1, 9, size)
    effective = applied - (15 + rng.gamma(1.3, 70.0, size)).astype(np.int64).clip(0, 650)
    judged_served = effective - randint(rng, 15, 24, size)
    judged = judged_served - randint(rng, 0, 12, size)
    suit = judged - randint(rng, 40, 190, size)
    return {
        "filed": filed,
        "applied": applied,
        "effective": effective,
        "judged_served": judged_served,
        "judged": judged,
        "suit": suit,
        "served": suit + randint(rng, 4, 32, size),
        "preserved": np.where(bernoulli(rng, 0.2, size), suit + randint(rng, 0, 25, size), NEVER),
        "debt": suit - randint(rng, 120, 1000, size),
    }


def _debtors(rng: np.random.Generator, knobs: Knobs, size: int, extra: int) -> tuple[Array, Array, int]:
    """(household of each case, whether it is the debtor's second case, number of households)."""
    linked = bernoulli(rng, knobs.number("people.linked"), size)
    linked[: max(1, size // 20)] = False
    own = np.cumsum(~linked) - 1
    count = int(own[-1]) + 1
    household = np.where(linked, (rng.random(size) * np.maximum(own, 1)).astype(np.int64), own)
    return (
        np.concatenate([household, count + np.arange(extra)]),
        np.concatenate([linked, np.zeros(extra, bool)]),
        count + extra,
    )


def draw_case_households(knobs: Knobs, seed: int, quarter: int, size: int) -> tuple[Array, Array, int, Array]:
    """Draw (household, is second case, number of households, closed without termination) of the quarter's cases."""
    rng = random_stream(seed, quarter, "linked")
    extra = round(size * knobs.number("debts.otherwise"))
    household, linked, count = _debtors(rng, knobs, size, extra)
    return household, linked, count, np.arange(size + extra) >= size


def draw_lawsuits(
    knobs: Knobs, seed: int, quarter: int, people: People, cases: tuple[Array, Array, int, Array], days: tuple[int, int]
) -> Debts:
    """Draw the lawsuits whose enforcement cases close in [days[0], days[1])."""
    household, linked, _, otherwise = cases
    rng = random_stream(seed, quarter, "debts")
    size = len(household)
    work = people.work[household]
    cause = _causes(rng, work)
    closed = days[0] + (rng.random(size) * (days[1] - days[0])).astype(np.int64)
    wealth = people.wealth[household]
    spread = knobs.number("debts.amount_spread")
    bend = np.array([0.1, 0.35, 0.25, -0.8, 0.0, -0.7, -0.9, 0.6, 0.1, -0.4])[cause]
    noise = np.sqrt(max(spread**2 - 0.35, 0.2)) * rng.normal(0, 1, size)
    amount = yuan_to_fen(np.exp(np.log(knobs.number("debts.amount")) + 0.33 * wealth + bend + noise)).clip(
        300_000, 3_000_000_000
    )
    creditor, creditor_id, creditor_kind = _creditors(rng, quarter, cause)
    share = np.asarray(knobs.numbers("offices.share"))
    home = choice_by_row(rng, np.tile(share / share.sum(), (len(people), 1)))
    wed = people.present[:, 1] & (people.divorced_on == NEVER)
    return Debts(
        household=household,
        office=home[household],
        cause=cause,
        amount=amount,
        creditor=creditor,
        creditor_id=creditor_id,
        creditor_kind=creditor_kind,
        spouse_too=wed[household] & bernoulli(rng, 0.16, size) & np.isin(cause, [LOAN, BANK]),
        company_too=(people.company[household] != "") & bernoulli(rng, 0.45, size),
        linked=linked,
        otherwise=otherwise,
        closed=closed,
        **_dates(rng, closed),
    )
