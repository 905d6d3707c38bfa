"""Look up a clue's rows for given episodes, each with the delivered rows (file, sheet, row) it was derived from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import RLock
from typing import Any

import pandas as pd

from features.clues.base.aggregation import ROW_ORDER, rows_text
from features.clues.base.clue import ROW_COLUMNS, Clue
from features.clues.catalogue import CLUES, VERSION
from features.clues.isolation import NO_FAULT_OF_DATA, isolate, open_cut
from features.facts import Facts, query_cache
from features.facts.lookup import EPISODE_COLUMNS, episode_of
from features.facts.money.exchange import currency_notes, foreign_by_episode
from features.pool.pool import table_of
from features.rules.thresholds import SHIPPED, Thresholds
from features.schema import TABLES


@dataclass(frozen=True, slots=True)
class SourceRef:
    """One delivered row: its table and 中文 label, its row id, and the file, sheet and row it was read from."""

    table: str
    label: str
    rid: int
    file: str
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One row of a clue.

    Attributes:
        day: when it was so. amount_fen: 分, None where no money is meant.
        who: the other party, "" for none. note: a few words for the reader.
        sources: the delivered rows it was derived from.
    """

    day: date | None
    amount_fen: int | None
    who: str
    note: str
    sources: tuple[SourceRef, ...]


