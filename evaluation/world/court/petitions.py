"""Rows of the table `petition`: which case, which words, and whether an asset is named (rightly or not)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, Array, bernoulli, choice, randint, random_stream, repeat_text
from evaluation.world.base.config import Knobs
from evaluation.world.court.petition_words import (
    CAR,
    FIRM,
    FUND,
    GOODS,
    HOME,
    KINDS,
    MONEY,
    POLICY,
    WAGE,
    petition_texts,
)
from evaluation.world.court.proceedings import CourtInputs
from evaluation.world.population.banking import BANKS
from evaluation.world.population.concealment import CONCEALED, KIN_ACCOUNT, LOW_SALE, MISSED
from evaluation.world.population.holdings import Rows

_OF_WAY = np.asarray([MONEY, MONEY, CAR, POLICY, MONEY, MONEY, HOME, FIRM, WAGE, GOODS])
"""Index of `KINDS` by way of concealing (`concealment.WAYS`)."""
_OF_MISSED = np.asarray([CAR, HOME, POLICY, FUND, WAGE, MONEY])
_CHANNELS = ["12309网上", "电话", "来信", "来访", "综治中心", "政法委转办", "法院移送"]
_TOPICS = ("消极执行", "遗漏财产", "转移财产", "其他")


def _named_kinds(rng: np.random.Generator, court: CourtInputs, house: Array, has_car: Array, has_home: Array) -> Array:
    """Index of `KINDS` of the asset a petitioner would name: what was hidden or missed, else what can be seen."""
    conduct, size = court.conduct, len(house)
    way = np.argmax(conduct.ways[house] * rng.random((size, conduct.ways.shape[1])), axis=1)
    hidden = _OF_WAY[way]
    hidden = np.where(way == LOW_SALE, np.where(has_home & ((rng.random(size) < 0.7) | ~has_car), HOME, CAR), hidden)
    visible = np.where(has_car & ((rng.random(size) < 0.6) | ~has_home), CAR, np.where(has_home, HOME, MONEY))
    visible = np.where(bernoulli(rng, 0.12, size), rng.integers(MONEY, FUND + 1, size), visible)
    kind = conduct.kind[house]
    kind = np.select(
        [kind == CONCEALED, conduct.asset[house] >= 0], [hidden, _OF_MISSED[conduct.asset[house]]], visible
    )
    kind = np.where(((kind == CAR) & ~has_car) | ((kind == HOME) & ~has_home), MONEY, kind)
    firm, work = court.people.company[house] != "", court.people.employer[house] != ""
    return np.where(((kind == FIRM) & ~firm) | ((kind == WAGE) & ~work), MONEY, kind)


def _highest_per_household(things: Rows, score: Array, size: int) -> Array:
    """(size,) row of the holding with the highest score by household, -1 where none."""
    order = np.argsort(score, kind="stable")
    best = np.full(size, -1)
    best[things["h"][order]] = order
    return best


def _named_assets(
    rng: np.random.Generator, court: CourtInputs, house: Array, right: Array
) -> tuple[Array, Array, Array]:
    """(kind as index of `KINDS`, identifier in registers, identifier as people say it) of the asset named.

    An asset of the household where `right`, of another one elsewhere.
    """
    size, people, accounts, conduct = len(house), court.people, court.accounts, court.conduct
    aim = np.where(right, house, rng.integers(0, len(people), size))
    cars, homes = court.vehicles, court.realty
    missed = homes["known"] + 3 * (~homes["known"] & (homes["slot"] == 0)) + 2 * (homes["prev_h"] == homes["h"])
    car, home = (
        _highest_per_household(cars, cars["use"], len(people))[aim],
        _highest_per_household(homes, missed, len(people))[aim],
    )
    kind = _named_kinds(rng, court, aim, car >= 0, home >= 0)
    kin = conduct.uses(KIN_ACCOUNT)[aim]
    slot = np.where(conduct.missed("deposit")[aim], 2, 0)
    account = np.where(kin, accounts.person_number[aim, conduct.helper[aim]], accounts.number[aim, slot])
    bank = np.where(kin, accounts.person_bank[aim, conduct.helper[aim]], accounts.bank[aim, slot])
    tail = pc.utf8_slice_codeunits(pa.array(account, pa.string()), -4).to_numpy(zero_copy_only=False)
    spoken = ids.join(np.asarray(BANKS, dtype=object)[bank], "尾号", tail)
    places = [kind == number for number in (CAR, HOME, FIRM)]
    number = np.select(places, [cars["plate"][car], homes["location"][home], people.company[aim]], "")
    other = np.select([kind == MONEY, kind == POLICY, kind == WAGE], [spoken, "浙东人寿", people.employer[aim]], number)
    return kind, number.astype(object), other.astype(object)


def petition_rows(knobs: Knobs, seed: int, quarter: int, court: CourtInputs) -> tuple[Rows, Array]:
    """Rows of the table `petition` and the day each is known; replies come as later versions."""
    rng = random_stream(seed, quarter, "petitions")
    docket = court.docket
    row = np.flatnonzero((docket.petition < NEVER) & (docket.petition < court.resumed))
    more = row[bernoulli(rng, 0.28, len(row))]
    day = np.concatenate([docket.petition[row], docket.petition[more] + randint(rng, 20, 260, len(more))])
    row = np.concatenate([row, more])
    size = len(row)
    house = docket.household[row]
    kind = court.conduct.kind[house]
    hidden = np.isin(kind, [CONCEALED, MISSED])
    named = rng.random(size) < np.where(
        hidden, knobs.number("petitions.names_asset_hidden"), knobs.number("petitions.names_asset_other")
    )
    exact = named & bernoulli(rng, knobs.number("petitions.exact"), size)
    sort, number, spoken = _named_assets(rng, court, house, bernoulli(rng, knobs.number("petitions.right"), size))
    noted = named & bernoulli(rng, knobs.number("petitions.noted"), size)
    topic = np.where(named, "转移财产", choice(rng, list(_TOPICS), [0.6, 0.14, 0.08, 0.18], size))
    answered = day + randint(rng, 2, 9, size)
    rows: Rows = {
        "pet_id": ids.join(f"XF{quarter:03d}", ids.digits(np.arange(size), 6)),
        "channel": choice(rng, _CHANNELS, [0.3, 0.22, 0.13, 0.14, 0.12, 0.05, 0.04], size),
        "recv_date": day,
        "case_no": docket.case_no[row],
        "petitioner_role": np.where(rng.random(size) < 0.93, "申请执行人", "申请执行人亲属").astype(object),
        "text": petition_texts(rng, sort, spoken, named, exact),
        "topic": np.where(bernoulli(rng, 0.8, size), topic, "").astype(object),
        "asset_kind": np.where(noted, np.asarray(KINDS, dtype=object)[sort], "").astype(object),
        "asset_id": np.where(noted & exact, number, "").astype(object),
        "reply_7d_date": np.full(size, NEVER),
        "result_3m_date": np.full(size, NEVER),
        "status": repeat_text("办理中", size),
    }
    replied = day + randint(rng, 40, 100, size)
    later = {**rows, "reply_7d_date": answered, "result_3m_date": replied, "status": repeat_text("已答复", size)}
    return {name: np.concatenate([rows[name], later[name]]) for name in rows}, np.concatenate([day + 1, replied + 1])
