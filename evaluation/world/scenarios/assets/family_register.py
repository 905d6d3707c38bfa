"""Deliver extracts on family ties and marriages."""

from __future__ import annotations

import numpy as np

from evaluation.world.base.chance import NEVER, Array, random_stream, repeat_text, where
from evaluation.world.population.holdings import Rows, stack_rows, take_rows
from evaluation.world.population.inquiries import Inquiries, has_records, inquiry_rows
from evaluation.world.population.people import CHILD, DEBTOR, INLAW, PARENT, SPOUSE, People
from evaluation.world.population.spool import Spool
from evaluation.world.scenarios.assets.households import Divorces


def _relation_rows(
    people: People, h: Array, slot: int, code: Array | str, since: Array, until: Array, origin: str
) -> Rows:
    return {
        "h": h,
        "person_a": people.id_no[h, DEBTOR],
        "name_a": people.name[h, DEBTOR],
        "person_b": people.id_no[h, slot],
        "name_b": people.name[h, slot],
        "rel_code": repeat_text(code, len(h)) if isinstance(code, str) else code,
        "valid_from": since,
        "valid_to": until,
        "origin": repeat_text(origin, len(h)),
        "confidence": np.ones(len(h)),
    }


def deliver_family_extracts(
    seed: int, quarter: int, spool: Spool, people: People, ended: Divorces, closed: Array, inquiries: Inquiries
) -> None:
    """Deliver the tables `relation` and `marriage` for the families asked about."""
    rng = random_stream(seed, quarter, "family rows")
    every = np.arange(len(people))
    grown = closed - people.birth[:, DEBTOR] > 45 * 365
    born = np.maximum(people.birth[:, DEBTOR], people.birth[:, CHILD])
    child = where(grown, "子女", "兄弟姐妹")
    bonds = [
        _relation_rows(people, every, SPOUSE, "配偶", people.married_on, ended.day, "民政"),
        _relation_rows(people, every, PARENT, "父母", people.birth[:, DEBTOR], np.full(len(every), NEVER), "户籍"),
        _relation_rows(people, every, CHILD, child, born, np.full(len(every), NEVER), "户籍"),
        _relation_rows(
            people, every, INLAW, "女婿/儿媳", np.full(len(every), NEVER), np.full(len(every), NEVER), "户籍"
        ),
    ]
    first = np.flatnonzero(inquiries.round == 0)
    known = np.full(len(people), NEVER)
    known[inquiries.h[first]] = inquiries.answered[first]
    rows = stack_rows(bonds)
    slot = np.repeat([SPOUSE, PARENT, CHILD, INLAW], len(people))
    rows["valid_to"] = np.where(rows["valid_to"] <= known[rows["h"]], rows["valid_to"], NEVER)
    keep = people.present[rows["h"], slot] & (known[rows["h"]] < NEVER)
    keep &= (slot == SPOUSE) | (rng.random(len(slot)) < 0.9)
    h = rows.pop("h")[keep]
    spool.add("relation", take_rows(rows, keep), known[h])
    wed = np.flatnonzero(people.present[:, SPOUSE] & (known < NEVER))
    split = ended.day[wed]
    spool.add(
        "marriage",
        {
            "person_a": people.id_no[wed, DEBTOR],
            "person_b": people.id_no[wed, SPOUSE],
            "reg_date": people.married_on[wed],
            "divorce_date": np.where(split <= known[wed], split, NEVER),
            "division": np.where(split <= known[wed], ended.division[wed], "").astype(object),
            "asset_share": np.where(split <= known[wed], ended.asset_share[wed], np.nan),
            "debt_share": np.where(split <= known[wed], ended.debt_share[wed], np.nan),
        },
        known[wed],
    )
    has_spouse = has_records(inquiries, np.flatnonzero(people.present[inquiries.h, SPOUSE]))
    spool.add(
        "inquiry", *inquiry_rows(quarter, "人员关系", "K", inquiries, people.id_no[inquiries.h, DEBTOR], has_spouse)
    )
