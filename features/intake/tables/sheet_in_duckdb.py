"""Staging of one sheet between reading and the pool: rejects bad rows, drops duplicates, numbers repeated keys.

A small sheet is handled in memory. Any other is staged in a DuckDB that spills to disk beyond its memory limit, so a
sheet of any size fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.rules import RULES
from features.intake.sources.base import Block, Sheet
from features.intake.tables.convert import TEXT, MappingRules, ParsedBlock, masked_sql, parse_block
from features.intake.tables.headers import SheetMatch
from features.intake.tables.quarantine import RowErrors
from features.intake.tables.sheet_in_memory import check_block, deduplicate, mark_lost, raw_text
from features.intake.tables.warnings import SheetWarnings
from features.pool.pool import OFFLINE
from features.schema.contract import Table

MEMORY = "500MB"
OUT_ROWS = 100_000
PIECE_ROWS = 20_000
SMALL_ROWS = 20_000
"""Rows up to which a sheet in common spellings is handled in memory alone."""
EMPTY = "''"


@dataclass(slots=True)
class RowCounts:
    """Rows of a sheet: read = accepted + bad + duplicates; blank rows are counted apart. `rules`: rule -> rows."""

    read: int = 0
    accepted: int = 0
    bad: int = 0
    duplicates: int = 0
    blank: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    cells: int = 0
    """Cells left empty in accepted rows."""
    refused_cases: set[str] = field(default_factory=set)
    """Case numbers, as written, of refused rows of the table of cases."""

    def refuse(self, rules: Mapping[str, int]) -> None:
        """Count refused rows by rule."""
        for rule, rows in rules.items():
            self.rules[rule] = self.rules.get(rule, 0) + rows


class SheetStaging:
    """Staging area for one sheet at a time: `start`, `add_block` for each block, `finish`, then `rows`."""

    def __init__(self, spill: Path) -> None:
        self._spill = spill
        self._first, self._last = 0, -1
        self._has_duplicates = self._has_repeats = False
        self.warnings: SheetWarnings
        self._table: Table
        self._small: list[pa.Table] = []
        self._small_rows = 0
        self._opened = False

    @cached_property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB of this staging area, opened at first use; most sheets need none."""
        self._spill.mkdir(parents=True, exist_ok=True)
        return duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "temp_directory": str(self._spill),
                "threads": 2,
                "preserve_insertion_order": True,
                **OFFLINE,
            }
        )

    def close(self) -> None:
        """Release memory and disk; the staging area can be used again."""
        self._small = []
        if "con" in self.__dict__:
            self.con.close()
            del self.con

    def start(self, table: Table) -> None:
        """Begin a sheet of a table."""
        self._table = table
        self._small, self._small_rows, self._opened = [], 0, False
        self.warnings = SheetWarnings(table)

    def _open(self) -> None:
        """Switch to DuckDB, for a sheet that is large or has uncommon spellings."""
        if self._opened:
            return
        columns = ", ".join(f'"{column.name}" {_SQL_TYPE[column.kind]}' for column in self._table.columns)
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE staged (src_row BIGINT, {columns})")
        for rows in self._small:
            self._insert(rows)
        self._small, self._opened = [], True

    def _insert(self, rows: pa.Table) -> None:
        self._register(rows)
        self.con.execute("INSERT INTO staged FROM incoming")
        self.con.unregister("incoming")

    def add_block(
        self,
        block: Block,
        sheet: Sheet,
        match: SheetMatch,
        rules: MappingRules,
        counts: RowCounts,
        quarantine: RowErrors,
    ) -> None:
        """Parse and check one block: good rows are staged, the others go to quarantine with every failed check."""
        table = match.table
        parsed = parse_block(table, match.sources, rules, block)
        self.warnings.check(parsed.columns, signed=rules.signed is not None)
        self.warnings.check_units(match, rules.units, block)
        self._small_rows += len(block.rows)
        if parsed.needs_no_sql:
            bad, blank = self._add_in_memory(sheet, table, parsed, block, counts, quarantine)
        else:
            bad, blank = self._add_in_duckdb(sheet, table, parsed, block, counts, quarantine)
        for item in block.broken:
            counts.rules[item.rule] = counts.rules.get(item.rule, 0) + 1
        if block.broken:
            quarantine.add_unparsed(sheet.file, sheet.name, table.name, block.broken)
        counts.read += len(block.rows) - blank + len(block.broken)
        counts.bad += bad + len(block.broken)
        counts.blank += blank

    def _add_in_memory(
        self, sheet: Sheet, table: Table, parsed: ParsedBlock, block: Block, counts: RowCounts, quarantine: RowErrors
    ) -> tuple[int, int]:
        checked = check_block(parsed, block)
        if checked.errors is not None:
            quarantine.add(sheet.file, sheet.name, table.name, checked.errors)
        counts.refuse(checked.rules)
        self._count_lost(checked.lost, counts)
        self._note_cases(parsed, checked.refused, counts)
        if self._opened or self._small_rows > SMALL_ROWS:
            self._open()
            self._insert(checked.good)
        else:
            self._small.append(checked.good)
        return checked.bad, checked.blank

    def _add_in_duckdb(
        self, sheet: Sheet, table: Table, parsed: ParsedBlock, block: Block, counts: RowCounts, quarantine: RowErrors
    ) -> tuple[int, int]:
        self._open()
        self._register(parsed.incoming)
        bad = blank = 0
        if parsed.cannot_fail:
            names = ", ".join(f'"{name}"' for name in table.names)
            self.con.execute(f"INSERT INTO staged SELECT src_row, {names} FROM ({parsed.select})")
        else:
            bad, blank = self._check_and_stage(sheet, table, parsed, block, counts, quarantine)
        self.con.unregister("incoming")
        return bad, blank

    def _check_and_stage(
        self, sheet: Sheet, table: Table, parsed: ParsedBlock, block: Block, counts: RowCounts, quarantine: RowErrors
    ) -> tuple[int, int]:
        """Stage the good rows, quarantine the others; returns how many are bad and how many only blank."""
        names = ", ".join(f'"{name}"' for name in table.names)
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE block AS SELECT src_row, {names}, ok, lost FROM ({parsed.checked_sql})"
        )
        marks = self.con.sql("SELECT ok, lost FROM block").to_arrow_table()
        good, lost = (marks.column(name).to_numpy() for name in ("ok", "lost"))
        self.con.execute(f"INSERT INTO staged SELECT src_row, {names} FROM block WHERE ok")
        if good.all() and not lost.any():
            return 0, 0
        told = np.flatnonzero(~good | lost)
        self._register(parsed.incoming.take(told).append_column("raw", raw_text(block.cells.take(told))))
        blank = self._quarantine(sheet, table, parsed, counts, quarantine)
        return int((~good).sum()) - blank, blank

    def _note_cases(self, parsed: ParsedBlock, refused: pa.ChunkedArray | None, counts: RowCounts) -> None:
        if self._table.name == "case" and refused is not None:
            of_refused = pc.is_in(parsed.columns["src_row"], refused.combine_chunks())
            counts.refused_cases |= set(parsed.columns[f"case_no{TEXT}"].filter(of_refused).drop_null().to_pylist())

    def _count_lost(self, lost: Mapping[str, int], counts: RowCounts) -> None:
        counts.cells += sum(lost.values())
        self.warnings.count_lost(lost)

    def _register(self, incoming: pa.Table) -> None:
        """Register rows with DuckDB as `incoming`, in batches its threads can share."""
        pieces = incoming.combine_chunks().to_batches(max_chunksize=PIECE_ROWS)
        self.con.register("incoming", pa.Table.from_batches(pieces, incoming.schema))

    def _quarantine(
        self, sheet: Sheet, table: Table, parsed: ParsedBlock, counts: RowCounts, quarantine: RowErrors
    ) -> int:
        """Quarantine what failed in the rows in `incoming`; returns how many were only blank and so dropped."""
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE refused AS SELECT typed.*, incoming.raw "
            f"FROM ({parsed.select}) AS typed JOIN incoming USING (src_row)"
        )
        before, filled = self._row("SELECT count(*), count(*) FILTER (WHERE raw <> '') FROM refused")
        self.con.execute("DELETE FROM refused WHERE raw = ''")
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE faults AS {row_errors_sql(parsed)}")
        faults = self.con.sql("FROM faults ORDER BY row, label, rule").to_arrow_table()
        bad = self.con.sql("SELECT src_row FROM block WHERE NOT ok").to_arrow_table().column("src_row")
        errors, lost, rules = mark_lost(faults, bad)
        counts.refuse(rules)
        self._count_lost(lost, counts)
        self._note_cases(parsed, bad, counts)
        quarantine.add(sheet.file, sheet.name, table.name, errors)
        return before - filled

    def finish(self, table: Table, sheet: Sheet, counts: RowCounts) -> None:
        """Find exact duplicates; in statements number the rows that share account, reference, day and direction."""
        if not self._opened:
            if self._small:
                rows, counts.duplicates = deduplicate(table, self._small, sheet.file, sheet.name)
                counts.accepted = rows.num_rows
                self._small = [rows]
            return
        names = ", ".join(f'"{name}"' for name in table.names)
        key = "acct_no, coalesce(ref_no, ''), ts::DATE, direction"
        keys = f"count(DISTINCT hash({key}))" if table.derived else "count(*)"
        counted = self.con.sql(
            f"SELECT count(*), count(DISTINCT hash({names})), {keys}, coalesce(min(src_row), 0), "
            "coalesce(max(src_row), -1) FROM staged"
        ).fetchall()[0]
        staged, distinct, distinct_keys, self._first, self._last = (int(number) for number in counted)
        self._has_duplicates, self._has_repeats = distinct < staged, distinct_keys < staged
        counts.accepted = staged
        if self._has_duplicates:
            self.con.execute(
                f"CREATE OR REPLACE TEMP TABLE dropped AS SELECT src_row FROM (SELECT src_row, row_number() OVER "
                f"(PARTITION BY {names} ORDER BY src_row) AS copy FROM staged WHERE hash({names}) IN "
                f"(SELECT hash({names}) AS h FROM staged GROUP BY h HAVING count(*) > 1)) WHERE copy > 1"
            )
            counts.duplicates = int(self.con.sql("SELECT count(*) FROM dropped").fetchall()[0][0])
            counts.accepted -= counts.duplicates
        if self._has_repeats:
            kept = "staged ANTI JOIN dropped USING (src_row)" if self._has_duplicates else "staged"
            self.con.execute(
                f"CREATE OR REPLACE TEMP TABLE repeats AS SELECT src_row, row_number() OVER (PARTITION BY {key} "
                f"ORDER BY src_row) AS occurrence FROM {kept} WHERE hash({key}) IN "
                f"(SELECT hash({key}) AS h FROM staged GROUP BY h HAVING count(*) > 1)"
            )

    def rows(self, table: Table, sheet: Sheet) -> Iterator[pa.Table]:
        """The accepted rows in the order of the file, in tables of at most `OUT_ROWS` rows."""
        if not self._opened:
            yield from self._small
            return
        names = ", ".join(f's."{name}"' for name in table.names)
        occurrence = "coalesce(r.occurrence, 1)" if self._has_repeats else "1"
        derived = f", s.ts::DATE AS txn_day, {occurrence}::BIGINT AS occurrence" if table.derived else ""
        for low in range(self._first, self._last + 1, OUT_ROWS):
            span = f"WHERE src_row >= {low} AND src_row < {low + OUT_ROWS}"
            dropped = f"ANTI JOIN (FROM dropped {span}) d USING (src_row)" if self._has_duplicates else ""
            repeats = f"LEFT JOIN (FROM repeats {span}) r USING (src_row)" if self._has_repeats else ""
            yield self.con.sql(
                f"SELECT {names}{derived}, $file AS src_file, $sheet AS src_sheet, s.src_row FROM "
                f"(FROM staged {span}) s {dropped} {repeats} ORDER BY s.src_row",
                params={"file": sheet.file, "sheet": sheet.name},
            ).to_arrow_table()

    def _row(self, sql: str) -> tuple[int, int]:
        first, second = self.con.sql(sql).fetchall()[0]
        return int(first), int(second)


