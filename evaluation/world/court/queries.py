"""The court's network queries: what was asked of which registry, when, and what came back."""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NOTHING, Array, bernoulli, randint, random_stream, repeat_text
from evaluation.world.base.config import Knobs
from evaluation.world.court.proceedings import CourtInputs
from evaluation.world.population.banking import ONLINE
from evaluation.world.population.docket import RANGE, STALE
from evaluation.world.population.holdings import Rows

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


def _draw_requests(rng: np.random.Generator, scene: CourtInputs) -> tuple[Array, Array, Array]:
    """(docket row, round, day) of every request: one at the start, one before closing unless it was omitted."""
    docket = scene.docket
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


def _request_rows(rng: np.random.Generator, scene: CourtInputs, rows: Array, turn: Array, day: Array) -> Rows:
    """One row per request and range, without results."""
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
    gaps = scene.docket.defects[part["row"], RANGE] & np.isin(which, rng.choice([2, 3, 4, 5, 6, 8], 2, replace=False))
    keep = np.flatnonzero(~gaps)
    return {name: column[keep] for name, column in part.items()}


def _result_rows(
    base: Rows, pairs: tuple[Array, Array], which: int, kind: str, number: Array, amount: Array, state: Array
) -> Rows:
    """Result rows for pairs (docket row, thing): one in each request of that case and range."""
    row, thing = pairs
    chosen = np.flatnonzero(base["which"] == which)
    order = np.argsort(row, kind="stable")
    row, thing = row[order], thing[order]
    low = np.searchsorted(row, base["row"][chosen], "left")
    count = np.searchsorted(row, base["row"][chosen], "right") - low
    at = np.repeat(chosen, count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    what = thing[np.repeat(low, count) + offset]
    part = {name: column[at] for name, column in base.items()}
    base["has_result"][chosen[count > 0]] = 2
    part.update(
        has_result=np.ones(len(at), dtype=np.int64), asset_kind=repeat_text(kind, len(at)), asset_id=number[what]
    )
    part.update(amount=amount[what], status=state[what])
    return part


def _case_holding_pairs(scene: CourtInputs, things: Rows) -> tuple[Array, Array]:
    """Every case of a household with the debtor's own known things that existed while the case ran."""
    docket = scene.docket
    own = np.flatnonzero((things["slot"] == 0) & things["known"])
    order = np.argsort(docket.household, kind="stable")
    house = docket.household[order]
    low, high = np.searchsorted(house, things["h"][own], "left"), np.searchsorted(house, things["h"][own], "right")
    count = high - low
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    row, thing = order[np.repeat(low, count) + offset], np.repeat(own, count)
    good = (things["start"][thing] < docket.filed[row]) & (things["end"][thing] > docket.filed[row] + 20)
    return row[good], thing[good]


def _account_result_rows(scene: CourtInputs, base: Rows, online: bool) -> Rows:
    accounts = scene.accounts
    house = scene.docket.household
    seen = accounts.known[house] & ((accounts.bank[house] == ONLINE) == online)
    row, slot = np.nonzero(seen)
    flat = house[row] * accounts.number.shape[1] + slot
    gone = accounts.closed.reshape(-1) < scene.docket.filed.min() + 100_000
    state = np.where(gone, "销户", "正常").astype(object)
    balance = np.where(gone, 0, accounts.balance.reshape(-1))
    return _result_rows(base, (row, flat), 2 if online else 0, "银行存款", accounts.number.reshape(-1), balance, state)


def feedback_rows(knobs: Knobs, seed: int, quarter: int, scene: CourtInputs) -> tuple[Rows, Array]:
    """Rows of the table `query_feedback` with the day each becomes known."""
    rng = random_stream(seed, quarter, "queries")
    rows, turn, day = _draw_requests(rng, scene)
    base = _request_rows(rng, scene, rows, turn, day)
    fine = repeat_text("正常", len(scene.vehicles["h"]))
    cars = _result_rows(
        base,
        _case_holding_pairs(scene, scene.vehicles),
        4,
        "车辆",
        scene.vehicles["vin"],
        scene.vehicles["value"],
        fine,
    )
    fine = repeat_text("正常", len(scene.realty["h"]))
    homes = _result_rows(
        base, _case_holding_pairs(scene, scene.realty), 5, "不动产", scene.realty["unit"], scene.realty["value"], fine
    )
    parts = [_account_result_rows(scene, base, False), _account_result_rows(scene, base, True), cars, homes]
    empty = np.flatnonzero(base["has_result"] == 0)
    parts.append({name: column[empty] for name, column in base.items()})
    out: Rows = {name: np.concatenate([part[name] for part in parts]) for name in base}
    which, row, turn = out.pop("which"), out.pop("row"), out.pop("turn")
    size = len(which)
    out["range_code"] = np.asarray(_RANGES, dtype=object)[which]
    out["unit_name"] = np.asarray(_UNITS, dtype=object)[which]
    out["case_no"] = scene.docket.case_no[row]
    out["subject_id"] = scene.subject[row]
    out["request_no"] = ids.join(f"CX{quarter:03d}", ids.digits(row, 6), ids.digits(turn, 1))
    out["fb_date"] = out["req_date"] + randint(rng, 1, 9, size)
    frozen = (out["asset_kind"] == "银行存款") & bernoulli(rng, 0.75, size)
    out["seal_info"] = np.where(frozen, "已冻结", "").astype(object)
    return out, out["fb_date"] + knobs.integer("calendar.court_lag_days")
