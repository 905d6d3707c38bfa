"""The legal dates of an episode: the record where there is one, the fallback of the domain page where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from clue_rows import ZB, Book, episode, tuples

from features.facts import Facts
from features.facts.case.anchors import NAMES

DAY = timedelta(days=1)
FILED = date(2023, 1, 10)
SUIT = date(2022, 5, 1)


def only_filed(book: Book, n: int, **suit: Any) -> None:
    """A case of which the court's table knows nothing but filing and termination; its suit as given."""
    book.case(n, ntc_sent_date=None)
    row = book.tables["litigation"].pop()
    if suit:
        book.add("litigation", suit_no=row["suit_no"], **suit)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    book = Book()
    # 1 everything on record; 2 nothing; 3 a suit with its filing day alone.
    book.case(1, perform_due=date(2022, 10, 10))
    for code, day in (("NOTICE", date(2023, 1, 20)), ("RPT_ORDER", date(2023, 1, 25)), ("INTERVIEW", ZB)):
        book.event(1, code, day)
    for code, days in (("LIMIT", (date(2023, 3, 2), date(2023, 2, 1))), ("DISHONEST", (ZB, ZB + DAY))):
        for day in days:
            book.event(1, code, day)
    only_filed(book, 2)
    only_filed(book, 3, suit_date=SUIT, judgment_date=date(2022, 9, 1))
    # 4 the basis tells the day of effect where no suit does; a notice sent is one though the log has none.
    only_filed(book, 4)
    book.tables["case"][-1] |= {"basis_eff_date": date(2022, 9, 9), "ntc_sent_date": date(2023, 2, 2)}
    # 5 every act came after the termination; 6 a suit of another number; 7 brackets of another width.
    only_filed(book, 5)
    for code in ("NOTICE", "RPT_ORDER", "RPT_CONTENT", "LIMIT", "DISHONEST", "INTERVIEW"):
        book.event(5, code, ZB + DAY)
    only_filed(book, 6)
    book.add("litigation", suit_no="（2022）浙9901民初66号", suit_date=SUIT)
    only_filed(book, 7, suit_date=SUIT)
    book.tables["case"][-1]["basis_no"] = "〔2022〕浙9901民初 7号"
    made = book.open(tmp_path_factory.mktemp("anchors"))
    yield made
    made.cut.close()


def of(facts: Facts, n: int) -> dict[str, Any]:
    (row,) = facts.anchors.filter(facts.anchors.episode == episode(n)).to_pyarrow().to_pylist()
    return dict(row)


def test_every_date_on_record_stands(facts: Facts) -> None:
    one = of(facts, 1)
    assert one == {
        "episode": episode(1),
        "t_debt": date(2021, 5, 1),
        "t_suit": SUIT,
        "t_srv": date(2022, 5, 20),
        "t_pres": None,
        "t_jdg": date(2022, 9, 1),
        "t_jdgsv": date(2022, 9, 10),
        "t_eff": date(2022, 9, 26),
        "t_due": date(2022, 10, 10),
        "t_enf": FILED,
        "t_ntc": date(2023, 1, 20),
        "t_rpt": date(2023, 1, 25),
        "t_rptret": None,
        "t_lim": date(2023, 2, 1),
        "t_dis": ZB,
        "t_ta": ZB,
        "t_zb": ZB,
        "ntc_known": True,
    }
    assert set(one) == {"episode", *NAMES, "ntc_known"}


def test_without_any_record_only_filing_notice_and_termination_are_known(facts: Facts) -> None:
    known = {name: day for name, day in of(facts, 2).items() if day is not None}
    supposed = FILED + 10 * DAY
    expected = {"t_enf": FILED, "t_ntc": supposed, "t_rpt": supposed, "t_zb": ZB, "ntc_known": False}
    assert known == {"episode": episode(2), **expected}
    assert of(facts, 6) == {**of(facts, 2), "episode": episode(6)}


def test_a_suit_of_which_only_the_filing_is_known_supposes_service_and_debt(facts: Facts) -> None:
    three = of(facts, 3)
    assert (three["t_debt"], three["t_srv"]) == (date(2021, 5, 1), date(2022, 5, 16))
    assert (three["t_jdgsv"], three["t_eff"], three["t_due"]) == (date(2022, 9, 1), None, None)
    assert of(facts, 7)["t_srv"] == date(2022, 5, 16)


def test_the_basis_and_the_notice_sent_are_records(facts: Facts) -> None:
    four = of(facts, 4)
    assert (four["t_eff"], four["t_due"]) == (date(2022, 9, 9), date(2022, 9, 9))
    assert (four["t_ntc"], four["t_rpt"], four["ntc_known"]) == (date(2023, 2, 2), date(2023, 2, 2), True)


def test_an_act_after_the_termination_dates_nothing(facts: Facts) -> None:
    assert of(facts, 5) == {**of(facts, 2), "episode": episode(5)}


def test_there_is_one_row_per_episode(facts: Facts) -> None:
    assert tuples(facts.anchors, "episode") == [(episode(n),) for n in range(1, 8)]
