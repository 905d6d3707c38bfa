"""The matrices of cuts: read where the cut is stored, made with it otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from features.cuts.build import make_cut
from features.cuts.manifest import cut_folder, read_manifest
from features.cuts.stored import open_stored_cut
from features.matrix import Matrix
from features.pool.pool import Pool
from features.settings import LEAST_MEMORY, MEMORY, query_memory


def build_matrix(home: Path, as_of: date, state: int | None = None) -> Matrix:
    """The matrix on a day, from the stored cut of that day, which is made first where there is none.

    Args:
        home: the home folder.
        as_of: the day.
        state: number of the last delivery of the pool that counts; the newest by default.

    Raises:
        GoldenKeyError: the day lies in the future. ChangedFileError: the cut is not what was written.
    """
    return open_stored_cut(home, as_of, state).matrix()


def build_matrices(
    home: Path, days: Iterable[date], workers: int | None = None, state: int | None = None
) -> dict[date, Matrix]:
    """Matrices of several days, by day, all at one state of the pool.

    Cuts not yet stored are made in parallel processes, one engine thread each.

    Args:
        home: the home folder.
        days: the days; each is built once.
        workers: most processes at a time; one per processor by default.
        state: number of the last delivery of the pool that counts; the newest by default.

    Raises:
        GoldenKeyError: a day lies in the future. ChangedFileError: a cut is not what was written.
    """
    wanted = sorted(set(days))
    state = Pool(home).state if state is None else state
    missing = [day for day in wanted if read_manifest(cut_folder(home, day, state)) is None]
    workers = min(workers or os.cpu_count() or 1, len(missing))
    if workers > 1:
        share = (max(LEAST_MEMORY, query_memory() // workers),)
        spawned = get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=spawned, initializer=_share_machine, initargs=share) as pool:
            for done in [pool.submit(make_cut, home, day, state) for day in missing]:
                done.result()
    return {day: build_matrix(home, day, state) for day in wanted}


def _share_machine(megabytes: int) -> None:
    os.environ.update({"GOLDENKEY_THREADS": "1", MEMORY: str(megabytes)})
