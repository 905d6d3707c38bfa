"""Deliver extracts of the vehicle, land, insurance and fund registers as of the day of each answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import (
    NEVER,
    NOTHING,
    Array,
    bernoulli,
    choice,
    randint,
    random_stream,
    repeat_text,
    where,
)
from evaluation.world.base.config import Knobs
from evaluation.world.population.concealment import ADVANCE, DebtorConduct
from evaluation.world.population.holdings import Rows, take_rows
from evaluation.world.population.inquiries import Inquiries, has_records, inquiry_rows, match_rows
from evaluation.world.population.people import DEBTOR, TRADER, People
from evaluation.world.population.spool import Spool

_BRANDS = ["东溪", "云驰", "山岳", "北辰", "海豚", "金骏"]
_MODES = np.asarray(["买卖", "赠与", "继承"], dtype=object)
_POLICY = np.asarray(["健康险", "分红型两全险", "年金险"], dtype=object)


def label_vehicles(seed: int, quarter: int, cars: Rows) -> None:
    """Add plate, VIN, brand, engine number, first registration and use to every vehicle, in place."""
    rng = random_stream(seed, quarter, "vehicle labels")
    things = int(cars["thing"].max()) + 1 if len(cars["thing"]) else 0
    number = np.arange(things)
    at = cars["thing"]
    cars["vin"] = ids.vins(quarter, number)[at]
    cars["plate"] = ids.plates(quarter, number)[at]
    cars["brand"] = choice(rng, _BRANDS, None, things)[at]
    cars["engine"] = ids.join("TZ", ids.digits(number + quarter * 100_000, 8))[at]
    born = np.full(things, NEVER)
    np.minimum.at(born, at, cars["start"])
    cars["first_reg"] = (born - np.where(rng.random(things) < 0.6, 0, randint(rng, 200, 2500, things)))[at]
    cars["business"] = (rng.random(things) < 0.06)[at]


def label_realty(seed: int, quarter: int, people: People, homes: Rows) -> None:
    """Add unit number, certificate, address and area to every home, in place."""
    rng = random_stream(seed, quarter, "realty labels")
    things = int(homes["thing"].max()) + 1 if len(homes["thing"]) else 0
    number, at = np.arange(things), homes["thing"]
    homes["unit"] = ids.join(
        "990001", ids.digits(np.full(things, quarter + 1), 6), "GB", ids.digits(number, 8), "F00010"
    )[at]
    homes["cert"] = ids.join("浙（东）不动产权第", ids.digits(number + quarter * 100_000, 7), "号")[at]
    road = choice(rng, ["云溪路", "东湖路", "文昌路", "丰泽路", "永兴路", "南屏路"], None, things)
    place = ids.join(
        "浙东市",
        road,
        ids.digits(randint(rng, 1, 300, things), 1),
        "号",
        ids.digits(randint(rng, 101, 1804, things), 1),
        "室",
    )
    homes["location"] = place[at]
    homes["area"] = np.round(rng.uniform(42, 180, things), 2)[at]


def _owner(people: People, rows: Rows) -> tuple[Array, Array]:
    return people.name[rows["oh"], rows["slot"]], people.id_no[rows["oh"], rows["slot"]]


def _visible_rows(inquiries: Inquiries, rows: Rows, lag: int) -> tuple[Array, Rows, Array, Array]:
    """Rows that a register shows on a person: own entries, and those of the next owners.

    Returns:
        Inquiry of each row, the rows, the day of the answer, and the end of the row as far as the register knew it.
    """
    inquiry, row = match_rows(inquiries, rows["oh"], rows["slot"], rows["start"], lag)
    passed = np.flatnonzero(rows["prev_h"] >= 0)
    more, at = match_rows(inquiries, rows["prev_h"][passed], rows["prev_slot"][passed], rows["start"][passed], lag)
    inquiry, shown = np.concatenate([inquiry, more]), take_rows(rows, np.concatenate([row, passed[at]]))
    answered = inquiries.answered[inquiry]
    return inquiry, shown, answered, np.where(shown["end"] <= answered - lag, shown["end"], NEVER)


def _previous(people: People, rows: Rows) -> Array:
    known = people.id_no[np.maximum(rows["prev_h"], 0), np.maximum(rows["prev_slot"], 0)]
    return np.where(rows["prev_h"] >= 0, known, "").astype(object)


def deliver_vehicle_extracts(
    quarter: int, spool: Spool, people: People, known: People, cars: Rows, inquiries: Inquiries
) -> None:
    """Deliver the table `vehicle` and its inquiries; `known` holds the people as the register records them."""
    inquiry, at, answered, gone = _visible_rows(inquiries, cars, 12)
    name, number = _owner(known, at)
    age = answered - at["first_reg"]
    spool.add(
        "vehicle",
        {
            "plate": at["plate"],
            "plate_type": repeat_text("02", len(inquiry)),
            "vin": at["vin"],
            "engine_no": at["engine"],
            "brand": at["brand"],
            "use_nature": where(at["business"], "营运", "非营运"),
            "owner_name": name,
            "owner_id": number,
            "first_reg": at["first_reg"],
            "own_from": at["start"],
            "own_to": gone,
            "prev_owner_id": _previous(known, at),
            "transfer_price": np.where(at["prev_h"] >= 0, at["price"], NOTHING),
            "inspect_until": at["first_reg"] + (age // 730 + 1) * 730,
            "scrap_until": at["first_reg"] + 15 * 365,
            "status": where(gone < NEVER, "转出", where(age > 5475, "达到报废标准", "正常")),
            "mortgage_flag": (at["mortgage"] > 0).astype(np.int64),
            "mortgage_amt": at["mortgage"],
            "seal_flag": (at["known"] & (at["slot"] == DEBTOR) & (gone == NEVER)).astype(np.int64),
            "est_value": at["value"],
        },
        answered,
    )
    subject = people.id_no[inquiries.h, inquiries.slot]
    spool.add("inquiry", *inquiry_rows(quarter, "机动车登记", "V", inquiries, subject, has_records(inquiries, inquiry)))


def deliver_realty_extracts(
    quarter: int, spool: Spool, people: People, known: People, homes: Rows, inquiries: Inquiries
) -> None:
    """Deliver the table `realty` and its inquiries; `known` holds the people as the register records them."""
    inquiry, at, answered, gone = _visible_rows(inquiries, homes, 20)
    name, number = _owner(known, at)
    sealed = at["known"] & (at["slot"] == DEBTOR) & (gone == NEVER)
    asked_first = inquiries.asked - inquiries.round * (inquiries.asked - inquiries.since)
    spool.add(
        "realty",
        {
            "unit_no": at["unit"],
            "cert_no": at["cert"],
            "location": at["location"],
            "use": repeat_text("住宅", len(inquiry)),
            "area": at["area"],
            "holder_name": name,
            "holder_id": number,
            "share": np.ones(len(inquiry)),
            "reg_date": at["start"],
            "end_date": gone,
            "prev_holder_id": _previous(known, at),
            "acquire_mode": _MODES[at["mode"]],
            "price": at["price"],
            "market_value": at["value"],
            "mortgage_amt": at["mortgage"],
            "seal_until": np.where(sealed, asked_first[inquiry] + 700, NEVER),
            "only_home": (at["slot"] == DEBTOR).astype(np.int64) * at["known"].astype(np.int64),
        },
        answered,
    )
    subject = people.id_no[inquiries.h, inquiries.slot]
    spool.add("inquiry", *inquiry_rows(quarter, "不动产", "R", inquiries, subject, has_records(inquiries, inquiry)))


def policy_numbers(quarter: int, thing: Array) -> Array:
    """Policy numbers."""
    return ids.join(f"BD{quarter:03d}", ids.digits(thing, 8))


def deliver_policy_extracts(
    quarter: int,
    spool: Spool,
    people: People,
    known: People,
    policies: Rows,
    inquiries: Inquiries,
    conduct: DebtorConduct,
) -> None:
    """Deliver the table `insurance` and its inquiries; a policy passed on shows its new and its former holder."""
    inquiry, row = match_rows(inquiries, policies["h"], policies["slot"], policies["start"], 5)
    at = take_rows(policies, row)
    answered, h = inquiries.answered[inquiry], at["h"]
    changed = at["changed"] <= answered - 5
    debtor, kin = known.id_no[h, DEBTOR], known.id_no[h, conduct.helper[h]]
    grown = np.clip((answered - at["start"]) / 720.0, 0.1, 1.0)
    spool.add(
        "insurance",
        {
            "policy_no": policy_numbers(quarter, at["thing"]),
            "insurer": repeat_text("浙东人寿", len(row)),
            "product": where(at["mode"] == 0, "安康保障", "鑫享财富"),
            "kind": _POLICY[at["mode"]],
            "applicant_id": np.where(changed, kin, debtor).astype(object),
            "insured_id": debtor,
            "start_date": at["start"],
            "end_date": np.full(len(row), NEVER),
            "status": repeat_text("有效", len(row)),
            "premium": at["price"],
            "cash_value": (at["value"] * grown).astype(np.int64),
            "prev_applicant_id": np.where(changed, debtor, "").astype(object),
            "changed_date": np.where(changed, at["changed"], NEVER),
        },
        answered,
    )
    spool.add(
        "inquiry",
        *inquiry_rows(
            quarter, "保险", "I", inquiries, people.id_no[inquiries.h, DEBTOR], has_records(inquiries, inquiry)
        ),
    )


@dataclass(frozen=True)
class Employment:
    """Work and insurance of each debtor as the funds record them.

    Attributes:
        working: is or was employed. until: day on which it ended, NEVER where it goes on.
        base: insured monthly pay, 分. saved: balance of the housing fund, 分.
        enrolled: has a housing fund. old: of pension age. insured: socially.
    """

    working: Array
    until: Array
    base: Array
    saved: Array
    enrolled: Array
    old: Array
    insured: Array


def _employed(rng: np.random.Generator, people: People, conduct: DebtorConduct, closed: Array) -> tuple[Array, Array]:
    size = len(people)
    working = people.employer != ""
    needed = conduct.missed("wage") | conduct.missed("fund") | conduct.ways[:, ADVANCE]
    stays = working & ((rng.random(size) < 0.5) | needed)
    return working, np.where(stays, NEVER, closed - randint(rng, 20, 1500, size))


def draw_employment(seed: int, quarter: int, people: People, conduct: DebtorConduct, closed: Array) -> Employment:
    """Draw who is employed, insured, enrolled in a fund or of pension age."""
    rng = random_stream(seed, quarter, "funds")
    size = len(people)
    working, until = _employed(rng, people, conduct, closed)
    base = (people.income * 0.85).astype(np.int64)
    saved = np.where(conduct.missed("fund"), conduct.hidden, base * randint(rng, 1, 9, size) // 8)
    trades = (people.work == TRADER) & (rng.random(size) < 0.1)
    enrolled = (working & (rng.random(size) < 0.72)) | conduct.missed("fund") | trades
    old = closed - people.birth[:, DEBTOR] > 60 * 365
    insured = working | (old & (rng.random(size) < 0.8)) | bernoulli(rng, 0.25, size)
    return Employment(working, until, base, saved, enrolled, old, insured)


def deliver_fund_extracts(
    quarter: int,
    spool: Spool,
    people: People,
    known: People,
    work: Employment,
    shown: tuple[Array, Array],
    closed: Array,
    inquiries: tuple[Inquiries, Inquiries],
) -> None:
    """Deliver the tables `hpf` and `social`; `inquiries` are those of (housing fund, social insurance).

    `shown` holds the insured base and the pension of each household, 分 a month.
    """
    for label, tag, asked, member in (
        ("公积金", "H", inquiries[0], work.enrolled),
        ("社保", "S", inquiries[1], work.insured),
    ):
        on = np.flatnonzero(member[asked.h])
        at = asked.h[on]
        last = _month_start(np.minimum(asked.asked[on] - 20, work.until[at]))
        stays = work.until[at] >= NEVER
        if tag == "H":
            rows = _fund_rows(quarter, known, at, last, work.base, work.saved, closed, stays)
            spool.add("hpf", rows, asked.answered[on])
        else:
            spool.add("social", _social_rows(known, at, last, shown, work.old, stays), asked.answered[on])
        spool.add("inquiry", *inquiry_rows(quarter, label, tag, asked, people.id_no[asked.h, DEBTOR], member[asked.h]))


def _fund_rows(
    quarter: int, people: People, at: Array, last: Array, base: Array, saved: Array, closed: Array, stays: Array
) -> Rows:
    return {
        "acct_no": ids.join("GJJ", ids.digits(quarter * 100_000 + at, 9)),
        "person_id": people.id_no[at, DEBTOR],
        "unit": people.employer[at],
        "open_date": closed[at] - 2600 - at % 1500,
        "last_month": last,
        "monthly_amt": base[at] * 16 // 100,
        "balance": saved[at],
        "status": where(stays, "缴存", "封存"),
        "loan_flag": (at % 5 == 0).astype(np.int64),
    }


def _social_rows(people: People, at: Array, last: Array, shown: tuple[Array, Array], old: Array, stays: Array) -> Rows:
    base, pension = shown
    return {
        "person_id": people.id_no[at, DEBTOR],
        "unit": people.employer[at],
        "last_month": last,
        "base": base[at],
        "pension_amt": pension[at],
        "status": where(old[at], "领取养老金", where(stays, "在职参保", "暂停缴费")),
    }


def _month_start(days: Array) -> Array:
    """First day of each day's month."""
    month = np.asarray(days, dtype="datetime64[D]").astype("datetime64[M]")
    return np.asarray(month.astype("datetime64[D]").astype(np.int64))


