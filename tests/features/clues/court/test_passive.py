"""Passive enforcement: sealed and left, found and left, sealed too much, renewed late, obligors who did not assist."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from math import isnan
from typing import Any

from auction_rows import lot
from clue_rows import KNOWN, TODAY, ZB, Book, cases, episode, feature, module_facts, person, rows

from features.clues.court.passive import family
from features.facts import Facts

DAY = timedelta(days=1)
NOTIFIED = date(2023, 3, 6)


def home(book: Book, n: int, unit: str, value: int, **more: Any) -> None:
    """A home of person n since 2015."""
    row = {"unit_no": unit, "holder_id": person(n), "reg_date": date(2015, 1, 1), "market_value": value}
    book.add("realty", **(row | more))


@module_facts(Book)
def left(book: Book) -> None:
    """Homes sealed on 16 January 2023: six months end on Sunday 16 July, so on Monday the 17th."""
    day = date(2023, 1, 16)
    for n in range(1, 15):
        book.logged(n)
        more: dict[str, Any] = {"expiry_date": date(2026, 1, 15)}
        if n == 9:
            more = {"expiry_date": date(2023, 7, 16)}
        if n == 10:
            more |= {"end_date": date(2023, 7, 1)}
        kind = {11: "车辆", 12: "车辆", 13: "银行存款"}.get(n, "不动产")
        book.event(n, "SEAL", day, asset_kind=kind, asset_id=f"T{n}", amount=1_000_000, **more)
    book.event(2, "APPRAISE", date(2023, 7, 17), asset_id="T2")
    book.event(3, "APPRAISE", date(2023, 7, 18), asset_id="T3")
    book.event(4, "FOUND", day, asset_id="T4", reason="唯一住房")
    book.event(5, "FOUND", day, asset_id="T5", reason="")
    lot(book, 6, asset_id="T6", notice_date=date(2023, 7, 17), start_date=date(2023, 8, 20), end_date=None, status=None)
    for n, sealed in ((7, day - DAY), (8, day + DAY)):
        book.case(100 + n, close_mode=None, close_date=None)
        book.event(100 + n, "SEAL", sealed, asset_id=f"T{n}", asset_kind="不动产")
    book.event(12, "DETAIN", date(2023, 2, 1), asset_kind="车辆", asset_id="T12")
    book.add("event", **(book.tables["event"][1] | {"event_id": "again"}))
    # Due on 18 August, fourteen days before the last delivery.
    book.event(14, "SEAL", date(2023, 2, 18), asset_kind="不动产", asset_id="T14-late", expiry_date=date(2026, 2, 1))


def test_things_sealed_and_left_for_six_months(left: Facts) -> None:
    found = rows(family, "M10C", left)
    assert cases(found) == [1, 3, 5, 8, 12, 14] and len(found) == 6
    assert {row["day"] for row in found} == {date(2023, 7, 17)}


@module_facts(Book)
def later(book: Book) -> None:
    """Found after the termination of 20 June 2023; ten days from 3 July end on the 13th, seven on the 10th."""
    day = date(2023, 7, 3)
    for n, sealed in ((1, None), (2, date(2023, 7, 12)), (3, date(2023, 7, 13)), (4, date(2023, 7, 14)), (5, None)):
        book.logged(n)
        book.event(
            n, "ZB_ASSET", day, asset_kind="不动产", asset_id=f"U{n}", amount=5, reason="抵押" if n == 5 else None
        )
        if sealed:
            book.seal(n, f"U{n}", sealed)
    book.event(1, "FOUND", day + DAY, asset_kind="不动产", asset_id="U1", amount=5)
    for n, reported, checked in ((11, day, 6), (12, day, 7), (13, day, 8), (14, day, None), (15, ZB, None)):
        book.case(n)
        book.event(n, "CLUE", reported, end_date=checked and reported + checked * DAY, detail="有房", result=None)
    book.event(14, "CLUE", day, detail="有房")
    # Seven days on from 10 August: the log came fourteen days after that.
    book.case(16)
    book.event(16, "CLUE", KNOWN - 21 * DAY, detail="有车")


def test_found_after_the_termination(later: Facts) -> None:
    found = rows(family, "M10B", later)
    assert cases(found) == [1, 4] and len(found) == 2


def test_clues_after_the_termination(later: Facts) -> None:
    found = rows(family, "M10E", later)
    assert cases(found) == [13, 14] and len(found) == 2


def test_renewals_after_the_seal_ran_out(book: Book) -> None:
    end = date(2023, 3, 1)
    for n, again in ((1, end), (2, end + DAY), (3, end + 30 * DAY), (4, end + 30 * DAY), (5, end + 30 * DAY)):
        book.case(n)
        book.seal(n, f"TESTZZ0000{n}", date(2023, 2, 1), expiry_date=end, end_date=end if n == 4 else None)
        book.seal(n, f"TESTZZ0000{n}", again, expiry_date=TODAY)
    # 5: another seal of the case held on in between.
    book.seal(5, "TESTZZ00005", date(2023, 2, 2), expiry_date=end + 60 * DAY)
    book.seal(3, "TESTZZ00003", end + 31 * DAY, expiry_date=TODAY)
    facts = book.open()
    found = rows(family, "SEAL-LATE", facts)
    assert [(cases([row])[0], row["day"], row["note"]) for row in found] == [
        (2, end, "2023-03-02续行，中断1天"),
        (3, end, "2023-03-31续行，中断30天"),
    ]


def test_more_sealed_than_owed(book: Book) -> None:
    """Owed are 200,000 元 and a tenth for costs: more than 286,000 元 is too much where 220,000 remain without one."""
    sums = {1: (22_000_000, 6_600_001), 2: (22_000_000, 6_600_000), 3: (28_700_000,), 4: (21_999_999, 10_000_000)}
    sums |= dict.fromkeys((5, 6, 7, 8), (22_000_000, 6_600_001))
    for n, values in sums.items():
        book.logged(n)
        for i, value in enumerate(values):
            home(book, n, f"U{n}-{i}", value + 1_000, mortgage_amt=1_000, only_home=(n, i) == (8, 0))
            end = ZB - DAY if (n, i) == (5, 1) else TODAY
            book.event(n, "SEAL", date(2023, 2, 1), asset_kind="不动产", asset_id=f"U{n}-{i}", expiry_date=end)
    book.event(1, "SEAL", date(2023, 3, 1), asset_kind="不动产", asset_id="U1-0", expiry_date=TODAY)
    book.case(106)
    book.event(106, "SEAL", date(2023, 1, 20), asset_kind="不动产", asset_id="U6-0", expiry_date=TODAY)
    # A frozen account counts with the sum frozen.
    book.event(2, "FREEZE", date(2023, 2, 1), asset_kind="银行存款", asset_id="99A", amount=1, expiry_date=TODAY)
    facts = book.open()
    found = rows(family, "M11", facts)
    # 3: one thing cannot be parted; 4: too little would remain; 5: one seal had run out; 6: another court stands first;
    # 8: one is the only home.
    assert cases(found) == [1, 2, 7] and len(found) == 3
    assert found[0]["amount"] == 28_600_001 - 22_000_000
    assert found[0]["who"] == "不动产 U1-0、不动产 U1-1"


@module_facts(Book)
def silent(book: Book) -> None:
    """Asked on 6 March 2023: fifteen days end on the 21st, thirty on Wednesday 5 April (Qingming), so on the 6th."""
    for n, answer in ((1, 14), (2, 15), (3, 16), (4, 31), (5, 32), (6, None), (7, None)):
        book.case(n)
        unit = "测试县征收办公室" if n == 5 else "测试用人公司"
        book.event(
            n,
            "ASSIST",
            NOTIFIED,
            other_name=unit,
            other_id=f"99UNIT{n}",
            detail="扣留工资",
            end_date=answer and NOTIFIED + answer * DAY,
            result="已协助" if n == 7 else "",
        )
    book.event(6, "ASSIST", NOTIFIED, other_name="测试用人公司", other_id="99UNIT6", detail="扣留工资", result="")
    book.case(8)
    book.event(8, "ASSIST", KNOWN - 29 * DAY, other_name="测试银行", detail="冻结")
    for n, detail in ((21, None), (22, "")):
        book.case(n)
        book.event(n, "ASSIST", NOTIFIED, other_name="测试银行", detail=detail, result="", end_date=NOTIFIED + 40 * DAY)
        book.event(n, "CLUE", ZB + 13 * DAY, detail=detail, end_date=ZB + 40 * DAY, result=None)


def test_units_that_did_not_answer(silent: Facts) -> None:
    found = rows(family, "M16A", silent)
    bare = [row for row in found if not row["note"].startswith("扣留工资")]
    found = [row for row in found if row not in bare]
    assert cases(found) == [3, 4, 5, 6] and cases(bare) == [21, 22]
    assert [row["long"] for row in found] == [False, False, True, True]
    assert {row["note"] for row in bare} == {"2023-04-15答复"}
    assert found[0]["note"] == "扣留工资，2023-03-22答复"
    assert feature(family, "M16A_n", silent, 6) == 1.0 and feature(family, "M16A_n", silent, 2) == 0.0
    assert "末次交接2023-09-01" in found[-1]["note"]
    assert feature(family, "M16A_organ", silent, 5) == 1.0 and feature(family, "M16A_organ", silent, 4) == 0.0


def test_clues_that_say_nothing_begin_with_what_was_done(silent: Facts) -> None:
    found = rows(family, "M10E", silent)
    assert cases(found) == [21, 22] and {row["note"] for row in found} == {"2023-07-30核实"}


@module_facts(Book)
def paid(book: Book) -> None:
    """A unit that paid 8,000 元 a month was notified on 6 March to withhold."""

    def wage(n: int, on: date, amount: int, unit: str = "测试用人公司") -> None:
        book.statement(n, datetime.combine(on, time(9)), amount / 100, cp_name=unit)

    for n in range(1, 8):
        book.case(n)
        book.asked(n, "TX")
        more = {"result": "有异议"} if n == 6 else {}
        book.event(n, "DEBT3P" if n == 6 else "ASSIST", NOTIFIED, other_name="测试用人公司", **more)
        for month in (1, 2):
            wage(n, date(2023, month, 10), 800_000)
    wage(1, NOTIFIED, 800_000)
    wage(1, NOTIFIED + DAY, 800_000)
    wage(1, date(2023, 4, 10), 640_000)
    wage(2, date(2023, 4, 10), 639_999)
    wage(3, date(2023, 4, 10), 800_000, "另一测试公司")
    wage(5, date(2023, 4, 10), 99_999)
    wage(6, date(2023, 4, 10), 800_000)
    book.event(1, "ASSIST", NOTIFIED + 10 * DAY, other_name="测试用人公司")
    book.case(9)


def test_units_that_went_on_paying(paid: Facts) -> None:
    found = rows(family, "M16B", paid)
    # A fifth less than before is still paying; below that it is what must be left to live on.
    assert [(cases([row])[0], row["day"], row["amount"]) for row in found] == [
        (1, NOTIFIED + DAY, 800_000),
        (1, date(2023, 4, 10), 640_000),
    ]
    assert feature(family, "M16B_units", paid, 1) == 1.0
    assert feature(family, "M16B_n", paid, 2) == 0.0 and isnan(feature(family, "M16B_n", paid, 9))


def test_third_party_debts_left_alone(book: Book) -> None:
    """Notified on 6 March: objections until the 21st, acts until 20 April."""
    objected = {"result": "有异议"}
    for n, changes in enumerate(
        (
            {},
            objected | {"end_date": date(2023, 3, 21)},
            objected | {"end_date": date(2023, 3, 22)},
            {"result": "已向法院履行", "end_date": date(2023, 3, 20)},
            {},
            {},
            {},
            {"result": "无异议", "end_date": date(2023, 3, 20)},
        ),
        start=1,
    ):
        book.case(n)
        book.event(n, "DEBT3P", NOTIFIED, other_name="测试货款公司", other_id=f"99UNIT{n}", amount=700, **changes)
    book.event(5, "DEDUCT", date(2023, 5, 1), other_id="99UNIT5", amount=300)
    book.event(6, "PAY_IN", date(2023, 4, 1), amount=700)
    book.event(7, "PAY_IN", date(2023, 4, 1), amount=701)
    book.event(1, "DEBT3P", NOTIFIED, other_name="测试货款公司", other_id="99UNIT1", amount=700)
    facts = book.open()
    found = rows(family, "M16C", facts)
    assert cases(found) == [1, 3, 7, 8] and len(found) == 4
    assert feature(family, "M16C_n", facts, 1) == 1.0
    assert found[0]["episode"] == episode(1)


def test_resumed_and_terminated_again_without_a_measure(book: Book) -> None:
    end = date(2023, 8, 1)
    for n, act in ((1, None), (2, "SEAL"), (3, None), (4, None)):
        first = book.case(n)
        number = f"（2023）浙9901执恢{n}号"
        book.add(
            "case",
            case_no=number,
            case_type="resumed",
            prev_case_no=first,
            court_code="浙9901",
            court_division="339901",
            filing_date=date(2023, 7, 1),
            close_mode="terminated",
            close_date=end if n != 4 else KNOWN - 14 * DAY,
            amt_unpaid=20_000_000,
        )
        book.add("event", event_id=f"H{n}", case_no=number, ev_code="NOTICE", ev_date=date(2023, 7, 2))
        if act:
            book.add("event", event_id=f"S{n}", case_no=number, ev_code=act, ev_date=end, asset_id="U")
        asked = number if n == 3 else first
        book.add("query_feedback", case_no=asked, request_no=f"Q{n}", range_code="YH", req_date=date(2023, 7, 3))
    facts = book.open()
    found = rows(family, "M10G", facts)
    assert [row["who"] for row in found] == ["（2023）浙9901执恢1号"]
