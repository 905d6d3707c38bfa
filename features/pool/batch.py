"""Writing one batch into the pool: rows are buffered, get their time columns, and become visible by one manifest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.files.atomic import sync
from features.pool.files import PoolFiles
from features.pool.manifests import Delivery, Manifest, RefusedFile, SourceFile, StoredPart, write_manifest
from features.pool.rows import BATCH_SHIFT, TABLE_SHIFT, conform, key_text, stored_schema
from features.schema import TABLE_NUMBER, TABLES
from features.schema.contract import Table

EARLIEST = date(1900, 1, 1)
"""Day from which rows of a back-file are known that bear no date."""

SAMPLED_ROWS = 4_096
"""Rows by which it is judged whether the texts of a column repeat."""

BUFFERED_ROWS = 100_000
"""Rows of a batch buffered before they get their time columns and are written."""

KeyHash = Callable[[Sequence[pa.ChunkedArray]], list[pa.ChunkedArray]]
"""Key texts of several tables -> their hashes (uint64); see `features.pool.pool.Pool.hashed`."""


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


class BatchWriter:
    """Writes one batch; nothing is visible before `commit`.

    Rows are buffered until there are `BUFFERED_ROWS` of them, so that many small files are processed at once.

    Attributes:
        seq: number of the batch.
        folder: where its files lie.
    """

    def __init__(
        self, files: PoolFiles, hashed: KeyHash, seq: int, delivery: Delivery, replaced: tuple[Manifest, ...] = ()
    ) -> None:
        """`replaced`: `earlier_readings` of the batch that this one takes the place of."""
        self._pool = files
        self._hashed = hashed
        self._delivery = delivery
        self._replaced = replaced
        self.seq = seq
        self.folder = ""
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._rows: dict[str, int] = {}
        self._buffered: dict[str, list[pa.Table]] = {}
        self._buffered_rows = 0
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
        self._buffered.setdefault(name, []).append(whole)
        self._buffered_rows += rows.num_rows
        if self._buffered_rows >= BUFFERED_ROWS:
            self._flush()

    def _flush(self) -> None:
        tables = {name: pa.concat_tables(pieces).combine_chunks() for name, pieces in self._buffered.items()}
        self._buffered, self._buffered_rows = {}, 0
        hashes = self._hashed([key_text(TABLES[name], rows) for name, rows in tables.items()])
        for (name, rows), key_hash in zip(tables.items(), hashes, strict=True):
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
