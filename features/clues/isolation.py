"""Find the source rows or the clue that make a query fail and leave them out, so that one case never stops the others.

A value may be delivered that no query survives (a sum that no integer holds, say), or a clue may have a fault. Nothing
here runs until a query fails. Then the source rows are halved by the cases and people they are about until those are
found without which everything else is computed. They are left out of the cut; the cases that rest on them are named
and get no score, for a score without them would be wrong without saying so.

    isolation = isolate(home, day, state)
    with open_cut(home, day, state) as cut: ...      # leaves those rows out from now on
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from features.clues import isolation_units
from features.clues.base.aggregation import features_text, stored_text
from features.clues.base.clue import Clue
from features.clues.catalogue import CLUES, VERSION
from features.errors import GoldenKeyError, NotEnoughDataError
from features.facts import Facts
from features.files.atomic import write_text
from features.pool.pool import Cut, Pool

Ids = npt.NDArray[np.int64]
Result = TypeVar("Result")

MOST = 24
"""Most groups of rows left out for one clue; a clue that still fails then is itself at fault."""

NAMED = 20
"""Cases named in a sentence; any further ones are only counted."""

NO_FAULT_OF_DATA = (GoldenKeyError, MemoryError, OSError, duckdb.OperationalError, duckdb.InterruptException)
"""Errors that no source row or clue causes: refusals, out of memory, disk full, interrupts. They are re-raised."""


class CaseFaultError(NotEnoughDataError):
    """Raised when a case is asked for that has no score because it could not be computed; the message says why."""


@dataclass(frozen=True, slots=True)
class CaseFault:
    """One case that could not be computed: its number and office, the clue that failed on it, and why."""

    case_no: str
    office: str
    clue: str
    reason: str

    @property
    def sentence(self) -> str:
        """Which case, which clue, why."""
        label = f"线索 {self.clue}（{CLUES[self.clue].label}）" if self.clue in CLUES else self.clue
        return f"{self.case_no}未能评分：{label}无法计算（{self.reason}）；其余案件不受影响。"


@dataclass(frozen=True, slots=True)
class ClueFault:
    """A clue that fails whatever the case, and why."""

    clue: str
    reason: str

    @property
    def sentence(self) -> str:
        """Which clue, why, and what follows."""
        return (
            f"线索 {self.clue}（{CLUES[self.clue].label}）对全部案件都无法计算（{self.reason}）；"
            "其余线索照常计算，须用到它的案件不评分；请将此情况告知维护人员。"
        )


@dataclass(frozen=True, slots=True)
class Isolation:
    """What is left out of a cut: ids of source rows, the cases that rest on them, and clues that fail on any data."""

    rows: tuple[int, ...] = ()
    cases: tuple[CaseFault, ...] = ()
    clues: tuple[ClueFault, ...] = ()

    def sentences(self, office: str = "") -> tuple[str, ...]:
        """What failed, on the cases of an office (by the start of its code): `NAMED` cases by number, then a count."""
        cases = [fault for fault in self.cases if fault.office.startswith(office)]
        own = [fault.sentence for fault in cases if fault.clue not in self.failed_clues]
        rest = len(cases) - len(own[:NAMED])
        more = (f"另有 {rest} 件案件因同样的原因未能评分。",) if rest else ()
        return (*(fault.sentence for fault in self.clues), *own[:NAMED], *more)

    def check_case(self, case_no: str, reaches: Callable[[str], bool] = lambda office: True) -> None:
        """Raise CaseFaultError if a case has no score because it could not be computed.

        A case outside the caller's offices (`reaches`) is never named, so nothing is raised.
        """
        for fault in self.cases:
            if fault.case_no == case_no and reaches(fault.office):
                raise CaseFaultError(fault.sentence)

    @property
    def failed_clues(self) -> frozenset[str]:
        """Ids of the clues that fail by themselves."""
        return frozenset(fault.clue for fault in self.clues)

    @property
    def case_nos(self) -> frozenset[str]:
        """Numbers of the cases that have no score."""
        return frozenset(fault.case_no for fault in self.cases)

    def __bool__(self) -> bool:
        return bool(self.rows or self.cases or self.clues)


NOTHING_FAILED = Isolation()


def known_isolation(home: Path, day: date, state: int) -> Isolation:
    """The isolation stored by an earlier failure on this cut; an empty one if nothing has failed."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return isolation_from(json.loads(_path(home, day, state).read_text(encoding="utf-8")))
    return NOTHING_FAILED


