"""Rows set aside: one Parquet file per batch, one record per fault, written as the batch is read.

The printed fields carry personal values masked. The whole row stands in `raw`, for whoever corrects it, and is
neither printed nor put into the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.intake.cells.rules import RULES
from features.intake.sources.base import UnparsedRecord

SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("sheet", pa.string()),
        ("table", pa.string()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("label", pa.string()),
        ("rule", pa.string()),
        ("value", pa.string()),
        ("sentence", pa.string()),
        ("raw", pa.string()),
    ]
)
SHOWN = 2_000
"""Faults kept in memory for the report; the Parquet file has all."""
HELD_ROWS = 20_000
"""Faults that wait in memory before they are written."""


class RowErrors:
    """Faults set aside, in the order given; here they wait in memory."""

    def __init__(self) -> None:
        self._waiting: list[pa.Table] = []

    def _put(self, rows: pa.Table) -> None:
        self._waiting.append(rows)

    def add_faults(self, file: str, sheet: str, table: str, faults: pa.Table) -> None:
        """Add faults: row, column, label, rule, value, sentence, raw."""
        if faults.num_rows == 0:
            return
        count = faults.num_rows
        made = {"file": file, "sheet": sheet, "table": table}
        columns = [
            pa.repeat(pa.scalar(made[item.name], pa.string()), count)
            if item.name in made
            else faults.column(item.name).cast(item.type)
            for item in SCHEMA
        ]
        self._put(pa.table(columns, schema=SCHEMA))

    def add_broken(self, file: str, sheet: str, table: str, broken: Sequence[UnparsedRecord]) -> None:
        """Add records that could not be cut into cells."""
        sentences = [f"第{item.row}行：{RULES[item.rule]}（{item.note}）" for item in broken]
        columns = {
            "row": pa.array([item.row for item in broken], pa.int64()),
            "column": pa.array([""] * len(broken), pa.string()),
            "label": pa.array([""] * len(broken), pa.string()),
            "rule": pa.array([item.rule for item in broken], pa.string()),
            "value": pa.array([""] * len(broken), pa.string()),
            "sentence": pa.array(sentences, pa.string()),
            "raw": pa.array([item.text for item in broken], pa.string()),
        }
        self.add_faults(file, sheet, table, pa.table(columns))


class Quarantine(RowErrors):
    """The faults of one batch; the file appears whole when `keep` is called, or not at all."""

    def __init__(self, home: Path, seq: int) -> None:
        super().__init__()
        self.path = home / "quarantine" / f"b{seq:06d}.parquet"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._unfinished = self.path.with_suffix(".tmp")
        self._writer: pq.ParquetWriter | None = None
        self.shown: list[dict[str, str | int]] = []
        self._waiting_rows = 0

    def take(self, faults: RowErrors) -> None:
        """Take over what waits elsewhere."""
        for rows in faults._waiting:
            self._put(rows)

    def _put(self, rows: pa.Table) -> None:
        room = SHOWN - len(self.shown)
        if room > 0:
            self.shown.extend(rows.slice(0, room).drop_columns(["raw"]).to_pylist())
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._unfinished, SCHEMA, compression="zstd")
        super()._put(rows)
        self._waiting_rows += rows.num_rows
        if self._waiting_rows >= HELD_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._writer is not None:
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks())
        self._waiting, self._waiting_rows = [], 0

    def keep(self) -> Path | None:
        """Make the file visible; None when nothing was set aside."""
        if self._writer is None:
            return None
        if self._waiting:
            self._flush()
        self._writer.close()
        self._writer = None
        self._unfinished.replace(self.path)
        return self.path

    def drop(self) -> None:
        """Leave nothing behind of a batch that was not committed."""
        if self._writer is not None:
            self._writer.close()
        self._unfinished.unlink(missing_ok=True)
