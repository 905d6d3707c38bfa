"""Scenario: conspicuous use of accounts: closed and switched, emptied in cash, or run through wallets or a company.

Each by people who hide money and by people with an honest reason; the acts go to the ground truth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evaluation.world.base.chance import NEVER, Array, bernoulli, randint
from evaluation.world.population import counterparties as cp
from evaluation.world.population.concealment import CASH, PLATFORM
from evaluation.world.population.holdings import Rows
from evaluation.world.population.people import DEBTOR
from evaluation.world.scenarios.assets.company_register import commingling_movements
from evaluation.world.scenarios.assets.incomes import premium_movements
from evaluation.world.scenarios.money.daily_life import DailyLife
from evaluation.world.stage import flows as f
from evaluation.world.stage.flows import Flows
from evaluation.world.stage.stage import Stage


def simulate_account_handling(stage: Stage, life: DailyLife, out: Flows) -> None:
    """Add the movements of the debtors with statements to `out`."""
    rng = stage.rng("conspicuous")
    s = np.flatnonzero(life.subjects.slot == DEBTOR)
    s = s[stage.first_episode[life.subjects.h[s]] >= 0]
    _add_account_switches(rng, stage, life, out, s)
    _add_cash_bursts(rng, stage, life, out, s)
    _add_wallet_top_ups(rng, stage, life, out, s)
    for movements_of, company in ((commingling_movements, out.book.company), (premium_movements, None)):
        _add_given_movements(rng, life, out, s, movements_of(stage.plan, stage.quarter, stage.cohort), company)


def _record(stage: Stage, cls: str, h: Array, real: Array | bool, day: Array) -> None:
    stage.record_acts(cls, stage.first_episode[h], real, day)


def _add_account_switches(rng: np.random.Generator, stage: Stage, life: DailyLife, out: Flows, s: Array) -> None:
    """Accounts closed or opened near the notice; the rest of a closed one goes to another account."""
    accounts, subjects = stage.cohort.accounts, life.subjects
    h = subjects.h[s]
    closes = accounts.closed[h, 1] < NEVER
    opens = accounts.exists[h, 2] & (np.abs(accounts.opened[h, 2] - subjects.notice[s]) <= 120)
    at = np.flatnonzero(closes)
    day = accounts.closed[h[at], 1] - 1
    left = (life.income[s[at]] * rng.lognormal(0.2, 0.9, len(at))).astype(np.int64)
    to = np.where(accounts.exists[h[at], 2], 2, 0)
    hour = f.office_hours(rng, len(at))
    out.add(s[at], 1, day, -left, f.SWITCH, out.book.own(h[at], to), hour)
    out.add(s[at], to, day, left, f.SWITCH, out.book.own(h[at], 1), hour + 1)
    at = np.flatnonzero(closes | opens)
    day = np.where(closes, accounts.closed[h, 1], accounts.opened[h, 2])[at]
    evasive = stage.conceals(stage.first_episode[h[at]])
    _record(stage, "account_switch", h[at], evasive, day)


def _draw_honest_series(
    rng: np.random.Generator,
    life: DailyLife,
    s: Array,
    honest: Array,
    rate: float,
    counts: tuple[int, int],
    starts: tuple[int, int],
) -> tuple[Array, Array, Array]:
    """Draw series of movements that only look like concealment.

    Args:
        s: subjects; `honest` says which of them may have a series, `rate` how often they do.
        counts: bounds of the number of movements of a series.
        starts: bounds of its first day, counted from the service of the claim.

    Returns:
        Positions in `s` with a series; number of its series by movement; first day by series.
    """
    at = np.flatnonzero(honest & bernoulli(rng, rate, len(s)))
    row = np.repeat(np.arange(len(at)), randint(rng, *counts, len(at)))
    return at, row, life.subjects.served[s[at]] + randint(rng, *starts, len(at))


def _add_cash_bursts(rng: np.random.Generator, stage: Stage, life: DailyLife, out: Flows, s: Array) -> None:
    """Bursts of cash withdrawals: savings hidden, or honest expenses (a wedding, a funeral, repairs)."""
    h = life.subjects.h[s]
    hides = stage.conduct.uses(CASH)[h]
    _record(stage, "cash_burst", h[hides], True, stage.conduct.act[h[hides]])
    at, row, start = _draw_honest_series(rng, life, s, ~hides, 0.09, (2, 6), (-200, 300))
    day = start[row] + randint(rng, 0, 8, len(row))
    amount = np.minimum(rng.lognormal(14.6, 0.5, len(row)), 4_990_000).astype(np.int64) // 10_000 * 10_000
    who = out.book.own(h[at[row]], 0)
    kind = np.where(amount > 2_000_000, f.COUNTER, f.ATM)
    out.add(s[at[row]], life.income_account(s[at[row]], day), day, -amount, kind, who, f.office_hours(rng, len(row)))
    _record(stage, "cash_burst", h[at], False, start)


def _add_wallet_top_ups(rng: np.random.Generator, stage: Stage, life: DailyLife, out: Flows, s: Array) -> None:
    """Large top-ups of payment platforms: balances kept there, or people who shop and trade by phone."""
    h = life.subjects.h[s]
    hides = stage.conduct.uses(PLATFORM)[h]
    _record(stage, "wallet_out", h[hides], True, stage.conduct.act[h[hides]])
    at, row, start = _draw_honest_series(rng, life, s, ~hides, 0.1, (15, 50), (-100, 100))
    day = start[row] + (rng.random(len(row)) * 300).astype(np.int64)
    amount = f.round_some(rng, rng.lognormal(11.6, 0.8, len(row)).astype(np.int64), 0.7)
    who = np.where(row % 3 > 0, out.book.fixed(cp.WECHAT, row), out.book.fixed(cp.ALIPAY, row))
    out.add(s[at[row]], life.income_account(s[at[row]], day), day, -amount, f.TOP_UP, who, f.any_hour(rng, len(row)))
    _record(stage, "wallet_out", h[at], False, start)


def _add_given_movements(
    rng: np.random.Generator,
    life: DailyLife,
    out: Flows,
    s: Array,
    moved: Rows,
    company: Callable[[Array], Array] | None,
) -> None:
    """Add movements drawn elsewhere: between owners and their one-person companies, or insurance premiums."""
    place = np.full(len(life.people), -1)
    place[life.subjects.h[s]] = s
    at = np.flatnonzero(place[moved["h"]] >= 0)
    h, day = moved["h"][at], moved["day"][at]
    hour = f.office_hours(rng, len(at))
    who = out.book.fixed(cp.INSURER, h) if company is None else company(h)
    out.add(place[h], life.income_account(place[h], day), day, moved["amount"][at], moved["kind"][at], who, hour)


__all__ = ["simulate_account_handling"]
