"""Scenario: property put out of reach by divorce, mortgages to relatives and cheap sales, and homes left unsealed.

Look-alikes: honest divorces, bank mortgages and old loans of relatives, gifts and fair sales within the family, homes
sealed by another court or worth no more than their mortgage (docs/domain.md section M3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import (
    NEVER,
    Array,
    bernoulli,
    choice,
    randint,
    repeat_text,
    round_to_yuan,
    where,
    yuan_to_fen,
)
from evaluation.world.court.proceedings import known_holdings_of_cases
from evaluation.world.population.concealment import DEFECT, LOW_SALE, MISSED
from evaluation.world.population.holdings import Rows, stack_rows
from evaluation.world.population.inquiries import Inquiries
from evaluation.world.population.look_alikes import FAMILY, HOUSE_SOLD, SPLIT
from evaluation.world.population.people import DEBTOR, SPOUSE
from evaluation.world.scenarios.assets.aliases import with_people_as_registered
from evaluation.world.stage.household_inquiries import (
    Households,
    close_person,
    deliver_with_answers,
    draw_real_and_look_alike,
    evasion_day,
    households_of,
    logged_events,
)
from evaluation.world.stage.stage import Stage

_LENDERS = ["浙东商业银行", "溪城农村合作银行", "东湖银行"]
_SPLITS = np.asarray(
    ["", "各自名下归各自所有", "房屋归抚养子女一方，债务平均承担", "房屋及存款归对方，债务由甲方承担"], dtype=object
)


@dataclass(frozen=True)
class Divorces:
    """Divorces; arrays are (households,): day (NEVER for none), shares of the debtor in assets and debts, agreement."""

    day: Array
    asset_share: Array
    debt_share: Array
    division: Array


def simulate_divorces(stage: Stage) -> Divorces:
    """Simulate divorces, some of them a sham to put property out of reach, and record them."""
    rng = stage.rng("divorces")
    people, every = stage.cohort.people, households_of(stage)
    size = len(people)
    wed = people.present[:, SPOUSE] & (people.divorced_on == NEVER)
    honest = stage.cohort.looks.households_with(SPLIT)
    does, more = draw_real_and_look_alike(
        rng, every.act_chance(stage, "divorces"), stage.knob("divorces.honest"), len(every)
    )
    does &= wed[every.h] & (~honest[every.h] | every.hides)
    more &= wed[every.h] & ~honest[every.h]
    day = stage.cohort.looks.divorced_on.copy()
    day[every.h[does]] = np.maximum(evasion_day(stage, rng, every, 120), every.debt + 20)[does]
    day[every.h[more]] = (every.served + ((every.closed - every.served) * rng.random(len(every))).astype(np.int64))[
        more
    ]
    sham = np.zeros(size, dtype=bool)
    sham[every.h[does]] = True
    uneven = bernoulli(rng, 0.3, size)
    asset = np.where(sham, rng.beta(1.2, 7.0, size), np.where(uneven, rng.uniform(0.25, 0.45, size), 0.5))
    debt = np.where(sham, 1 - rng.beta(1.2, 8.0, size), np.where(uneven, rng.uniform(0.3, 0.7, size), 0.5))
    words = np.where(sham, 3, np.where(uneven, 2, 1))
    h = every.h[does | more | honest[every.h]]
    h = h[(day[h] < NEVER) & wed[h]]
    stage.record_acts("divorce_split", stage.first_episode[h], sham[h], day[h], asset_kind="夫妻共同财产")
    ended = day < NEVER
    return Divorces(
        day,
        np.where(ended, np.round(asset, 2), np.nan),
        np.where(ended, np.round(debt, 2), np.nan),
        _SPLITS[np.where(ended, words, 0)],
    )


@dataclass(frozen=True)
class _NewMortgages:
    """Mortgages that households give on a thing of theirs; arrays are (mortgages,).

    Attributes:
        row: episode. h: household. thing: place among the things. sham: real act, or look-alike.
        day, amount: registered when, for how much (分). lender_id, lender: who lends.
    """

    row: Array
    h: Array
    thing: Array
    sham: Array
    day: Array
    amount: Array
    lender_id: Array
    lender: Array


def simulate_mortgages(stage: Stage, things: Rows, label: str, identifier: str, inquiries: Inquiries) -> None:
    """Deliver `encumbrance` rows of vehicles or homes, some of them shams; adds them to `things["mortgage"]`."""
    rng = stage.rng(f"mortgages {label}")
    shown = with_people_as_registered(stage, f"mortgages {label}")
    new = _draw_mortgages(rng, stage, shown, things)
    bank = np.flatnonzero(things["mortgage"] > 0)
    bank = bank[(things["slot"][bank] == DEBTOR) & (things["oh"][bank] == things["h"][bank])]
    rows = stack_rows(
        [
            _encumbrance_rows(
                shown, label, things, identifier, new.h, new.thing, new.day, new.amount, new.lender_id, new.lender
            ),
            _purchase_mortgage_rows(rng, shown, label, things, identifier, bank),
        ]
    )
    things["mortgage"] = things["mortgage"].copy()
    things["mortgage"][new.thing] += new.amount
    asset: dict[str, Array | str | int] = {
        "asset_kind": label,
        "asset_id": things[identifier][new.thing],
        "amount": new.amount,
    }
    stage.record_acts("mortgage_kin", new.row, new.sham, new.day, **asset)
    h = rows.pop("h")
    rows["mortgage_no"] = ids.join(f"DY{stage.quarter:03d}{identifier[0].upper()}", ids.digits(np.arange(len(h)), 6))
    deliver_with_answers(stage, "encumbrance", rows, h, rows["reg_date"], inquiries)


def _draw_mortgages(rng: np.random.Generator, stage: Stage, shown: Stage, things: Rows) -> _NewMortgages:
    """Shams to relatives (sort 1), old loans of relatives (2) and loans of banks (3). Their order decides the world."""
    of, thing = _owners_since_before_service(stage, things)
    size = len(of)
    does, looks = draw_real_and_look_alike(rng, of.act_chance(stage, "mortgages"), stage.knob("mortgages.honest"), size)
    sort = np.where(does, 1, np.where(looks, where(bernoulli(rng, 0.5, size), 2, 3), 0))
    day = np.select(
        [sort == 1, sort == 2],
        [np.maximum(evasion_day(stage, rng, of, 0), of.served + 1), of.debt - randint(rng, 30, 900, size)],
        of.served + ((of.closed - of.served) * rng.random(size)).astype(np.int64),
    )
    day = np.maximum(day, things["start"][thing] + 1)
    amount = round_to_yuan((things["value"][thing] * rng.uniform(0.45, 1.25, size)).astype(np.int64), 1000)
    kin = close_person(stage, rng, of.h)
    bank = choice(rng, _LENDERS, None, size)
    mortgaged, people = np.flatnonzero(sort > 0), shown.cohort.people
    of_bank, h = sort[mortgaged] == 3, of.h[mortgaged]
    return _NewMortgages(
        row=of.row[mortgaged],
        h=h,
        thing=thing[mortgaged],
        sham=sort[mortgaged] == 1,
        day=day[mortgaged],
        amount=amount[mortgaged],
        lender_id=where(of_bank, _bank_codes(bank[mortgaged]), people.id_no[h, kin[mortgaged]]),
        lender=where(of_bank, bank[mortgaged], people.name[h, kin[mortgaged]]),
    )


def _owners_since_before_service(stage: Stage, things: Rows) -> tuple[Households, Array]:
    """Households whose debtor has owned a thing since before service and still does, and the first such thing."""
    every = households_of(stage)
    own = np.flatnonzero((things["slot"] == DEBTOR) & (things["oh"] == things["h"]) & (things["end"] >= NEVER))
    at = np.full(len(stage.cohort.people), -1)
    at[things["h"][own][::-1]] = own[::-1]
    of = every.select((at[every.h] >= 0) & (things["start"][np.maximum(at[every.h], 0)] < every.served - 10))
    return of, at[of.h]


def _bank_codes(name: Array) -> Array:
    code = ids.uscc(900, np.arange(10, 10 + len(_LENDERS)))
    return code[np.asarray([_LENDERS.index(one) for one in name], dtype=np.int64)]


def _purchase_mortgage_rows(
    rng: np.random.Generator, stage: Stage, label: str, things: Rows, identifier: str, at: Array
) -> Rows:
    """Bank mortgages with which homes and vehicles were bought."""
    lender = choice(rng, _LENDERS, None, len(at))
    day = things["start"][at] + randint(rng, 0, 30, len(at))
    return _encumbrance_rows(
        stage, label, things, identifier, things["h"][at], at, day, things["mortgage"][at], _bank_codes(lender), lender
    )


def _encumbrance_rows(
    stage: Stage,
    label: str,
    things: Rows,
    identifier: str,
    h: Array,
    at: Array,
    day: Array,
    amount: Array,
    holder: Array,
    name: Array,
) -> Rows:
    owner = stage.cohort.people.id_no[h, DEBTOR]
    return {
        "h": h,
        "asset_kind": repeat_text(label, len(h)),
        "asset_id": things[identifier][at],
        "owner_id": owner,
        "mortgagee_id": holder,
        "mortgagee_name": name,
        "debtor_id": owner,
        "amount": amount,
        "reg_date": day,
        "end_date": np.full(len(h), NEVER),
    }


def simulate_further_homes(stage: Stage) -> Rows:
    """Simulate homes beside those of the cohort (overlooked, or sold cheaply) and record both sorts."""
    rng = stage.rng("further homes")
    every, old = households_of(stage), stage.cohort.realty
    kind = stage.conduct.kind[every.h]
    overlooked = stage.knob("further_homes.overlooked") * np.select([kind == MISSED, kind == DEFECT], [8.0, 6.0], 0.7)
    miss, worthless = draw_real_and_look_alike(rng, overlooked, stage.knob("further_homes.mortgaged"), len(every))
    sells = bernoulli(rng, every.act_chance(stage, "cheap_sales"), len(every)) & ~stage.conduct.uses(LOW_SALE)[every.h]
    left = every.select(miss | worthless)
    value = yuan_to_fen(np.exp(np.log(190_000) + 0.6 * rng.normal(0, 1, len(left))))
    overmortgaged = worthless[miss | worthless]
    load = np.where(overmortgaged, (value * rng.uniform(1.0, 1.3, len(left))).astype(np.int64), 0)
    parts = [_home_rows(left, left.closed - randint(rng, 400, 4000, len(left)), value, load)]
    sold = every.select(sells)
    worth = yuan_to_fen(np.exp(np.log(420_000) + 0.5 * rng.normal(0, 1, len(sold))))
    parts += _cheaply_sold_rows(rng, stage, sold, worth, len(left))
    rows = _with_unit_numbers(rng, stage, stack_rows(parts))
    _record_unsealed(stage, left, overmortgaged, rows["unit"][: len(left)], value)
    _record_cheap_sales(stage, sold, rows, old)
    return {name: rows[name] for name in old}


def _home_rows(of: Households, start: Array, value: Array, mortgage: Array | int) -> Rows:
    size = len(of)
    no, off = np.full(size, -1), np.zeros(size, dtype=bool)
    return {
        "h": of.h,
        "oh": of.h,
        "slot": np.full(size, DEBTOR),
        "thing": np.arange(size),
        "start": start,
        "end": np.full(size, NEVER),
        "prev_h": no,
        "prev_slot": no,
        "price": value,
        "value": value,
        "mortgage": np.broadcast_to(np.asarray(mortgage), (size,)),
        "known": off,
        "use": np.zeros(size),
        "pays": off,
        "mode": np.zeros(size, dtype=np.int64),
    }


def _cheaply_sold_rows(rng: np.random.Generator, stage: Stage, of: Households, value: Array, after: int) -> list[Rows]:
    """Homes sold far below price or given away while the case ran: (rows of the seller, rows of the buyer)."""
    size = len(of)
    day = evasion_day(stage, rng, of)
    gift = bernoulli(rng, 0.25, size)
    price = np.where(gift, 0, round_to_yuan((value * rng.uniform(0.15, 0.69, size)).astype(np.int64), 1000))
    first = _home_rows(of, of.served - randint(rng, 900, 5000, size), value, 0)
    first["thing"] = first["thing"] + after
    first["end"] = day
    then = {
        **first,
        "slot": close_person(stage, rng, of.h),
        "start": day,
        "end": np.full(size, NEVER),
        "prev_h": of.h,
        "prev_slot": np.full(size, DEBTOR),
        "price": price,
        "mode": gift.astype(np.int64),
    }
    return [first, then]


def _with_unit_numbers(rng: np.random.Generator, stage: Stage, rows: Rows) -> Rows:
    """Add unit numbers, certificates and addresses, apart from those of the cohort."""
    number = rows["thing"]
    count = int(number.max()) + 1 if len(number) else 0
    road = choice(rng, ["云溪路", "东湖路", "文昌路", "丰泽路", "永兴路"], None, count)
    house, room = ids.digits(randint(rng, 1, 300, count), 1), ids.digits(randint(rng, 101, 1804, count), 1)
    place = ids.join("浙东市", road, house, "号", room, "室")
    block = ids.digits(np.full(len(number), stage.quarter + 1), 6)
    return rows | {
        "unit": ids.join("990001", block, "GB", ids.digits(number + 80_000_000, 8), "F00010"),
        "cert": ids.join("浙（东）不动产权第", ids.digits(number + stage.quarter * 100_000 + 50_000, 7), "号"),
        "location": place[number],
        "area": np.round(rng.uniform(28, 110, count), 2)[number],
    }


def _record_unsealed(stage: Stage, left: Households, heavy: Array, unit: Array, value: Array) -> None:
    """Record overlooked homes (real) and homes without a seal of this court for a reason (look-alikes)."""

    def record(row: Array, real: Array | bool, thing: Array, amount: Array) -> None:
        day = stage.docket.closed[row]
        stage.record_acts("realty_not_sealed", row, real, day, asset_kind="不动产", asset_id=thing, amount=amount)

    record(left.row, ~heavy, unit, value)
    old, row = stage.court.realty, stage.first_episode
    mine = stage.conduct.missed("realty") & ~stage.conduct.late
    at = np.flatnonzero(mine[old["h"]] & ~old["known"] & (old["slot"] == DEBTOR) & (row[old["h"]] >= 0))
    record(row[old["h"][at]], True, old["unit"][at], old["value"][at])
    _, seals = logged_events(stage, "SEAL", ("asset_id",))
    owner, thing = known_holdings_of_cases(stage.court, old)
    bare = ~np.isin(old["unit"][thing].astype(str), np.asarray(seals["asset_id"].to_pylist(), dtype=str))
    bare &= stage.docket.terminated[owner]
    owner, thing = owner[bare], thing[bare]
    record(owner, False, old["unit"][thing], old["value"][thing])


def _record_cheap_sales(stage: Stage, sold: Households, rows: Rows, old: Rows) -> None:
    """Record homes sold below price: to evade (real), within honest families or to pay the debt (look-alikes)."""
    then = np.flatnonzero(rows["prev_h"] >= 0)
    asset: dict[str, str] = {"asset_kind": "不动产"}
    stage.record_acts(
        "realty_sold_cheap",
        sold.row,
        True,
        rows["start"][then],
        asset_id=rows["unit"][then],
        amount=(rows["value"] - rows["price"])[then],
        **asset,
    )
    row, looks = stage.first_episode, stage.cohort.looks
    at = np.flatnonzero((old["prev_h"] >= 0) & (old["prev_slot"] == DEBTOR) & (row[np.maximum(old["prev_h"], 0)] >= 0))
    h = old["prev_h"][at]
    evades = stage.conduct.uses(LOW_SALE)[h] & (old["start"][at] == stage.conduct.act[h])
    low = old["price"][at] < 0.85 * old["value"][at]
    keep = evades | ((looks.households_with(FAMILY) | looks.households_with(HOUSE_SOLD))[h] & low)
    at, h, evades = at[keep], h[keep], evades[keep]
    stage.record_acts(
        "realty_sold_cheap",
        row[h],
        evades,
        old["start"][at],
        asset_id=old["unit"][at],
        amount=np.maximum(old["value"] - old["price"], 0)[at],
        **asset,
    )


__all__ = ["Divorces", "simulate_divorces", "simulate_further_homes", "simulate_mortgages"]
