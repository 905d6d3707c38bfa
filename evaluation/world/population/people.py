"""Draw debtors with spouse, parent, child or sibling, in-law, friend, and a stranger of the same name.

Traits that precede any court case: age, home, work, means, ties, character. A household has one slot (column) per
role, so arrays are (households, SLOTS) or (households,).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import (
    NEVER,
    Array,
    bernoulli,
    chances_with_mean,
    choice,
    choice_by_row,
    randint,
    random_stream,
)
from evaluation.world.base.config import Knobs
from evaluation.world.base.table import ArrayTable

DEBTOR, SPOUSE, PARENT, CHILD, INLAW, FRIEND, NAMESAKE = range(7)
SLOTS = 7
KIN = (SPOUSE, PARENT, CHILD, INLAW)
WAGE, TRADER, FARMER, CASUAL = range(4)
TOWN, EDGE, VILLAGE = range(3)
_ROADS = ["云溪路", "东湖路", "望江街", "文昌路", "丰泽路", "长乐街", "永兴路", "松涛路", "南屏路", "桥西街"]
_VILLAGES = ["上溪村", "下庄村", "石桥村", "青山村", "竹园村", "东岙村", "柳塘村", "后畈村"]
_TRADES = ["建材", "服饰", "五金", "餐饮", "运输", "装饰", "机械", "食品", "电器", "园林"]


@dataclass(frozen=True)
class People(ArrayTable):
    """Households of one quarter; shapes (households,) unless said otherwise.

    Attributes:
        name, id_no, phone, address, male, birth, present: (households, SLOTS); `present` says who exists.
        district, work: constants of this module. schooling: 0..2. wealth, guile: latent scores of about unit variance.
        income: monthly, 分.
        married_on, divorced_on: days, NEVER where not; divorces during the case are drawn by `look_alikes`.
        employer, employer_id: name and code of the employer, empty where none.
        company, company_id, company_from: the debtor's own company, empty where none.
        successor_id: code of a possible successor company.
    """

    name: Array
    id_no: Array
    phone: Array
    address: Array
    male: Array
    birth: Array
    present: Array
    district: Array
    work: Array
    schooling: Array
    wealth: Array
    guile: Array
    income: Array
    married_on: Array
    divorced_on: Array
    employer: Array
    employer_id: Array
    company: Array
    company_id: Array
    company_from: Array
    successor_id: Array


def _births(rng: np.random.Generator, today: int, size: int) -> tuple[Array, Array]:
    age = np.clip(rng.normal(44, 11, size), 21, 79)
    lag = np.zeros((size, SLOTS))
    lag[:, SPOUSE] = rng.normal(1, 3, size)
    lag[:, PARENT] = -np.clip(rng.normal(26, 4, size), 18, 45)
    grown = age > 45
    lag[:, CHILD] = np.where(grown, np.clip(rng.normal(25, 3, size), 19, 40), rng.normal(0, 5, size))
    lag[:, INLAW] = np.where(grown, np.clip(rng.normal(24, 3, size), 18, 40), rng.normal(0, 6, size))
    lag[:, FRIEND] = rng.normal(0, 8, size)
    lag[:, NAMESAKE] = rng.normal(0, 11, size)
    birth = today - ((age[:, None] - lag).clip(18.5, 96) * 365.25).astype(np.int64)
    return age, birth


def _names(rng: np.random.Generator, size: int, homonym: float) -> Array:
    surname = ids.surnames(rng, size)
    other = ids.surnames(rng, size * SLOTS).reshape(size, SLOTS)
    given_names = ids.given_names(rng, size * SLOTS).reshape(size, SLOTS)
    same = np.zeros((size, SLOTS), dtype=bool)
    same[:, [DEBTOR, NAMESAKE]] = True
    same[:, PARENT] = rng.random(size) < 0.62
    same[:, CHILD] = rng.random(size) < 0.86
    family = np.where(same, surname[:, None], other)
    name = ids.join(family.reshape(-1), given_names.reshape(-1)).reshape(size, SLOTS)
    twin = bernoulli(rng, homonym, size)
    name[twin, DEBTOR] = name[rng.integers(0, size, int(twin.sum())), NAMESAKE]
    return name


def _addresses(rng: np.random.Generator, district: Array) -> Array:
    size = len(district)
    road = choice(rng, _ROADS, None, size * SLOTS)
    village = choice(rng, _VILLAGES, None, size * SLOTS)
    number = ids.digits(randint(rng, 1, 380, size * SLOTS), 1)
    room = ids.digits(randint(rng, 1, 18, size * SLOTS) * 100 + randint(rng, 1, 4, size * SLOTS), 1)
    town = ids.join("浙东市溪城区", road, number, "号", room, "室")
    rural = ids.join("浙东市山前镇", village, number, "号")
    rows = np.where(np.repeat(district, SLOTS) == VILLAGE, rural, town).reshape(size, SLOTS)
    rows[:, SPOUSE] = rows[:, DEBTOR]
    shared = bernoulli(rng, 0.35, size)
    rows[shared, PARENT] = rows[shared, DEBTOR]
    return np.asarray(rows)


def _ties(rng: np.random.Generator, knobs: Knobs, age: Array, today: int) -> tuple[Array, Array, Array]:
    size = len(age)
    present = np.ones((size, SLOTS), dtype=bool)
    wed = rng.random(size) < chances_with_mean(
        (age - 35) / 9 - np.abs(age - 50) / 25, knobs.number("people.married") + 0.11
    )
    ended = wed & bernoulli(rng, 0.13, size)
    present[:, SPOUSE] = wed
    present[:, PARENT] = rng.random(size) < np.clip(1.25 - age / 75, 0.15, 0.95)
    present[:, CHILD] = rng.random(size) < 0.72
    present[:, INLAW] = rng.random(size) < 0.62
    married_on = today - ((age - rng.normal(25.5, 3, size)).clip(0.5, 50) * 365).astype(np.int64)
    divorced_on = np.where(ended, married_on + ((today - 900 - married_on) * rng.random(size)).astype(np.int64), NEVER)
    divorced_on = np.where(divorced_on <= married_on, NEVER, divorced_on)
    return present, np.where(wed, married_on, NEVER), divorced_on


def _employers(rng: np.random.Generator, quarter: int, size: int, work: Array) -> tuple[Array, Array]:
    pool = max(12, size // 9)
    code = ids.uscc(quarter, np.arange(pool) + 500_000)
    label = ids.join("浙东", ids.given_names(rng, pool), choice(rng, _TRADES, None, pool), "有限公司")
    chosen = rng.integers(0, pool, size)
    employed = (work == WAGE) | ((work == CASUAL) & (rng.random(size) < 0.15))
    return np.where(employed, label[chosen], ""), np.where(employed, code[chosen], "")


def _trades(rng: np.random.Generator, knobs: Knobs, district: Array) -> Array:
    shares = [knobs.number(f"people.{kind}") for kind in ("trader", "farmer", "casual")]
    weights = np.tile([max(0.0, 1 - sum(shares)), *shares], (len(district), 1))
    weights[:, FARMER] *= np.where(district == VILLAGE, 2.6, 0.18)
    return choice_by_row(rng, weights)


def draw_people(knobs: Knobs, seed: int, quarter: int, size: int, today: int) -> People:
    """Draw the households of one quarter; `today` is its first day, in days since 1970."""
    rng = random_stream(seed, quarter, "people")
    age, birth = _births(rng, today, size)
    district = choice_by_row(rng, np.tile([0.46, 0.2, 0.34], (size, 1)))
    work = _trades(rng, knobs, district)
    schooling = choice_by_row(
        rng, np.column_stack([0.25 + 0.4 * (district == VILLAGE), np.full(size, 0.5), 0.3 - 0.2 * (age > 50)])
    )
    shift = np.array([0.1, 0.4, -0.3, -0.7])[work]
    wealth = rng.normal(0, 0.9, size) + shift + 0.2 * (schooling - 1) - 0.15 * (district == VILLAGE)
    log_income = np.log(knobs.number("people.income")) + knobs.number("people.income_spread") * wealth
    present, married_on, divorced_on = _ties(rng, knobs, age, today)
    male = rng.random((size, SLOTS)) < 0.5
    male[:, DEBTOR] = rng.random(size) < 0.71
    male[:, SPOUSE] = ~male[:, DEBTOR]
    counter = np.arange(size * SLOTS)
    employer, employer_id = _employers(rng, quarter, size, work)
    owns = (work == TRADER) & (rng.random(size) < 0.5) | (rng.random(size) < 0.02)
    firm = ids.join("浙东", ids.given_names(rng, size), choice(rng, _TRADES, None, size), "有限公司")
    return People(
        name=_names(rng, size, knobs.number("people.homonym")),
        id_no=ids.citizen_ids(quarter, counter, birth.reshape(-1), male.reshape(-1)).reshape(size, SLOTS),
        phone=ids.phones(quarter, counter).reshape(size, SLOTS),
        address=_addresses(rng, district),
        male=male,
        birth=birth,
        present=present,
        district=district,
        work=work,
        schooling=schooling,
        wealth=wealth,
        guile=rng.normal(0, 1, size),
        income=(np.exp(log_income) * 100).astype(np.int64),
        married_on=married_on,
        divorced_on=divorced_on,
        employer=employer,
        employer_id=employer_id,
        company=np.where(owns, firm, ""),
        company_id=np.where(owns, ids.uscc(quarter, np.arange(size)), ""),
        company_from=today - randint(rng, 700, 5200, size),
        successor_id=ids.uscc(quarter, np.arange(size) + 250_000),
    )
