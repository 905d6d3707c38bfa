"""Opening the pool as of a day: a cut, whose tables hold the newest row of each key that was known on it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from features.errors import GoldenKeyError
from features.pool.engine import open_session
from features.pool.files import PoolFiles
from features.pool.manifests import incomplete_sources
from features.pool.rows import sql_type, stored_schema
from features.schema import TABLES
from features.schema.contract import Table
from features.schema.sources import SOURCES
from features.sql_function import sql_function

SCHEMAS_KEPT = 2000
_SCHEMAS: dict[str, Any] = {}
"""Columns and types of a relation by its query text: asking DuckDB for them takes a third of a small query."""

_LEFT_OUT = "left_out_rows"
"""Table of a cut with the ids of the rows it leaves out."""


_today = sql_function("goldenkey_today", (), "date")
_came_whole = sql_function("goldenkey_whole", ("int64", "string"), "boolean")


_SOURCE_OF = {name: table.source for name, table in TABLES.items()} | {
    table: source.code for source in SOURCES if not source.kin_of for table in source.tables
}
"""Code of the source that each table stands for."""


def _whole_macro(incomplete: Iterable[tuple[int, str]]) -> str:
    pairs = [
        f"(b = {batch} AND s = '{source}')" if source else f"(b = {batch})" for batch, source in sorted(incomplete)
    ]
    return f"CREATE OR REPLACE TEMP MACRO goldenkey_whole(b, s) AS NOT ({' OR '.join(pairs) or 'false'})"


class Cut:
    """The pool as it stood on one day: newest known row of each key, withdrawn batches left out.

    `bypasses_query_cache`: its facts are built as relations each time, never from query texts cached by other cuts.
    `failed_clues`: ids of clues that cannot be computed on it; see `features.clues.isolation`.
    """

    bypasses_query_cache = False
    failed_clues: frozenset[str] = frozenset()

    def __init__(
        self,
        pool: PoolFiles,
        day: date,
        state: int,
        without: Container[int] = frozenset(),
        left_out: npt.ArrayLike = (),
        superseded: bool = False,
    ) -> None:
        self.pool = pool
        self._superseded = superseded
        self.day = day
        self.state = state
        self.batches = tuple(manifest for manifest in pool.batches() if manifest.seq <= state)
        gone = {
            seq for m in self.batches if m.withdrawn_on is not None and m.withdrawn_on <= day for seq in m.withdraws
        }
        self.live = tuple(
            m for m in self.batches if m.seq not in gone and m.seq not in without and not m.only_withdraws
        )
        self.con = open_session(pool.root)
        known = [m for m in self.live if m.delivery.received_on is None or m.delivery.received_on <= day]
        self._incomplete = incomplete_sources(known, _SOURCE_OF)
        today = f"CREATE OR REPLACE TEMP MACRO goldenkey_today() AS DATE '{day}'"
        for macro in (today, _whole_macro(self._incomplete)):
            self.con.raw_sql(macro)
        rids = np.asarray(left_out, dtype=np.int64)
        self._leaves_out = len(rids) > 0
        if self._leaves_out:
            self.con.con.register("incoming", pa.table({"rid": rids}))
            self.con.raw_sql(f"CREATE TEMP TABLE {_LEFT_OUT} AS FROM incoming")
            self.con.con.unregister("incoming")
        self._tables: dict[str, ir.Table] = {}
        self._recorders: list[list[tuple[str, str]]] = []

    def table(self, name: str) -> ir.Table:
        """Rows of a source table known on the day: contract columns, rid, batch, happened_on, known_at, src_*.

        Raises:
            GoldenKeyError: the table holds outcomes, which may never feed a feature; see `outcomes`.
        """
        if TABLES[name].outcome:
            raise GoldenKeyError(f"Table {name} holds outcomes of supervision and is closed to features.")
        return self._rows(name)

    def outcomes(self, name: str) -> ir.Table:
        """Rows of an outcome table, for cohort and labels alone."""
        return self._rows(name)

    def distinct_values(self, name: str, column: str) -> list[Any]:
        """The values a column of a source table has in any row known on the day, superseded rows too; NULL left out.

        Cheap: one column is read, and no rows of one key are compared.
        """
        if TABLES[name].outcome:
            raise GoldenKeyError(f"Table {name} holds outcomes of supervision and is closed to features.")
        paths = self._paths(name)
        if not paths:
            return []
        rows = self.con.read_parquet(paths, union_by_name=True).filter(lambda t: t.known_at <= self.day)
        values: list[Any] = rows.select(column).distinct().to_pyarrow().column(column).drop_null().to_pylist()
        return values

    def last_delivery(self, source: str) -> date | None:
        """Day of the last delivery known on the cut that brought rows of a source, or None."""
        days = [
            m.delivery.received_on
            for m in self.live
            if source in m.sources
            and not {(m.seq, source), (m.seq, "")} & self._incomplete
            and m.delivery.received_on is not None
            and m.delivery.received_on <= self.day
        ]
        return max(days, default=None)

    @staticmethod
    def came_whole(batch: Any, source: Any) -> Any:
        """Whether no file of a source was refused in a batch (and is missing still), as an Ibis expression.

        Only then does a missing row mean that the fact is not so. The text of the expression is the same on every cut.
        """
        return _came_whole(batch, source)

    @property
    def today(self) -> Any:
        """The day of the cut as an expression, so that the text of a query that uses it is the same on every day."""
        return _today()

    def materialise(self, name: str, expression: ir.Table) -> ir.Table:
        """Compute a relation once, under a name, and return it as a table of this cut."""
        return self.create(name, self.compile(expression))

    def compile(self, expression: ir.Table) -> str:
        """The query text of a relation of this cut."""
        return str(self.con.compile(expression))

    def create(self, name: str, text: str) -> ir.Table:
        """Compute the relation of a query text under a name."""
        self.con.raw_sql(f'CREATE TEMP TABLE "{name}" AS {text}')
        if self._recorders:
            self._recorders[-1].append((name, text))
        if text not in _SCHEMAS:
            _SCHEMAS.pop(next(iter(_SCHEMAS)) if len(_SCHEMAS) >= SCHEMAS_KEPT else "", None)
            _SCHEMAS[text] = self.con.table(name).schema()
        return ops.DatabaseTable(name, schema=_SCHEMAS[text], source=self.con, namespace=ops.Namespace()).to_expr()

    @contextmanager
    def recorded_tables(self) -> Iterator[list[tuple[str, str]]]:
        """Record the tables created in the block as (name, query text), in order; a nested block records its own."""
        self._recorders.append([])
        try:
            yield self._recorders[-1]
        finally:
            self._recorders.pop()

    def load(self, name: str) -> None:
        """Make a source table (outcomes too) available to a query text that reads it by name."""
        self._rows(name)

    def origins(self, name: str, rids: Sequence[int]) -> pd.DataFrame:
        """rid, src_file, src_sheet, src_row: where rows of a source table stood in the files delivered.

        Raises:
            GoldenKeyError: as `table`.
        """
        self.table(name)
        text = f'SELECT rid, src_file, src_sheet, src_row FROM "pool_{name}" WHERE rid IN (SELECT unnest(?::BIGINT[]))'
        frame: pd.DataFrame = self.con.con.execute(text, [list(rids)]).df()
        return frame

    def every_row(self, name: str) -> str:
        """SQL of the rows of a source table known on the day, superseded ones too: what intake tells of a delivery."""
        paths = [path.replace("'", "''") for path in self._paths(name)]
        files = ", ".join(f"'{path}'" for path in paths)
        return f"(FROM read_parquet([{files}], union_by_name = true) WHERE known_at <= DATE '{self.day}')"

    def _rows(self, name: str) -> ir.Table:
        if name not in self._tables:
            self._tables[name] = (self._newest if TABLES[name].large else self._copied)(name)
        return self._tables[name]

    def _paths(self, name: str) -> list[str]:
        return [str(self.pool.root / part.path) for m in self.live for part in m.parts if part.table == name]

    def _copied(self, name: str) -> ir.Table:
        """As `_newest`, copied into a table."""
        return self._create(name, "TABLE")

    def _newest(self, name: str) -> ir.Table:
        """Newest known row of each key, read from its files each time it is asked for."""
        return self._create(name, "VIEW")

    def _create(self, name: str, kind: str) -> ir.Table:
        """Create the table or view `pool_<name>` of the newest known rows, in SQL text.

        The name is the same on every cut; building an Ibis expression would take longer than running the query.
        """
        contract, relation = TABLES[name], f"pool_{name}"
        if not self._paths(name):
            return _empty(self.con, relation, stored_schema(contract))
        self.con.raw_sql(
            f'CREATE TEMP {kind} "{relation}" AS SELECT * EXCLUDE (age, key_hash) FROM (SELECT *, row_number() OVER ('
            f'PARTITION BY key_hash, "{_partition_column(contract)}" ORDER BY known_at DESC, rid DESC) AS age '
            f"FROM {self.every_row(name)}) WHERE "
            + ("true" if self._superseded else "age = 1")
            + (f" AND rid NOT IN (SELECT rid FROM {_LEFT_OUT})" if self._leaves_out else "")
        )
        return self.con.table(relation)

    def close(self) -> None:
        """Release the memory of its tables."""
        self.con.disconnect()

    def __enter__(self) -> Cut:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _partition_column(contract: Table) -> str:
    return contract.key[0]


def _empty(con: Any, name: str, schema: pa.Schema) -> ir.Table:
    columns = ", ".join(f'"{field.name}" {sql_type(field.type)}' for field in schema if field.name != "key_hash")
    con.raw_sql(f'CREATE TEMP TABLE "{name}" ({columns})')
    return con.table(name)
