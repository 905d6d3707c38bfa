"""Vehicle clues against pools written by hand: seals and their last days, uses, owners who are kin."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from math import isnan

from clue_rows import TODAY, ZB, Book, cases, episode, feature, module_facts, person, rows

from features.clues.assets.vehicles import family
from features.facts import Facts

OLD = date(2018, 3, 1)


@module_facts(Book)
def seals(book: Book) -> None:
    """Cases 1-12: one vehicle each, told apart by what the court and the register say of it."""
    for n in range(1, 13):
        book.logged(n)
        book.asked(n, "VEH", "VUSE")
    for n in (1, 2, 3, 4, 5, 11, 12):
        book.car(n, f"TESTZZ{n:05d}", OLD)
    book.seal(2, "TESTZZ00002", date(2023, 2, 1), expiry_date=date(2025, 2, 1))
    book.seal(3, "浙Z00003", date(2023, 2, 1), expiry_date=ZB)
    book.seal(4, "TESTZZ00004", date(2023, 2, 1), expiry_date=ZB - timedelta(days=1))
    book.seal(5, "TESTZZ00005", date(2020, 1, 10), end_date=date(2021, 1, 10))
    book.car(6, "TESTZZ00006", OLD, scrap_until=TODAY)
    book.car(7, "TESTZZ00007", OLD, status="注销")
    book.car(8, "TESTZZ00008", OLD, own_to=ZB)
    book.car(9, "TESTZZ00009", OLD, own_to=ZB + timedelta(days=1), mortgage_amt=2_000_000)
    book.car(10, "TESTZZ00010", OLD, seal_flag=True)
    book.seal(11, "TESTZZ00011", date(2021, 6, 21))
    book.seal(12, "TESTZZ00012", ZB + timedelta(days=1))


def test_an_own_vehicle_never_sealed_is_found(seals: Facts) -> None:
    found = rows(family, "M2A", seals)
    # 12 was sealed only after the termination; 5 was released: it had been dealt with once.
    assert cases(found) == [1, 9, 12]
    amounts = {row["episode"]: row["amount"] for row in found}
    assert amounts == {episode(1): 5_000_000, episode(9): 3_000_000, episode(12): 5_000_000}
    assert {row["episode"] for row in found if row["sold"]} == {episode(9)}
    assert all("末次交接2023-09-01" in row["note"] for row in found)


def test_what_the_register_does_not_show_is_zero_and_what_was_not_asked_is_unknown(seals: Facts) -> None:
    assert feature(family, "M2A_n", seals, 1) == 1.0
    assert feature(family, "M2A_net", seals, 9) == 3_000_000 / 20_000_000
    assert feature(family, "M2A_n", seals, 2) == 0.0


def test_a_seal_runs_out_on_its_last_day_or_two_years_after_it_began(seals: Facts) -> None:
    found = {row["episode"]: row["day"] for row in rows(family, "M2C", seals)}
    # 2 runs on; 5 was released; 11 has no date of its own: two years for movables.
    assert found == {
        episode(3): ZB,
        episode(4): ZB - timedelta(days=1),
        episode(11): date(2023, 6, 21),
    }


@module_facts(Book)
def uses(book: Book) -> None:
    """Cases 21-27: sealed vehicles and whether they are used; 31-36: others' vehicles the debtor uses."""
    for n in range(21, 38):
        book.logged(n)
        if n != 36:
            book.asked(n, "VEH", "VUSE")
    day = TODAY - timedelta(days=180)
    for n, used in ((21, day), (22, day - timedelta(days=1)), (23, ZB), (24, day)):
        book.car(n, f"TESTZZ{n:05d}", OLD)
        book.seal(n, f"TESTZZ{n:05d}", date(2023, 2, 1))
        use(book, n, f"浙Z{n:05d}", used)
    book.seal(24, "TESTZZ00024", date(2023, 3, 1), code="DETAIN")
    book.car(25, "TESTZZ00025", OLD)
    use(book, 25, "浙Z00025", day)
    for n in (31, 32, 33, 34):
        book.kin(n, 6000 + n)
    book.car(6031, "TESTZZ00031", date(2022, 5, 20))
    book.car(6032, "TESTZZ00032", date(2022, 5, 19))
    for n in (31, 32):
        use(book, n, f"浙Z{n:05d}", date(2023, 8, 1))
        use(book, n, f"浙Z{n:05d}", date(2023, 1, 12), kind="JQX", paid=True)
    use(book, 33, "浙Z99933", date(2023, 1, 11))
    book.car(7034, "TESTZZ00034", OLD)
    use(book, 34, "浙Z00034", date(2023, 8, 1))
    use(book, 35, "浙Z99935", date(2023, 8, 1))
    use(book, 36, "浙Z99936", date(2023, 8, 1))


