"""Rows of the table `event`: what the court did in every case, lawfully, late or not at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, NOTHING, Array, bernoulli, randint, random_stream, repeat_text, where
from evaluation.world.base.config import Knobs
from evaluation.world.population.banking import Accounts
from evaluation.world.population.concealment import CONCEALED, MISSED, DebtorConduct
from evaluation.world.population.docket import (
    CLUE_OPEN,
    NO_INTERVIEW,
    NO_LIMIT,
    NO_ORDER,
    NO_REQUERY,
    NO_SURVEY,
    PAID,
    Docket,
)
from evaluation.world.population.holdings import Rows, take_rows
from evaluation.world.population.people import People

_ITEMS = "公积金;理财;收益类保险;股息红利;收入;债权;股权"
_CLUES = ("被执行人有车辆在使用", "被执行人在外经营", "被执行人有房屋出租", "被执行人有存款", "被执行人有保险")


@dataclass(frozen=True)
class CourtInputs:
    """What the court's tables are written from: cases and the true state of their debtors.

    Attributes:
        docket: the cases that exist. resumed: day each is resumed, by review or unaided; NEVER where not.
        notice: day of the notice of enforcement. subject: id number of the debtor.
        vehicles, realty: holdings; `vin`, `plate` and `unit` are their identifiers.
    """

    docket: Docket
    resumed: Array
    notice: Array
    subject: Array
    people: People
    conduct: DebtorConduct
    accounts: Accounts
    vehicles: Rows
    realty: Rows


class _EventCollector:
    """Collects events of the docket."""

    def __init__(self, court: CourtInputs) -> None:
        self.court = court
        self.parts: list[Rows] = []

    def add(self, rows: Array, code: str, day: Array, **more: Array | str | int) -> None:
        """Add events on docket rows: a mask (columns as long as the docket) or row numbers (columns as long)."""
        index = np.flatnonzero(rows) if rows.dtype == bool else rows
        if rows.dtype == bool:
            day = day[index]
            more = {name: item[index] if isinstance(item, np.ndarray) else item for name, item in more.items()}
        size = len(index)
        part: Rows = {
            "row": index,
            "ev_code": repeat_text(code, size),
            "ev_date": day,
            "subject_id": self.court.subject[index],
            "amount": np.full(size, NOTHING),
            "expiry_date": np.full(size, NEVER),
            "end_date": np.full(size, NEVER),
            "ref_no": repeat_text("", size),
        }
        for name in ("asset_kind", "asset_id", "result", "reason", "detail"):
            part[name] = repeat_text("", size)
        for name, item in more.items():
            part[name] = (
                repeat_text(item, size) if isinstance(item, str) else np.broadcast_to(np.asarray(item), (size,))
            )
        self.parts.append(part)


def _add_opening_events(rng: np.random.Generator, log: _EventCollector, court: CourtInputs) -> None:
    docket, notice = court.docket, court.notice
    size = len(docket)
    everyone = np.ones(size, dtype=bool)
    log.add(everyone, "NOTICE", notice, result="已送达")
    ordered = ~docket.defects[:, NO_ORDER]
    log.add(ordered, "RPT_ORDER", notice, result="已送达", expiry_date=notice + 15)
    kind, guile = court.conduct.kind[docket.household], court.people.guile[docket.household]
    concealed = kind == CONCEALED
    lazy = 0.34 + 0.11 * guile + 0.08 * concealed
    reports = ordered & (rng.random(size) > lazy)
    zero = rng.random(size) < np.where(concealed, 0.6, 0.45) + 0.07 * guile
    income = (court.people.income[docket.household] * rng.uniform(0.5, 1.05, size)).astype(np.int64)
    declared = where(zero, 0, income)
    day = notice + randint(rng, 4, 34, size)
    log.add(reports, "RPT_CONTENT", day, asset_kind="收入", amount=declared, result=where(zero, "零申报", "有财产申报"))
    limited = ~docket.defects[:, NO_LIMIT]
    log.add(limited, "LIMIT", notice + randint(rng, 2, 40, size), result="限制消费令")
    listed = (~reports & bernoulli(rng, 0.62, size)) | bernoulli(rng, 0.2, size)
    log.add(limited & listed, "DISHONEST", notice + randint(rng, 15, 70, size), result="已纳入")


def _add_inquiry_events(rng: np.random.Generator, log: _EventCollector, court: CourtInputs) -> None:
    docket = court.docket
    size = len(docket)
    lasted = np.maximum(docket.closed - docket.filed, 30)
    middle = docket.filed + (lasted * rng.uniform(0.2, 0.7, size)).astype(np.int64)
    surveyed = docket.terminated & ~docket.defects[:, NO_SURVEY]
    log.add(
        surveyed, "INVEST", middle, result="已调查", detail=where(bernoulli(rng, 0.965, size), _ITEMS, "公积金;收入")
    )
    kind = court.conduct.kind[docket.household]
    reported = rng.random(size) < np.select([kind == CONCEALED, kind == MISSED], [0.42, 0.19], 0.09)
    clue_day = docket.filed + (lasted * rng.uniform(0.2, 0.85, size)).astype(np.int64)
    open_ = docket.defects[:, CLUE_OPEN]
    slow = bernoulli(rng, 0.2, size)
    verified = np.where(
        open_,
        NEVER,
        np.minimum(clue_day + np.where(slow, randint(rng, 8, 30, size), randint(rng, 1, 7, size)), docket.closed - 1),
    )
    verified = np.maximum(verified, clue_day)
    clue = np.asarray(_CLUES, dtype=object)[rng.integers(0, len(_CLUES), size)]
    log.add(reported | open_, "CLUE", clue_day, end_date=verified, result=where(open_, "未核实", "已核实"), detail=clue)
    harsh = rng.random(size) < np.where(kind == CONCEALED, 0.15, 0.03)
    fined = rng.random(size) < 0.5
    log.add(harsh & fined, "FINE", middle + 10, amount=randint(rng, 5, 60, size) * 10_000, reason="拒不报告财产")
    log.add(harsh & ~fined, "DETENTION", middle + 10, reason="拒不报告财产", result="拘留十五日")
    log.add(bernoulli(rng, 0.05, size), "SEARCH", middle + 6, result="未发现财产")
    log.add(bernoulli(rng, 0.008, size), "AUDIT", middle + 8, result="未发现可供执行财产")
    log.add(bernoulli(rng, 0.02, size), "REWARD", middle + 3, result="无人举报")


def known_holdings_of_cases(court: CourtInputs, things: Rows) -> tuple[Array, Array]:
    """Pairs (docket row, holding row) of first cases and their debtors' own holdings known to the court at closing."""
    docket = court.docket
    first = np.full(len(court.people), -1)
    rows = np.flatnonzero(docket.parent < 0)[::-1]
    first[docket.household[rows]] = rows
    row = first[things["h"]]
    closed = docket.closed[np.maximum(row, 0)]
    good = (row >= 0) & things["known"] & (things["slot"] == 0) & (things["start"] < closed) & (things["end"] > closed)
    return row[good], np.flatnonzero(good)


