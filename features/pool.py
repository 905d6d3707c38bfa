"""The bitemporal pool: append-only Parquet, read only as of a date and a state.

Every row carries when it was so (`happened_on`), when the office could know it (`known_at`) and in which batch it
came. Corrections are newer rows of the same key, withdrawals are tombstones; nothing is overwritten.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from features.batches import Delivery, Manifest, Part, SourceFile, find, read_manifests, write_manifest
from features.errors import GoldenKeyError
from features.identity import MACROS
from features.schema import TABLE_NUMBER, TABLES
from features.schema.contract import ARROW_TYPE, Table

TABLE_SHIFT = 57
BATCH_SHIFT = 32
LARGE = frozenset({"txn"})
"""Tables read as views: their facts are materialised with fewer columns instead."""

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


class BatchWriter:
    """Writes one batch; nothing is visible before `commit`."""

    def __init__(self, pool: Pool, seq: int, delivery: Delivery) -> None:
        self._pool = pool
        self._delivery = delivery
        self.seq = seq
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._rows: dict[str, int] = {}
        self._files: list[SourceFile] = []
        self._engine = duckdb.connect()
        self.committed = False

    def add_file(self, file: SourceFile) -> None:
        """Record a source file, so that the same content is not taken twice."""
        self._files.append(file)

    def write(self, name: str, rows: pa.Table) -> None:
        """Append rows of one table: stored contract columns (those missing are NULL), src_file, src_sheet, src_row."""
        if rows.num_rows == 0:
            return
        contract = TABLES[name]
        schema = stored_schema(contract)
        start = self._rows.get(name, 0)
        writer = self._writers.get(name)
        if writer is None:
            path = self._pool.part_path(name, self.seq)
            path.parent.mkdir(parents=True, exist_ok=True)
            writer = self._writers[name] = pq.ParquetWriter(path, schema, compression="zstd")
        writer.write_table(self._stamp(contract, schema, rows, start))
        self._rows[name] = start + rows.num_rows

    def _stamp(self, contract: Table, schema: pa.Schema, rows: pa.Table, start: int) -> pa.Table:
        base = (TABLE_NUMBER[contract.name] << TABLE_SHIFT) | (self.seq << BATCH_SHIFT)
        have = set(rows.column_names)
        known = f"DATE '{self._delivery.received_on}'" if self._delivery.received_on else "NULL::DATE"
        happened = f'"{contract.happened}"::DATE' if contract.happened in have else "NULL::DATE"
        key = ", ".join(f"coalesce(\"{column}\"::VARCHAR, '')" if column in have else "''" for column in contract.key)
        made = {
            "rid": f"{base + start} + row_number() OVER () - 1",
            "batch": str(self.seq),
            "key_hash": f"md5_number_lower(concat_ws(chr(31), {key}))",
            "happened_on": happened,
            "known_at": f"coalesce({known}, {happened} + {contract.lag_days}, DATE '1900-01-01')",
            "known_inferred": str(self._delivery.received_on is None).lower(),
        }
        parts = []
        for item in schema:
            expression = made.get(item.name) or (f'"{item.name}"' if item.name in have else "NULL")
            parts.append(f'CAST({expression} AS {_sql_type(item.type)}) AS "{item.name}"')
        self._engine.register("incoming", rows)
        try:
            stamped: pa.Table = self._engine.sql(f"SELECT {', '.join(parts)} FROM incoming").to_arrow_table()
        finally:
            self._engine.unregister("incoming")
        return stamped.cast(schema)

    def commit(self) -> Manifest:
        """Make the batch visible and return its manifest."""
        self._close()
        parts = tuple(
            Part(name, str(self._pool.part_path(name, self.seq).relative_to(self._pool.root)), rows)
            for name, rows in sorted(self._rows.items())
        )
        sources = tuple(sorted({TABLES[part.table].source for part in parts}))
        manifest = Manifest(self.seq, self._delivery, tuple(self._files), parts, sources=sources)
        write_manifest(self._pool.manifests_folder, manifest)
        self.committed = True
        return manifest

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()

    def abandon(self) -> None:
        """Close and remove what was written."""
        self._close()
        self._engine.close()
        if not self.committed:
            self._pool.remove_orphans(self.seq)


def _sql_type(kind: pa.DataType) -> str:
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


class Pool:
    """The pool under `home/pool`. `as_of` is the only door to its rows."""

    def __init__(self, home: Path) -> None:
        self.root = Path(home) / "pool"
        self.manifests_folder = self.root / "batches"
        self.manifests_folder.mkdir(parents=True, exist_ok=True)

    def part_path(self, table: str, seq: int) -> Path:
        """Where the part of a table in a batch stands."""
        return self.root / table / f"b{seq:06d}.parquet"

    def batches(self) -> tuple[Manifest, ...]:
        """Every committed batch, oldest first."""
        return read_manifests(self.manifests_folder)

    @property
    def state(self) -> int:
        """Number of the last committed batch; 0 when the pool is empty."""
        return max((manifest.seq for manifest in self.batches()), default=0)

    def holds(self, sha256: str) -> bool:
        """Whether a file of that content stands in a batch not withdrawn."""
        gone = {seq for manifest in self.batches() for seq in manifest.withdraws}
        return any(file.sha256 == sha256 for m in self.batches() if m.seq not in gone for file in m.files)

    @contextmanager
    def begin(self, delivery: Delivery) -> Iterator[BatchWriter]:
        """Open a batch; leaving the block without `commit` leaves the pool as it was."""
        with self._locked():
            seq = self.state + 1
            self.remove_orphans(seq)
            writer = BatchWriter(self, seq, delivery)
            try:
                yield writer
            finally:
                writer.abandon()

    def withdraw(self, seqs: Iterable[int], on: date, reason: str) -> Manifest:
        """Withdraw batches from a date on: a tombstone, the rows stay for replay of earlier dates."""
        with self._locked():
            batches = self.batches()
            chosen = tuple(sorted(seqs))
            first = find(batches, chosen[0])
            for seq in chosen:
                find(batches, seq)
            manifest = Manifest(
                seq=self.state + 1,
                delivery=replace(first.delivery, received_on=on, backfile=False),
                withdraws=chosen,
                withdrawn_on=on,
                reason=reason,
            )
            write_manifest(self.manifests_folder, manifest)
            return manifest

    def remove_orphans(self, seq: int) -> None:
        """Remove parts a crash left behind for a batch never committed."""
        for path in self.root.glob(f"*/b{seq:06d}.parquet"):
            path.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.root / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise GoldenKeyError(
                    "另一个导入正在写入同一数据池，请等它结束后再运行（数据池一次只接受一个写入者）。"
                ) from error
            yield

    def as_of(self, day: date, state: int | None = None) -> Cut:
        """What the pool knew on a day: rows with `known_at <= day` from batches up to `state` (default: all).

        Raises:
            GoldenKeyError: the day lies in the future.
        """
        if day > date.today():
            raise GoldenKeyError(f"截止日 {day} 在将来：评分只能使用今天（{date.today()}）及以前已知的数据。")
        return Cut(self, day, self.state if state is None else state)


class Cut:
    """The pool as it stood on one day: newest known row of each key, withdrawn batches left out."""

    def __init__(self, pool: Pool, day: date, state: int) -> None:
        self.pool = pool
        self.day = day
        self.state = state
        self.batches = tuple(manifest for manifest in pool.batches() if manifest.seq <= state)
        gone = {
            seq for m in self.batches if m.withdrawn_on is not None and m.withdrawn_on <= day for seq in m.withdraws
        }
        self.live = tuple(m for m in self.batches if m.seq not in gone and not m.withdraws)
        self._spill = pool.root / f".spill-{os.getpid()}-{id(self):x}"
        threads = int(os.environ.get("GOLDENKEY_THREADS") or os.cpu_count() or 1)
        self.con = ibis.duckdb.connect(temp_directory=str(self._spill), preserve_insertion_order=False, threads=threads)
        self.con.raw_sql("SET enable_progress_bar = false")
        for macro in (*MACROS, f"CREATE OR REPLACE TEMP MACRO goldenkey_today() AS DATE '{day}'"):
            self.con.raw_sql(macro)
        self._tables: dict[str, ir.Table] = {}

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

    def last_delivery(self, source: str) -> date | None:
        """Day of the last delivery known on the cut that brought rows of a source, or None."""
        days = [
            m.delivery.received_on
            for m in self.live
            if source in m.sources and m.delivery.received_on is not None and m.delivery.received_on <= self.day
        ]
        return max(days, default=None)

    def materialise(self, name: str, expression: ir.Table) -> ir.Table:
        """Compute a relation once, under a name, and return it as a table of this cut."""
        self.con.raw_sql(f'CREATE TEMP TABLE "{name}" AS {self.con.compile(expression)}')
        return self.con.table(name)

    def _rows(self, name: str) -> ir.Table:
        if name not in self._tables:
            expression = self._newest(name)
            self._tables[name] = expression if name in LARGE else self.materialise(f"pool_{name}", expression)
        return self._tables[name]

    def _newest(self, name: str) -> ir.Table:
        contract = TABLES[name]
        paths = [str(self.pool.root / part.path) for m in self.live for part in m.parts if part.table == name]
        if not paths:
            return _empty(self.con, name, stored_schema(contract))
        rows = self.con.read_parquet(paths, union_by_name=True)
        rows = rows.filter(rows.known_at <= self.day)
        age = ibis.row_number().over(
            group_by=[rows.key_hash, rows[_first_stored(contract)]], order_by=[rows.known_at.desc(), rows.rid.desc()]
        )
        return rows.mutate(age=age).filter(lambda t: t.age == 0).drop("age", "key_hash")

    def close(self) -> None:
        """Give back memory and the spill folder."""
        self.con.disconnect()
        shutil.rmtree(self._spill, ignore_errors=True)

    def __enter__(self) -> Cut:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _first_stored(contract: Table) -> str:
    return contract.key[0]


def _empty(con: Any, name: str, schema: pa.Schema) -> ir.Table:
    columns = ", ".join(f'"{field.name}" {_sql_type(field.type)}' for field in schema if field.name != "key_hash")
    con.raw_sql(f'CREATE TEMP TABLE "none_{name}" ({columns})')
    return con.table(f"none_{name}")
