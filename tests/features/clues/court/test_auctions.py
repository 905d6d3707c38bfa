"""Auctions won back: tied buyers, deposits, rings, defaults, payment in kind, lone bidders, leases."""

from __future__ import annotations

from datetime import date, datetime
from math import isnan

from auction_rows import DAY, OPEN, bid, lot
from clue_rows import Book, cases, episode, feature, module_facts, person, rows

from features.clues.court import auction_leases
from features.clues.court.auctions import family
from features.facts import Facts


@module_facts(Book)
def sold(book: Book) -> None:
    """Who bought: 1 a spouse, 2 a stranger, 3 an employee, 4 the debtor, 5 the company of a child, 6 a failed lot."""
    for n in range(1, 8):
        book.case(n)
        book.asked(n, "KIN")
    for n, buyer in ((1, 801), (2, 802), (3, 803), (4, 4), (6, 806)):
        lot(book, n, buyer_id=person(buyer), buyer_name=f"买受人{n}", status="failed" if n == 6 else "sold")
    lot(book, 5, buyer_id="99TESTZZUSCC000001", buyer_name="测试公司")
    book.kin(1, 801)
    book.kin(1, 801, "household")
    book.add("relation", person_a=person(3), person_b=person(803), rel_code="employee", name_b="员工")
    book.kin(5, 805, "child")
    book.add("company", uscc="99TESTZZUSCC000001", name="测试公司", legal_rep_id=person(805), est_date=date(2020, 1, 1))
    book.add("shareholding", uscc="99TESTZZUSCC000001", holder_id=person(805), from_date=date(2020, 1, 1))
    book.kin(6, 806)
    bid(book, 1, 801)
    bid(book, 1, 801, 5, price=80_000_000)
    bid(book, 1, 802)
    bid(book, 6, 806)


def test_buyers_near_the_debtor(sold: Facts) -> None:
    found = rows(family, "E11B", sold)
    assert cases(found) == [1, 3, 4, 5]
    # Two relations of one pair, and a company both owned and led, are one row each.
    assert [row["note"].split("，")[0] for row in found] == [
        "配偶",
        "员工",
        "被执行人本人",
        "近亲属持股或任法定代表人的公司",
    ]
    assert feature(family, "E11B_n", sold, 1) == 1.0
    assert feature(family, "E11B_gap", sold, 1) == 1.0
    assert feature(family, "E11B_n", sold, 2) == 0.0
    # Case 7 had no auction and nobody was asked.
    assert isnan(feature(family, "E11B_n", sold, 7))


def test_bidders_near_the_debtor_once_per_lot(sold: Facts) -> None:
    found = rows(family, "E11C", sold)
    assert [(row["who"], row["amount"]) for row in found] == [(person(801), 80_000_000), (person(806), 70_000_000)]


@module_facts(Book)
def deposits(book: Book) -> None:
    """Deposits of 70,000 元: 1 from the debtor, 2 from a spouse for a stranger, 3 of the spouse for herself, 4 from an
    account of the debtor, 5-8 the debtor's transfer to the bidder at the bounds of sum and time, 9 a stranger's."""
    for n in range(1, 10):
        book.case(n)
        lot(book, n, deposit=7_000_000)
    bid(book, 1, 901, deposit_holder_id=person(1))
    bid(book, 2, 902, deposit_holder_id=person(802))
    book.kin(2, 802)
    bid(book, 3, 803, deposit_holder_id=person(803))
    book.kin(3, 803)
    book.add("account", acct_no="99000000000004", holder_id=person(4))
    bid(book, 4, 904, deposit_acct="99000000000004")
    first = datetime(2023, 4, 10, 9)
    for n, days, amount in ((5, 30, 7_350_000), (6, 31, 7_000_000), (7, 0, 7_350_001), (8, 1, 6_650_000)):
        bid(book, n, 900 + n)
        book.statement(n, first - days * DAY, -amount / 100, cp_id=person(900 + n), cp_name="竞买人")
    bid(book, 9, 909, deposit_holder_id=person(910))


