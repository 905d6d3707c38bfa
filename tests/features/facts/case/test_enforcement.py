"""Preservations taken over, claims, payment in full and deaths: which row stands where several tell of one thing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from clue_rows import TODAY, ZB, Book, episode, person, tuples

from features.facts import Facts

DAY = timedelta(days=1)


def debt(book: Book, n: int, *paid: tuple[date, int], **more: Any) -> None:
    """Case n over 1,000 分 with sums paid in."""
    book.case(n, amt_due=1_000, amt_unpaid=None, **more)
    for day, amount in paid:
        book.event(n, "PAY_IN", day, amount=amount)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    book = Book()
    debt(book, 1, (ZB, 600), (ZB + DAY, 400))
    debt(book, 2, (ZB, 600), (ZB, 399))
    debt(book, 3, (ZB, 600), (TODAY, 399), amt_waived=1)
    debt(book, 4, (ZB, 600), (TODAY + DAY, 400))
    debt(book, 5, (ZB, 1_000), amt_waived=1_000)
    for n, end in ((6, ZB + DAY), (7, TODAY + DAY), (8, ZB - DAY)):
        debt(book, n)
        again = {
            "case_no": f"（2023）浙9901执恢{n}号",
            "prev_case_no": f"（2023）浙9901执{n}号",
            "case_type": "resumed",
        }
        book.add("case", **again, close_mode="paid", close_date=end, court_code="浙9901", court_division="339901")
    debt(book, 9, (ZB + 2 * DAY, 1_000))
    book.resumed(9, close_mode="settled_paid", close_date=ZB + DAY)
    for row in (
        {"person_id": person(1), "died_on": date(2023, 8, 2), "cremated_on": date(2023, 8, 1)},
        {"person_id": person(2), "died_on": TODAY},
        {"person_id": person(3), "died_on": TODAY + DAY},
        {"person_id": person(4), "died_on": date(2023, 8, 1), "cremated_on": date(2023, 8, 3)},
        {"person_id": f" {person(4)}", "died_on": date(2023, 8, 2)},
        {"person_id": person(5001), "died_on": date(2023, 8, 1)},
    ):
        book.add("death", **row)
    claims(book)
    made = book.open(tmp_path_factory.mktemp("enforcement"))
    yield made
    made.cut.close()


def claims(book: Book) -> None:
    """Claims to the distribution of case 1; the second of each pair was delivered under another number."""
    one = {"distribution_no": "F1", "case_no": "（2023）浙9901执1号", "claimant_name": "甲", "kind": "wage"}
    one |= {"claim_amount": 1_000_000_000_001, "applied_on": TODAY, "plan_date": TODAY, "paid_date": TODAY + DAY}
    for number, more in (
        ("1", {"claimant_id": person(71), "basis_no": "(2022)浙9901民初5号"}),
        ("2", {"claimant_id": person(71), "basis_no": "（2022）浙9901民初 5号", "allocated": 7}),
        ("3", {"claimant_id": person(71), "basis_no": "（2022）浙9901民初6号"}),
        ("4", {}),
        ("5", {"rank": 2}),
        ("6", {"claimant_name": None}),
        ("7", {"claimant_name": None}),
        ("8", {"applied_on": TODAY + DAY}),
        ("9", {"claimant_id": person(71), "kind": "tax", "basis_no": "（2022）浙9901民初6号"}),
    ):
        book.add("claim", claim_no=number, **(one | more))


def test_a_debt_is_settled_on_the_day_the_sums_reach_it(facts: Facts) -> None:
    found = tuples(facts.settled, "episode", "settled_on")
    assert found == [
        (episode(1), ZB + DAY),
        (episode(3), TODAY),
        (episode(6), ZB + DAY),
        (episode(9), ZB + DAY),
    ]
    event = dict(tuples(facts.cut.table("event"), "rid", "amount"))
    rows = dict(tuples(facts.settled, "episode", "settle_rid"))
    assert event[rows[episode(1)]] == 400 and event[rows[episode(3)]] == 399


def test_the_register_of_deaths_names_debtors_by_its_earliest_day(facts: Facts) -> None:
    assert tuples(facts.deaths, "episode", "person", "name", "died_on") == [
        (episode(1), person(1), "债务人1", date(2023, 8, 1)),
        (episode(2), person(2), "债务人2", TODAY),
        (episode(4), person(4), "债务人4", date(2023, 8, 1)),
    ]


def test_a_claim_delivered_under_two_numbers_is_one(facts: Facts) -> None:
    found = tuples(facts.claims, "claim_no", "whom", "allocated", "plan_date", "paid_date", "claim_amount")
    assert [row[0] for row in found] == ["2", "3", "5", "6", "7", "9"]
    assert found[0] == ("2", person(71), 7, TODAY, None, 1_000_000_000_001)
    assert [whom for _, whom, *_ in found[2:5]] == ["甲", "6", "7"]


@pytest.fixture(scope="module")
def seals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    """Preservation A of case 1 (log delivered) and B of a court whose log is not held; random seals of both."""
    book = Book()
    pres = {"case_type": "preservation", "court_division": "339901", "filing_date": date(2022, 6, 1)}
    book.case(1, preservation_no="(2022)浙9901执保 1号")
    book.case(2, preservation_no="（2022）浙9902执保2号")
    for number, court in (("（2022）浙9901执保1号", "浙9901"), ("（2022）浙9902执保2号", "浙9902")):
        book.add("case", case_no=number, court_code=court, **pres)
    book.event(1, "NOTICE", date(2023, 1, 12))
    rng = random.Random(4)
    for n in range(40):
        day, until = date(2022, 7, 1) + n * DAY, date(2024, rng.randrange(1, 4), 1)
        asset = {"asset_id": rng.choice("甲乙丙"), "asset_kind": "不动产", "expiry_date": until}
        book.add("event", event_id=f"S{n}", case_no="（2022）浙9901执保1号", ev_code="SEAL", ev_date=day, **asset)
    made = book.open(tmp_path_factory.mktemp("seals"))
    yield made
    made.cut.close()


def test_the_seal_that_lasts_longest_is_the_one_taken_over(seals: Facts) -> None:
    event = seals.cut.table("event")
    best: dict[str, tuple[date, int]] = {}
    for asset, until, rid in tuples(event.filter(event.ev_code == "SEAL"), "asset_id", "expiry_date", "rid"):
        best[asset] = max(best.get(asset, (date.min, 0)), (until, rid))
    found = tuples(seals.preserved, "asset", "until", "rid")
    assert found == sorted((asset, *row) for asset, row in best.items()) and len(found) == 3
    case = dict(tuples(seals.cut.table("case"), "case_no", "rid"))
    beside = tuples(seals.preserved.drop("asset").distinct(), "episode", "filed", "case_rid", "log_on", "pres_no")
    assert set(beside) == {
        (episode(1), date(2023, 1, 10), case["（2023）浙9901执1号"], date(2023, 9, 1), "（2022）浙9901执保1号")
    }
