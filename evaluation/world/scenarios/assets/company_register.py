"""Scenario: extracts of the company register, and movements between owners and their one-person companies.

`simulate_company_register` delivers `company`, `shareholding` and `company_change` about the debtors asked about and
records the acts rep_changed, phoenix_company, company_deregistered and company_commingled.

`commingling_movements` returns the movements for the statements, with columns `h` (household), `day` (days since 1970),
`amount` (signed 分 seen from the owner; positive: from the company), `kind` (a kind of movement of `flows`): real
commingling and its look-alike (salary, one loan repaid). The counterparty is the company (`Counterparties.company`).
"""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import (
    NEVER,
    Array,
    bernoulli,
    choice,
    position_in_group,
    randint,
    random_stream,
    repeat_text,
    where,
)
from evaluation.world.population.cohort import Cohort, Plan
from evaluation.world.population.holdings import Rows, stack_rows
from evaluation.world.population.inquiries import Inquiries, match_rows
from evaluation.world.population.people import DEBTOR
from evaluation.world.scenarios.assets.aliases import with_people_as_registered
from evaluation.world.scenarios.assets.companies import (
    APART,
    EVADES,
    FLEES,
    GOES_ON,
    MIXED,
    NEIGHBOUR,
    NONE,
    PHOENIX,
    SALARIED,
    STAYS,
    Companies,
    draw_companies,
)
from evaluation.world.stage import flows as f
from evaluation.world.stage.household_inquiries import deliver_with_answers, write_inquiries
from evaluation.world.stage.stage import Stage

_LAG = 5
_TRADE = slice(-6, -4)
_OTHER_TRADES = ["茶叶", "家具", "文具", "汽配", "苗木"]


def simulate_company_register(stage: Stage, inquiries: Inquiries) -> None:
    """Deliver what the company register holds on the debtors asked about, and record what the owners did."""
    rng = stage.rng("company register")
    firms = draw_companies(stage.plan, stage.quarter, stage.cohort)
    names = _draw_names(rng, stage, firms)
    own, fresh = np.flatnonzero(firms.owner), np.flatnonzero(firms.fresh != NONE)
    shown = with_people_as_registered(stage, "companies")
    _write_changes(shown, firms, inquiries)
    rows = []
    for h, write in ((own, _own_rows), (fresh, _fresh_rows)):
        start = stage.cohort.people.company_from[h] if write is _own_rows else firms.fresh_day[h]
        inquiry, at = match_rows(inquiries, h, np.full(len(h), DEBTOR), start, _LAG)
        company, shares = write(shown, firms, names, h[at], inquiries.answered[inquiry] - _LAG)
        stage.spool.add("company", company, inquiries.answered[inquiry])
        at = shares.pop("at")
        stage.spool.add("shareholding", shares, inquiries.answered[inquiry[at]])
        rows.append(inquiry)
    write_inquiries(stage, "企业登记", "E", inquiries, np.concatenate(rows))
    _record_truth(stage, firms)


def _draw_names(rng: np.random.Generator, stage: Stage, firms: Companies) -> Rows:
    """Draw names, addresses, telephones and trades of both companies of each household."""
    people = stage.cohort.people
    size, h = len(people), np.arange(len(people))
    trade = np.asarray([name[_TRADE] for name in people.company], dtype=object)
    other = choice(rng, _OTHER_TRADES, None, size)
    second = np.where(firms.trade & firms.owner, trade, other)
    label = np.where(firms.trade & bernoulli(rng, 0.7, size), second, choice(rng, ["商贸", "实业"], None, size))
    floor, house = ids.digits(randint(rng, 201, 1830, size), 1), ids.digits(randint(rng, 1, 60, size), 1)
    office = ids.join("浙东市溪城区创业路", house, "号商务大厦", floor, "室")
    address = np.where(bernoulli(rng, 0.55, size) | (firms.fresh == NEIGHBOUR), office, people.address[:, DEBTOR])
    renamed = bernoulli(rng, stage.knob("companies.renamed"), size)
    old = ids.join("浙东", ids.given_names(rng, size), trade, "有限公司")
    return {
        "former": where(renamed & firms.owner, old, ""),
        "stale": renamed & bernoulli(rng, 0.5, size),
        "trade": trade,
        "address": address,
        "fresh": ids.join("浙东", ids.given_names(rng, size), label, "有限公司"),
        "fresh_trade": second,
        "fresh_address": np.where(firms.address, address, people.address[h, firms.fresh_slot]),
        "fresh_phone": np.where(firms.phone, people.phone[:, DEBTOR], people.phone[h, firms.fresh_slot]),
        "fresh_single": bernoulli(rng, 0.5, size),
    }


