"""The bitemporal pool: append-only Parquet, read only as of a date and a state.

Every row has the day of the fact (`happened_on`), the day the office could know it (`known_at`) and its batch.
Corrections are newer rows of the same key, withdrawals are tombstones; nothing is overwritten. Batches are written by
`features.pool.batch`, cuts are opened by `features.pool.cut`.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import lru_cache

import duckdb
import numpy.typing as npt
import pyarrow as pa

from features.errors import GoldenKeyError
from features.pool.batch import BatchWriter
from features.pool.cut import Cut
from features.pool.files import PoolFiles
from features.pool.manifests import Delivery, Manifest, check_received, earlier_readings, find_batch, write_manifest
from features.pool.rows import TABLE_SHIFT, chunks, stored_schema, table_of
from features.settings import NO_EXTENSIONS


@lru_cache(maxsize=1)
def _hasher(process: int) -> duckdb.DuckDBPyConnection:
    """The engine that hashes for every pool of a process; a process that was forked off gets its own."""
    return duckdb.connect(config={"threads": 1, **NO_EXTENSIONS})


class Pool(PoolFiles):
    """The pool under `home/pool`. `as_of` is the only door to its rows."""

    def holds(self, sha256: str) -> bool:
        """Whether a batch that is not withdrawn has a file of that content."""
        gone = {seq for manifest in self.batches() for seq in manifest.withdraws}
        return any(file.sha256 == sha256 for m in self.batches() if m.seq not in gone for file in m.files)

    def hashed(self, keys: Sequence[pa.ChunkedArray]) -> list[pa.ChunkedArray]:
        """The hash (uint64) of each key text; the same key has the same hash in every batch."""
        if not keys:
            return []
        texts = pa.table({"key": pa.chunked_array([chunk for key in keys for chunk in chunks(key)], pa.string())})
        with _hasher(os.getpid()).cursor() as con:
            con.register("incoming", texts)
            # What md5_number_lower gives: a macro that goes through texts of bits, three times as slow.
            table = con.sql("SELECT (md5_number(key) >> 64)::UBIGINT AS hash FROM incoming").to_arrow_table()
        hashes, parts, start = table.column("hash"), [], 0
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
            writer = BatchWriter(self, self.hashed, seq, delivery, replaced)
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
        superseded: bool = False,
    ) -> Cut:
        """What the pool knew on a day: rows with `known_at <= day` from batches up to `state` (default: all).

        Batches `without` are left out as if withdrawn: those that a delivery being taken in replaces. Rows `left_out`
        (their ids) are those that cannot be computed with; see `features.clues.isolation`. With `superseded` rows of
        one key stand beside each other: for files that nobody delivered as corrections of one another.

        Raises:
            GoldenKeyError: the day lies in the future.
        """
        if day > date.today():
            raise GoldenKeyError(f"截止日 {day} 在将来：评分只能使用今天（{date.today()}）及以前已知的数据。")
        return Cut(self, day, self.state if state is None else state, without, left_out, superseded)


__all__ = ["TABLE_SHIFT", "BatchWriter", "Cut", "Pool", "stored_schema", "table_of"]