def use(book: Book, n: int, plate: str, day: date, kind: str = "VIO", paid: bool = False) -> None:
    who = {"payer_id": person(n)} if paid else {"driver_id": person(n)}
    book.add("veh_use", plate=plate, event_type=kind, event_time=datetime.combine(day, time(9)), place="城区", **who)


def test_a_sealed_vehicle_used_within_the_half_year_is_found(uses: Facts) -> None:
    found = rows(family, "M2B", uses)
    assert cases(found) == [21]
    assert found[0]["uses"] == 1 and found[0]["day"] == TODAY - timedelta(days=180) and len(found[0]["src"]) == 4


def test_every_use_after_the_end_of_a_sealed_vehicle_counts(uses: Facts) -> None:
    found = rows(family, "D04", uses)
    assert cases(found) == [21, 22]
    assert all(row["by_self"] for row in found)


def test_uses_of_others_vehicles_since_the_notice(uses: Facts) -> None:
    found = rows(family, "D03", uses)
    # 33 used one the day before the notice; 34's belongs to a known stranger; 36's register was never asked.
    assert cases(found) == [31, 32, 35]
    first = [row for row in found if row["episode"] == episode(31)]
    assert [(row["insured"], row["of_kin"], row["recent"], row["after"], row["same_plate"]) for row in first] == [
        (True, True, False, False, 2),
        (False, True, True, True, 2),
    ]
    assert "未查到" in next(row for row in found if row["episode"] == episode(35))["note"]


def test_unasked_uses_are_unknown(uses: Facts) -> None:
    assert feature(family, "D03_n", uses, 31) == 2.0
    assert feature(family, "D03_n", uses, 21) == 0.0
    assert isnan(feature(family, "D03_n", uses, 36))


def test_kin_who_obtained_a_vehicle_since_service(uses: Facts) -> None:
    found = rows(family, "D03K", uses)
    assert cases(found) == [31]
    assert (found[0]["uses"], found[0]["insured"], found[0]["amount"]) == (2, True, 5_000_000)
    # The vehicle, the tie, two uses.
    assert len(found[0]["src"]) == 4


@module_facts(Book)
def moves(book: Book) -> None:
    """Cases 41-47: a vehicle that left the debtor, and what it brought; case 48: one registered later."""
    served = date(2022, 5, 20)
    for n in range(41, 50):
        book.logged(n)
        book.asked(n, "VEH")
    for n, left in ((41, served), (42, served - timedelta(days=1)), (43, ZB), (44, ZB + timedelta(days=1))):
        book.car(n, f"TESTZZ{n:05d}", OLD, own_to=left)
    book.kin(45, 6045, "sibling")
    for n, taker, price in ((45, 6045, 3_500_000), (46, 6046, 3_499_999)):
        book.car(n, f"TESTZZ{n:05d}", OLD, own_to=date(2022, 12, 1))
        book.car(taker, f"TESTZZ{n:05d}", date(2022, 12, 3), prev_owner_id=person(n), transfer_price=price)
    book.car(47, "TESTZZ00047", OLD, own_to=date(2023, 3, 1))
    book.seal(47, "TESTZZ00047", date(2023, 2, 1))
    book.car(48, "TESTZZ00048", ZB + timedelta(days=1), mortgage_amt=9_000_000)
    book.car(49, "TESTZZ00049", ZB)


def test_vehicles_that_left_between_service_and_the_end(moves: Facts) -> None:
    found = {row["episode"]: row for row in rows(family, "M2D", moves)}
    # 47 left while sealed: another matter (非法处置), not one of a court that was late.
    assert set(found) == {episode(n) for n in (41, 43, 45, 46)}
    kin, stranger = found[episode(45)], found[episode(46)]
    assert (kin["to_kin"], kin["low"], kin["gap"], len(kin["src"])) == (True, False, 1_500_000, 3)
    assert (stranger["to_kin"], stranger["low"], stranger["gap"]) == (False, True, 1_500_001)
    assert found[episode(41)]["low"] is False


def test_vehicles_registered_after_the_end(moves: Facts) -> None:
    found = rows(family, "M2E", moves)
    assert cases(found) == [48]
    assert (found[0]["amount"], found[0]["note"]) == (0, "终本后1天登记")
