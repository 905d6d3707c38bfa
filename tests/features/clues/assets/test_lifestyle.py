"""How debtors live: journeys under a limit, homes paid for, premiums, spending."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from clue_rows import KNOWN, ZB, Book, cases, covered, episode, feature, module_facts, person, rows

from features.clues.assets.lifestyle import family
from features.facts import Facts

DAY = timedelta(days=1)
SRV = date(2022, 5, 20)
LIM = date(2023, 2, 1)
REACH = KNOWN - 15 * DAY
FIRM = "91990000MA0000001X"


def trip(book: Book, n: int, on: date, kind: str = "air", doc: str | None = None, payer: str | None = None) -> None:
    """A journey of person n on the own identity card unless another document is given."""
    book.add("travel", person_id=person(n), kind=kind, travel_date=on, doc_no=doc or person(n), payer_id=payer)


def limited_case(book: Book, n: int, whom: int | None = None, **more: Any) -> None:
    """Case n with a limit on consumption from 2023-02-01, on its debtor unless another person is given."""
    book.case(n)
    book.event(n, "LIMIT", LIM, result="限制消费令", subject_id=person(whom or n), **more)


@module_facts(Book)
def journeys(book: Book) -> None:
    for n in (1, 2, 3, 6, 8, 9, 10, 11, 12, 13, 20, 21, 22, 23):
        limited_case(book, n)
    limited_case(book, 4, end_date=ZB)
    book.case(5)
    trip(book, 1, LIM)
    trip(book, 2, LIM - DAY)
    trip(book, 3, ZB + DAY, kind="rail_first", payer=person(803))
    trip(book, 4, ZB - DAY)
    trip(book, 4, ZB)
    trip(book, 5, ZB)
    # 6 flew in the days of a permission and the day after it, 7 is limited in the name of somebody else.
    book.event(6, "LIMIT", ZB, result="单次解除", subject_id=person(6), end_date=ZB + 2 * DAY)
    for on in (ZB - DAY, ZB, ZB + 2 * DAY, ZB + 3 * DAY):
        trip(book, 6, on)
    limited_case(book, 7, whom=907)
    trip(book, 7, ZB)
    trip(book, 8, ZB, payer=FIRM)
    trip(book, 9, ZB, payer=FIRM)
    book.add("relation", person_a=person(9), person_b=FIRM, name_b="自家公司", rel_code="legal_rep")
    trip(book, 10, REACH)
    trip(book, 10, REACH + DAY)
    trip(book, 11, ZB, kind="exit", doc="E11111111")
    trip(book, 12, ZB, kind="exit", doc="E12121212", payer=FIRM)
    trip(book, 13, LIM - DAY, kind="exit", doc="E13131313")
    # Documents: 20 flew inland on a passport; 21 left on two passports, 22 on a passport and a permit, 23 on one twice.
    trip(book, 20, ZB, doc="E20202020")
    for n, docs in ((21, ("E21", "G21")), (22, ("E22", "C22")), (23, ("E23", "E23"))):
        for at, doc in enumerate(docs):
            trip(book, n, ZB + at * DAY, kind="exit", doc=doc)


def test_journeys_in_comfort_classes_under_a_limit(journeys: Facts) -> None:
    found = rows(family, "D08", journeys)
    assert sorted((cases([row])[0], row["day"]) for row in found) == [
        (1, LIM),
        (3, ZB + DAY),
        (4, ZB - DAY),
        (6, ZB - DAY),
        (6, ZB + 3 * DAY),
        (10, REACH),
        (20, ZB),
    ]
    assert cases([row for row in found if row["by_other"]]) == [3]
    assert cases([row for row in found if row["after_end"]]) == [3, 6, 10]
    assert all(len(row["src"]) == 2 for row in found)
    assert feature(family, "D08_air_n", journeys, 3) == 0.0


def test_a_row_cites_the_ticket_and_the_order(journeys: Facts) -> None:
    row = next(row for row in rows(family, "D08", journeys) if row["episode"] == episode(1))
    travel, event = journeys.cut.table("travel").to_pandas(), journeys.cut.table("event").to_pandas()
    ticket = travel[(travel.person_id == person(1))].rid.tolist()
    order = event[event.case_no == "（2023）浙9901执1号"].rid.tolist()
    assert sorted(row["src"]) == sorted(ticket + order)


def test_journeys_paid_by_a_company_are_a_clue_of_their_own(journeys: Facts) -> None:
    found = rows(family, "D08U", journeys)
    assert cases(found) == [8, 9, 12] and cases([row for row in found if row["own_unit"]]) == [9]
    assert feature(family, "D08U_own_n", journeys, 9) == 1.0


def test_documents_other_than_the_identity_card(journeys: Facts) -> None:
    found = rows(family, "D08P", journeys)
    assert [(cases([row])[0], row["inland"], row["documents"]) for row in found] == [
        (20, True, 1),
        (21, False, 2),
        (21, False, 2),
    ]


def test_exits_under_a_limit(journeys: Facts) -> None:
    assert cases(rows(family, "D11", journeys)) == [11, 21, 22, 23]


def test_without_the_register_of_journeys_nothing_is_known(journeys: Facts) -> None:
    # 5 stands in no log.
    assert covered(family, "D08", journeys, 1, 5) == [True, False]


def bills(book: Book, payer: int, place: str, months: int, start: date = SRV, **more: Any) -> None:
    """Monthly water bills of 100 元 for a place."""
    for at in range(months):
        on = date(start.year + (start.month - 1 + at) // 12, (start.month - 1 + at) % 12 + 1, start.day)
        row = {
            "meter_no": f"M{place}",
            "kind": "water",
            "address": place,
            "payer_id": person(payer),
            "paid_on": on,
            "amount": 10_000,
            "payer_name": f"缴费人{payer}",
        }
        book.add("utility", **(row | more))


def home(book: Book, owner: int, place: str, **more: Any) -> None:
    """A home registered in 2015 under the place's own name."""
    row = {"unit_no": f"U{place}", "location": place, "holder_id": person(owner), "reg_date": date(2015, 1, 1)}
    book.add("realty", **(row | more))


