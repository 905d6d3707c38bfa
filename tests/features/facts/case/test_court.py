"""Events, queries, seals and petitions beside their episodes: own and other cases of the chain, days that lie ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from clue_rows import TODAY, ZB, Book, episode, person, tuples

from features.facts import Facts
from features.facts.case.court import CONTROL

DAY = timedelta(days=1)
AGAIN = date(2023, 10, 20)
"""Second termination of the chain of case 1, in case 2."""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    """Case 2 resumes case 1 and is terminated again; case 3 is another matter."""
    book = Book()
    first = book.case(1)
    book.case(2, case_type="resumed", prev_case_no=first, filing_date=date(2023, 8, 1), close_date=AGAIN)
    book.case(3)
    for n, day, end in ((1, ZB, TODAY), (1, ZB + DAY, TODAY + DAY), (2, AGAIN + DAY, None), (2, TODAY + DAY, None)):
        book.event(n, "FOUND", day, end_date=end, subject_id=" 990001800101001 ")
    book.bank_query(1, ZB, TODAY, subject_id=person(1))
    book.bank_query(2, TODAY, TODAY + DAY)
    book.bank_query(3, TODAY + DAY, TODAY + DAY)
    for n, day in ((1, ZB - DAY), (1, ZB), (2, TODAY), (2, TODAY + DAY)):
        book.add("petition", pet_id=f"P{day}", case_no=f"（2023）浙9901执{n}号", recv_date=day, text="某车")
    seals(book)
    made = book.open(tmp_path_factory.mktemp("court"))
    yield made
    made.cut.close()


def seals(book: Book) -> None:
    """Things named by themselves, one seal each, in case 3."""
    book.car(3, "TESTZZ00003", date(2018, 1, 1))
    for vin in ("TESTZZ10004", "TESTZZ20004"):
        book.car(3, vin, date(2018, 1, 1), plate="浙Z00004")
    book.seal(3, "浙Z00003", date(2022, 2, 28))
    book.seal(3, "浙Z00004", date(2022, 2, 28))
    for thing, kind, day, code in (
        ("存款", "银行存款", date(2015, 2, 3), "FREEZE"),
        ("存款后", "银行存款", date(2015, 2, 4), "FREEZE"),
        ("无类别冻结", None, date(2023, 2, 28), "FREEZE"),
        ("股权", "股权", date(2020, 2, 29), "FREEZE"),
        ("扣押", None, date(2020, 2, 29), "DETAIN"),
        ("不动产", "不动产", date(2014, 8, 31), "SEAL"),
        ("无类别查封", None, date(2023, 8, 31), "SEAL"),
        ("未来", "不动产", TODAY + DAY, "SEAL"),
    ):
        book.event(3, code, day, asset_id=thing, asset_kind=kind)
    book.event(3, "SEAL", ZB, asset_kind="不动产")
    book.event(3, "DEDUCT", ZB, asset_kind="不动产", asset_id="划拨")
    for thing, end in (("已解", TODAY), ("将解", TODAY + DAY), ("到期后解", TODAY)):
        until = TODAY - DAY if thing == "到期后解" else date(2025, 1, 1)
        more = {"reason": "案外人异议", "result": "准许", "detail": "解除"}
        book.event(3, "SEAL", ZB, asset_id=thing, asset_kind="不动产", expiry_date=until, end_date=end, **more)


def test_events_stand_beside_every_episode_of_their_chain(facts: Facts) -> None:
    found = tuples(
        facts.events.filter(facts.events.ev_code == "FOUND"), "episode", "ev_date", "own", "after", "end_date"
    )
    one, two = f"（2023）浙9901执1号@{ZB}", f"（2023）浙9901执1号@{AGAIN}"
    assert found == [
        (one, ZB, True, False, TODAY),
        (one, ZB + DAY, True, True, None),
        (one, AGAIN + DAY, False, True, None),
        (two, ZB, False, False, TODAY),
        (two, ZB + DAY, False, False, None),
        (two, AGAIN + DAY, True, True, None),
    ]
    assert {subject for (subject,) in tuples(facts.events.filter(facts.events.ev_code == "FOUND"), "subject")} == {
        "990001198001010019"
    }


def test_a_query_belongs_to_its_own_case_and_is_unanswered_until_the_day(facts: Facts) -> None:
    assert tuples(facts.queries, "episode", "req_date", "fb_date", "subject") == [
        (episode(1), ZB, TODAY, person(1)),
        (f"（2023）浙9901执1号@{AGAIN}", TODAY, None, person(2)),
    ]


def test_petitions_follow_every_episode_of_the_chain_up_to_the_day(facts: Facts) -> None:
    last = (TODAY - ZB).days
    assert tuples(facts.petitions, "episode", "recv_date", "after", "age_days") == [
        (episode(1), ZB - DAY, False, last + 1),
        (episode(1), ZB, True, last),
        (episode(1), TODAY, True, 0),
        (f"（2023）浙9901执1号@{AGAIN}", ZB - DAY, False, last + 1),
        (f"（2023）浙9901执1号@{AGAIN}", ZB, False, last),
        (f"（2023）浙9901执1号@{AGAIN}", TODAY, True, 0),
    ]


def test_a_seal_lasts_as_long_as_the_law_of_its_day_let_it(facts: Facts) -> None:
    """Deposits six months until 2015-02-03 and twelve since; movables 24, all else 36; a month ends on its last day."""
    found = {asset: (expires, until) for asset, expires, until in tuples(facts.seals, "asset", "expires", "until")}
    ends = {
        "TESTZZ00003": date(2024, 2, 28),
        "浙Z00004": date(2024, 2, 28),
        "存款": date(2015, 8, 3),
        "存款后": date(2016, 2, 4),
        "无类别冻结": date(2024, 2, 28),
        "股权": date(2023, 2, 28),
        "扣押": date(2022, 2, 28),
        "不动产": date(2016, 8, 31),
        "无类别查封": date(2026, 8, 31),
    }
    assert {asset: found[asset] for asset in ends} == {asset: (end, end) for asset, end in ends.items()}
    assert set(found) - set(ends) == {"已解", "将解", "到期后解"}
    assert {code for (code,) in tuples(facts.seals, "ev_code")} == set(CONTROL)


def test_a_release_ends_a_seal_from_its_day_and_says_why(facts: Facts) -> None:
    found = {row[0]: row[1:] for row in tuples(facts.seals, "asset", "ended", "until", "grounds")}
    words = "案外人异议准许解除"
    assert found["已解"] == (TODAY, TODAY, words)
    assert found["将解"] == (None, date(2025, 1, 1), words)
    assert found["到期后解"] == (TODAY, TODAY - DAY, words)
    assert found["不动产"][2] == ""