def _company_rows(h: Array, code: Array, name: Array, stage: Stage, slot: Array, more: Rows) -> Rows:
    people = stage.cohort.people
    return {
        "uscc": code,
        "name": name,
        "legal_rep": people.name[h, slot],
        "legal_rep_id": people.id_no[h, slot],
        **more,
    }


def _own_rows(stage: Stage, firms: Companies, names: Rows, h: Array, day: Array) -> tuple[Rows, Rows]:
    """(company rows, share rows) of the debtors' own companies as of the day of each answer."""
    people = stage.cohort.people
    passed, gone = firms.rep_day[h] <= day, firms.end_day[h] <= day
    company = _company_rows(
        h,
        people.company_id[h],
        people.company[h],
        stage,
        np.where(passed, firms.rep_slot[h], DEBTOR),
        {
            "former_name": names["former"][h],
            "one_person": firms.single[h].astype(np.int64),
            "status": where(gone, "注销", "存续"),
            "est_date": people.company_from[h],
            "end_date": np.where(gone, firms.end_day[h], NEVER),
            "address": names["address"][h],
            "phone": people.phone[h, DEBTOR],
            "scope": ids.join(names["trade"][h], "加工、销售及安装服务"),
        },
    )
    shown = np.where(names["stale"][h] & (names["former"][h] != ""), names["former"][h], people.company[h])
    sold = passed & firms.rep_shares[h] & (firms.rep_day[h] > people.company_from[h])
    mine = _share_rows(
        stage, h, np.arange(len(h)), np.full(len(h), DEBTOR), shown, people.company_id[h], firms.single[h]
    )
    mine |= {"from_date": people.company_from[h], "to_date": np.where(sold, firms.rep_day[h], NEVER)}
    at = np.flatnonzero(sold)
    buyer_shares = _share_rows(
        stage, h[at], at, firms.rep_slot[h[at]], shown[at], people.company_id[h[at]], firms.single[h[at]]
    )
    buyer_shares |= {"from_date": firms.rep_day[h[at]], "to_date": np.full(len(at), NEVER)}
    return company, stack_rows([mine, buyer_shares])


def _fresh_rows(stage: Stage, firms: Companies, names: Rows, h: Array, day: Array) -> tuple[Rows, Rows]:
    """(company rows, share rows) of the other companies: successors, relatives' own trades, unrelated neighbours."""
    people, slot = stage.cohort.people, firms.fresh_slot[h]
    single = names["fresh_single"][h]
    company = _company_rows(
        h,
        people.successor_id[h],
        names["fresh"][h],
        stage,
        slot,
        {
            "former_name": repeat_text("", len(h)),
            "one_person": single.astype(np.int64),
            "status": repeat_text("存续", len(h)),
            "est_date": firms.fresh_day[h],
            "end_date": np.full(len(h), NEVER),
            "address": names["fresh_address"][h],
            "phone": names["fresh_phone"][h],
            "scope": ids.join(names["fresh_trade"][h], "加工、销售及安装服务"),
        },
    )
    shares = _share_rows(stage, h, np.arange(len(h)), slot, names["fresh"][h], people.successor_id[h], single)
    return company, shares | {"from_date": firms.fresh_day[h], "to_date": np.full(len(h), NEVER)}


def _share_rows(stage: Stage, h: Array, at: Array, slot: Array, name: Array, code: Array, single: Array) -> Rows:
    people = stage.cohort.people
    return {
        "at": at,
        "uscc": code,
        "company_name": name,
        "holder_name": people.name[h, slot],
        "holder_id": people.id_no[h, slot],
        "pct": np.where(single, 1.0, 0.7),
        "subscribed": (h % 9 + 1) * 50_000_000,
        "paid": (h % 4) * 10_000_000,
    }


def _write_changes(stage: Stage, firms: Companies, inquiries: Inquiries) -> None:
    """Deliver changes of representative and shareholders, and the notices before a company is struck off."""
    people = stage.cohort.people
    begun = firms.rep_day > people.company_from
    moved, sold = (firms.rep != STAYS) & begun, (firms.rep != STAYS) & begun & firms.rep_shares
    parts: list[Rows] = []
    for mask, kind in ((moved, "法定代表人变更"), (sold, "股东变更")):
        h = np.flatnonzero(mask)
        slot = firms.rep_slot[h]
        parts.append(
            _change_rows(
                people.company_id[h],
                h,
                kind,
                firms.rep_day[h],
                people.name[h, DEBTOR],
                people.id_no[h, DEBTOR],
                people.name[h, slot],
                people.id_no[h, slot],
            )
        )
    h = np.flatnonzero(firms.end != GOES_ON)
    blank = repeat_text("", len(h))
    flees = firms.end[h] == FLEES
    day = firms.end_day[h] - np.where(flees, 24, 75)
    parts.append(_change_rows(people.company_id[h], h, "", day, blank, blank, blank, blank))
    parts[-1]["change_type"] = where(flees, "简易注销公告", "清算组备案")
    rows = stack_rows(parts)
    h = rows.pop("h")
    deliver_with_answers(stage, "company_change", rows, h, rows["change_date"], inquiries, _LAG)


