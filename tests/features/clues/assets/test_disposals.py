"""Disposals while the claim was pursued: days on both ends, the price against the market, kin and strangers."""

from __future__ import annotations

from datetime import date, timedelta

from clue_rows import ZB, Book, cases, episode, feature, module_facts, person, rows

from features.clues.assets.disposals import family
from features.facts import Facts

SERVED, JUDGED = date(2022, 5, 20), date(2022, 9, 10)
WORTH = 80_000_000


def passed(book: Book, n: int, day: date, price: int | None, mode: str = "买卖", kin: bool = False) -> None:
    """Realty of debtor n passes to a taker, who is a relative or a stranger."""
    book.case(n)
    book.asked(n, "RE", "VEH", "EQ", "INS")
    if kin:
        book.kin(n, 6000 + n, "sibling")
    unit = {"unit_no": f"U{n}", "location": f"东路{n}号", "market_value": WORTH}
    book.add("realty", **unit, holder_id=person(n), reg_date=date(2015, 1, 1), end_date=day)
    book.add(
        "realty",
        **unit,
        holder_id=person(6000 + n),
        reg_date=day,
        prev_holder_id=person(n),
        price=price,
        acquire_mode=mode,
    )


@module_facts(Book)
def facts(book: Book) -> None:
    passed(book, 1, JUDGED, WORTH)
    passed(book, 2, JUDGED + timedelta(days=3), WORTH)
    passed(book, 3, JUDGED + timedelta(days=4), WORTH)
    passed(book, 4, JUDGED - timedelta(days=1), WORTH)
    passed(book, 5, SERVED, 56_000_000)
    passed(book, 6, SERVED - timedelta(days=1), 55_999_999)
    passed(book, 7, ZB, 71_999_999, kin=True)
    passed(book, 8, ZB + timedelta(days=1), 72_000_000, kin=True)
    passed(book, 9, date(2022, 12, 1), None, "赠与", kin=True)
    passed(book, 10, date(2022, 12, 1), None, "继承", kin=True)
    passed(book, 11, date(2022, 12, 1), None)
    passed(book, 12, date(2021, 4, 30), 1)
    book.case(13)
    book.asked(13, "RE", "VEH", "EQ", "INS")
    book.add(
        "shareholding",
        uscc="91990001MA00000A9W",
        holder_id=person(13),
        from_date=date(2019, 1, 1),
        to_date=date(2022, 12, 1),
        subscribed=5_000_000,
    )
    book.add(
        "insurance",
        policy_no="P13",
        applicant_id=person(6013),
        prev_applicant_id=person(13),
        start_date=date(2018, 1, 1),
        changed_date=SERVED,
        cash_value=900_000,
        status="有效",
    )


def test_on_the_judgment_and_within_three_days(facts: Facts) -> None:
    assert cases(rows(family, "A07", facts)) == [1, 2]
    assert feature(family, "A07_value", facts, 1) == WORTH / 20_000_000


def test_between_service_and_the_end(facts: Facts) -> None:
    found = {row["episode"]: row for row in rows(family, "A08", facts)}
    # 6 left before service, 8 after the end, 12 before the debt; 10 passed by inheritance.
    assert cases(list(found.values())) == [1, 2, 3, 4, 5, 7, 9, 11]
    assert found[episode(1)]["fair"] and not found[episode(5)]["fair"] and not found[episode(7)]["fair"]
    assert found[episode(7)]["to_kin"] and len(found[episode(7)]["src"]) == 3
    assert "价格不明" in found[episode(11)]["note"]


def test_below_the_lawful_share_or_below_nine_tenths_to_kin(facts: Facts) -> None:
    found = {row["episode"]: row for row in rows(family, "E05", facts)}
    # 5 got exactly seventy percent, 8 exactly ninety; 11's price is unknown and says nothing.
    assert {key: row["amount"] for key, row in found.items()} == {
        episode(6): WORTH - 55_999_999,
        episode(7): WORTH - 71_999_999,
        episode(9): WORTH,
    }
    assert found[episode(9)]["gift"] and found[episode(9)]["served"] and not found[episode(6)]["served"]


def test_shares_and_policies(facts: Facts) -> None:
    assert [(row["episode"], row["amount"]) for row in rows(family, "A08E", facts)] == [(episode(13), 5_000_000)]
    assert [(row["episode"], row["amount"]) for row in rows(family, "M4B", facts)] == [(episode(13), 900_000)]