def isolation_from(stored: Mapping[str, Any]) -> Isolation:
    """An isolation from its JSON values (`dataclasses.asdict`)."""
    return Isolation(
        tuple(stored["rows"]),
        tuple(CaseFault(**fault) for fault in stored["cases"]),
        tuple(ClueFault(**fault) for fault in stored["clues"]),
    )


def open_cut(home: Path, day: date, state: int | None = None) -> Cut:
    """The cut of a day without the rows set aside on it; errors as for `Pool.as_of`."""
    pool = Pool(home)
    state = pool.state if state is None else state
    known = known_isolation(home, day, state)
    cut = pool.as_of(day, state, left_out=known.rows)
    cut.failed_clues = known.failed_clues
    return cut


def retried(home: Path, day: date, state: int, run: Callable[[], Result]) -> Result:
    """Return `run()`; if a case or a clue makes it fail, isolate that and call it once more (see `open_cut`)."""
    try:
        return run()
    except NO_FAULT_OF_DATA:
        raise
    except Exception as error:  # whatever it is: no engine says which row a query failed on
        isolate(home, day, state, error)
        return run()


def isolate(home: Path, day: date, state: int, failed: Exception) -> Isolation:
    """Find what cannot be computed on a cut, and remember it for `open_cut`.

    Args:
        home: the home folder.
        day, state: the cut.
        failed: the exception that a query over the cut raised.

    Raises:
        Exception: `failed`, if neither a source row nor a clue causes it.
    """
    if isinstance(failed, NO_FAULT_OF_DATA):
        raise failed
    found = _Search(Pool(home), day, state).run(failed)
    write_text(_path(home, day, state), json.dumps(asdict(found), ensure_ascii=False, indent=1))
    return found


def _path(home: Path, day: date, state: int) -> Path:
    return Path(home) / "cache" / "faults" / f"{day}-{state:06d}-{VERSION}.json"


def _reason(error: Exception) -> str:
    """What went wrong, in 中文 with the engine's own words."""
    kinds = (
        (duckdb.OutOfRangeException, "数值超出可计算的范围"),
        (duckdb.ConversionException, "数值无法换算"),
        (duckdb.Error, "查询出错"),
    )
    first = str(error).partition("\n")[0]
    return next((f"{text}：{first}" for kind, text in kinds if isinstance(error, kind)), f"程序出错：{first}")


_NONE: Ids = np.zeros(0, dtype=np.int64)