class Evidence:
    """Rows of one cut asked of the engine: for an office's own thresholds, and for cuts that are never stored.

    What explains a score is read from the stored cut (`features.cuts.stored.StoredCut`), whose rows equal these where
    the thresholds are those that ship. Kept open, it answers many cases without computing the facts again. Safe to call
    from several threads, one at a time.
    """

    _home: Path | None

    def __init__(self, home: Path, as_of: date, state: int | None = None, thresholds: Thresholds = SHIPPED) -> None:
        query_cache.load_cache(home, VERSION)
        self._home, self._lock = Path(home), RLock()
        self._start(Facts(open_cut(home, as_of, state), thresholds))

    def _start(self, facts: Facts) -> None:
        self.facts, self._cut = facts, facts.cut

    @classmethod
    def of(cls, facts: Facts) -> Evidence:
        """Wrap facts that the caller built; closing this closes their cut."""
        made = cls.__new__(cls)
        made._home, made._lock = None, RLock()
        made._start(facts)
        return made

    def rows(
        self, episodes: Sequence[str], clue_ids: Iterable[str] | None = None
    ) -> dict[tuple[str, str], list[EvidenceRow]]:
        """Rows by (episode, clue id), oldest first; only pairs that have rows appear."""
        chosen = [CLUES[clue_id] for clue_id in (clue_ids if clue_ids is not None else CLUES)]
        chosen = [clue for clue in chosen if clue.id not in self._cut.failed_clues]
        with self._lock:
            frames = {clue.id: self._frame(clue, episodes) for clue in chosen}
            wanted = {int(rid) for frame in frames.values() for row in frame for rid in row["src"]}
            origin = sources(self.facts, wanted)
        found: dict[tuple[str, str], list[EvidenceRow]] = defaultdict(list)
        for clue_id, frame in frames.items():
            for row in frame:
                refs = tuple(origin[int(rid)] for rid in row["src"] if int(rid) in origin)
                found[(str(row["episode"]), clue_id)].append(
                    EvidenceRow(_day(row["day"]), _whole(row["amount"]), _text(row["who"]), _text(row["note"]), refs)
                )
        return dict(found)

    def anchors(self, episodes: Sequence[str]) -> dict[str, dict[str, date]]:
        """Known legal dates of each episode by anchor name (t_srv, t_ntc ...)."""
        with self._lock:
            table = self.facts.anchors
            frame = table.filter(table.episode.isin(list(episodes))).drop("ntc_known").to_pandas()
        records = frame.set_index("episode").to_dict(orient="index")
        return {
            str(episode): {name: day for name, raw in dates.items() if (day := _day(raw)) is not None}
            for episode, dates in records.items()
        }

    def episode_of(self, case_no: str) -> str:
        """The latest termination episode of a case; see `features.facts.lookup.episode_of`."""
        with self._lock:
            known = self.facts.episodes.select(*EPISODE_COLUMNS).to_pandas()
        return episode_of(known, self.facts.day, case_no)

    def currency_notes(self, episodes: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Sentences (中文) on the debtors' foreign-currency sums, by episode; see `exchange.currency_notes`."""
        with self._lock:
            sums = foreign_by_episode(self.facts).to_pandas()
        found = {episode: currency_notes(sums, episode) for episode in episodes}
        return {episode: notes for episode, notes in found.items() if notes}

    def _frame(self, clue: Clue, episodes: Sequence[str]) -> list[dict[Hashable, Any]]:
        text = f"SELECT {', '.join(ROW_COLUMNS)} FROM ({{rows}}){{where}} ORDER BY {ROW_ORDER}"
        return self._query(clue, text, episodes).to_dict(orient="records")

    def _query(self, clue: Clue, text: str, episodes: Sequence[str] | None) -> pd.DataFrame:
        """Run a query over a clue's rows; if it fails, once more without the source rows it fails on (`isolation`)."""
        try:
            return self._asked(clue, text, episodes)
        except NO_FAULT_OF_DATA:
            raise
        except Exception as error:  # whatever a query fails with: what it fails on is found by leaving rows out
            if self._home is None:
                raise
            isolate(self._home, self._cut.day, self._cut.state, error)
            self._cut.close()
            cut = open_cut(self._home, self._cut.day, self._cut.state)
            self._start(Facts(cut, self.facts.thresholds))
            if clue.id in cut.failed_clues:
                return pd.DataFrame(columns=[*ROW_COLUMNS, "n"])
            return self._asked(clue, text, episodes)

    def _asked(self, clue: Clue, text: str, episodes: Sequence[str] | None) -> pd.DataFrame:
        rows = rows_text(self.facts, clue)
        self.facts.ready(rows)
        where = "" if episodes is None else " WHERE list_contains(?, episode)"
        given = [] if episodes is None else [list(episodes)]
        frame: pd.DataFrame = self._cut.con.con.execute(text.format(rows=rows, where=where), given).df()
        return frame

    def close(self) -> None:
        """Close the cut, and save newly compiled SQL to the home's cache if that is writable."""
        if self._home is not None:
            with suppress(OSError):
                query_cache.store_cache(self._home, VERSION)
        self._cut.close()


@contextmanager
def open_evidence(
    home: Path, as_of: date, state: int | None = None, thresholds: Thresholds = SHIPPED
) -> Iterator[Evidence]:
    """Evidence of a cut, closed at the end of the block."""
    evidence = Evidence(home, as_of, state, thresholds)
    try:
        yield evidence
    finally:
        evidence.close()


def sources(facts: Facts, rids: Iterable[int]) -> dict[int, SourceRef]:
    """Where each row id stands in the delivered files; ids whose rows were purged are left out."""
    by_table: dict[str, list[int]] = defaultdict(list)
    for rid in rids:
        by_table[table_of(rid)].append(rid)
    found: dict[int, SourceRef] = {}
    for name, wanted in sorted(by_table.items()):
        frame = facts.cut.origins(name, sorted(wanted))
        label = TABLES[name].label
        for rid, file, sheet, row in frame.itertuples(index=False):
            found[int(rid)] = SourceRef(name, label, int(rid), _text(file), _text(sheet), int(row))
    return found


def _day(raw: Any) -> date | None:
    return None if raw is None or pd.isna(raw) else pd.Timestamp(raw).date()


def _whole(raw: Any) -> int | None:
    return None if raw is None or pd.isna(raw) else int(raw)


def _text(raw: Any) -> str:
    return "" if raw is None or (isinstance(raw, float) and pd.isna(raw)) or raw is pd.NA else str(raw)
