"""Ends of traced money by the holder who paid there, against a plain loop; and what was registered about that time."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

from clue_rows import relation, tuples

from features.clues.money import traced_ends

DAY = timedelta(days=1)
ON = date(2023, 3, 1)
NEAR = 60
FLOWS = {
    "start_rid": "int64",
    "hop": "int64",
    "end": "string",
    "acct": "string",
    "cp": "string",
    "cp_name": "string",
    "rid": "int64",
    "row_amount": "int64",
    "amount": "int64",
    "day": "date",
    "convention": "string",
    "via": "array<int64>",
}
BEGUN = [(1, "e1", ON, "妻"), (2, "e1", ON + DAY, "友"), (3, "e2", ON, "妻"), (4, "e2", ON + DAY, None)]
HOLDERS = {"99A": "甲", "99B": "甲", "99C": "乙"}


def random_flows() -> list[tuple[Any, ...]]:
    """Flows of four starts: payments with a fixed amount each, ends and ways on, under both conventions."""
    rng = random.Random(8)
    payments = {
        rid: (rng.choice(list(HOLDERS)), rng.choice([None, "房企"]), rng.randrange(1, 10**12)) for rid in range(20, 40)
    }
    flows = []
    for _ in range(150):
        rid = rng.choice([None, *payments])
        acct, cp, whole = payments.get(rid, (rng.choice(list(HOLDERS)), None, None)) if rid else ("99A", None, None)
        end = rng.choice(["developer", "dealer", "left"]) if rid else rng.choice(["left", None])
        flows.append(
            (
                rng.randrange(1, 5),
                rng.randrange(1, 4),
                end,
                acct,
                cp,
                cp and "某房企",
                rid,
                whole,
                rng.randrange(1, 10**11),
                None if rid is None else ON + rng.randrange(9) * DAY,
                rng.choice(["fifo", "pro_rata"]),
                sorted(rng.sample(range(100, 130), 2)),
            )
        )
    return flows


def by_hand(flows: list[tuple[Any, ...]]) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """spent, by_fifo, by_share, day and rids of every end beyond the debtor's own payment."""
    starts = {rid: (episode, day) for rid, episode, day, _ in BEGUN}
    groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for flow in flows:
        start, hop, end, acct, cp, name, *_ = flow
        if hop > 1 and end is not None:
            groups[starts[start][0], HOLDERS[acct], end, cp or name or acct].append(flow)
    found = {}
    for key, rows in groups.items():
        once = {row[6]: row[7] for row in rows if row[6] is not None}
        sums = {name: sum(row[8] for row in rows if row[10] == name) for name in ("fifo", "pro_rata")}
        day = max(row[9] or starts[row[0]][1] for row in rows)
        found[key] = (
            sum(once.values()),
            sums["fifo"],
            sums["pro_rata"],
            day,
            sorted({rid for row in rows for rid in row[11]}),
        )
    return found


def facts_of(flows: list[tuple[Any, ...]]) -> Any:
    text = "string"
    held = [(acct, holder) for acct, holder in HOLDERS.items() for _ in range(2)]
    begun = {"start_rid": "int64", "episode": text, "day": "date", "cp_name": text}
    return SimpleNamespace(
        flows=relation(FLOWS, flows),
        held_rows=relation({"acct": text, "holder": text}, held),
        trace_starts=relation(begun, BEGUN),
    )


def test_each_end_counts_every_payment_once_and_the_traced_part_by_convention() -> None:
    flows = random_flows()
    found = traced_ends.onward(cast("Any", facts_of(flows)))
    rows = tuples(found, "episode", "holder", "end", "end_key", "spent", "by_fifo", "by_share", "day", "rids")
    assert {row[:4]: row[4:] for row in rows} == by_hand(flows)
    assert len(rows) > 15


def test_the_hand_is_the_one_the_largest_part_went_through() -> None:
    def flow(start: int, amount: int) -> tuple[Any, ...]:
        return (start, 2, "developer", "99A", "房企", "某房企", 20, 900, amount, ON, "fifo", [20])

    found = traced_ends.onward(cast("Any", facts_of([flow(1, 300), flow(2, 301)])))
    assert tuples(found, "hand", "spent", "by_fifo") == [("友", 900, 601)]


def test_what_was_registered_to_the_payer_within_the_days_nearest_first() -> None:
    text = "string"
    ends = [("e", "甲", "developer", str(n), ON) for n in range(5)] + [
        ("e", "甲", "dealer", "车行", ON),
        ("e", "甲", "broker", "证券", ON),
    ]
    for n in range(5):
        ends[n] = ("e", f"甲{n}", "developer", "房企", ON)
    held = [
        ("甲0", "RE", "六十天前", ON - NEAR * DAY, 1),
        ("甲1", "RE", "六十天后", ON + NEAR * DAY, 2),
        ("甲2", "RE", "太早", ON - (NEAR + 1) * DAY, 3),
        ("甲2", "RE", "太晚", ON + (NEAR + 1) * DAY, 4),
        ("甲3", "RE", "远", ON - 9 * DAY, 5),
        ("甲3", "RE", "近", ON + 8 * DAY, 6),
        ("甲4", "VEH", "不是房", ON, 7),
        ("甲", "VEH", "车一", ON + DAY, 9),
        ("甲", "VEH", "车二", ON - DAY, 8),
        ("甲", "INS", "保单", ON, 10),
    ]
    facts = SimpleNamespace(
        threshold=lambda id: {"M1D-NEAR": NEAR}[id],
        holdings=relation(
            {"owner": text, "asset_kind": text, "asset_id": text, "day_from": "date", "rid": "int64"}, held
        ),
    )
    shape = {"episode": text, "holder": text, "end": text, "end_key": text, "day": "date"}
    found = traced_ends.registered(cast("Any", facts), relation(shape, ends))
    assert tuples(found, "holder", "end", "asset_kind", "asset_id", "asset_rid") == [
        ("甲", "broker", None, None, None),
        ("甲", "dealer", "VEH", "车二", 8),
        ("甲0", "developer", "RE", "六十天前", 1),
        ("甲1", "developer", "RE", "六十天后", 2),
        ("甲2", "developer", "RE", None, None),
        ("甲3", "developer", "RE", "近", 6),
        ("甲4", "developer", "RE", None, None),
    ]