@module_facts(Book)
def homes(book: Book) -> None:
    for n in range(1, 30):
        book.case(n)
        book.tables["party"][-1]["address"] = f"浙东市城区住址路{n:02d}号"
        book.asked(n, "RE", "UTIL")
    for n, months in ((1, 3), (2, 2), (3, 3), (5, 3), (6, 3), (7, 3), (8, 3)):
        bills(book, n, f"浙东市山前镇{n:02d}幢", months, unit_no=f"U浙东市山前镇{n:02d}幢")
    home(book, 3, "浙东市山前镇03幢")
    bills(book, 4, "浙东市城区住址路04号2单元", 3)
    book.kin(5, 805, "parent")
    home(book, 805, "浙东市山前镇05幢")
    for n, end in ((6, None), (7, date(2022, 5, 19))):
        parties = {"landlord_id": person(890), "tenant_id": person(n)}
        book.lease(n, f"U浙东市山前镇{n:02d}幢", **parties, registered_on=date(2022, 1, 1), end_date=end)
    # 8 sold the home before the first bill; 9 paid before service; 10 the second bill of a month adds none.
    home(book, 8, "浙东市山前镇08幢", end_date=SRV)
    bills(book, 9, "浙东市山前镇09幢", 3, start=date(2022, 3, 19))
    bills(book, 10, "浙东市山前镇10幢", 2)
    bills(book, 10, "浙东市山前镇10幢", 2, kind="power", meter_no="D10")
    # Kin: 11 the debtor's own home, 12 the registered address, 13 a parent's own home, 14 too few, 15 a stranger.
    for n in (11, 12, 13, 14):
        book.kin(n, 800 + n, "parent")
    home(book, 11, "浙东市山前镇11幢")
    bills(book, 811, "浙东市山前镇11幢", 3)
    bills(book, 812, "浙东市城区住址路12号", 3)
    home(book, 813, "浙东市城区住址路13号")
    bills(book, 813, "浙东市城区住址路13号", 3)
    bills(book, 814, "浙东市城区住址路14号", 2)
    bills(book, 815, "浙东市城区住址路15号", 3)


def test_homes_paid_for_that_no_register_knows(homes: Facts) -> None:
    found = rows(family, "D02", homes)
    assert cases(found) == [1, 5, 7, 8] and len(found) == 4
    assert {row["amount"] for row in found} == {30_000} and {row["months"] for row in found} == {3}
    # The bills began on the day of service; 7 was a tenant before, whose landlord the register of leases does not tell.
    assert not any(row["fresh"] or row["rents"] or row["clear"] for row in found)
    parent = next(row for row in found if row["of_kin"])
    assert cases([parent]) == [5] and "登记在父母名下" in parent["note"] and len(parent["src"]) == 5
    assert all(len(row["src"]) == 3 for row in found if not row["of_kin"])
    assert feature(family, "D02_total", homes, 1) == 300.0 and feature(family, "D02_n", homes, 2) == 0.0


