"""Scenario: money kept by the court, excessive seizure, lapsed seals, and units that do not answer the court."""

from __future__ import annotations

import numpy as np

from evaluation.world.base import chance
from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, Array
from evaluation.world.court.proceedings import known_holdings_of_cases
from evaluation.world.population.banking import BANKS
from evaluation.world.population.docket import years
from evaluation.world.population.holdings import Rows
from evaluation.world.population.people import WAGE
from evaluation.world.stage import court_log
from evaluation.world.stage.court_log import CourtLog, EventPart
from evaluation.world.stage.stage import Stage

_PAID_BY = ["被执行人缴纳", "银行扣划款", "租金收入", "协助单位汇入", "保险退保款"]
_HOLD = ["案外人异议审查中", "申请执行人收款账户有误", "等待参与分配", "涉刑事案件待核", "申请执行人下落不明"]
_FREED = ["财产已处置", "案外人异议成立", "申请执行人申请解除", "账户余额为零"]
_GOODS = ["存货", "机器设备", "股权", "商铺使用权", "林木"]
_OFFICES = ["浙东市住房公积金中心", "浙东市社会保险中心", "溪城区财政支付中心"]
NEVER_OUT, LATE_OUT, PART_OUT, PROMPT, HELD, LODGED = range(6)
LAPSED, LATE, RENEWED, RELEASED = range(4)
SILENT, BEHIND, IN_TIME, LAST_DAY = range(4)


def simulate_aftermath(stage: Stage) -> None:
    """Simulate money held, seizures, requests to assist, withheld wages and renewals of seals."""
    log = court_log.read_log(stage.spool, stage.docket)
    _simulate_money_held(stage, log)
    _simulate_over_seizure(stage, log)
    _simulate_requests_to_assist(stage)
    _simulate_wage_withholding(stage)
    _simulate_seal_renewals(stage, court_log.read_log(stage.spool, stage.docket))


