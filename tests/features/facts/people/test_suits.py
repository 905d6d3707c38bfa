"""Suits beside episodes, and signs of refusal at their bounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from clue_rows import KNOWN, TODAY, ZB, Book, episode, person, tuples

from features.facts import Facts
from features.facts.people.suits import ABILITY, REPORT, SANCTION

DAY = timedelta(days=1)
DEBT_FEN = 20_000_000
NOTICE = date(2023, 1, 12)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    book = Book()
    book.case(1)
    book.case(2)
    both = {"plaintiff_lawyer": "张律师、李律师", "defendant_lawyer": "李律师 张律师;王律师"}
    for n, more in enumerate(
        (
            {"judgment_date": TODAY, "outcome": "调解结案", **both},
            {"judgment_date": TODAY + DAY, "outcome": "调解", "plaintiff_lawyer": "、", "defendant_lawyer": "、"},
            {"suit_date": TODAY + DAY},
            {"plaintiff_id": person(1)},
            {"suit_no": "〔2022〕浙9901民初1号", "outcome": None, "amount": 1_000_000_000_001},
            {"defendant_id": person(77)},
            {"plaintiff_lawyer": "张律", "defendant_lawyer": "张律师"},
        )
    ):
        row = {"suit_no": f"S{n}", "defendant_id": person(1), "plaintiff_id": person(60), "suit_date": ZB}
        book.add("litigation", **(row | more))
    made = book.open(tmp_path_factory.mktemp("suits"))
    yield made
    made.cut.close()


def test_suits_up_to_the_day_with_what_had_happened(facts: Facts) -> None:
    table = facts.suits.filter(facts.suits.episode == episode(1))
    found = tuples(table, "suit_no", "own", "ended_on", "settled", "shared_lawyer", "amount")
    assert found == [
        ("S0", False, TODAY, True, "张律师", None),
        ("S1", False, None, False, None, None),
        ("S6", False, None, False, None, None),
        ("（2022）浙9901民初1号", True, None, False, None, 1_000_000_000_001),
    ]
    assert tuples(facts.suits, "episode", "suit_no")[-1] == (episode(2), "（2022）浙9901民初2号")


@pytest.fixture(scope="module")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    """Cases 1 to 4 by what was reported, 11 to 13 by what stood on the last day, 21 to 22 by what came in."""
    book = Book()
    for n in (1, 2, 3, 4, 11, 12, 13, 21, 22):
        book.case(n)
        book.event(n, "NOTICE", NOTICE)
    # 1 no report when the term had run out the day before the end; 2 on the day of the end; 3 reported nothing; 4 1 分.
    for n, due in ((1, ZB - DAY), (2, ZB), (3, ZB - DAY), (4, ZB - DAY)):
        book.event(n, "RPT_ORDER", NOTICE, expiry_date=due)
    for n, amount in ((3, 0), (4, 1)):
        book.event(n, "RPT_CONTENT", NOTICE + DAY, amount=amount, result="申报")
        for number, (kind, thing, found) in enumerate(
            (("YH", "A1", 100_000), ("YH", "A2", 100_001), ("YH", "A2", 999_999), ("IP", "U1", 5_000_000))
        ):
            more = {
                "range_code": kind,
                "asset_id": thing,
                "request_no": f"Q{number}",
                "has_result": True,
                "amount": found,
            }
            book.bank_query(n, ZB if thing == "U1" else NOTICE, ZB, **more)
        book.bank_query(n, ZB + DAY, KNOWN, request_no="Q9", asset_id="A9", has_result=True, amount=7_000_000)
    book.event(3, "FINE", ZB + DAY, amount=300)
    # 11 a car worth a twentieth of the debt, 12 one 分 less, 13 the only home.
    for n, value in ((11, DEBT_FEN // 20), (12, DEBT_FEN // 20 - 1)):
        book.car(n, f"TESTZZ000{n}", date(2018, 1, 1), est_value=value)
    home = {"unit_no": "U13", "reg_date": date(2018, 1, 1), "market_value": DEBT_FEN}
    book.add("realty", holder_id=person(13), only_home=True, **home)
    # A fifth of the debt came in from the day of the notice on; 22 got one 分 of it the day before.
    for n, early in ((21, NOTICE), (22, NOTICE - DAY)):
        for place, (day, amount) in enumerate(((early, 1), (ZB, DEBT_FEN // 5 - 2), (TODAY, 1))):
            ts = datetime(day.year, day.month, day.day, 9)
            given = {"acct_no": f"99000000{n}", "holder_id": person(n), "ts": ts, "txn_day": day, "occurrence": 1}
            book.add("txn", **given, direction="IN", amount=amount, ref_no=str(place), cp_name="某公司")
    made = book.open(tmp_path_factory.mktemp("signs"))
    yield made
    made.cut.close()


def test_signs_of_refusal_at_their_bounds(signs: Facts) -> None:
    found: list[tuple[Any, ...]] = tuples(signs.refusal_signs, "episode", "part", "day", "until", "amount", "who")
    assert found == sorted(
        [
            (episode(1), REPORT, ZB - DAY, ZB, None, "债务人1"),
            (episode(3), REPORT, NOTICE + DAY, NOTICE + DAY, 999_999 + 5_000_000, "债务人3"),
            (episode(3), SANCTION, ZB + DAY, ZB + DAY, 300, "被执行人"),
            (episode(11), ABILITY, ZB, ZB, DEBT_FEN // 20, "浙Z00011"),
            (episode(21), ABILITY, TODAY, TODAY, DEBT_FEN // 5, "本人账户"),
        ],
        key=lambda row: (row[0], row[1], row[2]),
    )


def test_every_sign_names_the_rows_that_say_it(signs: Facts) -> None:
    rows = {(row["episode"], row["part"]): row["src"] for row in signs.refusal_signs.to_pyarrow().to_pylist()}
    feedback = signs.cut.table("query_feedback")
    largest = feedback.filter(feedback.case_no == "（2023）浙9901执3号", feedback.amount.isin([999_999, 5_000_000]))
    event = signs.cut.table("event")
    report = event.filter(event.case_no == "（2023）浙9901执3号", event.ev_code == "RPT_CONTENT")
    wanted = [rid for (rid,) in tuples(largest, "rid") + tuples(report, "rid")]
    assert sorted(rows[episode(3), REPORT]) == sorted(wanted)
    assert all(rows.values())
