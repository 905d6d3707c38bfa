"""Stage the accepted rows of a large sheet: the rows on disk, only their hashes in DuckDB.

Which rows are exact duplicates, and which share account, reference, day and direction, is found among the hashes;
only rows whose hash is not their own are looked at again, as they are written.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.arrow import ARROW_TYPES
from features.schema.contract import Table

SAME_KEY = "acct_no, coalesce(ref_no, ''), ts::DATE, direction"
TELLING = ("acct_no", "ref_no", "ts", "amount", "direction", "balance")
"""Columns that a statement row's hash is made of: few rows agree in them without being duplicates."""
SHARED = "(SELECT {name} FROM hashes GROUP BY {name} HAVING count(*) > 1)"


class StagedRows:
    """The rows of one sheet: `add` in blocks, `count`, then `pieces` in the order of the file."""

    def __init__(self, folder: Path, con: duckdb.DuckDBPyConnection, table: Table) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(".arrow", dir=folder)
        os.close(handle)
        self._path = Path(path)
        self._con, self._table = con, table
        self._schema = pa.schema([("src_row", pa.int64()), *((c.name, ARROW_TYPES[c.kind]) for c in table.columns)])
        self._file = pa.OSFile(str(self._path), "wb")
        self._writer = pa.ipc.new_file(self._file, self._schema)
        self._spans: list[tuple[int, int]] = []
        self._has_duplicates = self._has_repeats = False
        self.twins: list[int] = []
        """As `sheet_in_memory.deduplicate` gives them, once the rows are counted."""
        con.execute("CREATE OR REPLACE TEMP TABLE hashes (src_row BIGINT, copy UBIGINT, key UBIGINT)")

    def add(self, pieces: list[pa.Table]) -> None:
        """Add the rows of one block; blocks come in the order of the file, rows within one in any."""
        rows = pa.concat_tables([piece.cast(self._schema) for piece in pieces])
        if rows.num_rows == 0:
            return
        numbers = rows.column("src_row").to_numpy()
        if (np.diff(numbers) < 0).any():
            rows = rows.take(np.argsort(numbers, kind="stable"))
        rows = rows.combine_chunks()
        self._writer.write_table(rows)
        self._spans.append((int(numbers.min()), int(numbers.max())))
        names = TELLING if self._table.derived else self._table.names
        columns = ", ".join(f'"{name}"' for name in names)
        key = f"hash({SAME_KEY})" if self._table.derived else "0"
        self._con.register("incoming", rows.select(["src_row", *names]))
        self._con.execute(f"INSERT INTO hashes SELECT src_row, hash({columns}), {key} FROM incoming")
        self._con.unregister("incoming")

    def count(self) -> tuple[int, int]:
        """Close the sheet: the number of its rows that stay, and of the exact duplicates among them, which go."""
        self._writer.close()
        self._file.close()
        asked = "SELECT count(*), count(DISTINCT copy), count(DISTINCT key) FROM hashes"
        rows, distinct, keys = (int(number) for number in self._con.sql(asked).fetchall()[0])
        duplicates = self._find_duplicates() if distinct < rows else 0
        self._has_duplicates = duplicates > 0
        self._has_repeats = bool(self._table.derived) and keys < rows
        if self._has_repeats:
            self._number_repeats()
        return rows - duplicates, duplicates

    def _find_duplicates(self) -> int:
        """Keep the numbers of rows that repeat an earlier one; of alike hashes all columns are compared."""
        names = ", ".join(f'"{name}"' for name in self._table.names)
        self._fetch("alike", f"copy IN {SHARED.format(name='copy')}", ("src_row", *self._table.names))
        self._con.execute(
            f"CREATE OR REPLACE TEMP TABLE dropped AS SELECT src_row FROM (SELECT src_row, row_number() OVER "
            f"(PARTITION BY {names} ORDER BY src_row) AS copy FROM alike) WHERE copy > 1 ORDER BY src_row"
        )
        if self._table.derived:
            unsure = "SELECT src_row FROM alike WHERE ref_no IS NULL AND balance IS NULL AND src_row IN (FROM dropped)"
            self.twins = self._numbers(f"{unsure} ORDER BY src_row").column("src_row").to_pylist()
        self._con.execute("DROP TABLE alike")
        return int(self._con.sql("SELECT count(*) FROM dropped").fetchall()[0][0])

    def _number_repeats(self) -> None:
        """Number the rows that share account, reference, day and direction."""
        kept = "AND src_row NOT IN (FROM dropped)" if self._has_duplicates else ""
        columns = ("src_row", "acct_no", "ref_no", "ts", "direction")
        self._fetch("shared", f"key IN {SHARED.format(name='key')} {kept}", columns)
        self._con.execute(
            f"CREATE OR REPLACE TEMP TABLE repeats AS SELECT src_row, row_number() OVER (PARTITION BY {SAME_KEY} "
            "ORDER BY src_row) AS occurrence FROM shared ORDER BY src_row"
        )
        self._con.execute("DROP TABLE shared")

    def _fetch(self, name: str, condition: str, columns: tuple[str, ...]) -> None:
        """Copy the columns of the rows whose hashes meet a condition into a table of DuckDB."""
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE wanted AS SELECT src_row FROM hashes WHERE {condition}")
        empty = self._schema.empty_table().select(list(columns))
        self._con.register("incoming", empty)
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM incoming")
        for rows, span in self._batches():
            chosen = self._numbers(f"SELECT src_row FROM wanted WHERE {span}")
            if chosen.num_rows:
                found = rows.filter(pc.is_in(rows.column("src_row"), chosen.column("src_row")))
                self._con.register("incoming", found.select(list(columns)))
                self._con.execute(f"INSERT INTO {name} FROM incoming")
        self._con.unregister("incoming")
        self._con.execute("DROP TABLE wanted")

    def _numbers(self, query: str) -> pa.Table:
        return self._con.sql(query).to_arrow_table().combine_chunks()

    def _batches(self) -> Iterator[tuple[pa.Table, str]]:
        """Each block as written, and the SQL condition of its row numbers."""
        with pa.OSFile(str(self._path), "rb") as file:
            reader = pa.ipc.open_file(file)
            for number, (low, high) in enumerate(self._spans):
                yield pa.Table.from_batches([reader.get_batch(number)]), f"src_row BETWEEN {low} AND {high}"

    def pieces(self, file: str, sheet: str) -> Iterator[pa.Table]:
        """The rows left after duplicates, in the order of the file, with origin and derived columns; can be read only
        once."""
        for rows, span in self._batches():
            if self._has_duplicates:
                gone = self._numbers(f"SELECT src_row FROM dropped WHERE {span}").column("src_row")
                rows = rows.filter(pc.invert(pc.is_in(rows.column("src_row"), gone)))
            made = {name: rows.column(name) for name in self._table.names}
            if self._table.derived:
                made["txn_day"] = rows.column("ts").cast(pa.date32(), safe=False)
                made["occurrence"] = self._occurrences(rows, span)
            for name, text in (("src_file", file), ("src_sheet", sheet)):
                made[name] = pa.repeat(pa.scalar(text, pa.string()), rows.num_rows)
            yield pa.table({**made, "src_row": rows.column("src_row")})
        self.close()

    def close(self) -> None:
        """Remove the rows from disk."""
        self._path.unlink(missing_ok=True)

    def _occurrences(self, rows: pa.Table, span: str) -> pa.Array:
        found = np.ones(rows.num_rows, np.int64)
        if self._has_repeats:
            repeats = self._numbers(f"SELECT src_row, occurrence FROM repeats WHERE {span} ORDER BY src_row")
            places = np.searchsorted(rows.column("src_row").to_numpy(), repeats.column("src_row").to_numpy())
            found[places] = repeats.column("occurrence").to_numpy()
        return pa.array(found)