def _simulate_money_held(stage: Stage, log: CourtLog) -> None:
    """Payments that stay with the court too long, beside those paid out in time or held for a reason."""
    rng, docket = stage.rng("money held"), stage.docket
    row = stage.episodes
    row = row[chance.bernoulli(rng, stage.knob("aftermath.money"), len(row))]
    size = len(row)
    fate = chance.choice_by_row(rng, np.tile([0.22, 0.17, 0.09, 0.2, 0.24, 0.08], (size, 1)))
    lasted = docket.closed[row] - docket.filed[row]
    day = docket.filed[row] + 6 + ((lasted - 12) * rng.uniform(0.2, 1.0, size)).astype(np.int64)
    amount = ((docket.due - docket.paid)[row] * rng.beta(1.2, 9.0, size)).astype(np.int64) + 60_000
    amount = np.minimum(amount, (docket.due - docket.paid)[row] // 5)
    out = day + np.select(
        [fate == LATE_OUT, fate == PART_OUT, fate == HELD],
        [chance.randint(rng, 34, 260, size), chance.randint(rng, 5, 28, size), chance.randint(rng, 45, 240, size)],
        chance.randint(rng, 4, 29, size),
    )
    part = np.where(fate == PART_OUT, (amount * rng.uniform(0.25, 0.7, size)).astype(np.int64), amount)
    goes = ~np.isin(fate, [NEVER_OUT, LODGED]) & ~((fate == HELD) & chance.bernoulli(rng, 0.4, size))
    paid, held, lodged = (np.flatnonzero(mask) for mask in (goes, fate == HELD, fate == LODGED))
    stage.add_events(
        "AK",
        [
            (row, "PAY_IN", day, {"amount": amount, "reason": chance.choice(rng, _PAID_BY, None, size)}),
            (row[paid], "PAY_OUT", out[paid], {"amount": part[paid], "reason": "发放执行款"}),
            (
                row[held],
                "PAY_HOLD",
                day[held] + chance.randint(rng, 2, 26, len(held)),
                {"amount": amount[held], "reason": chance.choice(rng, _HOLD, None, len(held)), "result": "延缓发放"},
            ),
            (row[lodged], "DEPOSIT", day[lodged] + chance.randint(rng, 4, 28, len(lodged)), {"amount": amount[lodged]}),
        ],
    )
    stage.record_acts("money_held", row, fate <= PART_OUT, day, amount=amount)
    _record_ordinary_payments(stage, log)


def _record_ordinary_payments(stage: Stage, log: CourtLog) -> None:
    """Record ordinary payments of the log paid out after more than 30 days (real) or just in time (look-alike)."""
    docket, size = stage.docket, len(stage.docket)
    at = log.positions("PAY_IN", "PAY_OUT")
    at = at[(log.amount[at] == docket.paid[log.row[at]]) & (docket.paid[log.row[at]] > 0)]
    days = []
    for code in ("PAY_IN", "PAY_OUT"):
        day = np.full(size, NEVER)
        mine = at[log.code[at] == code]
        np.minimum.at(day, log.row[mine], log.day[mine])
        days.append(day)
    gap = days[1] - days[0]
    first = docket.terminated & (docket.parent < 0) & (days[0] < NEVER) & (days[1] < NEVER)
    row = np.flatnonzero(first & (gap >= 22))
    stage.record_acts("money_held", row, gap[row] > 30, days[0][row], amount=docket.paid[row])


def _sealed_things(stage: Stage, log: CourtLog) -> Rows:
    """Sealed vehicles and homes: docket row and net value after mortgages, 分."""
    parts = []
    for things, name in ((stage.court.vehicles, "vin"), (stage.court.realty, "unit")):
        row, thing = known_holdings_of_cases(stage.court, things)
        sealed = log.first_days_on_asset(log.positions("SEAL"), row, things[name][thing]) < NEVER
        row, thing = row[sealed], thing[sealed]
        net = np.maximum(things["value"][thing] - things["mortgage"][thing], 0)
        parts.append((row, net))
    return {"row": np.concatenate([row for row, _ in parts]), "net": np.concatenate([net for _, net in parts])}


def _simulate_over_seizure(stage: Stage, log: CourtLog) -> None:
    """Goods sealed far beyond the debt; look-alikes: a single home, goods sealed elsewhere before, partial release."""
    rng, docket = stage.rng("over seizure"), stage.docket
    owed = docket.due - docket.paid
    things = _sealed_things(stage, log)
    count = np.bincount(things["row"], minlength=len(docket))
    worth = np.bincount(things["row"], things["net"], len(docket)).astype(np.int64)
    row = stage.episodes
    alone = row[(count[row] == 1) & (worth[row] > 1.6 * owed[row])]
    stage.record_acts("over_seizure", alone, False, docket.closed[alone], amount=worth[alone])
    row = row[(count[row] == 0) & (docket.filed[row] + 60 < docket.closed[row])]
    row = row[chance.bernoulli(rng, stage.knob("aftermath.seizure"), len(row))]
    size = len(row)
    fate = chance.choice_by_row(rng, np.tile([0.42, 0.2, 0.2, 0.18], (size, 1)))
    ratio = np.where(fate == 2, rng.uniform(0.75, 1.18, size), rng.lognormal(0.95, 0.3, size).clip(1.75, 6.0))
    number = chance.randint(rng, 2, 4, size)
    at = np.repeat(np.arange(size), number)
    nth = chance.position_in_group(number)
    share = rng.uniform(0.6, 1.4, len(at))
    share /= np.bincount(at, share, size)[at]
    amount = (owed[row[at]] * ratio[at] * share).astype(np.int64) // 10_000 * 10_000 + 10_000
    day = docket.filed[row[at]] + chance.randint(rng, 10, 45, len(at))
    goods: dict[str, Array | str | int] = {
        "asset_kind": chance.choice(rng, _GOODS, None, len(at)),
        "asset_id": ids.join(f"CF{stage.quarter:03d}", ids.digits(row[at], 6), ids.digits(nth, 1)),
        "amount": amount,
    }
    freed = (fate[at] == 3) & (nth > 0)
    own: dict[str, Array | str | int] = {
        **goods,
        "expiry_date": day + 1095,
        "end_date": np.where(freed, day + chance.randint(rng, 5, 14, len(at)), NEVER),
        "reason": np.where(freed, "解除超标的部分查封", "").astype(object),
        "result": chance.where(fate[at] == 1, "轮候查封", "已查封登记"),
    }
    other = np.flatnonzero(fate[at] == 1)
    first = _add_cases_of_other_court(rng, stage, row[fate == 1])
    before = {name: np.asarray(item)[other] for name, item in goods.items()}
    prior: dict[str, Array | str | int] = {
        **before,
        "case_no": first[np.cumsum(fate == 1)[at[other]] - 1],
        "expiry_date": day[other] + 1000,
        "result": "已查封登记",
    }
    earlier = np.minimum(day[other] - chance.randint(rng, 8, 90, len(other)), day[other] - 1)
    parts: list[EventPart] = [(row[at], "SEAL", day, own), (row[at][other], "SEAL", earlier, prior)]
    court_log.write_events(stage, "CB", parts, "已查封登记")
    stage.record_acts(
        "over_seizure", row, fate == 0, docket.closed[row], amount=np.bincount(at, amount, size).astype(np.int64)
    )


def _add_cases_of_other_court(rng: np.random.Generator, stage: Stage, row: Array) -> Array:
    """Deliver running cases of the same debtors at another court; returns their numbers."""
    docket, people, size = stage.docket, stage.cohort.people, len(row)
    h, filed = docket.household[row], docket.filed[row] - chance.randint(rng, 60, 200, len(row))
    number = ids.join(
        "（",
        ids.digits(years(filed), 4),
        "）浙9998执",
        ids.digits(stage.quarter * 10_000 + 1 + np.arange(size), 1),
        "号",
    )
    due = docket.due[row] * chance.randint(rng, 3, 9, size)
    case: Rows = {
        "case_no": number,
        "case_type": chance.repeat_text("首次执行", size),
        "nature": chance.repeat_text("民事", size),
        "court_code": chance.repeat_text("浙9998", size),
        "court_name": chance.repeat_text("外地法院", size),
        "amt_due": due,
        "court_division": chance.repeat_text("339998", size),
        "apply_date": filed - 4,
        "filing_date": filed,
    }
    stage.spool.add("case", case, filed + 30)
    party: Rows = {
        "case_no": number,
        "party_no": np.ones(size, dtype=np.int64),
        "role": chance.repeat_text("被执行人", size),
        "kind": chance.repeat_text("自然人", size),
        "name": people.name[h, 0],
        "id_no": people.id_no[h, 0],
    }
    stage.spool.add("party", party, filed + 30)
    return number


def _simulate_requests_to_assist(stage: Stage) -> None:
    """Requests to units to assist and to third-party debtors to pay: answered in time, late or never."""
    rng, docket, people = stage.rng("requests"), stage.docket, stage.cohort.people
    row = stage.episodes
    row = row[chance.bernoulli(rng, stage.knob("aftermath.requests"), len(row))]
    size, h = len(row), docket.household[row]
    kind = chance.choice_by_row(rng, np.tile([0.4, 0.3, 0.3], (size, 1)))
    bank, office = rng.integers(0, len(BANKS), size), rng.integers(0, len(_OFFICES), size)
    firm = (h + 11 + rng.integers(0, 40, size)) % len(people)
    firm_name = chance.where(people.company[firm] != "", people.company[firm], "浙东顺达贸易有限公司")
    firm_id = chance.where(people.company[firm] != "", people.company_id[firm], ids.uscc(901, firm % 50))
    name = np.select(
        [kind == 0, kind == 1],
        [np.asarray(BANKS, dtype=object)[bank], np.asarray(_OFFICES, dtype=object)[office]],
        firm_name,
    )
    code = np.select([kind == 0, kind == 1], [ids.uscc(900, bank + 20), ids.uscc(900, office + 40)], firm_id)
    lasted = docket.closed[row] - docket.filed[row]
    day = docket.filed[row] + 8 + ((lasted - 16) * rng.uniform(0.0, 0.75, size)).astype(np.int64)
    fate = chance.choice_by_row(rng, np.tile([0.17, 0.11, 0.56, 0.16], (size, 1)))
    wait = np.select(
        [fate == BEHIND, fate == LAST_DAY],
        [chance.randint(rng, 18, 110, size), chance.randint(rng, 14, 15, size)],
        chance.randint(rng, 2, 13, size),
    )
    answered = np.where(fate == SILENT, NEVER, day + wait)
    answer = chance.where(
        kind == 2,
        chance.choice(rng, ["未异议", "异议"], [0.6, 0.4], size),
        chance.choice(rng, ["已协助", "无可供协助的财产"], None, size),
    )
    third = kind == 2
    parts: list[EventPart] = []
    for number, mine, what in (("ASSIST", ~third, "存款及收入"), ("DEBT3P", third, "到期债权")):
        at = np.flatnonzero(mine)
        more: dict[str, Array | str | int] = {
            "other_name": name[at],
            "other_id": code[at],
            "expiry_date": day[at] + 15,
            "end_date": answered[at],
            "result": chance.where(answered[at] < NEVER, answer[at], ""),
            "asset_kind": what,
        }
        parts.append((row[at], number, day[at], more))
    court_log.write_events(stage, "XZ", parts, "")
    stage.record_acts("obligor_silent", row, fate <= BEHIND, day)


def _simulate_wage_withholding(stage: Stage) -> None:
    """Employers ordered to withhold wages: paying on regardless (real), withholding monthly, or no longer employing."""
    rng, docket, people = stage.rng("wages withheld"), stage.docket, stage.cohort.people
    row = stage.episodes
    h = docket.household[row]
    chosen = chance.bernoulli(rng, stage.knob("aftermath.wages"), len(row))
    row = row[(people.work[h] == WAGE) & (people.employer[h] != "") & chosen]
    h, size = docket.household[row], len(row)
    if not size:
        return
    fate = chance.choice_by_row(rng, np.tile([0.45, 0.3, 0.25], (size, 1)))
    other = (h + 29 + rng.integers(0, 60, size)) % len(people)
    old = (fate == 2) & (people.employer[other] != "") & (people.employer[other] != people.employer[h])
    fate = np.where((fate == 2) & ~old, 1, fate)
    who, lasted = np.where(old, other, h), docket.closed[row] - docket.filed[row]
    day = docket.filed[row] + 7 + ((lasted - 14) * rng.uniform(0.05, 0.6, size)).astype(np.int64)
    late = (fate == 0) & chance.bernoulli(rng, 0.35, size)
    answered = np.where(late, NEVER, day + chance.randint(rng, 2, 15, size))
    more: dict[str, Array | str | int] = {
        "asset_kind": "收入",
        "other_name": people.employer[who],
        "other_id": people.employer_id[who],
        "expiry_date": day + 15,
        "end_date": answered,
        "amount": people.income[h] // 3,
        "result": chance.where(late, "", chance.where(old, "已离职，无工资可扣", "已协助")),
    }
    parts: list[EventPart] = [(row, "ASSIST", day, more)]
    keeps = np.flatnonzero(fate == 1)
    for month in range(1, 5):
        at = keeps[day[keeps] + 30 * month < docket.closed[row[keeps]] - 2]
        paid = day[at] + 30 * month + chance.randint(rng, -4, 1, len(at))
        sum_ = {
            "asset_kind": "收入",
            "amount": np.minimum(
                (people.income[h[at]] * rng.uniform(0.15, 0.33, len(at))).astype(np.int64),
                (docket.due - docket.paid)[row[at]] // 25,
            ),
        }
        by = {"other_name": people.employer[h[at]], "other_id": people.employer_id[h[at]]}
        parts.append((row[at], "DEDUCT", paid, {**sum_, **by, "result": "已扣留提取"}))
        parts.append((row[at], "PAY_IN", paid + 1, {**sum_, **by, "reason": "单位扣留工资"}))
        parts.append((row[at], "PAY_OUT", paid + chance.randint(rng, 5, 25, len(at)), {"amount": sum_["amount"]}))
    court_log.write_events(stage, "GZ", parts, "")
    stage.record_acts("obligor_paid", row, fate == 0, day, asset_kind="收入", amount=people.income[h] * 3)
    at = np.flatnonzero(late | (fate > 0))
    stage.record_acts("obligor_silent", row[at], late[at], day[at], asset_kind="收入")


def _simulate_seal_renewals(stage: Stage, log: CourtLog) -> None:
    """Seals that end after the termination: renewed in time or late, lapsed, or released with a reason.

    Small balances are mostly frozen again or released.
    """
    rng, docket = stage.rng("seals renewed"), stage.docket
    at = log.positions("SEAL", "FREEZE", "DETAIN")
    at = at[(log.expires[at] < NEVER) & (log.ended[at] == NEVER) & (log.asset[at] != "")]
    sold = log.first_days_on_asset(log.positions("INKIND", "DEDUCT", "AUCTION"), log.row[at], log.asset[at])
    last = _latest_expiry(log, at)
    row, ends = log.row[at], log.expires[at]
    good = (ends == last) & (sold == NEVER) & docket.terminated[row]
    good &= (ends > docket.closed[row]) & (ends < stage.court.resumed[row] - 5)
    good &= ends < stage.plan.calendar.end - 25
    at = at[good]
    if not len(at):
        return
    row, ends, size = log.row[at], log.expires[at], len(at)
    bank = log.code[at] == "FREEZE"
    small = bank & (log.amount[at] < 40_000)
    fate = chance.choice_by_row(rng, np.where(small[:, None], [0.06, 0.02, 0.5, 0.42], [0.24, 0.14, 0.48, 0.14]))
    term = np.where(bank, 365, chance.where(log.kind[at] == "不动产", 1095, 730))
    again = ends + np.where(fate == LATE, chance.randint(rng, 3, 75, size), -chance.randint(rng, 1, 40, size))
    parts: list[EventPart] = []
    for turn in range(3):
        day = again + turn * (term - 10)
        for code, mine in (("FREEZE", bank), ("SEAL", ~bank)):
            to = np.flatnonzero(mine & np.isin(fate, [LATE, RENEWED]) & (day < stage.plan.calendar.end))
            to = to[day[to] < stage.court.resumed[row[to]]]
            more: dict[str, Array | str | int] = {
                "asset_kind": log.kind[at[to]],
                "asset_id": log.asset[at[to]],
                "amount": log.amount[at[to]],
                "expiry_date": day[to] + term[to],
                "result": "续冻" if code == "FREEZE" else "续封",
            }
            parts.append((row[to], code, day[to], more))
    stage.add_events("XF", parts)
    freed = np.flatnonzero(fate == RELEASED)
    days = ends[freed] - chance.randint(rng, 2, 90, len(freed))
    after = np.maximum(days, docket.closed[row[freed]] + 1)
    for reason in _FREED:
        mine = np.arange(len(freed)) % len(_FREED) == _FREED.index(reason)
        court_log.end_events(stage, log, at[freed[mine]], after[mine], {"reason": reason, "result": "已解除"})
    for kind in np.unique(log.kind[at]).tolist():
        of = np.flatnonzero(log.kind[at] == kind)
        stage.record_acts(
            "seal_lapsed",
            row[of],
            fate[of] <= LATE,
            ends[of],
            asset_kind=kind,
            asset_id=log.asset[at[of]],
            amount=log.amount[at[of]],
        )


def _latest_expiry(log: CourtLog, at: Array) -> Array:
    """Latest expiry of any seal on the same (docket row, asset), for each event at positions `at`."""
    key = ids.join(ids.digits(log.row[at], 1), ":", log.asset[at])
    _, number = np.unique(key.astype(str), return_inverse=True)
    last = np.zeros(len(at) + 1, dtype=np.int64)
    np.maximum.at(last, number, log.expires[at])
    return np.asarray(last[number])


__all__ = ["simulate_aftermath"]
