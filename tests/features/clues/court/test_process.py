"""How the enforcement went: reports, sanctions, clues, speed, the number of checks failed."""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan

from clue_rows import ZB, Book, episode, feature, module_facts, person, rows
from procedure_cases import EXPECTED

from features.clues.court.process import LATE, NONE, ON_TIME, ZERO, family
from features.facts import Facts

ORDERED, DUE = date(2023, 1, 12), date(2023, 1, 27)


@module_facts(Book)
def reports(book: Book) -> None:
    for n in range(1, 9):
        book.case(n)
        if n < 7:
            book.event(n, "RPT_ORDER", ORDERED, subject_id=person(n), expiry_date=DUE)
    book.event(7, "NOTICE", ORDERED)
    for n, day, amount in ((1, DUE, 5_000), (2, DUE + timedelta(days=1), 5_000), (3, DUE, 0), (5, DUE, 0)):
        book.event(n, "RPT_CONTENT", day, subject_id=person(n), asset_kind="收入", amount=amount)
    book.event(5, "RPT_CONTENT", DUE, subject_id=person(5), asset_kind="存款", amount=700)
    for n, amount in ((3, 100_001), (3, 100_000), (1, 9_000_000)):
        money = {"asset_kind": "银行存款", "asset_id": f"A{amount}", "amount": amount}
        book.bank_query(n, date(2023, 2, 1), has_result=True, **money)
    book.event(6, "FINE", date(2023, 3, 1), amount=100_000, reason="拒不报告财产")
    book.event(6, "DETENTION", ZB + timedelta(days=1))
    book.event(6, "CLUE", date(2023, 3, 1), end_date=date(2023, 3, 20), result="已核实", detail="有车")


def test_states_of_the_report(reports: Facts) -> None:
    found = {row["episode"]: (row["state"], row["amount"]) for row in rows(family, "F01", reports)}
    assert found == {
        episode(1): (ON_TIME, 5_000),
        episode(2): (LATE, 5_000),
        episode(3): (ZERO, 0),
        episode(4): (NONE, 0),
        episode(5): (ON_TIME, 700),
        episode(6): (NONE, 0),
    }


def test_nobody_is_blamed_where_no_order_or_no_log_is_known(reports: Facts) -> None:
    assert feature(family, "F01_state", reports, 7) == 0.0
    assert isnan(feature(family, "F01_state", reports, 8))


def test_zero_reported_and_something_found(reports: Facts) -> None:
    found = rows(family, "F02", reports)
    assert [(row["episode"], row["amount"], len(row["src"])) for row in found] == [(episode(3), 100_001, 2)]


def test_sanctions_and_clues_before_the_end(reports: Facts) -> None:
    assert (feature(family, "F03_n", reports, 6), feature(family, "F03_fine", reports, 6)) == (1.0, 1000.0)
    names = ("F04_n", "F04_open", "F04_late")
    assert [feature(family, name, reports, 6) for name in names] == [1.0, 0.0, 1.0]


def test_speed(reports: Facts) -> None:
    assert feature(family, "F05_days", reports, 1) == (ZB - date(2023, 1, 10)).days
    assert feature(family, "F05_waited", reports, 1) == (date(2023, 1, 5) - date(2022, 9, 26)).days


def test_failed_checks_are_those_of_the_checks(checked: Facts) -> None:
    found = rows(family, "F08", checked)
    for id, expected in EXPECTED.items():
        assert {row["episode"] for row in found if row["who"] == id} == {episode(n) for n in expected}
    assert feature(family, "F08_n", checked, 43) == 4.0
    assert (feature(family, "F08_survey", checked, 5), feature(family, "F08_query", checked, 5)) == (1.0, 0.0)
