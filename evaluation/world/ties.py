"""Extracts on ties: family, marriages, companies, shares and changes of who stands for a company."""

from __future__ import annotations

import numpy as np

from evaluation.world import identifiers as ids
from evaluation.world.chance import NEVER, Array, between, happens, pick, stream, text, where
from evaluation.world.config import Knobs
from evaluation.world.holdings import Rows, stack
from evaluation.world.look_alikes import CHANGE, Looks
from evaluation.world.people import CHILD, DEBTOR, FRIEND, INLAW, PARENT, SPOUSE, People
from evaluation.world.pulls import Pulls, hits, inquiries
from evaluation.world.spool import Spool
from evaluation.world.ways import SHELL, Conduct


def _bond(people: People, h: Array, slot: int, code: Array | str, since: Array, until: Array, origin: str) -> Rows:
    return {
        "h": h,
        "person_a": people.id_no[h, DEBTOR],
        "name_a": people.name[h, DEBTOR],
        "person_b": people.id_no[h, slot],
        "name_b": people.name[h, slot],
        "rel_code": text(code, len(h)) if isinstance(code, str) else code,
        "valid_from": since,
        "valid_to": until,
        "origin": text(origin, len(h)),
        "confidence": np.ones(len(h)),
    }


def family_extracts(
    knobs: Knobs, seed: int, quarter: int, spool: Spool, people: People, looks: Looks, closed: Array, pulls: Pulls
) -> None:
    """Deliver the tables `relation` and `marriage` for the families asked about."""
    rng = stream(seed, quarter, "family rows")
    every = np.arange(len(people))
    grown = closed - people.birth[:, DEBTOR] > 45 * 365
    born = np.maximum(people.birth[:, DEBTOR], people.birth[:, CHILD])
    child = where(grown, "子女", "兄弟姐妹")
    bonds = [
        _bond(people, every, SPOUSE, "配偶", people.married_on, looks.divorced_on, "民政"),
        _bond(people, every, PARENT, "父母", people.birth[:, DEBTOR], np.full(len(every), NEVER), "户籍"),
        _bond(people, every, CHILD, child, born, np.full(len(every), NEVER), "户籍"),
        _bond(people, every, INLAW, "女婿/儿媳", np.full(len(every), NEVER), np.full(len(every), NEVER), "户籍"),
    ]
    first = np.flatnonzero(pulls.turn == 0)
    known = np.full(len(people), NEVER)
    known[pulls.h[first]] = pulls.answered[first]
    rows = stack(bonds)
    slot = np.repeat([SPOUSE, PARENT, CHILD, INLAW], len(people))
    rows["valid_to"] = np.where(rows["valid_to"] <= known[rows["h"]], rows["valid_to"], NEVER)
    keep = people.present[rows["h"], slot] & (known[rows["h"]] < NEVER)
    keep &= (slot == SPOUSE) | (rng.random(len(slot)) < 0.9)
    h = rows.pop("h")[keep]
    spool.add("relation", {name: column[keep] for name, column in rows.items()}, known[h])
    wed = np.flatnonzero(people.present[:, SPOUSE] & (known < NEVER))
    split = looks.divorced_on[wed]
    spool.add(
        "marriage",
        {
            "person_a": people.id_no[wed, DEBTOR],
            "person_b": people.id_no[wed, SPOUSE],
            "reg_date": people.married_on[wed],
            "divorce_date": np.where(split <= known[wed], split, NEVER),
            "division": where(
                split <= known[wed],
                where(rng.random(len(wed)) < 0.4, "房屋归女方，债务由男方承担", "各自名下归各自所有"),
                "",
            ),
        },
        known[wed],
    )
    found = hits(pulls, np.flatnonzero(people.present[pulls.h, SPOUSE]))
    spool.add("inquiry", *inquiries(quarter, "人员关系", "K", pulls, people.id_no[pulls.h, DEBTOR], found))


def _firm_rows(
    people: People, h: Array, code: Array, name: Array, rep_slot: Array | int, since: Array, status: Array, ended: Array
) -> Rows:
    slot = np.broadcast_to(np.asarray(rep_slot), (len(h),))
    return {
        "h": h,
        "uscc": code,
        "name": name,
        "one_person": (h % 3 == 0).astype(np.int64),
        "legal_rep": people.name[h, slot],
        "legal_rep_id": people.id_no[h, slot],
        "status": status,
        "est_date": since,
        "end_date": ended,
        "address": people.address[h, DEBTOR],
        "phone": people.phone[h, DEBTOR],
        "scope": text("建材、日用百货销售", len(h)),
    }


