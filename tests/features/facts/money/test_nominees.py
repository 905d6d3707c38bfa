"""Second holders: who they are, what they received and paid on, what ties them to a debtor's devices and life."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from clue_rows import KNOWN, Book, episode, person, relation, tuples

from features.facts import Facts
from features.facts.money import nominees

NOON = datetime(2022, 7, 1, 12)
HOUR = timedelta(hours=1)
HUGE_FEN = 1_000_000_000_001
"""Ten thousand million 元 and one 分."""


class Bank(Book):
    """Statements; person n has the account 99 and n, a second one has a 9 in front of n."""

    def row(self, n: int, ts: datetime, fen: int, to: int | None = None, acct: str = "", **more: Any) -> None:
        count = len(self.tables["txn"])
        given = {
            "acct_no": acct or f"99{n:08d}",
            "holder_id": person(n),
            "ts": ts,
            "txn_day": ts.date(),
            "occurrence": 1,
            "direction": "IN" if fen > 0 else "OUT",
            "amount": abs(fen),
            "cp_acct": None if to is None else f"99{to:08d}",
            "cp_name": None if to is None else f"对方{to}",
            "ref_no": f"R{count}",
        }
        self.add("txn", **(given | more))

    def pay(self, one: int, two: int, ts: datetime, fen: int) -> None:
        self.row(one, ts, -fen, two)
        self.row(two, ts, fen, one)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    """Debtors 1 and 2 of two cases; 101 is the spouse of 1, 301 a friend, 401 kin without any statement."""
    book = Bank()
    for n in (1, 2):
        book.case(n)
        book.row(n, NOON - timedelta(days=300), 2 * HUGE_FEN)
    book.kin(1, 101)
    book.kin(1, 401, "sibling")
    book.pay(1, 101, NOON, HUGE_FEN)
    book.row(101, NOON - HOUR, 5_000_000)
    # First in first out: the spouse's own 50,000 go first; 48 hours on the dot still passed through, a second more not.
    book.row(101, NOON + 48 * HOUR, -5_000_700)
    book.row(101, NOON + 48 * HOUR + timedelta(seconds=1), -90_000)
    book.row(101, NOON + 72 * HOUR, 3_000)
    # From one of her accounts to the other is no income.
    book.row(101, NOON + 80 * HOUR, -1_000, cp_acct="9990000101", cp_id=person(101))
    book.row(101, NOON + 80 * HOUR, 1_000, acct="9990000101", cp_acct=f"99{101:08d}", cp_id=person(101))
    book.pay(1, 301, NOON + HOUR, 20_000_000)
    book.pay(301, 1, NOON + 9 * HOUR, 700)
    book.pay(1, 2, NOON + 2 * HOUR, 30_000_000)
    made = book.open(tmp_path_factory.mktemp("nominees"))
    yield made
    made.cut.close()


def test_a_debtor_of_another_case_is_a_second_holder_and_one_without_statement_is_none(facts: Facts) -> None:
    columns = ("episode", "holder", "name", "of_kin", "period_from", "period_to", "answered_on")
    day, first = NOON.date(), (NOON - timedelta(days=300)).date()
    assert tuples(facts.second_holders, *columns) == [
        (episode(1), person(2), None, False, first, day, KNOWN),
        (episode(1), person(101), "亲属101", True, day, (NOON + 80 * HOUR).date(), KNOWN),
        (episode(1), person(301), None, False, day, day, KNOWN),
        (episode(2), person(1), None, False, first, day, KNOWN),
    ]
    tie = dict(tuples(facts.cut.table("relation"), "person_b", "rid"))[person(101)]
    ties = {
        key: rid for *key_, rid in tuples(facts.second_holders, "episode", "holder", "tie_rid") if (key := tuple(key_))
    }
    assert {holder for (_, holder), rid in ties.items() if rid is not None} == {person(101)}
    assert ties[episode(1), person(101)] == tie


def test_what_a_holder_received_and_let_go_within_two_days(facts: Facts) -> None:
    found = tuples(facts.funded, "episode", "holder", "amount", "emptied", "received", "day")
    # 101: of the 50,007 paid on at 48 hours 50,000 were her own; received afterwards: the money itself and 30 元.
    assert found == [
        (episode(1), person(2), 30_000_000, 0, 30_000_000, NOON.date()),
        (episode(1), person(101), HUGE_FEN, 700, HUGE_FEN + 3_000, NOON.date()),
        (episode(1), person(301), 20_000_000, 700, 20_000_000, NOON.date()),
    ]
    rids = {row["holder"]: row["rids"] for row in facts.funded.to_pyarrow().to_pylist()}
    lines = facts.cut.table("txn")
    pair = lines.filter(lines.amount == HUGE_FEN)
    assert sorted(rids[person(101)]) == [rid for (rid,) in tuples(pair, "rid")]


STATEMENT = {"rid": "int64", "holder": "string", "ip": "string", "mac": "string", "fit": "boolean"}


def test_a_device_of_five_is_shared_and_one_of_six_is_public() -> None:
    rows = [(n, f"甲{n}", "10.0.0.5", "", True) for n in range(5)]
    rows += [(10 + n, f"甲{n}", "10.0.0.6", None, True) for n in range(6)]
    rows += [
        (20, "甲0", "10.0.0.5", "99-A", True),
        (21, None, "10.0.0.7", "99-B", True),
        (22, "甲9", "10.0.0.5", "99-A", False),
    ]
    # The same text as an address and as a device is two things.
    rows += [(30, "甲1", "99-A", None, True)]
    found = tuples(nominees.devices(relation(STATEMENT, rows), 5), "device", "holder", "rid")
    assert found == [
        ("ip:10.0.0.5", "甲0", 0),
        ("ip:10.0.0.5", "甲0", 20),
        *(("ip:10.0.0.5", f"甲{n}", n) for n in range(1, 5)),
        ("ip:99-A", "甲1", 30),
        ("mac:99-A", "甲0", 20),
    ]


def test_paid_for_the_life_of_a_debtor_by_car_home_and_name() -> None:
    day = date(2023, 8, 1)
    rows = relation(
        {"holder": "string", "sign": "int64", "memo": "string", "day": "date", "amount": "int64", "rid": "int64"},
        [
            ("妻", -1, "替张三交房租", day, 100, 1),
            ("妻", 1, "张三还款", day, 100, 2),
            ("妻", -1, None, day, 100, 3),
            ("路人", -1, "张三房租", day, 100, 4),
            ("妻", -1, "王的房租", day, 100, 5),
        ],
    )
    second = relation({"episode": "string", "holder": "string"}, [("e", "妻"), ("f", "妻")])
    debtors = relation(
        dict.fromkeys(("episode", "person", "kind", "name", "address"), "string"),
        [
            ("e", "夫", "person", "张三", "甲路1号"),
            ("f", "王", "person", "王", None),
            ("e", "厂", "company", "房租", "乙路2号"),
        ],
    )
    use = relation(
        {"plate": "string", "day": "date", "driver": "string", "payer": "string", "amount": "int64", "rid": "int64"},
        [
            ("浙Z1", date(2023, 1, 1), None, "妻", 1, 11),
            ("浙Z1", date(2023, 6, 1), None, "妻", 1, 12),
            ("浙Z1", date(2022, 12, 31), None, "妻", 1, 13),
            ("浙Z2", day, "夫", "妻", 1, 14),
            ("浙Z2", day, "妻", "妻", 1, 15),
            ("浙Z1", date(2023, 2, 1), None, "路人", 1, 16),
        ],
    )
    cars = relation(
        {"plate": "string", "owner": "string", "own_from": "date", "own_to": "date"},
        [("浙Z1", "夫", date(2023, 1, 1), date(2023, 6, 1))],
    )
    supply = relation(
        {"payer": "string", "address": "string", "day": "date", "amount": "int64", "rid": "int64"},
        [("妻", "甲路1号", day, 9, 21), ("妻", "乙路2号", day, 9, 22), ("妻", None, day, 9, 23)],
    )
    paid = nominees.life_paid(rows, second, debtors, use, cars, supply)
    assert tuples(paid, "rid", "episode", "what") == [
        (1, "e", "摘要载明代其支付"),
        (11, "e", "车辆保险、年检等"),
        (14, "e", "车辆保险、年检等"),
        (21, "e", "住址水电物业"),
    ]
