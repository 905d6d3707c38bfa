"""Draw the court's docket: first cases, endings, unaided reopenings, second terminations, and what a review would find.

One row per case, for the world without any review; `offices` then decides what reviews change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, Array, bernoulli, randint, random_stream, sigmoid
from evaluation.world.base.config import Knobs
from evaluation.world.base.table import ArrayTable
from evaluation.world.population.concealment import CONCEALED, DEFECT, INSOLVENT, MISSED, PAYER, DebtorConduct
from evaluation.world.population.debts import Debts
from evaluation.world.population.people import People

TERMINATED, PAID, PART, SETTLED = range(4)
MODES = ("终结本次执行程序", "执行完毕", "部分执行完毕", "执行和解")
DEFECTS = (
    "early",
    "stale_query",
    "missing_range",
    "no_interview",
    "no_limit",
    "no_order",
    "no_survey",
    "clue_open",
    "no_requery",
)
EARLY, STALE, RANGE, NO_INTERVIEW, NO_LIMIT, NO_ORDER, NO_SURVEY, CLUE_OPEN, NO_REQUERY = range(len(DEFECTS))


@dataclass(frozen=True)
class Docket(ArrayTable):
    """Cases of one quarter's cohort, one row per case.

    Attributes:
        suit: row in `Debts`. household: row in `People`. parent: row of the case resumed, -1 for first cases.
        case_no, chain: number of the case and of the chain's first case.
        filed, applied, closed, mode: days and index of `MODES`.
        due, paid: 分. office: 0-based.
        defects: (rows, len(DEFECTS)) flags of procedural defects.
        reopen: day of unaided reopening, NEVER where none.
        label: conclusion of an honest review ("Y1".."Y4"). found, recovered, unaided: 分. delay: days to the money.
        petition: day of the first petition, NEVER where none. dead: the debtor has died.
    """

    suit: Array
    household: Array
    parent: Array
    case_no: Array
    chain: Array
    filed: Array
    applied: Array
    closed: Array
    mode: Array
    due: Array
    paid: Array
    office: Array
    defects: Array
    reopen: Array
    label: Array
    found: Array
    recovered: Array
    unaided: Array
    delay: Array
    petition: Array
    dead: Array

    @property
    def terminated(self) -> Array:
        """Rows that ended by termination: the episodes."""
        return np.asarray(self.mode == TERMINATED)


def years(days: Array) -> Array:
    """Calendar year of each day."""
    return np.asarray(np.asarray(days, dtype="datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970)


def court_codes(knobs: Knobs) -> Array:
    """Code of the court of each office (浙99xx)."""
    return np.asarray(["浙" + code[-4:] for code in knobs.texts("offices.codes")], dtype=object)


def case_numbers(knobs: Knobs, office: Array, filed: Array, kind: str, number: Array) -> Array:
    """Case numbers （年）浙99xx执…号 of the offices' courts."""
    courts = court_codes(knobs)
    return ids.join("（", ids.digits(years(filed), 4), "）", courts[office], kind, ids.digits(number, 1), "号")


def _draw_defects(rng: np.random.Generator, knobs: Knobs, kind: Array, short: Array) -> Array:
    size = len(kind)
    faulty = (kind == DEFECT) | bernoulli(rng, knobs.number("kinds.defect_else") + 0.10 * (kind == MISSED), size)
    weights = np.array([0.06, 0.2, 0.16, 0.14, 0.1, 0.06, 0.16, 0.12, 0.0])
    flags = np.zeros((size, len(DEFECTS)), dtype=bool)
    for _ in range(2):
        flags[np.arange(size), rng.choice(len(DEFECTS), size, p=weights / weights.sum())] |= faulty
        faulty = faulty & (rng.random(size) < 0.3)
    flags[:, EARLY] = short
    flags[:, NO_REQUERY] = bernoulli(rng, 0.2, size)
    return flags


def _reopening_days(rng: np.random.Generator, knobs: Knobs, kind: Array, closed: Array) -> Array:
    size = len(kind)
    chance = np.select(
        [kind == MISSED, kind == CONCEALED],
        [knobs.number("resume.missed"), knobs.number("resume.concealed")],
        knobs.number("resume.insolvent"),
    )
    wait = 45 + rng.gamma(1.4, knobs.number("resume.days") / 1.4, size)
    return np.where(bernoulli(rng, chance, size), closed + wait.astype(np.int64), NEVER)


