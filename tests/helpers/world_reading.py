"""A simulated world read back from its delivered files: tables by row, events by case, and the truth of its acts."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from openpyxl import load_workbook

CASES, QUARTERS, SEED = 400, 8, 7
"""Size and seed of the small world that the fixture `small_world` of tests/conftest.py makes once."""


def text_of(path: Path) -> str:
    """The text of a csv file, utf-8 with mark or gb18030."""
    raw = path.read_bytes()
    return raw.decode("utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "gb18030")


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of a delivered table by 中文 label, as texts."""
    if path.suffix == ".xlsx":
        lines = [["" if cell is None else str(cell) for cell in row] for row in load_workbook(path).active.values]
        return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]
    return [{name.strip(): cell for name, cell in row.items()} for row in csv.DictReader(io.StringIO(text_of(path)))]


def table(folders: list[Path], label: str) -> list[dict[str, str]]:
    """Rows of one table over all deliveries, in order."""
    paths = [path for folder in folders for path in sorted(folder.rglob(f"{label}.*"))]
    return [row for path in paths for row in rows_of(path)]


def day(text: str) -> date | None:
    """A date in any of the spellings of the field, None where blank."""
    if not text.strip():
        return None
    parts = re.findall(r"\d+", text)
    if len(parts[0]) == 8:
        parts = [parts[0][:4], parts[0][4:6], parts[0][6:]]
    return date(*(int(part) for part in parts[:3]))


def fen(text: str) -> int | None:
    """Money of a cell in 分, None where blank."""
    return round(float(text) * 100) if text.strip() else None


@dataclass(frozen=True)
class Event:
    """One event of the court's log as last delivered."""

    number: str
    case_no: str
    code: str
    day: date
    ends: date | None
    until: date | None
    amount: int | None
    row: dict[str, str]

    def cell(self, column: str) -> str:
        """A text of the row by its label."""
        return self.row.get(column, "")


@dataclass
class ReadWorld:
    """The delivered tables and the truth of a world at `out`."""

    out: Path
    folders: list[Path]
    _rows_of: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def rows(self, label: str) -> list[dict[str, str]]:
        """Rows of a table over all deliveries, in order."""
        if label not in self._rows_of:
            self._rows_of[label] = table(self.folders, label)
        return self._rows_of[label]

    @cached_property
    def acts(self) -> list[dict[str, Any]]:
        """The truth of acts."""
        return list(pq.read_table(self.out / "truth" / "acts.parquet").to_pylist())

    def acts_of(self, cls: str, real: bool | None = None) -> list[dict[str, Any]]:
        """Acts of a class."""
        return [act for act in self.acts if act["cls"] == cls and real in (None, act["real"])]

    @cached_property
    def last(self) -> date:
        """Day of the last delivery."""
        return date.fromisoformat(self.folders[-1].name)

    @cached_property
    def log(self) -> dict[str, list[Event]]:
        """Events by case; the last version of each."""
        latest: dict[str, Event] = {}
        for row in self.rows("执行事件"):
            when = day(row["发生日期"])
            assert when is not None
            latest[row["事件编号"]] = Event(
                row["事件编号"],
                row["案号"],
                row["事件类型"],
                when,
                day(row["届满日期"]),
                day(row["解除或办结日期"]),
                fen(row["金额"]),
                row,
            )
        cases: dict[str, list[Event]] = {}
        for event in latest.values():
            cases.setdefault(event.case_no, []).append(event)
        return cases

    def of(self, case_no: str, *codes: str, asset: str = "") -> list[Event]:
        """Events of a case by code and thing."""
        found = [event for event in self.log.get(case_no, []) if not codes or event.code in codes]
        return [event for event in found if not asset or event.cell("财产标识") == asset]

    @cached_property
    def cases(self) -> dict[str, dict[str, str]]:
        """Cases by number, the last version of each."""
        return {row["案号"]: row for row in self.rows("执行案件")}


@dataclass(frozen=True)
class SmallWorld:
    """A simulated world of some hundred cases: its files, its ground truth, and a home that has ingested them."""

    files: Path
    home: Path

    @property
    def truth(self) -> Path:
        return self.files / "truth"

    @property
    def last_day(self) -> date:
        """The last day of a quarter by which every delivery has arrived but the last quarter's."""
        return date(2023, 9, 30)
