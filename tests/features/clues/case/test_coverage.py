"""What reaches a case: answers with and without findings, rows without an inquiry, the court's own log."""

from __future__ import annotations

from datetime import date, timedelta

from clue_rows import TODAY, ZB, Book, episode, feature, module_facts, person

from features.clues.case.coverage import family
from features.facts import Facts


@module_facts(Book)
def facts(book: Book) -> None:
    for n in range(1, 9):
        book.case(n)
    book.asked(1, "VEH", "RE", "INS", "HPF", "SOC", on=date(2023, 8, 1))
    book.add(
        "inquiry",
        inquiry_no="T1",
        subject_id=person(1),
        source_code="TX",
        asked_on=date(2023, 7, 1),
        answered_on=date(2023, 8, 20),
        period_from=date(2022, 9, 1),
        period_to=ZB + timedelta(days=1),
        has_result=True,
        accounts_known=5,
        accounts_returned=3,
    )
    book.car(2, "TESTZZ00002", date(2018, 1, 1))
    book.asked(3, "VEH", on=TODAY + timedelta(days=1))
    book.event(4, "NOTICE", date(2023, 1, 12))
    book.add("query_feedback", case_no="（2023）浙9901执4号", request_no="Q4", range_code="YH", req_date=ZB)
    book.event(5, "ZB", ZB)
    book.tables["event"][-1]["event_id"] = "裁定书:甲:ZB"
    book.kin(6, 606)
    book.asked(606, "VEH")
    book.tables["party"][-1]["id_verify"] = "死亡"
    book.asked(8, "VEH")


def test_coverage_is_counted_source_by_source(facts: Facts) -> None:
    found = {row["who"] for row in _rows(facts) if row["episode"] == episode(1)}
    assert found == {"COURT", "TX", "VEH", "RE", "INS", "HPF", "SOC"}
    assert feature(family, "H01_n", facts, 1) == 7.0
    assert (feature(family, "H01_TX", facts, 1), feature(family, "H01_TX", facts, 2)) == (1.0, 0.0)


def test_rows_cover_without_an_inquiry_and_answers_to_come_do_not(facts: Facts) -> None:
    assert feature(family, "H01_VEH", facts, 2) == 1.0
    assert feature(family, "H01_VEH", facts, 3) == 0.0


def test_the_courts_log_reaches_only_cases_that_stand_in_it(facts: Facts) -> None:
    assert (feature(family, "H01_CLOG", facts, 4), feature(family, "H01_CQRY", facts, 4)) == (1.0, 1.0)
    assert feature(family, "H01_CLOG", facts, 5) == 0.0
    assert feature(family, "H01_CLOG", facts, 1) == 0.0


def test_registers_of_kin_are_a_source_of_their_own(facts: Facts) -> None:
    assert (feature(family, "H01_KVEH", facts, 6), feature(family, "H01_VEH", facts, 6)) == (1.0, 0.0)
    assert feature(family, "H01_KRE", facts, 6) == 0.0


def test_a_dead_debtor_is_not_reached(facts: Facts) -> None:
    assert feature(family, "H01_VEH", facts, 8) == 0.0


def test_statements(facts: Facts) -> None:
    names = ("H02_months", "H02_known", "H02_returned", "H02_age", "H02_after")
    months = (ZB + timedelta(days=1) - date(2022, 9, 1)).days // 30
    expected = [months, 5, 3, (TODAY - date(2023, 8, 20)).days, 1]
    assert [feature(family, name, facts, 1) for name in names] == expected
    assert feature(family, "H02_months", facts, 2) == 0.0


def test_the_grade(facts: Facts) -> None:
    assert [feature(family, "H03_grade", facts, n) for n in (1, 2)] == [4.0, 1.0]


def _rows(facts: Facts) -> list[dict[str, object]]:
    clue = next(clue for clue in family.clues if clue.id == "H01")
    return [{str(k): v for k, v in row.items()} for row in clue.rows(facts).to_pandas().to_dict(orient="records")]