def _review_findings(
    rng: np.random.Generator, knobs: Knobs, conduct: DebtorConduct, household: Array, defects: Array, unpaid: Array
) -> dict[str, Array]:
    """Conclusion, finds and recovery of an error-free review; one random number per household for all its cases."""
    luck = rng.random(len(conduct.kind))[household]
    kind, careful = conduct.kind[household], conduct.careful[household]
    size = len(kind)
    sure = np.where(careful, 0.5 * knobs.number("ways.confirmed"), 1.08 * knobs.number("ways.confirmed")).clip(0, 1)
    hidden = (kind == CONCEALED) & (luck < sure)
    missed = (kind == MISSED) & (luck < knobs.number("ways.missed_confirmed"))
    unlawful = defects[:, :NO_REQUERY].any(axis=1)
    label = np.select([hidden, missed, unlawful], ["Y1", "Y2", "Y3"], "Y4").astype(object)
    part = np.where(hidden, rng.uniform(0.35, 1.0, size), rng.uniform(0.8, 1.0, size))
    found_fen = np.where(hidden | missed, conduct.hidden[household] * part, 0).astype(np.int64)
    none = rng.random(size) < np.where(
        hidden, knobs.number("recovery.zero_concealed"), knobs.number("recovery.zero_missed")
    )
    share = rng.uniform(knobs.number("recovery.share_low"), 1.0, size)
    recovered = np.where(none, 0, np.minimum(found_fen * share, unpaid)).astype(np.int64)
    delay = np.minimum(knobs.number("recovery.delay_days") * np.exp(0.55 * rng.normal(0, 1, size)), 240).astype(
        np.int64
    )
    little = np.where(rng.random(size) < 0.55, rng.beta(0.8, 4.0, size) * unpaid, 0)
    unaided = np.where(kind == INSOLVENT, little, np.where(none, little, 0.6 * recovered)).astype(np.int64)
    return {"label": label, "found": found_fen, "recovered": recovered, "delay": delay, "unaided": unaided}


def _petition_days(
    rng: np.random.Generator, knobs: Knobs, people: People, conduct: DebtorConduct, household: Array, closed: Array
) -> Array:
    hidden = conduct.kind[household] == CONCEALED
    lift = knobs.number("petitions.schooling") * (
        people.schooling[household] - 1 - 0.8 * (people.district[household] == 2)
    )
    base = np.where(hidden, knobs.number("petitions.hidden"), knobs.number("petitions.other"))
    chance = sigmoid(np.log(base / (1 - base)) + lift - lift.sum() / max(1, len(lift)))
    wait = (8 + rng.exponential(130, len(household))).astype(np.int64)
    return np.where(rng.random(len(household)) < chance, closed + wait, NEVER)


def draw_first_cases(
    knobs: Knobs, seed: int, quarter: int, block: int, people: People, debts: Debts, conduct: DebtorConduct
) -> Docket:
    """Draw the docket of first cases; case numbers of a quarter start at (quarter + 1) * block."""
    rng = random_stream(seed, quarter, "docket")
    size = len(debts)
    household = debts.household
    kind = np.where(debts.otherwise, PAYER, conduct.kind[household])
    mode = np.where(debts.otherwise, rng.choice([PAID, PART, SETTLED], size, p=[0.72, 0.08, 0.2]), TERMINATED)
    some = rng.random(size) < 0.40
    paid = np.where(some, debts.amount * np.minimum(rng.beta(0.8, 3.7, size), 0.95), 0).astype(np.int64)
    paid = np.where(mode == PAID, debts.amount, paid)
    case_no = case_numbers(knobs, debts.office, debts.filed, "执", (quarter + 1) * block + np.arange(size) * 2 + 1)
    defects = _draw_defects(rng, knobs, kind, debts.closed - debts.filed < 90) & (mode == TERMINATED)[:, None]
    ended = mode != TERMINATED
    return Docket(
        suit=np.arange(size),
        household=household,
        parent=np.full(size, -1),
        case_no=case_no,
        chain=case_no,
        filed=debts.filed,
        applied=debts.applied,
        closed=debts.closed,
        mode=mode,
        due=debts.amount,
        paid=paid,
        office=debts.office,
        defects=defects,
        reopen=np.where(ended, NEVER, _reopening_days(rng, knobs, kind, debts.closed)),
        petition=np.where(ended, NEVER, _petition_days(rng, knobs, people, conduct, household, debts.closed)),
        dead=(kind == INSOLVENT) & bernoulli(rng, 0.006, size),
        **_review_findings(rng, knobs, conduct, household, defects, debts.amount - paid),
    )


