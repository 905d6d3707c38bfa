"""Relations of a fact as plain tuples, and small relations written by hand for facts that need no pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from clue_rows import TODAY

from features.facts import Facts
from features.pool.pool import Cut, Pool


def relation(schema: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> ir.Table:
    """A relation of these rows; `schema` maps column names to Ibis types."""
    arrow = ibis.schema(dict(schema)).to_pyarrow()
    columns = [[row[place] for row in rows] for place in range(len(arrow))]
    return ibis.memtable(
        pa.table([pa.array(values, field.type) for values, field in zip(columns, arrow, strict=True)], schema=arrow)
    )


def tuples(table: ir.Table, *columns: str) -> list[tuple[Any, ...]]:
    """Values of these columns, one tuple per row, sorted with NULL first; amounts come back as whole numbers."""
    rows = [tuple(row[name] for name in columns) for row in table.select(*columns).to_pyarrow().to_pylist()]
    return sorted(rows, key=lambda row: [(value is not None, value) for value in row])


def facts_on(home: Path, day: date = TODAY, state: int | None = None) -> Facts:
    """The facts of a pool on a day, from the deliveries up to a state (default: all)."""
    pool = Pool(home)
    return Facts(Cut(pool, day, pool.state if state is None else state))
