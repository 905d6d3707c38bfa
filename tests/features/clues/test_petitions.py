"""Petitions: which count, how they fade, how specific they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from clue_rows import TODAY, ZB, Book, cases, episode, feature, rows

from features.clues.petitions import family
from features.facts import Facts

OWN_PLATE = "浙Z00005"


def petition(book: Book, n: int, day: date, **more: Any) -> None:
    number = len(book.tables["petition"])
    row = {"channel": "web", "text": "一直没有人联系我。", "topic": "消极执行", "petitioner_role": "申请执行人"}
    book.add("petition", pet_id=f"XF{number}", case_no=f"（2023）浙9901执{n}号", recv_date=day, **(row | more))


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    book = Book()
    for n in range(1, 10):
        book.case(n)
    petition(book, 1, ZB - timedelta(days=1))
    petition(book, 2, ZB)
    for age, channel in ((0, "court"), (180, "phone"), (181, "phone")):
        petition(book, 3, TODAY - timedelta(days=age), channel=channel)
    petition(book, 4, ZB + timedelta(days=40), text="听说他把钱放在亲戚那里，用亲戚的卡。")
    petition(book, 5, ZB + timedelta(days=30), text="他有房", asset_kind="车辆", asset_id=OWN_PLATE)
    book.car(5, "TESTZZ00005", date(2018, 1, 1), plate=OWN_PLATE)
    petition(book, 6, ZB + timedelta(days=31), text=f"他平时开的车是{OWN_PLATE}，法院没有查封。")
    petition(book, 7, ZB + timedelta(days=31), text="他有存款，账号9900000000000012346。")
    petition(book, 8, ZB + timedelta(days=31), text="我家住东湖路12号，请求监督。")
    facts = book.open(tmp_path_factory.mktemp("petitions"))
    yield facts
    facts.cut.close()


def test_petitions_count_from_the_termination_on(facts: Facts) -> None:
    assert cases(rows(family, "G01", facts)) == [2, 3, 4, 5, 6, 7, 8]
    assert feature(family, "G01_n", facts, 1) == 0.0


def test_a_petition_weighs_half_after_180_days(facts: Facts) -> None:
    weights = sorted(row["weight"] for row in rows(family, "G01", facts) if row["episode"] == episode(3))
    assert weights == [round(1000 * 0.5 ** (181 / 180)), 500, 1000]
    assert feature(family, "G01_recent", facts, 3) == 2.0


def test_how_specific(facts: Facts) -> None:
    found = {row["episode"]: (row["level"], row["named"], row["known"]) for row in rows(family, "G02", facts)}
    assert found[episode(2)] == (1, False, False)
    assert found[episode(4)] == (2, False, False)
    assert found[episode(5)] == (3, True, True)
    assert found[episode(6)] == (3, True, False)
    assert found[episode(7)] == (3, True, False)
    # An address that belongs to no asset is no clue.
    assert found[episode(8)][0] == 1


def test_doors_and_delay(facts: Facts) -> None:
    # The oldest petition of case 3 came by telephone.
    assert feature(family, "G03_first", facts, 3) == 2.0
    assert feature(family, "G03_passed_on", facts, 3) == 1.0
    assert feature(family, "G04_days", facts, 5) == 30.0
    assert (feature(family, "G04_quick", facts, 5), feature(family, "G04_quick", facts, 6)) == (1.0, 0.0)


def test_without_any_delivery_of_petitions_their_number_is_unknown(tmp_path: Path) -> None:
    book = Book()
    book.case(1)
    facts = book.open(tmp_path)
    assert isnan(feature(family, "G01_n", facts, 1))
    facts.cut.close()
