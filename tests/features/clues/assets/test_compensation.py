"""Compensation for expropriation: not withheld, its payee replaced, paid to another's account."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from clue_rows import KNOWN, TODAY, ZB, Book, cases, covered, episode, feature, module_facts, person, rows

from features.clues.assets.compensation import family
from features.facts import Facts

DAY = timedelta(days=1)
SRV = date(2022, 5, 20)
ENF = date(2023, 1, 10)
LOG_REACHES = KNOWN - 15 * DAY


def agreement(book: Book, n: int, agreed: date, payee: int | None = None, **more: Any) -> None:
    """A compensation of 300,000 元 agreed with person n, who draws it unless another payee is given."""
    row = {
        "agreement_no": f"补偿{n}",
        "project": f"项目{n}",
        "payee_id": person(payee or n),
        "owner_id": person(n),
        "payee_name": f"领款人{payee or n}",
        "agreement_date": agreed,
        "amount": 30_000_000,
    }
    book.add("demolition", **(row | more))


@module_facts(Book)
def agreements(book: Book) -> None:
    """Agreements around the year before service, the log's reach, the court's notices and the household's share."""
    book.logged(*range(1, 20))
    agreement(book, 1, SRV - 365 * DAY)
    agreement(book, 2, SRV - 366 * DAY)
    agreement(book, 3, SRV - 366 * DAY, paid_date=SRV)
    for n, unit, code in ((4, "浙东征收办", "ASSIST"), (5, "浙东市民政局", "ASSIST"), (6, None, "PAY_IN")):
        agreement(book, n, SRV)
        book.event(n, code, ZB + 30 * DAY, other_name=unit, detail="拆迁补偿款到账" if n == 6 else None)
    agreement(book, 7, SRV, amount=100_000)
    agreement(book, 8, SRV, amount=99_999)
    book.kin(9, 809)
    agreement(book, 9, SRV, payee=809)
    agreement(book, 10, SRV, payee=810)
    agreement(book, 11, SRV, owner_id=person(811), payee=811, household="债务人11")
    agreement(book, 12, LOG_REACHES)
    agreement(book, 13, LOG_REACHES + DAY)
    agreement(book, 14, SRV, paid_date=ENF + DAY)
    agreement(book, 15, SRV, paid_date=ENF)
    # 16 was replaced as payee, 17 replaced somebody else.
    agreement(book, 16, SRV)
    agreement(book, 16, SRV, payee=816, prev_payee_id=person(16), changed_date=SRV + DAY)
    agreement(book, 17, SRV, prev_payee_id=person(817), changed_date=SRV + DAY)


def test_compensation_the_court_did_not_ask_to_withhold(agreements: Facts) -> None:
    found = rows(family, "M8A", agreements)
    # 9 draws the household's share through the spouse, 11 is not the owner, 13 is too young for the log.
    assert cases(found) == [1, 3, 5, 7, 10, 12, 14, 15, 17] and len(found) == 9
    assert {cases([row])[0] for row in found if not row["open"]} == {3, 14, 15}
    assert {cases([row])[0] for row in found if row["in_time"]} == {14}
    assert {cases([row])[0] for row in found if row["other"]} == {10}
    assert feature(family, "M8A_total", agreements, 1) == 1.5
    assert feature(family, "M8A_total", agreements, 7) == 0.005


def test_a_row_cites_the_agreement_and_names_the_table_searched(agreements: Facts) -> None:
    row = next(row for row in rows(family, "M8A", agreements) if row["episode"] == episode(3))
    table = agreements.cut.table("demolition")
    assert row["src"] == table.filter(table.agreement_no == "补偿3").rid.to_pandas().tolist()
    assert row["day"] == SRV and str(KNOWN) in row["note"] and "已于2022-05-20支付" in row["note"]


def test_no_finding_without_the_agreements_or_the_log(book: Book) -> None:
    """1 has an agreement but no log reaches the case; 2 has a log and no agreement; 3 was asked about and has none."""
    for n in (1, 2, 3):
        book.case(n, court_code=f"浙990{n}")
    agreement(book, 1, SRV)
    for n in (2, 3):
        book.event(n, "NOTICE", date(2023, 1, 12))
    book.asked(3, "DEM")
    facts = book.open()
    assert rows(family, "M8A", facts) == []
    assert covered(family, "M8A", facts, 1, 2, 3) == [False, False, True]


def test_payees_replaced_around_service(book: Book) -> None:
    for n in range(1, 11):
        book.case(n)
    for n, on in ((1, SRV - 61 * DAY), (2, SRV - 60 * DAY), (3, SRV - DAY), (4, SRV), (5, TODAY), (6, TODAY + DAY)):
        agreement(book, n, SRV - 100 * DAY, payee=800 + n, prev_payee_id=person(n), changed_date=on)
    book.kin(4, 804, "child")
    # 7 was never replaced, 8 draws in the place of another, 9 let the creditor draw, 10 the court.
    agreement(book, 7, SRV, payee=807)
    agreement(book, 8, SRV, prev_payee_id=person(808), changed_date=SRV)
    agreement(book, 9, SRV, payee=5009, prev_payee_id=person(9), changed_date=SRV)
    agreement(book, 10, SRV, payee=810, prev_payee_id=person(10), changed_date=SRV, payee_name="浙东市人民法院")
    facts = book.open()
    found = rows(family, "M8B", facts)
    assert cases(found) == [2, 3, 4, 5] and len(found) == 4
    assert [(row["served"], row["to_kin"]) for row in found] == [
        (False, False),
        (False, False),
        (True, True),
        (True, False),
    ]
    kin = next(row for row in found if row["to_kin"])
    tie = facts.kin.rid.to_pandas().tolist()
    assert len(kin["src"]) == 2 and tie[0] in kin["src"] and kin["note"] == "子女，送达后变更"
    assert feature(family, "M8B_kin", facts, 4) == 1.5 and feature(family, "M8B_kin", facts, 5) == 0.0


def test_compensation_paid_to_the_account_of_another(book: Book) -> None:
    owners = {1: [901], 2: [902], 3: [3], 4: [], 5: [905], 6: [5006], 7: [907], 8: [908]}
    for n, holders in owners.items():
        book.case(n)
        paid = {7: None, 8: SRV - 366 * DAY}.get(n, SRV)
        agreement(book, n, SRV - 400 * DAY, paid_date=paid, paid_acct=f"990000000000000{n}-1")
        for holder in holders:
            book.add("account", holder_id=person(holder), acct_no=f"990000000000000{n}")
    book.kin(2, 902)
    book.bank_query(5, ZB, subject_id=person(906), asset_id="9900000000000005")
    facts = book.open()
    found = rows(family, "M8C", facts)
    # 3 is the own account, 4 unknown, 5 of two holders, 6 the creditor's, 7 unpaid, 8 too long ago.
    assert [(cases([row])[0], row["to_kin"], row["who"]) for row in found] == [
        (1, False, person(901)),
        (2, True, person(902)),
    ]
