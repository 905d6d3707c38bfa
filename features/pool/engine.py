"""The DuckDB instance of a process, shared by all its cuts: one memory limit, one set of threads, one spill folder."""

from __future__ import annotations

import atexit
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import ibis

from features.pool.macros import define_macros
from features.settings import NO_EXTENSIONS, query_memory, thread_count


@dataclass(frozen=True, slots=True)
class _Instance:
    threads: int
    memory: int
    spill: Path
    connection: duckdb.DuckDBPyConnection

    def serves(self) -> bool:
        """Whether it can serve on: under the settings of threads and memory in force, with a place to spill to, and not
        broken by an internal error of DuckDB."""
        if (self.threads, self.memory) != (thread_count(), query_memory()) or not self.spill.parent.is_dir():
            return False
        try:
            self.connection.execute("SELECT 1")
        except duckdb.Error:
            return False
        return True


_INSTANCES: dict[int, _Instance] = {}
"""By process. A forked child has none of the threads of its parent's instance: it gets one of its own and never closes
the other, which would wait for those threads."""
_lock = Lock()


def open_session(root: Path) -> Any:
    """A new Ibis session: its temporary tables and views are its own, the macros of the pool are there.

    Args:
        root: where the instance spills what does not fit into memory, if this session is the first of the process.
    """
    with _lock:
        instance = _INSTANCES.get(os.getpid())
        if instance is None or not instance.serves():
            instance = _INSTANCES[os.getpid()] = _start(root)
        connection = instance.connection.cursor()
    session = ibis.duckdb.from_connection(connection)
    session.raw_sql("SET enable_progress_bar = false")
    return session


def _start(root: Path) -> _Instance:
    threads, memory, spill = thread_count(), query_memory(), root / f".spill-{os.getpid()}"
    connection = duckdb.connect(
        config={
            "temp_directory": str(spill),
            "preserve_insertion_order": False,
            "threads": threads,
            "memory_limit": f"{memory}MB",
            **NO_EXTENSIONS,
        }
    )
    define_macros(connection)
    atexit.register(shutil.rmtree, spill, ignore_errors=True)
    return _Instance(threads, memory, spill, connection)
