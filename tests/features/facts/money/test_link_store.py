"""Links kept on disk: a delivery recomputes the accounts it touches and no others."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from features.facts.money.link_store import LinkStore
from features.facts.money.links import fifo
from features.facts.money.transfers import Workbench

START = datetime(2023, 1, 1)
Row = dict[str, Any]


def row(acct: int, rid: int, fen: int) -> Row:
    return {
        "acct": f"99{acct}",
        "rid": rid,
        "ts": START + timedelta(hours=rid),
        "sign": 1 if fen > 0 else -1,
        "amount": abs(fen),
        "balance": None,
    }


SCHEMA = pa.schema(
    [
        ("acct", pa.string()),
        ("rid", pa.int64()),
        ("ts", pa.timestamp("us")),
        ("sign", pa.int64()),
        ("amount", pa.int64()),
        ("balance", pa.int64()),
    ]
)


@pytest.fixture
def rows() -> list[Row]:
    return [row(rid % 10, rid, 50 if rid % 3 else -70) for rid in range(200)]


def told(home: Path, rows: list[Row]) -> tuple[int, bool]:
    """Accounts recomputed, and whether the links are those of linking everything."""
    bench = Workbench()
    given = bench.table("given", pa.Table.from_pylist(rows, schema=SCHEMA))
    stored = LinkStore(home, least_rows=0).links(bench, given)

    def plain(links: Any) -> list[tuple[Any, ...]]:
        found = links.to_pyarrow().to_pylist()
        return sorted((r["acct"], r["in_rid"] or 0, r["out_rid"] or 0, r["amount"], r["opening"]) for r in found)

    same = plain(stored.links) == plain(fifo(given))
    bench.con.disconnect()
    return stored.recomputed, same


def test_a_second_delivery_recomputes_the_accounts_it_touches(tmp_path: Path, rows: list[Row]) -> None:
    assert told(tmp_path, rows) == (10, True)
    assert told(tmp_path, rows) == (0, True)
    assert told(tmp_path, [*rows, row(3, 1000, 20), row(3, 1001, -20), row(7, 1002, 9)]) == (2, True)
    # An earlier day again: its accounts are known as they were then.
    assert told(tmp_path, rows) == (0, True)


def test_a_corrected_or_withdrawn_row_is_another_account(tmp_path: Path, rows: list[Row]) -> None:
    told(tmp_path, rows)
    corrected = [{**one, "amount": 51} if one["rid"] == 14 else one for one in rows]
    assert told(tmp_path, corrected) == (1, True)
    assert told(tmp_path, [one for one in rows if one["rid"] != 25]) == (1, True)


def test_the_same_links_kept_twice_are_given_once(tmp_path: Path, rows: list[Row]) -> None:
    other = tmp_path / "other"
    told(tmp_path, rows)
    told(other, rows)
    theirs = LinkStore(other).folder
    for path in theirs.iterdir():
        path.rename(LinkStore(tmp_path).folder / path.name)
    assert told(tmp_path, rows) == (0, True)


def test_small_pools_keep_nothing(tmp_path: Path, rows: list[Row]) -> None:
    bench = Workbench()
    given = bench.table("given", pa.Table.from_pylist(rows, schema=SCHEMA))
    assert LinkStore(tmp_path).links(bench, given).recomputed == 10
    assert not (tmp_path / "cache").exists()
    bench.con.disconnect()
