"""Scenario: journeys of debtors, in breach of a consumption limit or allowed.

About 8 % of restricted debtors travel, some under a passport number so that the order is not seen. Look-alikes:
journeys before the order, under a permission given once, paid by the employer, after the order was lifted, or where
the court never made one (docs/domain.md section M13).
"""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, Array, bernoulli, choice, randint, where
from evaluation.world.population.holdings import Rows
from evaluation.world.population.people import DEBTOR
from evaluation.world.stage.household_inquiries import (
    Households,
    close_person,
    date_column_days,
    draw_real_and_look_alike,
    households_of,
    inquire_and_deliver,
    logged_events,
    registered_death_days,
)
from evaluation.world.stage.stage import Stage

BREACH, BEFORE, PERMITTED, WORK = range(4)
_KINDS = ["航班", "高铁一等座", "出境"]


def simulate_travels(stage: Stage) -> None:
    """Simulate journeys, inquire about them, and record who broke an order."""
    rng = stage.rng("travels")
    every = households_of(stage)
    begins, ends = _consumption_limits(stage)
    start, end = begins[every.h], ends[every.h]
    under = start < NEVER
    size = len(every)
    does, _ = draw_real_and_look_alike(rng, every.act_chance(stage, "travels") * under, 0.0, size)
    permitted = under & ~does & bernoulli(rng, stage.knob("travels.permitted"), size)
    works = under & bernoulli(rng, stage.knob("travels.work"), size) & (stage.cohort.people.employer_id[every.h] != "")
    earlier = bernoulli(rng, stage.knob("travels.before"), size)
    last = every.closed + np.minimum(rng.exponential(260, size).astype(np.int64) + 20, 1100)
    alive = registered_death_days(stage)[every.h]
    last = np.minimum(np.minimum(last, end), alive)
    parts = [
        _draw_journeys(rng, stage, every, does, BREACH, start + 1, last, 4.0),
        _draw_journeys(
            rng,
            stage,
            every,
            earlier,
            BEFORE,
            every.served - 700,
            np.minimum(np.minimum(start, every.closed), alive) - 1,
            2.0,
        ),
        _draw_journeys(rng, stage, every, works & ~does, WORK, start + 1, last, 2.5),
    ]
    lifted = np.flatnonzero(end < NEVER)
    again = np.zeros(size, dtype=bool)
    again[lifted] = bernoulli(rng, 0.3, len(lifted))
    parts.append(_draw_journeys(rng, stage, every, again, BEFORE, end + 1, np.minimum(end + 300, alive), 1.5))
    parts.append(_draw_permitted_journeys(rng, stage, every, permitted & ~works, start, last))
    at = np.concatenate([part.pop("at") for part in parts])
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    sort = rows.pop("sort")
    _record_truth(stage, every, at, sort, rows["travel_date"])
    inquire_and_deliver(stage, "travel", "出行", "TR", "travel", rows, every.h[at], rows["travel_date"])


def _consumption_limits(stage: Stage) -> tuple[Array, Array]:
    """((households,) first day, (households,) last day) of the consumption limit; NEVER for none or no end."""
    row, events = logged_events(stage, "LIMIT", ("ev_date", "end_date", "result"))
    h = stage.docket.household[row]
    ordered = np.asarray(events["result"].to_pylist(), dtype=object) == "限制消费令"
    h, begin, end = (
        h[ordered],
        date_column_days(events["ev_date"])[ordered],
        date_column_days(events["end_date"])[ordered],
    )
    begins, ends = np.full(len(stage.cohort.people), NEVER), np.full(len(stage.cohort.people), NEVER)
    np.minimum.at(begins, h, begin)
    np.minimum.at(ends, h, end)
    return begins, ends


def _draw_journeys(
    rng: np.random.Generator,
    stage: Stage,
    every: Households,
    who: Array,
    sort: int,
    low: Array,
    high: Array,
    more: float,
) -> Rows:
    """Draw journeys of some households between two days: one and on average `more` further ones each."""
    who = who & (high > low)
    mine = np.flatnonzero(who)
    at = np.repeat(mine, 1 + np.minimum(rng.geometric(1 / (1 + more), len(mine)) - 1, 30))
    day = low[at] + (rng.random(len(at)) * (high[at] - low[at])).astype(np.int64)
    return _journey_rows(rng, stage, every, at, sort, day)


def _journey_rows(rng: np.random.Generator, stage: Stage, every: Households, at: Array, sort: int, day: Array) -> Rows:
    people, size, h = stage.cohort.people, len(at), every.h[at]
    me = people.id_no[h, DEBTOR]
    kind = choice(rng, _KINDS, [0.36, 0.5, 0.14], size)
    sly = bernoulli(rng, 0.3, len(every))[at] & (sort == BREACH) & (kind == "航班")
    book = np.where(sly, randint(rng, 0, 4, size), 0)
    passport = ids.join("E99", ids.digits(np.full(size, stage.quarter), 2), ids.digits(h, 5), ids.digits(book, 1))
    friend = close_person(stage, rng, h)
    payer = where(rng.random(size) < 0.12, people.id_no[h, friend], me)
    return {
        "at": at,
        "sort": np.full(size, sort),
        "person_id": me,
        "kind": kind,
        "travel_date": day,
        "doc_no": np.where(sly | (kind == "出境"), passport, me),
        "payer_id": people.employer_id[h] if sort == WORK else payer,
    }


def _draw_permitted_journeys(
    rng: np.random.Generator, stage: Stage, every: Households, who: Array, start: Array, last: Array
) -> Rows:
    """Draw single journeys that the court allowed beforehand, and write its permissions."""
    at = np.flatnonzero(who & (last > start + 60))
    day = start[at] + 20 + (rng.random(len(at)) * (last - start - 40)[at]).astype(np.int64)
    permitted_on = day - randint(rng, 1, 6, len(at))
    more: dict[str, Array | str | int] = {
        "result": "单次解除",
        "end_date": day + randint(rng, 1, 8, len(at)),
        "reason": choice(rng, ["就医", "奔丧", "经营需要"], None, len(at)),
    }
    stage.add_events("TRP", [(every.row[at], "LIMIT", permitted_on, more)])
    return _journey_rows(rng, stage, every, at, PERMITTED, day)


def _record_truth(stage: Stage, every: Households, at: Array, sort: Array, day: Array) -> None:
    """Record one act per household and sort, on the day of the first journey."""
    for kind in (BREACH, BEFORE, PERMITTED, WORK):
        mine = np.flatnonzero(sort == kind)
        who, where_ = np.unique(at[mine], return_inverse=True)
        first = np.full(len(who), NEVER)
        np.minimum.at(first, where_, day[mine])
        stage.record_acts("travel_violation", every.row[who], kind == BREACH, first, asset_kind="出行")


__all__ = ["simulate_travels"]
