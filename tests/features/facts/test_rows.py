"""Shared parts of queries, held against loops over the same rows."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import ibis
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.facts.rows import first_per_key, if_happened, in_force, left_joined, row_id_at, row_ids

ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=12)


@settings(max_examples=25)
@given(ROWS)
def test_the_first_row_of_a_key_is_the_least_in_the_order(rows: list[tuple[str, int, int]]) -> None:
    table = ibis.memtable(pd.DataFrame([(*row, n) for n, row in enumerate(rows)], columns=["key", "day", "sum", "rid"]))
    found = first_per_key(table, ("key",), table.day.desc(), table.rid).to_pandas()
    best: dict[str, tuple[int, int]] = {}
    for n, (key, day, _) in enumerate(rows):
        best[key] = min(best.get(key, (-day, n)), (-day, n))
    assert dict(zip(found["key"], found["rid"], strict=True)) == {key: n for key, (_, n) in best.items()}


def test_a_day_that_lies_ahead_is_unknown_and_the_day_itself_is_not() -> None:
    days = [date(2024, 3, 30), date(2024, 3, 31), date(2024, 4, 1), None]
    table = ibis.memtable(pd.DataFrame({"day": pd.Series(days, dtype="object")}), schema={"day": "date"})
    cut = cast("Any", SimpleNamespace(today=ibis.date(2024, 3, 31)))
    found = table.select(day=if_happened(cut, cast("Any", table.day))).to_pyarrow()["day"].to_pylist()
    assert found == [date(2024, 3, 30), date(2024, 3, 31), None, None]


def test_row_ids_leave_out_what_is_unknown_and_keep_the_order() -> None:
    table = ibis.memtable(pd.DataFrame({"one": pd.array([7, None], "Int64"), "two": pd.array([3, 5], "Int64")}))
    assert table.select(src=row_ids(table.one, table.two)).to_pyarrow()["src"].to_pylist() == [[7, 3], [5]]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=8), st.randoms())
def test_of_equal_days_the_smaller_id_is_the_earlier(given_rows: list[tuple[int, bool]], random: Any) -> None:
    rows = [(date(2024, 3, day), rid, counts) for rid, (day, counts) in enumerate(given_rows)]
    shuffled = random.sample(rows, len(rows))
    table = ibis.memtable(
        pd.DataFrame(shuffled, columns=["day", "rid", "counts"]),
        schema={"day": "date", "rid": "int64", "counts": "boolean"},
    )
    found = (
        table.agg(
            first=row_id_at(table, "day"),
            last=row_id_at(table, "day", last=True),
            counted=row_id_at(table, "day", where=table.counts),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    assert (found["first"], found["last"]) == (min(rows)[1], max(rows)[1])
    assert found["counted"] == min((row for row in rows if row[2]), default=(None, None))[1]


def test_a_left_join_keeps_each_row_and_each_key_once() -> None:
    rows = ibis.memtable(pd.DataFrame({"episode": ["a", "b"], "person": [1, 1], "sum": [5, 6]}))
    other = ibis.memtable(pd.DataFrame({"episode": ["b"], "person": [1], "rids": [[7, 8]]}))
    joined = left_joined(rows, other, "episode", "person")
    assert joined.columns == ("episode", "person", "sum", "rids")
    assert joined.order_by("episode").to_pyarrow()["rids"].to_pylist() == [None, [7, 8]]


def test_a_spell_holds_its_first_day_and_not_its_end() -> None:
    day = date(2024, 3, 31)
    spells = [(day, None), (day, date(2024, 4, 1)), (date(2024, 3, 1), day), (date(2024, 4, 1), None)]
    table = ibis.memtable(pd.DataFrame(spells, columns=["first", "end"]), schema={"first": "date", "end": "date"})
    held = table.mutate(held=in_force(ibis.date(2024, 3, 31), table["first"], table.end))
    assert held.to_pyarrow()["held"].to_pylist() == [True, True, False, False]
