"""Scenario: distribution of proceeds among creditors, lawful, careless, or with claims invented by relatives."""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, Array, bernoulli, randint, repeat_text, where
from evaluation.world.population.holdings import Rows, stack_rows
from evaluation.world.population.people import FRIEND
from evaluation.world.stage.stage import Stage

PLAIN, SHAM, FAMILY_LOAN, NO_BASIS = range(4)


def simulate_distribution(stage: Stage) -> None:
    """Simulate distribution plans, their claims, payments and suits."""
    rng = stage.rng("distribution")
    row = stage.episodes
    hides = stage.conceals(row)
    share = np.where(hides, stage.knob("distribution.concealed"), stage.knob("distribution.share"))
    long = stage.docket.closed[row] - stage.docket.filed[row] > 95
    row = row[bernoulli(rng, share, len(row)) & long]
    if not len(row):
        return
    hides = stage.conceals(row)
    size = len(row)
    plan = stage.docket.closed[row] - randint(rng, 37, 50, size)
    paid = plan + randint(rng, 27, 32, size)
    proceeds = np.maximum(
        ((stage.docket.due - stage.docket.paid)[row] * rng.uniform(0.1, 0.5, size)).astype(np.int64), 800_000
    )
    proceeds = np.minimum(proceeds, (stage.docket.due - stage.docket.paid)[row] * 2 // 5)
    careless = bernoulli(rng, stage.knob("distribution.careless"), size)
    slip = np.where(careless, randint(rng, 1, 3, size), 0)
    number = ids.join(f"FP{stage.quarter:03d}", ids.digits(np.arange(size), 6))
    sham = rng.random(size) < np.where(hides, 0.62, 0.14)
    sort = where(sham, SHAM, where(bernoulli(rng, 0.24, size), FAMILY_LOAN, PLAIN))
    sort = np.where(slip == 3, NO_BASIS, sort)
    base = {"number": number, "row": row, "plan": plan, "proceeds": proceeds, "slip": slip, "paid": paid}
    claims = [
        _applicant_claims(rng, stage, base),
        _other_creditors_claims(rng, stage, base),
        _insider_claims(rng, stage, base, sort),
    ]
    arrived = plan - randint(rng, 3, 20, size)
    rows = _allocate_proceeds(rng, stack_rows(claims))
    known = rows.pop("known")
    stage.spool.add("claim", rows, known)
    stage.add_events(
        "FPS",
        [
            (row, "DISTRIB", plan, {"amount": proceeds, "ref_no": number, "result": "已作出分配方案"}),
            (row, "PAY_IN", arrived, {"amount": proceeds, "reason": "待分配执行款"}),
            (row, "PAY_OUT", paid, {"amount": proceeds, "reason": "按分配方案发放"}),
        ],
    )
    stage.record_acts("money_held", row, False, arrived, amount=proceeds)
    stage.record_acts("distribution_unnotified", row, slip == 1, plan, amount=proceeds)
    stage.record_acts("distribution_order", row, slip == 2, plan, amount=proceeds)
    at = np.flatnonzero((sort == NO_BASIS) | (sort == PLAIN))
    stage.record_acts("distribution_no_basis", row[at], sort[at] == NO_BASIS, plan[at], amount=proceeds[at])
    at = np.flatnonzero((sort == SHAM) | (sort == FAMILY_LOAN))
    stage.record_acts("sham_claim", row[at], sort[at] == SHAM, plan[at], amount=proceeds[at])


def _claim_rows(
    base: Rows, at: Array, nth: int, who: Array, name: Array, kind: Array | str, basis: Array, amount: Array, day: Array
) -> Rows:
    size = len(at)
    return {
        "distribution_no": base["number"][at],
        "claim_no": ids.join(ids.digits(np.full(size, nth), 1)),
        "case_no": base["case_no"][at],
        "claimant_id": who,
        "claimant_name": name,
        "kind": repeat_text(kind, size) if isinstance(kind, str) else kind,
        "basis_no": basis,
        "claim_amount": amount,
        "applied_on": day,
        "proceeds": base["proceeds"][at],
        "plan_date": base["plan"][at],
        "paid": base["paid"][at],
        "slip": base["slip"][at],
        "place": at,
    }


def _applicant_claims(rng: np.random.Generator, stage: Stage, base: Rows) -> Rows:
    row = base["row"]
    base["case_no"] = stage.docket.case_no[row]
    debts, suit = stage.cohort.debts, stage.docket.suit[row]
    basis = stage.suit_numbers_by_debt[suit]
    due = (stage.docket.due - stage.docket.paid)[row]
    every = np.arange(len(row))
    return _claim_rows(
        base,
        every,
        1,
        debts.creditor_id[suit],
        debts.creditor[suit],
        "普通债权",
        basis,
        due,
        stage.docket.filed[row] + 1,
    )


def _other_creditors_claims(rng: np.random.Generator, stage: Stage, base: Rows) -> Rows:
    """Claims of other creditors with judgments of their own, and of employees."""
    row, size = base["row"], len(base["row"])
    other = (np.arange(size) * 7 + 3) % len(stage.cohort.debts)
    serial = np.arange(size)
    h = stage.docket.household[row]
    suits = ids.join("（2021）浙9901民初", ids.digits(700_000 + stage.quarter * 2000 + serial, 1), "号")
    debts = stage.cohort.debts
    filed = stage.docket.filed[row] - randint(rng, 200, 400, size)
    slip = base["slip"]
    wages = (rng.random(size) < np.where(slip == 2, 0.85, 0.3)) & (slip != 3)
    amount = randint(rng, 1_000_000, 9_000_000, size)
    stage.spool.add(
        "litigation",
        _suit_rows(
            stage,
            suits,
            debts.creditor_id[other],
            h,
            filed,
            filed + randint(rng, 60, 120, size),
            amount,
            where(wages, "追索劳动报酬纠纷", "买卖合同纠纷"),
            "判决",
        ),
        filed + 130,
    )
    kind = where(wages, "劳动报酬", "普通债权")
    day = base["plan"] - randint(rng, 30, 60, size)
    return _claim_rows(base, serial, 2, debts.creditor_id[other], debts.creditor[other], kind, suits, amount, day)


def _insider_claims(rng: np.random.Generator, stage: Stage, base: Rows, sort: Array) -> Rows:
    """Third claims: invented by a relative, a relative's honest loan, or without any title."""
    at = np.flatnonzero(sort != PLAIN)
    row, size = base["row"][at], len(at)
    people, h = stage.cohort.people, stage.docket.household[base["row"][at]]
    helper = stage.helper_or_friend(h)
    nobody = sort[at] == NO_BASIS
    slot = np.where(nobody, FRIEND, helper)
    who, name = people.id_no[h, slot], people.name[h, slot]
    sham = sort[at] == SHAM
    suits = ids.join("（2022）浙9901民初", ids.digits(800_000 + stage.quarter * 2000 + np.arange(size), 1), "号")
    debts = stage.cohort.debts
    served = debts.served[stage.docket.suit[row]]
    room = np.maximum(base["plan"][at] - served - 40, 1)
    filed = np.where(
        sham, served + 5 + (room * rng.uniform(0.1, 0.8, size)).astype(np.int64), served - randint(rng, 150, 500, size)
    )
    ended = filed + np.where(sham, randint(rng, 3, 14, size), randint(rng, 40, 110, size))
    amount = (base["proceeds"][at] * rng.uniform(0.8, 2.2, size)).astype(np.int64)
    with_claim = np.flatnonzero(~nobody)
    suit = _suit_rows(
        stage,
        suits[with_claim],
        who[with_claim],
        h[with_claim],
        filed[with_claim],
        ended[with_claim],
        amount[with_claim],
        "民间借贷纠纷",
        where(sham[with_claim], "调解", where(bernoulli(rng, 0.5, len(with_claim)), "调解", "判决")),
    )
    suit["plaintiff_lawyer"] = where(sham[with_claim] & bernoulli(rng, 0.3, len(with_claim)), "律师乙", "")
    suit["defendant_lawyer"] = suit["plaintiff_lawyer"]
    suit["debt_date"] = filed[with_claim] - randint(rng, 100, 500, len(with_claim))
    stage.spool.add("litigation", suit, ended[with_claim] + 20)
    basis = where(nobody, "", suits)
    early = base["plan"][at] - randint(rng, 20, 60, size)
    day = np.maximum(
        np.where(sham & bernoulli(rng, 0.5, size), base["plan"][at] - randint(rng, 0, 1, size), early), ended + 2
    )
    return _claim_rows(base, at, 3, who, name, "普通债权", basis, amount, np.minimum(day, base["plan"][at]))


def _suit_rows(
    stage: Stage,
    suits: Array,
    plaintiff: Array,
    h: Array,
    filed: Array,
    ended: Array,
    amount: Array,
    cause: Array | str,
    outcome: Array | str,
) -> Rows:
    size = len(suits)
    return {
        "suit_no": suits,
        "cause": repeat_text(cause, size) if isinstance(cause, str) else cause,
        "plaintiff_id": plaintiff,
        "defendant_id": stage.cohort.people.id_no[h, 0],
        "debt_date": filed - 200,
        "suit_date": filed,
        "served_date": filed + 2,
        "preserved_date": np.full(size, NEVER),
        "judgment_date": ended,
        "judgment_served_date": ended + 1,
        "effective_date": ended + 2,
        "outcome": repeat_text(outcome, size) if isinstance(outcome, str) else outcome,
        "amount": amount,
        "plaintiff_lawyer": repeat_text("", size),
        "defendant_lawyer": repeat_text("", size),
    }


def _allocate_proceeds(rng: np.random.Generator, rows: Rows) -> Rows:
    """Add the allocation: wages first, the rest in proportion; wrong plans put an ordinary claim first."""
    size = len(rows["place"])
    first = rows["kind"] == "劳动报酬"
    wrong = rows["slip"] == 2
    rank = np.where(first, np.where(wrong, 3, 1), 2)
    rank = np.where(wrong & (rows["claim_no"] == "1"), 1, rank)
    count = int(rows["place"].max()) + 1
    left = np.zeros(count)
    left[rows["place"]] = rows["proceeds"]
    allocated = np.zeros(size)
    for turn in (1, 2, 3):
        mine = rank == turn
        claims = np.bincount(rows["place"][mine], rows["claim_amount"][mine], count)
        ratio = np.minimum(np.divide(left, claims, out=np.zeros(count), where=claims > 0), 1.0)
        allocated[mine] = rows["claim_amount"][mine] * ratio[rows["place"][mine]]
        left -= np.bincount(rows["place"][mine], allocated[mine], count)
    silent = rows["slip"] == 1
    notified = np.where(silent, NEVER, rows["plan_date"] + randint(rng, 1, 3, size))
    rows |= {
        "allocated": allocated.astype(np.int64),
        "rank": rank,
        "notified_on": notified,
        "objected_on": np.full(size, NEVER),
        "paid_date": np.where(allocated > 0, rows["paid"], NEVER),
        "known": rows["paid"] + 4,
    }
    for name in ("slip", "place", "paid"):
        rows.pop(name)
    return rows


__all__ = ["simulate_distribution"]
