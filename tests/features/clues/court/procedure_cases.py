"""Terminated cases that each fail one compliance check, or stand at its boundary, and which case fails which."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from clue_rows import ZB, Book, person

from features.clues.court.procedure import ITEMS
from features.facts.case.duties import RANGES

ALL_ITEMS = ";".join(ITEMS)
TALK = date(2023, 6, 10)


def complete(book: Book, n: int, leave: str = "", **changes: Any) -> None:
    """A case in which everything was done in time but what `leave` names."""
    book.case(n, **({"ntc_sent_date": None} if leave == "NOTICE" else {}) | changes)
    done: list[tuple[str, date, dict[str, Any]]] = [
        ("FILE", date(2023, 1, 10), {}),
        ("NOTICE", date(2023, 1, 12), {}),
        ("RPT_ORDER", date(2023, 1, 12), {"expiry_date": date(2023, 1, 27)}),
        ("LIMIT", date(2023, 2, 1), {"result": "限制消费令"}),
        ("INVEST", date(2023, 3, 1), {"detail": ALL_ITEMS}),
        ("INTERVIEW", TALK, {"result": "同意"}),
        ("ZB", ZB, {}),
    ]
    for code, day, more in done:
        if code != leave:
            book.event(n, code, day, subject_id=person(n), **more)
    if leave != "QUERY":
        asked(book, n, ZB - timedelta(days=30))


def asked(book: Book, n: int, day: date, *ranges: str) -> None:
    """Queries of the named sources, or of all, about the debtor of case n."""
    for code in ranges or RANGES:
        book.bank_query(n, day, day, range_code=code, request_no=f"Q{n}{day}")


def procedure_book() -> Book:
    """Case 1 is complete; the others leave one thing out or stand at a boundary."""
    book = Book()
    complete(book, 1)
    for n, code in ((2, "NOTICE"), (3, "RPT_ORDER"), (4, "QUERY"), (5, "INVEST"), (7, "LIMIT"), (8, "INTERVIEW")):
        complete(book, n, code)
    complete(book, 10, "ZB")
    for n, age in ((21, 91), (22, 92)):
        complete(book, n, "QUERY")
        asked(book, n, ZB - timedelta(days=age))
    complete(book, 23, "QUERY")
    asked(book, 23, ZB - timedelta(days=5), *list(RANGES)[:-1])
    complete(book, 24, "QUERY")
    asked(book, 24, ZB + timedelta(days=1))
    complete(book, 31, "INTERVIEW", zb_by_applicant=True)
    complete(book, 32, "INTERVIEW", cause="3202")
    complete(book, 33, "INTERVIEW")
    book.add(
        "party",
        case_no="（2023）浙9901执33号",
        party_no=9,
        role="applicant",
        kind="organisation",
        name="浙东市第一人民法院",
    )
    complete(book, 34, "INTERVIEW")
    book.event(34, "INTERVIEW", ZB, result="不同意")
    complete(book, 35, "INTERVIEW")
    book.event(35, "INTERVIEW", TALK)
    complete(book, 36, "INTERVIEW")
    book.event(36, "INTERVIEW", ZB + timedelta(days=1), result="同意")
    _add_limits_and_sums(book)
    return book


def _add_limits_and_sums(book: Book) -> None:
    complete(book, 41, "LIMIT")
    book.event(41, "LIMIT", date(2023, 2, 1), subject_id=person(41), end_date=ZB)
    complete(book, 42, "LIMIT")
    book.event(42, "LIMIT", date(2023, 2, 1), subject_id=person(42), end_date=ZB + timedelta(days=1))
    complete(book, 43)
    book.debtor(43, 643, party_no=3, name="共同债务人")
    for n, detail in ((51, "公积金;理财"), (52, None)):
        complete(book, n, "INVEST")
        book.event(n, "INVEST", date(2023, 3, 1), detail=detail)
    for n, end, result in (
        (61, ZB, "已核实"),
        (62, ZB + timedelta(days=1), "已核实"),
        (63, None, "未核实"),
        (64, None, None),
    ):
        complete(book, n)
        book.event(n, "CLUE", date(2023, 6, 15), end_date=end, result=result, detail="有车")
    bank = {"asset_kind": "银行存款", "asset_id": "9900"}
    for n, amount in ((71, 99_999), (72, 100_000), (73, None)):
        complete(book, n)
        book.event(n, "FOUND", date(2023, 2, 1), amount=amount, **bank)
    complete(book, 74, amt_due=1_999_979)
    book.event(74, "FOUND", date(2023, 2, 1), amount=99_999, **bank)
    car = {"asset_kind": "车辆", "asset_id": "TESTZZ00075"}
    complete(book, 75)
    book.event(75, "FOUND", date(2023, 2, 1), amount=50_000, **car)
    complete(book, 76)
    book.event(76, "FOUND", date(2023, 2, 1), amount=5_000_000, reason="车辆未能实际扣押", **car)
    complete(book, 77)
    book.event(77, "FOUND", date(2023, 2, 1), amount=5_000_000, **car)
    book.event(77, "AUCTION", date(2023, 5, 1), **car)
    complete(book, 81, amt_unpaid=0)
    complete(book, 91)
    book.tables["party"][-1]["id_verify"] = "死亡"
    # Only a ruling's text: it says what was done, never what was not.
    book.case(95)
    book.event(95, "ZB", ZB)
    book.tables["event"][-1]["event_id"] = "裁定书:甲:ZB"


EXPECTED = {
    "CHK01": [2, 3, 43],
    "CHK02": [4, 22, 23, 24, 43],
    "CHK03": [5],
    "CHK04": [5, 43, 51],
    "CHK05": [62, 63],
    "CHK06": [72, 74, 75],
    "CHK07": [7, 41, 43],
    "CHK08": [8, 35, 36],
    "CHK09": [81],
    "CHK10": [10],
    "CHK11": [91],
}
"""Numbers of the cases that fail each check."""
