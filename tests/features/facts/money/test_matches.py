"""Pairs of statement rows against a greedy matching written as a plain loop."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from little_pool import CASE_NO, DEBTOR, SPOUSE
from little_statement import facts_of, line

START = datetime(2022, 6, 1, 8)
COMPANY = "91990001MA00000A9W"

YUAN = [-40_000, -34_500, -25_500, -25_499, 29_999, 30_000, 34_000, 40_000]


def by_hand(acts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """(place in, place out) of the pairs taken one by one, closest in time first."""
    pairs = [
        (when_out - when_in, i, o)
        for (i, (when_in, got)), (o, (when_out, paid)) in product(enumerate(acts), enumerate(acts))
        if got >= 30_000 and paid < 0 and 0 <= when_out - when_in <= 48 and abs(-paid - got) * 100 <= got * 15
    ]
    used: set[int] = set()
    taken = []
    for _, i, o in sorted(pairs):
        if not used & {i, o}:
            used |= {i, o}
            taken.append((i, o))
    return sorted(taken)


def test_passes_are_those_of_a_greedy_loop(tmp_path: Path) -> None:
    rng = random.Random(5)
    people = [f"9900011970{number:08d}" for number in range(60)]
    acts = {person: [(rng.randrange(60), rng.choice(YUAN)) for _ in range(rng.randrange(16))] for person in people}
    party = [
        {
            "case_no": CASE_NO,
            "party_no": 9 + number,
            "role": "debtor",
            "kind": "person",
            "name": "共同",
            "id_no": person,
        }
        for number, person in enumerate(people)
    ]
    lines = [
        line(START + timedelta(hours=hour), yuan, "甲公司", holder_id=person, acct_no=f"99{person}")
        for person in people
        for hour, yuan in acts[person]
    ]
    with facts_of(tmp_path, lines, tables={"party": party}) as facts:
        rids = facts.cut.table("txn").to_pandas()
        found = facts.passes.to_pandas()
    place = {rid: number for _, own in rids.groupby("holder_id") for number, rid in enumerate(sorted(own["rid"]))}
    for person in people:
        own = found[found["person"] == person]
        pairs = sorted((place[i], place[o]) for i, o in zip(own["in_rid"], own["out_rid"], strict=True))
        assert pairs == by_hand(acts[person])
    assert len(found) > len(people)


def returned(home: Path, lines: list[dict[str, Any]], **tables: Any) -> list[tuple[int, int, bool]]:
    with facts_of(home, lines, tables=tables) as facts:
        found = facts.loops.to_pandas().sort_values("out_rid")
    return [
        (int(r.amount) // 100, int(r.in_amount) // 100, r.tie_rid is not None and r.tie_rid == r.tie_rid)
        for r in found.itertuples()
    ]


EDGES = [(1, 1000, 1), (30, 1001, 1), (31, 1002, 0), (1, 700, 1), (1, 699, 0), (1, 1300, 1), (1, 1301, 0), (0, 1003, 0)]


def test_a_loop_closes_within_thirty_days_and_thirty_percent(tmp_path: Path) -> None:
    lines = [
        row
        for place, (days, back, _) in enumerate(EDGES)
        for row in (line(START, -1000, f"第{place}人"), line(START + timedelta(days=days), back, f"第{place}人"))
    ]
    assert [back for _, back, _ in returned(tmp_path, lines)] == [back for _, back, found in EDGES if found]


def test_a_loop_may_close_through_a_tied_hand_alone(tmp_path: Path) -> None:
    later = START + timedelta(days=3)
    lines = [
        line(START, -5000, "李配偶", cp_id=SPOUSE),
        line(later, 5000, "测试公司", cp_id=COMPANY),
        line(START, -8000, "王友人"),
        line(later, 8000, "赵友人"),
    ]
    tie = {"person_a": COMPANY, "person_b": SPOUSE, "rel_code": "legal_rep"}
    assert returned(tmp_path, lines, relation=[tie]) == [(5000, 5000, True)]


def test_refunds_small_sums_shops_and_platforms_make_no_loop(tmp_path: Path) -> None:
    later = START + timedelta(days=3)
    lines = [
        line(START, -5000, "甲公司"),
        line(later, 5000, "甲公司", memo="退款"),
        line(START, -999, "王友人"),
        line(later, 999, "王友人"),
        line(START, -5001, "某店", memo="消费"),
        line(later, 5001, "某店"),
        line(START, -5002, "财付通"),
        line(later, 5002, "财付通"),
        line(START, -5003, "张测试", cp_acct="990012341234", cp_id=DEBTOR),
        line(later, 5003, "张测试", cp_acct="990012341234", cp_id=DEBTOR),
    ]
    assert returned(tmp_path, lines) == []
