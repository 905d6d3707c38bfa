"""Preservation on its way into the enforcement, and proceeds shared out: each at its bound."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from clue_rows import KNOWN, ZB, Book, cases, module_facts, person, rows

from features.clues.court.preservation import family
from features.facts import Facts

DAY = timedelta(days=1)
FILED = date(2023, 1, 10)
SEALED = date(2022, 6, 1)


def preservation(book: Book, n: int, brackets: str = "（）", **more: Any) -> None:
    """Case n with a preservation that sealed one thing on 2022-06-01 until 2024-06-01; deviations by keyword."""
    number = f"（2022）浙9901执保{n}号"
    book.case(n, preservation_no=number.replace("（", brackets[0]).replace("）", brackets[1]))
    book.event(n, "NOTICE", date(2023, 1, 12))
    book.add(
        "case",
        case_no=number,
        case_type="preservation",
        court_code="浙9901",
        court_division="339901",
        filing_date=SEALED,
    )
    row = {
        "event_id": f"P{n}",
        "case_no": number,
        "ev_code": "SEAL",
        "ev_date": SEALED,
        "asset_kind": "不动产",
        "asset_id": f"UNIT{n}",
        "amount": 50_000_000,
        "expiry_date": date(2024, 6, 1),
    }
    book.add("event", **(row | more))


@module_facts(Book)
def seals(book: Book) -> None:
    # 1 never taken over, 2 renewed by the enforcement, 3 put up for sale, 4 sealed after the termination only.
    preservation(book, 1, brackets="()")
    preservation(book, 2)
    book.event(2, "SEAL", ZB, asset_id="UNIT2", asset_kind="不动产", detail="续封")
    preservation(book, 3)
    book.event(3, "AUCTION", date(2023, 5, 1), asset_id="UNIT3", asset_kind="不动产")
    preservation(book, 4)
    book.event(4, "SEAL", ZB + DAY, asset_id="UNIT4", asset_kind="不动产")
    # 5 ran out the day before the filing, 6 on its day, 7 on the day of the termination, 8 renewed in time, 9 too late.
    preservation(book, 5, expiry_date=FILED - DAY)
    preservation(book, 6, expiry_date=FILED)
    preservation(book, 7, expiry_date=ZB)
    for n, day in ((8, FILED + 5 * DAY), (9, FILED + 6 * DAY)):
        preservation(book, n, expiry_date=FILED + 5 * DAY)
        book.event(n, "SEAL", day, asset_id=f"UNIT{n}", asset_kind="不动产", detail="续封")
    # 10 released without a ground, 11 with one, 12 after a payment, 13 a day before it, 14 at its term.
    early = FILED - 20 * DAY
    preservation(book, 10, end_date=early)
    preservation(book, 11, end_date=early, reason="申请人申请解除")
    for n, paid in ((12, early), (13, early + DAY)):
        preservation(book, n, end_date=early)
        book.event(n, "PAY_IN", paid, amount=100)
    preservation(book, 14, expiry_date=early, end_date=early)
    # 15: the preservation names no seal; 16: delivered twice.
    book.case(15, preservation_no="（2022）浙9901执保15号")
    preservation(book, 16)
    book.add("event", **(book.tables["event"][-1] | {"event_id": "P16-again"}))


def test_seals_never_converted_into_the_enforcement(seals: Facts) -> None:
    found = rows(family, "PRES-CONVERT", seals)
    assert cases(found) == [1, 4, 6, 7, 16] and len(found) == 5
    assert "末次交接2023-09-01" in found[0]["note"]


def test_seals_that_expired_before_they_were_converted(seals: Facts) -> None:
    found = {row["episode"].split("执")[1].split("号")[0]: row["note"] for row in rows(family, "PRES-LAPSE", seals)}
    assert sorted(found, key=int) == ["5", "6", "9"]
    assert "执行立案前到期" in found["5"] and "执行立案后" in found["6"]


def test_seals_released_too_early(seals: Facts) -> None:
    assert cases(rows(family, "PRES-RELEASE", seals)) == [10, 13]


def test_nothing_is_missed_where_the_log_came_too_early(book: Book) -> None:
    late = KNOWN - 14 * DAY
    for n, end in ((1, late), (2, late - DAY)):
        preservation(book, n)
        book.tables["case"][-2]["close_date"] = end
    facts = book.open()
    assert cases(rows(family, "PRES-CONVERT", facts)) == [2]


PLAN = date(2023, 4, 3)


def claim(book: Book, n: int, number: int, **more: Any) -> None:
    """An ordinary claim of 100,000 元 to the distribution of case n, served on 2023-04-06 and paid on 2023-05-08."""
    row = {
        "distribution_no": f"F{n}",
        "claim_no": f"{number}",
        "case_no": f"（2023）浙9901执{n}号",
        "claimant_id": person(600 + 10 * n + number),
        "claimant_name": f"债权人{n}{number}",
        "kind": "ordinary",
        "basis_no": f"（2022）浙9901民初{n}号",
        "claim_amount": 10_000_000,
        "applied_on": date(2023, 3, 1),
        "proceeds": 10_000_000,
        "plan_date": PLAN,
        "notified_on": PLAN + 3 * DAY,
        "allocated": 5_000_000,
        "rank": 3,
        "paid_date": date(2023, 5, 8),
    }
    book.add("claim", **(row | more))


@module_facts(Book)
def plans(book: Book) -> None:
    book.logged(*range(1, 40))
    # Served: thirty days after 3 April end on 3 May, the last day of Labour Day; the 4th is in time.
    for n, day in ((1, date(2023, 5, 4)), (2, date(2023, 5, 5)), (3, None)):
        claim(book, n, 1, notified_on=day, paid_date=None)
    claim(book, 4, 1, notified_on=PLAN + 20 * DAY, paid_date=PLAN + 19 * DAY)
    # Objections: fifteen days after 6 April end on Friday 21 April; 23 April is a Sunday worked in lieu.
    for n, day in ((11, date(2023, 4, 20)), (12, date(2023, 4, 21)), (13, date(2023, 4, 22))):
        claim(book, n, 1, paid_date=day)
    # Somebody else of the plan was served two days later: until 23 April, which is worked.
    for n, day in ((14, date(2023, 4, 23)), (15, date(2023, 4, 24))):
        claim(book, n, 1, paid_date=day)
        claim(book, n, 2, paid_date=None, notified_on=PLAN + 5 * DAY, allocated=0, rank=4, kind=None)
    # Order: 21 by kind against the plan's own rank, 22 by rank alone, 23 nobody harmed, 24 nearly full.
    claim(book, 21, 1, kind="priority", rank=2, allocated=1_000_000)
    claim(book, 21, 2, rank=1, allocated=4_000_000)
    claim(book, 22, 1, kind="tax", rank=2, allocated=0)
    claim(book, 22, 2, kind="ordinary", rank=3, allocated=6_000_000)
    claim(book, 25, 1, kind="wage", rank=3, allocated=0)
    claim(book, 25, 2, kind="ordinary", rank=1, allocated=6_000_000)
    claim(book, 23, 1, kind="priority", rank=1, allocated=10_000_000)
    claim(book, 23, 2, rank=2, allocated=100)
    claim(book, 24, 1, kind="priority", rank=1, allocated=9_900_000)
    claim(book, 24, 2, rank=2, allocated=100_000)
    # Pro rata: 31 exactly nine tenths of its share, 32 one 分 less, 33 three equal claims.
    for n, less in ((31, 4_500_000), (32, 4_499_999)):
        claim(book, n, 1, allocated=less)
        claim(book, n, 2, allocated=10_000_000 - less)
    for number in (1, 2, 3):
        claim(book, 33, number, allocated=3_333_333)
    claim(book, 33, 9, claimant_id=person(600 + 331), claimant_name="债权人331", allocated=3_333_333)


def test_plans_served(plans: Facts) -> None:
    assert cases(rows(family, "DIST-SERVE", plans)) == [2, 3, 4]


def test_shares_paid_while_objections_could_be_raised(plans: Facts) -> None:
    assert cases(rows(family, "DIST-EARLY", plans)) == [4, 11, 12, 14]


def test_shares_out_of_order(plans: Facts) -> None:
    found = rows(family, "DIST-ORDER", plans)
    assert [(row["episode"].split("执")[1].split("号")[0], row["amount"]) for row in found] == [
        ("21", 4_000_000),
        ("22", 6_000_000),
        ("25", 6_000_000),
    ]
    assert all(len(row["src"]) == 2 for row in found)


def test_shares_out_of_proportion(plans: Facts) -> None:
    found = rows(family, "DIST-RATA", plans)
    # A claim delivered under two numbers does not dilute the others.
    assert [(cases([row]), row["amount"]) for row in found] == [([32], 500_001)]


def test_claims_whose_judgment_was_never_delivered(book: Book) -> None:
    book.logged(*range(1, 8))
    for n, changes in enumerate(
        (
            {},
            {"basis_no": "(2022) 浙9901民初 777号"},
            {"basis_no": "（2022）浙9902民初777号"},
            {"basis_no": "浙9901劳人仲案〔2022〕7号"},
            {"basis_no": None},
            {"basis_no": None, "kind": "cost"},
            {"basis_no": "（2022）浙9901民初777号", "allocated": 0},
        ),
        start=1,
    ):
        claim(book, n, 1, **changes)
    facts = book.open()
    # No file of 9902 was delivered; an award's number is no court's.
    assert cases(rows(family, "DIST-BASIS", facts)) == [2, 5]


def test_an_applicant_left_out_of_another_distribution(book: Book) -> None:
    for n in range(1, 5):
        book.case(n)
    # Cases 101 to 104 have the same debtors; the plan of each shares out to others.
    for n, plan, claimant in ((1, PLAN, 999), (2, FILED, 999), (3, FILED + DAY, 999), (4, PLAN, 5004)):
        number = book.case(100 + n, close_mode=None, close_date=None)
        book.tables["party"][-1]["id_no"] = person(n)
        claim(book, 100 + n, 1, plan_date=plan, claimant_id=person(claimant))
        claim(book, 100 + n, 2, plan_date=plan, claimant_id=person(998))
        assert book.tables["claim"][-1]["case_no"] == number
    facts = book.open()
    found = rows(family, "DIST-LEFTOUT", facts)
    assert cases(found) == [1, 3] and len(found) == 2
    assert found[0]["amount"] == 10_000_000


def test_random_plans_against_loops_over_pairs(book: Book) -> None:
    """Order and proportion of forty made-up plans, judged claim by claim in plain Python."""
    draw = random.Random(5)
    place = {"cost": 1, "priority": 2, "wage": 3, "ordinary": 4}
    plans: dict[int, list[dict[str, Any]]] = {}
    for n in range(1, 41):
        book.case(n)
        for number in range(1, draw.randint(3, 7)):
            owed = draw.randint(1, 400) * 100_000
            got = draw.choice([0, owed, owed * 99 // 100, owed // 2, owed // 3])
            kind = draw.choice([*place, "ordinary", "ordinary", "tax", None])
            claim(book, n, number, kind=kind, rank=draw.choice([2, 3, None]), claim_amount=owed, allocated=got)
        plans[n] = [row for row in book.tables["claim"] if row["distribution_no"] == f"F{n}"]
    order: dict[int, list[int]] = {}
    share: dict[int, list[int]] = {}
    for n, plan in plans.items():
        order[n], share[n] = [], []
        for one in plan:
            behind = 0
            for two in plan:
                kinds = place.get(one["kind"]), place.get(two["kind"])
                fixed = None not in kinds and (kinds[0] < kinds[1], kinds[0] > kinds[1])
                ranked = None not in (one["rank"], two["rank"]) and one["rank"] < two["rank"]
                if two is not one and ((fixed and fixed[0]) or (ranked and not (fixed and fixed[1]))):
                    behind += two["allocated"]
            if one["allocated"] * 100 < one["claim_amount"] * 99 and behind:
                order[n].append(min(one["claim_amount"] - one["allocated"], behind))
            same = [two for two in plan if two["kind"] == one["kind"] == "ordinary"]
            if same:
                pool, owed = sum(two["allocated"] for two in same), sum(two["claim_amount"] for two in same)
                fair = one["claim_amount"] * pool // owed
                if one["allocated"] * 100 < fair * 90 and fair - one["allocated"] >= 100_000:
                    share[n].append(fair - one["allocated"])
    facts = book.open()
    for id, expected in (("DIST-ORDER", order), ("DIST-RATA", share)):
        found: dict[int, list[int]] = {n: [] for n in plans}
        for row in rows(family, id, facts):
            found[cases([row])[0]].append(row["amount"])
        assert {n: sorted(amounts) for n, amounts in found.items()} == {n: sorted(a) for n, a in expected.items()}
        assert any(expected.values())