def test_deposits_that_come_from_the_debtors_side(deposits: Facts) -> None:
    found = rows(family, "E11D", deposits)
    assert cases(found) == [1, 2, 4, 5, 8]
    assert [row["own"] for row in found] == [True, False, True, True, True]
    assert feature(family, "E11D_value", deposits, 1) == 5.0
    assert feature(family, "E11D_own", deposits, 2) == 0.0


@module_facts(Book)
def rings(book: Book) -> None:
    """1 two who share address and telephone, 2 a stranger each, 3 one bidder twice from one address, 4 the same address
    on two lots, 5 three of whom two share a payer, 6 the network, 7 network and postal address."""
    for n in range(1, 8):
        book.case(n)
        lot(book, n)
    for bidder in (911, 912):
        bid(book, 6, bidder, ip="198.51.100.6", delivery_addr=f"测试路{bidder}号")
        bid(book, 7, bidder, ip="198.51.100.7", delivery_addr="测试路7号")
    for bidder in (901, 902):
        bid(book, 1, bidder, ip="198.51.100.1", phone="99900000001")
        bid(book, 1, bidder, 3, ip="198.51.100.1", phone="99900000001", price=71_000_000)
        bid(book, 2, bidder, ip=f"198.51.100.{bidder % 100}", phone="")
    for minute in (1, 2):
        bid(book, 3, 903, minute, ip="198.51.100.3")
    lot(book, 4, "second", start_date=OPEN + 20 * DAY, end_date=OPEN + 21 * DAY)
    bid(book, 4, 904, ip="198.51.100.4")
    bid(book, 4, 905, round="second", ip="198.51.100.4")
    for bidder, payer in ((906, 999), (907, 999), (908, 908)):
        bid(book, 5, bidder, deposit_holder_id=person(payer))


def test_bidders_who_share_what_only_one_person_has(rings: Facts) -> None:
    found = rows(family, "E11R", rings)
    assert [(row["who"], row["note"], len(row["src"])) for row in found] == [
        (f"{person(901)}、{person(902)}", "电话、网络地址", 5),
        (f"{person(906)}、{person(907)}", "保证金付款人", 3),
        (f"{person(911)}、{person(912)}", "网络地址、联系地址", 3),
    ]
    # 6: one network address alone is a weak sign, with one postal address it is not.
    assert [row["note"] for row in rows(family, "E11Q", rings)] == ["网络地址"]
    assert feature(family, "E11R_kinds", rings, 1) == 2.0 and feature(family, "E11R_strong", rings, 1) == 1.0


def test_defaults_again_or_by_somebody_near(book: Book) -> None:
    for n in range(1, 7):
        book.case(n)
    # Two buyers default on one thing, and each on a thing of its own.
    for n in (5, 6):
        for time in range(2):
            lot(
                book,
                n,
                lot_id=f"L{n}-{time}",
                start_date=OPEN + 20 * time * DAY,
                end_date=None,
                status="defaulted",
                buyer_id=person(950 + 2 * n + time),
                asset_id=f"UNIT{n}" if n == 5 else f"UNIT{n}-{time}",
            )
    for n, times, buyer in ((1, 2, 901), (2, 1, 902), (3, 1, 803), (4, 1, 904)):
        for time in range(times):
            day = OPEN + 20 * time * DAY
            lot(
                book,
                n,
                lot_id=f"L{n}-first" if time == 0 else f"L{n}-{time}",
                start_date=day,
                end_date=day + DAY,
                status="defaulted",
                buyer_id=person(buyer),
            )
    book.kin(3, 803)
    bid(book, 4, 904, deposit_holder_id=person(4))
    facts = book.open()
    found = rows(family, "E11X", facts)
    assert cases(found) == [1, 3, 4, 5] and len(found) == 6
    assert feature(family, "E11X_tied", facts, 1) == 0.0 and feature(family, "E11X_tied", facts, 4) == 1.0


