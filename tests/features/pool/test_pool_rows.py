"""Rows written to the pool: conformed to a schema, their keys as DuckDB writes them, names of types."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest

from features.pool.rows import chunks, conform, key_text, sql_type
from features.schema.contract import Column, Table

KEYED = Table(
    "t",
    999,
    "表",
    "X",
    (Column("a", "甲"), Column("n", "乙", "int"), Column("moment", "丙", "datetime")),
    ("a", "n", "moment"),
    None,
)


def test_keys_are_written_as_duckdb_writes_them() -> None:
    chance = random.Random(3)
    start = datetime(1990, 1, 1)
    rows = [
        (
            chance.choice([None, "", "甲", " a ", "x" * 30]),
            chance.choice([None, 0, chance.randrange(-(2**40), 2**40)]),
            chance.choice([None, start + timedelta(seconds=chance.randrange(10**9), microseconds=fraction)]),
        )
        for fraction in (0, 1, 10, 100_000, 120_000, 999_999)
        for _ in range(200)
    ]
    table = pa.table(
        {
            "a": pa.array([row[0] for row in rows], pa.string()),
            "n": pa.array([row[1] for row in rows], pa.int64()),
            "moment": pa.array([row[2] for row in rows], pa.timestamp("us")),
        }
    )
    with duckdb.connect() as con:
        con.register("rows", table)
        parts = ", ".join(f"coalesce({name}::varchar, '')" for name in KEYED.key)
        expected = con.sql(f"SELECT concat_ws(chr(31), {parts}) FROM rows").fetchall()
    assert key_text(KEYED, table).to_pylist() == [row[0] for row in expected]


def test_rows_get_the_columns_types_and_order_of_the_schema() -> None:
    schema = pa.schema([("b", pa.int64()), ("a", pa.string()), ("d", pa.date32())])
    rows = pa.table({"a": ["x", None], "b": pa.array([1, 2], pa.int32()), "extra": [0, 0]})
    done = conform(rows, schema)
    assert done.schema == schema
    assert done.to_pylist() == [{"b": 1, "a": "x", "d": None}, {"b": 2, "a": None, "d": None}]


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(pa.ArrowInvalid):
        conform(pa.table({"a": ["x"]}), pa.schema([("a", pa.int64())]))


def test_duckdb_knows_every_type_by_the_name_given() -> None:
    values = {
        pa.string(): "x",
        pa.date32(): date(2024, 3, 1),
        pa.timestamp("us"): datetime(2024, 3, 1) + timedelta(microseconds=1),
        pa.int64(): -5,
        pa.float64(): 0.5,
        pa.bool_(): True,
        pa.uint64(): 2**63,
    }
    with duckdb.connect() as con:
        for kind, value in values.items():
            con.register("one", pa.table({"v": pa.array([value], kind)}))
            assert con.sql("SELECT typeof(v) FROM one").fetchall() == [(sql_type(kind),)]


def test_pieces_of_a_column_join_to_the_column() -> None:
    whole = pa.chunked_array([[1, 2], [3]])
    assert [piece.to_pylist() for piece in chunks(whole)] == [[1, 2], [3]]
    assert [piece.to_pylist() for piece in chunks(pa.array([1]))] == [[1]]
