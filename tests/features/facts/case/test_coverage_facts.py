"""Which source reaches which episode, since when and for which period; and the grade that follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from clue_rows import KNOWN, TODAY, Book, episode, facts_on, person, relation, tuples
from little_pool import deliver

from features.facts import Facts
from features.facts.case.coverage import covered_sources
from features.pool.manifests import Delivery, RefusedFile, SourceFile, write_manifest
from features.pool.pool import Pool
from features.schema.sources import COVERAGE_LABELS

DAY = timedelta(days=1)
LATER = date(2023, 11, 1)
ASSETS = ("VEH", "VUSE", "RE", "INS", "HPF", "SOC", "EQ", "KIN")
"""The registers that the grade counts, by docs/domain.md section 3.3 H."""


def answer(n: int, source: str, answered: date, number: str = "D", **more: Any) -> dict[str, Any]:
    row = {"inquiry_no": f"{number}{n}{source}", "subject_id": person(n), "source_code": source, "has_result": False}
    return row | {"asked_on": answered, "answered_on": answered} | more


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cases 1 to 7 of the court 浙9901, case 8 of 浙9902; a second delivery in November."""
    path = tmp_path_factory.mktemp("coverage")
    book = Book()
    for n in range(1, 9):
        book.case(n, **({"court_code": "浙9902"} if n == 8 else {}))
    # 1: asked twice about statements, the second answer named another period and fewer accounts.
    one = {
        "period_from": date(2022, 1, 1),
        "period_to": date(2022, 12, 31),
        "accounts_known": 5,
        "accounts_returned": 2,
    }
    two = {"period_from": date(2021, 6, 1), "period_to": date(2022, 6, 1), "accounts_known": 4, "accounts_returned": 3}
    book.tables["inquiry"] += [answer(1, "TX", date(2023, 8, 1), **one), answer(1, "TX", date(2023, 8, 9), "E", **two)]
    # 2: nothing asked, but a statement of an account that is known to be his.
    book.add("account", holder_id=person(2), acct_no="9900000002")
    for day in (date(2022, 3, 1), date(2022, 5, 1)):
        ts = datetime(day.year, day.month, day.day, 9)
        book.add(
            "txn", acct_no="9900000002", ts=ts, txn_day=day, occurrence=1, direction="IN", amount=1, ref_no=str(day)
        )
    # 3: a co-debtor was asked about, the debtor is dead; 4: answered today and tomorrow.
    book.tables["party"] = [row for row in book.tables["party"] if row["id_no"] != person(3)]
    for number, n, state in ((2, 3, "死亡"), (3, 303, "一致")):
        party = {"case_no": "（2023）浙9901执3号", "party_no": number, "name": f"债务人{n}", "id_no": person(n)}
        book.add("party", **party, role="debtor", kind="person", id_verify=state)
    book.tables["inquiry"] += [answer(3, "VEH", KNOWN), answer(303, "RE", KNOWN)]
    book.tables["inquiry"] += [answer(4, "VEH", TODAY), answer(4, "RE", TODAY + DAY)]
    # 5: the court's log, of two deliveries; 6: only a ruling's text; 8: the log of a court without queries.
    book.event(5, "NOTICE", date(2023, 1, 12))
    book.bank_query(7, KNOWN, KNOWN)
    book.event(6, "ZB", date(2023, 6, 20))
    book.tables["event"][-1]["event_id"] = "裁定书:甲:ZB"
    book.event(8, "NOTICE", date(2023, 1, 12))
    # 7: an auction of the case.
    book.add("auction", lot_id="L7", case_no="（2023）浙9901执7号", round="first", start_date=date(2023, 4, 1))
    deliver(path, KNOWN, book.tables)
    more = {"event_id": "X", "case_no": "（2023）浙9901执5号", "ev_code": "LIMIT", "ev_date": date(2023, 2, 1)}
    petition = {"pet_id": "P", "case_no": "（2023）浙9901执1号", "recv_date": date(2023, 10, 1)}
    deliver(path, LATER, {"event": [more], "petition": [petition]})
    return path


def sources(facts: Facts, n: int) -> dict[str, date]:
    """Answered day by source, but for those that reach every episode of the district."""
    rows = facts.coverage.filter(facts.coverage.episode == episode(n))
    return {source: on for source, on in tuples(rows, "source", "answered_on") if source not in ("COURT", "PET")}


def test_two_answers_reach_as_far_as_both_and_the_latest_stands(facts: Facts) -> None:
    rows = facts.coverage.filter(facts.coverage.episode == episode(1), facts.coverage.source == "TX")
    columns = ("answered_on", "period_from", "period_to", "accounts_known", "accounts_returned")
    assert tuples(rows, *columns) == [(date(2023, 8, 9), date(2021, 6, 1), date(2022, 12, 31), 5, 3)]
    asked = dict(tuples(facts.cut.table("inquiry"), "inquiry_no", "rid"))
    assert tuples(rows, "rid") == [(asked["E1TX"],)]


