"""What a lead is known by from one opening to the next, and in which order leads stand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date

import pytest
from clue_rows import ZB, Book, episode, person

from features.facts import Facts
from features.leads import Lead
from features.leads.build import build_leads

CAR, SHARED = "TESTZZ00000000001", "TESTZZ00000000002"
BOUGHT = date(2019, 3, 1)


def digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    """Cases 1 and 2 of one debtor with two cars, in two districts; each holds back money of its own."""
    book = Book()
    for n, division in ((1, "339902"), (2, "339901")):
        book.case(n, court_division=division, court_name=f"浙东市第{n}法院" if n == 1 else None)
        book.event(n, "NOTICE", date(2023, 1, 12))
        book.event(n, "PAY_IN", date(2023, 3, 1), amount=700_000)
        book.event(n, "PAY_IN", date(2023, 3, 1), amount=300_000)
    for row in book.tables["party"]:
        if row["role"] == "debtor":
            row["id_no"] = person(1)
    book.car(1, CAR, BOUGHT)
    book.car(1, SHARED, BOUGHT)
    made = book.open(tmp_path_factory.mktemp("identity"))
    yield made
    made.cut.close()


@pytest.fixture(scope="module")
def leads(facts: Facts) -> list[Lead]:
    return build_leads(facts, None, ["M2A", "T-PAY"])


def chain(n: int) -> str:
    return f"（2023）浙9901执{n}号"


def test_a_lead_is_known_by_its_thing_and_chain(leads: list[Lead]) -> None:
    things = [("VEH", CAR), ("VEH", SHARED), ("FUND", "案款")]
    wanted = {f"L{digest(kind, thing, chain(n))}" for kind, thing in things for n in (1, 2)}
    assert {lead.id for lead in leads} == wanted and len(leads) == 6


def test_leads_stand_by_office_case_and_id(leads: list[Lead]) -> None:
    assert [(lead.office, lead.case_no) for lead in leads] == [("339901", chain(2))] * 3 + [("339902", chain(1))] * 3
    assert [lead.id for lead in leads[:3]] == sorted(lead.id for lead in leads[:3])
    assert {lead.court for lead in leads} == {"浙东市第1法院"}


def test_a_thing_in_two_chains_is_told_to_both_and_money_to_none(leads: list[Lead]) -> None:
    told = {(lead.asset_class, lead.case_no): lead.also_in for lead in leads}
    assert told["VEH", chain(1)] == (chain(2),) and told["VEH", chain(2)] == (chain(1),)
    assert told["FUND", chain(1)] == told["FUND", chain(2)] == ()


def test_rows_of_one_clue_and_day_are_told_apart_by_their_place(leads: list[Lead]) -> None:
    (money,) = [lead for lead in leads if lead.asset_class == "FUND" and lead.case_no == chain(1)]
    rows = money.rows
    assert sorted(row.amount_fen or 0 for row in rows) == [300_000, 700_000] and money.net_fen == 1_000_000
    assert [row.key for row in rows] == [digest("T-PAY", str(row.day), row.who, str(n)) for n, row in enumerate(rows)]


def test_only_rows_of_the_asked_episode_open_leads(facts: Facts, leads: list[Lead]) -> None:
    found = build_leads(facts, [episode(1, ZB)], ["M2A", "T-PAY"])
    assert found == [lead for lead in leads if lead.case_no == chain(1)]
    assert build_leads(facts, [], ["M2A"]) == []
