"""Stage rows between simulation and delivery: typed by the contracts, numbered by delivery, on disk by quarter.

A quarter writes one Arrow file per table, sorted by delivery; a delivery reads its slice of every quarter's file. So
memory holds one quarter or one delivery at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from evaluation.world.base.chance import NEVER, NOTHING, Array
from evaluation.world.base.text_columns import date_array
from evaluation.world.population.holdings import Rows
from features.schema import TABLES
from features.schema.contract import Column


@dataclass(frozen=True)
class Calendar:
    """Days of a run, as days since 1970.

    Attributes:
        starts: first day of each quarter. end: first day after the run. deliveries: day of each delivery.
    """

    starts: list[int]
    end: int
    deliveries: Array

    def delivery_of(self, known: Array) -> Array:
        """Number of the first delivery on or after each day; len(deliveries) where there is none."""
        return np.asarray(np.searchsorted(self.deliveries, known, side="left"))


def make_calendar(start: np.datetime64, quarters: int, delivery_day: int) -> Calendar:
    """The calendar of a run: one delivery a month, the last one after the end of the last quarter."""
    months = start.astype("datetime64[M]") + np.arange(3 * quarters + 1)
    firsts = months.astype("datetime64[D]").astype(np.int64)
    return Calendar([int(day) for day in firsts[:-1:3]], int(firsts[-1]), firsts[1:] + delivery_day - 1)


def as_arrow_column(column: Column, values: Array) -> pa.Array:
    """An Arrow array of the column's kind, with the sentinels NEVER and NOTHING turned into nulls."""
    if column.kind == "date":
        return date_array(values)
    if column.kind == "datetime":
        return pa.array(values.astype(np.int64), pa.int64(), mask=values >= NEVER * 86_400)
    if column.kind in ("money", "int"):
        return pa.array(values.astype(np.int64), pa.int64(), mask=values == NOTHING)
    if column.kind == "bool":
        return pa.array(values.astype(np.int64) == 1, pa.bool_(), mask=values.astype(np.int64) < 0)
    if column.kind == "real":
        return pa.array(values.astype(np.float64), pa.float64(), from_pandas=True)
    return pa.array(values, pa.string(), from_pandas=True)


class Spool:
    """Collects one quarter's rows and writes them to Arrow files."""

    def __init__(self, folder: Path, calendar_: Calendar, spoil: Callable[[str, pa.Table], pa.Table]) -> None:
        self.folder = folder
        self.calendar = calendar_
        self.spoil = spoil
        self.parts: dict[str, list[pa.Table]] = {}

    def add(self, table: str, rows: Rows, known: Array) -> None:
        """Add rows of a table; each goes to the first delivery on or after its day `known`; later ones are dropped."""
        number = self.calendar.delivery_of(known)
        keep = np.flatnonzero(number < len(self.calendar.deliveries))
        columns = {"_delivery": pa.array(number[keep], pa.int32())}
        for column in TABLES[table].columns:
            if column.name in rows:
                columns[column.name] = as_arrow_column(column, np.asarray(rows[column.name])[keep])
        self.parts.setdefault(table, []).append(pa.table(columns))

    def add_arrow(self, table: str, rows: pa.Table) -> None:
        """Add Arrow rows that have their `_delivery` column already."""
        self.parts.setdefault(table, []).append(rows)

    def close(self) -> None:
        """Write every table to `folder`, with faults injected, in stable order of delivery."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for table in sorted(self.parts):
            rows = self.spoil(table, pa.concat_tables(self.parts[table], promote_options="default")).combine_chunks()
            order = np.argsort(rows["_delivery"].to_numpy(), kind="stable")
            rows = rows.take(pa.array(order))
            with (
                pa.OSFile(str(self.folder / f"{table}.arrow"), "wb") as sink,
                pa.ipc.new_file(sink, rows.schema) as writer,
            ):
                writer.write_table(rows)
        self.parts.clear()


def read_delivery_slice(folders: list[Path], table: str, delivery: int) -> pa.Table | None:
    """The rows of one table in one delivery, quarter after quarter; None where there are none."""
    parts: list[pa.Table] = []
    for folder in folders:
        path = folder / f"{table}.arrow"
        if not path.exists():
            continue
        with pa.memory_map(str(path)) as source:
            rows = pa.ipc.open_file(source).read_all()
            numbers = rows["_delivery"].to_numpy()
            low, high = np.searchsorted(numbers, [delivery, delivery + 1])
            if high > low:
                parts.append(rows.slice(low, high - low).drop_columns(["_delivery"]))
    return pa.concat_tables(parts, promote_options="default") if parts else None
