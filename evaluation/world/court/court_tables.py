"""Rows of the court's tables `case` (with versions), `party` and `litigation`."""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, NOTHING, Array, bernoulli, randint, random_stream, repeat_text, where
from evaluation.world.base.config import Knobs
from evaluation.world.court.proceedings import CourtInputs
from evaluation.world.population.debts import CAUSES, LABOUR, TRAFFIC, WAGES, Debts
from evaluation.world.population.docket import MODES, TERMINATED, Docket, court_codes
from evaluation.world.population.holdings import Rows, stack_rows, take_rows
from evaluation.world.population.people import DEBTOR, SPOUSE, WAGE, People


def case_rows(
    knobs: Knobs, seed: int, quarter: int, court: CourtInputs, debts: Debts, prev: Array, preserved: Array
) -> tuple[Rows, Array]:
    """Rows of the table `case` and the day each is known: a version when filed, one when closed, some corrected later.

    `prev` is the number of the case resumed, `preserved` that of the preservation before it, empty for none.
    """
    rng = random_stream(seed, quarter, "case rows")
    docket = court.docket
    size = len(docket)
    filed = _filed(rng, knobs, quarter, court, debts, prev) | {"preservation_no": preserved}
    ended = docket.mode == TERMINATED
    closed = {
        **filed,
        "has_property_flag": np.where(ended, bernoulli(rng, 0.3, size), 1),
        "zb_by_applicant": (ended & bernoulli(rng, 0.04, size)).astype(np.int64),
        "close_mode": np.asarray(MODES, dtype=object)[docket.mode],
        "close_date": docket.closed,
        "zb_reason": where(ended, where(rng.random(size) < 0.82, "无财产可供执行", "财产不能处置"), ""),
        "amt_paid": docket.paid,
        "amt_waived": np.zeros(size, dtype=np.int64),
        "amt_unpaid": np.maximum(docket.due - docket.paid, 0),
    }
    lag = knobs.integer("calendar.court_lag_days")
    slips = np.flatnonzero(bernoulli(rng, knobs.number("faults.late_cause"), size))
    fixed = take_rows(closed, slips)
    closed["cause"] = closed["cause"].copy()
    closed["cause"][slips] = "其他合同纠纷"
    known = [np.maximum(docket.filed, court.notice) + lag, docket.closed + lag]
    known.append(known[1][slips] + randint(rng, 25, 110, len(slips)))
    return stack_rows([filed, closed, fixed]), np.concatenate(known)


def _filed(rng: np.random.Generator, knobs: Knobs, quarter: int, court: CourtInputs, debts: Debts, prev: Array) -> Rows:
    """Columns of the version of filing."""
    docket, suit = court.docket, court.docket.suit
    size = len(docket)
    codes = np.asarray(knobs.texts("offices.codes"), dtype=object)[docket.office]
    courts = court_codes(knobs)[docket.office]
    names = np.asarray([f"浙东市第{number}法院" for number in "一二三四五六七八九十"], dtype=object)[docket.office % 10]
    cause = debts.cause[suit]
    weak = np.select([np.isin(cause, [WAGES, LABOUR]), cause == TRAFFIC], ["农民工", "残疾"], "").astype(object)
    none = np.full(size, NOTHING)
    return {
        "case_no": docket.case_no,
        "case_uid": ids.join(codes, ids.digits((quarter + 1) * 1_000_000 + np.arange(size), 13)),
        "case_type": where(docket.parent < 0, "首次执行", "恢复执行"),
        "nature": repeat_text("民事", size),
        "court_code": courts,
        "court_name": names,
        "court_division": codes,
        "cause": np.asarray(CAUSES, dtype=object)[cause],
        "subject_kind": repeat_text("金钱", size),
        "amt_due": docket.due,
        "basis_type": where(rng.random(size) < 0.8, "民事判决书", "民事调解书"),
        "basis_no": suit_numbers(knobs, quarter, docket.office, debts.suit[suit], suit),
        "basis_eff_date": debts.effective[suit],
        "perform_due": debts.effective[suit] + 10,
        "apply_date": docket.applied,
        "filing_date": docket.filed,
        "ntc_sent_date": court.notice,
        **dict.fromkeys(("has_property_flag", "zb_by_applicant", "amt_paid", "amt_waived", "amt_unpaid"), none),
        **dict.fromkeys(("close_mode", "zb_reason"), repeat_text("", size)),
        "close_date": np.full(size, NEVER),
        "prev_case_no": prev,
        "vulnerable_tags": np.where((weak == "") & bernoulli(rng, 0.05, size), "老年", weak),
    }