def _add_property_events(rng: np.random.Generator, log: _EventCollector, court: CourtInputs) -> None:
    """Vehicles and homes found: sealed in the register, rarely seized, and the reason why they could not be sold."""
    docket = court.docket
    for things, label, identifier, kept, term in (
        (court.vehicles, "车辆", "vin", 0.92, 730),
        (court.realty, "不动产", "unit", 0.95, 1095),
    ):
        row, thing = known_holdings_of_cases(court, things)
        day = docket.filed[row] + randint(rng, 8, 42, len(row))
        worth, number = things["value"][thing], things[identifier][thing]
        home = where(rng.random(len(row)) < 0.5, "唯一住房", "抵押权优先且无益拍卖")
        why = home if label == "不动产" else repeat_text("车辆未能实际扣押", len(row))
        log.add(row, "FOUND", day, asset_kind=label, asset_id=number, amount=worth, reason=why)
        sealed = rng.random(len(row)) < kept
        at, when, what = row[sealed], day[sealed] + 3, number[sealed]
        log.add(at, "SEAL", when, asset_kind=label, asset_id=what, expiry_date=when + term, result="已查封登记")
        taken = (rng.random(len(at)) < 0.08) & (label == "车辆")
        at, when, what = at[taken], when[taken] + 17, what[taken]
        log.add(at, "DETAIN", when, asset_kind=label, asset_id=what, reason="价值较低无益拍卖")
    _add_deposit_events(rng, log, court)