def deliver_vehicle_use(
    knobs: Knobs, seed: int, quarter: int, spool: Spool, people: People, cars: Rows, inquiries: Inquiries
) -> None:
    """Deliver the table `veh_use`: uses of any vehicle with the debtor as driver or payer, and its inquiries."""
    rng = random_stream(seed, quarter, "vehicle use")
    debtor = np.zeros(len(cars["h"]), dtype=np.int64)
    inquiry, row = match_rows(inquiries, cars["h"], debtor, cars["start"], 20)
    alive = np.minimum(inquiries.asked[inquiry], cars["end"][row]) - np.maximum(
        np.maximum(inquiries.since[inquiry], inquiries.asked[inquiry] - 540), cars["start"][row]
    )
    alive = np.maximum(alive, 0)
    count = rng.poisson(cars["use"][row] * alive / 365.0)
    pays = np.flatnonzero(cars["pays"][row] & (alive > 60))
    at = np.concatenate([np.repeat(np.arange(len(row)), count), pays])
    size = len(at)
    kind = choice(rng, ["交通违法", "高速通行", "停车", "加油"], [0.42, 0.34, 0.14, 0.1], size)
    kind[size - len(pays) :] = choice(rng, ["交强险", "商业险", "年检"], [0.5, 0.3, 0.2], len(pays))
    day = inquiries.asked[inquiry[at]] - 3 - (rng.random(size) * alive[at]).astype(np.int64)
    debtor_id = people.id_no[cars["h"][row[at]], DEBTOR]
    drives = kind == "交通违法"
    amount = np.select(
        [drives, kind == "交强险", kind == "商业险"], [20_000, 95_000, 280_000], randint(rng, 5, 300, size) * 100
    )
    spool.add(
        "veh_use",
        {
            "plate": cars["plate"][row[at]],
            "event_type": kind,
            "event_time": day * 86_400 + randint(rng, 6 * 3600, 22 * 3600, size),
            "place": choice(rng, ["浙东市城区", "浙东市山前镇", "浙东高速收费站", "邻市"], None, size),
            "driver_id": np.where(drives, debtor_id, "").astype(object),
            "payer_id": np.where(drives, "", debtor_id).astype(object),
            "amount": amount,
            "origin": repeat_text("交通管理部门", size),
        },
        inquiries.answered[inquiry[at]],
    )
    spool.add(
        "inquiry",
        *inquiry_rows(
            quarter,
            "机动车使用",
            "U",
            inquiries,
            people.id_no[inquiries.h, DEBTOR],
            has_records(inquiries, inquiry[at]),
        ),
    )
