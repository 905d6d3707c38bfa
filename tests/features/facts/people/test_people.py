"""Debtors, applicants and their ties: one row per person, both directions of a tie, nobody mixed up with a namesake."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from clue_rows import KNOWN, TODAY, Book, episode, facts_on, person, relation, tuples
from little_pool import deliver

from features.facts import Facts
from features.facts.people.people import surname

DAY = timedelta(days=1)
LATER = date(2023, 11, 1)
FIRM = "91990001MA00000A9W"


@pytest.mark.parametrize(
    ("name", "family"),
    [("欧阳某", "欧阳"), ("欧某", "欧"), ("阿依古丽·某", "阿"), ("司", "司"), ("", ""), (None, None)],
)
def test_a_family_name_is_one_sign_or_a_compound(name: str | None, family: str | None) -> None:
    row = relation({"name": "string"}, [(name,)])
    assert tuples(row.select(family=surname(row.name)), "family") == [(family,)]


def party(case: int, number: int, name: str, id_no: str | None, role: str = "debtor", **more: Any) -> dict[str, Any]:
    row = {"case_no": f"（2023）浙9901执{case}号", "party_no": number, "role": role, "kind": "person", "name": name}
    return row | {"id_no": id_no} | more


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("people")
    book = Book()
    book.case(1)
    book.case(2)
    book.tables["party"] += [
        # Debtor 1 stands twice in the case, the second time dead.
        party(1, 3, "债务人一", f" {person(1)} ", id_verify="查询结果：死亡"),
        party(1, 4, "王五", None, birth=date(1980, 1, 1)),
        party(2, 4, "王五", None, birth=date(1980, 1, 1)),
        party(2, 5, "王五", ""),
        party(1, 5, "法院", None, "applicant", kind="organisation"),
        party(2, 6, "案外", person(9), "outsider"),
    ]
    for one, two, rel, more in (
        (person(1), person(101), "spouse", {"name_b": "妻", "valid_from": date(2010, 1, 1)}),
        (person(101), person(1), "household", {"name_a": "妻子", "valid_to": date(2022, 1, 1)}),
        (person(102), person(1), "parent", {"name_a": "父", "valid_from": TODAY}),
        (person(1), person(103), "child", {"name_b": "子", "valid_from": TODAY + DAY}),
        (person(1), person(1), "sibling", {"name_b": "本人"}),
        (person(1), person(104), "weak_kin", {"name_b": "同姓"}),
        (person(1), FIRM, "shareholder", {"name_b": "公司"}),
        (FIRM, person(2), "legal_rep", {"name_a": "公司"}),
        (person(101), person(105), "child", {}),
        (person(1), person(2), "in_law", {"name_a": "甲", "name_b": "乙"}),
    ):
        book.add("relation", person_a=one, person_b=two, rel_code=rel, **more)
    deliver(path, KNOWN, book.tables)
    corrected = {"person_a": person(1), "person_b": person(101), "rel_code": "spouse", "name_b": "前妻"}
    deliver(path, LATER, {"relation": [corrected | {"valid_from": date(2011, 1, 1)}]})
    return path


def test_a_debtor_named_twice_is_one_and_dead_by_either_row(facts: Facts) -> None:
    columns = ("episode", "person", "name", "dead", "id_known", "identity")
    assert tuples(facts.debtors, *columns) == [
        (episode(1), person(1), "债务人1", True, True, 1.0),
        (episode(1), "无证件:王五@（2023）浙9901执1号", "王五", False, False, None),
        (episode(2), person(2), "债务人2", False, True, 1.0),
        (episode(2), "无证件:王五@（2023）浙9901执2号", "王五", False, False, None),
    ]
    assert tuples(facts.applicants, "episode", "person", "name", "kind") == [
        (episode(1), person(5001), "申请人1", "person"),
        (episode(1), "无证件:法院@（2023）浙9901执1号", "法院", "organisation"),
        (episode(2), person(5002), "申请人2", "person"),
    ]


def test_ties_stand_in_both_directions_once_a_pair_and_from_their_day(facts: Facts) -> None:
    assert tuples(facts.kin, "person", "other", "valid_to") == [
        (person(1), person(2), None),
        (person(1), person(101), date(2022, 1, 1)),
        (person(1), person(102), None),
        (person(2), person(1), None),
    ]
    assert tuples(facts.affiliates, "person", "other", "other_name", "rel") == [
        (person(1), FIRM, "公司", "shareholder"),
        (person(2), FIRM, "公司", "legal_rep"),
    ]
    names = {(who, other): name for who, other, name in tuples(facts.kin, "person", "other", "other_name")}
    assert (names[person(1), person(2)], names[person(2), person(1)]) == ("乙", "甲")


def test_a_corrected_tie_counts_from_its_delivery(home: Path) -> None:
    for day, begun in ((LATER - DAY, date(2010, 1, 1)), (LATER, date(2011, 1, 1))):
        with facts_on(home, day).cut as cut:
            found = dict(tuples(Facts(cut).kin, "other", "valid_from"))
        assert found[person(101)] == begun
        assert person(102) not in found
