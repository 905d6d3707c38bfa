"""Agreements on compensation: whose they are, who stands as payee, and when a change has happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from clue_rows import TODAY, Book, episode, person, tuples

from features.facts import Facts
from features.facts.assets.compensation import compensations

DAY = timedelta(days=1)
SIGNED = date(2023, 3, 1)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    """Debtor 1 and the spouse 101; agreements by number."""
    book = Book()
    book.case(1)
    book.case(2)
    book.kin(1, 101)
    book.add("account", holder_id=person(101), acct_no="9900000101")
    for n in (3, 4):
        book.add("account", holder_id=person(n), acct_no=f"990000000{n}", card_no="9900000099")
    agreements(book)
    made = book.open(tmp_path_factory.mktemp("compensation"))
    yield made
    made.cut.close()


def agreements(book: Book) -> None:
    def add(number: str, payee: int, **more: Any) -> None:
        row = {"agreement_no": number, "payee_id": person(payee), "agreement_date": SIGNED, "amount": 1}
        book.add("demolition", **(row | more))

    add("自领", 1, owner_id=person(1), paid_date=TODAY, paid_acct="9900000101-1")
    add("改领", 1, owner_id=person(1))
    changed = {"prev_payee_id": person(1), "owner_id": person(1), "amount": 1_000_000_000_001}
    add("改领", 101, **changed, changed_date=TODAY, paid_date=TODAY + DAY)
    add("将改", 1)
    add("将改", 101, **changed, changed_date=TODAY + DAY)
    add("原主", 9, owner_id=person(1), paid_acct="9900000099")
    add("两债务人", 2, prev_payee_id=person(1), changed_date=SIGNED)
    add("未签", 1, agreement_date=TODAY + DAY)
    add("无关", 9, owner_id=person(8))


def test_who_was_to_receive_what(facts: Facts) -> None:
    table = facts.compensations.filter(facts.compensations.episode == episode(1))
    found = tuples(table, "agreement_no", "payee", "mine", "owns", "passed", "standing")
    assert found == [
        ("两债务人", person(2), False, False, True, True),
        ("原主", person(9), False, True, False, True),
        ("将改", person(1), True, False, False, True),
        ("将改", person(101), False, True, True, True),
        ("改领", person(1), True, True, False, False),
        ("改领", person(101), False, True, True, True),
        ("自领", person(1), True, True, False, True),
    ]
    other = facts.compensations.filter(facts.compensations.episode == episode(2))
    assert tuples(other, "agreement_no", "person", "mine", "passed") == [("两债务人", person(2), True, False)]


def test_changes_payments_and_accounts_by_the_day(facts: Facts) -> None:
    table = compensations(facts.cut, facts.debtors, facts.episodes, facts.anchors, facts.kin, facts.accounts)
    table = table.filter(table.episode == episode(1), table.rel.notnull() | table.acct_holder.notnull())
    found = tuples(table, "agreement_no", "changed_date", "paid_date", "rel", "acct_holder", "amount")
    huge = 1_000_000_000_001
    assert found == [
        ("将改", None, None, "spouse", None, huge),
        ("改领", TODAY, None, "spouse", None, huge),
        ("自领", None, TODAY, None, person(101), 1),
    ]
