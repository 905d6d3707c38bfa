"""Scenario: preservation before judgment (财产保全), whose seals pass into the enforcement, lapse, or are released.

A suit with an order of preservation has a case of its own (执保); its seals go on when the enforcement is filed.
"""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, Array, bernoulli, choice, choice_by_row, randint, repeat_text, where
from evaluation.world.court.proceedings import known_holdings_of_cases
from evaluation.world.population.cohort import Cohort, Plan
from evaluation.world.population.docket import Docket, case_numbers, court_codes
from evaluation.world.population.holdings import Rows, stack_rows
from evaluation.world.stage import court_log
from evaluation.world.stage.stage import Stage

PLAIN, LAPSE, RENEW, LEFT, TAKEN, FREED, AGREED = range(7)
"""Outcome of a preserved thing: nothing special, lapsed, renewed, never taken over, taken over, released without
reason, released by agreement."""
_AGREED = ["申请人书面申请解除保全", "被保全人提供担保", "双方达成和解", "案外人异议成立", "申请人同意解除"]
_FREED = ["", "", "", "依职权解除", "工作需要", "案件已审结"]
_TOUCH = ("SEAL", "FREEZE", "DETAIN", "APPRAISE", "AUCTION", "INKIND")
_GOODS = ["机器设备", "存货", "股权", "应收账款"]


def preservation_case_numbers(plan: Plan, quarter: int, cohort: Cohort, docket: Docket) -> Array:
    """Number of the preservation case by docket row, empty where nothing was preserved."""
    suit = docket.suit
    held = (cohort.debts.preserved[suit] < NEVER) & (docket.parent < 0)
    day = np.where(held, cohort.debts.preserved[suit], docket.filed)
    serial = (quarter + 1) * 20_000 + suit
    return np.where(held, case_numbers(plan.knobs, docket.office, day, "执保", serial), "").astype(object)


def simulate_preservation(stage: Stage) -> None:
    """Simulate preservation in the quarter's suits and what the enforcement made of it."""
    rng = stage.rng("preservation")
    docket = stage.docket
    number = preservation_case_numbers(stage.plan, stage.quarter, stage.cohort, docket)
    row = np.flatnonzero(number != "")
    if not len(row):
        return
    _write_cases(stage, row, number[row])
    things = _draw_preserved_things(rng, stage, np.isin(np.arange(len(docket)), row) & docket.terminated)
    if not len(things["row"]):
        return
    things["number"] = number[things["row"]]
    _draw_outcomes(rng, stage, things)
    _write_events(rng, stage, things)
    _record_truth(stage, things)


def _write_cases(stage: Stage, row: Array, number: Array) -> None:
    """Write the preservation cases and their two parties."""
    docket, debts, people = stage.docket, stage.cohort.debts, stage.cohort.people
    codes = np.asarray(stage.plan.knobs.texts("offices.codes"), dtype=object)[docket.office[row]]
    courts = court_codes(stage.plan.knobs)
    names = np.asarray([f"浙东市第{nth}法院" for nth in "一二三四五六七八九十"], dtype=object)
    suit, h, size = docket.suit[row], docket.household[row], len(row)
    day = debts.preserved[suit]
    rows: Rows = {
        "case_no": number,
        "case_type": repeat_text("财产保全执行", size),
        "nature": repeat_text("民事", size),
        "court_code": courts[docket.office[row]],
        "court_name": names[docket.office[row] % 10],
        "court_division": codes,
        "amt_due": docket.due[row],
        "apply_date": day,
        "filing_date": day,
        "close_date": day + 14,
    }
    known = day + 14 + stage.plan.knobs.integer("calendar.court_lag_days")
    stage.spool.add("case", rows, known)
    natural = debts.creditor_kind[suit] == "自然人"
    for role, nth, kind, name, who in (
        ("被执行人", 1, repeat_text("自然人", size), people.name[h, 0], people.id_no[h, 0]),
        ("申请执行人", 2, where(natural, "自然人", "法人"), debts.creditor[suit], debts.creditor_id[suit]),
    ):
        party: Rows = {"case_no": number, "party_no": np.full(size, nth), "role": repeat_text(role, size)}
        stage.spool.add("party", {**party, "kind": kind, "name": name, "id_no": who}, known)


