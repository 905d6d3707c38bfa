"""Petitions: which count, how they fade, how specific they are."""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from clue_rows import TODAY, ZB, Book, cases, episode, feature, module_facts, person, rows
from little_pool import deliver

from features.clues.people.petitions import family
from features.facts import Facts
from features.pool.pool import Pool, table_of

OWN_PLATE = "浙Z00005"


def petition(book: Book, n: int, day: date, **more: Any) -> None:
    number = len(book.tables["petition"])
    row = {"channel": "web", "text": "一直没有人联系我。", "topic": "消极执行", "petitioner_role": "申请执行人"}
    book.add("petition", pet_id=f"XF{number}", case_no=f"（2023）浙9901执{n}号", recv_date=day, **(row | more))


@module_facts(Book)
def facts(book: Book) -> None:
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


def test_petitions_count_from_the_termination_on(facts: Facts) -> None:
    assert cases(rows(family, "G01", facts)) == [2, 3, 4, 5, 6, 7, 8]
    assert feature(family, "G01_n", facts, 1) == 0.0


def test_a_petition_weighs_half_after_180_days(facts: Facts) -> None:
    weights = sorted(row["weight"] for row in rows(family, "G01", facts) if row["episode"] == episode(3))
    assert weights == [round(1000 * 0.5 ** (181 / 180)), 500, 1000]
    assert feature(family, "G01_recent", facts, 3) == 2.0


def test_levels_of_specificity(facts: Facts) -> None:
    found = {row["episode"]: (row["level"], row["named"], row["known"]) for row in rows(family, "G02", facts)}
    assert found[episode(2)] == (1, False, False)
    assert found[episode(4)] == (2, False, False)
    assert found[episode(5)] == (3, True, True)
    assert found[episode(6)] == (3, True, False)
    assert found[episode(7)] == (3, True, False)
    # An address that belongs to no asset is no clue.
    assert found[episode(8)][0] == 1


def test_first_channel_and_days_to_the_first_petition(facts: Facts) -> None:
    # The oldest petition of case 3 came by telephone.
    assert feature(family, "G03_first", facts, 3) == 2.0
    assert feature(family, "G03_passed_on", facts, 3) == 1.0
    assert feature(family, "G04_days", facts, 5) == 30.0
    assert (feature(family, "G04_quick", facts, 5), feature(family, "G04_quick", facts, 6)) == (1.0, 0.0)


def test_without_any_delivery_of_petitions_their_number_is_unknown(book: Book) -> None:
    book.case(1)
    facts = book.open()
    assert isnan(feature(family, "G01_n", facts, 1))


def home(book: Book, n: int, unit: str, where: str, owner: int, since: date = date(2019, 1, 1), **more: Any) -> None:
    book.add("realty", unit_no=unit, location=where, holder_id=person(owner), reg_date=since, **more)


@module_facts(Book)
def matched(book: Book) -> None:
    book.logged(*range(1, 16))
    day = ZB + timedelta(days=10)
    # 1 own car by the text; 2 the same car is somebody else's; 3 the spouse's home; 4 sold before the petition.
    petition(book, 1, day, text="他开的车是浙z·000 01")
    book.car(1, "TESTZZ00001", date(2018, 1, 1), plate="浙Z00001")
    petition(book, 2, day, text="他开的车是浙Z00001")
    book.kin(3, 803)
    home(book, 3, "9900010003", "浙东市城南街道锦绣花园3幢2单元502室", 803)
    petition(book, 3, day, text="他老婆在锦绣花园三栋二单元502有房子")
    book.car(4, "TESTZZ00004", date(2018, 1, 1), plate="浙Z00004", own_to=day - timedelta(days=1))
    petition(book, 4, day, text="他开的车是浙Z00004")
    # 5 an account by its tail; 6 the tail of no account of his; 7 a policy by its number; 8 shares by the company.
    for n, tail in ((5, "8812"), (6, "8813")):
        book.add("account", holder_id=person(n), acct_no=f"99000000000000{n}{tail}", open_date=date(2015, 1, 1))
        petition(book, n, day, text="工行尾号8812的卡里有钱")
    book.add("insurance", policy_no="P990000123456", applicant_id=person(7), start_date=date(2019, 1, 1))
    petition(book, 7, day, text="他买了保险，保单号P990000123456")
    book.add(
        "shareholding",
        uscc="99330100MA0000008X",
        company_name="浙东市天衡科技有限公司",
        holder_id=person(8),
        from_date=date(2018, 1, 1),
    )
    petition(book, 8, day, text="他持有浙东市天衡科技有限公司的股权")
    # 9 sealed; 10 sealed until yesterday; 11 named before the termination; 12 the neighbour's unit; 13 denied.
    for n, until in ((9, TODAY), (10, TODAY - timedelta(days=1))):
        book.car(n, f"TESTZZ0000{n}", date(2018, 1, 1), plate=f"浙Z000{n:02d}")
        book.seal(n, f"TESTZZ0000{n}", date(2023, 2, 1), expiry_date=until)
        petition(book, n, day, text=f"他的车浙Z000{n:02d}天天在开")
    book.car(11, "TESTZZ00011", date(2018, 1, 1), plate="浙Z00011")
    petition(book, 11, ZB - timedelta(days=1), text="他的车浙Z00011天天在开")
    home(book, 12, "9900010012", "浙东市锦绣花园3幢2单元501室", 12)
    petition(book, 12, day, text="他在锦绣花园3幢2单元502室有房子")
    book.car(13, "TESTZZ00013", date(2018, 1, 1), plate="浙Z00013")
    petition(book, 13, day, text="不要查封他的浙Z00013")
    # 14 the register's column wins over the text; 15 the column names the kind alone, the text the plate.
    for n in (14, 15):
        book.car(n, f"TESTZZ000{n}", date(2018, 1, 1), plate=f"浙Z000{n}")
    petition(book, 14, day, text="他的车浙Z99999天天在开", asset_kind="车辆", asset_id="浙Z00014")
    petition(book, 15, day, text="天天在开浙Z00015", asset_kind="机动车")


