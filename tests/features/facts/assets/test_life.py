"""Marriages from either side, employment by the insurer's words, bills, tenancies and pledges by the day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from clue_rows import TODAY, ZB, Book, episode, person, relation, tuples

from features.facts import Facts
from features.facts.assets import life

DAY = timedelta(days=1)
WED = date(2010, 5, 1)
STATES = [
    ("参保缴费", "某厂", 0, 0, True, False),
    ("暂停参保缴费", "某厂", 0, 0, False, False),
    ("正常参保（灵活就业）", "某厂", 100, 0, False, False),
    ("在职", "", 100, 0, False, False),
    (None, "某厂", 100, 0, True, False),
    (None, "某厂", 0, 0, False, False),
    (None, "某厂", None, None, False, False),
    ("退休", "某厂", 0, 0, False, True),
    ("领取待遇", None, 0, 300, False, True),
    ("在职", "某厂", 100, 1, True, True),
    ("参保", "某厂", 0, 0, True, False),
    ("未参保", "某厂", 100, 0, False, False),
]
"""Words of the insurer, unit, base, pension; and whether an employer pays, whether a pension is drawn."""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    book = Book()
    for n in (1, 2):
        book.case(n)
    # 1 and 2 were married to each other; told from both sides. 1 married again, and will be divorced tomorrow.
    book.add(
        "marriage",
        person_a=person(1),
        person_b=person(2),
        reg_date=WED,
        divorce_date=ZB,
        asset_share=0.2,
        debt_share=1.0,
    )
    book.add("marriage", person_a=person(2), person_b=person(1), reg_date=WED, divorce_date=ZB, asset_share=0.75)
    book.add("marriage", person_a=person(55), person_b=person(1), reg_date=TODAY, divorce_date=TODAY + DAY)
    book.add("marriage", person_a=person(56), person_b=person(1), reg_date=TODAY + DAY)
    for n, (status, unit, base, pension, *_) in enumerate(STATES):
        month = date(2022, 1, 1) + n * 31 * DAY
        book.add(
            "social", person_id=person(1), last_month=month, status=status, unit=unit, base=base, pension_amt=pension
        )
    book.add("social", person_id=person(1), last_month=TODAY + DAY, status="在职", unit="某厂")
    for n, (day, address) in enumerate(((date(2022, 12, 31), " 甲路　1 号 "), (TODAY, ""), (TODAY + DAY, "甲路1号"))):
        book.add("utility", meter_no="M", kind="water", paid_on=day, address=address, unit_no="", payer_id=person(n))
    for n, more in enumerate(
        ({"start_date": ZB}, {"signed_on": WED}, {}, {"tenant_id": None}, {"registered_on": TODAY + DAY})
    ):
        row = {"lease_no": f"L{n}", "unit_no": f"U{n}", "landlord_id": person(77), "tenant_id": person(1)}
        book.add("lease", **(row | {"registered_on": TODAY} | more))
    for n, more in enumerate(({}, {"end_date": TODAY}, {"reg_date": TODAY + DAY}, {"owner_id": person(77)})):
        row = {
            "mortgage_no": f"D{n}",
            "asset_id": f"U{n}",
            "owner_id": person(1),
            "debtor_id": person(66),
            "reg_date": TODAY,
        }
        book.add("encumbrance", **(row | more))
    made = book.open(tmp_path_factory.mktemp("life"))
    yield made
    made.cut.close()


def test_a_marriage_is_told_from_the_debtors_side_and_the_later_row_stands(facts: Facts) -> None:
    found = tuples(facts.marriages, "person", "other", "day_from", "divorced_on", "asset_share", "debt_share")
    assert found == [
        (person(1), person(2), WED, ZB, 0.25, None),
        (person(1), person(55), TODAY, None, None, None),
        (person(2), person(1), WED, ZB, 0.75, None),
    ]


def test_employment_and_pension_by_the_words_of_the_insurer(facts: Facts) -> None:
    answers = tuples(facts.insured, "last_month", "employed", "retired")
    assert [(employed, retired) for _, employed, retired in answers] == [tuple(row[4:]) for row in STATES]
    assert {row[0] for row in tuples(facts.insured, "episode")} == {episode(1)}


def test_bills_join_by_an_address_without_blanks_and_count_months_through(facts: Facts) -> None:
    assert tuples(facts.home_bills, "month", "place", "unit_no", "day") == [
        (2022 * 12 + 12, "甲路1号", None, date(2022, 12, 31)),
        (2023 * 12 + 12, None, None, TODAY),
    ]


def test_a_tenancy_begins_with_its_term_else_its_contract_else_its_entry(facts: Facts) -> None:
    assert tuples(facts.tenancies, "unit_no", "tenant", "day_from") == [
        ("U0", person(1), ZB),
        ("U1", person(1), WED),
        ("U2", person(1), TODAY),
    ]


def test_pledges_of_debtors_name_whose_debt_they_secure(facts: Facts) -> None:
    assert tuples(facts.pledges, "asset_id", "person", "secured", "day_to") == [
        ("U0", person(1), person(66), None),
        ("U1", person(1), person(66), TODAY),
    ]


def test_homes_are_realty_alone() -> None:
    columns = {"owner": "string", "day_from": "date", "day_to": "date", "rid": "int64", "asset_id": "string"}
    rows = [("甲", ZB, None, 1, "U", "甲路 1号", "RE"), ("甲", ZB, None, 2, "V", "浙Z00001", "VEH")]
    held = relation(columns | {"label": "string", "asset_kind": "string"}, rows)
    assert tuples(life.homes(held), "unit_no", "place", "rid") == [("U", "甲路1号", 1)]