_SQL_TYPE = {
    "text": "VARCHAR",
    "id": "VARCHAR",
    "code": "VARCHAR",
    "set": "VARCHAR",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "money": "BIGINT",
    "int": "BIGINT",
    "real": "DOUBLE",
    "bool": "BOOLEAN",
}


def row_errors_sql(parsed: ParsedBlock) -> str:
    """SQL of rows (row, column, label, rule, value, sentence, raw), one per failed check of the rows in `refused`."""
    entries = []
    for check in parsed.checks:
        column, rule = check.column, check.rule
        shown = f"coalesce(\"{column.name}{TEXT}\", '')"
        value = masked_sql(shown) if column.personal and rule not in ("required", "direction") else shown
        said = f"'column': '{column.name}', 'label': '{column.label}', 'rule': '{rule}', 'reason': '{RULES[rule]}'"
        entry = f"{{{said}, 'value': {value}, 'note': {check.note or EMPTY}}}"
        entries.append(f"CASE WHEN coalesce({check.condition}, false) THEN {entry} END")
    listed = ", ".join(entries)
    return (
        f'SELECT src_row AS row, f.column AS "column", f.label AS label, f.rule AS rule, f.value AS value, '
        "'第' || src_row || '行“' || f.label || '”列：' || f.reason || f.note || "
        "CASE WHEN f.value = '' THEN '' ELSE '（收到“' || f.value || '”）' END AS sentence, raw "
        f"FROM (SELECT src_row, raw, unnest(list_filter([{listed}], lambda item: item IS NOT NULL)) AS f FROM refused) "
        "ORDER BY src_row"
    )
