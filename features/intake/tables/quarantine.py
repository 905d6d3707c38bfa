"""Quarantine of rejected rows: one Parquet file per batch, one record per failed check, written as the batch is read.

Personal values are masked in the fields that are printed. The complete row is in `raw`, for whoever corrects it; it is
neither printed nor put into the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.intake.cells.refusals import REFUSALS
from features.intake.sources.base import UnparsedRecord

COLUMNS = ("file", "sheet", "table", "row", "column", "label", "rule", "value", "sentence", "raw")
SCHEMA = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in COLUMNS])
SHOWN = 2_000
"""Most errors kept in memory for the report; the Parquet file has all of them."""
HELD_ROWS = 20_000
"""Errors buffered in memory before they are written."""


class RowErrors:
    """Errors of rejected rows in the order added, held in memory."""

    def __init__(self) -> None:
        self._waiting: list[pa.Table] = []

    def _append(self, rows: pa.Table) -> None:
        self._waiting.append(rows)

    def add(self, file: str, sheet: str, table: str, errors: pa.Table) -> None:
        """Add errors with the columns row, column, label, rule, value, sentence, raw."""
        if errors.num_rows == 0:
            return
        count = errors.num_rows
        made = {"file": file, "sheet": sheet, "table": table}
        columns = [
            pa.repeat(pa.scalar(made[item.name], pa.string()), count)
            if item.name in made
            else errors.column(item.name).cast(item.type)
            for item in SCHEMA
        ]
        self._append(pa.table(columns, schema=SCHEMA))

    def add_unparsed(self, file: str, sheet: str, table: str, broken: Sequence[UnparsedRecord]) -> None:
        """Add records that could not be split into cells."""
        sentences = [f"第{item.row}行：{REFUSALS[item.rule]}（{item.note}）" for item in broken]
        columns = {
            "row": pa.array([item.row for item in broken], pa.int64()),
            "column": pa.array([""] * len(broken), pa.string()),
            "label": pa.array([""] * len(broken), pa.string()),
            "rule": pa.array([item.rule for item in broken], pa.string()),
            "value": pa.array([""] * len(broken), pa.string()),
            "sentence": pa.array(sentences, pa.string()),
            "raw": pa.array([item.text for item in broken], pa.string()),
        }
        self.add(file, sheet, table, pa.table(columns))


class Quarantine(RowErrors):
    """The errors of one batch; the file appears complete when `publish` is called, or not at all."""

    def __init__(self, home: Path, seq: int) -> None:
        super().__init__()
        self.path = home / "quarantine" / f"b{seq:06d}.parquet"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._unfinished = self.path.with_suffix(".tmp")
        self._writer: pq.ParquetWriter | None = None
        self.examples: list[dict[str, str | int]] = []
        self._waiting_rows = 0

    def extend(self, errors: RowErrors) -> None:
        """Add the errors collected elsewhere."""
        for rows in errors._waiting:
            self._append(rows)

    def _append(self, rows: pa.Table) -> None:
        room = SHOWN - len(self.examples)
        if room > 0:
            self.examples.extend(rows.slice(0, room).drop_columns(["raw"]).to_pylist())
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._unfinished, SCHEMA, compression="zstd")
        super()._append(rows)
        self._waiting_rows += rows.num_rows
        if self._waiting_rows >= HELD_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._writer is not None:
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks())
        self._waiting, self._waiting_rows = [], 0

    def publish(self) -> Path | None:
        """Make the file visible and return its path; None when no row was rejected."""
        if self._writer is None:
            return None
        if self._waiting:
            self._flush()
        self._writer.close()
        self._writer = None
        self._unfinished.replace(self.path)
        return self.path

    def discard(self) -> None:
        """Remove the unfinished file of a batch that was not committed."""
        if self._writer is not None:
            self._writer.close()
        self._unfinished.unlink(missing_ok=True)
