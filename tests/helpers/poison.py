"""Rows made extreme: what a delivery known later may say without changing an earlier number."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from features.pool.pool import stored_schema
from features.schema import TABLES

MADE = {"rid", "batch", "key_hash", "happened_on", "known_at", "known_inferred"}
"""Columns that the pool adds to what was delivered."""


def poisoned(rows: pa.Table, name: str, factor: int, days: int, rename: bool) -> pa.Table:
    """Rows of a table made extreme: amounts multiplied, dates moved, keys kept (a correction) or new."""
    columns = {}
    for column in TABLES[name].stored:
        values = rows[column.name].to_pandas()
        if column.kind in ("money", "int", "real") and column.name not in TABLES[name].key:
            values = values * factor
        elif column.kind in ("date", "datetime") and column.name not in TABLES[name].key:
            values = pd.to_datetime(values) + pd.Timedelta(days=days)
        elif rename and column.name == TABLES[name].key[0]:
            values = values.astype("string") + "毒"
        columns[column.name] = values
    frame = pd.DataFrame(columns).assign(src_file="毒.csv", src_sheet="", src_row=range(2, len(rows) + 2))
    schema = pa.schema([field for field in stored_schema(TABLES[name]) if field.name not in MADE])
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