def company_extracts(
    seed: int,
    quarter: int,
    spool: Spool,
    people: People,
    conduct: Conduct,
    looks: Looks,
    closed: Array,
    pulls: Pulls,
) -> None:
    """Deliver `company`, `shareholding`, `company_change`: own firms, honest changes, successors in another's name."""
    rng = stream(seed, quarter, "company rows")
    first = np.flatnonzero(pulls.turn == 0)
    known = np.full(len(people), NEVER)
    known[pulls.h[first]] = pulls.answered[first]
    own = (people.company != "") & (known < NEVER)
    slot = np.where(happens(rng, 0.6, len(people)), conduct.helper, FRIEND)
    moved = ((conduct.uses(SHELL) & (rng.random(len(people)) < 0.6)) | looks.who(CHANGE)) & own
    firms = _own_firms(rng, people, np.flatnonzero(own), np.where(moved, slot, DEBTOR), closed, known)
    fresh = _new_firms(rng, people, conduct, slot, closed, known)
    rows = stack([firms, fresh])
    holder = np.concatenate([np.full(len(firms["h"]), DEBTOR), slot[fresh["h"]]])
    at = rows.pop("h")
    spool.add("company", rows, known[at])
    _shares(spool, people, rows, at, holder, known)
    swap = np.flatnonzero(moved)
    day = np.minimum(np.where(conduct.uses(SHELL), conduct.act, looks.day), known - 5)
    spool.add(
        "company_change",
        {
            "uscc": people.company_id[swap],
            "change_type": text("法定代表人", len(swap)),
            "change_date": day[swap],
            "before": people.name[swap, DEBTOR],
            "before_id": people.id_no[swap, DEBTOR],
            "after": people.name[swap, slot[swap]],
            "after_id": people.id_no[swap, slot[swap]],
        },
        known[swap],
    )
    spool.add("inquiry", *inquiries(quarter, "企业登记", "E", pulls, people.id_no[pulls.h, DEBTOR], own[pulls.h]))


def _own_firms(rng: np.random.Generator, people: People, h: Array, rep: Array, closed: Array, known: Array) -> Rows:
    ended = np.where(happens(rng, 0.16, len(h)), closed[h] - between(rng, -120, 800, len(h)), NEVER)
    ended = np.where(ended < known[h] - 5, ended, NEVER)
    status = where(ended < NEVER, "注销", "存续")
    return _firm_rows(people, h, people.company_id[h], people.company[h], rep[h], people.company_from[h], status, ended)


def _new_firms(
    rng: np.random.Generator, people: People, conduct: Conduct, slot: Array, closed: Array, known: Array
) -> Rows:
    """Successor firms of those who hide behind one, and firms relatives run in honesty."""
    shell = conduct.uses(SHELL) & (people.company != "") & (known < NEVER)
    honest = happens(rng, 0.05, len(people)) & (known < NEVER) & ~conduct.uses(SHELL)
    new = np.flatnonzero((shell & (rng.random(len(people)) < 0.7)) | honest)
    size = len(new)
    name = ids.join("浙东", ids.given_names(rng, size), pick(rng, ["商贸", "建材", "实业"], None, size), "有限公司")
    soon = conduct.act[new] + between(rng, 0, 60, size)
    since = np.minimum(np.where(shell[new], soon, closed[new] - between(rng, 0, 1500, size)), known[new] - 5)
    lasting = np.full(size, NEVER)
    firms = _firm_rows(people, new, people.successor_id[new], name, slot[new], since, text("存续", size), lasting)
    apart = ~shell[new] | (rng.random(size) < 0.35)
    firms["address"] = np.where(apart, people.address[new, FRIEND], firms["address"]).astype(object)
    firms["phone"] = np.where(apart, people.phone[new, FRIEND], firms["phone"]).astype(object)
    return firms


def _shares(spool: Spool, people: People, firms: Rows, h: Array, slot: Array, known: Array) -> None:
    spool.add(
        "shareholding",
        {
            "uscc": firms["uscc"],
            "company_name": firms["name"],
            "holder_name": people.name[h, slot],
            "holder_id": people.id_no[h, slot],
            "from_date": firms["est_date"],
            "to_date": np.full(len(h), NEVER),
            "pct": np.where(firms["one_person"] == 1, 1.0, 0.7),
            "subscribed": (h % 9 + 1) * 50_000_000,
            "paid": (h % 4) * 10_000_000,
        },
        known[h],
    )
