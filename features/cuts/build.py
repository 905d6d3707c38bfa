"""Making a cut: its facts are computed once in the engine, and all that is told from it is stored.

Parts, all sorted by episode:

    rows.parquet       rows of every clue with their sources (`features.cuts.rows`)
    files.parquet      the delivered files those sources name
    episodes.parquet   every termination episode: status, debt, legal dates, coverage, where its rows stand
    keys.parquet, values.parquet   the matrix
    foreign.parquet    sums in other currencies by episode, and over all (episode NULL)
    watch.parquet      entries of watch lists in force
"""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.clues.catalogue import CLUES, VERSION
from features.clues.isolation import known_isolation, open_cut, retried
from features.cuts.manifest import CutManifest, Part, Voucher, cut_folder, describe_part, made_once, read_manifest
from features.cuts.rows import GROUP, RowCollector
from features.cuts.texts import TextStore
from features.facts import Facts, query_cache
from features.facts.money.exchange import foreign_by_episode
from features.files.atomic import replacing, sync
from features.matrix import Matrix, episode_coverage, matrix_from_facts

PERSONAL_KEYS = ("debtor", "debtor_name")
"""Columns of the keys that name somebody: stored as numbers of texts."""


def make_cut(home: Path, day: date, state: int, voucher: Voucher | None = None) -> CutManifest:
    """Make the cut of a day and a state of the pool, unless it is there; one process makes it, others wait for it.

    Args:
        home: the home folder.
        day, state: the cut.
        voucher: who vouches for a cut that is there; see `made_once`.

    Raises:
        GoldenKeyError: the day lies in the future.
        ChangedFileError: it is there and was changed.
    """
    folder = cut_folder(home, day, state)

    def make() -> CutManifest:
        return retried(home, day, state, lambda: _make(home, day, state, folder))

    return made_once(folder, read_manifest, make, voucher)


def _make(home: Path, day: date, state: int, folder: Path) -> CutManifest:
    query_cache.load_cache(home, VERSION)
    clock = _Clock()
    with replacing(folder, durable=True) as scratch, open_cut(home, day, state) as cut:
        scratch.mkdir()
        facts, texts = Facts(cut), TextStore(home)
        episodes = facts.episodes.order_by("episode").to_pyarrow()
        rows = RowCollector(cut, episodes.column("episode").combine_chunks(), tuple(CLUES))
        clock.step("facts")
        matrix = matrix_from_facts(facts, known_isolation(home, day, state), keep=rows.add)
        clock.step("clues")
        table, files = rows.table(texts)
        tables = {
            "rows": table,
            "files": files,
            "episodes": _episodes(facts, episodes, table),
            **_matrix_tables(matrix, texts),
            "foreign": foreign_by_episode(facts),
            "watch": facts.watch_places.order_by("listed_on", "case_no", "list_no").to_pyarrow(),
        }
        parts = tuple(_write(scratch / f"{name}.parquet", table) for name, table in tables.items())
        clock.step("write")
        manifest = CutManifest(
            as_of=day,
            state=state,
            catalogue=VERSION,
            fingerprint=matrix.fingerprint,
            parts=parts,
            clues=tuple(CLUES),
            more=rows.more,
            isolation=asdict(matrix.isolation) if matrix.isolation else {},
            seconds=clock.seconds,
        )
        manifest.write(scratch)
    query_cache.store_cache(home, VERSION)
    return manifest


class _Clock:
    """Processor seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.process_time()

    def step(self, name: str) -> None:
        """End a step."""
        now = time.process_time()
        self.seconds[name], self._since = round(now - self._since, 2), now


def _write(path: Path, table: pa.Table) -> Part:
    pq.write_table(table, path, row_group_size=GROUP, compression="zstd", write_statistics=False)
    sync(path)
    return describe_part(path, table.num_rows)


def _episodes(facts: Facts, episodes: pa.Table, rows: pa.Table) -> pa.Table:
    """Every episode with what covers it, its legal dates, and the place (first row, number) of its rows."""
    reach = episode_coverage(facts, episodes.select(["episode"]).to_pandas()).reset_index(drop=True)
    further = reach.drop(columns=[name for name in reach if name in episodes.column_names])
    whole = episodes
    for name in further:
        whole = whole.append_column(str(name), _column(further[name]))
    place = rows.column("episode").to_numpy()
    first = np.searchsorted(place, np.arange(episodes.num_rows + 1)).astype(np.int64)
    return whole.append_column("first_row", pa.array(first[:-1])).append_column("rows", pa.array(np.diff(first)))


def _column(values: pd.Series[Any]) -> pa.Array:
    """A column with its days as days."""
    column = pa.Array.from_pandas(values)
    return column.cast(pa.date32()) if pa.types.is_timestamp(column.type) else column


def _matrix_tables(matrix: Matrix, texts: TextStore) -> dict[str, pa.Table]:
    named = {name: texts.numbers(pa.Array.from_pandas(matrix.keys[name], type=pa.string())) for name in PERSONAL_KEYS}
    frames = {"keys": matrix.keys.assign(**named), "values": matrix.values}
    return {name: pa.Table.from_pandas(frame, preserve_index=True) for name, frame in frames.items()}
