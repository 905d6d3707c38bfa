"""Parties without a number: joined where all but sure, candidates where likely, alone where two people fit."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from clue_rows import Book, episode

from features.clues.people import identity
from features.facts import Facts
from features.facts.people import linkage

MAN = "990001198001010019"
OTHER_MAN = "990001198001012014"
CASE = "（2023）浙9901执1号"


def book(record: dict[str, Any], *known: dict[str, Any]) -> Book:
    """Case 1 with a second debtor without a number, and people known from case 2."""
    made = Book()
    made.case(1)
    made.case(2)
    made.add("party", case_no=CASE, party_no=3, role="debtor", kind="person", **record)
    for number, person in enumerate(known, start=3):
        made.add("party", case_no="（2023）浙9901执2号", party_no=number, role="third", kind="person", **person)
    return made


def found(made: Book, home: Path) -> tuple[Facts, dict[str, tuple[str, float]]]:
    facts = made.open(home)
    frame = facts.debtors.filter(facts.debtors.episode == episode(1)).to_pandas().set_index("name")
    return facts, {str(name): (row["person"], row["identity"]) for name, row in frame.iterrows()}


FULL = {"name": "赵无号", "birth": date(1980, 1, 1), "sex": "M", "address": "甲镇乙村1号", "phone": "99900000001"}


def test_name_birth_and_telephone_make_one_person(tmp_path: Path) -> None:
    facts, got = found(book(FULL, {**FULL, "id_no": MAN, "address": "甲镇乙村１号。"}), tmp_path)
    person, probability = got["赵无号"]
    assert person == MAN and 0.99 <= probability < 1
    rows = identity.family.clues[0].rows(facts).to_pandas()
    assert list(rows["who"]) == ["赵无号"] and "99.9" in rows["note"][0]


def test_two_people_of_one_name_and_birthday_leave_the_record_alone(tmp_path: Path) -> None:
    bare = {"name": "赵无号", "birth": date(1980, 1, 1), "sex": "M"}
    facts, got = found(book(bare, {"name": "赵无号", "id_no": MAN}, {"name": "赵无号", "id_no": OTHER_MAN}), tmp_path)
    assert got["赵无号"][0] == f"无证件:赵无号@{CASE}" and math.isnan(got["赵无号"][1])
    assert facts.identities.to_pandas()["probability"].max() <= 0.5
    assert identity.family.clues[0].rows(facts).count().to_pandas() == 0


@pytest.mark.parametrize(
    ("change", "joined"),
    [
        ({}, True),
        ({"birth": date(1981, 5, 7)}, True),
        ({"birth": date(1981, 5, 7), "phone": None}, False),
        ({"sex": "F", "phone": None, "address": None}, False),
        ({"phone": None, "address": None, "birth": None}, False),
        ({"name": "赵新名", "former_name": "赵无号"}, True),
        ({"name": "钱旁人"}, False),
    ],
)
def test_what_joins_and_what_does_not(change: dict[str, Any], joined: bool, tmp_path: Path) -> None:
    record = {**FULL, **change}
    _, got = found(book(record, {**FULL, "id_no": MAN}), tmp_path)
    assert (got[str(record["name"])][0] == MAN) is joined


def test_a_common_name_says_less_than_a_rare_one(tmp_path: Path) -> None:
    bare = {"name": "赵无号", "birth": date(1980, 1, 1), "sex": "M"}
    made = book(bare, {"name": "赵无号", "id_no": MAN})
    alone = made.open(tmp_path / "rare").identities.to_pandas()["probability"].max()
    for n in range(300):
        made.add(
            "vehicle",
            plate=f"浙Z{n:05d}",
            vin=f"TESTZZ{n:011d}",
            owner_id=f"99000119700202{n:04d}",
            owner_name="赵无号",
            own_from=date(2015, 1, 1),
        )
    common = made.open(tmp_path / "common").identities.to_pandas()["probability"].max()
    assert common < alone


def test_the_number_the_court_asked_about_in_that_case_counts(tmp_path: Path) -> None:
    bare = {"name": "赵无号", "birth": date(1980, 1, 1), "sex": "M"}
    made = book(bare)
    made.event(1, "LIMIT", date(2023, 2, 1), subject_id=MAN)
    _, got = found(made, tmp_path)
    assert got["赵无号"][0] == MAN


def test_fifteen_digit_numbers_are_the_same_person(tmp_path: Path) -> None:
    made = Book()
    made.case(1)
    made.add("party", case_no=CASE, party_no=3, role="debtor", kind="person", name="赵旧号", id_no="990001800101001")
    _, got = found(made, tmp_path)
    assert got["赵旧号"] == ("990001198001010019", 1.0)


def test_probabilities_are_those_of_the_formula(tmp_path: Path) -> None:
    bare = {"name": "赵无号", "birth": date(1980, 1, 1), "sex": "M"}
    facts = book(bare, {"name": "赵无号", "id_no": MAN}).open(tmp_path)
    p = linkage.parameters()
    people = int(facts.names.to_pandas()["people"].iloc[0])
    share = (1 + p["frequency"]["floor"]) / (people + p["frequency"]["among"])
    odds = p["prior"] / (1 - p["prior"]) * (p["name"]["m"] / share) * (p["birth"]["m"] / p["birth"]["u"])
    odds *= p["sex"]["m"] / p["sex"]["u"]
    got = facts.identities.to_pandas()["probability"].max()
    assert got == pytest.approx(odds / (1 + odds), rel=1e-6)
