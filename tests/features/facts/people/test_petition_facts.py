"""What petitions name beside the registers: who wins, columns or text, and what stood on the day it was named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from clue_rows import KNOWN, ZB, Book, episode, person, relation, tuples
from hypothesis import given, settings
from hypothesis import strategies as st

from features.facts import Facts
from features.facts.people import petition_text
from features.facts.people.petitions import address_key_column

DAY = timedelta(days=1)
NAMED = ZB + 10 * DAY
CAR = "他开的车是浙Z00001"


def petition(book: Book, n: int, **more: Any) -> None:
    number = len(book.tables["petition"])
    row = {"channel": "web", "petitioner_role": "申请执行人", "recv_date": NAMED}
    book.add("petition", pet_id=f"XF{number}", case_no=f"（2023）浙9901执{n}号", **(row | more))


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    book = Book()
    for n in range(1, 13):
        book.case(n)
    petition(book, 1, text=CAR, topic=" ")
    petition(book, 2, text=CAR, topic="财产线索", asset_kind="房产")
    petition(book, 3, text=CAR, asset_kind=" 车辆 ", asset_id="浙Z 00003")
    petition(book, 4, text=CAR, asset_kind="车辆")
    petition(book, 5, text=None, asset_id="不知何物", reply_7d_date=ZB)
    petition(book, 6, text=None)
    # 7 begins on the day it was named, 8 ended on it, 9 on the day after; 10 the debtor and the kin have one each.
    for n, start, end in ((7, NAMED, None), (8, ZB, NAMED), (9, ZB, NAMED + DAY)):
        petition(book, n, text=None, asset_kind="车", asset_id=f"浙z-0000{n}")
        book.car(n, f"TESTZZ0000{n}", start, own_to=end)
    book.kin(10, 110)
    for owner, vin in ((110, "TESTZZ00010"), (10, "TESTZZ10010")):
        book.car(owner, vin, ZB, plate="浙Z00010")
    petition(book, 10, text="他和他老婆开的车是浙Z00010")
    # 11: tails of an account open then and of one closed that day; 12 another's account of that tail.
    for tail, closed in (("8811", None), ("8812", NAMED), ("8813", NAMED + DAY)):
        book.add("account", holder_id=person(11), acct_no=f"99000000000{tail}", close_date=closed, balance=5)
        for n in (11, 12):
            petition(book, n, text=f"工行尾号{tail}的卡里有钱")
    made = book.open(tmp_path_factory.mktemp("petitions"))
    yield made
    made.cut.close()


def test_the_registers_columns_win_where_they_are_filled(facts: Facts) -> None:
    said = facts.petition_readings.filter(facts.petition_readings.episode <= episode(6))
    said = said.filter(said.episode.isin([episode(n) for n in range(1, 7)]))
    found = tuples(said, "episode", "topics", "kind_given", "id_given", "level")
    level = {row[0]: row[4] for row in found}
    assert [level[episode(n)] for n in range(1, 7)] == [3, 3, 3, 3, 3, 1]
    given_ = {row[0]: row[2:4] for row in found}
    assert [given_[episode(n)] for n in range(1, 7)] == [
        (None, None),
        ("realty", None),
        ("vehicle", "浙Z 00003"),
        ("vehicle", None),
        (None, "不知何物"),
        (None, None),
    ]
    topics = {row[0]: row[1] for row in found}
    assert topics[episode(2)] == "财产线索" and topics[episode(6)] is None
    assert topics[episode(1)] == "、".join(petition_text.read(CAR).topics)
    assert tuples(said.distinct(), "told_on", "tells_7d", "tells_3m")[0] == (KNOWN, True, False)


def test_a_thing_of_the_columns_stands_for_its_kind_in_the_text(facts: Facts) -> None:
    named = facts.named_assets.filter(facts.named_assets.episode.isin([episode(n) for n in range(1, 7)]))
    assert {
        n: [row[1:] for row in tuples(named, "episode", "kind", "key", "given") if row[0] == episode(n)]
        for n in range(1, 7)
    } == {
        1: [("vehicle", "浙Z00001", False)],
        2: [("realty", "", True), ("vehicle", "浙Z00001", False)],
        3: [("vehicle", "浙Z00003", True)],
        4: [("vehicle", "", True), ("vehicle", "浙Z00001", False)],
        5: [("goods", "不知何物", True)],
        6: [],
    }


def test_only_what_stood_in_the_register_on_the_day_is_met(facts: Facts) -> None:
    met = tuples(facts.registered_named_assets, "episode", "asset_kind", "asset_id", "rel")
    assert met == [
        (episode(10), "VEH", "TESTZZ00010", "spouse"),
        (episode(10), "VEH", "TESTZZ10010", None),
        (episode(11), "ACCT", "990000000008811", None),
        (episode(11), "ACCT", "990000000008813", None),
        (episode(7), "VEH", "TESTZZ00007", None),
        (episode(9), "VEH", "TESTZZ00009", None),
    ]


PLACES = st.lists(
    st.sampled_from(
        [
            "浙江省",
            "浙东市",
            "城南区",
            "城南街道",
            "东湖花园",
            "3幢",
            "三",
            "2单元",
            "502",
            "室",
            "号",
            "#",
            "-",
            " ",
            "a",
            "（",
            "路",
        ]
    ),
    max_size=9,
).map("".join)


@settings(max_examples=60)
@given(st.lists(PLACES, min_size=1, max_size=8))
def test_the_engine_and_python_bring_an_address_to_one_form(addresses: list[str]) -> None:
    """Without numbers in 中文 both apply the same steps: a home said and a home registered must meet."""
    plain = [address.replace("三", "3") for address in addresses]
    table = relation({"n": "int64", "address": "string"}, list(enumerate(plain)))
    found = [key for _, key in tuples(table.select("n", key=address_key_column(table.address)), "n", "key")]
    assert found == [petition_text.address_key(address) for address in plain]
