"""Limits on consumption by the day, against a loop over the days; and whose purse paid a journey."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from clue_rows import TODAY, ZB, Book, episode, person, relation, tuples

from features.facts import Facts
from features.facts.assets import travels

DAY = timedelta(days=1)
START = date(2023, 2, 1)
LIMITS = {
    "episode": "string",
    "person": "string",
    "day_from": "date",
    "day_to": "date",
    "permission": "boolean",
    "rid": "int64",
}
Limit = tuple[str, str, date, date | None, bool, int]


def random_limits(rng: random.Random) -> list[Limit]:
    """Orders and permissions of four people, open and ended, starting and ending on neighbouring days."""
    limits = []
    for rid in rng.sample(range(1_000), 24):
        day = START + rng.randrange(8) * DAY
        end = rng.choice([None, day, day + DAY, day + 3 * DAY])
        limits.append(("e", rng.choice("甲乙丙丁"), day, end, rng.random() < 0.3, rid))
    return limits


def by_hand(limits: list[Limit], person: str, day: date) -> int | None:
    """The earliest order that holds on a day: up to the day before its end; a permission covers its last day too."""
    orders = [
        (start, rid)
        for _, who, start, end, free, rid in limits
        if who == person and not free and start <= day and (end is None or day < end)
    ]
    freed = any(
        who == person and free and start <= day and (end is None or day <= end)
        for _, who, start, end, free, _ in limits
    )
    return None if freed or not orders else min(orders)[1]


@pytest.mark.parametrize("seed", range(3))
def test_a_limit_holds_from_its_day_until_its_end_but_for_permissions(seed: int) -> None:
    limits = random_limits(random.Random(seed))
    days = [START + n * DAY for n in range(-1, 13)]
    rows = [(who, day, n) for n, (who, day) in enumerate((who, day) for who in "甲乙丙丁" for day in days)]
    journeys = relation(
        {"episode": "string", "person": "string", "day": "date", "rid": "int64"}, [("e", *row) for row in rows]
    )
    found = tuples(travels.limited(journeys, relation(LIMITS, limits)), "rid", "limit_rid")
    wanted = [(n, rid) for who, day, n in rows if (rid := by_hand(limits, who, day)) is not None]
    assert found == wanted and 5 < len(wanted) < len(rows)


OWN_FIRM, OTHER_FIRM = "91990001MA00000A9W", "91990001MA00000B7X"


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    """Case 1 has one debtor; case 2 a second one and a company."""
    book = Book()
    book.case(1)
    book.case(2)
    number = "（2023）浙9901执2号"
    book.add("party", case_no=number, party_no=3, role="debtor", kind="person", name="共同", id_no=person(22))
    book.add("party", case_no=number, party_no=4, role="debtor", kind="company", name="厂", id_no=OWN_FIRM)
    book.event(1, "LIMIT", START)
    book.event(2, "LIMIT", START, subject_id=person(2))
    book.event(2, "LIMIT", START + DAY)
    book.event(2, "LIMIT", START + 5 * DAY, end_date=START + 6 * DAY, result="暂时解除")
    book.add("relation", person_a=person(1), person_b=OWN_FIRM, rel_code="legal_rep")
    book.add("relation", person_a=person(1), person_b=OTHER_FIRM, rel_code="employee")
    book.add("company", uscc="990001198001019999", name="号码像人的公司")
    for n, (kind, day, doc, payer) in enumerate(JOURNEYS):
        book.add("travel", person_id=person(1), kind=kind, travel_date=day, doc_no=doc or f"990{n}", payer_id=payer)
    book.add("travel", person_id=person(22), kind="air", travel_date=START + 2 * DAY, doc_no=person(22))
    made = book.open(tmp_path_factory.mktemp("travels"))
    yield made
    made.cut.close()


JOURNEYS: list[tuple[str, date, str | None, str | None]] = [
    ("air", START - DAY, person(1), None),
    ("air", START, person(1), person(1)),
    ("exit", TODAY, "PASS1", OWN_FIRM),
    ("air", ZB, person(1).lower(), OTHER_FIRM),
    ("rail_first", ZB, person(1), "990001198001019999"),
    ("air", TODAY + DAY, person(1), None),
]


def test_an_order_that_names_nobody_holds_for_the_only_debtor_alone(facts: Facts) -> None:
    found = tuples(facts.consumption_limits, "episode", "person", "day_from", "day_to", "permission")
    lifted = (START + 5 * DAY, START + 6 * DAY, True)
    assert found == [
        (episode(1), person(1), START, None, False),
        (episode(2), person(2), START, None, False),
        (episode(2), person(2), *lifted),
        (episode(2), person(22), *lifted),
    ]


def test_journeys_under_a_limit_with_document_and_purse(facts: Facts) -> None:
    found: list[tuple[Any, ...]] = tuples(facts.trips, "day", "kind", "bypass", "by_unit", "own_unit", "person")
    assert found == [
        (START, "air", False, False, False, person(1)),
        (ZB, "air", False, True, False, person(1)),
        (ZB, "rail_first", False, True, False, person(1)),
        (TODAY, "exit", True, True, True, person(1)),
    ]
    tie = dict(tuples(facts.cut.table("relation"), "person_b", "rid"))
    assert tuples(facts.trips.filter(facts.trips.own_unit), "tie_rid") == [(tie[OWN_FIRM],)]
