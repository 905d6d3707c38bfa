"""The compliance checks by their text: what fails, what is excepted, and where the court's records do not reach."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clue_rows import KNOWN, Book, cases, rows
from procedure_cases import EXPECTED, complete

from features.clues.court.procedure import family
from features.facts import Facts


@pytest.mark.parametrize("id", EXPECTED)
def test_exactly_these_cases_fail(checked: Facts, id: str) -> None:
    assert cases(rows(family, id, checked)) == EXPECTED[id]


def test_an_absence_cites_the_case_the_table_and_its_last_delivery(checked: Facts) -> None:
    found = rows(family, "CHK03", checked)[0]
    case_rid = checked.episodes.filter(checked.episodes.case_no == "（2023）浙9901执5号").to_pandas()["rid"][0]
    assert found["src"] == [case_rid]
    assert str(KNOWN) in found["note"] and "执行事件表" in found["note"]


def test_the_missing_range_and_the_person_are_named(checked: Facts) -> None:
    found = {row["episode"]: row for row in rows(family, "CHK02", checked)}
    assert "缺：工商；" in found["（2023）浙9901执23号@2023-06-20"]["note"]
    assert found["（2023）浙9901执43号@2023-06-20"]["who"] == "共同债务人"


def test_nothing_is_found_missing_before_the_log_can_show_it(book: Book) -> None:
    complete(book, 1, "INVEST", close_date=KNOWN - timedelta(days=14))
    complete(book, 2, "INVEST", close_date=KNOWN - timedelta(days=15))
    facts = book.open()
    assert cases(rows(family, "CHK03", facts)) == [2]
