"""Sham suits, insiders' claims and signs of refusal, each beside those who only look alike."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from clue_rows import KNOWN, ZB, Book, cases, covered, episode, feature, module_facts, person, rows

from features.clues.people.joint import family
from features.facts import Facts

DAY = timedelta(days=1)
SRV, EFF, NTC = date(2022, 5, 20), date(2022, 9, 26), date(2023, 1, 12)


def suit(book: Book, n: int, plaintiff: int, filed: date = SRV, **more: Any) -> None:
    """A suit over a loan of 80,000 元 against person n, settled ten days after the filing."""
    number = len(book.tables["litigation"])
    row = {
        "suit_no": f"（2022）浙9901民初{9000 + number}号",
        "cause": "民间借贷纠纷",
        "plaintiff_id": person(plaintiff),
        "defendant_id": person(n),
        "debt_date": date(2021, 6, 1),
        "suit_date": filed,
        "judgment_date": filed + 10 * DAY,
        "outcome": "调解",
        "amount": 8_000_000,
    }
    book.add("litigation", **(row | more))


@module_facts(Book)
def suits(book: Book) -> None:
    given: dict[int, dict[str, Any]] = {
        1: {},
        2: {"filed": SRV - DAY},
        3: {"judgment_date": SRV + 15 * DAY},
        4: {"judgment_date": SRV + 16 * DAY},
        5: {"outcome": "判决"},
        6: {},
        7: {},
        8: {"judgment_date": date(2024, 2, 1)},
        9: {},
    }
    for n, changes in given.items():
        book.case(n)
        book.asked(n, "KIN")
        suit(book, n, 800 + n, **changes)
        if n != 6:
            book.kin(n, 800 + n, {7: "same_address", 9: "employee"}.get(n, "spouse"))
    # 10: the own applicant is a brother; the suit is the basis of the case itself.
    book.case(10)
    book.kin(10, 810, "sibling")
    book.tables["litigation"][-1].update(plaintiff_id=person(810), suit_date=SRV, judgment_date=SRV, outcome="调解")
    # 11 to 15: lawyers.
    lawyers = {
        11: ("律师甲", "律师甲"),
        12: ("律师甲", "律师乙"),
        13: ("律师丙、律师甲", "律师甲；律师丁"),
        14: ("", ""),
        15: (None, "律师甲"),
    }
    for n, (one, two) in lawyers.items():
        book.case(n)
        suit(book, n, 5900 + n, plaintiff_lawyer=one, defendant_lawyer=two)
    book.case(16)
    book.tables["litigation"][-1].update(plaintiff_lawyer="律师甲", defendant_lawyer="律师甲")


def test_insider_suits_settled_within_fifteen_days(suits: Facts) -> None:
    found = rows(family, "E07", suits)
    # 6 is a stranger, 7 shares an address alone, 8 has not ended yet.
    assert cases(found) == [1, 3, 9] and {row["amount"] for row in found} == {8_000_000}
    assert [row["to_kin"] for row in found] == [True, True, False]
    assert all(len(row["src"]) == 2 for row in found)
    assert feature(family, "E07_ratio", suits, 1) == 80_000 / 200_000
    assert covered(family, "E07", suits, 6, 11) == [True, False]


def test_one_lawyer_on_both_sides(suits: Facts) -> None:
    found = rows(family, "M15A", suits)
    assert cases(found) == [11, 13, 16]
    notes = {row["episode"]: row["note"] for row in found}
    assert "律师甲" in notes[episode(13)] and "本案执行依据" in notes[episode(16)]
    assert "本案执行依据" not in notes[episode(11)]


def claim(book: Book, n: int, who: int, yuan: float, applied: date, **more: Any) -> None:
    """A claim to the distribution of case n, planned 2023-05-20 over 100,000 元."""
    row = {
        "distribution_no": f"FP{n}",
        "claim_no": str(who),
        "case_no": f"（2023）浙9901执{n}号",
        "kind": "ordinary",
        "claimant_id": person(who),
        "claimant_name": f"债权人{who}",
        "claim_amount": round(yuan * 100),
        "applied_on": applied,
        "proceeds": 10_000_000,
        "plan_date": date(2023, 5, 20),
        "allocated": 1_000_000,
    }
    book.add("claim", **(row | more))


@module_facts(Book)
def shared_out(book: Book) -> None:
    plan = date(2023, 5, 20)
    early = plan - 30 * DAY
    given: dict[int, tuple[float, date]] = {
        1: (30_000, early),
        2: (30_000.01, early),
        3: (100, plan - DAY),
        4: (100, plan - 2 * DAY),
        5: (90_000, plan),
        6: (20_000, early),
        7: (90_000, early),
    }
    for n, (yuan, applied) in given.items():
        book.case(n)
        book.asked(n, "KIN")
        claim(book, n, 800 + n, yuan, applied)
        if n != 5:
            book.kin(n, 800 + n, "employee" if n == 7 else "spouse")
    # 6: two relatives together take more than a third.
    claim(book, 6, 906, 10_001, early)
    book.kin(6, 906, "child")
    # 8: the same debtor's property is shared out in another case; the proceeds of 9 are unknown.
    book.case(8)
    book.tables["party"][-1]["id_no"] = person(2)
    book.case(9)
    book.kin(9, 809)
    claim(book, 9, 809, 90_000, early, proceeds=None)


def test_insider_claims_that_are_large_or_filed_at_the_last_moment(shared_out: Facts) -> None:
    found = rows(family, "E08", shared_out)
    assert cases(found) == [2, 3, 6, 7, 8]
    assert [row["late"] for row in found if row["episode"] == episode(3)] == [True]
    assert sum(row["episode"] == episode(6) for row in found) == 2
    by_case = {row["episode"]: row for row in found}
    assert by_case[episode(7)]["part"] == 0.9 and by_case[episode(7)]["got"] == 0.1
    assert len(by_case[episode(2)]["src"]) == 2 and len(by_case[episode(8)]["src"]) == 3


def money(book: Book, n: int, on: date, yuan: float, **more: Any) -> None:
    """A statement row of person n: money in when positive."""
    at = datetime.combine(on, time(9, len(book.tables["txn"]) % 60))
    book.statement(n, at, yuan, **({"holder": f"债务人{n}", "memo": "转账"} | more))


@module_facts(Book)
def loans(book: Book) -> None:
    """The loan is said to have been given on 2021-06-01; statements span thirty days on both sides."""
    debt = date(2021, 6, 1)
    before, after = debt - 30 * DAY, debt + 30 * DAY
    spans = dict.fromkeys(range(1, 15), (before, after)) | {2: (before + DAY, after), 3: (before, after - DAY)}
    for n, (first, last) in spans.items():
        book.case(n)
        book.asked(n, "TX", "KIN")
        money(book, n, first, -1, cp_name="某超市")
        money(book, n, last, -1, cp_name="某超市")
        suit(book, n, 800 + n, **({"cause": "买卖合同纠纷"} if n == 10 else {"amount": None} if n == 14 else {}))
        if n not in (8, 9):
            book.kin(n, 800 + n)
    # Thirty percent of 80,000 are 24,000: 4 falls short by a cent, 5 does not; 6 named by name; 7 too early.
    money(book, 4, debt, 23_999.99, cp_id=person(804), cp_name="亲属804")
    money(book, 5, debt, 24_000, cp_id=person(805), cp_name="亲属805")
    money(book, 6, after, 24_000, cp_name="亲属806")
    money(book, 7, before - DAY, 80_000, cp_id=person(807))
    # 8 and 9 are strangers settled at once: a receipt from somebody unnamed may be theirs, one from a known other not.
    money(book, 8, debt, 80_000, cp_name="王某某")
    money(book, 9, debt, 80_000, cp_name="王某某", cp_id=person(999))
    money(book, 11, debt, 80_000, cash_flag="cash", memo="现金存入")
    book.tables["inquiry"][2 * 11].update(accounts_known=3, accounts_returned=2)
    assert book.tables["inquiry"][2 * 11]["subject_id"] == person(12)
    # 13 is a stranger who won by judgment.
    book.tables["relation"] = [row for row in book.tables["relation"] if row["person_b"] != person(813)]
    book.tables["litigation"][-3]["outcome"] = "判决"
    assert book.tables["litigation"][-3]["plaintiff_id"] == person(813)


def test_loans_that_were_never_paid_out(loans: Facts) -> None:
    found = rows(family, "M15B", loans)
    assert cases(found) == [1, 4, 7, 9, 14]
    by_case = {row["episode"]: row for row in found}
    # The suit, the tie and the inquiry; and the part of the loan that did come.
    assert len(by_case[episode(1)]["src"]) == 3 and len(by_case[episode(4)]["src"]) == 4
    assert (
        "2021-05-02至2021-07-01" in by_case[episode(1)]["note"] and "末次交接2023-09-01" in by_case[episode(1)]["note"]
    )


def test_no_unpaid_loan_is_found_without_statements(book: Book) -> None:
    book.case(1)
    book.asked(1, "KIN", "TX")
    book.kin(1, 801)
    suit(book, 1, 801)
    facts = book.open()
    assert rows(family, "M15B", facts) == []
    assert cases(rows(family, "E07", facts)) == [1]


def test_wages_claimed_at_the_same_time_by_insiders(book: Book) -> None:
    crowds = {1: (0, 15, 30), 2: (0, 15, 31), 3: (0, 15), 4: (0, 1, 2), 5: (-1, 1, 2)}
    for n, days in crowds.items():
        book.case(n)
        for k, late in enumerate(days):
            who = 800 + 10 * n + k
            suit(book, n, who, SRV + late * DAY, cause="追索劳动报酬纠纷", outcome="判决")
            # In 4 all are employees and none is kin or a manager.
            book.kin(n, who, "accountant" if k == 1 and n != 4 else "employee")
    # 1: one of them claims in the distribution too, and counts once; a stranger counts not at all.
    claim(book, 1, 810, 100, SRV + 9 * DAY, kind="wage")
    claim(book, 1, 899, 100, SRV + 9 * DAY, kind="wage")
    # 6: suits and claims together.
    book.case(6)
    for k in range(2):
        suit(book, 6, 860 + k, SRV, cause="劳务合同纠纷")
        book.kin(6, 860 + k, "child")
    claim(book, 6, 862, 500, SRV + DAY, kind="wage")
    book.kin(6, 862, "employee")
    facts = book.open()
    found = rows(family, "M15C", facts)
    assert cases(found) == [1, 6]
    assert sorted(row["hand"] for row in found if row["episode"] == episode(1)) == [person(810 + k) for k in range(3)]
    assert all(len(row["src"]) == 2 for row in found)


def refuser(book: Book, n: int, *parts: str) -> None:
    """A case with the named parts of a refusal, all since service."""
    book.case(n)
    book.event(n, "NOTICE", NTC, subject_id=person(n))
    book.kin(n, 800 + n)
    if "car" in parts or "early car" in parts or "late car" in parts:
        on = {"car": SRV, "early car": SRV - DAY, "late car": EFF}[next(part for part in parts if "car" in part)]
        vin = f"LTEST00000000{n:04d}"
        book.car(n, vin, date(2019, 1, 1), own_to=on)
        book.car(800 + n, vin, on, prev_owner_id=person(n))
    if "home" in parts:
        book.add(
            "realty",
            unit_no=f"U{n}",
            holder_id=person(n),
            reg_date=date(2019, 1, 1),
            location="某处1号",
            market_value=1_000_000,
            use="住宅",
        )
    if "unreported" in parts:
        book.event(n, "RPT_ORDER", NTC, expiry_date=NTC + 10 * DAY, subject_id=person(n))
    if "flight" in parts:
        book.event(n, "LIMIT", NTC, subject_id=person(n), result="限制消费令")
        book.add(
            "travel", person_id=person(n), kind="air", travel_date=NTC + 30 * DAY, doc_no=person(n), payer_id=person(n)
        )


@module_facts(Book)
def refusers(book: Book) -> None:
    refuser(book, 1, "car", "home", "unreported")
    refuser(book, 2, "early car", "home", "unreported")
    refuser(book, 3, "car", "unreported")  # nothing shows that he could pay
    refuser(book, 4, "car", "home")  # given away before the judgment took effect, nothing refused since
    refuser(book, 5, "late car", "home")
    refuser(book, 6, "home", "flight")
    refuser(book, 7, "home", "flight", "unreported")
    refuser(book, 8, "car", "home", "unreported")
    book.event(8, "PAY_IN", ZB, amount=20_000_000)
    refuser(book, 9, "home", "unreported")
    # 10: below the least property; one 分 under five percent of the debt.
    refuser(book, 10, "car", "home", "unreported")
    book.tables["realty"][-1]["market_value"] = 999_999
    # 11: nothing was reported although the bank query found 1,000.01 元; 12: exactly 1,000 are passed over.
    for n, fen in ((11, 100_001), (12, 100_000)):
        refuser(book, n, "car", "home")
        book.event(n, "RPT_CONTENT", NTC + DAY, amount=0, subject_id=person(n))
        deposit = {"asset_kind": "存款", "asset_id": f"990{n}", "amount": fen}
        book.bank_query(n, NTC + 2 * DAY, NTC + 3 * DAY, has_result=True, **deposit)
    # 13 paid kin 50,000 in two payments after the judgment, 14 got one 分 of it back.
    for n in (13, 14):
        refuser(book, n, "home")
        for on in (EFF, EFF + DAY):
            money(book, n, on, -25_000, cp_id=person(800 + n), cp_name=f"亲属{800 + n}")
    money(book, 14, EFF + 2 * DAY, 0.01, cp_id=person(814), cp_name="亲属814")
    # Sanctions: 21 flew the day after, 22 on the day; 23 had not reported before and did not afterwards.
    for n in (21, 22):
        refuser(book, n, "flight")
        book.event(n, "DETENTION", NTC + (29 if n == 21 else 30) * DAY, subject_id=person(n), reason="拒绝报告财产")
    refuser(book, 23, "unreported")
    book.event(23, "FINE", ZB - DAY, amount=100_000)
    refuser(book, 24, "unreported")
    book.event(24, "FINE", ZB, amount=100_000)


def test_refusals_of_which_every_part_shows(refusers: Facts) -> None:
    found = rows(family, "M19A", refusers)
    assert cases(found) == [1, 5, 7, 11, 13]
    notes = {n: sorted(row["note"][1:5] for row in found if row["episode"] == episode(n)) for n in (1, 5, 7, 13)}
    assert notes == {
        1: sorted(["转移处分", "履行能力", "财产报告"]),
        5: sorted(["转移处分", "履行能力"]),
        7: sorted(["违反限制", "履行能力", "财产报告"]),
        13: sorted(["转移处分", "转移处分", "履行能力"]),
    }
    assert [row["late"] for row in found if row["episode"] == episode(5) and row["act"]] == [True]
    assert feature(family, "M19A_acts", refusers, 1) == 50_000 / 200_000
    assert feature(family, "M19A_kinds", refusers, 1) == 3


def test_signs_cite_the_rows_they_stand_on(refusers: Facts) -> None:
    sign = refusers.refusal_signs.to_pandas()
    sign = sign[sign["episode"] == episode(11)]
    false = sign[sign["kind"].str.contains("零申报")].iloc[0]
    table = {name: refusers.cut.table(name).to_pandas() for name in ("event", "query_feedback", "vehicle", "relation")}
    report = table["event"][table["event"]["ev_code"] == "RPT_CONTENT"]
    report = report[report["subject_id"] == person(11)]["rid"]
    feedback = table["query_feedback"][table["query_feedback"]["request_no"] == "Q11"]["rid"]
    assert sorted(false["src"]) == sorted([*report, *feedback]) and false["amount"] == 100_001
    moved = sign[sign["part"] == "transfer"].iloc[0]
    car = table["vehicle"][table["vehicle"]["vin"] == "LTEST000000000011"]["rid"]
    kin = table["relation"][table["relation"]["person_a"] == person(11)]["rid"]
    assert sorted(moved["src"]) == sorted([*car, *kin])


def test_refused_again_after_a_sanction(refusers: Facts) -> None:
    found = rows(family, "M19B", refusers)
    # 24 was fined on the very day of the termination.
    assert cases(found) == [21, 23]
    fine = refusers.events.filter(refusers.events.ev_code == "FINE").to_pandas().set_index("episode")["rid"]
    assert fine[episode(23)] in next(row for row in found if row["episode"] == episode(23))["src"]
    assert feature(family, "M19B_n", refusers, 24) == 0


def test_no_refusal_is_found_where_the_courts_log_does_not_reach(book: Book) -> None:
    refuser(book, 1, "late car", "home")
    book.tables["event"].clear()
    facts = book.open()
    assert rows(family, "M19A", facts) == [] and covered(family, "M19A", facts, 1) == [False]
    assert len(facts.refusal_signs.to_pandas()) == 2


@pytest.mark.parametrize(("judged", "found"), [(KNOWN - DAY, [1]), (KNOWN + DAY, [])])
def test_a_suit_that_ends_after_the_day_is_not_found(book: Book, judged: date, found: list[int]) -> None:
    book.case(1)
    book.kin(1, 801)
    suit(book, 1, 801, KNOWN - 5 * DAY, judgment_date=judged)
    assert cases(rows(family, "E07", book.open(as_of=KNOWN))) == found
