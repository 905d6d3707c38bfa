"""Statements of second and third holders of the debtor's money, and the true paths the money took.

An office asks for the statement of whoever received most from the debtor since service; it does not know who only
lends an account. What a holder really bought with the debtor's money goes to the ground truth, path by path, whether
or not the statements that would show it were asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from evaluation.world.base.chance import NEVER, Array, bernoulli, choice_by_row, position_in_group, randint
from evaluation.world.base.text_columns import date_array
from evaluation.world.population import counterparties as cp
from evaluation.world.population.concealment import KIN_ACCOUNT, NOMINEE, VEHICLE
from evaluation.world.population.holdings import Rows, take_rows
from evaluation.world.population.people import DEBTOR, FRIEND, INLAW, NAMESAKE, PARENT, SLOTS, TRADER
from evaluation.world.scenarios.money.daily_life import DailyLife, Subjects
from evaluation.world.stage import flows as f
from evaluation.world.stage.flows import Flows
from evaluation.world.stage.stage import Stage

ENDS = ("developer", "dealer", "insurer", "broker", "cash", "wallet", "kept")
DEVELOPER, DEALER, INSURER, BROKER, IN_CASH, WALLET, KEPT = range(len(ENDS))
_BOUGHT = (
    (DEVELOPER, cp.DEVELOPER, f.HOUSE),
    (DEALER, cp.DEALER, f.CAR),
    (INSURER, cp.INSURER, f.PREMIUM),
    (BROKER, cp.BROKER, f.INVEST),
)
"""(end, counterparty, kind of movement) of purchases."""


@dataclass(frozen=True)
class TransferSchemes:
    """How money passes through others' accounts and what it is spent on; one row per household.

    Attributes:
        lent: (households, SLOTS) whose account serves the debtor. end: index of `ENDS`. relay: slot of a further
            person before the end, -1 for none. share: part of the money that reaches the end.
        pays_life, diverts: the account also pays the debtor's life, takes in the debtor's receivables.
    """

    lent: Array
    end: Array
    relay: Array
    share: Array
    pays_life: Array
    diverts: Array


def draw_schemes(stage: Stage) -> TransferSchemes:
    """Draw the schemes of all households, so that they do not depend on whose statements were asked for."""
    rng = stage.rng("schemes")
    people, conduct = stage.cohort.people, stage.conduct
    size = len(people)
    lent = np.zeros((size, SLOTS), dtype=bool)
    every = np.arange(size)
    lent[every, conduct.helper] |= conduct.uses(KIN_ACCOUNT) | conduct.uses(VEHICLE)
    lent[every, np.where(every % 4 == 0, NAMESAKE, FRIEND)] |= conduct.uses(NOMINEE)
    weights = np.tile([0.0, 0.0, 0.27, 0.2, 0.12, 0.09, 0.32], (size, 1))
    weights[:, DEVELOPER] = 3.0 * _bought_near(stage, stage.cohort.realty)
    weights[:, DEALER] = 3.0 * conduct.uses(VEHICLE)
    relay = np.where(conduct.helper == FRIEND, np.where(people.present[:, INLAW], INLAW, PARENT), FRIEND)
    return TransferSchemes(
        lent=lent,
        end=choice_by_row(rng, weights),
        relay=np.where(bernoulli(rng, 0.3, size) & people.present[every, relay], relay, -1),
        share=rng.uniform(0.45, 0.98, size),
        pays_life=bernoulli(rng, 0.5, size),
        diverts=bernoulli(rng, 0.75, size) & (people.work == TRADER),
    )


def _bought_near(stage: Stage, things: Rows) -> Array:
    """(households,) whether the helper acquired a home within 220 days after concealment began."""
    conduct, h = stage.conduct, things["h"]
    apart = things["start"] - conduct.act[h]
    near = (things["slot"] == conduct.helper[h]) & (apart >= 0) & (apart <= 220) & conduct.uses(KIN_ACCOUNT)[h]
    found = np.zeros(len(conduct.kind), dtype=bool)
    found[h[near]] = True
    return found


class HolderStatements:
    """Adds the statements of second and third holders to those of a quarter."""

    def __init__(self, stage: Stage, subjects: Subjects, out: Flows) -> None:
        self.stage, self.out, self.subjects = stage, out, subjects
        self.rng = stage.rng("second holders")
        self.plan = draw_schemes(stage)
        self.people = stage.cohort.people
        self.paths: list[Rows] = []

    def add_holders(self) -> Subjects:
        """Add the holders who received most, in two rounds; returns all subjects, the first ones unchanged."""
        payers = np.flatnonzero(self.subjects.slot == DEBTOR)
        for turn in (1, 2):
            holders = self._draw_holders(payers)
            if not len(holders):
                break
            offset = len(self.subjects)
            self.subjects = Subjects.concatenate([self.subjects, holders])
            new = np.arange(offset, len(self.subjects))
            self._add_daily_life(holders, offset)
            self.out.parts.append(counter_entries(self.out.book, self.subjects, new, self.out.rows()))
            self._add_spending(new, turn)
            payers = new
        return self.subjects

    def _draw_holders(self, payers: Array) -> Subjects:
        """Draw, for some payers, the household member who received most since service (above a threshold)."""
        rows, whole = self.out.rows(), self.subjects
        knobs = self.stage.plan.knobs
        person = rows["who"] < len(self.people) * SLOTS
        is_payer = np.zeros(len(whole), dtype=bool)
        is_payer[payers] = True
        at = np.flatnonzero(person & (rows["amount"] < 0) & is_payer[rows["s"]])
        s, slot = rows["s"][at], rows["who"][at] % SLOTS
        since = (rows["ts"][at] // f.DAY >= whole.served[s]) & (rows["ts"][at] // f.DAY <= whole.end[s])
        since &= (rows["who"][at] // SLOTS == whole.h[s]) & (slot != DEBTOR)
        got = np.zeros((len(whole), SLOTS))
        np.add.at(got, (s[since], slot[since]), -rows["amount"][at][since])
        known = np.zeros((len(self.people), SLOTS), dtype=bool)
        known[whole.h, whole.slot] = True
        got = got[payers] * ~known[whole.h[payers]]
        top = got.argmax(axis=1)
        worth = got.max(axis=1) >= knobs.number("statements.second_from") * 100
        wanted = worth & bernoulli(self.rng, knobs.number("statements.second"), len(payers))
        at, slot = payers[wanted], top[wanted]
        once = np.unique(whole.h[at] * SLOTS + slot, return_index=True)[1]
        at, slot = at[once], slot[once]
        asked_on = whole.answered[at] + randint(self.rng, 10, 90, len(at))
        start = whole.start[at]
        end = np.minimum(asked_on - 1, start + 1080)
        h = whole.h[at]
        lent = self.plan.lent[h, slot]
        device = np.where(lent & bernoulli(self.rng, 0.6, len(at)), h * SLOTS, h * SLOTS + slot)
        answered = asked_on + randint(self.rng, 9, 38, len(at))
        return Subjects(h, slot, start, end, whole.notice[at], whole.served[at], asked_on, answered, device)

    def _add_daily_life(self, asked: Subjects, offset: int) -> None:
        """Movements of the holders' own daily life."""
        stage, side = self.stage, Flows(self.out.book)
        cohort = stage.cohort
        life = DailyLife(self.rng, stage.plan.knobs, cohort.people, cohort.conduct, cohort.accounts, asked, side)
        life.add_income()
        life.add_spending()
        self.out.parts += [{**part, "s": part["s"] + offset} for part in side.parts]

    def _add(self, s: Array, day: Array, amount: Array, kind: Array | int, who: Array) -> None:
        self.out.add(s, 0, day, amount, kind, who, f.office_hours(self.rng, len(s)))

    def _received(self, new: Array) -> tuple[Array, Array]:
        """(分 received from the concealment, day on which it is used) of each new subject."""
        part = self.out.parts[-1]
        s, day = part["s"], part["ts"] // f.DAY
        apart = day - self.stage.conduct.act[self.subjects.h[s]]
        good = (part["amount"] > 0) & (apart >= -40) & (apart <= 250)
        s, day, amount = s[good], day[good], part["amount"][good].astype(np.float64)
        size = len(self.subjects)
        weight = np.maximum(np.bincount(s, amount, size), 1.0)
        used = (np.bincount(s, amount * day, size) / weight).astype(np.int64)
        used += np.minimum(self.rng.exponential(35, size), 200).astype(np.int64) + 1
        early = day <= used[s]
        total = np.bincount(s[early], amount[early], size).astype(np.int64)
        return total[new], used[new]

    def _add_spending(self, new: Array, turn: int) -> None:
        """Add the movements of new holders: money passed on, spent for the debtor, or spent on own purchases."""
        total, used = self._received(new)
        h, slot = self.subjects.h[new], self.subjects.slot[new]
        scheme = self.plan
        relayed = (scheme.relay[h] >= 0) & (scheme.relay[h] != slot)
        serves = np.where(turn == 1, scheme.lent[h, slot], scheme.relay[h] == slot) & (total > 0)
        onward = serves & relayed & (turn == 1)
        money = (total * scheme.share[h]).astype(np.int64)
        at = np.flatnonzero(onward)
        row, amount = f.split_totals(self.rng, money[at], randint(self.rng, 1, 3, len(at)), 2.0)
        at = at[row]
        who = self.out.book.person(h[at], scheme.relay[h[at]])
        self._add(new[at], used[at] + randint(self.rng, 0, 3, len(at)), -amount, f.MOVE, who)
        at = np.flatnonzero(serves & ~onward)
        self._spend_at_end(new[at], money[at], used[at])
        if turn == 1:
            self._add_service_to_debtor(new[serves], total[serves])
            self._add_own_purchases(new[~serves])

    def _spend_at_end(self, s: Array, money: Array, used: Array) -> None:
        """Spend the debtor's money at its end: purchase, cash, or wallet."""
        end = self.plan.end[self.subjects.h[s]]
        for which, counterparty, kind in _BOUGHT:
            at = np.flatnonzero(end == which)
            row, amount = f.split_totals(self.rng, money[at], randint(self.rng, 1, 3, len(at)), 2.5)
            day = used[at][row] + randint(self.rng, 0, 9, len(row))
            self._add(
                s[at][row], day, -f.round_some(self.rng, amount, 0.6), kind, self.out.book.fixed(counterparty, row)
            )
        at = np.flatnonzero(end == IN_CASH)
        row, amount = f.split_totals(self.rng, money[at], randint(self.rng, 2, 6, len(at)), 3.0)
        day = used[at][row] + randint(self.rng, 0, 9, len(row))
        amount = np.maximum(np.minimum(amount, 4_990_000) // 10_000 * 10_000, 10_000)
        self._add(s[at][row], day, -amount, f.COUNTER, self.out.book.own(self.subjects.h[s[at][row]], 0))
        at = np.flatnonzero(end == WALLET)
        row, amount = f.split_totals(self.rng, money[at], randint(self.rng, 3, 9, len(at)), 2.0)
        day = used[at][row] + randint(self.rng, 0, 20, len(row))
        self._add(s[at][row], day, -amount, f.TOP_UP, self.out.book.fixed(cp.WECHAT, row))

    def _add_service_to_debtor(self, s: Array, total: Array) -> None:
        """Lent accounts that pay the debtor's living costs or receive the debtor's receivables."""
        h = self.subjects.h[s]
        closed = self.stage.cohort.debts.closed[self.stage.conduct.first[h]]
        at = np.flatnonzero(self.plan.pays_life[h])
        self._add_life_payments(s[at], closed[at], randint(self.rng, 3, 10, len(at)))
        self._record("kin_pays_life", s[at], True, closed[at])
        at = np.flatnonzero(self.plan.diverts[h])
        self._add_receivables(s[at], self.subjects.notice[s[at]], randint(self.rng, 4, 12, len(at)))
        self._record("receivable_diverted", s[at], True, self.subjects.notice[s[at]])

    def _add_life_payments(self, s: Array, closed: Array, months: Array) -> None:
        row = np.repeat(np.arange(len(s)), months)
        nth = position_in_group(months)
        day = closed[row] + 10 + 30 * nth + randint(self.rng, 0, 8, len(row))
        amount = randint(self.rng, 80_000, 360_000, len(s))[row]
        self._add(s[row], day, -amount, f.FOR_ANOTHER, self.out.book.fixed(cp.ESTATE, row))

    def _add_receivables(self, s: Array, start: Array, count: Array) -> None:
        """The debtor's customers pay into this account."""
        row = np.repeat(np.arange(len(s)), count)
        h = self.subjects.h[s[row]]
        amount = (self.people.income[h] * self.rng.lognormal(-0.2, 0.6, len(row))).astype(np.int64)
        day = start[row] + 5 + (self.rng.exponential(60, len(row))).astype(np.int64)
        who = self.out.book.customer((h * 31 + self.rng.integers(0, 26, len(row))) % cp.CUSTOMERS)
        self._add(s[row], day, f.round_some(self.rng, amount, 0.6), f.GOODS, who)

    def _add_own_purchases(self, s: Array) -> None:
        """Honest holders: some buy with their own money, help a little, or trade with the same customers."""
        h = self.subjects.h[s]
        at = np.flatnonzero(bernoulli(self.rng, 0.3, len(s)))
        span = np.maximum(self.subjects.end[s[at]] - self.subjects.start[s[at]] - 40, 1)
        day = self.subjects.start[s[at]] + 20 + (span * self.rng.random(len(at))).astype(np.int64)
        amount = randint(self.rng, 2_000_000, 30_000_000, len(at)) // 100_000 * 100_000
        seller = self.out.book.customer((h[at] * 5 + 2) % cp.CUSTOMERS)
        self._add(s[at], day, amount, np.where(at % 2 == 0, f.CASH_IN, f.DEALING), seller)
        which = self.rng.integers(0, len(_BOUGHT), len(at))
        part = (amount * self.rng.uniform(0.6, 1.0, len(at))).astype(np.int64)
        later = day + randint(self.rng, 0, 20, len(at))
        for number, (_, counterparty, kind) in enumerate(_BOUGHT):
            mine = np.flatnonzero(which == number)
            self._add(s[at[mine]], later[mine], -part[mine], kind, self.out.book.fixed(counterparty, mine))
        at = np.flatnonzero(bernoulli(self.rng, 0.22, len(s)) & (self.subjects.slot[s] <= INLAW))
        closed = self.stage.cohort.debts.closed[self.stage.conduct.first[h[at]]]
        self._add_life_payments(s[at], closed, randint(self.rng, 1, 3, len(at)))
        self._record("kin_pays_life", s[at], False, closed)
        at = np.flatnonzero(bernoulli(self.rng, 0.12, len(s)) & (self.people.work[h] == TRADER))
        self._add_receivables(s[at], self.subjects.start[s[at]] - 5, randint(self.rng, 4, 10, len(at)))
        self._record("receivable_diverted", s[at], False, self.subjects.notice[s[at]])

    def _record(self, cls: str, s: Array, real: bool, day: Array) -> None:
        row = self.stage.first_episode[self.subjects.h[s]]
        good = row >= 0
        self.stage.record_acts(cls, row[good], real, day[good])


def counter_entries(book: cp.Counterparties, subjects: Subjects, new: Array, rows: Rows) -> Rows:
    """Counter-entries of movements between other subjects of the household and the new ones, on the new ones' side."""
    holder = np.full(book.households * SLOTS, -1)
    holder[subjects.h[new] * SLOTS + subjects.slot[new]] = new
    person = rows["who"] < len(holder)
    at = np.flatnonzero(person)
    at = at[holder[rows["who"][at]] >= 0]
    at = at[rows["who"][at] // SLOTS == subjects.h[rows["s"][at]]]
    at = at[holder[rows["who"][at]] != rows["s"][at]]
    payer = rows["s"][at]
    own = book.own(subjects.h[payer], np.minimum(rows["account"][at], 2))
    other = take_rows(rows, at)
    return {
        **other,
        "s": holder[rows["who"][at]],
        "account": np.zeros_like(at),
        "amount": -other["amount"],
        "who": np.where(subjects.slot[payer] == DEBTOR, own, book.person(subjects.h[payer], subjects.slot[payer])),
        "ts": other["ts"] + 1,
    }


SCHEMA = pa.schema(
    [
        ("case_no", pa.string()),
        ("debtor_id", pa.string()),
        ("holder_id", pa.string()),
        ("relay_id", pa.string()),
        ("end", pa.string()),
        ("amount_fen", pa.int64()),
        ("known_on", pa.date32()),
    ]
)


def true_paths(stage: Stage, plan: TransferSchemes, subjects: Subjects, rows: Rows) -> pa.Table:
    """The true paths: one per (debtor with statements, lent account that received money).

    Columns: case_no, debtor_id, holder_id (whom the debtor paid), relay_id (a further person, NULL), end (`ENDS`),
    amount_fen (what reached the holder since concealment began), known_on (the day on which the last statement that
    shows the whole path was answered; NULL where one was never asked for).
    """
    conduct, people = stage.conduct, stage.cohort.people
    own = subjects.slot == DEBTOR
    person = np.flatnonzero((rows["who"] < len(people) * SLOTS) & own[rows["s"]] & (rows["amount"] < 0))
    h, slot = subjects.h[rows["s"][person]], rows["who"][person] % SLOTS
    late = rows["ts"][person] // f.DAY >= conduct.act[h] - 40
    mine = late & plan.lent[h, slot] & (rows["who"][person] // SLOTS == h)
    total = np.zeros((len(people), SLOTS), dtype=np.int64)
    np.add.at(total, (h[mine], slot[mine]), -rows["amount"][person][mine])
    answered = np.full((len(people), SLOTS), NEVER)
    answered[subjects.h, subjects.slot] = subjects.answered
    at, slot = np.nonzero((total > 0) & (stage.first_episode >= 0)[:, None])
    relay = np.where(plan.relay[at] == slot, -1, plan.relay[at])
    shown = np.maximum(answered[at, slot], np.where(relay >= 0, answered[at, np.maximum(relay, 0)], 0))
    ids = people.id_no
    table = {
        "case_no": pa.array(stage.docket.case_no[stage.first_episode[at]], pa.string()),
        "debtor_id": pa.array(ids[at, DEBTOR], pa.string()),
        "holder_id": pa.array(ids[at, slot], pa.string()),
        "relay_id": pa.array(ids[at, np.maximum(relay, 0)], pa.string(), mask=relay < 0),
        "end": pa.array(np.asarray(ENDS, dtype=object)[plan.end[at]], pa.string()),
        "amount_fen": pa.array(total[at, slot]),
        "known_on": date_array(shown),
    }
    return pa.table(table, schema=SCHEMA)


__all__ = [
    "ENDS",
    "SCHEMA",
    "HolderStatements",
    "TransferSchemes",
    "counter_entries",
    "draw_schemes",
    "true_paths",
]
