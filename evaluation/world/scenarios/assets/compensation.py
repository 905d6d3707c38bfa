"""Scenario: compensation for demolished homes, diverted to a relative or honestly received.

Look-alikes: the share of another resident owner, a payee changed because the owner died or in favour of the creditor,
money paid long before the suit, and compensation the court itself had held back (docs/domain.md section M8).
"""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, Array, choice, choice_by_row, randint, where, yuan_to_fen
from evaluation.world.population.holdings import Rows, stack_rows, take_rows
from evaluation.world.population.people import CHILD, DEBTOR, PARENT, VILLAGE
from evaluation.world.stage.household_inquiries import (
    Households,
    any_relative,
    close_person,
    draw_real_and_look_alike,
    evasion_day,
    households_of,
    inquire_and_deliver,
)
from evaluation.world.stage.stage import Stage

DIVERTED, SHARE, INHERITED, TO_CREDITOR, ASSISTED, LONG_AGO = range(6)
_PROJECTS = ["城东旧城改造项目", "山前镇农房拆迁项目", "环城快速路征收项目", "东湖片区城中村改造项目"]
_OFFICE = "浙东市征收拆迁办公室"


def simulate_compensation(stage: Stage) -> None:
    """Simulate compensation agreements and record which were diverted."""
    rng = stage.rng("compensation")
    every = households_of(stage)
    land = np.where(stage.cohort.people.district[every.h] == VILLAGE, 1.5, 0.8)
    does, looks = draw_real_and_look_alike(
        rng, every.act_chance(stage, "compensation") * land, stage.knob("compensation.honest") * land, len(every)
    )
    own = every.select(does | looks)
    size = len(own)
    honest = choice_by_row(rng, np.tile([0.0, 0.34, 0.14, 0.12, 0.22, 0.18], (size, 1)))
    sort = np.where(does[does | looks], DIVERTED, honest)
    rows = _draw_agreements(rng, stage, own, sort)
    _write_assist_events(rng, stage, own, sort, rows)
    day = np.where(rows["changed_date"] < NEVER, rows["changed_date"], rows["agreement_date"])
    stage.record_acts(
        "demolition_diverted",
        own.row,
        sort == DIVERTED,
        day,
        asset_kind="征收补偿款",
        asset_id=rows["agreement_no"],
        amount=rows["amount"],
    )
    h = own.h
    shared = np.flatnonzero((sort == SHARE) & (rng.random(size) < 0.6))
    whole = stack_rows([rows, _debtor_share(stage, own.select(shared), take_rows(rows, shared))])
    day = np.maximum(whole["agreement_date"], np.where(whole["changed_date"] < NEVER, whole["changed_date"], 0))
    inquire_and_deliver(stage, "demolition", "征收拆迁", "DM", "demolition", whole, np.concatenate([h, h[shared]]), day)


def _draw_agreements(rng: np.random.Generator, stage: Stage, own: Households, sort: Array) -> Rows:
    """Draw one agreement per household, as after the payment."""
    people, size, h = stage.cohort.people, len(own), own.h
    act = evasion_day(stage, rng, own)
    signed = act - randint(rng, 12, 240, size)
    signed = np.where(sort == LONG_AGO, own.served - randint(rng, 400, 1500, size), signed)
    moved = np.isin(sort, [DIVERTED, INHERITED, TO_CREDITOR])
    changed = np.where(moved, act, NEVER)
    other = np.where(sort == DIVERTED, close_person(stage, rng, h), any_relative(stage, rng, h))
    other = np.where(sort == INHERITED, np.where(other == PARENT, CHILD, other), other)
    payee_slot = np.where(np.isin(sort, [ASSISTED, LONG_AGO]), DEBTOR, other)
    owner_slot = np.select([sort == SHARE, sort == INHERITED], [other, PARENT], DEBTOR)
    debts, suit = stage.cohort.debts, stage.docket.suit[own.row]
    creditor = sort == TO_CREDITOR
    payee = np.where(creditor, debts.creditor_id[suit], people.id_no[h, payee_slot])
    name = np.where(creditor, debts.creditor[suit], people.name[h, payee_slot])
    account = np.where(
        payee_slot == DEBTOR, stage.cohort.accounts.number[h, 0], stage.cohort.accounts.person_number[h, payee_slot]
    )
    head = np.where(
        (rng.random(size) < 0.4) & (owner_slot == DEBTOR), people.name[h, PARENT], people.name[h, owner_slot]
    )
    paid = np.where(moved, act + randint(rng, 5, 45, size), signed + randint(rng, 15, 90, size))
    return {
        "agreement_no": ids.join(f"ZS{stage.quarter:03d}", ids.digits(h, 6)),
        "project": choice(rng, _PROJECTS, None, size),
        "payee_id": payee,
        "payee_name": name,
        "owner_id": people.id_no[h, owner_slot],
        "household": head,
        "prev_payee_id": where(moved, people.id_no[h, owner_slot], ""),
        "changed_date": changed,
        "agreement_date": signed,
        "amount": _draw_amounts(rng, stage, own),
        "paid_date": paid,
        "paid_acct": where(creditor, "", account),
    }


def _draw_amounts(rng: np.random.Generator, stage: Stage, own: Households) -> Array:
    """Draw the amount of each agreement, 分; for those who conceal, it follows what they hide."""
    size = len(own)
    amount = yuan_to_fen(np.exp(np.log(210_000) + 0.8 * rng.normal(0, 1, size)))
    hidden = (stage.conduct.hidden[own.h] * rng.uniform(0.7, 1.5, size)).astype(np.int64)
    return np.asarray(np.where(own.hides, np.maximum(hidden, 3_000_000), amount))


def _debtor_share(stage: Stage, own: Households, rows: Rows) -> Rows:
    """Rows of the debtor's own share where another resident owner has one too."""
    people = stage.cohort.people
    mine = people.id_no[own.h, DEBTOR]
    return {
        **rows,
        "payee_id": mine,
        "payee_name": people.name[own.h, DEBTOR],
        "owner_id": mine,
        "amount": rows["amount"] // 5,
        "paid_acct": stage.cohort.accounts.number[own.h, 0],
    }


def _write_assist_events(rng: np.random.Generator, stage: Stage, own: Households, sort: Array, rows: Rows) -> None:
    """Write the events by which the court had asked the authority to withhold the money."""
    at = np.flatnonzero((sort == ASSISTED) & (own.closed - own.filed > 40))
    day = own.filed[at] + randint(rng, 10, 30, len(at))
    more: dict[str, Array | str | int] = {
        "other_name": _OFFICE,
        "asset_kind": "征收补偿款",
        "result": "协助执行",
        "amount": rows["amount"][at],
        "expiry_date": day + 15,
        "end_date": day + randint(rng, 2, 9, len(at)),
    }
    stage.add_events("DMA", [(own.row[at], "ASSIST", day, more)])


__all__ = ["simulate_compensation"]
