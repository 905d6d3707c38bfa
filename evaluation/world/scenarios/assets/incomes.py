"""Scenario: wages and pensions not withheld, insurance bought while in debt, and honest cases of each.

`premium_movements` returns the premiums of the policies of `simulate_further_policies` for the statements, with the
columns of `company_register.commingling_movements`; the counterparty is an insurer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base.chance import NEVER, Array, bernoulli, position_in_group, randint, random_stream, yuan_to_fen
from evaluation.world.population.cohort import Cohort, Plan
from evaluation.world.population.concealment import ADVANCE, POLICY
from evaluation.world.population.holdings import Rows
from evaluation.world.population.look_alikes import SAVINGS
from evaluation.world.population.people import DEBTOR
from evaluation.world.population.registries import Employment, policy_numbers
from evaluation.world.stage import flows as f
from evaluation.world.stage.household_inquiries import logged_events, registered_death_days
from evaluation.world.stage.stage import Stage


@dataclass(frozen=True)
class Incomes:
    """What the register of social insurance shows of each household, 分 a month: base insured, pension paid."""

    base: Array
    pension: Array


def simulate_incomes(stage: Stage, work: Employment) -> Incomes:
    """Simulate wages and pensions as registered, the court's orders to withhold them, and record income left free."""
    rng = stage.rng("incomes")
    people, conduct, row = stage.cohort.people, stage.conduct, stage.first_episode
    size = len(people)
    stays = work.working & (work.until >= NEVER)
    left = conduct.missed("wage") | conduct.missed("fund") | conduct.uses(ADVANCE)
    alive, ordered = (
        registered_death_days(stage) > stage.cohort.debts.closed[conduct.first],
        _employer_was_ordered(stage),
    )
    free = stays & (left | bernoulli(rng, stage.knob("incomes.wage"), size)) & alive & ~ordered
    withheld = stays & ~free & (bernoulli(rng, 0.55, size) | ordered)
    least = yuan_to_fen(rng.uniform(1900, 2600, size))
    base = np.where(stays & ~free & ~withheld, np.minimum(work.base, least), work.base)
    draws = work.old & work.insured
    open_ = draws & bernoulli(rng, stage.knob("incomes.pension"), size) & alive
    seized = draws & ~open_ & bernoulli(rng, 0.5, size)
    pension = np.where(
        open_ | seized, np.maximum(work.base * 3 // 5, 180_000), yuan_to_fen(rng.uniform(190, 420, size))
    )
    pension = np.where(draws, pension, 0)
    _write_withholding_events(rng, stage, withheld & ~ordered, "收入", people.employer, base // 3)
    _write_withholding_events(
        rng, stage, seized, "养老金", np.full(size, "浙东市社会保险中心", dtype=object), pension // 3
    )
    for cls, mask, real, amount in (
        ("wage_income", stays, free, base),
        ("pension_income", draws, open_, pension),
    ):
        h = np.flatnonzero(mask & (row >= 0))
        stage.record_acts(cls, row[h], real[h], stage.docket.closed[row[h]] + 1, asset_kind="收入", amount=amount[h])
    return Incomes(base, pension)


def _employer_was_ordered(stage: Stage) -> Array:
    """(households,) whether the court had already ordered the employer to withhold wages."""
    row, found = logged_events(stage, "ASSIST", ("asset_kind",))
    mine = np.asarray(found["asset_kind"].to_pylist(), dtype=object) == "收入"
    ordered = np.zeros(len(stage.cohort.people), dtype=bool)
    ordered[stage.docket.household[row[mine]]] = True
    return ordered


def _write_withholding_events(
    rng: np.random.Generator, stage: Stage, mask: Array, kind: str, unit: Array, amount: Array
) -> None:
    """Write the court's orders to withhold a part of the pay, and its levies."""
    row = stage.first_episode
    h = np.flatnonzero(mask & (row >= 0))
    at = row[h]
    span = np.maximum(stage.docket.closed[at] - stage.docket.filed[at] - 30, 1)
    day = stage.docket.filed[at] + 12 + (span * rng.uniform(0.1, 0.7, len(h))).astype(np.int64)
    more: dict[str, Array | str | int] = {"asset_kind": kind, "amount": amount[h], "other_name": unit[h]}
    order = {**more, "result": "协助执行", "expiry_date": day + 15, "end_date": day + randint(rng, 1, 12, len(h))}
    paid = np.flatnonzero(bernoulli(rng, 0.6, len(h)))
    levy: dict[str, Array | str | int] = {"asset_kind": kind, "amount": amount[h[paid]], "result": "已提取"}
    late = np.minimum(day[paid] + 25, stage.docket.closed[at[paid]] - 1)
    stage.add_events("WLW" if kind == "收入" else "WLP", [(at, "ASSIST", day, order), (at[paid], "DEDUCT", late, levy)])


def _draw_new_policies(plan: Plan, quarter: int, cohort: Cohort) -> Rows:
    """Draw policies bought while in debt: household, day, yearly premium (分), years."""
    rng = random_stream(plan.seed, quarter, "further policies")
    conduct, debts, size = cohort.conduct, cohort.debts, len(cohort.people)
    hides = conduct.evasive
    chance = np.where(hides, plan.knobs.number("premiums.concealed"), plan.knobs.number("premiums.other"))
    buys = bernoulli(rng, chance, size) & ~conduct.ways[:, POLICY]
    h = np.flatnonzero(buys & ~debts.otherwise[conduct.first])
    filed, closed = debts.filed[conduct.first[h]], debts.closed[conduct.first[h]]
    return {
        "h": h,
        "start": filed + 45 + ((closed - filed) * rng.uniform(0, 1.3, len(h))).astype(np.int64),
        "premium": yuan_to_fen(np.exp(np.log(26_000) + 0.6 * rng.normal(0, 1, len(h)))),
        "years": randint(rng, 1, 3, len(h)),
    }


def simulate_further_policies(stage: Stage) -> Rows:
    """Simulate policies beside those of the cohort; record premiums paid while in debt and (look-alike) old savings."""
    bought = _draw_new_policies(stage.plan, stage.quarter, stage.cohort)
    old, row, h = stage.cohort.policies, stage.first_episode, bought["h"]
    changed = np.where(old["changed"] < NEVER, old["changed"], old["start"])
    saves = stage.cohort.looks.households_with(SAVINGS)[old["h"]] & (old["mode"] == 1)
    at = np.flatnonzero(((old["mode"] == 2) | saves) & (row[old["h"]] >= 0))
    number = policy_numbers(stage.quarter, old["thing"][at])
    asset: dict[str, str] = {"asset_kind": "保险"}
    stage.record_acts(
        "insurance_premium",
        row[old["h"][at]],
        old["mode"][at] == 2,
        changed[at],
        asset_id=number,
        amount=old["price"][at],
        **asset,
    )
    thing = np.arange(len(h)) + 50_000_000
    with_episode = np.flatnonzero(row[h] >= 0)
    stage.record_acts(
        "insurance_premium",
        row[h[with_episode]],
        True,
        bought["start"][with_episode],
        asset_id=policy_numbers(stage.quarter, thing[with_episode]),
        amount=bought["premium"][with_episode],
        **asset,
    )
    rows = _policy_rows(bought, thing)
    return {name: rows[name] for name in old}


def _policy_rows(bought: Rows, thing: Array) -> Rows:
    """New policies as rows of `evaluation.world.population.holdings`; `thing` is their number within the quarter."""
    h, size = bought["h"], len(bought["h"])
    none, off = np.full(size, -1), np.zeros(size, dtype=bool)
    return {
        "h": h,
        "oh": h,
        "slot": np.full(size, DEBTOR),
        "thing": thing,
        "start": bought["start"],
        "end": np.full(size, NEVER),
        "prev_h": none,
        "prev_slot": none,
        "price": bought["premium"],
        "value": bought["premium"] * bought["years"],
        "mortgage": np.zeros(size, dtype=np.int64),
        "known": off,
        "use": np.zeros(size),
        "pays": off,
        "mode": np.full(size, 2),
        "changed": np.full(size, NEVER),
    }


def premium_movements(plan: Plan, quarter: int, cohort: Cohort) -> Rows:
    """Premiums of the further policies (columns: see the module docstring)."""
    bought = _draw_new_policies(plan, quarter, cohort)
    at = np.repeat(np.arange(len(bought["h"])), bought["years"])
    nth = position_in_group(bought["years"])
    return {
        "h": bought["h"][at],
        "day": bought["start"][at] + nth * 365,
        "amount": -bought["premium"][at],
        "kind": np.full(len(at), f.PREMIUM),
    }


__all__ = ["Incomes", "premium_movements", "simulate_further_policies", "simulate_incomes"]
