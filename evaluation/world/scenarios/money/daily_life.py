"""Everyday movements of a bank statement: income by occupation, then spending within one's means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base.chance import Array, bernoulli, position_in_group, randint
from evaluation.world.base.config import Knobs
from evaluation.world.base.table import ArrayTable
from evaluation.world.population import counterparties as cp
from evaluation.world.population.banking import Accounts
from evaluation.world.population.concealment import ADVANCE, CONCEALED, DebtorConduct
from evaluation.world.population.people import (
    CASUAL,
    CHILD,
    DEBTOR,
    FARMER,
    FRIEND,
    PARENT,
    SPOUSE,
    TRADER,
    WAGE,
    People,
)
from evaluation.world.stage import flows as f
from evaluation.world.stage.flows import Flows


@dataclass(frozen=True)
class Subjects(ArrayTable):
    """Subjects of the statements of one quarter, one row per person asked about.

    Attributes:
        h, slot: whose accounts. start, end: days covered.
        notice, served: days of the notice of enforcement and of the service of the suit.
        asked, answered: days of the inquiry. device: number of the device that operates the accounts.
    """

    h: Array
    slot: Array
    start: Array
    end: Array
    notice: Array
    served: Array
    asked: Array
    answered: Array
    device: Array


@dataclass(frozen=True)
class MonthGrid:
    """Months of the statements: one row per subject and thirty days; `s` the subject, `day` the first day."""

    s: Array
    day: Array

    def random_days(self, rng: np.random.Generator, rate: Array | float) -> tuple[Array, Array]:
        """(subject, day) of random events, Poisson with `rate` per month."""
        count = rng.poisson(np.broadcast_to(np.asarray(rate, dtype=np.float64), (len(self.s),)))
        row = np.repeat(np.arange(len(self.s)), count)
        return self.s[row], self.day[row] + randint(rng, 0, 29, len(row))


def month_grid(subjects: Subjects) -> MonthGrid:
    """The months of every subject's period."""
    count = np.maximum((subjects.end - subjects.start) // 30, 1)
    s = np.repeat(np.arange(len(subjects)), count)
    order = position_in_group(count)
    return MonthGrid(s, subjects.start[s] + 30 * order)


class DailyLife:
    """Adds the everyday movements of the subjects to `out`."""

    def __init__(
        self,
        rng: np.random.Generator,
        knobs: Knobs,
        people: People,
        conduct: DebtorConduct,
        accounts: Accounts,
        subjects: Subjects,
        out: Flows,
    ) -> None:
        self.rng, self.knobs, self.people, self.conduct, self.accounts = rng, knobs, people, conduct, accounts
        self.subjects, self.out, self.grid = subjects, out, month_grid(subjects)
        h = subjects.h
        self.work = np.where(subjects.slot == DEBTOR, people.work[h], WAGE)
        self.income = people.income[h].astype(np.float64)
        evasive = conduct.kind[h] == CONCEALED
        self.moves = bernoulli(rng, np.where(evasive, 0.74, 0.52), len(subjects)) & (subjects.slot == DEBTOR)
        self.moved_on = subjects.notice + randint(rng, -30, 90, len(subjects))
        owns = accounts.exists[h] & (subjects.slot == DEBTOR)[:, None]
        self.second = np.where(owns[:, 2], 2, np.where(owns[:, 1], 1, 0))
        self.daily = np.where(owns[:, 1], 1, 0)

    def income_account(self, s: Array, day: Array) -> Array:
        """Slot of the account that income goes to; another one after the notice for those who change their bank."""
        return np.where(self.moves[s] & (day > self.moved_on[s]), self.second[s], 0)

    def add_income(self) -> None:
        """Add wages, odd jobs, trade, harvests and family support."""
        self._wages()
        self._odd_jobs()
        self._trade()
        self._farm()
        self._family()

    def _wages(self) -> None:
        rng, grid, h = self.rng, self.grid, self.subjects.h
        employed = (self.work == WAGE) & (rng.random(len(h)) < 0.82)
        stops = self.conduct.ways[h, ADVANCE] & (self.subjects.slot == DEBTOR)
        quits = np.where(
            stops,
            self.conduct.act[h],
            np.where(bernoulli(rng, 0.3, len(h)), self.subjects.start + randint(rng, 60, 600, len(h)), 99_000),
        )
        pay_day = randint(rng, 4, 27, len(h))
        rows = np.flatnonzero(employed[grid.s])
        s = grid.s[rows]
        day = grid.day[rows] + pay_day[s]
        good = day < quits[s]
        s, day = s[good], day[good]
        amount = (self.income[s] * rng.normal(1.0, 0.04, len(s)).clip(0.6, 1.3)).astype(np.int64)
        self.out.add(
            s,
            self.income_account(s, day),
            day,
            amount,
            f.WAGE,
            self.out.book.employer(h[s]),
            f.office_hours(rng, len(s)),
        )

    def _odd_jobs(self) -> None:
        rng, h = self.rng, self.subjects.h
        rate = np.where(self.work == CASUAL, 1.6, np.where(self.work == FARMER, 0.5, 0.12))
        s, day = self.grid.random_days(rng, rate[self.grid.s])
        amount = (self.income[s] * rng.lognormal(-1.0, 0.6, len(s))).astype(np.int64) // 5000 * 5000
        who = self.out.book.customer((h[s] * 7 + day // 45) % cp.CUSTOMERS)
        self.out.add(s, self.income_account(s, day), day, amount, f.LABOUR, who, f.any_hour(rng, len(s)))

    def _trade(self) -> None:
        """Receipts of traders and payments for goods, often within hours: large turnover, small balances."""
        rng, grid, h = self.rng, self.grid, self.subjects.h
        trades = (self.work == TRADER) & (self.subjects.slot == DEBTOR)
        hides = self.conduct.kind[h] == CONCEALED
        faded = np.where(hides, 0.7, 0.36) * rng.lognormal(0, 0.4, len(h))
        later = grid.day > self.subjects.served[grid.s]
        rate = self.knobs.number("statements.customers") * trades[grid.s] * np.where(later, faded[grid.s], 1.0)
        scale = rng.lognormal(-0.9, 0.75, len(h))
        s, day = grid.random_days(rng, rate)
        amount = (self.income[s] * scale[s] * rng.lognormal(-0.4, 1.0, len(s))).astype(np.int64)
        who = self.out.book.customer((h[s] * 31 + rng.integers(0, 26, len(s))) % cp.CUSTOMERS)
        second = f.any_hour(rng, len(s))
        kind = np.where(amount < 80_000, f.SCAN, f.GOODS)
        account = self.income_account(s, day)
        amount = f.round_some(rng, amount, 0.45)
        self.out.add(s, account, day, amount, kind, who, second)
        pays = np.flatnonzero(rng.random(len(s)) < 0.62)
        wait = (rng.exponential(1.1, len(pays)) * f.DAY).astype(np.int64) + 900
        when = day[pays] * f.DAY + second[pays] + wait
        paid = f.round_some(
            rng, (amount[pays] * rng.normal(1.12, 0.25, len(pays)).clip(0.3, 1.35)).astype(np.int64), 0.4
        )
        supplier = self.out.book.customer((h[s[pays]] * 17 + rng.integers(0, 9, len(pays))) % cp.CUSTOMERS)
        self.out.add(s[pays], account[pays], when // f.DAY, -paid, f.GOODS, supplier, when % f.DAY)

    def _farm(self) -> None:
        rng, grid = self.rng, self.grid
        month = np.asarray(grid.day, dtype="datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
        farms = (self.work == FARMER)[grid.s]
        for months, rate, share, kind, which in (
            ((7, 11), 1.5, 3.2, f.HARVEST, cp.GRAIN),
            ((3, 9), 1.4, -1.1, f.INPUTS, cp.INPUTS),
            ((5,), 0.8, 0.35, f.SUBSIDY, cp.SUBSIDY),
        ):
            s, day = grid.random_days(rng, rate * (farms & np.isin(month, months)))
            amount = (self.income[s] * share * rng.lognormal(-0.2, 0.5, len(s))).astype(np.int64)
            self.out.add(
                s,
                self.income_account(s, day),
                day,
                amount,
                kind,
                self.out.book.fixed(which, s),
                f.office_hours(rng, len(s)),
            )

    def _family(self) -> None:
        """Help from family and friends, small loans both ways."""
        rng, h = self.rng, self.subjects.h
        for slot, rate in ((SPOUSE, 0.5), (PARENT, 0.2), (CHILD, 0.22), (FRIEND, 0.3)):
            here = self.people.present[h, slot] & (self.subjects.slot == DEBTOR)
            s, day = self.grid.random_days(rng, (rate * here * rng.gamma(1.2, 0.8, len(h)))[self.grid.s])
            inward = rng.random(len(s)) < 0.55
            amount = f.round_some(rng, (rng.lognormal(11.2, 0.8, len(s))).astype(np.int64), 0.85)
            kind = np.where(rng.random(len(s)) < 0.5, f.MOVE, f.LIVING)
            who = self.out.book.person(h[s], slot)
            self.out.add(
                s,
                self.income_account(s, day),
                day,
                np.where(inward, amount, -amount),
                kind,
                who,
                f.any_hour(rng, len(s)),
            )

    def add_spending(self) -> None:
        """Add purchases, bills, rent, loans, cash and platforms, in proportion to income so far."""
        months = np.bincount(self.grid.s, minlength=len(self.subjects))
        means = np.clip(self.out.net_received(len(self.subjects)) / months, 60_000, 6_000_000)
        self._shop(means)
        self._bills(means)
        self._platforms(means)
        self._cash_and_own(means)

    def _shop(self, means: Array) -> None:
        rng, h = self.rng, self.subjects.h
        thrift = rng.uniform(0.6, 1.25, len(h))
        s, day = self.grid.random_days(rng, self.knobs.number("statements.purchases") * thrift[self.grid.s])
        day = f.shift_some_to_weekend(rng, day)
        mean = 0.42 * means / self.knobs.number("statements.purchases")
        amount = (mean[s] * rng.lognormal(-0.55, 1.05, len(s))).astype(np.int64).clip(150, 2_000_000)
        account = np.where(rng.random(len(s)) < 0.3, self.daily[s], self.income_account(s, day))
        who = self.out.book.shop((h[s] * 13 + rng.integers(0, 24, len(s))) % cp.SHOPS)
        self.out.add(s, account, day, -amount, f.BUY, who, f.shop_hours(rng, len(s)))
        s, day = self.grid.random_days(rng, 0.16)
        amount = (means[s] * rng.uniform(0.05, 0.5, len(s))).astype(np.int64)
        care = rng.random(len(s)) < 0.6
        who = np.where(care, self.out.book.fixed(cp.HOSPITAL, s), self.out.book.fixed(cp.SCHOOL, s))
        self.out.add(
            s,
            self.income_account(s, day),
            day,
            -amount,
            np.where(care, f.CARE, f.SCHOOL),
            who,
            f.office_hours(rng, len(s)),
        )

    def _bills(self, means: Array) -> None:
        rng, grid, h = self.rng, self.grid, self.subjects.h
        for which, kind, who_has, low, high in (
            (cp.POWER, f.BILL, 0.75, 6_000, 32_000),
            (cp.WATER, f.BILL, 0.4, 2_000, 9_000),
            (cp.PHONE, f.BILL, 0.9, 3_800, 19_900),
            (cp.ESTATE, f.ESTATE, 0.16, 9_000, 36_000),
            (cp.FUEL, f.FUEL, 0.3, 15_000, 45_000),
        ):
            rows = np.flatnonzero((rng.random(len(h)) < who_has)[grid.s] & (rng.random(len(grid.s)) < 0.9))
            s = grid.s[rows]
            day = grid.day[rows] + randint(rng, 0, 28, len(s))
            self.out.add(
                s,
                self.income_account(s, day),
                day,
                -randint(rng, low, high, len(s)),
                kind,
                self.out.book.fixed(which, s),
                f.office_hours(rng, len(s)),
            )
        tenant, borrower = rng.random(len(h)) < 0.24, rng.random(len(h)) < 0.34
        for mask, kind, share, until in ((tenant, f.RENT, 0.2, None), (borrower, f.LOAN, 0.26, self.subjects.notice)):
            rows = np.flatnonzero(mask[grid.s] & (True if until is None else grid.day < until[grid.s] - 60))
            s = grid.s[rows]
            amount = np.round(means[s] * share / 5000).astype(np.int64) * 5000
            who = (
                self.out.book.fixed(cp.LENDER, s)
                if kind == f.LOAN
                else self.out.book.customer((h[s] * 3) % cp.CUSTOMERS)
            )
            self.out.add(
                s,
                self.income_account(s, grid.day[rows]),
                grid.day[rows] + 12,
                -amount,
                kind,
                who,
                f.office_hours(rng, len(s)),
            )

    def _platforms(self, means: Array) -> None:
        rng, h = self.rng, self.subjects.h
        rate = self.knobs.number("statements.third_party_top_ups") * rng.gamma(1.5, 0.66, len(h))
        s, day = self.grid.random_days(rng, rate[self.grid.s])
        amount = f.round_some(
            rng, (means[s] * 0.06 * rng.lognormal(-0.4, 0.9, len(s))).astype(np.int64).clip(1000), 0.8
        )
        which = np.where(
            rng.random(len(s)) < 0.65, self.out.book.fixed(cp.WECHAT, s), self.out.book.fixed(cp.ALIPAY, s)
        )
        back = rng.random(len(s)) < 0.22
        self.out.add(
            s,
            self.income_account(s, day),
            day,
            np.where(back, amount, -amount),
            np.where(back, f.PAY_OUT, f.TOP_UP),
            which,
            f.any_hour(rng, len(s)),
        )

    def _cash_and_own(self, means: Array) -> None:
        rng, h = self.rng, self.subjects.h
        s, day = self.grid.random_days(rng, (rng.gamma(1.1, 0.8, len(h)))[self.grid.s])
        amount = (
            (means[s] * rng.lognormal(-2.2, 0.7, len(s))).astype(np.int64).clip(10_000, 2_000_000) // 10_000 * 10_000
        )
        self.out.add(
            s, self.income_account(s, day), day, -amount, f.ATM, self.out.book.own(h[s], 0), f.any_hour(rng, len(s))
        )
        several = self.second > 0
        s, day = self.grid.random_days(rng, (1.1 * several)[self.grid.s])
        amount = f.round_some(rng, (means[s] * rng.lognormal(-1.4, 0.8, len(s))).astype(np.int64), 0.7)
        side = self.second[s]
        second = f.any_hour(rng, len(s))
        out_of_main = rng.random(len(s)) < 0.6
        sign = np.where(out_of_main, 1, -1)
        self.out.add(s, 0, day, -sign * amount, f.MOVE, self.out.book.own(h[s], side), second)
        self.out.add(s, side, day, sign * amount, f.MOVE, self.out.book.own(h[s], 0), second + 2)
        quarterly = np.flatnonzero((self.grid.day // 30) % 3 == 0)
        s = self.grid.s[quarterly]
        self.out.add(
            s,
            0,
            self.grid.day[quarterly] + 21,
            randint(rng, 1, 900, len(s)),
            f.INTEREST,
            self.out.book.fixed(cp.INTEREST, s),
            np.full(len(s), 3600),
        )
