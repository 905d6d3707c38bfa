"""Realty: lapsed seals, the spouse's name, queries never made, cheap leases, divorces, mortgages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from clue_rows import KNOWN, TODAY, ZB, Book, cases, covered, episode, feature, module_facts, person, rows

from features.clues.assets.realty import family
from features.clues.assets.registered import family as registered
from features.facts import Facts

DAY = timedelta(days=1)
DEBT = date(2021, 5, 1)
SRV = date(2022, 5, 20)
SEALED = date(2023, 2, 1)
REACH = KNOWN - 15 * DAY


def home(book: Book, owner: int, n: int, since: date = date(2015, 1, 1), **more: Any) -> None:
    """A home of 800,000 元 with a mortgage of 300,000 元, of the unit of number n."""
    row = {
        "unit_no": f"U{n}",
        "location": f"浙东市{n}号",
        "holder_id": person(owner),
        "reg_date": since,
        "market_value": 80_000_000,
        "mortgage_amt": 30_000_000,
    }
    book.add("realty", **(row | more))


def seal(book: Book, n: int, until: date, case: int | None = None, **more: Any) -> None:
    """A seal on unit n by its own case unless another is given."""
    book.event(case or n, "SEAL", SEALED, asset_kind="不动产", asset_id=f"U{n}", expiry_date=until, **more)


def rids(facts: Facts, table: str, **given: Any) -> list[int]:
    """Row ids of a source table with the given values."""
    frame = facts.cut.table(table).to_pandas()
    for name, value in given.items():
        frame = frame[frame[name] == value]
    return sorted(int(rid) for rid in frame.rid)


def test_seals_on_realty_that_lapsed(book: Book) -> None:
    for n in range(1, 15):
        book.logged(n)
        more = {7: {"end_date": ZB + DAY}, 8: {"seal_until": TODAY}}.get(n, {})
        home(book, n, n, **more)
    untils = {1: ZB, 2: ZB - DAY, 3: REACH, 4: REACH + DAY}
    for n in range(1, 13):
        seal(book, n, untils.get(n, ZB + 10 * DAY))
    # 5 was sealed again, 6 by another case, 9 released, 10 sold, 11 paid, 13 and 14 never sealed.
    book.event(5, "SEAL", ZB + 9 * DAY, asset_kind="不动产", asset_id="U5", expiry_date=TODAY, result="续封")
    seal(book, 6, TODAY, case=12)
    seal(book, 9, TODAY, end_date=ZB + 5 * DAY)
    book.event(10, "AUCTION", ZB + DAY, asset_id="U10")
    book.event(11, "PAY_IN", ZB + DAY, amount=20_000_000)
    facts = book.open()
    found = rows(family, "M3B", facts)
    assert cases(found) == [1, 3, 12]
    # What was not sealed on the termination day itself is M3A's, never both.
    assert cases(rows(registered, "M3A", facts)) == [2, 13, 14]
    one = next(row for row in found if row["episode"] == episode(1))
    assert (one["amount"], one["day"], one["gone_days"]) == (50_000_000, ZB, (TODAY - ZB).days)
    assert sorted(one["src"]) == sorted(
        rids(facts, "realty", unit_no="U1") + rids(facts, "event", ev_code="SEAL", case_no="（2023）浙9901执1号")
    )
    assert feature(family, "M3B_net", facts, 1) == 2.5


def wed(book: Book, n: int, other: int, since: date = date(2010, 1, 1), **more: Any) -> None:
    """A marriage of person n, recorded in the relations too."""
    book.kin(n, other)
    book.add("marriage", **({"person_a": person(n), "person_b": person(other), "reg_date": since} | more))


def test_realty_in_the_spouses_name_alone(book: Book) -> None:
    for n in range(1, 12):
        book.case(n)
    for n in range(1, 11):
        more = {5: {"divorce_date": DEBT + 10 * DAY}, 6: {"divorce_date": DEBT + 11 * DAY}}.get(n, {})
        if n == 4:
            wed(book, n, 800 + n, since=DEBT + 11 * DAY)
        elif n != 9:
            wed(book, n, 800 + n, **more)
    bought = {1: DEBT + DAY, 2: DEBT}
    changes = {
        3: {"acquire_mode": "继承"},
        7: {"prev_holder_id": person(7)},
        8: {"end_date": ZB},
        10: {"market_value": None},
    }
    for n in range(1, 11):
        home(book, 800 + n, n, bought.get(n, DEBT + 10 * DAY), **changes.get(n, {}))
    book.kin(9, 809, "sibling")
    wed(book, 11, 811)
    for owner in (11, 811):
        home(book, owner, 11, DEBT + 10 * DAY, share=0.5)
    facts = book.open()
    found = rows(family, "M3C", facts)
    assert {cases([row])[0]: row["amount"] for row in found} == {1: 25_000_000, 6: 25_000_000, 10: None}
    assert len(found) == 3
    one = next(row for row in found if row["episode"] == episode(1))
    assert sorted(one["src"]) == sorted(
        rids(facts, "realty", unit_no="U1")
        + rids(facts, "relation", person_a=person(1))
        + rids(facts, "marriage", person_a=person(1))
    )


@module_facts(Book)
def asked(book: Book) -> None:
    for n in range(1, 9):
        book.case(n, court_code="浙9902" if n == 8 else "浙9901")
        book.event(n, "NOTICE", date(2023, 1, 12))
    codes = {1: ("YH", ZB), 2: ("IP", date(2023, 1, 20)), 3: ("IP", ZB + DAY), 4: ("IP", ZB)}
    for n, (code, on) in codes.items():
        book.bank_query(n, on, range_code=code)
    for n in range(1, 9):
        since = ZB + DAY if n == 5 else date(2015, 1, 1)
        home(book, n, n, since, end_date=ZB if n == 6 else None, acquire_mode="预告登记" if n == 7 else "买卖")


def test_realty_the_court_never_queried(asked: Facts) -> None:
    found = rows(family, "M3E", asked)
    # 5 came after the end, 6 went by then; of the court of 8 no queries were ever delivered.
    assert [(cases([row])[0], row["noted"]) for row in found] == [(1, False), (3, False), (7, True)]
    assert sorted(found[0]["src"]) == sorted(
        rids(asked, "realty", unit_no="U1") + rids(asked, "case", case_no="（2023）浙9901执1号")
    )
    assert covered(family, "M3E", asked, 7, 8) == [True, False]


def test_leases_to_kin_and_employees(book: Book) -> None:
    """Ten years at 499 元 of 1,000 元 a month: 60,120 元 forgone."""
    for n in range(1, 13):
        book.case(n)
        book.kin(n, 800 + n, "sibling")
        book.tables["relation"][-1]["rel_code"] = "employee" if n == 9 else "sibling"
    changes: dict[int, dict[str, Any]] = {
        2: {"rent_month": 50_000},
        3: {"tenant_id": person(903)},
        4: {"signed_on": DEBT},
        5: {"signed_on": DEBT + DAY},
        6: {"rent_month": 100_000, "prepaid": 2_400_000},
        7: {"rent_month": 100_000, "prepaid": 2_399_999},
        8: {"end_date": None},
        12: {"rent_month": None, "prepaid": 100_000},
    }
    for n in range(1, 13):
        row = {
            "registered_on": SRV,
            "start_date": SRV,
            "end_date": date(2032, 5, 20),
            "rent_month": 49_900,
            "market_rent": 100_000,
        }
        book.lease(n, f"U{n}", **(row | changes.get(n, {})))
    # 10 was sealed before the lease and 11 went to auction: these are other clues.
    book.event(10, "SEAL", SRV - DAY, asset_kind="不动产", asset_id="U10")
    book.add("auction", lot_id="L11", case_no="（2023）浙9901执11号", asset_id="U11", round="first", start_date=ZB)
    facts = book.open()
    found = {cases([row])[0]: row for row in rows(family, "E05L", facts)}
    assert sorted(found) == [1, 5, 6, 8, 9]
    assert {n: row["amount"] for n, row in found.items()} == {
        1: 6_012_000,
        5: 6_012_000,
        6: None,
        8: None,
        9: 6_012_000,
    }
    assert [n for n, row in found.items() if not row["to_kin"]] == [9]
    assert sorted(found[1]["src"]) == sorted(
        rids(facts, "lease", lease_no="租1") + rids(facts, "relation", person_a=person(1))
    )


def test_divorces_that_left_the_debtor_the_debts(book: Book) -> None:
    for n in range(1, 12):
        book.case(n)
    days = {1: DEBT, 2: DEBT - DAY, 3: ZB, 4: ZB + DAY, 5: SRV}
    shares = {6: (0.35, 0.9), 7: (0.1, 0.6), 8: (0.34, 0.61), 9: (None, 0.9)}
    for n in range(1, 10):
        asset, debt = shares.get(n, (0.1, 0.9))
        wed(book, n, 800 + n, divorce_date=days.get(n, SRV - DAY), asset_share=asset, debt_share=debt)
    # Recorded from the other side: 10 is left with a tenth, 11 with nine tenths.
    for n, share in ((10, 0.9), (11, 0.1)):
        book.add(
            "marriage",
            person_a=person(800 + n),
            person_b=person(n),
            reg_date=date(2010, 1, 1),
            divorce_date=SRV,
            asset_share=share,
            debt_share=1 - share,
        )
    facts = book.open()
    found = {cases([row])[0]: row for row in rows(family, "E06", facts)}
    assert sorted(found) == [1, 3, 5, 8, 10]
    assert [n for n, row in sorted(found.items()) if row["served"]] == [3, 5, 10]
    assert (found[10]["assets"], found[10]["debts"]) == (10.0, 90.0)
    assert found[8]["note"].startswith("分得财产34%，承担债务61%")
    assert found[1]["src"] == rids(facts, "marriage", person_a=person(1))


def test_mortgages_for_kin_and_their_companies(book: Book) -> None:
    for n in range(1, 9):
        book.case(n)
        book.kin(n, 800 + n, "sibling")
    days = {1: SRV, 2: SRV - DAY, 3: ZB, 4: ZB + DAY}
    firm = "91990000MA0000001X"
    changes: dict[int, dict[str, Any]] = {
        5: {"mortgagee_id": person(905)},
        6: {"mortgagee_id": firm, "debtor_id": person(806)},
        7: {"mortgagee_id": firm, "debtor_id": person(7)},
        8: {"mortgagee_id": firm},
    }
    book.add("relation", person_a=person(8), person_b=firm, name_b="自家公司", rel_code="shareholder")
    for n in range(1, 9):
        row = {
            "mortgage_no": f"抵{n}",
            "asset_kind": "不动产",
            "asset_id": f"U{n}",
            "owner_id": person(n),
            "mortgagee_id": person(800 + n),
            "amount": 10_000_000,
            "reg_date": days.get(n, SRV),
        }
        book.add("encumbrance", **(row | changes.get(n, {})))
    facts = book.open()
    found = {cases([row])[0]: row for row in rows(family, "E10", facts)}
    assert sorted(found) == [1, 3, 6, 8]
    assert [(row["to_kin"], row["guarantee"]) for _, row in sorted(found.items())] == [
        (True, False),
        (True, False),
        (False, True),
        (False, False),
    ]
    assert feature(family, "E10_n", facts, 2) != 1.0
    assert sorted(found[1]["src"]) == sorted(
        rids(facts, "encumbrance", mortgage_no="抵1") + rids(facts, "relation", person_a=person(1))
    )