def test_named_things_found_in_a_register(matched: Facts) -> None:
    found = {row["episode"]: row for row in rows(family, "G05", matched)}
    assert set(found) == {episode(n) for n in (1, 3, 5, 7, 8, 9, 10, 14, 15)}
    assert [n for n in range(1, 16) if episode(n) in found and found[episode(n)]["of_kin"]] == [3]
    assert "配偶名下" in found[episode(3)]["note"]
    tables = {n: {table_of(rid) for rid in found[episode(n)]["src"]} for n in (1, 3, 5, 7, 8)}
    assert tables == {
        1: {"petition", "vehicle"},
        3: {"petition", "realty", "relation"},
        5: {"petition", "account"},
        7: {"petition", "insurance"},
        8: {"petition", "shareholding"},
    }


def test_a_thing_under_seal_is_not_open_and_one_no_longer_sealed_is(matched: Facts) -> None:
    opened = {n: feature(family, "G05_open_n", matched, n) for n in (1, 3, 9, 10)}
    assert opened == {1: 1.0, 3: 0.0, 9: 0.0, 10: 1.0}
    assert feature(family, "G05_own_n", matched, 9) == 1.0
    assert feature(family, "G05_own_n", matched, 2) == 0.0


def test_columns_of_the_register_win_over_the_text(matched: Facts) -> None:
    named = {row["episode"]: row["who"] for row in rows(family, "G02", matched)}
    assert named[episode(14)] == "浙Z00014"
    assert named[episode(15)] == "浙Z00015"
    assert feature(family, "G02_known", matched, 14) == feature(family, "G02_known", matched, 15) == 1.0


@pytest.mark.parametrize(
    ("received", "last", "clue", "column"),
    [
        # 7 days later is a Monday; a Saturday, that waits for Monday; a Sunday within the holiday of October 2023.
        (date(2023, 8, 7), date(2023, 8, 14), "G-7D", "reply_7d_date"),
        (date(2023, 8, 5), date(2023, 8, 14), "G-7D", "reply_7d_date"),
        (date(2023, 9, 24), date(2023, 10, 7), "G-7D", "reply_7d_date"),
        (date(2023, 1, 31), date(2023, 5, 4), "G-3M", "result_3m_date"),
        (date(2023, 5, 31), date(2023, 8, 31), "G-3M", "result_3m_date"),
        (date(2023, 6, 30), date(2023, 10, 7), "G-3M", "result_3m_date"),
        (date(2022, 11, 30), date(2023, 2, 28), "G-3M", "result_3m_date"),
    ],
)
def test_answers_on_the_last_day_and_the_day_after(
    tmp_path: Path, received: date, last: date, clue: str, column: str
) -> None:
    book = Book()
    ended = received - timedelta(days=1)
    for n, late in ((1, -1), (2, 0), (3, 1)):
        book.case(n, filing_date=date(2022, 1, 10), close_date=ended)
        petition(book, n, received, **{column: last + timedelta(days=late)})
    book.case(4, filing_date=date(2022, 1, 10), close_date=received + timedelta(days=1))
    petition(book, 4, received, **{column: last + timedelta(days=1)})
    deliver(tmp_path, date(2023, 12, 1), book.tables)
    with Pool(tmp_path).as_of(TODAY) as cut:
        found = rows(family, clue, Facts(cut))
    assert cases(found) == [3]
    assert found[0]["day"] == last
    assert [table_of(rid) for rid in found[0]["src"]] == ["petition"]


def unanswered(home_: Path, delivered: date, column: str = "reply_7d_date", answers: bool = True) -> list[int]:
    """Cases of petitions of 2023-08-07 without the answer of `column`; with `answers` another petition has one."""
    book = Book()
    for n in (1, 2):
        book.case(n)
    petition(book, 1, date(2023, 8, 7))
    if answers:
        petition(book, 2, date(2023, 8, 7), **{column: date(2023, 8, 8)})
    deliver(home_, delivered, book.tables)
    with Pool(home_).as_of(TODAY) as cut:
        return cases(rows(family, "G-7D" if column == "reply_7d_date" else "G-3M", Facts(cut)))


def test_a_missing_answer_is_found_only_where_the_register_reaches_and_records_answers(tmp_path: Path) -> None:
    last = date(2023, 8, 14)
    assert unanswered(tmp_path / "a", last + timedelta(days=14)) == []
    assert unanswered(tmp_path / "b", last + timedelta(days=15)) == [1]
    assert unanswered(tmp_path / "c", last + timedelta(days=15), answers=False) == []
    assert unanswered(tmp_path / "d", date(2023, 11, 22), "result_3m_date") == [1]
    assert unanswered(tmp_path / "e", date(2023, 11, 21), "result_3m_date") == []


def test_petitions_before_the_rule_of_seven_days_are_not_judged_by_it(book: Book) -> None:
    for n, day in ((1, date(2019, 3, 11)), (2, date(2019, 3, 12))):
        book.case(n, filing_date=date(2018, 1, 1), close_date=date(2018, 12, 1))
        petition(book, n, day, reply_7d_date=date(2019, 6, 1), result_3m_date=date(2019, 9, 1))
    facts = book.open()
    assert cases(rows(family, "G-7D", facts)) == cases(rows(family, "G-3M", facts)) == [2]
