"""The elements of a transfer beside the clues of a case: matched, not seen, or not covered; never said to be so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from clue_rows import TODAY, Book, episode, person

import cli
from features.clues import catalogue
from features.errors import GoldenKeyError
from features.facts import Facts
from features.screening.elements import (
    CAUTION,
    MATCHED,
    UNCOVERED,
    UNSEEN,
    Checklist,
    ElementStatus,
    as_json,
    build_checklist,
    read_elements,
    shipped_elements,
)

SRV = date(2022, 5, 20)
ONE = """
[[matter]]
id = "p"
name = "某罪"
use = "移送"
law = "某法"

[[element]]
matter = "p"
id = "E"
label = "某要素"
law = "某条"
clues = ["E07"]
ask = ["某材料"]
"""


def filled(folder: Path) -> Book:
    """1: the spouse sued and settled at once; 2: as covered and nothing there; 3: kin were never asked about."""
    book = Book()
    for n in (1, 2, 3):
        book.case(n)
    book.asked(1, "KIN")
    book.asked(2, "KIN")
    book.kin(1, 801)
    book.add(
        "litigation",
        suit_no="（2022）浙9901民初901号",
        cause="民间借贷纠纷",
        plaintiff_id=person(801),
        defendant_id=person(1),
        suit_date=SRV,
        judgment_date=SRV + timedelta(days=3),
        outcome="调解",
        amount=8_000_000,
    )
    return book


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    folder = tmp_path_factory.mktemp("checklist")
    made = filled(folder).open(folder)
    yield made
    made.cut.close()


def line(made: Checklist, id: str) -> ElementStatus:
    return next(one for _, lines in made.matters for one in lines if one.element.id == id)


def test_an_element_is_matched_unseen_or_uncovered(facts: Facts) -> None:
    hit, none, unknown = (line(build_checklist(facts, episode(n)), "SHAM-COLLUDE") for n in (1, 2, 3))
    assert (hit.state, none.state, unknown.state) == (MATCHED, UNSEEN, UNCOVERED)
    assert [match.clue.id for match in hit.matches] == ["E07"] and hit.without_rows == ("M15A",)
    assert none.without_rows == ("E07", "M15A") and not none.gaps
    assert unknown.gaps == ("人员关系",) and unknown.without_rows == ("M15A",)


def test_a_match_shows_the_rows_it_stands_on(facts: Facts) -> None:
    row = line(build_checklist(facts, episode(1)), "SHAM-COLLUDE").matches[0].rows[0]
    assert row.amount_fen == 8_000_000 and row.day == SRV
    assert [(source.file, source.row) for source in row.sources] == [("诉讼案件.csv", 5), ("人员关系.csv", 2)]


def test_what_no_data_bears_on_is_left_to_people_with_its_date(facts: Facts) -> None:
    made = build_checklist(facts, episode(1))
    intent, judgment = line(made, "SHAM-INTENT"), line(made, "REF-JUDGMENT")
    assert intent.state == UNCOVERED and "人工核实" in intent.gaps[0] and intent.element.ask
    assert judgment.state == UNCOVERED and judgment.on == date(2022, 9, 26)


def test_a_match_stands_although_another_source_is_missing(facts: Facts) -> None:
    fact = line(build_checklist(facts, episode(1)), "SHAM-FACT")
    assert fact.state == UNCOVERED and "银行流水" in fact.gaps
    harm = line(build_checklist(facts, episode(1)), "REF-SHAM")
    assert harm.state == MATCHED and "银行流水" in harm.gaps


def test_a_clue_the_office_switched_off_covers_nothing(facts: Facts) -> None:
    made = build_checklist(facts, episode(2), [id for id in catalogue.CLUES if id != "M15A"])
    off = line(made, "SHAM-COLLUDE")
    assert off.state == UNCOVERED and off.gaps == ("线索已停用",)


def test_clues_about_another_kind_of_debtor_are_no_gap(facts: Facts) -> None:
    # E03B speaks of companies that are debtors; the debtor of case 2 is a person.
    made = build_checklist(facts, episode(2), ["E03B"])
    assert "E03B" not in line(made, "CON-ACT").without_rows
    assert all("线索已停用" in one.gaps for _, lines in made.matters for one in lines if one.gaps and one.element.clues)


def test_every_element_names_clues_that_exist_or_is_left_to_people() -> None:
    matters = shipped_elements()
    assert {matter.id for matter in matters} == {"sham", "refusal", "concealment"}
    for matter, elements in matters.items():
        assert matter.law and len(elements) >= 5
        for element in elements:
            assert element.label and element.law and element.ask, element.id
            for pattern in element.clues:
                one = type(element)(element.matter, "X", "x", "x", (pattern,), ("x",))
                assert one.bearing_clues(), (element.id, pattern)
            assert all(clue.kind != "context" for clue in element.bearing_clues())


def test_it_never_says_that_an_element_is_established(facts: Facts) -> None:
    whole = json.dumps([as_json(build_checklist(facts, episode(n))) for n in (1, 2, 3)], ensure_ascii=False)
    assert not re.search(r"认定|成立|证实|已构成|确认构成|罪犯", whole)
    states = {one.state for n in (1, 2, 3) for _, lines in build_checklist(facts, episode(n)).matters for one in lines}
    assert states == {MATCHED, UNSEEN, UNCOVERED} and "待核实" in CAUTION


@pytest.mark.parametrize(
    ("old", "new"),
    [('ask = ["某材料"]', ""), ('matter = "p"', 'matter = "q"'), ('label = "某要素"', 'name = "某要素"')],
    ids=["a field is missing", "no such matter", "an unknown field"],
)
def test_a_configuration_that_does_not_fit_is_refused_in_one_sentence(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "elements.toml"
    path.write_text(ONE, encoding="utf-8")
    assert [one.id for elements in read_elements(path).values() for one in elements] == ["E"]
    path.write_text(ONE.replace(old, new), encoding="utf-8")
    with pytest.raises(GoldenKeyError, match=r"要素配置 elements\.toml"):
        read_elements(path)


def test_the_command_prints_a_table_or_json(tmp_path: Path, capsys: Any) -> None:
    filled(tmp_path).open(tmp_path).cut.close()
    given = [
        "clues",
        "checklist",
        "(2022)浙9901执1号".replace("2022", "2023"),
        "--home",
        str(tmp_path),
        "--as-of",
        str(TODAY),
    ]
    assert cli.main(given) == 0
    told = capsys.readouterr().out
    assert "虚假诉讼" in told and MATCHED in told and "E07" in told and "待核实" in told
    assert cli.main([*given, "--format", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["episode"] == episode(1) and [matter["id"] for matter in made["papers"]] == [
        "sham",
        "refusal",
        "concealment",
    ]
    first = made["papers"][0]["elements"][0]
    assert first["state"] == MATCHED and first["clues"][0]["rows"][0]["sources"][0]["row"] > 0 and first["missing"]
    assert cli.main(["clues", "checklist", "--home", str(tmp_path)]) == 2
    assert "checklist 案号" in capsys.readouterr().err
