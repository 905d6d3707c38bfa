"""Credit punishment: who should be listed, who should no longer be, and measures on the dead."""

from __future__ import annotations

from datetime import date, timedelta

from clue_rows import ZB, Book, cases, covered, episode, module_facts, person, rows

from features.clues.court.credit import family
from features.facts import Facts

DAY = timedelta(days=1)


def test_debtors_who_did_not_report_and_were_not_listed(book: Book) -> None:
    """The order ran out thirty days before the termination, a day less, and so on."""
    last = ZB - 30 * DAY
    for n, end in ((1, last), (2, last + DAY), (3, last), (4, last), (5, last), (6, last)):
        book.case(n)
        book.event(n, "RPT_ORDER", date(2023, 1, 12), expiry_date=end, subject_id=person(n))
    book.event(3, "RPT_CONTENT", last, amount=0, subject_id=person(3))
    book.event(4, "DISHONEST", ZB, subject_id=person(4))
    book.tables["party"][9]["birth"] = date(last.year - 18, last.month, last.day + 1)
    book.tables["party"][11]["id_verify"] = "死亡"
    assert [book.tables["party"][at]["name"] for at in (9, 11)] == ["债务人5", "债务人6"]
    facts = book.open()
    assert cases(rows(family, "M14A", facts)) == [1]


@module_facts(Book)
def lists(book: Book) -> None:
    """Paid in full on Wednesday 26 April 2023: Labour Day lies between, the third working day is Thursday 4 May."""
    paid = date(2023, 4, 26)
    listed = date(2023, 2, 1)
    for n, lifted in ((1, date(2023, 4, 28)), (2, date(2023, 5, 4)), (3, date(2023, 5, 5)), (4, None), (5, None)):
        book.case(n)
        book.event(n, "DISHONEST", listed, subject_id=person(n), end_date=lifted)
        book.event(n, "PAY_IN", listed, amount=15_000_000)
        book.event(n, "PAY_IN", paid, amount=5_000_000 - (n == 5))
    book.event(4, "DISHONEST", listed, subject_id=person(4))
    book.event(4, "LIMIT", listed)
    # 6 was listed after it had paid; 7 paid the sum less what was waived; 8 was closed as performed later on.
    for n, on in ((6, paid + DAY), (7, listed), (8, listed)):
        book.case(n, amt_waived=1 if n == 7 else None)
        book.event(n, "LIMIT", on)
    book.event(6, "PAY_IN", paid, amount=20_000_000)
    book.event(7, "PAY_IN", paid, amount=19_999_999)
    book.resumed(8, filing_date=ZB + DAY, close_mode="paid", close_date=date(2023, 7, 3))


def test_measures_kept_after_full_payment(lists: Facts) -> None:
    found = rows(family, "M14B", lists)
    # 5 still owes one 分.
    assert cases(found) == [3, 4, 6, 7, 8]
    kinds = {row["note"].split("，")[0] for row in found if row["episode"] == episode(4)}
    assert kinds == {"失信名单", "限制消费"} and len(found) == 6


def test_listings_beyond_their_term(book: Book) -> None:
    """Listed on Monday 24 May 2021: two years end on Wednesday 24 May 2023, three working days on Monday the 29th."""
    listed = date(2021, 5, 24)
    rows_of = {
        1: {"end_date": date(2023, 5, 26)},
        2: {"end_date": date(2023, 5, 29)},
        3: {"end_date": date(2023, 5, 30)},
        4: {},
        5: {"reason": "有履行能力而拒不履行生效法律文书确定义务"},
        6: {"detail": "延长一年"},
        7: {"expiry_date": date(2024, 5, 24)},
        8: {"expiry_date": date(2022, 5, 24)},
    }
    for n, changes in rows_of.items():
        book.case(n, filing_date=date(2021, 1, 1))
        book.event(n, "DISHONEST", listed, subject_id=person(n), **changes)
    book.event(4, "DISHONEST", listed, subject_id=person(4))
    book.case(9, filing_date=date(2017, 1, 1), close_date=date(2017, 6, 1))
    book.event(9, "DISHONEST", date(2017, 4, 30), subject_id=person(9))
    # 10: extended by a decision of its own in time; 11: the day after the last day.
    for n, on in ((10, date(2023, 5, 29)), (11, date(2023, 5, 30))):
        book.case(n, filing_date=date(2021, 1, 1))
        book.event(n, "DISHONEST", listed, subject_id=person(n))
        book.event(n, "DISHONEST", on, subject_id=person(n), result="延长失信期限", expiry_date=date(2024, 5, 24))
    facts = book.open()
    found = rows(family, "M14C", facts)
    # Listings before the rule of two years are not judged by it.
    assert cases(found) == [3, 4, 8, 11] and len(found) == 4


@module_facts(Book)
def dead(book: Book) -> None:
    died = date(2023, 3, 1)
    for n, limited in ((1, died - DAY), (2, died), (3, died + DAY), (4, died + DAY), (5, died + DAY)):
        book.case(n)
        book.event(n, "LIMIT", limited, subject_id=None if n == 5 else person(n if n != 4 else 904))
        book.add("death", person_id=person(n), name=f"债务人{n}", died_on=died)
    book.event(3, "LIMIT", died + DAY, subject_id=person(3))
    # Heirs: 11 asked for before the death only, 12 after it, 13 an heir joined the case, 14 died after the end.
    for n, asked in ((11, died - DAY), (12, died), (13, None), (14, None)):
        book.logged(n)
        book.add("death", person_id=person(n), died_on=died if n != 14 else ZB + DAY)
        if asked:
            book.event(n, "INVEST", asked, detail="查询遗产及继承人")
    book.kin(13, 813, "child")
    book.debtor(13, 813, party_no=3, name="继承人")
    book.case(15)
    book.event(15, "LIMIT", died)


def test_measures_on_the_dead(dead: Facts) -> None:
    found = rows(family, "M17A", dead)
    # 4 names somebody else; 5 names nobody and there is one debtor.
    assert cases(found) == [3, 5] and len(found) == 2


def test_heirs_nobody_looked_for(dead: Facts) -> None:
    found = rows(family, "M17B", dead)
    assert cases(found) == [1, 2, 3, 4, 5, 11]


def test_without_the_register_of_deaths_nothing_is_known(dead: Facts) -> None:
    assert covered(family, "M17A", dead, 1, 15) == [True, False]
