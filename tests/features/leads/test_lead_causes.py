"""Why a thing was not reached: one case per cause, each a day or a row away from its neighbour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from clue_rows import KNOWN, TODAY, ZB, Book, episode, person, tuples

from features.facts import Facts
from features.leads import Cause
from features.leads.causes import causes_of
from features.leads.valuation import read_register_records

DAY = timedelta(days=1)
BOUGHT = date(2019, 3, 1)
ASKED = date(2023, 4, 1)


def vin(n: int) -> str:
    return f"TESTZZ{n:011d}"


def asked(book: Book, n: int, answered: date | None, day: date = ASKED, **more: Any) -> None:
    """A query of the register of vehicles in case n."""
    number = f"Q{len(book.tables['query_feedback'])}"
    row = {"request_no": number, "range_code": "CL", "asset_id": None, "req_date": day, "fb_date": answered}
    book.add("query_feedback", case_no=f"（2023）浙9901执{n}号", **(row | more))


EXPECTED: dict[int, list[str]] = {
    1: ["QRY-CL"],
    2: ["FB-CL"],
    3: ["MISS-CL"],
    4: ["FB-CL"],
    5: ["HIT-IDLE", "MISS-CL"],
    6: ["HIT-IDLE", "FB-CL"],
    7: ["SEAL-LAPSED"],
    8: ["SEALED-IDLE"],
    9: ["STEP"],
    10: ["SEALED-IDLE"],
    11: ["STEP"],
    12: ["MISS-CL", "NEW"],
    13: ["MISS-CL"],
    14: ["OUT-OF-NAME"],
    15: ["QRY-CL", "OUT-OF-NAME"],
    16: ["NO-LOG"],
}
"""Causes of the lead on the car of each case, main one first."""


def cars() -> Book:
    book = Book()
    for n in EXPECTED:
        book.case(n, **({"court_code": "浙9902"} if n == 16 else {}))
        book.event(n, "NOTICE", date(2023, 1, 12))
        if n not in (12, 13, 14, 15):
            book.car(n, vin(n), BOUGHT)
    asked(book, 2, None)
    asked(book, 3, TODAY)
    # 4 answered tomorrow: not yet.
    asked(book, 4, TODAY + DAY)
    # 5 the answer names the plate, 6 the court found it by its VIN and asked without answer.
    asked(book, 5, ASKED + DAY, has_result=True, asset_id="浙z·00005", asset_kind="车辆")
    book.event(6, "FOUND", ASKED, asset_id=vin(6), asset_kind="车辆")
    asked(book, 6, None)
    # 7 the seal ran out the day before the cut, 8 on its last day; 9 and 11 were put up for sale, 10 will be.
    for n, until in ((7, TODAY - DAY), (8, TODAY), (9, TODAY), (10, TODAY), (11, TODAY)):
        book.seal(n, "浙Z00011" if n == 11 else vin(n), ASKED, expiry_date=until)
    book.event(9, "AUCTION", TODAY, asset_id=vin(9), asset_kind="车辆")
    book.event(10, "AUCTION", TODAY + DAY, asset_id=vin(10), asset_kind="车辆")
    lot = {"round": "first", "start_date": TODAY, "asset_kind": "车辆"}
    book.add("auction", lot_id="L11", case_no="（2023）浙9901执11号", asset_id="浙Z00011", **lot)
    # 12 registered the day after the termination, 13 on its day; 14 left for a friend, 15 for nobody known.
    for n, start in ((12, ZB + DAY), (13, ZB)):
        book.car(n, vin(n), start)
        asked(book, n, ASKED)
    book.car(14, vin(14), BOUGHT, own_to=ZB)
    book.car(914, vin(14), ZB, plate="浙Z00014", prev_owner_id=person(14))
    book.car(15, vin(15), BOUGHT, own_to=ZB)
    return book


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    made = cars().open(tmp_path_factory.mktemp("causes"))
    yield made
    made.cut.close()


@pytest.fixture(scope="module")
def causes(facts: Facts) -> dict[str, tuple[Cause, ...]]:
    return causes_on(facts, {n: ("VEH", vin(n)) for n in EXPECTED})


def causes_on(facts: Facts, things: dict[int, tuple[str, str]]) -> dict[str, tuple[Cause, ...]]:
    """Causes of leads on these things, which no clue speaks of."""
    rows = [(f"L{n}", *thing, f"（2023）浙9901执{n}号", episode(n)) for n, thing in things.items()]
    keys = pd.DataFrame(rows, columns=["lead", "asset_class", "asset", "chain", "episode"])
    about = pd.DataFrame(columns=["lead", "asset_class", "clue", "src"])
    return causes_of(facts, keys, about, read_register_records(facts, keys))


def test_every_case_has_the_causes_its_records_tell(causes: dict[str, tuple[Cause, ...]]) -> None:
    assert {n: [cause.code for cause in causes[f"L{n}"]] for n in EXPECTED} == EXPECTED


def test_a_cause_says_the_day_and_leads_to_its_row(facts: Facts, causes: dict[str, tuple[Cause, ...]]) -> None:
    query = dict(tuples(facts.cut.table("query_feedback"), "case_no", "rid"))
    missed, unanswered, sealed = causes["L3"][0], causes["L2"][0], causes["L8"][0]
    assert (missed.note, missed.rid) == ("2023年4月1日提起查询并有反馈", query["（2023）浙9901执3号"])
    assert (unanswered.note, unanswered.rid) == ("2023年4月1日提起查询，未见反馈", query["（2023）浙9901执2号"])
    assert missed.label == "已查询，反馈中未见该财产（车辆）"
    assert "2023年4月1日起控制" in sealed.note
    assert causes["L7"][0].note == "末次控制至2023年12月30日"
    assert str(KNOWN) in causes["L1"][0].note and causes["L1"][0].rid is None


def test_what_no_range_of_the_query_shows_is_off_the_net(facts: Facts) -> None:
    found = causes_on(facts, {1: ("DEM", "协议1")})
    assert [cause.code for cause in found["L1"]] == ["OFF-NET"]


def test_where_queries_were_never_delivered_nothing_is_said_to_be_missing(tmp_path: Path) -> None:
    book = cars()
    del book.tables["query_feedback"]
    with book.open(tmp_path).cut as cut:
        found = causes_on(Facts(cut), {n: ("VEH", vin(n)) for n in (1, 2, 7)})
    assert [found[f"L{n}"][0].code for n in (1, 2, 7)] == ["NO-LOG", "NO-LOG", "SEAL-LAPSED"]