def suit_numbers(knobs: Knobs, quarter: int, office: Array, suit: Array, number: Array) -> Array:
    """Suit numbers: year of the suit, court of the office, serial number within the quarter."""
    year = np.asarray(suit, dtype="datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    courts = court_codes(knobs)
    return ids.join(
        "（", ids.digits(year, 4), "）", courts[office], "民初", ids.digits((quarter + 1) * 20_000 + number, 1), "号"
    )


def lawsuit_rows(knobs: Knobs, seed: int, quarter: int, court: CourtInputs, debts: Debts) -> tuple[Rows, Array]:
    """Rows of the table `litigation` and the day each is known: when the enforcement case is filed."""
    rng = random_stream(seed, quarter, "lawsuit rows")
    size = len(debts)
    rows: Rows = {
        "suit_no": suit_numbers(knobs, quarter, debts.office, debts.suit, np.arange(size)),
        "cause": np.asarray(CAUSES, dtype=object)[debts.cause],
        "plaintiff_id": debts.creditor_id,
        "defendant_id": court.people.id_no[debts.household, DEBTOR],
        "debt_date": debts.debt,
        "suit_date": debts.suit,
        "served_date": debts.served,
        "preserved_date": debts.preserved,
        "judgment_date": debts.judged,
        "judgment_served_date": debts.judged_served,
        "effective_date": debts.effective,
        "outcome": where(rng.random(size) < 0.7, "判决", "调解"),
        "amount": (debts.amount * rng.uniform(0.9, 1.0, size)).astype(np.int64),
        "plaintiff_lawyer": where(rng.random(size) < 0.35, "律师甲", ""),
    }
    return rows, debts.filed + knobs.integer("calendar.court_lag_days")


def _person(people: People, house: Array, slot: int, wed: Array) -> Rows:
    male = people.male[house, slot]
    working = (slot == DEBTOR) & (people.work[house] == WAGE)
    return {
        "kind": repeat_text("自然人", len(house)),
        "name": people.name[house, slot],
        "id_type": repeat_text("居民身份证", len(house)),
        "id_no": people.id_no[house, slot],
        "sex": where(male, "男", "女"),
        "birth": people.birth[house, slot],
        "household_addr": people.address[house, slot],
        "address": people.address[house, slot],
        "phone": people.phone[house, slot],
        "employer": np.where(working, people.employer[house], "").astype(object),
        "marital": where(wed, "已婚", "未婚或离异"),
        "legal_rep": repeat_text("", len(house)),
        "legal_rep_id": repeat_text("", len(house)),
        "id_verify": repeat_text("一致", len(house)),
        "whereabouts_unknown": np.zeros(len(house), dtype=np.int64),
    }


def _firm(name: Array, code: Array, rep: Array, rep_id: Array) -> Rows:
    size = len(name)
    blank = repeat_text("", size)
    rows: Rows = dict.fromkeys(("sex", "household_addr", "address", "phone", "employer", "marital"), blank)
    return rows | {
        "kind": repeat_text("法人", size),
        "name": name,
        "id_type": repeat_text("统一社会信用代码", size),
        "id_no": code,
        "birth": np.full(size, NEVER),
        "legal_rep": rep,
        "legal_rep_id": rep_id,
        "id_verify": repeat_text("一致", size),
        "whereabouts_unknown": np.zeros(size, dtype=np.int64),
    }


def party_rows(knobs: Knobs, seed: int, quarter: int, court: CourtInputs, debts: Debts) -> tuple[Rows, Array]:
    """Rows of the table `party` and the day each is known; some telephone numbers are corrected later."""
    rng = random_stream(seed, quarter, "party rows")
    docket, people = court.docket, court.people
    parts: list[Rows] = []

    def put(rows: Array, number: int, role: str, who: Rows) -> None:
        parts.append({"row": rows, "party_no": np.full(len(rows), number), "role": repeat_text(role, len(rows)), **who})

    every = np.arange(len(docket))
    house, suit = docket.household, docket.suit
    wed = people.present[:, SPOUSE] & (people.divorced_on == NEVER)
    debtor = _person(people, house, DEBTOR, wed[house])
    lost = 0.17 + 0.05 * people.guile[house]
    debtor["whereabouts_unknown"] = (rng.random(len(house)) < lost).astype(np.int64)
    debtor["id_verify"] = where(docket.dead, "死亡", "一致")
    missing = bernoulli(rng, knobs.number("people.missing_id"), len(house))
    debtor["id_no"] = np.where(missing, "", debtor["id_no"]).astype(object)
    put(every, 1, "被执行人", debtor)
    natural = debts.creditor_kind[suit] == "自然人"
    applicant = _firm(
        debts.creditor[suit], debts.creditor_id[suit], repeat_text("", len(suit)), repeat_text("", len(suit))
    )
    applicant["kind"] = where(natural, "自然人", "法人")
    applicant["id_type"] = where(natural, "居民身份证", "统一社会信用代码")
    put(every, 2, "申请执行人", applicant)
    rows = np.flatnonzero(debts.spouse_too[suit])
    put(rows, 3, "被执行人", _person(people, house[rows], SPOUSE, wed[house[rows]]))
    rows = np.flatnonzero(debts.company_too[suit])
    at = house[rows]
    put(
        rows,
        4,
        "被执行人",
        _firm(people.company[at], people.company_id[at], people.name[at, DEBTOR], people.id_no[at, DEBTOR]),
    )
    rows_all = stack_rows(parts)
    row = rows_all.pop("row")
    rows_all["case_no"] = docket.case_no[row]
    known = docket.filed[row] + knobs.integer("calendar.court_lag_days") + 6
    fixed = np.flatnonzero(bernoulli(rng, 0.03, len(row)) & (rows_all["kind"] == "自然人"))
    newer = take_rows(rows_all, fixed)
    newer["phone"] = ids.phones(quarter, fixed + 1_500_000)
    both = {name: np.concatenate([rows_all[name], newer[name]]) for name in rows_all}
    return both, np.concatenate([known, known[fixed] + randint(rng, 40, 300, len(fixed))])


def previous_case_numbers(docket: Docket, whole: Docket) -> Array:
    """Number of the case that each row resumes, empty for first cases; `parent` refers to rows of `whole`."""
    return np.where(docket.parent >= 0, whole.case_no[np.maximum(docket.parent, 0)], "").astype(object)
