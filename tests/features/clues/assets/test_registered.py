"""What stood in the debtor's name at the termination and was not dealt with."""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan

from clue_rows import ZB, Book, cases, episode, feature, module_facts, person, rows

from features.clues.assets.registered import family
from features.facts import Facts

OLD = date(2018, 3, 1)


@module_facts(Book)
def facts(book: Book) -> None:
    for n in range(1, 12):
        book.case(n)
        if n != 6:
            book.event(n, "NOTICE", date(2023, 1, 12))
        book.asked(n, "RE", "INS", "HPF", "EQ")
    for n in range(1, 7):
        more = {4: {"seal_until": ZB}, 5: {"seal_until": ZB - timedelta(days=1), "only_home": True}}.get(n, {})
        book.add(
            "realty",
            unit_no=f"U{n}",
            location=f"东路{n}号",
            holder_id=person(n),
            reg_date=OLD,
            market_value=80_000_000,
            share=0.5,
            mortgage_amt=10_000_000,
            **more,
        )
    book.event(2, "SEAL", date(2023, 2, 1), asset_id="U2", asset_kind="不动产")
    book.event(3, "SEAL", date(2020, 6, 19), asset_id="U3", asset_kind="不动产")
    for n, worth in ((7, 1_000_000), (8, 999_999)):
        book.add(
            "insurance", policy_no=f"P{n}", applicant_id=person(n), start_date=OLD, cash_value=worth, status="有效"
        )
    book.add("insurance", policy_no="P9", applicant_id=person(9), start_date=OLD, cash_value=9_000_000, status="退保")
    book.fund(10, date(2023, 5, 1), 4_000_000, open_date=OLD, loan_flag=True)
    book.add(
        "shareholding",
        uscc="91990001MA00000A9W",
        company_name="测试公司",
        holder_id=person(11),
        from_date=OLD,
        subscribed=5_000_000,
        paid=0,
    )


def test_realty_without_a_seal_in_force(facts: Facts) -> None:
    found = {row["episode"]: row for row in rows(family, "M3A", facts)}
    # 3's seal of three years ended the day before; 4's register shows one to the very day; 6 stands in no log.
    assert cases(list(found.values())) == [1, 3, 5]
    assert found[episode(1)]["amount"] == 30_000_000
    assert {key for key, row in found.items() if not row["free"]} == {episode(5)}


def test_a_case_the_court_log_does_not_reach_is_unknown(facts: Facts) -> None:
    assert feature(family, "M3A_n", facts, 2) == 0.0
    assert isnan(feature(family, "M3A_n", facts, 6))


def test_policies_from_the_least_value_on(facts: Facts) -> None:
    assert [(row["episode"], row["amount"]) for row in rows(family, "M4A", facts)] == [(episode(7), 1_000_000)]


def test_funds_and_shares(facts: Facts) -> None:
    fund = rows(family, "M5A", facts)
    assert [(row["episode"], row["amount"], row["free"]) for row in fund] == [(episode(10), 4_000_000, False)]
    assert [(row["episode"], row["amount"]) for row in rows(family, "M7A", facts)] == [(episode(11), 0)]
