"""Reading a stored cut: rows of clues with their sources, legal dates, coverage, notes; no engine is opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.clues.catalogue import VERSION
from features.clues.evidence import EvidenceRow, SourceRef
from features.clues.isolation import NOTHING_FAILED, Isolation, isolation_from
from features.cuts.build import PERSONAL_KEYS, make_cut
from features.cuts.manifest import CutManifest, Voucher, cut_folder, read_manifest
from features.cuts.rows import GROUP, NO_PLACE, SCHEMA
from features.cuts.texts import TextStore
from features.facts.lookup import EPISODE_COLUMNS, episode_of
from features.facts.money.exchange import currency_notes
from features.matrix import Matrix
from features.pool.pool import Pool
from features.pool.rows import table_of
from features.schema import TABLES
from features.schema.sources import COVERAGE_LABELS

Places = npt.NDArray[np.int64]

EVIDENCE = [name for name in SCHEMA.names if name != "more"]
"""What is read of the rows (`features.cuts.rows.SCHEMA`): all but what only features aggregate."""


class StoredCut:
    """One cut as it was stored; safe to read from several threads. Each file is checked when it is first read.

    Reading raises ChangedFileError where a file is not what was written.
    """

    def __init__(self, home: Path, manifest: CutManifest) -> None:
        self.home, self.manifest = Path(home), manifest
        self.folder = cut_folder(home, manifest.as_of, manifest.state, manifest.catalogue)
        self._texts = TextStore(home)
        self._lock = RLock()

    @property
    def as_of(self) -> date:
        """Day of the cut."""
        return self.manifest.as_of

    @property
    def state(self) -> int:
        """The last batch of the pool that it holds."""
        return self.manifest.state

    @property
    def isolation(self) -> Isolation:
        """What the cut leaves out."""
        return isolation_from(self.manifest.isolation) if self.manifest.isolation else NOTHING_FAILED

    def matrix(self) -> Matrix:
        """The matrix of the cut, read anew."""
        values = pd.read_parquet(self._path("values"))
        return Matrix(self.as_of, self.state, self.keys.copy(), values, self.manifest.fingerprint, self.isolation)

    @cached_property
    def keys(self) -> pd.DataFrame:
        """The cohort: keys of the matrix, columns `features.matrix.KEYS`."""
        keys = pd.read_parquet(self._path("keys"))
        named = {name: pd.Series(self.texts(keys[name].to_numpy()), keys.index) for name in PERSONAL_KEYS}
        return keys.assign(**named)

    @cached_property
    def _keys_by_episode(self) -> pd.DataFrame:
        return self.keys.set_index(self.keys["episode"].astype(str))

    def key(self, episode: str) -> pd.Series[Any]:
        """The row of `keys` of one episode of the cohort; KeyError where it is not in it."""
        return cast("pd.Series[Any]", self._keys_by_episode.loc[episode])

    @cached_property
    def episodes(self) -> pa.Table:
        """Every termination episode, sorted: status, debt (分), legal dates, coverage, place of its rows."""
        return self._table("episodes")

    @cached_property
    def watch(self) -> list[dict[str, Any]]:
        """Entries of watch lists in force, longest watched first; see `features.facts.case.watchlist.places`."""
        entries: list[dict[str, Any]] = self._table("watch").to_pylist()
        return entries

    def column(self, episodes: Sequence[str], name: str) -> list[Any]:
        """The values of a column of `episodes` for some of them, in their order; None for one that is not there."""
        places = pc.index_in(pa.array(list(episodes), pa.string()), self._names)
        values: list[Any] = self.episodes.column(name).take(places).to_pylist()
        return values

    def anchors(self, episodes: Sequence[str]) -> dict[str, dict[str, date]]:
        """Known legal dates of each episode by anchor name (t_srv, t_ntc ...)."""
        names = [name for name in self.episodes.column_names if name.startswith("t_")]
        values = [self.column(episodes, name) for name in names]
        rows = zip(episodes, zip(*values, strict=True), strict=True)
        return {
            episode: {name: day for name, day in zip(names, days, strict=True) if day is not None}
            for episode, days in rows
            if episode in self._known
        }

    def sources_of(self, episode: str) -> dict[str, bool]:
        """Whether each source, by its code, covers an episode."""
        names = [name for name in COVERAGE_LABELS if name in self.episodes.column_names]
        return {name: bool(self.column([episode], name)[0]) for name in names}

    def episode_of(self, case_no: str) -> str:
        """The latest termination episode of a case; see `features.facts.lookup.episode_of`."""
        return episode_of(self.episodes.select(EPISODE_COLUMNS).to_pandas(), self.as_of, case_no)

    def currency_notes(self, episodes: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Sentences (中文) on the debtors' foreign-currency sums, by episode; those without any are left out."""
        found = {episode: currency_notes(self._foreign, episode) for episode in episodes} if len(self._foreign) else {}
        return {episode: notes for episode, notes in found.items() if notes}

    def all_currency_notes(self) -> tuple[str, ...]:
        """Sentences (中文) on all foreign-currency sums."""
        return currency_notes(self._foreign)

    def sources(self, episodes: Sequence[str], clue_ids: Iterable[str]) -> dict[int, SourceRef]:
        """Where the source rows behind the rows of some episodes and clues stood, by row id; those purged left out."""
        return {ref.rid: ref for refs in self._references(self.row_table(episodes, clue_ids)) for ref in refs}

    def rows(
        self, episodes: Sequence[str], clue_ids: Iterable[str] | None = None
    ) -> dict[tuple[str, str], list[EvidenceRow]]:
        """Rows by (episode, clue id), oldest first; only pairs that have rows appear."""
        table = self.row_table(episodes, clue_ids)
        names, clues = self.names(table.column("episode")), self.manifest.clues
        who, note = (self._texts.texts(table.column(name).to_numpy()) for name in ("who", "note"))
        refs = self._references(table)
        found: dict[tuple[str, str], list[EvidenceRow]] = defaultdict(list)
        columns = (table.column(name).to_pylist() for name in ("clue", "day", "amount"))
        for episode, clue, day, amount, other, words, places in zip(names, *columns, who, note, refs, strict=True):
            found[episode, clues[clue]].append(EvidenceRow(day, amount, other or "", words or "", places))
        order = {id: place for place, id in enumerate(clue_ids if clue_ids is not None else clues)}
        return {pair: found[pair] for pair in sorted(found, key=lambda pair: order[pair[1]])}

    def row_table(self, episodes: Sequence[str] | None = None, clue_ids: Iterable[str] | None = None) -> pa.Table:
        """Rows as they are stored, columns `EVIDENCE`, of all or some episodes and clues."""
        places = None if episodes is None else self._places(episodes)
        if places is None:
            with self._lock:
                table = self._rows.read(columns=EVIDENCE)
        else:
            table = self._groups(places)
        if clue_ids is None:
            return table
        wanted = {id: place for place, id in enumerate(self.manifest.clues)}
        numbers = pa.array([wanted[id] for id in clue_ids if id in wanted], pa.int16())
        return table.filter(pc.is_in(table.column("clue"), numbers))

    def names(self, places: pa.ChunkedArray) -> list[str]:
        """Episodes by their places (`episode` of rows)."""
        found: list[str] = self._names.take(places).to_pylist()
        return found

    def texts(self, numbers: npt.NDArray[np.int32]) -> list[str | None]:
        """Texts by their numbers (`who` and `note` of rows)."""
        return self._texts.texts(numbers)

    def _references(self, table: pa.Table) -> list[tuple[SourceRef, ...]]:
        """The source rows of each row of a clue; those purged are left out."""
        known: dict[int, SourceRef] = {}
        files = self._files
        lists = (table.column(name).to_pylist() for name in ("src", "file", "line"))
        return [
            tuple(
                known.get(rid) or known.setdefault(rid, _reference(rid, files[file], line))
                for rid, file, line in zip(*of_one, strict=True)
                if file != NO_PLACE
            )
            for of_one in zip(*lists, strict=True)
        ]

    def _places(self, episodes: Sequence[str]) -> Places:
        """Places of episodes in the cut, in order; those it does not have are left out."""
        found = pc.drop_null(pc.index_in(pa.array(list(episodes), pa.string()), self._names))
        return np.unique(found.to_numpy(zero_copy_only=False)).astype(np.int64)

    def _groups(self, places: Places) -> pa.Table:
        """The rows of episodes, from the row groups that hold them."""
        first, count = (self.episodes.column(name).to_numpy()[places] for name in ("first_row", "rows"))
        first, count = first[count > 0], count[count > 0]
        if not len(first):
            return self._rows.schema_arrow.empty_table().select(EVIDENCE)
        groups = np.unique(np.concatenate([np.arange(a // GROUP, b // GROUP + 1) for a, b in self._ends(first, count)]))
        with self._lock:
            table = self._rows.read_row_groups(groups.tolist(), columns=EVIDENCE)
        # A row of the file stands where its group stands among those read.
        before = np.searchsorted(groups, first // GROUP) * GROUP + first % GROUP
        wanted = np.concatenate([np.arange(at, at + n) for at, n in zip(before, count, strict=True)])
        return table.take(pa.array(wanted))

    @staticmethod
    def _ends(first: Places, count: Places) -> zip[tuple[int, int]]:
        return zip(first.tolist(), (first + count - 1).tolist(), strict=True)

    @cached_property
    def _names(self) -> pa.StringArray:
        return self.episodes.column("episode").combine_chunks()

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._names.to_pylist())

    @cached_property
    def _files(self) -> list[tuple[str, str]]:
        table = self._table("files")
        file, sheet = (self._texts.texts(table.column(name).to_numpy()) for name in ("file", "sheet"))
        return [(name or "", part or "") for name, part in zip(file, sheet, strict=True)]

    @cached_property
    def _foreign(self) -> pd.DataFrame:
        sums: pd.DataFrame = self._table("foreign").to_pandas()
        return sums

    @cached_property
    def _rows(self) -> pq.ParquetFile:
        return pq.ParquetFile(self._path("rows"), memory_map=True)

    def _table(self, name: str) -> pa.Table:
        return pq.read_table(self._path(name))

    def _path(self, name: str) -> Path:
        return self.manifest.part(f"{name}.parquet").checked(self.folder)


def open_stored_cut(
    home: Path, as_of: date, state: int | None = None, catalogue: str = VERSION, voucher: Voucher | None = None
) -> StoredCut:
    """The cut of a day and a state of the pool (the newest by default), made now where it is not there yet.

    Args:
        home: the home folder.
        as_of, state: the day and the last batch of the pool.
        catalogue: version of the catalogue that something was told by: its own cut where that is kept, else one made
            by the version of this code.
        voucher: who vouches for a cut that is there; see `features.cuts.manifest.made_once`.

    Raises:
        GoldenKeyError: the day lies in the future.
        ChangedFileError: it is there and is not what was written.
    """
    state = Pool(home).state if state is None else state
    folder = cut_folder(home, as_of, state, catalogue)
    kept = None if catalogue == VERSION else read_manifest(folder)
    if kept is None or (voucher is not None and not voucher.vouches_for(folder.name, kept.digest)):
        kept = make_cut(Path(home), as_of, state, voucher)
    return StoredCut(home, kept)


def _reference(rid: int, file: tuple[str, str], line: int) -> SourceRef:
    name = table_of(rid)
    return SourceRef(name, TABLES[name].label, rid, *file, line)
