"""Lots, bids, people near a debtor, leases and mortgages: what is one thing told twice, and what lies ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from auction_rows import DAY, OPEN, bid, lot
from clue_rows import TODAY, ZB, Book, episode, person, tuples

from features.facts import Facts
from features.facts.assets.auctions import KIN_COMPANY, SELF

OWN_FIRM, KIN_FIRM, FAR_FIRM = (f"91990001MA0000001{n}" for n in "ABC")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    book = Book()
    first = book.case(1)
    book.case(2, case_type="resumed", prev_case_no=first, close_mode=None, close_date=None)
    lots(book)
    bids(book)
    near(book)
    for n, more in enumerate(
        ({}, {"registered_on": ZB}, {"tenant_id": person(9)}, {"start_date": ZB}, {"registered_on": TODAY + DAY})
    ):
        row = {"lease_no": f"L{n}", "unit_no": "U", "landlord_id": person(1), "tenant_name": "租客", "rent_month": n}
        book.add("lease", **(row | {"registered_on": ZB - DAY, "start_date": ZB - DAY} | more))
    book.add("lease", lease_no="L9", unit_no="U", landlord_id=person(77), registered_on=ZB)
    for n, more in enumerate(
        ({}, {"amount": 2, "end_date": TODAY + DAY}, {"mortgagee_id": person(8)}, {"reg_date": TODAY + DAY})
    ):
        row = {"mortgage_no": f"D{n}", "asset_id": "U", "owner_id": person(1), "mortgagee_name": "某银行", "amount": 1}
        book.add("encumbrance", **(row | {"reg_date": ZB} | more))
    made = book.open(tmp_path_factory.mktemp("auctions"))
    yield made
    made.cut.close()


def lots(book: Book) -> None:
    """A home told twice and sold again, cars by their plates, a lot without a name, days that lie ahead."""
    lot(book, 1)
    lot(book, 1, lot_id="再报", deal_price=80_000_001)
    lot(book, 1, round="second", start_date=OPEN + 60 * DAY, end_date=TODAY + DAY, lot_id="在拍", buyer_id=person(4))
    book.car(1, "TESTZZ00003", date(2018, 1, 1))
    book.car(1, "TESTZZ10004", date(2018, 1, 1), plate="浙Z00004")
    book.car(1, "TESTZZ20004", date(2018, 1, 1), plate="浙Z00004")
    lot(book, 1, lot_id="车", asset_kind="小型汽车", asset_id="浙Z00003", end_date=None, buyer_id=person(4))
    lot(book, 1, lot_id="重号车", asset_kind="车辆", asset_id="浙Z00004", start_date=TODAY)
    lot(book, 2, lot_id="无名", asset_kind=None, asset_id=None)
    lot(book, 1, lot_id="未开", asset_id="UNIT9", start_date=TODAY + DAY)
    lot(book, 7, lot_id="他案")


def bids(book: Book) -> None:
    book.add("account", holder_id=person(4), acct_no="9900000004")
    book.add("account", holder_id=person(5), acct_no="9900000005")
    book.add("account", holder_id=person(6), acct_no="9900000006", card_no="9900000005")
    bid(book, 1, 4, 1, lot_id="再报", round="一拍", deposit_acct="9900000004", phone="", ip="10.0.0.1")
    bid(book, 1, 5, 2, lot_id="再报", deposit_acct="9900000005")
    bid(book, 1, 6, 3, lot_id="再报", deposit_acct="9900000004", deposit_holder_id=person(8))
    bid(book, 1, 6, 4, lot_id="再报", round="二拍")
    night = datetime(TODAY.year, TODAY.month, TODAY.day, 23, 59)
    bid(book, 1, 7, lot_id="在拍", round="第二次拍卖", bid_time=night)
    bid(book, 1, 7, lot_id="在拍", round="second", bid_time=night + timedelta(minutes=1))
    bid(book, 7, 7, lot_id="他案")


def near(book: Book) -> None:
    """Kin 101 who is an employee too, a firm of the debtor's, a firm of the kin's, and one that nobody near owns."""
    book.kin(1, 101)
    book.add("relation", person_a=person(1), person_b=person(101), name_b="同事", rel_code="employee")
    book.add("relation", person_a=person(1), person_b=OWN_FIRM, name_b="自家公司", rel_code="legal_rep")
    for uscc, holder, start in (
        (KIN_FIRM, 101, ZB),
        (OWN_FIRM, 101, ZB),
        (FAR_FIRM, 101, TODAY + DAY),
        (FAR_FIRM, 55, ZB),
    ):
        book.add("shareholding", uscc=uscc, holder_id=person(holder), company_name="某公司", from_date=start)
    book.add("company", uscc=KIN_FIRM, name="亲属公司", legal_rep_id=person(101))


def test_a_lot_told_under_two_numbers_is_one_and_the_later_stands(facts: Facts) -> None:
    found = tuples(facts.lots, "lot_id", "asset", "movable", "round", "end_date", "deal_price", "buyer", "status")
    sold = (80_000_000, None, "sold")
    assert found == [
        ("再报", "UNIT1", False, "first", OPEN + DAY, 80_000_001, None, "sold"),
        ("在拍", "UNIT1", False, "second", None, None, None, None),
        ("无名", "无名", True, "first", OPEN + DAY, *sold),
        ("车", "TESTZZ00003", True, "first", None, 80_000_000, person(4), "sold"),
        ("重号车", "浙Z00004", True, "first", OPEN + DAY, *sold),
    ]
    assert tuples(facts.lots, "episode", "case_no")[-1] == (episode(1), "（2023）浙9901执2号")


def test_bids_belong_to_the_round_in_any_words_and_count_until_midnight(facts: Facts) -> None:
    found = tuples(facts.bids, "lot_id", "round", "bidder", "deposit_holder", "phone", "day")
    assert found == [
        ("再报", "first", person(4), person(4), None, OPEN),
        ("再报", "first", person(5), None, None, OPEN),
        ("再报", "first", person(6), person(8), None, OPEN),
        ("在拍", "second", person(7), None, None, TODAY),
    ]


def test_the_nearest_tie_stands(facts: Facts) -> None:
    found = tuples(facts.insiders.filter(facts.insiders.episode == episode(1)), "other", "rel", "other_name")
    assert found == [
        (OWN_FIRM, "legal_rep", "自家公司"),
        (KIN_FIRM, KIN_COMPANY, "亲属公司"),
        (person(1), SELF, "债务人1"),
        (person(101), "spouse", "亲属101"),
    ]


def test_a_lease_told_again_is_one_and_another_tenant_or_term_another(facts: Facts) -> None:
    found: list[tuple[Any, ...]] = tuples(facts.leases, "rent_month", "tenant", "start_date", "registered_on")
    assert found == [
        (1, None, ZB - DAY, ZB),
        (2, person(9), ZB - DAY, ZB - DAY),
        (3, None, ZB, ZB - DAY),
    ]


def test_a_mortgage_told_again_is_one_until_it_is_struck_off(facts: Facts) -> None:
    assert tuples(facts.mortgages, "mortgagee", "amount", "day_from", "day_to") == [
        (None, 2, ZB, None),
        (person(8), 1, ZB, None),
    ]