def _change_rows(
    code: Array, h: Array, kind: str, day: Array, before: Array, before_id: Array, after: Array, after_id: Array
) -> Rows:
    return {
        "uscc": code,
        "h": h,
        "change_type": repeat_text(kind, len(h)),
        "change_date": day,
        "before": before,
        "before_id": before_id,
        "after": after,
        "after_id": after_id,
    }


def _record_truth(stage: Stage, firms: Companies) -> None:
    """Record what owners did, on the first episode of their households."""
    people = stage.cohort.people
    row = stage.first_episode
    classes = (
        ("rep_changed", firms.rep != STAYS, firms.rep == EVADES, firms.rep_day),
        ("phoenix_company", firms.owner & (firms.fresh != NONE), firms.fresh == PHOENIX, firms.fresh_day),
        ("company_deregistered", firms.end != GOES_ON, firms.end == FLEES, firms.end_day),
        ("company_commingled", firms.money != APART, firms.money == MIXED, people.company_from),
    )
    for cls, mask, real, day in classes:
        h = np.flatnonzero(mask & (row >= 0))
        code = people.successor_id[h] if cls == "phoenix_company" else people.company_id[h]
        stage.record_acts(cls, row[h], real[h], day[h], asset_kind="企业", asset_id=code)


def commingling_movements(plan: Plan, quarter: int, cohort: Cohort) -> Rows:
    """Movements between owners and their one-person companies (columns: see the module docstring)."""
    firms = draw_companies(plan, quarter, cohort)
    rng = random_stream(plan.seed, quarter, "commingled")
    people, first = cohort.people, cohort.conduct.first
    h = np.flatnonzero(firms.money != APART)
    until = cohort.debts.closed[first[h]] + 60
    since = np.maximum(cohort.debts.filed[first[h]] - 400, people.company_from[h])
    months = np.maximum((until - since) // 30, 0)
    parts = [
        _mixed_purse_movements(rng, people.income[h], np.where(firms.money[h] == MIXED, months, 0), since),
        _salary_movements(rng, people.income[h], np.where(firms.money[h] == SALARIED, months, 0), since),
    ]
    rows = stack_rows(parts)
    rows["h"] = h[rows.pop("place")]
    return rows


def _mixed_purse_movements(rng: np.random.Generator, income: Array, months: Array, since: Array) -> Rows:
    """Irregular movements both ways: takings paid to the owner, the owner's money paid into the company."""
    count = rng.poisson(months * 4.2)
    at = np.repeat(np.arange(len(months)), count)
    size = len(at)
    amount = (income[at] * np.exp(rng.normal(-0.1, 0.9, size))).astype(np.int64)
    amount = np.where(bernoulli(rng, 0.6, size), amount // 100_000 * 100_000, amount)
    draws = bernoulli(rng, 0.58, size)
    kinds = np.array([f.DEALING, f.MOVE, f.FOR_ANOTHER, f.LIVING])
    return {
        "place": at,
        "day": since[at] + (rng.random(size) * months[at] * 30).astype(np.int64),
        "amount": np.where(draws, amount, -amount),
        "kind": kinds[rng.choice(4, size, p=[0.5, 0.3, 0.12, 0.08])],
    }


def _salary_movements(rng: np.random.Generator, income: Array, months: Array, since: Array) -> Rows:
    """A monthly salary, and at most one loan to the company, which it repays."""
    pay = np.repeat(np.arange(len(months)), months)
    nth = position_in_group(months)
    lends = np.flatnonzero((months > 4) & bernoulli(rng, 0.5, len(months)))
    loan = (income[lends] * rng.uniform(2, 8, len(lends))).astype(np.int64) // 100_000 * 100_000
    day = since[lends] + randint(rng, 10, 60, len(lends))
    back = day + randint(rng, 30, 90, len(lends))
    return {
        "place": np.concatenate([pay, lends, lends]),
        "day": np.concatenate([since[pay] + nth * 30 + 9, day, back]),
        "amount": np.concatenate([(income[pay] * 0.9).astype(np.int64), -loan, loan]),
        "kind": np.concatenate(
            [np.full(len(pay), f.WAGE), np.full(len(lends), f.BORROW), np.full(len(lends), f.REPAY)]
        ),
    }


__all__ = ["commingling_movements", "simulate_company_register"]
