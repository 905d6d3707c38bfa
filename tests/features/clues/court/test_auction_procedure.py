"""Procedure of auctions: each period and share at its bound, a lot delivered twice, what a delivery leaves blank."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from auction_rows import DAY, OPEN, bid, lot
from clue_rows import Book, cases, module_facts, person, rows

from features.clues.court.auction_procedure import family
from features.facts import Facts


def opened(book: Book, count: int) -> Facts:
    """The facts of a book of lots, with the cases 1 to `count` they belong to."""
    for n in range(1, count + 1):
        book.case(n)
    return book.open()


def cases_found(id: str, facts: Facts) -> list[int]:
    """Numbers of the cases in which a clue finds something."""
    return cases(rows(family, id, facts))


@pytest.mark.parametrize(
    ("kind", "round", "least"),
    [
        ("不动产", "first", 30),
        ("车辆", "first", 15),
        ("不动产", "second", 15),
        ("车辆", "second", 7),
        (None, "first", 15),
    ],
)
def test_days_between_notice_and_opening(book: Book, kind: str | None, round: str, least: int) -> None:
    for n, days in enumerate((least - 1, least, least + 1), start=1):
        lot(book, n, round, asset_kind=kind, notice_date=OPEN - days * DAY)
    assert cases_found("AUC-NOTICE", opened(book, 3)) == [1]


def test_auctions_before_the_provisions_are_not_judged(book: Book) -> None:
    for n, notice in ((1, date(2016, 12, 31)), (2, date(2017, 1, 1))):
        lot(book, n, notice_date=notice, start_date=notice + 5 * DAY, end_date=notice + 6 * DAY)
    assert cases_found("AUC-NOTICE", opened(book, 2)) == [2]


def test_reserve_at_seventy_percent(book: Book) -> None:
    for n, reserve in ((1, 69_999_999), (2, 70_000_000), (3, 70_000_001)):
        lot(book, n, reserve=reserve)
    lot(book, 4, "second", reserve=56_000_000)
    lot(book, 5, appraised=None, reserve=1)
    assert cases_found("AUC-RESERVE", opened(book, 5)) == [1]


def test_second_round_cut_by_a_fifth_at_most(book: Book) -> None:
    for n, reserve in ((1, 55_999_999), (2, 56_000_000), (3, 60_000_000)):
        lot(book, n, status="failed", deal_price=None)
        lot(book, n, "second", reserve=reserve, start_date=OPEN + 20 * DAY, end_date=OPEN + 21 * DAY)
    # A second auction without a first one on file is not judged.
    lot(book, 4, "second", reserve=1)
    assert cases_found("AUC2-CUT", opened(book, 4)) == [1]


def test_second_round_within_thirty_days(book: Book) -> None:
    # The first ends on 11 April, the thirtieth day is 11 May 2023, a Thursday.
    for n, days in ((1, 29), (2, 30), (3, 31)):
        lot(book, n, status="failed")
        lot(book, n, "second", start_date=OPEN + DAY + days * DAY, end_date=None)
    assert cases_found("AUC2-LATE", opened(book, 3)) == [3]


def test_deposit_between_five_and_twenty_percent(book: Book) -> None:
    for n, deposit in enumerate((3_499_999, 3_500_000, 14_000_000, 14_000_001, None), start=1):
        lot(book, n, deposit=deposit)
    assert cases_found("AUC-DEPOSIT", opened(book, 5)) == [1, 4]


def test_parties_notified_three_days_before_the_notice(book: Book) -> None:
    notice = OPEN - 30 * DAY

    for n, days in ((1, 2), (2, 3), (3, 4)):
        lot(book, n, notified_date=notice - days * DAY)
    lot(book, 4, notified_date=None)
    # 4 is blank where others of the delivery are not.
    assert cases_found("AUC-TELL", opened(book, 4)) == [1, 4]


def test_a_column_never_delivered_is_no_omission(book: Book) -> None:
    for n in (1, 2):
        lot(book, n, notified_date=None, tax_bearer=None, tenancy_notice=None, evacuation=None)
    facts = opened(book, 2)
    assert rows(family, "AUC-TELL", facts) == []
    assert cases_found("AUC-PUBLIC", facts) == []


def test_what_the_notice_left_out(book: Book) -> None:
    lot(book, 1)
    lot(book, 2, tenancy_notice=None, evacuation="")
    lot(book, 3, asset_kind="车辆", tenancy_notice=None, evacuation=None)
    lot(book, 4, appraisal_public=False)
    lot(book, 5, asset_kind="车辆", tax_bearer=None)
    facts = opened(book, 5)
    notes = {row["who"]: row["note"] for row in rows(family, "AUC-PUBLIC", facts)}
    assert notes == {
        "不动产 UNIT2": "未公示：租赁占有、腾退交付",
        "不动产 UNIT4": "未公示：评估报告",
        "车辆 UNIT5": "未公示：税费承担",
    }


def test_bidding_that_ended_on_its_day(book: Book) -> None:
    lot(book, 1, end_date=OPEN)
    lot(book, 2, end_date=OPEN + DAY)
    lot(book, 3, end_date=OPEN, status="withdrawn")
    lot(book, 4, end_date=None)
    assert cases_found("AUC-SHORT", opened(book, 4)) == [1]


def test_a_defaulter_who_bids_again(book: Book) -> None:
    later = OPEN + 40 * DAY
    for n, bidder in ((1, 900), (2, 901)):
        lot(book, n, status="defaulted", buyer_id=person(900))
        lot(book, n, "second", lot_id=f"L{n}-again", start_date=later, end_date=later + DAY)
        for minute in (1, 2):
            bid(
                book,
                n,
                bidder,
                minute,
                lot_id=f"L{n}-again",
                round="二拍",
                bid_time=datetime(2023, 5, 20, 10, minute),
            )
    facts = opened(book, 2)
    found = rows(family, "AUC-AGAIN", facts)
    # Two bids of one bidder on one lot are one row.
    assert [row["who"] for row in found] == [person(900)] and len(found[0]["src"]) == 3


@module_facts(Book)
def vain(book: Book) -> None:
    """Mortgages of 700,000 元 on homes put up for 700,000 元."""
    notice = OPEN - 30 * DAY
    terms = {"asset_kind": "不动产", "amount": 70_000_000, "reg_date": date(2020, 1, 1), "mortgagee_id": "99BANK"}
    for n, changes in enumerate(
        (
            {},
            {"amount": 69_999_999},
            {"end_date": notice},
            {"end_date": notice + DAY},
            {"reg_date": notice + DAY},
            {"mortgagee_id": person(5006)},
        ),
        start=1,
    ):
        book.case(n)
        book.asked(n, "RE")
        lot(book, n)
        book.add("encumbrance", mortgage_no=f"M{n}", asset_id=f"UNIT{n}", owner_id=person(n), **(terms | changes))
    book.add("encumbrance", mortgage_no="M1-again", asset_id="UNIT1", owner_id=person(1), **terms)


def test_a_sale_that_cannot_benefit_the_applicant(vain: Facts) -> None:
    found = rows(family, "AUC-VAIN", vain)
    assert cases(found) == [1, 4]
    # The mortgage delivered twice under two numbers counts once.
    assert found[0]["note"].endswith("100%") and len(found[0]["src"]) == 2


def test_a_lot_delivered_twice_is_one_row(book: Book) -> None:
    for number in ("A", "B"):
        lot(book, 1, lot_id=number, reserve=1, deposit=1, notice_date=OPEN - DAY, end_date=OPEN)
    facts = opened(book, 1)
    for id in ("AUC-NOTICE", "AUC-RESERVE", "AUC-DEPOSIT", "AUC-SHORT"):
        assert len(rows(family, id, facts)) == 1
