"""Two sheets at a time: small sheets are read ahead by threads, and handed over in the order of the files.

What is written is therefore the same whatever the number of threads. A large sheet is read alone and in blocks.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import LifoQueue
from types import TracebackType
from typing import TypeVar, cast

import pyarrow as pa

from features.intake.sources.rulings import RulingDocument
from features.intake.tables.quarantine import RowErrors
from features.intake.tables.recognition import RecognisedSheet
from features.intake.tables.sheet_in_duckdb import RowCounts, SheetStaging

WORKERS = 2
AHEAD = 2
"""Sheets per worker that are read or wait to be written."""

Item = TypeVar("Item")
Made = TypeVar("Made")


def worker_count() -> int:
    """Threads to read with: those of GOLDENKEY_THREADS or of the machine, two at most."""
    return max(1, min(WORKERS, int(os.environ.get("GOLDENKEY_THREADS") or os.cpu_count() or 1)))


@dataclass(frozen=True, slots=True)
class SheetResult:
    """A small sheet read to its end: rows to write, counts, doubts, faults."""

    rows: tuple[pa.Table, ...]
    counts: RowCounts
    warnings: tuple[str, ...]
    faults: RowErrors


class SheetReaderPool:
    """The threads and stages of one ingest. The stages spill under a folder that is removed at the end."""

    def __init__(self, spill: Path, workers: int) -> None:
        self._spill = spill
        self._workers = workers
        self._threads = ThreadPoolExecutor(workers, "intake") if workers > 1 else None
        self._every = [SheetStaging(spill / str(number)) for number in range(workers)]
        self._free: LifoQueue[SheetStaging] = LifoQueue()
        for stage in self._every:
            self._free.put(stage)

    def __enter__(self) -> SheetReaderPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)
        for stage in self._every:
            stage.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def each(self, call: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
        """`map` with the threads at hand, in order."""
        return map(call, items) if self._threads is None else self._threads.map(call, items)

    @contextmanager
    def stage(self) -> Iterator[SheetStaging]:
        """A stage for one sheet."""
        stage = self._free.get()
        try:
            yield stage
        finally:
            self._free.put(stage)

    def in_turn(self, work: Sequence[RecognisedSheet | RulingDocument]) -> Iterator[Callable[[], SheetResult | None]]:
        """For each item, in order, a call that waits for it: what was read, or None where nothing was read ahead."""
        waiting: deque[Future[SheetResult] | None] = deque()
        position = 0
        for item in work:
            if self._threads is None:
                yield partial(self._read, item) if isinstance(item, RecognisedSheet) and item.small else _nothing
                continue
            while position < len(work) and len(waiting) < AHEAD * self._workers:
                following = work[position]
                alone = isinstance(following, RecognisedSheet) and not following.small
                if alone and waiting:
                    break
                ahead = isinstance(following, RecognisedSheet) and following.small
                waiting.append(self._threads.submit(self._read, cast(RecognisedSheet, following)) if ahead else None)
                position += 1
                if alone:
                    break
            future = waiting.popleft()
            yield _nothing if future is None else future.result

    def _read(self, item: RecognisedSheet) -> SheetResult:
        faults, counts = RowErrors(), RowCounts()
        with self.stage() as stage:
            stage.start(item.match.table)
            for block in item.sheet.read(item.match.reading, item.match.layout):
                stage.take(block, item.sheet, item.match, item.rules, counts, faults)
            stage.settle(item.match.table, item.sheet, counts)
            rows = tuple(stage.rows(item.match.table, item.sheet))
            return SheetResult(rows, counts, stage.doubts.sentences(), faults)


def _nothing() -> None:
    return None
