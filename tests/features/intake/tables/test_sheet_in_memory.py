"""Small sheets checked in memory: which rows fail which rule, and which are one row told twice, against plain loops."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intake.cells.refusals import REFUSALS
from features.intake.sources.base import Block
from features.intake.tables.convert import MappingRules, parse_block
from features.intake.tables.sheet_in_memory import check_block, deduplicate, raw_text
from features.schema import TABLES

TABLE = TABLES["veh_use"]
NAMES = ("plate", "event_type", "event_time", "place")
CELLS = st.tuples(
    st.sampled_from(["浙Z00001", "", None, " "]),
    st.sampled_from(["交通违法", "不知何事", ""]),
    st.sampled_from(["2020-01-01 08:00:00", ""]),
    st.sampled_from(["某路口", "", "\u3000"]),
)


def block(rows: list[tuple[str | None, ...]], first: int = 2) -> Block:
    columns = {f"c{place}": pa.array([row[place] for row in rows], pa.string()) for place in range(len(rows[0]))}
    return Block(pa.table(columns), np.arange(first, first + len(rows)))


def said(cell: str | None) -> str:
    return (cell or "").strip(" \u3000\t")


def faults(row: tuple[str | None, ...]) -> list[tuple[str, str]]:
    """(column, rule) of every check a row fails."""
    found = [(name, "required") for name, cell in zip(NAMES[:3], row, strict=False) if not said(cell)]
    return found + [("event_type", "code")] * (row[1] == "不知何事")


@settings(max_examples=60)
@given(st.lists(CELLS, min_size=1, max_size=9))
def test_rows_are_good_bad_or_blank_and_every_fault_is_told(rows: list[tuple[str | None, ...]]) -> None:
    given_block = block(rows)
    parsed = parse_block(TABLE, {name: (place,) for place, name in enumerate(NAMES)}, MappingRules(), given_block)
    assert parsed.needs_no_sql
    checked = check_block(parsed, given_block)
    blank = [n for n, row in enumerate(rows) if not any(map(said, row))]
    bad = [n for n, row in enumerate(rows) if n not in blank and faults(row)]
    good = [n for n in range(len(rows)) if n not in blank and n not in bad]
    assert checked.good.column("src_row").to_pylist() == [n + 2 for n in good]
    assert (checked.bad, checked.blank) == (len(bad), len(blank) if bad or blank else 0)
    told = [] if checked.errors is None else checked.errors.to_pylist()
    assert Counter((row["row"], row["column"], row["rule"]) for row in told) == Counter(
        (n + 2, *fault) for n in bad for fault in faults(rows[n])
    )
    assert checked.rules == dict(
        sorted(Counter(rule for n in bad for rule in {rule for _, rule in faults(rows[n])}).items())
    )
    for row in told:
        assert row["sentence"].startswith(f"第{row['row']}行“{row['label']}”列：{REFUSALS[row['rule']]}")
        assert row["raw"] == "\t".join(cell or "" for cell in rows[row["row"] - 2])


def test_a_record_is_blank_only_where_every_cell_is() -> None:
    rows: list[tuple[str | None, ...]] = [("甲", None), (" ", "\u3000"), (None, None), ("", "0")]
    assert raw_text(block(rows).cells).to_pylist() == ["甲\t", "", "", "\t0"]


TXN = TABLES["txn"]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B"]),
        st.sampled_from([datetime(2024, 3, 1), datetime(2024, 3, 1, 9), datetime(2024, 3, 2)]),
        st.sampled_from([1, 2]),
        st.sampled_from(["IN", "OUT"]),
        st.sampled_from([None, "", "R1"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(ROWS, st.randoms(use_true_random=False))
def test_rows_told_twice_are_dropped_and_the_others_numbered_in_the_order_of_the_file(
    rows: list[tuple[object, ...]], rng: object
) -> None:
    """Blocks may come in any order: numbers follow the rows of the file."""
    numbered = list(enumerate(rows, start=2))
    rng.shuffle(numbered)  # type: ignore[attr-defined]
    pieces = [_piece(part) for part in (numbered[: len(rows) // 2], numbered[len(rows) // 2 :]) if part]
    found, duplicates, _ = deduplicate(TXN, pieces, "甲.csv", "表一")
    firsts: dict[tuple[object, ...], int] = {}
    for number, row in enumerate(rows, start=2):
        firsts.setdefault(row, number)
    seen: Counter[tuple[object, ...]] = Counter()
    wanted = []
    for (acct, ts, _, direction, ref), number in firsts.items():
        day = ts.date()  # type: ignore[attr-defined]
        seen[acct, ref or "", day, direction] += 1
        wanted.append((number, day, seen[acct, ref or "", day, direction]))
    columns = ("src_row", "txn_day", "occurrence")
    assert list(zip(*(found.column(name).to_pylist() for name in columns), strict=True)) == wanted
    assert duplicates == len(rows) - len(firsts)
    assert set(found.column("src_file").to_pylist()) == {"甲.csv"}


def _piece(rows: list[tuple[int, tuple[object, ...]]]) -> pa.Table:
    given_ = ("acct_no", "ts", "amount", "direction", "ref_no")
    types = {"ts": pa.timestamp("us"), "amount": pa.int64()}
    values = {
        name: pa.array([row[place] for _, row in rows], types.get(name, pa.string()))
        for place, name in enumerate(given_)
    }
    rest = {name: pa.nulls(len(rows), pa.string()) for name in TXN.names if name not in given_}
    return pa.table({"src_row": pa.array([number for number, _ in rows]), **values, **rest})


@pytest.mark.parametrize("count", [1, 3])
def test_a_table_without_derived_columns_keeps_its_own(count: int) -> None:
    rows = [("浙Z00001", "交通违法", "2020-01-01 08:00:00", "某路口")] * count
    parsed = parse_block(TABLE, {name: (place,) for place, name in enumerate(NAMES)}, MappingRules(), block(rows))
    found, duplicates, _ = deduplicate(TABLE, [parsed.rows], "甲.csv", "")
    assert (found.num_rows, duplicates, found.column("src_row").to_pylist()) == (1, count - 1, [2])
    assert set(found.column_names) == {"src_row", "src_file", "src_sheet", *TABLE.names}