def test_rows_of_an_account_reach_its_owner_for_their_own_period(facts: Facts) -> None:
    rows = facts.coverage.filter(facts.coverage.episode == episode(2), facts.coverage.source == "TX")
    columns = ("answered_on", "period_from", "period_to", "rid")
    assert tuples(rows, *columns) == [(KNOWN, date(2022, 3, 1), date(2022, 5, 1), None)]


def test_the_dead_are_not_reached_and_answers_count_from_their_day(facts: Facts) -> None:
    assert sources(facts, 3) == {"RE": KNOWN}
    assert sources(facts, 4) == {"VEH": TODAY}


def test_the_courts_own_records_reach_the_cases_of_its_log(facts: Facts) -> None:
    assert sources(facts, 5) == {"CLOG": LATER, "CQRY": KNOWN}
    assert sources(facts, 6) == {}
    assert sources(facts, 7) == {"AUC": KNOWN}
    assert sources(facts, 8) == {"CLOG": KNOWN}
    assert tuples(facts.court_reach, "episode", "log_on", "query_on") == [
        (episode(5), LATER, KNOWN),
        (episode(8), KNOWN, None),
    ]


def test_petitions_reach_every_episode_from_their_first_delivery(home: Path, facts: Facts) -> None:
    told = facts.coverage.filter(facts.coverage.source == "PET")
    assert tuples(told, "episode", "answered_on") == [(episode(n), LATER) for n in range(1, 9)]
    with facts_on(home, LATER - DAY).cut as cut:
        before = Facts(cut)
        assert tuples(before.coverage.filter(before.coverage.source == "PET"), "episode") == []
        assert tuples(before.court_reach, "episode", "log_on") == [(episode(5), KNOWN), (episode(8), KNOWN)]


def grade(statements: bool, registers: int) -> str:
    """A: statements and five registers; B: statements and two, or five; C: statements, or three registers; else D."""
    if registers >= 5:
        return "A" if statements else "B"
    if statements:
        return "B" if registers >= 2 else "C"
    return "C" if registers >= 3 else "D"


def test_the_grade_of_every_combination() -> None:
    cases = [(f"e{n}{tx}", tx, n) for n, tx in product(range(len(ASSETS) + 1), (False, True))]
    rows = [(name, source) for name, tx, n in cases for source in [*ASSETS[:n], *["TX"] * tx, "PET", "TRAVEL"]]
    kinds = [(name, kind) for name, _, n in cases for kind in ["person"] * (n > 0) + ["company"] * (n != 1)]
    text = "string"
    found = covered_sources(
        relation({"episode": text}, [(name,) for name, *_ in [*cases, ("bare",)]]),
        relation({"episode": text, "kind": text}, kinds),
        relation({"episode": text, "source": text}, rows),
    )
    wanted = [(name, n, grade(tx, n), tx, n > 0, n != 1) for name, tx, n in cases]
    columns = ("episode", "asset_sources", "grade", "TX", "has_person", "has_company")
    assert tuples(found, *columns) == sorted([*wanted, ("bare", 0, "D", False, False, False)])
    assert set(COVERAGE_LABELS) <= set(found.columns)


def deliver_lacking(home: Path, received: date, book: Book, *files: RefusedFile) -> None:
    """A delivery of which files were refused."""
    manifest = deliver(home, received, book.tables, "缺件")
    path = home / "pool" / "batches" / f"{manifest.seq:06d}.json"
    path.unlink()
    write_manifest(path.parent, replace(manifest, refused=files))


@pytest.mark.parametrize(("table", "lost"), [("vehicle", {"VEH"}), ("realty", {"RE"}), ("", {"VEH", "RE"})])
def test_an_answer_says_nothing_of_a_source_whose_file_was_refused(tmp_path: Path, table: str, lost: set[str]) -> None:
    book = Book()
    book.case(1)
    book.tables["inquiry"] += [answer(1, "VEH", KNOWN), answer(1, "RE", KNOWN)]
    deliver_lacking(tmp_path, KNOWN, book, RefusedFile("机动车登记.xlsx", "0" * 64, table, "无法打开"))
    with Pool(tmp_path).as_of(TODAY) as cut:
        assert sources_of(Facts(cut)) & {"VEH", "RE"} == {"VEH", "RE"} - lost
    # The mended file, whatever its ending, comes under the same number.
    delivery = Delivery("缺件", "测试单位", KNOWN, "测试依据", "测试目的", "测试范围", "测试人")
    with Pool(tmp_path).begin(delivery) as batch:
        batch.add_file(SourceFile("机动车登记.csv", "1" * 64, "vehicle", 0, 0))
        batch.commit()
    with Pool(tmp_path).as_of(TODAY) as cut:
        assert sources_of(Facts(cut)) >= {"VEH", "RE"}


def sources_of(facts: Facts) -> set[str]:
    return set(facts.coverage.source.execute())
