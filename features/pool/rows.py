"""Rows to be written to the pool: conversion to the stored types, text of their key, SQL names of types."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from features.schema.contract import Table


def conform(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows with every column of the schema in its type; missing columns are NULL."""
    have = set(rows.column_names)
    columns = []
    for item in schema:
        if item.name not in have:
            columns.append(pa.nulls(rows.num_rows, item.type))
            continue
        column = rows.column(item.name)
        columns.append(column if column.type == item.type else column.cast(item.type))
    return pa.table(columns, schema=schema)


def key_text(contract: Table, rows: pa.Table) -> pa.ChunkedArray:
    """The key of each row as one text: its columns as DuckDB writes them, NULL as nothing, joined by U+001F."""
    texts = []
    for name in contract.key:
        column = rows.column(name)
        text = column.cast(pa.string())
        if pa.types.is_timestamp(column.type):
            text = pc.replace_substring_regex(text, r"\.?0+$", "", max_replacements=1)
        texts.append(pc.coalesce(text, ""))
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, "\x1f")


def chunks(values: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    """The pieces of a column."""
    return values.chunks if isinstance(values, pa.ChunkedArray) else [values]


def sql_type(kind: pa.DataType) -> str:
    """DuckDB's name of an Arrow type."""
    names = {
        pa.string(): "VARCHAR",
        pa.date32(): "DATE",
        pa.timestamp("us"): "TIMESTAMP",
        pa.int64(): "BIGINT",
        pa.float64(): "DOUBLE",
        pa.bool_(): "BOOLEAN",
        pa.uint64(): "UBIGINT",
    }
    return names[kind]
