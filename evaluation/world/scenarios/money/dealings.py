"""Unusual movements of a bank statement: acts of concealment, and honest dealings that look like them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evaluation.world.base.chance import Array, bernoulli, position_in_group, randint
from evaluation.world.population import counterparties as cp
from evaluation.world.population.concealment import (
    ADVANCE,
    CASH,
    KIN_ACCOUNT,
    NOMINEE,
    PLATFORM,
    POLICY,
    SHELL,
    STOCK,
    VEHICLE,
    days_after,
)
from evaluation.world.population.look_alikes import CAR_SOLD, HOUSE_SOLD, KIN_LOAN, POOLING, TURNOVER, LookAlikes
from evaluation.world.population.people import DEBTOR, FRIEND, NAMESAKE, SPOUSE
from evaluation.world.scenarios.money.daily_life import DailyLife
from evaluation.world.stage import flows as f


class Dealings:
    """Adds acts of concealment and look-alikes of the subjects to the flows."""

    def __init__(self, life: DailyLife, looks: LookAlikes) -> None:
        self.life, self.looks = life, looks
        self.rng, self.out, self.subjects = life.rng, life.out, life.subjects
        self.debtor = self.subjects.slot == DEBTOR

    def _who(self, mask: Array) -> Array:
        """Rows of the subjects that are debtors of the households in the mask."""
        return np.flatnonzero(mask[self.subjects.h] & self.debtor)

    def _series(
        self, s: Array, total: Array, low: int, high: int, start: Array, spread: int, evenness: float = 1.2
    ) -> tuple[Array, Array, Array]:
        """(index into s, day, amount) of `low`..`high` payments that add up to about the total."""
        count = randint(self.rng, low, high, len(s))
        row, amount = f.split_totals(self.rng, total, count, evenness)
        return row, days_after(self.rng, start[row], spread), f.round_some(self.rng, amount, 0.5)

    def _source(self, s: Array, total: Array, start: Array, share: float) -> None:
        """For a share of them, add receipts shortly before: a receivable, a sale, savings."""
        has = np.flatnonzero(bernoulli(self.rng, share, len(s)))
        rows, amount = f.split_totals(
            self.rng,
            (total[has] * self.rng.uniform(0.85, 1.2, len(has))).astype(np.int64),
            randint(self.rng, 1, 3, len(has)),
            1.5,
        )
        at = s[has][rows]
        day = start[has][rows] - randint(self.rng, 0, 25, len(rows))
        kind = np.where(
            self.rng.random(len(rows)) < 0.7, f.GOODS, np.where(self.rng.random(len(rows)) < 0.5, f.DEALING, f.MOVE)
        )
        who = self.out.book.customer((self.subjects.h[at] * 11 + rows) % cp.CUSTOMERS)
        self.out.add(
            at,
            self.life.income_account(at, day),
            day,
            f.round_some(self.rng, amount, 0.6),
            kind,
            who,
            f.office_hours(self.rng, len(at)),
        )

    def add_concealment(self) -> None:
        """Add the movements of every way of concealing that uses an account."""
        conduct, h = self.life.conduct, self.subjects.h
        steps: tuple[tuple[int, Callable[[Array, Array, Array], None]], ...] = (
            (KIN_ACCOUNT, self._to_kin),
            (NOMINEE, self._to_nominee),
            (CASH, self._in_cash),
            (PLATFORM, self._to_platforms),
            (POLICY, self._premiums),
            (VEHICLE, self._vehicle),
            (SHELL, self._to_shell),
            (STOCK, self._to_partner),
        )
        for way, write in steps:
            s = self._who(conduct.uses(way))
            part = self.rng.uniform(0.5, 1.1, len(s)) / np.sqrt(conduct.ways[h[s]].sum(axis=1))
            total = (conduct.hidden[h[s]] * part).astype(np.int64)
            write(s, total, conduct.act[h[s]])
        s = self._who(conduct.uses(ADVANCE))
        row, day, amount = self._series(s, self.life.people.income[h[s]] // 3, 1, 4, conduct.act[h[s]], 90)
        self.out.add(
            s[row], 0, day, amount, f.DEALING, self.out.book.employer(h[s[row]]), f.office_hours(self.rng, len(row))
        )

    def _to_kin(self, s: Array, total: Array, start: Array) -> None:
        self._source(s, total, start, 0.6)
        row, day, amount = self._series(s, total, 2, 11, start, 75)
        at, h = s[row], self.subjects.h[s[row]]
        kind = np.asarray([f.MOVE, f.LIVING, f.REPAY, f.DEALING])[self.rng.choice(4, len(at), p=[0.55, 0.15, 0.2, 0.1])]
        who = self.out.book.person(h, self.life.conduct.helper[h])
        self.out.add(at, self.life.income_account(at, day), day, -amount, kind, who, f.any_hour(self.rng, len(at)))
        back, when, small = self._series(
            s, (total * self.rng.uniform(0.02, 0.25, len(s))).astype(np.int64), 1, 8, start + 30, 160
        )
        who = self.out.book.person(self.subjects.h[s[back]], self.life.conduct.helper[self.subjects.h[s[back]]])
        self.out.add(s[back], self.life.second[s[back]], when, small, f.LIVING, who, f.any_hour(self.rng, len(back)))

    def _to_nominee(self, s: Array, total: Array, start: Array) -> None:
        self._source(s, total, start, 0.65)
        row, day, amount = self._series(s, total, 1, 6, start, 40)
        at = s[row]
        slot = np.where(self.subjects.h[at] % 4 == 0, NAMESAKE, FRIEND)
        kind = np.where(self.rng.random(len(at)) < 0.6, f.MOVE, f.DEALING)
        self.out.add(
            at,
            self.life.income_account(at, day),
            day,
            -amount,
            kind,
            self.out.book.person(self.subjects.h[at], slot),
            f.any_hour(self.rng, len(at)),
        )
        back, when, small = self._series(
            s, (total * self.rng.uniform(0.0, 0.3, len(s))).astype(np.int64), 1, 7, start + 20, 140
        )
        slot = np.where(self.subjects.h[s[back]] % 4 == 0, NAMESAKE, FRIEND)
        self.out.add(
            s[back],
            self.life.second[s[back]],
            when,
            small,
            f.MOVE,
            self.out.book.person(self.subjects.h[s[back]], slot),
            f.any_hour(self.rng, len(back)),
        )

    def _in_cash(self, s: Array, total: Array, start: Array) -> None:
        self._source(s, total, start, 0.6)
        row, day, amount = self._series(s, total, 3, 12, start, 25, 4.0)
        amount = np.minimum(amount, 4_990_000) // 10_000 * 10_000
        kind = np.where(amount > 2_000_000, f.COUNTER, f.ATM)
        self.out.add(
            s[row],
            self.life.income_account(s[row], day),
            day,
            -amount,
            kind,
            self.out.book.own(self.subjects.h[s[row]], 0),
            f.office_hours(self.rng, len(row)),
        )

    def _to_platforms(self, s: Array, total: Array, start: Array) -> None:
        self._source(s, total, start, 0.5)
        row, day, amount = self._series(s, total, 5, 26, start, 120)
        which = np.where(
            self.rng.random(len(row)) < 0.6, self.out.book.fixed(cp.WECHAT, row), self.out.book.fixed(cp.ALIPAY, row)
        )
        self.out.add(
            s[row], self.life.income_account(s[row], day), day, -amount, f.TOP_UP, which, f.any_hour(self.rng, len(row))
        )

    def _premiums(self, s: Array, total: Array, start: Array) -> None:
        row, day, amount = self._series(s, total, 1, 3, start, 120, 5.0)
        self.out.add(
            s[row],
            self.life.income_account(s[row], day),
            day,
            -amount,
            f.PREMIUM,
            self.out.book.fixed(cp.INSURER, row),
            f.office_hours(self.rng, len(row)),
        )

    def _vehicle(self, s: Array, total: Array, start: Array) -> None:
        direct = self.rng.random(len(s)) < 0.4
        day = start + randint(self.rng, -30, 200, len(s))
        helper = self.out.book.person(self.subjects.h[s], self.life.conduct.helper[self.subjects.h[s]])
        who = np.where(direct, self.out.book.fixed(cp.DEALER, s), helper)
        self.out.add(
            s,
            self.life.income_account(s, day),
            day,
            -f.round_some(self.rng, total // 2, 0.7),
            np.where(direct, f.CAR, f.MOVE),
            who,
            f.office_hours(self.rng, len(s)),
        )
        months = randint(self.rng, 4, 14, len(s))
        row = np.repeat(np.arange(len(s)), months)
        when = start[row] + 30 * (position_in_group(months)) + randint(self.rng, 0, 9, len(row))
        fuel = randint(self.rng, 18_000, 48_000, len(row))
        self.out.add(
            s[row],
            self.life.income_account(s[row], when),
            when,
            -fuel,
            f.FUEL,
            self.out.book.fixed(cp.FUEL, row),
            f.any_hour(self.rng, len(row)),
        )

    def _to_shell(self, s: Array, total: Array, start: Array) -> None:
        self._source(s, total, start, 0.6)
        row, day, amount = self._series(s, total, 2, 7, start, 90)
        h = self.subjects.h[s[row]]
        mine = self.rng.random(len(row)) < 0.5
        who = np.where(mine, self.out.book.company(h), self.out.book.person(h, FRIEND))
        self.out.add(
            s[row],
            self.life.income_account(s[row], day),
            day,
            -amount,
            np.where(mine, f.GOODS, f.DEALING),
            who,
            f.office_hours(self.rng, len(row)),
        )

    def _to_partner(self, s: Array, total: Array, start: Array) -> None:
        """Goods or livestock bought and left with a partner, which looks like trade."""
        row, day, amount = self._series(s, total // 2, 2, 6, start, 100)
        who = self.out.book.customer((self.subjects.h[s[row]] * 17) % cp.CUSTOMERS)
        self.out.add(
            s[row],
            self.life.income_account(s[row], day),
            day,
            -amount,
            f.GOODS,
            who,
            f.office_hours(self.rng, len(row)),
        )

    def add_look_alikes(self) -> None:
        """Add honest dealings that look like concealment, and levies of the court."""
        self._pool()
        self._kin_loans()
        self._sales()
        self._big_turnover()
        self._court()

    def _pool(self) -> None:
        """Couples who pool money: most income goes to the spouse, household money comes back."""
        rng, life = self.rng, self.life
        pools = self.looks.households_with(POOLING)[self.subjects.h] & self.debtor
        share = rng.uniform(0.25, 0.9, len(pools))
        s, day = life.grid.random_days(rng, (1.3 * pools)[life.grid.s])
        who = self.out.book.person(self.subjects.h[s], SPOUSE)
        amount = f.round_some(
            rng, (life.income[s] * share[s] * rng.lognormal(-0.1, 0.5, len(s))).astype(np.int64), 0.75
        )
        self.out.add(
            s,
            life.income_account(s, day),
            day,
            -amount,
            np.where(rng.random(len(s)) < 0.5, f.MOVE, f.LIVING),
            who,
            f.any_hour(rng, len(s)),
        )
        s, day = life.grid.random_days(rng, (1.1 * pools)[life.grid.s])
        who = self.out.book.person(self.subjects.h[s], SPOUSE)
        amount = f.round_some(
            rng, (life.income[s] * 0.7 * share[s] * rng.lognormal(-0.5, 0.7, len(s))).astype(np.int64), 0.75
        )
        self.out.add(s, life.income_account(s, day), day, amount, f.LIVING, who, f.any_hour(rng, len(s)))

    def _kin_loans(self) -> None:
        """Money borrowed from a relative and paid back, also while the case runs."""
        rng, life = self.rng, self.life
        s = self._who(self.looks.households_with(KIN_LOAN))
        h = self.subjects.h[s]
        total = f.round_some(rng, rng.lognormal(15.3, 0.8, len(s)).astype(np.int64), 1.0)
        start = self.subjects.start[s] + randint(rng, 0, 240, len(s))
        repaid_early = rng.random(len(s)) < 0.6
        who = self.out.book.person(h, life.conduct.helper[h])
        self.out.add(
            s[repaid_early],
            0,
            start[repaid_early],
            total[repaid_early],
            f.BORROW,
            who[repaid_early],
            f.any_hour(rng, int(repaid_early.sum())),
        )
        row, day, amount = self._series(s, total, 3, 14, start + 60, 170)
        kind = np.where(rng.random(len(row)) < 0.45, f.REPAY, f.MOVE)
        self.out.add(s[row], life.income_account(s[row], day), day, -amount, kind, who[row], f.any_hour(rng, len(row)))

    def _sales(self) -> None:
        """A house or a car sold at a fair price, most of it paid to the court or to other creditors."""
        rng, life = self.rng, self.life
        for look, low, high, kind in (
            (HOUSE_SOLD, 12_000_000, 70_000_000, f.HOUSE),
            (CAR_SOLD, 1_500_000, 9_000_000, f.CAR),
        ):
            s = self._who(self.looks.households_with(look))
            day = self.looks.day[self.subjects.h[s]]
            total = randint(rng, low, high, len(s)) // 100_000 * 100_000
            buyer = self.out.book.customer((self.subjects.h[s] * 5) % cp.CUSTOMERS)
            account = life.income_account(s, day)
            self.out.add(s, account, day, total, kind, buyer, f.office_hours(rng, len(s)))
            when = day + randint(rng, 0, 12, len(s))
            paid = (total * rng.uniform(0.5, 0.97, len(s))).astype(np.int64)
            court = rng.random(len(s)) < 0.65
            who = np.where(
                court,
                self.out.book.fixed(cp.COURT, s),
                self.out.book.customer((self.subjects.h[s] * 3 + 1) % cp.CUSTOMERS),
            )
            self.out.add(s, account, when, -paid, np.where(court, f.COURT, f.REPAY), who, f.office_hours(rng, len(s)))

    def _big_turnover(self) -> None:
        """Traders whose receipts leave the account on the same day."""
        rng, life = self.rng, self.life
        busy = self.looks.households_with(TURNOVER)[self.subjects.h] & self.debtor
        late = life.grid.day > self.subjects.notice[life.grid.s] + 60
        s, day = life.grid.random_days(rng, np.where(late, 0.5, 1.3) * busy[life.grid.s])
        amount = f.round_some(rng, rng.lognormal(14.9, 0.8, len(s)).astype(np.int64), 0.6)
        second = randint(rng, 8 * 3600, 15 * 3600, len(s))
        account = life.income_account(s, day)
        self.out.add(
            s,
            account,
            day,
            amount,
            f.GOODS,
            self.out.book.customer((self.subjects.h[s] * 29 + day) % cp.CUSTOMERS),
            second,
        )
        when = day * f.DAY + second + (rng.exponential(0.6, len(s)) * f.DAY).astype(np.int64) + 600
        out = (amount * rng.normal(0.96, 0.05, len(s)).clip(0.7, 1.1)).astype(np.int64)
        private = rng.random(len(s)) < 0.25
        who = np.where(
            private,
            self.out.book.person(self.subjects.h[s], FRIEND),
            self.out.book.customer((self.subjects.h[s] * 17 + 3) % cp.CUSTOMERS),
        )
        self.out.add(s, account, when // f.DAY, -out, np.where(private, f.MOVE, f.GOODS), who, when % f.DAY)

    def _court(self) -> None:
        """Levies of the court on a frozen account."""
        rng = self.rng
        s = np.flatnonzero(self.debtor & bernoulli(rng, 0.3, len(self.debtor)))
        day = self.subjects.notice[s] + randint(rng, 10, 120, len(s))
        amount = rng.lognormal(11.0, 1.2, len(s)).astype(np.int64)
        self.out.add(s, 0, day, -amount, f.LEVY, self.out.book.fixed(cp.LEVY, s), f.office_hours(rng, len(s)))
