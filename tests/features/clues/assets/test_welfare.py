"""Regular income by the registers: insurance at work, pensions, provident funds to be drawn."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from clue_rows import KNOWN, TODAY, ZB, Book, cases, covered, episode, feature, module_facts, person, rows

from features.clues.assets.welfare import family
from features.facts import Facts

DAY = timedelta(days=1)
JULY, AUGUST = date(2023, 7, 1), date(2023, 8, 1)
REACH = KNOWN - 15 * DAY


def insured(book: Book, n: int, month: date = JULY, base: int = 600_000, **more: Any) -> None:
    """An answer of the social insurer: employed at 6,000 元 a month by default."""
    row = {"person_id": person(n), "unit": f"单位{n}", "last_month": month, "base": base, "status": "在职参保"}
    book.add("social", **(row | more))


def pension(book: Book, n: int, fen: int, month: date = JULY, **more: Any) -> None:
    """An answer of the social insurer about a pensioner."""
    insured(book, n, month, 0, **({"unit": None, "pension_amt": fen, "status": "领取养老金"} | more))


@module_facts(Book)
def work(book: Book) -> None:
    book.logged(*range(1, 20))
    insured(book, 1)
    insured(book, 1, AUGUST, 700_000)
    insured(book, 2, date(2023, 6, 1))
    for n, status in ((3, "暂停缴费"), (4, "参保缴费"), (5, "退休")):
        insured(book, n, status=status)
    insured(book, 6, unit=None)
    insured(book, 7, base=300_000)
    insured(book, 8, base=300_001)
    # Acts to withhold: 9 of the wage, 10 addressed to the unit, 11 of somebody else's wage, 12 of a vehicle.
    for n in (9, 10, 11, 12):
        insured(book, n)
    book.event(9, "ASSIST", ZB + DAY, asset_kind="收入", subject_id=person(9))
    book.event(10, "ASSIST", ZB + DAY, other_name="单位10")
    book.event(11, "ASSIST", ZB + DAY, asset_kind="收入", subject_id=person(911))
    book.event(12, "ASSIST", ZB + DAY, asset_kind="车辆", subject_id=person(12))
    # Income in general: 16 withheld by another employer, 17 by a bank, 18 by a deduction from the unit itself.
    for n, unit, code in ((16, "别家公司", "ASSIST"), (17, "浙东农村商业银行", "ASSIST"), (18, "单位18", "DEDUCT")):
        insured(book, n)
        book.event(n, code, ZB + DAY, asset_kind="收入", other_name=unit, subject_id=person(n))
    insured(book, 13, REACH)
    insured(book, 14, REACH + DAY)
    insured(book, 15, status=None)


def test_units_that_still_insure_the_debtor(work: Facts) -> None:
    found = rows(family, "D07", work)
    assert cases(found) == [1, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18] and len(found) == 14
    assert feature(family, "D07_base", work, 1) == 7_000.0 and feature(family, "D07_month_n", work, 1) == 2.0
    assert feature(family, "D07_n", work, 2) == 0.0
    one = next(row for row in found if row["episode"] == episode(1))
    social = work.cut.table("social").to_pandas()
    assert one["src"] == social[(social.person_id == person(1)) & (social.base == 700_000)].rid.tolist()


def test_wages_of_which_nothing_was_withheld(work: Facts) -> None:
    found = rows(family, "M6B", work)
    assert cases(found) == [1, 4, 8, 11, 12, 13, 15, 16]
    # 12 months of 4,000 元 above what is kept, of a debt of 200,000 元.
    assert feature(family, "M6B_year", work, 1) == 0.24
    assert str(KNOWN) in found[0]["note"]


def test_pensions_of_which_nothing_was_withheld(book: Book) -> None:
    book.logged(*range(1, 10))
    pension(book, 1, 150_000)
    pension(book, 2, 150_001)
    pension(book, 3, 300_000, date(2018, 3, 1))
    for n in (4, 5, 6):
        pension(book, n, 300_000)
    book.event(4, "DEDUCT", ZB + DAY, asset_kind="养老金")
    book.event(5, "ASSIST", ZB + DAY, asset_kind="养老金", subject_id=person(905))
    book.event(6, "ASSIST", ZB + DAY, detail="请协助提取其收入", subject_id=person(6))
    pension(book, 7, 300_000)
    book.event(7, "DEDUCT", ZB + DAY, asset_kind="收入", other_name="某某公司", subject_id=person(7))
    # 7 has wages withheld by an employer; 8 died; 9 draws less by the latest answer.
    pension(book, 8, 300_000)
    book.add("death", person_id=person(8), died_on=ZB)
    pension(book, 9, 300_000)
    pension(book, 9, 100_000, AUGUST)
    facts = book.open()
    found = rows(family, "M6A", facts)
    assert cases(found) == [2, 3, 5, 7]
    assert {cases([row])[0]: row["day"] for row in found} == {2: JULY, 3: ZB, 5: JULY, 7: JULY}
    assert feature(family, "M6A_month", facts, 5) == 3_000.0 and feature(family, "M6A_year", facts, 5) == 0.09


def fund(book: Book, n: int, last: date, status: str | None = "封存", fen: int = 5_000_000, **more: Any) -> None:
    """A provident fund of 50,000 元, sealed by default."""
    book.fund(n, last, fen, **({"status": status, "loan_flag": False} | more))


@module_facts(Book)
def funds(book: Book) -> None:
    """The log reaches 2023-08-17: funds sealed since 17 February can be drawn by then."""
    book.logged(*range(1, 18))
    fund(book, 1, date(2023, 2, 17))
    fund(book, 2, date(2023, 2, 18))
    fund(book, 3, REACH, "退休")
    fund(book, 4, REACH + DAY, "退休")
    fund(book, 5, date(2023, 1, 1), "正常缴存")
    fund(book, 6, date(2023, 1, 1), loan_flag=True)
    fund(book, 7, date(2023, 1, 1), fen=1_000_000)
    fund(book, 8, date(2023, 1, 1), fen=999_999)
    for n in (9, 10, 11, 12, 13):
        fund(book, n, date(2023, 1, 1))
    book.event(9, "FREEZE", ZB, asset_kind="存款", asset_id="GJJ9")
    book.event(10, "DEDUCT", ZB, asset_kind="资金", asset_id="GJJ10")
    book.event(11, "ASSIST", ZB, detail="协助划扣住房公积金")
    book.event(12, "FREEZE", ZB, asset_kind="存款", asset_id="GJJ12", end_date=ZB + DAY)
    # An employer told to withhold wages was not told of the fund; 13 was paid into again.
    book.event(1, "ASSIST", ZB, asset_kind="收入", other_name="单位1")
    fund(book, 13, date(2023, 6, 1), "正常缴存")


def test_funds_to_be_drawn(funds: Facts) -> None:
    found = rows(family, "M5B", funds)
    assert cases(found) == [1, 3, 7, 12]
    assert [row["day"] for row in found if row["episode"] == episode(1)] == [REACH]
    assert feature(family, "M5B_balance", funds, 1) == 0.25
    assert all(row["day"] <= TODAY and len(row["src"]) == 1 for row in found)


def test_no_finding_without_the_registers_or_the_log(book: Book) -> None:
    """1 is employed and draws a pension, but no log reaches the case; 2 has a log alone; 3 was asked about."""
    book.case(1)
    book.logged(2, 3)
    insured(book, 1, base=900_000, pension_amt=900_000)
    fund(book, 1, date(2023, 1, 1), "退休")
    book.asked(3, "SOC", "HPF")
    facts = book.open()
    for id in ("M6A", "M6B", "M5B"):
        assert rows(family, id, facts) == []
        assert covered(family, id, facts, 1, 2, 3) == [False, False, True]