def test_payment_in_kind_below_what_two_failed_auctions_allow(book: Book) -> None:
    for n in range(1, 6):
        book.case(n)
        lot(book, n, status="failed")
    for n, amount, taker in (
        (1, 55_999_999, 901),
        (2, 56_000_000, 902),
        (3, 69_999_999, 803),
        (4, 70_000_000, 804),
    ):
        book.event(
            n,
            "INKIND",
            OPEN + 60 * DAY,
            asset_kind="不动产",
            asset_id=f"UNIT{n}",
            amount=amount,
            other_id=person(taker),
        )
    book.event(1, "INKIND", OPEN + 60 * DAY, asset_kind="不动产", asset_id="UNIT1", amount=55_999_999)
    # Given before it was appraised: nothing to compare with.
    book.event(5, "INKIND", OPEN - 60 * DAY, asset_kind="不动产", asset_id="UNIT5", amount=1)
    book.kin(3, 803)
    book.kin(4, 804)
    facts = book.open()
    found = rows(family, "E11I", facts)
    assert cases(found) == [1, 3] and len(found) == 2
    assert found[0]["gap"] == 44_000_001


def test_one_bidder_at_the_reserve_below_three_quarters(book: Book) -> None:
    for n, changes in enumerate(
        (
            {"deal_price": 74_999_999, "reserve": 74_999_999},
            {"deal_price": 75_000_000, "reserve": 75_000_000},
            {"deal_price": 70_000_001},
            {"deal_price": 70_000_000, "bidders": 2},
            {"deal_price": 70_000_000, "status": "defaulted"},
        ),
        start=1,
    ):
        book.case(n)
        lot(book, n, **({"bidders": 1} | changes))
    facts = book.open()
    assert cases(rows(family, "E11S", facts)) == [1]


@module_facts(Book)
def leases(book: Book) -> None:
    """Debt of 2021-05-01; homes sealed on 2023-02-01 and, where put up, announced on 2023-03-11."""
    old = {"signed_on": date(2021, 5, 1), "registered_on": date(2021, 5, 2)}
    late = {"signed_on": date(2021, 5, 2), "registered_on": date(2021, 5, 3)}
    terms = {"rent_month": 100_000, "market_rent": 200_000, "start_date": OPEN}
    sealed = date(2023, 2, 1)
    for n, changes in enumerate(
        (
            late | {"rent_month": 99_999},
            late | {"rent_month": 100_000},
            old | {"rent_month": 99_999},
            late | {"prepaid": 6_000_000},
            late | {"prepaid": 5_999_999},
            old | {"registered_on": sealed, "rent_month": 1},
            old | {"registered_on": sealed + DAY, "rent_month": 1},
            old | {"registered_on": OPEN - 30 * DAY - 180 * DAY, "rent_month": 1},
            old | {"registered_on": OPEN - 30 * DAY - 181 * DAY, "rent_month": 1},
            late | {"rent_month": 1, "tenant_id": person(810)},
        ),
        start=1,
    ):
        book.case(n)
        book.lease(n, f"UNIT{n}", **(terms | {"tenant_id": person(700 + n)} | changes))
        if n in (6, 7):
            book.event(n, "SEAL", sealed, asset_kind="不动产", asset_id=f"UNIT{n}")
        if n in (8, 9):
            lot(book, n)
    book.lease(10, "UNIT10", **(terms | {"lease_no": "租10续", "rent_month": 1} | late))
    book.kin(10, 810, "parent")
    book.case(11)


def test_leases_that_stand_in_the_way(leases: Facts) -> None:
    found = rows(auction_leases.family, "E11L", leases)
    assert cases(found) == [1, 4, 7, 8, 10] and len(found) == 5
    notes = {row["episode"]: row["note"] for row in found}
    assert notes[episode(7)] == "查封后备案，租金明显低于市价"
    assert notes[episode(8)] == "拍卖公告前备案，租金明显低于市价"
    assert notes[episode(4)] == "长期预付租金"
    assert feature(auction_leases.family, "E11L_tied", leases, 10) == 1.0
    assert feature(auction_leases.family, "E11L_n", leases, 2) == 0.0
    assert isnan(feature(auction_leases.family, "E11L_n", leases, 11))
