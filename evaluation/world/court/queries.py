"""Rows of the table `query_feedback`: the court's network queries by registry and their results."""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import (
    NOTHING,
    Array,
    bernoulli,
    position_in_group,
    randint,
    random_stream,
    repeat_text,
)
from evaluation.world.base.config import Knobs
from evaluation.world.court.proceedings import CourtInputs
from evaluation.world.population.banking import ONLINE
from evaluation.world.population.docket import RANGE, STALE
from evaluation.world.population.holdings import Rows, take_rows

_RANGES = ("银行", "人行", "互联网银行", "证券", "车辆", "不动产", "工商", "民政", "保险")
_UNITS = (
    "浙东市银行业协会",
    "人民银行浙东支行",
    "云上互联网银行",
    "证券登记机构",
    "车辆管理所",
    "不动产登记中心",
    "市场监管局",
    "民政局",
    "保险协会",
)


def _draw_requests(rng: np.random.Generator, court: CourtInputs) -> tuple[Array, Array, Array]:
    """(docket row, round, day) of every request: one at the start, one before closing unless omitted."""
    docket = court.docket
    size = len(docket)
    first = docket.filed + randint(rng, 2, 12, size)
    second = docket.closed - randint(rng, 4, 74, size)
    again = docket.terminated & ~docket.defects[:, STALE] & (second > first)
    early = np.where(docket.terminated & docket.defects[:, STALE], np.minimum(first, docket.closed - 100), first)
    rows = np.arange(size)
    extra = np.flatnonzero(again)
    return (
        np.concatenate([rows, extra]),
        np.concatenate([np.ones(size, dtype=np.int64), np.full(len(extra), 2)]),
        np.concatenate([early, second[extra]]),
    )


def _request_rows(rng: np.random.Generator, court: CourtInputs, rows: Array, turn: Array, day: Array) -> Rows:
    """One row per request and range (registry), still without results."""
    count = len(_RANGES)
    which = np.tile(np.arange(count), len(rows))
    size = len(which)
    part: Rows = {
        "row": np.repeat(rows, count),
        "turn": np.repeat(turn, count),
        "which": which,
        "req_date": np.repeat(day, count),
        "has_result": np.zeros(size, dtype=np.int64),
        "amount": np.full(size, NOTHING),
        "asset_kind": repeat_text("", size),
        "asset_id": repeat_text("", size),
        "status": repeat_text("", size),
    }
    gaps = court.docket.defects[part["row"], RANGE] & np.isin(which, rng.choice([2, 3, 4, 5, 6, 8], 2, replace=False))
    keep = np.flatnonzero(~gaps)
    return take_rows(part, keep)


def _result_rows(
    base: Rows, pairs: tuple[Array, Array], which: int, kind: str, number: Array, amount: Array, state: Array
) -> Rows:
    """Result rows of (docket row, thing) pairs: one in each request of that case and range; marks those in `base`."""
    row, thing = pairs
    chosen = np.flatnonzero(base["which"] == which)
    order = np.argsort(row, kind="stable")
    row, thing = row[order], thing[order]
    low = np.searchsorted(row, base["row"][chosen], "left")
    count = np.searchsorted(row, base["row"][chosen], "right") - low
    at = np.repeat(chosen, count)
    offset = position_in_group(count)
    what = thing[np.repeat(low, count) + offset]
    part = take_rows(base, at)
    base["has_result"][chosen[count > 0]] = 2
    part.update(
        has_result=np.ones(len(at), dtype=np.int64), asset_kind=repeat_text(kind, len(at)), asset_id=number[what]
    )
    part.update(amount=amount[what], status=state[what])
    return part


def _case_holding_pairs(court: CourtInputs, things: Rows) -> tuple[Array, Array]:
    """Pairs (docket row, holding row) of every case with the debtor's own known things that existed while it ran."""
    docket = court.docket
    own = np.flatnonzero((things["slot"] == 0) & things["known"])
    order = np.argsort(docket.household, kind="stable")
    house = docket.household[order]
    low, high = np.searchsorted(house, things["h"][own], "left"), np.searchsorted(house, things["h"][own], "right")
    count = high - low
    offset = position_in_group(count)
    row, thing = order[np.repeat(low, count) + offset], np.repeat(own, count)
    good = (things["start"][thing] < docket.filed[row]) & (things["end"][thing] > docket.filed[row] + 20)
    return row[good], thing[good]


def _account_result_rows(court: CourtInputs, base: Rows, online: bool) -> Rows:
    accounts = court.accounts
    house = court.docket.household
    returned = accounts.known[house] & ((accounts.bank[house] == ONLINE) == online)
    row, slot = np.nonzero(returned)
    flat = house[row] * accounts.number.shape[1] + slot
    gone = accounts.closed.reshape(-1) < court.docket.filed.min() + 100_000
    state = np.where(gone, "销户", "正常").astype(object)
    balance = np.where(gone, 0, accounts.balance.reshape(-1))
    return _result_rows(base, (row, flat), 2 if online else 0, "银行存款", accounts.number.reshape(-1), balance, state)


def feedback_rows(knobs: Knobs, seed: int, quarter: int, court: CourtInputs) -> tuple[Rows, Array]:
    """Rows of the table `query_feedback` and the day each is known."""
    rng = random_stream(seed, quarter, "queries")
    rows, turn, day = _draw_requests(rng, court)
    base = _request_rows(rng, court, rows, turn, day)
    fine = repeat_text("正常", len(court.vehicles["h"]))
    cars = _result_rows(
        base,
        _case_holding_pairs(court, court.vehicles),
        4,
        "车辆",
        court.vehicles["vin"],
        court.vehicles["value"],
        fine,
    )
    fine = repeat_text("正常", len(court.realty["h"]))
    homes = _result_rows(
        base, _case_holding_pairs(court, court.realty), 5, "不动产", court.realty["unit"], court.realty["value"], fine
    )
    parts = [_account_result_rows(court, base, False), _account_result_rows(court, base, True), cars, homes]
    empty = np.flatnonzero(base["has_result"] == 0)
    parts.append(take_rows(base, empty))
    out: Rows = {name: np.concatenate([part[name] for part in parts]) for name in base}
    which, row, turn = out.pop("which"), out.pop("row"), out.pop("turn")
    size = len(which)
    out["range_code"] = np.asarray(_RANGES, dtype=object)[which]
    out["unit_name"] = np.asarray(_UNITS, dtype=object)[which]
    out["case_no"] = court.docket.case_no[row]
    out["subject_id"] = court.subject[row]
    out["request_no"] = ids.join(f"CX{quarter:03d}", ids.digits(row, 6), ids.digits(turn, 1))
    out["fb_date"] = out["req_date"] + randint(rng, 1, 9, size)
    frozen = (out["asset_kind"] == "银行存款") & bernoulli(rng, 0.75, size)
    out["seal_info"] = np.where(frozen, "已冻结", "").astype(object)
    return out, out["fb_date"] + knobs.integer("calendar.court_lag_days")