class _Search:
    """One search on one cut. Groups of rows are those of `isolation_units.units_of`, debtors' before others'."""

    def __init__(self, pool: Pool, day: date, state: int) -> None:
        self._pool, self._day, self._state = pool, day, state
        self._left_out: Ids = _NONE
        self._cases: list[CaseFault] = []
        self._clues: list[ClueFault] = []
        self._compiled: dict[str, tuple[str, ...]] = {}

    def run(self, failed: Exception) -> Isolation:
        """Probe clue after clue, setting aside what each fails on.

        Raises:
            Exception: `failed`, where no clue fails.
        """
        with self._pool.as_of(self._day, self._state) as cut:
            self._units = isolation_units.units_of(cut)
        ahead = list(CLUES.values())
        while (hit := self._first_failure(ahead)) is not None:
            self._set_aside(*hit)
            ahead = ahead[ahead.index(hit[0]) :]
        if not (self._cases or self._clues or len(self._left_out)):
            raise failed
        order = {fault.case_no: fault for fault in reversed(self._cases)}
        cases = tuple(order[number] for number in sorted(order))
        return Isolation(tuple(sorted(map(int, self._left_out))), cases, tuple(self._clues))

    def _first_failure(self, ahead: Sequence[Clue]) -> tuple[Clue, Exception] | None:
        """The first of these clues that fails without the rows set aside so far; those before it did not before."""
        known = {fault.clue for fault in self._clues}
        with self._pool.as_of(self._day, self._state, left_out=self._left_out) as cut:
            facts = Facts(cut)
            for clue in ahead:
                if clue.id not in known and (error := self._failure(facts, clue)) is not None:
                    return clue, error
        return None

    def _error(self, clue: Clue, rows: Ids) -> Exception | None:
        """The exception a clue raises when these rows are left out as well, or None."""
        with self._pool.as_of(self._day, self._state, left_out=np.concatenate([self._left_out, rows])) as cut:
            return self._failure(Facts(cut), clue)

    def _failure(self, facts: Facts, clue: Clue) -> Exception | None:
        """The exception that a clue's rows or features raise, or None."""
        try:
            if clue.id not in self._compiled:
                self._compiled[clue.id] = _texts(facts, clue)
            for text in self._compiled[clue.id]:
                facts.ready(text)
                facts.cut.con.con.execute(text).df()
        except NO_FAULT_OF_DATA:
            raise
        except Exception as error:  # the answer asked for, of whatever kind
            return error
        return None

    def _set_aside(self, clue: Clue, error: Exception) -> None:
        """Set aside the rows of the groups that a clue fails on, or the clue where that does not help."""
        reason, units = _reason(error), self._units
        kept, cases = self._left_out, list(self._cases)
        if self._error(clue, units.rows["rid"].to_numpy()) is None:
            for _ in range(MOST):
                unit = _smallest(units.count, lambda n: self._error(clue, units.first(n)) is None)
                rows = self._narrowed(clue, units.of(unit - 1))
                self._cases += self._faults(unit - 1, rows, clue, reason)
                self._left_out = np.concatenate([self._left_out, rows])
                if self._error(clue, _NONE) is None:
                    return
        self._left_out, self._cases = kept, cases
        self._clues.append(ClueFault(clue.id, reason))

    def _narrowed(self, clue: Clue, unit: pd.DataFrame) -> Ids:
        """Few rows of a group, without which the clue runs; the whole group if it does not run without that either."""
        whole = unit["rid"].to_numpy()
        if self._error(clue, whole) is not None:
            return whole
        parts = [part["rid"].to_numpy() for _, part in unit.groupby("table", sort=True)]
        rows = next((part for part in parts if len(parts) == 1 or self._error(clue, part) is None), whole)
        enough = rows[: _smallest(len(rows), lambda n: self._error(clue, rows[:n]) is None)]
        return enough[-1:] if self._error(clue, enough[-1:]) is None else enough

    def _faults(self, unit: int, rows: Ids, clue: Clue, reason: str) -> Iterator[CaseFault]:
        """The cases that rest on rows set aside: of the group itself, and of whomever the rows name."""
        with self._pool.as_of(self._day, self._state) as cut:
            touched = isolation_units.cases_named(cut, self._units, unit, rows)
        for case_no, office in touched:
            yield CaseFault(case_no, office, clue.id, reason)


def _texts(facts: Facts, clue: Clue) -> tuple[str, ...]:
    """Query texts of a clue's rows and features; the same on every cut, for facts bear the same names there."""
    rows = facts.cut.compile(clue.rows(facts))
    stored = stored_text(rows, clue)
    return (stored, features_text(rows, clue.features)) if clue.features else (stored,)


def _smallest(most: int, holds: Callable[[int], bool]) -> int:
    """Binary search: the smallest number from 1 to `most` with a property that, once true, stays true."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


__all__ = [
    "NOTHING_FAILED",
    "CaseFault",
    "CaseFaultError",
    "ClueFault",
    "Isolation",
    "isolate",
    "isolation_from",
    "known_isolation",
    "open_cut",
    "retried",
]
