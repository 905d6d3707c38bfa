"""Rows dated after the day they were received, or before any record of theirs: taken in, and told with their rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.schema import TABLES

EARLIEST = date(1949, 10, 1)
"""Earlier days of what banks, courts and registers record are noughts of a program (1900-01-01, 1904-01-01)."""
LIKELY_AHEAD = ("insurance", "auction", "shareholding", "watch")
"""Tables whose day may be announced before it comes, by `YEAR` days at most."""
YEAR = 366
_MORE = {"case": ("close_date",)}
"""Days beside the one of the fact that lie in the past."""
SHOWN_ROWS, SHOWN = 5, 20
"""Rows named of each column; columns named."""


class UnlikelyDays:
    """Gathers rows of a delivery dated after it was received, or before `EARLIEST`."""

    def __init__(self, received: date | None) -> None:
        self._received = received
        self._found: dict[tuple[str, str, str, str], tuple[int, list[str]]] = {}

    def watch(self, name: str, write: Callable[[pa.Table], None]) -> Callable[[pa.Table], None]:
        """Wrap `write` so that the rows of a table passed to it are also checked for unlikely days."""
        happened = TABLES[name].happened
        columns = (*((happened,) if happened else ()), *_MORE.get(name, ()))

        def watching(rows: pa.Table) -> None:
            self.note(name, columns, rows)
            write(rows)

        return watching if columns and not TABLES[name].outcome else write

    def note(self, name: str, columns: tuple[str, ...], rows: pa.Table) -> None:
        """Note the unlikely days of some columns."""
        if not rows.num_rows:
            return
        for column in columns:
            days = rows.column(column).cast(pa.date32(), safe=False)
            span = pc.min_max(days).as_py()
            if span["min"] is None:
                continue
            if span["min"] < EARLIEST:
                self._add(name, column, rows, days, pc.less(days, EARLIEST), f"早于 {EARLIEST}")
            ahead = YEAR if name in LIKELY_AHEAD else 0
            if self._received is not None and (span["max"] - self._received).days > ahead:
                last = date.fromordinal(self._received.toordinal() + ahead)
                self._add(name, column, rows, days, pc.greater(days, last), f"晚于接收日期 {self._received}")

    def _add(
        self, name: str, column: str, rows: pa.Table, days: pa.ChunkedArray, hits: pa.ChunkedArray, why: str
    ) -> None:
        places = np.flatnonzero(pc.fill_null(hits, False).to_numpy())
        first = rows.slice(0, 1)
        file, sheet = (first.column(one)[0].as_py() for one in ("src_file", "src_sheet"))
        place = f"“{file}”" + (f"的工作表“{sheet}”" if sheet else "")
        key = place, TABLES[name].column(column).label, why, name
        count, told = self._found.get(key, (0, []))
        chosen = places[: max(SHOWN_ROWS - len(told), 0)]
        numbers = rows.column("src_row").take(chosen).to_pylist()
        shown = [f"第 {row} 行 {day}" for row, day in zip(numbers, days.take(chosen).to_pylist(), strict=True)]
        self._found[key] = count + len(places), told + shown

    def sentences(self) -> list[str]:
        """One sentence per file and column with such days."""
        lines = [
            f"{place}有 {count} 行的“{label}”{why}（{'、'.join(rows)}{' 等' if count > len(rows) else ''}），"
            "疑似误写，已照文件入库，请核对。"
            for (place, label, why, _), (count, rows) in self._found.items()
        ]
        more = len(lines) - SHOWN
        return lines[:SHOWN] + ([f"另有 {more} 处同样情形。"] if more > 0 else [])
