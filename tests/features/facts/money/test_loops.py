"""Money that comes back, against a greedy matching written as a plain loop; and what a tie must be."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

from clue_rows import Book, relation, tuples

from features.facts.money import matches

START = datetime(2022, 6, 1, 8)
LEAST, DAYS, LOW, HIGH = 100_000, 30, 70, 130
TXNS = {
    "person": "string",
    "rid": "int64",
    "ts": "timestamp",
    "amount": "int64",
    "sign": "int64",
    "cp": "string",
    "cp_kind": "string",
    "external": "boolean",
    "cash": "boolean",
    "purchase": "boolean",
    "memo": "string",
}
Row = tuple[str, int, datetime, int, int, str]


def random_rows() -> list[Row]:
    """Payments and receipts of fifty people among three hands, several at one moment, amounts about the edges."""
    rng = random.Random(3)
    sums = [99_999, 100_000, 100_001, 70_000, 69_999, 130_000, 130_001, 142_858]
    hours = [0, 1, 1, 24 * 30, 24 * 30 + 1, 24 * 15]
    rows: list[Row] = []
    for rid in rng.sample(range(10_000), 700):
        when = START + timedelta(hours=rng.choice(hours))
        rows.append((f"甲{rng.randrange(50)}", rid, when, rng.choice(sums), rng.choice([-1, 1]), rng.choice("ABC")))
    return rows


def by_hand(rows: list[Row], tied: set[frozenset[str]]) -> list[tuple[int, int, bool]]:
    """(row paid, row got, tied) of the pairs taken one by one, closest in time first, then by row ids."""
    pairs = []
    for person_out, out, out_ts, paid, out_sign, to in rows:
        for person_in, back, in_ts, got, in_sign, by in rows:
            mine = person_in == person_out and (out_sign, in_sign) == (-1, 1)
            near = timedelta(0) < in_ts - out_ts <= timedelta(days=DAYS)
            like = paid >= LEAST and LOW * paid <= 100 * got <= HIGH * paid
            if mine and near and like and (to == by or frozenset((to, by)) in tied):
                pairs.append((in_ts - out_ts, out, back, to != by))
    used: set[int] = set()
    taken = []
    for _, out, back, other in sorted(pairs):
        if not used & {out, back}:
            used |= {out, back}
            taken.append((out, back, other))
    return sorted(taken)


def test_loops_are_those_of_a_greedy_loop_over_hands_and_tied_hands(tmp_path: Path) -> None:
    rows = random_rows()
    book = Book()
    book.case(1)
    for rel, one, two in (("employee", "A", "B"), ("weak_kin", "B", "C"), ("spouse", "C", "C")):
        book.add("relation", person_a=one, person_b=two, rel_code=rel)
    with book.open(tmp_path).cut as cut:
        cut.con.create_table(
            "given", relation(TXNS, [(*row, "company", True, False, False, None) for row in rows]), temp=True
        )
        found = matches.loops(cut, cut.con.table("given"), LEAST, DAYS, LOW, HIGH)
        pairs = tuples(found.mutate(tied=found.tie_rid.notnull()), "out_rid", "in_rid", "tied")
        gaps = tuples(found, "out_rid", "in_rid", "gap", "amount", "in_amount")
    assert pairs == by_hand(rows, {frozenset("AB")})
    assert sum(tied for *_, tied in pairs) > 20 and len(pairs) > 80
    at, sums = {row[1]: row[2] for row in rows}, {row[1]: row[3] for row in rows}
    assert gaps == [
        (out, back, int((at[back] - at[out]).total_seconds()), sums[out], sums[back]) for out, back, _ in pairs
    ]