def draw_resumed_cases(
    knobs: Knobs,
    seed: int,
    quarter: int,
    block: int,
    base: Docket,
    conduct: DebtorConduct,
    people: People,
    generation: int,
) -> Docket:
    """Draw the cases resumed without a review from `base`; in generation 0 some are terminated again."""
    rng = random_stream(seed, quarter, f"resumed {generation}")
    rows = np.flatnonzero(base.reopen < NEVER)
    parent = base.select(rows)
    size = len(rows)
    again = bernoulli(rng, knobs.number("resume.again") if generation == 0 else 0.0, size)
    closed = parent.reopen + np.where(again, 95 + rng.gamma(2.0, 40, size), 25 + rng.gamma(2.0, 45, size)).astype(
        np.int64
    )
    due = parent.due - parent.paid
    paid = np.where(again, 0, np.minimum(parent.unaided, due))
    mode = np.where(again, TERMINATED, np.where(paid >= due, PAID, rng.choice([PART, SETTLED], size)))
    number = (quarter + 1) * block + generation * (block // 2) + np.arange(size) + 1
    kind = conduct.kind[parent.household]
    defects = _draw_defects(rng, knobs, kind, np.zeros(size, dtype=bool)) & again[:, None]
    return replace(
        parent,
        parent=rows,
        case_no=case_numbers(knobs, parent.office, parent.reopen, "执恢", number),
        filed=parent.reopen,
        applied=parent.reopen - randint(rng, 1, 7, size),
        closed=closed,
        mode=mode,
        due=due,
        paid=paid,
        defects=defects,
        reopen=np.where(again, _reopening_days(rng, knobs, kind, closed), NEVER),
        petition=np.where(again, _petition_days(rng, knobs, people, conduct, parent.household, closed), NEVER),
        dead=np.zeros(size, dtype=bool),
        **_review_findings(rng, knobs, conduct, parent.household, defects, due - paid),
    )


def cases_resumed_by_review(
    knobs: Knobs, quarter: int, block: int, whole: Docket, rows: Array, money: tuple[Array, Array, Array]
) -> Docket:
    """Cases resumed because of a review of the docket rows; `money` is (day resumed, 分 recovered, day it arrived)."""
    resumed, recovered, arrived = money
    parent = whole.select(rows)
    due = parent.due - parent.paid
    size = len(rows)
    number = (quarter + 1) * block + 3 * block // 4 + np.arange(size) + 1
    return replace(
        parent,
        parent=rows,
        case_no=case_numbers(knobs, parent.office, resumed, "执恢", number),
        filed=resumed,
        applied=resumed - 1,
        closed=np.where(arrived < NEVER, arrived + 5, resumed + 130),
        mode=np.where(recovered >= due, PAID, np.where(recovered > 0, PART, SETTLED)),
        due=due,
        paid=np.minimum(recovered, due),
        defects=np.zeros_like(parent.defects),
        reopen=np.full(size, NEVER),
        petition=np.full(size, NEVER),
        dead=np.zeros(size, dtype=bool),
    )


def draw_docket(
    knobs: Knobs, seed: int, quarter: int, block: int, people: People, debts: Debts, conduct: DebtorConduct
) -> Docket:
    """Draw first cases, resumed cases, and resumed cases of those terminated a second time."""
    base = draw_first_cases(knobs, seed, quarter, block, people, debts, conduct)
    second = draw_resumed_cases(knobs, seed, quarter, block, base, conduct, people, 0)
    third = draw_resumed_cases(knobs, seed, quarter, block, second, conduct, people, 1)
    third = replace(third, parent=third.parent + len(base))
    return Docket.concatenate([base, second, third])
