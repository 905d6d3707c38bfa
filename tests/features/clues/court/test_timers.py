"""Periods at their last day: in time, and one day late."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from clue_rows import KNOWN, TODAY, ZB, Book, cases, episode, module_facts, rows

from features.clues.court.passive import family as passive
from features.clues.court.timers import family
from features.facts import Facts

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("filed", "last"),
    [
        ("2023-01-10", "2023-04-10"),
        ("2023-01-31", "2023-04-30"),
        ("2022-11-30", "2023-02-28"),
        ("2019-11-30", "2020-02-29"),
    ],
)
def test_more_than_three_months(book: Book, filed: str, last: str) -> None:
    """A case closed on the last day of the three months is closed too early, a day later it is not."""
    for n, late in ((1, 0), (2, 1)):
        closed = date.fromisoformat(last) + late * DAY
        book.case(n, filing_date=date.fromisoformat(filed), close_date=closed)
    assert cases(rows(family, "T-3M", book.open())) == [1]


@module_facts(Book)
def facts(book: Book) -> None:
    start = date(2016, 12, 1)
    book.case(1, filing_date=start, close_date=start - DAY)
    book.case(2, filing_date=start, close_date=start)
    # The tenth day, 15 January, is a Sunday.
    for n, sent in ((11, date(2023, 1, 15)), (12, date(2023, 1, 16)), (13, date(2023, 1, 17))):
        book.case(n, ntc_sent_date=sent)
    book.case(14, ntc_sent_date=None)
    book.event(14, "NOTICE", date(2023, 1, 20))
    given = date(2023, 3, 1)
    for n, day, end in ((21, given, 7), (22, given, 8), (23, ZB - 7 * DAY, None), (24, ZB - 8 * DAY, None)):
        book.case(n)
        book.event(
            n, "CLUE", day, end_date=end and day + end * DAY, result="已核实" if end else "未核实", detail="有车"
        )
    for n, day, end in ((25, date(2017, 4, 30), 6), (26, date(2017, 5, 1), 6)):
        book.case(n, filing_date=date(2017, 1, 1), close_date=date(2017, 9, 1))
        book.event(n, "CLUE", day, end_date=day + end * DAY, result="已核实")
    _seals(book)
    _money(book)
    _found(book)


def _seals(book: Book) -> None:
    frozen = date(2022, 3, 1)
    for n in range(31, 37):
        book.case(n, filing_date=date(2022, 1, 10))
        book.event(n, "FREEZE", frozen, asset_kind="银行存款", asset_id=f"A{n}")
    book.event(32, "FREEZE", date(2023, 2, 20), asset_kind="银行存款", asset_id="A32", expiry_date=TODAY)
    book.event(33, "DEDUCT", date(2022, 9, 1), asset_kind="银行存款", asset_id="A33", amount=100)
    book.tables["event"][-2]["detail"] = "冻结"
    book.case(37)
    book.seal(37, "TESTZZ00037", date(2023, 2, 1), expiry_date=date(2023, 8, 1), end_date=date(2023, 7, 1))
    for n, ago in ((38, 14), (39, 15)):
        book.case(n)
        book.seal(n, f"TESTZZ000{n}", date(2023, 2, 1), expiry_date=KNOWN - ago * DAY)


def _money(book: Book) -> None:
    came = date(2023, 4, 1)
    # The thirtieth day is 1 May; Labour Day lasts until the 3rd, so the 4th is the last day.
    for n, outs in (
        (40, [(32, 500)]),
        (41, [(33, 500)]),
        (42, [(34, 500)]),
        (43, [(10, 300), (34, 200)]),
        (44, []),
        (45, []),
        (46, [(5, 100), (10, 400)]),
    ):
        book.case(n)
        book.event(n, "PAY_IN", came, amount=500)
        for days, amount in outs:
            book.event(n, "PAY_OUT", came + days * DAY, amount=amount)
    book.event(45, "PAY_HOLD", came + 30 * DAY, reason="分配争议")
    book.case(47)
    book.event(47, "PAY_IN", came, amount=500)
    book.event(47, "PAY_HOLD", came + 30 * DAY)


def _found(book: Book) -> None:
    day = date(2023, 2, 1)
    # The tenth day, 11 February, is a Saturday: Monday the 13th is the last day.
    for n, sealed in ((50, 11), (51, 12), (52, 13), (53, None), (54, None)):
        book.case(n)
        bank = n == 54
        book.event(
            n,
            "FOUND",
            day,
            asset_kind="银行存款" if bank else "车辆",
            asset_id=f"TESTZZ{n:05d}",
            amount=99_999 if bank else 5_000_000,
        )
        if sealed:
            book.seal(n, f"TESTZZ{n:05d}", day + sealed * DAY)
    for n, info in ((55, "已冻结"), (56, "")):
        book.logged(n)
        money = {"asset_kind": "银行存款", "asset_id": f"A{n}", "amount": 100_000}
        book.bank_query(n, day, day, has_result=True, **money, seal_info=info)


def test_the_rule_of_the_day_is_applied(facts: Facts) -> None:
    found = rows(family, "T-3M", facts)
    # Before the Provisions were in force nothing is judged by them.
    assert 1 not in cases(found) and 2 in cases(found)


def test_notices(facts: Facts) -> None:
    found = {row["episode"]: row["note"] for row in rows(family, "T-NTC", facts)}
    late = [n for n in (11, 12, 13, 14) if episode(n) in found]
    assert late == [13, 14]
    assert "届满2023-01-16" in found[episode(13)] and "仅按周末" not in found[episode(13)]


def test_clues_by_the_rule_of_their_time(facts: Facts) -> None:
    found = cases(rows(family, "T-CLUE", facts))
    assert found == [22, 24, 25]


def test_seals_without_a_date_run_out_after_the_longest_term(facts: Facts) -> None:
    found = {row["episode"]: row["day"] for row in rows(family, "T-SEAL", facts)}
    # 32 was renewed, 33 deducted, 37 released; 38 ran out too shortly before the last delivery to tell.
    assert found == {episode(n): date(2023, 3, 1) for n in (31, 34, 35, 36)} | {episode(39): KNOWN - 15 * DAY}


def test_money_is_paid_out_first_in_first_out(facts: Facts) -> None:
    found = {row["episode"]: len(row["src"]) for row in rows(family, "T-PAY", facts)}
    # 45 was deferred with a reason, 47 without one.
    assert found == {episode(42): 2, episode(43): 2, episode(44): 1, episode(47): 1}


def test_property_found_and_not_controlled(facts: Facts) -> None:
    assert cases(rows(family, "T-SEIZE", facts)) == [52, 53, 56]


@pytest.mark.parametrize(
    ("day", "runs_out"), [(date(2022, 3, 1), date(2023, 3, 1)), (date(2020, 2, 29), date(2021, 2, 28))]
)
@pytest.mark.parametrize("renewed", [-1, 0, 1])
def test_a_freeze_holds_for_a_year_and_no_day_more(book: Book, day: date, runs_out: date, renewed: int) -> None:
    """A freeze renewed by the end of its last day never lapsed; renewed on the day after, it had."""
    book.case(1, filing_date=date(2020, 1, 10))
    book.event(1, "FREEZE", day, asset_kind="银行存款", asset_id="A1")
    book.event(1, "FREEZE", runs_out + renewed * DAY, asset_kind="银行存款", asset_id="A1", expiry_date=TODAY)
    facts = book.open()
    late = rows(passive, "SEAL-LATE", facts)
    assert [row["day"] for row in late] == ([runs_out] if renewed > 0 else [])


@module_facts(Book)
def checks(book: Book) -> None:
    """Terminated on 31 August 2021: re-checks due on 28 February, 31 August 2022, 28 February and 31 August 2023."""
    end = date(2021, 8, 31)
    due = [date(2022, 2, 28), date(2022, 8, 31), date(2023, 2, 28)]
    for n, days in ((1, due), (2, [due[0] + 15 * DAY, *due[1:]]), (3, [due[0] + 16 * DAY, due[2]]), (4, [])):
        book.case(n, filing_date=date(2021, 1, 1), close_date=end)
        book.event(n, "ZB", end)
        for day in days:
            book.event(n, "ZB_REQUERY", day, result="无", end_date=day)
    hits = KNOWN - 45 * DAY
    for n, handled in ((11, None), (12, hits), (13, hits - DAY), (14, None)):
        book.case(n)
        day = hits if n != 14 else hits + DAY
        book.event(n, "ZB_REQUERY", day, result="有", end_date=day)
        if handled:
            book.event(n, "ZB_RESUME_SUG", handled)
    book.case(15)
    book.event(15, "ZB_REQUERY", hits, result="无")


def test_missing_rechecks(checks: Facts) -> None:
    found = [(row["episode"], row["day"]) for row in rows(family, "T-REQ", checks)]
    end = date(2021, 8, 31)
    assert found == [
        # The query sixteen days late counts for the next half-year.
        (episode(3, end), date(2022, 2, 28)),
        (episode(4, end), date(2022, 2, 28)),
        (episode(4, end), date(2022, 8, 31)),
        (episode(4, end), date(2023, 2, 28)),
    ]


def test_hits_left_alone_for_thirty_days(checks: Facts) -> None:
    # 12 was handled the same day; 13 before the hit; 14 thirty days before the log could show it.
    assert cases(rows(family, "T-REQHIT", checks)) == [11, 13]
    assert cases(rows(family, "M10D", checks)) == [11, 12, 13, 14]
