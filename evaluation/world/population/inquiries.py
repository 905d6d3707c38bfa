"""Inquiries of the offices: which source was asked about whom, when it answered, and what an answer can show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base import chance
from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, NOTHING, Array
from evaluation.world.base.config import Knobs
from evaluation.world.base.table import ArrayTable
from evaluation.world.population.holdings import Rows
from evaluation.world.population.people import DEBTOR, INLAW, SPOUSE, People

LEGAL_BASIS = "民事诉讼法第二百四十六条；人民检察院民事诉讼监督规则调查核实条款"
UNITS = {
    "银行流水": "各商业银行",
    "机动车登记": "浙东市车辆管理所",
    "机动车使用": "浙东市交通管理支队",
    "不动产": "浙东市不动产登记中心",
    "保险": "浙东市保险行业协会",
    "公积金": "浙东市住房公积金中心",
    "社保": "浙东市社会保险中心",
    "企业登记": "浙东市市场监督管理局",
    "人员关系": "浙东市民政局",
    "司法拍卖": "网络司法拍卖平台",
    "征收拆迁": "浙东市征收拆迁办公室",
    "出行": "浙东市出入境和民航管理机构",
    "房屋租赁登记": "浙东市住房租赁管理所",
    "水电气物业缴费": "浙东市公用事业公司",
    "死亡登记": "浙东市殡葬管理所",
}


@dataclass(frozen=True)
class Inquiries(ArrayTable):
    """Inquiries of one source, one row each.

    Attributes:
        h, slot: household and slot asked about. asked, answered: days. since: first day of the period asked for.
        round: 0 for the first inquiry about a household, then 1, 2.
    """

    h: Array
    slot: Array
    asked: Array
    answered: Array
    since: Array
    round: Array


def draw_inquiries(
    knobs: Knobs, seed: int, quarter: int, knob: str, ready: Array, also: Array | None = None
) -> Inquiries:
    """Draw inquiries about debtors, and about the relatives flagged in `also` (households, SLOTS).

    `ready` is the day from which the office may ask, NEVER for households it has no ground to ask about.
    """
    rng = chance.random_stream(seed, quarter, f"pulls {knob}")
    size = len(ready)
    asks = chance.bernoulli(rng, knobs.number(f"coverage.{knob}"), size) & (ready < NEVER)
    asked_on = ready + chance.randint(rng, 6, 60, size)
    h = np.flatnonzero(asks)
    slot = np.full(len(h), DEBTOR)
    if also is not None:
        kin_h, kin_slot = np.nonzero(also & asks[:, None])
        h, slot = np.concatenate([h, kin_h]), np.concatenate([slot, kin_slot])
    gap = chance.randint(rng, 290, 420, size)
    again = chance.bernoulli(rng, knobs.number("coverage.again"), size)
    third = again & chance.bernoulli(rng, 0.6, size)
    turns = [np.ones(size, dtype=bool), again, third]
    parts_h, parts_slot, parts_turn = [], [], []
    for turn, mask in enumerate(turns):
        chosen = mask[h]
        parts_h.append(h[chosen])
        parts_slot.append(slot[chosen])
        parts_turn.append(np.full(int(chosen.sum()), turn))
    all_h, turn_ = np.concatenate(parts_h), np.concatenate(parts_turn)
    day = asked_on[all_h] + turn_ * gap[all_h]
    wait = chance.randint(rng, 3, 26, len(all_h))
    since = np.where(turn_ == 0, day - 5 * 365, day - gap[all_h])
    return Inquiries(all_h, np.concatenate(parts_slot), day, day + wait, since, turn_)


def draw_relatives_asked(knobs: Knobs, seed: int, quarter: int, people: People, kin: Inquiries) -> Array:
    """Draw (households, SLOTS) flags: relatives about whom registers are asked, where family ties were obtained."""
    rng = chance.random_stream(seed, quarter, "relatives asked")
    known = np.zeros(len(people), dtype=bool)
    known[kin.h] = True
    known &= chance.bernoulli(rng, knobs.number("coverage.kin_assets"), len(people))
    wanted = people.present & known[:, None]
    wanted[:, [DEBTOR]] = False
    wanted[:, INLAW + 1 :] = False
    wanted[:, SPOUSE + 1 :] &= rng.random((len(people), people.present.shape[1] - 2)) < 0.75
    return wanted


def match_rows(
    inquiries: Inquiries, h: Array, slot: Array, start: Array, lag: int, slots: int = 7
) -> tuple[Array, Array]:
    """Pairs (inquiry, row) of rows about the person asked about that began at least `lag` days before the answer."""
    key = h * slots + slot
    order = np.argsort(key, kind="stable")
    want = inquiries.h * slots + inquiries.slot
    low, high = np.searchsorted(key[order], want, "left"), np.searchsorted(key[order], want, "right")
    count = high - low
    inquiry = np.repeat(np.arange(len(inquiries)), count)
    offset = chance.position_in_group(count)
    row = order[np.repeat(low, count) + offset]
    good = start[row] <= inquiries.answered[inquiry] - lag
    return inquiry[good], row[good]


def inquiry_rows(
    quarter: int,
    label: str,
    tag: str,
    inquiries: Inquiries,
    subject: Array,
    hit: Array,
    counts: tuple[Array, Array] | None = None,
) -> tuple[Rows, Array]:
    """Rows of the table `inquiry` for one source and the day each is known; `hit` says which answers hold records,
    `counts` how many accounts were known and returned (bank statements only)."""
    size = len(inquiries)
    nothing = np.full(size, NOTHING)
    rows: Rows = {
        "inquiry_no": ids.join(f"DQ{quarter:03d}{tag}", ids.digits(np.arange(size), 6)),
        "subject_id": subject,
        "source_code": chance.repeat_text(label, size),
        "unit_name": chance.repeat_text(UNITS[label], size),
        "asked_on": inquiries.asked,
        "answered_on": inquiries.answered,
        "period_from": inquiries.since,
        "period_to": inquiries.asked,
        "has_result": hit.astype(np.int64),
        "accounts_known": counts[0] if counts else nothing,
        "accounts_returned": counts[1] if counts else nothing,
        "legal_basis": chance.repeat_text(LEGAL_BASIS, size),
    }
    return rows, inquiries.answered


def has_records(inquiries: Inquiries, inquiry: Array) -> Array:
    """(inquiries,) whether an inquiry is among the row numbers `inquiry`."""
    found = np.zeros(len(inquiries), dtype=bool)
    found[inquiry] = True
    return found


__all__ = [
    "LEGAL_BASIS",
    "Inquiries",
    "draw_inquiries",
    "draw_relatives_asked",
    "has_records",
    "inquiry_rows",
    "match_rows",
]
