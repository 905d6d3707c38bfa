"""Read small sheets ahead in threads and hand them over in file order, so output does not depend on the thread count.

A large sheet is read alone and in blocks.
"""

from __future__ import annotations

import builtins
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
from features.intake.tables.balances import balance_doubts
from features.intake.tables.quarantine import RowErrors
from features.intake.tables.recognition import RecognisedSheet
from features.intake.tables.sheet_in_duckdb import RowCounts, SheetStaging
from features.settings import thread_count

WORKERS = 2
AHEAD = 2
"""Sheets per worker that are being read or wait to be written."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def worker_count() -> int:
    """Number of reader threads: `thread_count`, two at most."""
    return min(WORKERS, thread_count())


@dataclass(frozen=True, slots=True)
class SheetResult:
    """A small sheet read completely: rows to write, counts, warnings, errors of rejected rows."""

    rows: tuple[pa.Table, ...]
    counts: RowCounts
    warnings: tuple[str, ...]
    errors: RowErrors


class SheetReaderPool:
    """The reader threads and staging areas of one ingest; staging spills under a folder that is removed at the end."""

    def __init__(self, spill: Path, workers: int) -> None:
        self._spill = spill
        self._workers = workers
        self._threads = ThreadPoolExecutor(workers, "intake") if workers > 1 else None
        self._stagings = [SheetStaging(spill / str(number)) for number in range(workers)]
        self._free: LifoQueue[SheetStaging] = LifoQueue()
        for staging in self._stagings:
            self._free.put(staging)

    def __enter__(self) -> SheetReaderPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)
        for staging in self._stagings:
            staging.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def map(self, call: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """As the builtin `map`, on the reader threads; results in order."""
        return builtins.map(call, items) if self._threads is None else self._threads.map(call, items)

    @contextmanager
    def staging(self) -> Iterator[SheetStaging]:
        """A free staging area for one sheet; waits until there is one."""
        staging = self._free.get()
        try:
            yield staging
        finally:
            self._free.put(staging)

    def results_in_order(
        self, work: Sequence[RecognisedSheet | RulingDocument]
    ) -> Iterator[Callable[[], SheetResult | None]]:
        """For each item, in order, a callable returning the item's result, or None if it was not read ahead."""
        waiting: deque[Future[SheetResult] | None] = deque()
        position = 0
        for item in work:
            if self._threads is None:
                yield partial(self._read, item) if isinstance(item, RecognisedSheet) and item.small else _no_result
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
            yield _no_result if future is None else future.result

    def _read(self, item: RecognisedSheet) -> SheetResult:
        errors, counts = RowErrors(), RowCounts()
        with self.staging() as staging:
            staging.start(item.match.table)
            for block in item.sheet.read(item.match.reading, item.match.layout):
                staging.add_block(block, item.sheet, item.match, item.rules, counts, errors)
            staging.finish(item.match.table, item.sheet, counts)
            rows = tuple(staging.rows(item.match.table, item.sheet))
            warnings = (*item.sheet.notes, *staging.warnings.sentences())
            if item.sheet.from_paper:
                warnings += balance_doubts(item.match.table, rows)
            return SheetResult(rows, counts, warnings, errors)


def _no_result() -> None:
    """Result of an item that is not read ahead."""
