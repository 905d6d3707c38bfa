"""The bitemporal pool: append-only Parquet, read only as of a date and a state.

Every row has the day of the fact (`happened_on`), the day the office could know it (`known_at`) and its batch.
 Corrections are newer rows of the same key, withdrawals are tombstones; nothing is overwritten.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.errors import GoldenKeyError
from features.files.atomic import sync
from features.pool.macros import define_macros
from features.pool.manifests import (
    Delivery,
    Manifest,
    RefusedFile,
    SourceFile,
    StoredPart,
    check_received,
    earlier_readings,
    find_batch,
    incomplete_sources,
    read_manifests,
    write_manifest,
)
from features.pool.rows import chunks, conform, key_text, sql_type
from features.schema import TABLE_NUMBER, TABLES
from features.schema.contract import ARROW_TYPE, Table
from features.schema.sources import SOURCES
from features.settings import thread_count

TABLE_SHIFT = 57
BATCH_SHIFT = 32
SCHEMAS_KEPT = 2000
_SCHEMAS: dict[str, Any] = {}
"""Columns and types of a relation by its query text: asking DuckDB for them takes a third of a small query."""
EARLIEST = date(1900, 1, 1)
"""Day from which rows of a back-file are known that bear no date."""
SAMPLED_ROWS = 4_096
"""Rows by which it is judged whether the texts of a column repeat."""
HELD_ROWS = 100_000
"""Rows of a batch buffered before they get their time columns and are written."""
OFFLINE = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
"""Settings of every DuckDB connection: no extension is fetched or loaded automatically."""

_LEFT_OUT = "left_out_rows"
"""Table of a cut with the ids of the rows it leaves out."""

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


def part_writer(path: Path, contract: Table, rows: pa.Table) -> pq.ParquetWriter:
    """A writer of one part; nothing is looked up by the limits of free text.

    `rows`: the first to be written. Numbers seldom repeat, nor do texts that do not among these: no dictionary of them.
    """
    schema = stored_schema(contract)
    free = {column.name for column in contract.stored if column.kind == "text"}
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=[field.name for field in schema if not _seldom_repeats(rows.column(field.name))],
        write_statistics=[field.name for field in schema if field.name not in free],
    )


def _seldom_repeats(values: pa.ChunkedArray) -> bool:
    kind = values.type
    if pa.types.is_timestamp(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return True
    sample = values.slice(0, SAMPLED_ROWS)
    return len(sample) == SAMPLED_ROWS and pc.count_distinct(sample).as_py() > SAMPLED_ROWS // 2


def table_of(rid: int) -> str:
    """Name of the table a row id belongs to."""
    number = rid >> TABLE_SHIFT
    return next(name for name, code in TABLE_NUMBER.items() if code == number)


class BatchWriter:
    """Writes one batch; nothing is visible before `commit`.

    Rows are buffered until there are `HELD_ROWS` of them, so that many small files are processed at once.

    Attributes:
        seq: number of the batch.
        folder: where its files lie.
    """

    def __init__(self, pool: Pool, seq: int, delivery: Delivery, replaced: tuple[Manifest, ...] = ()) -> None:
        """`replaced`: `earlier_readings` of the batch that this one takes the place of."""
        self._pool = pool
        self._delivery = delivery
        self._replaced = replaced
        self.seq = seq
        self.folder = ""
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._rows: dict[str, int] = {}
        self._held: dict[str, list[pa.Table]] = {}
        self._held_rows = 0
        self._files: list[SourceFile] = []
        self._refused: list[RefusedFile] = []
        self.committed = False

    def add_file(self, file: SourceFile) -> None:
        """Record a source file, so that the same content is not ingested twice."""
        self._files.append(file)

    def write(self, name: str, rows: pa.Table) -> None:
        """Append rows of one table: stored contract columns (those missing are NULL), src_file, src_sheet, src_row."""
        if rows.num_rows == 0:
            return
        whole = conform(rows, stored_schema(TABLES[name]))
        if name not in self._writers:
            path = self._pool.part_path(name, self.seq)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writers[name] = part_writer(path, TABLES[name], whole)
        self._held.setdefault(name, []).append(whole)
        self._held_rows += rows.num_rows
        if self._held_rows >= HELD_ROWS:
            self._flush()

    def _flush(self) -> None:
        held = {name: pa.concat_tables(pieces).combine_chunks() for name, pieces in self._held.items()}
        self._held, self._held_rows = {}, 0
        hashes = self._pool.hashed([key_text(TABLES[name], rows) for name, rows in held.items()])
        for (name, rows), key_hash in zip(held.items(), hashes, strict=True):
            start = self._rows.get(name, 0)
            self._writers[name].write_table(self._with_time_columns(TABLES[name], rows, key_hash, start))
            self._rows[name] = start + rows.num_rows

    def _with_time_columns(self, contract: Table, rows: pa.Table, key_hash: pa.ChunkedArray, start: int) -> pa.Table:
        base = (TABLE_NUMBER[contract.name] << TABLE_SHIFT) | (self._place << BATCH_SHIFT)
        start += sum(part.rows for m in self._replaced for part in m.parts if part.table == contract.name)
        count = rows.num_rows
        days = pa.nulls(count, pa.date32()) if contract.happened is None else rows.column(contract.happened)
        happened = days.cast(pa.date32(), safe=False)
        received = self._delivery.received_on
        if received is None:
            later = pc.add(happened.cast(pa.int32()), pa.scalar(contract.lag_days, pa.int32())).cast(pa.date32())
            known: Any = pc.coalesce(later, pa.scalar(EARLIEST, pa.date32()))
        else:
            known = pa.repeat(pa.scalar(received, pa.date32()), count)
        added = {
            "rid": pa.array(np.arange(base + start, base + start + count, dtype=np.int64)),
            "batch": pa.repeat(pa.scalar(self.seq, pa.int64()), count),
            "key_hash": key_hash,
            "happened_on": happened,
            "known_at": known,
            "known_inferred": pa.repeat(pa.scalar(received is None), count),
        }
        schema = stored_schema(contract)
        return pa.table([added.get(name, rows.column(name)) for name in schema.names], schema=schema)

    @property
    def _place(self) -> int:
        """Place of the rows among those of other batches: files read again keep that of their first reading."""
        return self._replaced[-1].seq if self._replaced else self.seq

    def commit(self, reason: str = "") -> Manifest:
        """Make the batch visible, withdraw in the same moment what it replaces, and return its manifest."""
        self._flush()
        self._close()
        # On disk before the manifest that names them: a crash may lose a batch, never a part of one.
        for name in self._rows:
            sync(self._pool.part_path(name, self.seq))
        for folder in {self._pool.part_path(name, self.seq).parent for name in self._rows} | {self._pool.root}:
            sync(folder)
        parts = tuple(
            StoredPart(name, str(self._pool.part_path(name, self.seq).relative_to(self._pool.root)), rows)
            for name, rows in sorted(self._rows.items())
        )
        sources = tuple(sorted({TABLES[part.table].source for part in parts}))
        manifest = Manifest(
            self.seq,
            self._delivery,
            tuple(self._files),
            parts,
            withdraws=tuple(m.seq for m in self._replaced[:1]),
            withdrawn_on=(self._delivery.received_on or EARLIEST) if self._replaced else None,
            reason=reason,
            sources=sources,
            folder=self.folder,
            refused=tuple(self._refused),
        )
        write_manifest(self._pool.manifests_folder, manifest)
        self.committed = True
        return manifest

    def add_refused(self, file: RefusedFile) -> None:
        """Note a file of the delivery that could not be taken in."""
        self._refused.append(file)

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()

    def abandon(self) -> None:
        """Close and remove the files written so far; does nothing after `commit`."""
        if self.committed:
            return
        # Closing writes the footer of each file, which fails on a full disk; such a file is removed all the same.
        with suppress(OSError):
            self._close()
        self._pool.remove_orphans(self.seq)


class Pool:
    """The pool under `home/pool`, made by the first batch. `as_of` is the only door to its rows."""

    def __init__(self, home: Path) -> None:
        self.root = Path(home) / "pool"
        self.manifests_folder = self.root / "batches"

    def part_path(self, table: str, seq: int) -> Path:
        """Path of the Parquet part of a table in a batch."""
        return self.root / table / f"b{seq:06d}.parquet"

    def batches(self) -> tuple[Manifest, ...]:
        """Every committed batch, oldest first."""
        return read_manifests(self.manifests_folder)

    @property
    def state(self) -> int:
        """Number of the last committed batch; 0 when the pool is empty."""
        return max((manifest.seq for manifest in self.batches()), default=0)

    def holds(self, sha256: str) -> bool:
        """Whether a batch that is not withdrawn has a file of that content."""
        gone = {seq for manifest in self.batches() for seq in manifest.withdraws}
        return any(file.sha256 == sha256 for m in self.batches() if m.seq not in gone for file in m.files)

    @cached_property
    def _hasher(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(config={"threads": 1, **OFFLINE})

    def hashed(self, keys: Sequence[pa.ChunkedArray]) -> list[pa.ChunkedArray]:
        """The hash (uint64) of each key text; the same key has the same hash in every batch."""
        if not keys:
            return []
        texts = pa.table({"key": pa.chunked_array([chunk for key in keys for chunk in chunks(key)], pa.string())})
        self._hasher.register("incoming", texts)
        try:
            # What md5_number_lower gives: a macro that goes through texts of bits, three times as slow.
            made = self._hasher.sql("SELECT (md5_number(key) >> 64)::UBIGINT AS hash FROM incoming").to_arrow_table()
        finally:
            self._hasher.unregister("incoming")
        hashes, parts, start = made.column("hash"), [], 0
        for key in keys:
            parts.append(hashes.slice(start, len(key)))
            start += len(key)
        return parts

    @contextmanager
    def begin(self, delivery: Delivery, replaces: int | None = None) -> Iterator[BatchWriter]:
        """Open a batch; leaving the block without `commit` leaves the pool as it was.

        Args:
            delivery: the statement of the delivery; its day is that on which the rows are known.
            replaces: a batch whose files are read again. It is withdrawn from that day on by the commit itself; the new
                rows stand where its own stood in the order of row ids.
        """
        with self._locked():
            # By the names alone: reading every manifest once more for each batch would grow with their square.
            seq = max((int(path.stem) for path in self.manifests_folder.glob("[0-9]*.json")), default=0) + 1
            self.remove_orphans(seq)
            replaced = () if replaces is None else self._readings_in_force(replaces)
            writer = BatchWriter(self, seq, delivery, replaced)
            try:
                yield writer
            finally:
                writer.abandon()

    def _readings_in_force(self, seq: int) -> tuple[Manifest, ...]:
        batches = self.batches()
        if any(seq in manifest.withdraws for manifest in batches):
            raise GoldenKeyError(f"第 {seq} 批次已撤回或已由另一批次取代。")
        return earlier_readings(batches, seq)

    def withdraw(self, seqs: Iterable[int], on: date, reason: str) -> Manifest:
        """Withdraw batches from a date on: a tombstone, the rows stay for replay of earlier dates.

        Raises:
            NotFoundError: there is no such batch.
            GoldenKeyError: a batch was received later than that.
        """
        with self._locked():
            batches = self.batches()
            chosen = tuple(sorted(seqs))
            found = [find_batch(batches, seq) for seq in chosen]
            check_received(found, on)
            manifest = Manifest(
                seq=self.state + 1,
                delivery=replace(found[0].delivery, received_on=on, backfile=False),
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
        self.manifests_folder.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise GoldenKeyError(
                    "另一个导入正在写入同一数据池，请等它结束后再运行（数据池一次只接受一个写入者）。"
                ) from error
            yield

    def as_of(
        self,
        day: date,
        state: int | None = None,
        without: Container[int] = frozenset(),
        left_out: npt.ArrayLike = (),
    ) -> Cut:
        """What the pool knew on a day: rows with `known_at <= day` from batches up to `state` (default: all).

        Batches `without` are left out as if withdrawn: those that a delivery being taken in replaces. Rows `left_out`
        (their ids) are those that cannot be computed with; see `features.clues.isolation`.

        Raises:
            GoldenKeyError: the day lies in the future.
        """
        if day > date.today():
            raise GoldenKeyError(f"截止日 {day} 在将来：评分只能使用今天（{date.today()}）及以前已知的数据。")
        return Cut(self, day, self.state if state is None else state, without, left_out)


@ibis.udf.scalar.builtin(name="goldenkey_today")
def _today() -> date:  # type: ignore[empty-body]
    ...


@ibis.udf.scalar.builtin(name="goldenkey_whole")
def _came_whole(batch: int, source: str) -> bool:  # type: ignore[empty-body]
    ...


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
        pool: Pool,
        day: date,
        state: int,
        without: Container[int] = frozenset(),
        left_out: npt.ArrayLike = (),
    ) -> None:
        self.pool = pool
        self.day = day
        self.state = state
        self.batches = tuple(manifest for manifest in pool.batches() if manifest.seq <= state)
        gone = {
            seq for m in self.batches if m.withdrawn_on is not None and m.withdrawn_on <= day for seq in m.withdraws
        }
        self.live = tuple(
            m for m in self.batches if m.seq not in gone and m.seq not in without and not m.only_withdraws
        )
        self._spill = pool.root / f".spill-{os.getpid()}-{id(self):x}"
        self.con = ibis.duckdb.connect(
            temp_directory=str(self._spill), preserve_insertion_order=False, threads=thread_count(), **OFFLINE
        )
        self.con.raw_sql("SET enable_progress_bar = false")
        known = [m for m in self.live if m.delivery.received_on is None or m.delivery.received_on <= day]
        self._incomplete = incomplete_sources(known, _SOURCE_OF)
        today = f"CREATE OR REPLACE TEMP MACRO goldenkey_today() AS DATE '{day}'"
        define_macros(self.con)
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
        found: list[Any] = rows.select(column).distinct().to_pyarrow().column(column).drop_null().to_pylist()
        return found

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
        """Whether no file of a source was refused in a batch (and is missing still): only then does the batch say what
        is *not* so. The text of the expression is the same on every cut."""
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

    def _rows(self, name: str) -> ir.Table:
        if name not in self._tables:
            self._tables[name] = (self._newest if TABLES[name].large else self._copied)(name)
        return self._tables[name]

    def _paths(self, name: str) -> list[str]:
        return [str(self.pool.root / part.path) for m in self.live for part in m.parts if part.table == name]

    def _copied(self, name: str) -> ir.Table:
        """As `_newest`, copied into a table."""
        return self._held(name, "TABLE")

    def _newest(self, name: str) -> ir.Table:
        """Newest known row of each key, read from its files each time it is asked for."""
        return self._held(name, "VIEW")

    def _held(self, name: str, kind: str) -> ir.Table:
        """Under one name on every cut; SQL text, as building the expression takes longer than running it."""
        contract, paths, held = TABLES[name], self._paths(name), f"pool_{name}"
        if not paths:
            return _empty(self.con, held, stored_schema(contract))
        files = ", ".join(f"'{path}'" for path in (path.replace("'", "''") for path in paths))
        self.con.raw_sql(
            f'CREATE TEMP {kind} "{held}" AS SELECT * EXCLUDE (age, key_hash) FROM (SELECT *, row_number() OVER ('
            f'PARTITION BY key_hash, "{_partition_column(contract)}" ORDER BY known_at DESC, rid DESC) AS age '
            f"FROM read_parquet([{files}], union_by_name = true) WHERE known_at <= DATE '{self.day}') WHERE age = 1"
            + (f" AND rid NOT IN (SELECT rid FROM {_LEFT_OUT})" if self._leaves_out else "")
        )
        return self.con.table(held)

    def close(self) -> None:
        """Release memory and the spill folder."""
        self.con.disconnect()
        shutil.rmtree(self._spill, ignore_errors=True)

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
