"""What the registers say a person holds on a day, and what left a debtor's name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from clue_rows import TODAY, Book, person, relation, tuples

from features.facts import Facts
from features.facts.assets import holdings

DAY = timedelta(days=1)
BOUGHT = date(2018, 1, 1)
HUGE_FEN = 1_000_000_000_001
"""Ten thousand million 元 and one 分."""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    book = Book()
    book.case(1)
    vehicles(book)
    for n, more in enumerate(
        (
            {"market_value": HUGE_FEN, "price": 5},
            {"price": 300, "share": 0.5, "only_home": True, "seal_until": TODAY - DAY},
            {"market_value": 100, "share": 0.333},
            {"end_date": TODAY, "acquire_mode": "赠与", "mortgage_amt": 7},
            {"end_date": TODAY + DAY},
            {"reg_date": TODAY + DAY},
        )
    ):
        book.add("realty", **({"unit_no": f"UNIT{n}", "holder_id": person(1), "reg_date": BOUGHT} | more))
    policies(book)
    for n, more in enumerate(
        ({"paid": None, "subscribed": 9}, {"paid": 8, "subscribed": 9}, {"from_date": TODAY + DAY})
    ):
        book.add(
            "shareholding", **({"uscc": f"91990001MA0000000{n}", "holder_id": person(1), "from_date": BOUGHT} | more)
        )
    for month, balance, more in ((5, 500, {}), (11, 1_100, {"loan_flag": True}), (13, 9, {})):
        last = date(2023, month, 1) if month < 13 else TODAY + DAY
        book.add("hpf", acct_no="F1", person_id=person(1), last_month=last, balance=balance, **more)
    made = book.open(tmp_path_factory.mktemp("holdings"))
    yield made
    made.cut.close()


def vehicles(book: Book) -> None:
    """Cars, and the uses of the first two: one changed hands on 2023-03-01, the other on the day it was used."""
    sold = date(2023, 3, 1)
    book.car(1, "TESTZZ00001", BOUGHT, own_to=sold)
    book.car(2, "TESTZZ00001", sold, prev_owner_id=person(1), transfer_price=1)
    book.car(1, "TESTZZ00002", BOUGHT, own_to=TODAY + DAY, est_value=None, mortgage_amt=3)
    for vin, more in (("3", {"status": "报废"}), ("4", {"scrap_until": TODAY}), ("5", {"scrap_until": TODAY + DAY})):
        book.car(1, f"TESTZZ0000{vin}", BOUGHT, **more)
    book.car(1, "TESTZZ00006", TODAY + DAY)
    for n, (plate, day, who) in enumerate(
        (
            ("浙Z00001", sold - DAY, {"driver_id": person(1), "payer_id": person(1)}),
            ("浙Z00001", sold, {"driver_id": person(1)}),
            ("浙Z00001", BOUGHT - DAY, {"payer_id": person(1)}),
            ("浙Z99999", sold, {"driver_id": person(2), "payer_id": person(1)}),
            ("浙Z00001", TODAY + DAY, {"driver_id": person(1)}),
            ("浙Z00001", sold, {"driver_id": person(3)}),
        )
    ):
        ts = datetime(day.year, day.month, day.day, 23, n)
        book.add("veh_use", plate=plate, event_type="VIO", event_time=ts, **who)


def policies(book: Book) -> None:
    for n, more in enumerate(
        (
            {"status": "已退保"},
            {"status": "已退保", "end_date": date(2023, 5, 1)},
            {"status": "有效", "changed_date": date(2023, 4, 1), "prev_applicant_id": person(2)},
            {"status": None, "changed_date": TODAY + DAY},
            {"start_date": TODAY + DAY},
        )
    ):
        row = {"policy_no": f"P{n}", "applicant_id": person(1), "start_date": BOUGHT, "cash_value": 1}
        book.add("insurance", **(row | more))


def held(facts: Facts, kind: str, *columns: str) -> dict[str, tuple[Any, ...]]:
    table = facts.holdings.filter(facts.holdings.asset_kind == kind, facts.holdings.owner == person(1))
    return {thing: tuple(rest) for thing, *rest in tuples(table, "asset_id", *columns)}


def test_scrapped_cars_are_gone_and_a_sale_to_come_has_not_happened(facts: Facts) -> None:
    assert held(facts, "VEH", "day_to", "value", "encumbrance") == {
        "TESTZZ00001": (date(2023, 3, 1), 5_000_000, 0),
        "TESTZZ00002": (None, None, 3),
        "TESTZZ00005": (None, 5_000_000, 0),
    }


def test_realty_is_worth_its_share_of_the_appraisal_else_of_the_price(facts: Facts) -> None:
    found = held(facts, "RE", "value", "day_to", "exempt", "marked", "marked_until", "mode", "encumbrance")
    assert found == {
        "UNIT0": (HUGE_FEN, None, False, False, None, None, 0),
        "UNIT1": (150, None, True, True, TODAY - DAY, None, 0),
        "UNIT2": (33, None, False, False, None, None, 0),
        "UNIT3": (None, TODAY, False, False, None, "赠与", 7),
        "UNIT4": (None, None, False, False, None, None, 0),
    }


def test_policies_count_from_the_change_of_their_holder(facts: Facts) -> None:
    assert held(facts, "INS", "day_from", "day_to", "prev_owner") == {
        "P1": (BOUGHT, date(2023, 5, 1), None),
        "P2": (date(2023, 4, 1), None, person(2)),
        "P3": (BOUGHT, None, None),
    }


def test_shares_are_worth_what_was_paid_up_and_of_a_fund_the_newest_answer_stands(facts: Facts) -> None:
    assert held(facts, "EQ", "value") == {"91990001MA00000000": (9,), "91990001MA00000001": (8,)}
    assert held(facts, "HPF", "value", "day_from", "exempt") == {"F1": (1_100, date(2023, 11, 1), True)}
    assert tuples(facts.provident_funds, "balance") == [(500,), (1_100,)]


def test_a_use_belongs_to_whoever_was_registered_on_its_day(facts: Facts) -> None:
    found = tuples(facts.drives, "plate", "day", "person", "drove", "paid_for", "owner")
    assert found == [
        ("浙Z00001", BOUGHT - DAY, person(1), False, True, None),
        ("浙Z00001", date(2023, 2, 28), person(1), True, True, person(1)),
        ("浙Z00001", date(2023, 3, 1), person(1), True, False, person(2)),
        ("浙Z99999", date(2023, 3, 1), person(1), False, True, None),
    ]


HELD = {
    "owner": "string",
    "asset_kind": "string",
    "asset_id": "string",
    "label": "string",
    "day_from": "date",
    "day_to": "date",
    "value": "int64",
    "prev_owner": "string",
    "price": "int64",
    "mode": "string",
    "rid": "int64",
}
LEFT = date(2023, 3, 1)


def own(thing: str, rid: int, left: date | None = LEFT, kind: str = "RE") -> tuple[Any, ...]:
    return ("债务人", kind, thing, f"{thing}室", BOUGHT, left, 1_000, None, None, None, rid)


def taken(thing: str, rid: int, day: date = LEFT, mode: str | None = "买卖", giver: str = "债务人") -> tuple[Any, ...]:
    return ("受让人", "RE", thing, f"{thing}房", day, None, 900, giver, 500, mode, rid)


def test_what_left_a_debtor_with_and_without_the_other_entry() -> None:
    rows = [
        own("仍在", 1, None),
        own("只有转出", 2),
        taken("只有转入", 3),
        *(own("两边", 4), taken("两边", 5, LEFT + 30 * DAY)),
        *(own("相隔太久", 6), taken("相隔太久", 7, LEFT + 31 * DAY)),
        *(own("继承", 8), taken("继承", 9, mode="继承")),
        *(own("更正", 10), own("更正", 11, LEFT + DAY), taken("更正", 12)),
        own("公积金", 13, kind="HPF"),
        taken("他人之物", 14, giver="路人"),
        ("债务人", "RE", "自己", "", BOUGHT, None, 1, "债务人", 1, None, 15),
    ]
    debtors = relation({"person": "string"}, [("债务人",), ("债务人",), ("受让人",)])
    found = tuples(
        holdings.disposals(relation(HELD, rows), debtors),
        "asset_id",
        "day",
        "value",
        "price",
        "taker",
        "own_rid",
        "new_rid",
    )
    assert {row[0]: row[1:] for row in found} == {
        "只有转出": (LEFT, 1_000, None, None, 2, None),
        "只有转入": (LEFT, 900, 500, "受让人", None, 3),
        "两边": (LEFT + 30 * DAY, 1_000, 500, "受让人", 4, 5),
        "相隔太久": (LEFT + 31 * DAY, 900, 500, "受让人", None, 7),
        "更正": (LEFT, 1_000, 500, "受让人", 11, 12),
    }
    assert len(found) == 5
