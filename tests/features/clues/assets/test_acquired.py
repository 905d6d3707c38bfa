"""Assets after the termination and large ones of the family, at both ends of their windows and thresholds."""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan

import pytest
from clue_rows import TODAY, ZB, Book, cases, episode, feature, module_facts, person, rows

from features.clues.assets.acquired import family
from features.facts import Facts

LAST = TODAY - timedelta(days=60)
SHARE = 1_000_000
"""5 % of the 200,000 元 unpaid, in 分."""


def home(book: Book, n: int, unit: str, day: date, **more: object) -> None:
    row = {"unit_no": unit, "location": f"东路{unit}号", "holder_id": person(n), "reg_date": day}
    book.add("realty", **(row | {"market_value": 80_000_000} | more))


@module_facts(Book)
def later(book: Book) -> None:
    """Cases 1-12: things obtained around the termination day, the waiting time and the least value."""
    for n in range(1, 13):
        book.case(n)
        book.asked(n, "VEH", "RE", "INS", "EQ", "HPF")
    book.case(13)
    book.car(1, "TESTZZ00001", ZB)
    book.car(2, "TESTZZ00002", ZB + timedelta(days=1))
    book.car(3, "TESTZZ00003", LAST)
    book.car(4, "TESTZZ00004", LAST + timedelta(days=1))
    book.car(5, "TESTZZ00005", LAST, est_value=SHARE)
    book.car(6, "TESTZZ00006", LAST, est_value=SHARE - 1)
    book.car(7, "TESTZZ00007", LAST, mortgage_amt=4_500_000)
    book.car(8, "TESTZZ00008", LAST, own_to=TODAY)
    home(book, 9, "U9", LAST)
    policy = {"policy_no": "P10", "applicant_id": person(10), "start_date": LAST, "cash_value": 2_000_000}
    book.add("insurance", **policy, status="有效")
    book.add("shareholding", uscc="91990001MA00000A9W", holder_id=person(11), from_date=LAST, paid=3_000_000)
    for month, balance in ((date(2023, 6, 1), 100), (date(2023, 7, 1), 200), (date(2023, 8, 1), 5_000_000)):
        book.fund(12, month, balance, monthly_amt=80_000, status="缴存")


def test_new_vehicles(later: Facts) -> None:
    found = {row["episode"]: row["amount"] for row in rows(family, "M12-VEH", later)}
    assert found == {episode(2): 5_000_000, episode(3): 5_000_000, episode(5): SHARE}


@pytest.mark.parametrize(("id", "n"), [("M12-RE", 9), ("M12-INS", 10), ("M12-EQ", 11)])
def test_other_new_things(later: Facts, id: str, n: int) -> None:
    assert cases(rows(family, id, later)) == [n]


def test_a_fund_still_paid_is_found_once_with_its_newest_balance(later: Facts) -> None:
    found = rows(family, "M12-HPF", later)
    assert [(row["day"], row["amount"], row["monthly"]) for row in found] == [(date(2023, 8, 1), 5_000_000, 80_000)]
    assert feature(family, "M12_HPF_monthly", later, 12) == 800.0


def test_silence_is_zero_and_no_answer_is_unknown(later: Facts) -> None:
    assert feature(family, "M12_VEH_n", later, 1) == 0.0
    assert isnan(feature(family, "M12_VEH_n", later, 13))


@module_facts(Book)
def relatives(book: Book) -> None:
    """Cases 21-28: what relatives obtained since the debt arose on 2021-05-01."""
    for n in range(21, 30):
        book.case(n)
        if n != 29:
            book.kin(n, 6000 + n, "child" if n == 22 else "parent")
        if n != 28:
            book.asked(6000 + n, "RE", "VEH")
    home(book, 6021, "U21", date(2021, 5, 1))
    home(book, 6022, "U22", date(2022, 9, 10))
    home(book, 6023, "U23", date(2021, 4, 30))
    home(book, 6024, "U24", date(2022, 12, 1), prev_holder_id=person(24))
    home(book, 6025, "U25", date(2022, 12, 1), market_value=SHARE - 1)
    book.debtor(26, 6026, party_no=3, name="亲属6026")
    home(book, 6026, "U26", date(2022, 12, 1))
    book.car(6027, "TESTZZ00027", ZB + timedelta(days=1))
    home(book, 6029, "U29", date(2022, 12, 1))


def test_realty_of_kin_since_the_debt(relatives: Facts) -> None:
    found = rows(family, "D10-RE", relatives)
    # 24 came from the debtor (a disposal), 26 is a debtor too, 29 is nobody's confirmed kin.
    assert [(row["episode"], row["after_judgment"], row["close"], len(row["src"])) for row in found] == [
        (episode(21), False, False, 2),
        (episode(22), True, True, 2),
    ]


def test_vehicles_of_kin_after_the_end(relatives: Facts) -> None:
    found = rows(family, "D10-VEH", relatives)
    assert cases(found) == [27] and found[0]["after_end"]


def test_kin_whose_registers_were_never_asked_are_unknown(relatives: Facts) -> None:
    assert feature(family, "D10_RE_n", relatives, 21) == 1.0
    assert feature(family, "D10_RE_n", relatives, 25) == 0.0
    assert isnan(feature(family, "D10_RE_n", relatives, 28))