def _draw_preserved_things(rng: np.random.Generator, stage: Stage, held: Array) -> Rows:
    """Draw the preserved things: vehicles and homes known to the court, two accounts, goods and claims.

    `touched` is the day of the enforcement's own first act on the thing, NEVER where it has none.
    """
    docket, accounts = stage.docket, stage.court.accounts
    ordered = stage.cohort.debts.preserved[docket.suit]
    parts: list[Rows] = []

    def put(row: Array, kind: Array | str, number: Array, amount: Array, term: int, share: float) -> None:
        at = np.flatnonzero(held[row] & bernoulli(rng, share, len(row)))
        parts.append(
            {
                "row": row[at],
                "kind": repeat_text(kind, len(at)) if isinstance(kind, str) else kind[at],
                "id": number[at],
                "amount": amount[at],
                "term": np.full(len(at), term),
            }
        )

    for holdings, label, name, term in (
        (stage.court.vehicles, "车辆", "vin", 730),
        (stage.court.realty, "不动产", "unit", 1095),
    ):
        row, thing = known_holdings_of_cases(stage.court, holdings)
        early = holdings["start"][thing] < ordered[row]
        put(row[early], label, holdings[name][thing[early]], holdings["value"][thing[early]], term, 0.85)
    every = np.flatnonzero(held)
    h = docket.household[every]
    for nth, share in ((0, 0.45), (1, 0.7)):
        exists = accounts.exists[h, nth] & (accounts.opened[h, nth] < ordered[every])
        money = np.minimum(accounts.balance[h, nth], docket.due[every] // 8)
        put(every[exists], "银行存款", accounts.number[h, nth][exists], money[exists], 365, share)
    kind = choice(rng, _GOODS, [0.35, 0.25, 0.2, 0.2], len(every))
    amount = (docket.due[every] * rng.uniform(0.08, 0.5, len(every))).astype(np.int64)
    put(every, kind, ids.join(f"CW{stage.quarter:03d}", ids.digits(every, 6)), amount, 730, 0.5)
    things = stack_rows(parts)
    log = court_log.read_log(stage.spool, docket)
    things["touched"] = log.first_days_on_asset(log.positions(*_TOUCH), things["row"], things["id"])
    return things


def _draw_outcomes(rng: np.random.Generator, stage: Stage, things: Rows) -> None:
    """Draw the outcome of each thing and the days that follow from it, in place."""
    row, size, docket = things["row"], len(things["row"]), stage.docket
    day = stage.cohort.debts.preserved[docket.suit[row]] + randint(rng, 2, 9, size)
    filed, closed = docket.filed[row], docket.closed[row]
    taken_over = things["touched"] < NEVER
    untouched = np.tile([0.02, 0.19, 0.13, 0.22, 0.20, 0.13, 0.11], (size, 1))
    fate = choice_by_row(rng, np.where(taken_over[:, None], [0.56, 0.16, 0.12, 0, 0, 0.08, 0.08], untouched))
    fate = np.where((fate == PLAIN) & ~taken_over, TAKEN, fate)
    limit = np.where(taken_over, things["touched"], closed) - 4
    brief = np.where((day + 365 < limit) & bernoulli(rng, 0.7, size), 365, 180)
    runs_out = np.isin(fate, [LAPSE, RENEW])
    fate = np.where(runs_out & (day + brief >= limit), where(taken_over, PLAIN, TAKEN), fate)
    runs_out = np.isin(fate, [LAPSE, RENEW])
    ends = day + np.where(runs_out, brief, things["term"])
    ends = np.where((fate == FREED) | (fate == AGREED), np.maximum(ends, day + 365), ends)
    last = np.minimum(np.minimum(ends, closed), np.where(taken_over, things["touched"], NEVER)) - 5
    freed = day + 20 + ((last - day - 20) * rng.uniform(0.1, 1.0, size)).astype(np.int64)
    things["fate"], things["day"], things["ends"], things["kept"] = fate, day, ends, taken_over
    things["freed"] = np.where((fate == FREED) | (fate == AGREED), freed, NEVER)
    things["renewed"] = np.where(fate == RENEW, ends - randint(rng, 1, 25, size), NEVER)
    after = np.where(fate == RENEW, things["renewed"] + 365, ends)
    at = filed + 5 + ((np.minimum(closed, np.maximum(after, filed + 12)) - filed - 10) * rng.beta(1.0, 2.5, size))
    turned = (fate == TAKEN) | ((fate == RENEW) & ~taken_over & bernoulli(rng, 0.9, size))
    things["turned"] = np.where(turned, at.astype(np.int64), NEVER)


def _write_events(rng: np.random.Generator, stage: Stage, things: Rows) -> None:
    """Write the events of both cases: seals, renewals or releases, and the acts that took them over."""
    bank = things["kind"] == "银行存款"
    reason = where(
        things["fate"] == AGREED, choice(rng, _AGREED, None, len(bank)), choice(rng, _FREED, None, len(bank))
    )
    reason = np.where(things["freed"] < NEVER, reason, "").astype(object)
    dealt = bernoulli(rng, 0.3, len(bank))

    def of(at: Array, case: bool) -> dict[str, Array | str | int]:
        columns: dict[str, Array | str | int] = {name: things[key][at] for name, key in _COLUMNS}
        return {**columns, "case_no": things["number"][at]} if case else columns

    parts: list[court_log.EventPart] = []
    for code, mine in (("FREEZE", bank), ("SEAL", ~bank)):
        at = np.flatnonzero(mine)
        first = {**of(at, True), "expiry_date": things["ends"][at], "end_date": things["freed"][at]}
        parts.append((things["row"][at], code, things["day"][at], {**first, "reason": reason[at], "result": "已保全"}))
        at = np.flatnonzero(mine & (things["renewed"] < NEVER))
        again = {**of(at, True), "expiry_date": things["renewed"][at] + np.where(mine[at] & bank[at], 365, 730)}
        parts.append((things["row"][at], code, things["renewed"][at], {**again, "result": "续封"}))
        turned = mine & (things["turned"] < NEVER)
        at = np.flatnonzero(turned & ~(bank & dealt))
        enforcement_seal = {**of(at, False), "expiry_date": things["turned"][at] + things["term"][at]}
        parts.append((things["row"][at], code, things["turned"][at], {**enforcement_seal, "result": "保全转执行查封"}))
        at = np.flatnonzero(turned & bank & dealt)
        parts.append((things["row"][at], "DEDUCT", things["turned"][at], {**of(at, False), "result": "已划拨"}))
    court_log.write_events(stage, "BQ", parts, "已保全")


_COLUMNS = (("asset_kind", "kind"), ("asset_id", "id"), ("amount", "amount"))


def _record_truth(stage: Stage, things: Rows) -> None:
    """Record each outcome; a thing that lapsed during the enforcement counts as not taken over, too."""
    fate, row = things["fate"], things["row"]
    filed, closed = stage.docket.filed[row], stage.docket.closed[row]
    lost = (fate == LAPSE) & ~things["kept"] & (things["ends"] >= filed)
    left = lost | ((fate == LEFT) & (things["ends"] >= filed))
    ran_out = (fate == LAPSE) | ((fate == LEFT) & (things["ends"] < closed))
    in_force = np.isin(fate, [PLAIN, TAKEN]) | ((fate == RENEW) & (things["turned"] < NEVER))
    for code, bad, good, day in (
        ("preservation_unconverted", left, in_force & (things["ends"] >= filed), closed),
        ("preservation_lapsed", ran_out, fate == RENEW, things["ends"]),
        ("preservation_released", fate == FREED, fate == AGREED, np.minimum(things["freed"], closed)),
    ):
        at = np.flatnonzero(bad | good)
        for kind in np.unique(things["kind"][at]).tolist():
            mine = at[things["kind"][at] == kind]
            stage.record_acts(
                code,
                row[mine],
                bad[mine],
                day[mine],
                asset_kind=kind,
                asset_id=things["id"][mine],
                amount=things["amount"][mine],
            )


__all__ = ["preservation_case_numbers", "simulate_preservation"]
