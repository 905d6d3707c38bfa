"""Rows as the pool stores them: schema, ids, conversion to the stored types, text of the key, SQL names of types."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from features.schema import TABLE_NUMBER
from features.schema.contract import ARROW_TYPE, Table

TABLE_SHIFT = 57
"""A row id is (number of its table << `TABLE_SHIFT`) | (number of its batch << `BATCH_SHIFT`) | place in the batch."""

BATCH_SHIFT = 32

_TYPES = {
    "string": pa.string(),
    "date32": pa.date32(),
    "timestamp[us]": pa.timestamp("us"),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
}


def stored_schema(contract: Table) -> pa.Schema:
    """Arrow schema of a table as the pool stores it: contract columns, origin, then the time columns."""
    fields = [pa.field(column.name, _TYPES[ARROW_TYPE[column.kind]]) for column in contract.stored]
    fields += [
        pa.field("src_file", pa.string()),
        pa.field("src_sheet", pa.string()),
        pa.field("src_row", pa.int64()),
        pa.field("rid", pa.int64()),
        pa.field("batch", pa.int64()),
        pa.field("key_hash", pa.uint64()),
        pa.field("happened_on", pa.date32()),
        pa.field("known_at", pa.date32()),
        pa.field("known_inferred", pa.bool_()),
    ]
    return pa.schema(fields)


def table_of(rid: int) -> str:
    """Name of the table a row id belongs to."""
    number = rid >> TABLE_SHIFT
    return next(name for name, code in TABLE_NUMBER.items() if code == number)


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