def test_homes_begun_after_service_and_rent_paid_are_marked(book: Book) -> None:
    for n in (1, 2, 3, 4):
        book.case(n)
        book.asked(n, "RE", "UTIL", *(("LEASE",) if n != 4 else ()))
    for n, start in ((1, SRV + 31 * DAY), (2, SRV + 30 * DAY), (3, SRV), (4, SRV)):
        bills(book, n, f"浙东市山前镇{n:02d}幢", 3, start=start)
    paid(book, 3, SRV, 2_000, "房租", "王房东")
    facts = book.open()
    found = {cases([row])[0]: row for row in rows(family, "D02", facts)}
    assert {n for n, row in found.items() if row["fresh"]} == {1}
    assert {n for n, row in found.items() if row["rents"]} == {3}
    assert {n for n, row in found.items() if row["clear"]} == {1, 2}
    assert found[4]["note"] == "3个月，租赁登记未查"


def test_kin_who_pay_for_the_debtors_home(homes: Facts) -> None:
    found = rows(family, "D02K", homes)
    assert [(cases([row])[0], row["own_home"], row["months"]) for row in found] == [(11, True, 3), (12, False, 3)]
    assert all(len(row["src"]) == 4 for row in found)


def test_no_finding_about_homes_without_the_registers(book: Book) -> None:
    for n in (1, 2):
        book.case(n)
    bills(book, 1, "浙东市山前镇01幢", 3)
    book.asked(2, "RE", "UTIL")
    facts = book.open()
    assert covered(family, "D02", facts, 1, 2) == [False, True] and rows(family, "D02", facts) == []


def paid(book: Book, n: int, on: date, yuan: int, memo: str, to: str = "某某公司", **more: Any) -> None:
    """A payment of person n, in 元."""
    book.statement(n, datetime.combine(on, time(9)), -yuan, cp_name=to, memo=memo, **more)


@module_facts(Book)
def spending(book: Book) -> None:
    """200,000 元 are owed, but 1,000,000 元 by case 4: 2 % of it are 20,000 元."""
    for n in (1, 2, 3, 5, 6, 7, 11, 12, 13, 14, 15, 16):
        limited_case(book, n)
    book.case(4, amt_due=100_000_000, amt_unpaid=100_000_000)
    book.event(4, "LIMIT", LIM, result="限制消费令")
    insurer = "浙东人寿保险公司"
    paid(book, 1, LIM, 4_000, "保费", insurer)
    paid(book, 1, ZB, 6_000, "续期保险费", insurer)
    paid(book, 2, LIM, 9_999, "保费", insurer)
    paid(book, 3, LIM - DAY, 50_000, "保费", insurer)
    paid(book, 4, LIM, 19_999, "保费", insurer)
    paid(book, 5, LIM, 20_000, "车险保费", insurer)
    paid(book, 6, LIM, 20_000, "保费", "王友人")
    paid(book, 7, REACH + DAY, 20_000, "保费", insurer)
    paid(book, 11, ZB, 10_000, "学费", "浙东双语学校")
    paid(book, 12, ZB, 9_999, "学费", "浙东双语学校")
    paid(book, 13, ZB, 10_000, "学费", "浙东市第一小学")
    paid(book, 14, LIM - DAY, 10_000, "团费", "浙东旅行社")
    paid(book, 15, ZB, 1_000, "团费", "浙东旅行社")
    paid(book, 16, ZB, 1_000, "团费退款", "浙东旅行社")


def test_premiums_that_add_up_under_a_limit(spending: Facts) -> None:
    found = rows(family, "D05", spending)
    assert [(cases([row])[0], row["amount"]) for row in found] == [(1, 400_000), (1, 600_000)]
    assert all(len(row["src"]) == 2 for row in found)
    assert feature(family, "D05_total", spending, 1) == 0.05


def test_luxury_by_memo_and_merchant(spending: Facts) -> None:
    found = rows(family, "D12", spending)
    assert [(cases([row])[0], row["label"]) for row in found] == [(11, "高收费学校"), (15, "旅游度假")]


def test_monthly_spending_against_the_minimum_wage(book: Book) -> None:
    """Statements end 60 days after the termination: 2,260 and 6,780 元 are twice the wage a month."""
    book.case(1)
    book.asked(1, "TX")
    for on, yuan, memo, to in (
        (ZB, 50_000, "消费", "浙东超市"),
        (ZB + DAY, 2_260, "消费", "浙东超市"),
        (ZB + 30 * DAY, 6_780, "消费", "浙东商场"),
        (ZB + 30 * DAY, 9_000, "医疗消费", "浙东医院"),
        (ZB + 30 * DAY, 9_000, "消费", "王友人"),
        (ZB + 60 * DAY, 9_000, "转账", "王友人"),
    ):
        paid(book, 1, on, yuan, memo, to)
    facts = book.open()
    found = rows(family, "D09", facts)
    assert [(row["amount"], row["times"], row["high"], len(row["src"])) for row in found] == [
        (226_000, 1.0, False, 1),
        (678_000, 3.0, True, 1),
    ]
    assert feature(family, "D09_times", facts, 1) == 2.0 and feature(family, "D09_month_n", facts, 1) == 1.0
