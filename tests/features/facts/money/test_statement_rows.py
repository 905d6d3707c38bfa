"""Statement rows as read once: which copies are one act, whose an account is, what a correction replaces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from clue_rows import KNOWN, STATEMENT_COLUMNS, Book, facts_on, person, relation, tuples
from hypothesis import given, settings
from hypothesis import strategies as st
from little_pool import deliver

from features.facts import Facts
from features.facts.money.transactions import distinct_movements

ACCT, CARD, JOINT, FED = "9900000001", "9900000002", "9900000003", "9900000004"
DAY = date(2022, 7, 1)
SIDE = {"ref_no": "string", "cp_acct": "string", "cp_name": "string"}
ROW = STATEMENT_COLUMNS | SIDE | {"ccy": "string", "fit": "boolean"}
MOMENTS = st.sampled_from([datetime(2022, 7, 1), datetime(2022, 7, 1, 9), datetime(2022, 7, 2)])
NAMES = st.sampled_from([None, "甲", "乙"])
ACTS = st.tuples(
    st.sampled_from("AB"),
    MOMENTS,
    st.sampled_from([-1, 1]),
    st.integers(1, 2),
    st.sampled_from([None, 5, 6]),
    NAMES,
    NAMES,
    NAMES,
    st.sampled_from(["CNY", "USD"]),
    st.booleans(),
)


@settings(max_examples=40)
@given(st.lists(ACTS, min_size=1, max_size=14))
def test_copies_are_one_act_where_a_balance_and_a_clock_say_so_or_all_else_agrees(acts: list[Any]) -> None:
    rows = [
        (rid, acct, ts, ts.date(), sign, amount, balance, ref, cp_acct, cp_name, ccy, fit)
        for rid, (acct, ts, sign, amount, balance, ref, cp_acct, cp_name, ccy, fit) in enumerate(acts)
    ]
    kept: dict[Any, int] = {}
    for rid, (acct, ts, sign, amount, balance, ref, cp_acct, cp_name, ccy, fit) in enumerate(acts):
        certain = balance is not None and ts.hour > 0
        rest = None if certain else (ref, cp_acct, cp_name)
        if fit:
            kept.setdefault((acct, ts, sign, amount, balance, rest, ccy), rid)
    assert tuples(distinct_movements(relation(ROW, rows)), "first_rid") == [(rid,) for rid in sorted(kept.values())]


def txn(n: int | None, amount: int, ref: str, acct: str = ACCT, **more: Any) -> dict[str, Any]:
    given = {
        "acct_no": acct,
        "holder_id": None if n is None else person(n),
        "ts": datetime(2022, 7, 1, 9),
        "txn_day": DAY,
        "occurrence": 1,
        "direction": "OUT",
        "amount": amount,
        "ref_no": ref,
    }
    return given | more


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """September: statements of debtor 1 and a card both debtors call theirs; November: one amount is corrected."""
    path = tmp_path_factory.mktemp("statements")
    book = Book()
    book.case(1)
    book.case(2)
    book.tables["account"] = [
        {"holder_id": person(1), "acct_no": f"{ACCT}_1", "card_no": CARD},
        {"holder_id": person(1), "acct_no": JOINT},
        {"holder_id": person(2), "acct_no": "9900000009", "card_no": JOINT},
    ]
    book.bank_query(1, KNOWN, KNOWN, subject_id=person(1), asset_id=f"{FED}-3", has_result=True)
    book.bank_query(2, date(2024, 1, 1), date(2024, 1, 1), subject_id=person(1), asset_id="9900000008", has_result=True)
    book.tables["txn"] = [
        txn(1, 9_900_000_000_000, "R1"),
        txn(None, 200, "R2", acct=f"{ACCT}_1", memo="房租", remark="房租"),
        txn(None, 300, "R3", acct=CARD, memo="货", remark="款"),
        txn(None, 400, "R4", acct=JOINT),
        txn(None, 500, "R5", acct=FED, cp_acct="-7", remark="只有备注"),
        txn(1, 600, "R6", occurrence=2, ts=datetime(2022, 7, 1, 10)),
    ]
    deliver(path, KNOWN, book.tables)
    deliver(path, date(2023, 11, 1), {"txn": [txn(1, 99, "R1"), txn(1, 1, "R6", success="failed", occurrence=2)]})
    return path


@pytest.fixture(scope="module")
def facts(home: Path) -> Iterator[Facts]:
    made = facts_on(home, date(2023, 10, 31))
    yield made
    made.cut.close()


def test_an_account_without_holder_is_that_of_its_only_known_owner(facts: Facts) -> None:
    found = tuples(facts.txns, "amount", "person", "acct", "memo", "cp_acct")
    assert found == [
        (200, person(1), ACCT, "房租", None),
        (300, person(1), CARD, "货款", None),
        (500, person(1), FED, "只有备注", None),
        (600, person(1), ACCT, None, None),
        (9_900_000_000_000, person(1), ACCT, None, None),
    ]


def test_numbers_stand_with_and_without_suffix_and_a_query_ahead_names_none(facts: Facts) -> None:
    assert tuples(facts.accounts.filter(facts.accounts.person == person(1)), "acct", "fed_back") == [
        (ACCT, False),
        (f"{ACCT}_1", False),
        (CARD, False),
        (JOINT, False),
        (FED, True),
        (f"{FED}-3", True),
    ]
    assert tuples(facts.accounts.filter(facts.accounts.person == person(2)), "acct") == [(JOINT,), ("9900000009",)]


def test_a_correction_replaces_the_amount_from_its_delivery_on(home: Path) -> None:
    with facts_on(home, date(2023, 11, 1)).cut as cut:
        facts = Facts(cut)
        rows = facts.statements.filter(facts.statements.holder == person(1))
        assert tuples(rows, "ref_no", "amount", "fit") == [("R1", 99, True), ("R6", 1, False)]
        assert sum(amount for (amount,) in tuples(facts.txns.filter(facts.txns.acct == ACCT), "amount")) == 299