def _add_deposit_events(rng: np.random.Generator, log: _EventCollector, court: CourtInputs) -> None:
    """The balance found on the main account and its freezing."""
    docket = court.docket
    known, accounts = court.accounts.known[docket.household, 0], court.accounts
    balance = np.minimum(accounts.balance[docket.household, 0], docket.due // 20)
    day = docket.filed + randint(rng, 5, 20, len(docket))
    number = accounts.number[docket.household, 0]
    why = where(balance > 100_000, "余额已划拨", "")
    log.add(known, "FOUND", day, asset_kind="银行存款", asset_id=number, amount=balance, reason=why)
    frozen = known & bernoulli(rng, 0.8, len(docket))
    log.add(frozen, "FREEZE", day + 1, asset_kind="银行存款", asset_id=number, amount=balance, expiry_date=day + 366)


def _add_closing_events(rng: np.random.Generator, log: _EventCollector, court: CourtInputs) -> None:
    docket = court.docket
    size = len(docket)
    ended = docket.terminated
    concealed = court.conduct.kind[docket.household] == CONCEALED
    against = rng.random(size) < np.where(concealed, 0.43, 0.14)
    met = ended & ~docket.defects[:, NO_INTERVIEW]
    log.add(met, "INTERVIEW", docket.closed - randint(rng, 1, 18, size), result=where(against, "不同意", "同意"))
    log.add(ended, "ZB", docket.closed, result="已作出裁定", expiry_date=np.full(size, NEVER))
    log.add(np.ones(size, dtype=bool), "CLOSE", docket.closed)
    some = docket.paid > 0
    lasted = np.maximum(docket.closed - docket.filed, 12)
    paid_on = np.where(
        docket.mode == PAID,
        docket.closed - randint(rng, 2, 9, size),
        docket.filed + (lasted * rng.uniform(0.15, 0.9, size)).astype(np.int64),
    )
    log.add(some, "PAY_IN", paid_on, amount=docket.paid)
    late = bernoulli(rng, 0.04, size)
    out = paid_on + np.where(late, randint(rng, 32, 120, size), randint(rng, 3, 28, size))
    log.add(some, "PAY_OUT", out, amount=docket.paid, end_date=np.full(size, NEVER))
    log.add(ended & (court.resumed < NEVER), "RESUME", court.resumed, reason="发现可供执行财产", result="恢复执行")


def _add_requery_events(rng: np.random.Generator, log: _EventCollector, court: CourtInputs) -> None:
    """Half-yearly queries after termination; some are missed, some find property acquired later."""
    docket = court.docket
    row = np.repeat(np.flatnonzero(docket.terminated), 6)
    order = np.tile(np.arange(1, 7), len(row) // 6)
    day = docket.closed[row] + order * 183 + randint(rng, -12, 14, len(row))
    skipped = rng.random(len(row)) < np.where(docket.defects[row, NO_REQUERY], 0.75, 0.06)
    queried = ~skipped & (day < court.resumed[row])
    row, day = row[queried], day[queried]
    conduct, house = court.conduct, docket.household[row]
    late = conduct.late[house] & (day > docket.closed[row] + 150) & (rng.random(len(row)) < 0.5)
    finds = late | (rng.random(len(row)) < 0.035)
    log.add(row, "ZB_REQUERY", day, result=where(finds, "有", "无"), end_date=day + randint(rng, 1, 20, len(row)))


def event_rows(knobs: Knobs, seed: int, quarter: int, court: CourtInputs) -> tuple[Rows, Array]:
    """Rows of the table `event` and the day each is known; an act that ends later gets a second version then."""
    rng = random_stream(seed, quarter, "proceedings")
    log = _EventCollector(court)
    for write in (
        _add_opening_events,
        _add_inquiry_events,
        _add_property_events,
        _add_closing_events,
        _add_requery_events,
    ):
        write(rng, log, court)
    rows: Rows = {name: np.concatenate([part[name] for part in log.parts]) for name in log.parts[0]}
    size = len(rows["row"])
    rows["case_no"] = court.docket.case_no[rows.pop("row")]
    rows["event_id"] = ids.join(f"SJ{quarter:03d}", ids.digits(np.arange(size), 8))
    lag = knobs.integer("calendar.court_lag_days")
    ends = np.flatnonzero((rows["end_date"] < NEVER) & (rows["end_date"] > rows["ev_date"] + 3))
    begun = {name: column.copy() for name, column in rows.items()}
    begun["end_date"][ends] = NEVER
    begun["result"][ends] = np.where(rows["ev_code"][ends] == "CLUE", "未核实", rows["result"][ends])
    finished = take_rows(rows, ends)
    known = np.concatenate([rows["ev_date"] + lag, rows["end_date"][ends] + lag])
    return {name: np.concatenate([begun[name], finished[name]]) for name in rows}, known
