"""Staging of one sheet between reading and the pool: rejects bad rows, drops duplicates, numbers repeated keys.

A small sheet is handled in memory. The rows of any other are staged on disk (`staged_rows`), so a sheet of any size
fits; rows in uncommon spellings, and those that break the contract, are read and judged by a DuckDB.
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

from features.intake.cells.arrow import ARROW_TYPES
from features.intake.cells.merged import MergedCells
from features.intake.cells.refusals import REFUSALS
from features.intake.sources.base import Block, Sheet
from features.intake.tables.balances import unit_doubts
from features.intake.tables.convert import TEXT, MappingRules, ParsedBlock, parse_block
from features.intake.tables.headers import SheetMatch
from features.intake.tables.quarantine import RowErrors
from features.intake.tables.sections import Sections
from features.intake.tables.sheet_in_memory import check_block, deduplicate, mark_lost, raw_text
from features.intake.tables.staged_rows import StagedRows
from features.intake.tables.stated_units import UnitsBelow
from features.intake.tables.warnings import SheetWarnings
from features.rules.masking import mask_numbers_sql, mask_value_sql
from features.schema.contract import Table
from features.settings import NO_EXTENSIONS

MEMORY = "500MB"
PIECE_ROWS = 20_000
SMALL_ROWS = 20_000
"""Rows up to which a sheet in common spellings is handled in memory alone."""
EMPTY = "''"
NOT_FILLED = ("money", "int", "real")
"""Kinds of columns whose merged cells are not filled down: a sum over several rows is none of each."""


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
    twins: list[int] = field(default_factory=list)
    """Numbers of the duplicates in a statement that may be payments of their own."""

    def refuse(self, rules: Mapping[str, int]) -> None:
        """Count refused rows by rule."""
        for rule, rows in rules.items():
            self.rules[rule] = self.rules.get(rule, 0) + rows


@dataclass(frozen=True, slots=True)
class _SheetResults:
    """The sheet whose rows are being staged, with its counts and the quarantine for its refused rows."""

    sheet: Sheet
    match: SheetMatch
    counts: RowCounts
    quarantine: RowErrors

    def refuse(self, errors: pa.Table, rules: Mapping[str, int]) -> None:
        """Quarantine rows that failed a check, and count them by rule."""
        self.quarantine.add(self.sheet.file, self.sheet.name, self.match.table.name, errors)
        self.counts.refuse(rules)

    def count_block(self, block: Block, bad: int, blank: int) -> None:
        """Add a block to the counts, with its records that could not be split into cells; those are quarantined."""
        for item in block.broken:
            self.counts.refuse({item.rule: 1})
        if block.broken:
            self.quarantine.add_unparsed(self.sheet.file, self.sheet.name, self.match.table.name, block.broken)
        self.counts.read += len(block.rows) - blank + len(block.broken)
        self.counts.bad += bad + len(block.broken)
        self.counts.blank += blank


class SheetStaging:
    """Staging area for one sheet at a time: `start`, `add_block` for each block, `finish`, then `rows`."""

    def __init__(self, spill: Path) -> None:
        self._spill = spill
        self.warnings: SheetWarnings
        self._table: Table
        self._small: list[pa.Table] = []
        self._small_rows = 0
        self._staged: StagedRows | None = None
        self._sections = Sections()
        self._units = UnitsBelow()
        self._merged = MergedCells()

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
                **NO_EXTENSIONS,
            }
        )

    def close(self) -> None:
        """Release memory and disk; the staging area can be used again."""
        self._small = []
        if self._staged is not None:
            self._staged.close()
            self._staged = None
        if "con" in self.__dict__:
            self.con.close()
            del self.con

    def start(self, table: Table) -> None:
        """Begin a sheet of a table."""
        self._table = table
        self._small, self._small_rows, self._staged = [], 0, None
        self._sections, self._units, self._merged = Sections(), UnitsBelow(), MergedCells()
        self.warnings = SheetWarnings(table)

    @property
    def rules(self) -> MappingRules | None:
        """The rules the sheet is read by, with what notes below its rows say; None where it has no rows."""
        return self._units.rules

    def _open(self) -> StagedRows:
        """Switch to disk, for a sheet that is large or has uncommon spellings."""
        if self._staged is None:
            self._staged = StagedRows(self._spill, self.con, self._table)
            for rows in self._small:
                self._staged.add([rows])
            self._small = []
        return self._staged

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
        block = self._fill_merged(block, sheet, match)
        rules = self._units.with_notes(block, sheet, match, rules)
        results = _SheetResults(sheet, match, counts, quarantine)
        for section, section_rules in self._sections.split(block, sheet, match, rules):
            self._add_section(section, section_rules, results)

    def _fill_merged(self, block: Block, sheet: Sheet, match: SheetMatch) -> Block:
        """The block with merged cells filled down, in columns that hold no numbers; the report tells it."""
        if not sheet.merged:
            return block
        columns = [name for name, places in match.sources.items() if match.table.column(name).kind not in NOT_FILLED]
        places = frozenset(place for name in columns for place in match.sources[name])
        below = tuple(one for one in sheet.merged if one[1] >= match.layout.first_row)
        block = self._merged.fill(block, below, places)
        self.warnings.fill_merged(
            {match.layout.headers[at].strip(): ranges for at, ranges in self._merged.filled().items()}
        )
        return block

    def _add_section(self, block: Block, rules: MappingRules, results: _SheetResults) -> None:
        match = results.match
        parsed = parse_block(match.table, match.sources, rules, block)
        self.warnings.check(parsed.columns)
        self.warnings.check_units(match, rules, block)
        self._small_rows += len(block.rows)
        if parsed.needs_no_sql:
            bad, blank = self._add_in_memory(parsed, block, results)
        elif (parts := parsed.apart()) is None:
            good, bad, blank = self._check(parsed, block, results)
            self._stage([good])
        else:
            plain, places = parts
            odd = Block(block.cells.take(places), block.rows[places])
            parsed = self._completed(parse_block(match.table, match.sources, rules, odd))
            judge = self._check_in_memory if parsed.needs_no_sql else self._check
            good, bad, blank = judge(parsed, odd, results)
            self._stage([plain, good])
        results.count_block(block, bad, blank)

    def _stage(self, pieces: list[pa.Table]) -> None:
        """Stage accepted rows on disk."""
        for rows in pieces:
            self.warnings.count_accepted(rows)
        self._open().add(pieces)

    def _add_in_memory(self, parsed: ParsedBlock, block: Block, results: _SheetResults) -> tuple[int, int]:
        good, bad, blank = self._check_in_memory(parsed, block, results)
        if self._staged is not None or self._small_rows > SMALL_ROWS:
            self._stage([good])
        else:
            self.warnings.count_accepted(good)
            self._small.append(good)
        return bad, blank

    def _check_in_memory(self, parsed: ParsedBlock, block: Block, results: _SheetResults) -> tuple[pa.Table, int, int]:
        """As `_check`, for a block that `needs_no_sql`."""
        checked = check_block(parsed, block)
        if checked.errors is not None:
            results.refuse(checked.errors, checked.rules)
        self._count_lost(checked.lost, results.counts)
        self._note_cases(parsed, checked.refused, results.counts)
        return checked.good, checked.bad, checked.blank

    def _completed(self, parsed: ParsedBlock) -> ParsedBlock:
        """A block whose cells in uncommon spellings are read by SQL, where they can be read apart from their rows."""
        lacking = parsed.lacking
        if not lacking:
            return parsed
        self._register(parsed.incoming.select([name + TEXT for name in lacking]))
        chosen = ", ".join(f'{value} AS "{name}"' for name, value in lacking.items())
        found = self.con.sql(f"SELECT {chosen} FROM incoming").to_arrow_table()
        self.con.unregister("incoming")
        kinds = {name: ARROW_TYPES[self._table.column(name).kind] for name in lacking}
        return parsed.with_values({name: found.column(name).cast(kind) for name, kind in kinds.items()})

    def _check(self, parsed: ParsedBlock, block: Block, results: _SheetResults) -> tuple[pa.Table, int, int]:
        """The good rows as SQL reads them, the others to quarantine; also how many are bad and how many only blank."""
        names = ", ".join(f'"{name}"' for name in ("src_row", *self._table.names))
        self._register(parsed.incoming)
        try:
            if parsed.cannot_fail:
                return self.con.sql(f"SELECT {names} FROM ({parsed.select})").to_arrow_table(), 0, 0
            checked = f"SELECT {names}, ok, lost FROM ({parsed.checked_sql})"
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE block AS {checked}")
            marks = self.con.sql("SELECT ok, lost FROM block").to_arrow_table()
            good, lost = (marks.column(name).to_numpy() for name in ("ok", "lost"))
            rows = self.con.sql(f"SELECT {names} FROM block WHERE ok").to_arrow_table()
            if good.all() and not lost.any():
                return rows, 0, 0
            reported = np.flatnonzero(~good | lost)
            self._register(parsed.incoming.take(reported).append_column("raw", raw_text(block.cells.take(reported))))
            blank = self._quarantine(parsed, results)
            return rows, int((~good).sum()) - blank, blank
        finally:
            self.con.unregister("incoming")

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

    def _quarantine(self, parsed: ParsedBlock, results: _SheetResults) -> int:
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
        results.refuse(errors, rules)
        self._count_lost(lost, results.counts)
        self._note_cases(parsed, bad, results.counts)
        return before - filled

    def finish(self, table: Table, sheet: Sheet, counts: RowCounts) -> None:
        """Find exact duplicates; in statements number the rows that share account, reference, day and direction."""
        if self._staged is not None:
            counts.accepted, counts.duplicates = self._staged.count()
            counts.twins = self._staged.twins
        elif self._small:
            rows, counts.duplicates, counts.twins = deduplicate(table, self._small, sheet.file, sheet.name)
            counts.accepted = rows.num_rows
            self._small = [rows]

    def rows(self, table: Table, sheet: Sheet) -> Iterator[pa.Table]:
        """The accepted rows in the order of the file, in pieces; sums of the first that seem to be in another unit are
        warned of."""
        pieces = iter(self._small if self._staged is None else self._staged.pieces(sheet.file, sheet.name))
        for number, rows in enumerate(pieces):
            if number == 0:
                self.warnings.doubt_units(unit_doubts(table, rows))
            yield rows

    def _row(self, sql: str) -> tuple[int, int]:
        first, second = self.con.sql(sql).fetchall()[0]
        return int(first), int(second)


def row_errors_sql(parsed: ParsedBlock) -> str:
    """SQL of rows (row, column, label, rule, value, sentence, raw), one per failed check of the rows in `refused`.

    A personal value is masked; of any other its numbers are: what slipped into the wrong column may be anybody's.
    """
    entries = []
    for check in parsed.checks:
        column, rule = check.column, check.rule
        shown = f"coalesce(\"{column.name}{TEXT}\", '')"
        personal = "true" if column.personal and rule not in ("required", "direction") else "false"
        said = f"'column': '{column.name}', 'label': '{column.label}', 'rule': '{rule}', 'reason': '{REFUSALS[rule]}'"
        entry = f"{{{said}, 'value': {shown}, 'personal': {personal}, 'note': {check.note or EMPTY}}}"
        entries.append(f"CASE WHEN coalesce({check.condition}, false) THEN {entry} END")
    listed = ", ".join(entries)
    failed = f"SELECT src_row, raw, unnest(list_filter([{listed}], lambda item: item IS NOT NULL)) AS f FROM refused"
    masked = f"CASE WHEN f.personal THEN {mask_value_sql('f.value')} ELSE {mask_numbers_sql('f.value')} END"
    return (
        'SELECT src_row AS row, f.column AS "column", f.label AS label, f.rule AS rule, value, '
        "'第' || src_row || '行“' || f.label || '”列：' || f.reason || f.note || "
        "CASE WHEN value = '' THEN '' ELSE '（收到“' || value || '”）' END AS sentence, raw "
        f"FROM (SELECT *, {masked} AS value FROM ({failed})) ORDER BY src_row"
    )
