"""Parse a block of text cells into typed columns by a table's contract.

Columns in common spellings are parsed at once in Arrow. For the others, and for the checks of the contract, SQL is
built that DuckDB runs over the block. A row is accepted when every non-blank cell could be parsed and every check
holds; for any other row each failed check is listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells import arrow as cell_arrow
from features.intake.cells import combine, row_units, sides, units, written
from features.intake.cells import sql as cell_sql
from features.intake.cells.currency_notes import currencies_of_accounts
from features.intake.cells.plausible_rates import expected_rates
from features.intake.cells.quotation import read_quantities
from features.intake.cells.written_days import in_common_spelling
from features.intake.sources.base import Block
from features.rules import case_numbers
from features.schema.contract import Column, Order, Table

TEXT = "_t"
VALUE = "_v"
ERA = ("1900-01-01", "9999-12-31")
"""First and last date accepted."""
MANY_ODD = 0.25
"""If a larger share of a block's rows is in uncommon spellings, SQL reads the whole block."""


@dataclass(frozen=True, slots=True)
class Inference:
    """A rule of a mapping for cells of a coded column whose spelling says nothing by itself.

    Attributes:
        when: source column -> pattern (RE2, found anywhere in its cell); all must match in the row.
        column: the contract column that takes the code. code: the code.
    """

    when: Mapping[str, str]
    column: str
    code: str


@dataclass(frozen=True, slots=True)
class StatedUnit:
    """The unit of a column of sums.

    Attributes:
        unit: one of `units.UNITS`; or one in another currency (万美元), which counts in rows of that currency; or what
            is said and nobody can read; the sums are refused then.
        known: whether it can be read.
        why: where it is stated, as told in the report.
        common: stated beside the table, for all its columns.
        doubt: why it is doubtful though it is read, told in the report; else ''.
    """

    unit: str
    known: bool
    why: str
    common: bool = False
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class MappingRules:
    """What mapping and headers add to the contract: constants, spellings of codes, formats, units, a signed amount."""

    constants: Mapping[str, str] = field(default_factory=dict)
    spellings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ()
    flows: Mapping[int, str] = field(default_factory=dict)
    """Position of a source column that holds only money in or only money out -> code of that direction."""
    units: Mapping[int, StatedUnit] = field(default_factory=dict)
    """Position of a source column of sums -> its unit, where one is stated."""
    row_units: Mapping[int, int] = field(default_factory=dict)
    """Position of a source column of sums -> that of the column which holds the unit of each row."""
    row_units_sure: bool = True
    """Whether the header of that column leaves no doubt that it holds units."""
    listed: bool = False
    """Whether a mapping lists the source columns, so that none may be lost; the contract's headers go by preference."""
    joined: frozenset[str] = frozenset()
    """Contract columns whose source columns are joined into one text."""
    first: frozenset[str] = frozenset()
    """Contract columns of whose source columns the first that is filled counts."""
    inferred: tuple[Inference, ...] = ()
    """Tried in order, the first that matches counts."""
    signed: tuple[str, str, str] | None = None
    """Column of the signed amount, direction where it is positive, direction where it is negative."""
    blanks: tuple[str, ...] = ()
    """Spellings of an empty cell beside the usual ones."""
    taken: Mapping[str, str] = field(default_factory=dict)
    """Column -> pattern (RE2) whose first group is what counts of its cell; a cell unlike it is empty."""
    quoted_for: str = ""
    """Of exchange rates: the quantity of foreign money that the header names (每100外币), or ''."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Column -> label of its value in the rows above a header."""
    titled: bool = False
    """The constant currency is that of a title or head, which another section may not share."""
    days_later: int = 0
    """Days to add to dates that are plain numbers, of a workbook that counts from 1904."""
    notes: tuple[str, ...] = ()
    """What the report says of how the sheet is read."""


@dataclass(frozen=True, slots=True)
class RowCheck:
    """One check a row can fail: the column it names, the rule (see `cells.refusals`), the SQL condition of failing."""

    column: Column
    rule: str
    condition: str
    note: str = ""
    """SQL of a text to append to the reason, or ''."""
    nature: Literal["missing", "unread", ""] = ""
    """Set where failing shows by NULLs alone: `missing` = neither text nor value, `unread` = a text but no value."""
    costs_cell: bool = False
    """Failing leaves the cell empty and the row accepted."""


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """A block of cells, parsed as far as Arrow can, with the SQL for the rest.

    Attributes:
        columns: `src_row`, the cleaned text of each column (`name_t`), and the values already parsed (`name_v`).
        select: SQL over `incoming`: src_row, `name_t`, the value of each column under its name.
        checks: every check that a row of this block may still fail.
        typed: src_row and the value of each column, when Arrow could parse all of them; else None.
    """

    columns: Mapping[str, pa.ChunkedArray]
    select: str
    checks: tuple[RowCheck, ...]
    typed: pa.Table | None = None
    unread: tuple[Column, ...] = ()
    """Columns with cells that Arrow could not parse."""
    table: Table | None = None

    def apart(self) -> tuple[pa.Table, npt.NDArray[np.int64]] | None:
        """The typed rows that are in common spellings and break no check, and the places of all others.

        None where the two cannot be told apart in Arrow, or the others are many.
        """
        if self.table is None or any(check.rule in ("range", "order") for check in self.checks):
            return None
        odd = np.zeros(len(self.columns["src_row"]), bool)
        for check in self.checks:
            odd |= _may_fail(self.columns, check)
        for column in self.unread:
            odd |= cell_arrow.odd_cells(column, self.columns[column.name + TEXT])
        if odd.mean() > MANY_ODD:
            return None
        # Every column of values and the texts that are still to be read: copying all texts takes as long again.
        kept = {"src_row", *(column.name + TEXT for column in self.unread)}
        kept |= {name + VALUE for name in self.table.names}
        sound = pa.array(~odd)
        plain = {name: cells.filter(sound) for name, cells in self.columns.items() if name in kept}
        for column in self.unread:
            value = cell_arrow.parse_column(column, plain[column.name + TEXT])
            if value is None or not _of_the_era(column, value):
                return None
            plain[column.name + VALUE] = value
        rows = _typed_rows(self.table, plain)
        return None if rows is None else (rows, np.flatnonzero(odd))

    @property
    def lacking(self) -> Mapping[str, str]:
        """Column -> SQL of the values Arrow could not parse; empty if whole rows have to be checked in SQL anyway."""
        plain = self.table is not None and not any(check.rule in ("range", "order") for check in self.checks)
        if not plain or any(column.kind not in cell_arrow.NUMBERS or column.personal for column in self.unread):
            return {}
        return {column.name: cell_sql.value_sql(column, f'"{column.name}{TEXT}"') for column in self.unread}

    def with_values(self, values: Mapping[str, pa.ChunkedArray]) -> ParsedBlock:
        """The same block with the values it was `lacking`, read elsewhere."""
        if self.table is None:
            raise ValueError("Only a block whose values are independent of a mapping's rules can be completed.")
        columns = {**self.columns, **{name + VALUE: value for name, value in values.items()}}
        checks = [
            check
            for column in self.table.columns
            for check in _column_checks(self.table, column, columns[column.name + TEXT], columns[column.name + VALUE])
        ]
        return ParsedBlock(columns, self.select, tuple(checks), _typed_rows(self.table, columns), (), self.table)

    @property
    def incoming(self) -> pa.Table:
        """Texts and parsed values of the block as one table, under which name the SQL of the checks reads it."""
        return pa.table(dict(self.columns))

    @property
    def needs_no_sql(self) -> bool:
        """Whether every value is parsed and every check can be decided by NULLs."""
        return self.typed is not None and all(check.nature for check in self.checks)

    @property
    def rows(self) -> pa.Table:
        """The typed rows of a block that `needs_no_sql`."""
        if self.typed is None:
            raise ValueError("Only a block that needs no SQL has typed rows.")
        return self.typed

    @property
    def cannot_fail(self) -> bool:
        """Whether no row of the block can fail a check."""
        return not self.checks

    @property
    def checked_sql(self) -> str:
        """SQL of the typed rows with `ok`: whether the row is accepted, and `lost`: whether a cell of it is not."""
        of_rows = [check for check in self.checks if not check.costs_cell]
        of_cells = [check for check in self.checks if check.costs_cell]
        emptied: dict[str, list[str]] = {}
        for check in of_cells:
            if not check.nature:
                emptied.setdefault(check.column.name, []).append(check.condition)
        replaced = ", ".join(
            f'CASE WHEN {_any_sql(conditions)} THEN NULL ELSE "{name}" END AS "{name}"'
            for name, conditions in emptied.items()
        )
        star = f"* REPLACE ({replaced})" if replaced else "*"
        ok = f"NOT ({_any_sql([check.condition for check in of_rows])})"
        lost = _any_sql([check.condition for check in of_cells])
        return f"SELECT {star}, {ok} AS ok, {lost} AS lost FROM ({self.select})"


def _any_sql(conditions: Sequence[str]) -> str:
    return " OR ".join(f"coalesce({condition}, false)" for condition in conditions) or "false"


def costs_only_the_cell(table: Table, column: Column) -> bool:
    """Whether a cell that cannot be read leaves its row accepted.

    Not so in an outcome of supervision, nor where the cell is required, says what the row is about or when, stands in
    for another, or where an empty cell means something by itself (`empty_means`).
    """
    vital = {*table.key, *table.subjects, table.happened, *(other.stand_in for other in table.columns)}
    return not table.outcome and not column.required and column.name not in vital and not column.empty_means


def parse_block(table: Table, sources: Mapping[str, tuple[int, ...]], rules: MappingRules, block: Block) -> ParsedBlock:
    """Parse what Arrow can, build SQL for the rest; `sources`: contract column -> positions of source columns."""
    columns: dict[str, pa.ChunkedArray] = {"src_row": pa.chunked_array([block.rows])}
    values: dict[str, str] = {}
    checks: list[RowCheck] = []
    texts = _clean_texts(table, sources, rules, block)
    parsed = _parsed_values(table, texts, rules)
    _read_written(table, texts, parsed, rules.date_formats)
    for column in table.columns:
        text, value = texts[column.name], parsed[column.name]
        columns[column.name + TEXT] = text
        if value is not None:
            columns[column.name + VALUE] = value
            values[column.name] = f'"{column.name}{VALUE}"'
        else:
            values[column.name] = cell_sql.value_sql(column, f'"{column.name}{TEXT}"', rules.date_formats)
        checks += _column_checks(table, column, text, value)
    checks += [
        _order_check(table, check.early, check.late) for check in table.checks if _may_be_out_of_order(columns, check)
    ]
    checks += _rate_checks(table, texts)
    if rules.signed:
        _apply_sign(values, rules.signed)
    held = ", ".join(f'"{name}{TEXT}"' for name in table.names)
    typed = ", ".join(f'{expression} AS "{name}"' for name, expression in values.items())
    select = f"SELECT *{_stand_in_sql(table)} FROM (SELECT src_row, {held}, {typed} FROM incoming)"
    unread = tuple(column for column in table.columns if parsed[column.name] is None)
    known = None if rules.signed or rules.date_formats else table
    return ParsedBlock(
        columns, select, tuple(checks), None if rules.signed else _typed_rows(table, columns), unread, known
    )


def _clean_texts(
    table: Table, sources: Mapping[str, tuple[int, ...]], rules: MappingRules, block: Block
) -> dict[str, pa.ChunkedArray]:
    """The cleaned text of each column; of several source columns see `cells.combine`."""
    count = len(block.rows)
    found: dict[str, list[pa.ChunkedArray]] = {column.name: [] for column in table.columns}
    for texts in (True, False):
        cells = [
            (column, block.cells.column(place), place)
            for column in table.columns
            if (column.kind == "text") is texts
            for place in sources.get(column.name, ())
        ]
        if cells:
            cleaned = cell_arrow.split_columns(
                cell_arrow.clean_cells(cell_arrow.stack_columns([cell for _, cell, _ in cells]), cells[0][0].kind),
                count,
            )
            for (column, _, place), text in zip(cells, cleaned, strict=False):
                found[column.name].append(_in_unit(text, place, rules, block))
    _take_parts(rules, found)
    _count_days(table, rules, found)
    for column in table.columns:
        if len(found[column.name]) > 1:
            found[column.name] = _combined(table, column, found[column.name], rules)
    if rules.flows:
        _read_flows(table, sources, rules, block, found)
    elif not rules.signed:
        _read_sides(table, rules, found)
    if table.name == "rate" and found["ccy"]:
        (ccy, *_) = found["ccy"]
        bare, quantity = read_quantities(ccy, found["units"], rules.quoted_for)
        found |= {"ccy": [bare], "units": [quantity]}
    _add_currencies(rules, block, found)
    for name, constant in rules.constants.items():
        found[name].append(pa.chunked_array([pa.repeat(pa.scalar(constant, pa.string()), count)]))
    whole = {name: _first_filled(parts, count) for name, parts in found.items()}
    return {**whole, **_inferred(table, rules, whole)}


def _count_days(table: Table, rules: MappingRules, found: dict[str, list[pa.ChunkedArray]]) -> None:
    """Move days that are plain numbers from the calendar of 1904 to the usual one."""
    for column in table.columns if rules.days_later else ():
        if column.kind in ("date", "datetime"):
            parts = found[column.name]
            found[column.name] = [combine.later(part, rules.days_later, len(parts) == 1) for part in parts]


def _add_currencies(rules: MappingRules, block: Block, found: dict[str, list[pa.ChunkedArray]]) -> None:
    """Add what units of rows and account numbers say of currencies, for rows that do not say their own."""
    if rules.row_units and "ccy" in found:
        told = row_units.read_units(_row_units(rules, block, next(iter(rules.row_units))))
        found["ccy"].append(row_units.currencies_of(told))
    if {"ccy", "acct_no"} <= found.keys():
        suffixed = [currencies_of_accounts(part) for name in ("acct_no", "card_no") for part in found[name]]
        found["ccy"] += [codes for codes in suffixed if codes is not None]


def _first_filled(parts: list[pa.ChunkedArray], count: int) -> pa.ChunkedArray:
    if not parts:
        return cell_arrow.null_column(count, "text")
    return parts[0] if len(parts) == 1 else pc.coalesce(*parts)


def _row_units(rules: MappingRules, block: Block, place: int) -> pa.ChunkedArray:
    return cell_arrow.clean_cells(block.cells.column(rules.row_units[place]), "id")


def _in_unit(text: pa.ChunkedArray, place: int, rules: MappingRules, block: Block) -> pa.ChunkedArray:
    """Sums with the unit of their row or column; with one that nobody can read, as a text that no parser accepts."""
    stated = rules.units.get(place)
    if place in rules.row_units and (stated is None or stated.known):
        own = "" if stated is None else stated.unit
        text = row_units.in_row_units(text, row_units.read_units(_row_units(rules, block, place)), own)
    if stated is None or (stated.known and stated.unit == units.YUAN):
        return text
    return units.with_unit(text, stated.unit if stated.known else f"（{stated.unit}）")


def _combined(table: Table, column: Column, parts: list[pa.ChunkedArray], rules: MappingRules) -> list[pa.ChunkedArray]:
    if column.name in rules.first:
        return parts
    if column.name in rules.joined:
        return [combine.joined(parts)]
    if column.kind == "datetime":
        return [combine.moment(parts, all_count=rules.listed)]
    return [combine.amount(parts)] if column.name == "amount" and "direction" in table.names else parts


def _take_parts(rules: MappingRules, found: dict[str, list[pa.ChunkedArray]]) -> None:
    """Empty the cells spelt as blank, and of the others take what the mapping's patterns say."""
    if rules.blanks:
        nothing = pa.array(rules.blanks)
        for name, parts in found.items():
            found[name] = [pc.if_else(pc.is_in(part, nothing), None, part) for part in parts]
    for name, pattern in rules.taken.items():
        named = re.sub(r"\((?!\?)", "(?P<part>", pattern, count=1)
        cut = [pc.struct_field(pc.extract_regex(part, named), "part") for part in found[name]]
        found[name] = [pc.if_else(pc.equal(part, ""), None, part) for part in cut]


def _inferred(table: Table, rules: MappingRules, texts: Mapping[str, pa.ChunkedArray]) -> dict[str, pa.ChunkedArray]:
    """The columns that rules infer codes of, with those codes where the spelling of a cell is not known."""
    made: dict[str, pa.ChunkedArray] = {}
    for name in dict.fromkeys(rule.column for rule in rules.inferred):
        spellings = {**table.column(name).codes, **rules.spellings.get(name, {})}
        open_cells = pc.is_null(cell_arrow.parse_codes(texts[name], spellings, closed=True))
        made[name] = texts[name]
        for rule in rules.inferred:
            if rule.column != name or not pc.any(open_cells).as_py():
                continue
            hits = open_cells
            for other, pattern in rule.when.items():
                hits = pc.and_(hits, pc.fill_null(pc.match_substring_regex(texts[other], pattern), False))
            made[name] = pc.if_else(hits, rule.code, made[name])
            open_cells = pc.and_not(open_cells, hits)
        if name == "success" and "remark" in texts:
            kept = pc.fill_null(pc.match_substring_regex(texts[name], _STATED_SUM), False)
            if pc.any(kept).as_py():
                state = pc.if_else(pc.and_(kept, pc.not_equal(made[name], texts[name])), texts[name], None)
                made["remark"] = combine.joined([texts["remark"], state])
    return made


_STATED_SUM = "退.*[0-9]"
"""A state of a payment that says how much of it came back: 已退款(￥8.50). The code for it does not, so it is kept."""


def _read_flows(
    table: Table,
    sources: Mapping[str, tuple[int, ...]],
    rules: MappingRules,
    block: Block,
    found: dict[str, list[pa.ChunkedArray]],
) -> None:
    """Take amount and direction from columns of money in and money out; what the two say against each other stays."""
    column = table.column("direction")
    spellings = {**column.codes, **rules.spellings.get("direction", {})}
    places = sources["amount"]
    cells = [cell_arrow.clean_cells(block.cells.column(place), "money") for place in places]
    flow = combine.filled_by(cells, [rules.flows[place] for place in places])
    if not found["direction"]:
        found["direction"] = [flow]
        return
    flag = pc.coalesce(*found["direction"])
    both = pc.fill_null(pc.equal(flow, combine.BOTH_WAYS), False)
    against = pc.fill_null(pc.not_equal(cell_arrow.parse_codes(flag, spellings, closed=True), flow), False)
    contradiction = pc.binary_join_element_wise(flag, "与金额所在列不符", "，")
    told = pc.if_else(against, contradiction, pc.coalesce(flag, flow))
    found["direction"] = [pc.if_else(both, combine.BOTH_WAYS, told)]


def _read_sides(table: Table, rules: MappingRules, found: dict[str, list[pa.ChunkedArray]]) -> None:
    """Take the direction from sums that bear their side (500CR); one against the flag of its row stays and is shown."""
    if not {"amount", "direction", "balance"} <= found.keys():
        return
    found["balance"] = [sides.signed_by_side(part) for part in found["balance"]]
    told = sides.split_sides(found["amount"][0]) if len(found["amount"]) == 1 else None
    if told is None:
        return
    sums, ways = told
    flag = pc.coalesce(*found["direction"]) if found["direction"] else cell_arrow.null_column(len(sums), "text")
    spellings = {**table.column("direction").codes, **rules.spellings.get("direction", {})}
    against = pc.fill_null(pc.not_equal(cell_arrow.parse_codes(flag, spellings, closed=True), ways), False)
    contradiction = pc.binary_join_element_wise(flag, "与金额所写的借贷不符", "，")
    found["amount"] = [sums]
    found["direction"] = [pc.if_else(against, contradiction, pc.coalesce(flag, ways))]


def _parsed_values(
    table: Table, texts: Mapping[str, pa.ChunkedArray], rules: MappingRules
) -> dict[str, pa.ChunkedArray | None]:
    values: dict[str, pa.ChunkedArray | None] = {}
    rest: list[tuple[Column, pa.ChunkedArray]] = []
    for column in table.columns:
        text = texts[column.name]
        if text.null_count == len(text):
            values[column.name] = cell_arrow.null_column(len(text), column.kind)
        elif column.kind == "code":
            spellings = {**column.codes, **rules.spellings.get(column.name, {})}
            values[column.name] = cell_arrow.parse_codes(text, spellings, column.closed)
        elif column.kind == "bool":
            values[column.name] = cell_arrow.parse_bools(text)
        elif rules.date_formats and column.kind in ("date", "datetime"):
            values[column.name] = None
        else:
            rest.append((column, text))
    return values | cell_arrow.parse_columns(rest)


def _read_written(
    table: Table, texts: dict[str, pa.ChunkedArray], parsed: dict[str, pa.ChunkedArray | None], given: Sequence[str]
) -> None:
    """Put plain numbers in the place of sums in words, and common spellings in that of others, where it is needed."""
    for column in table.columns:
        if column.kind in ("date", "datetime") and parsed[column.name] is None and not given:
            spelt = in_common_spelling(texts[column.name])
            if spelt is not texts[column.name]:
                texts[column.name], parsed[column.name] = spelt, cell_arrow.parse_column(column, spelt)
        if column.kind == "money" and parsed[column.name] is None:
            read = written.written_sums(texts[column.name], texts.get("ccy"))
            if read is not texts[column.name]:
                texts[column.name], parsed[column.name] = read, cell_arrow.parse_column(column, read)


def _column_checks(
    table: Table, column: Column, text: pa.ChunkedArray, value: pa.ChunkedArray | None
) -> list[RowCheck]:
    """Checks of one column, without those that every value parsed in Arrow is known to pass."""
    checks = _all_checks(column, text, value)
    return [replace(check, costs_cell=True) for check in checks] if costs_only_the_cell(table, column) else checks


def _all_checks(column: Column, text: pa.ChunkedArray, value: pa.ChunkedArray | None) -> list[RowCheck]:
    written, read = f'"{column.name}{TEXT}"', f'"{column.name}"'
    checks = []
    if column.required and text.null_count:
        # A signed amount gives the direction without a cell of its own; a card number stands in for an account number.
        rule = "direction" if column.name == "direction" else "required"
        checks.append(RowCheck(column, rule, f"{written} IS NULL AND {read} IS NULL", nature="missing"))
    if value is None or value.null_count > text.null_count:
        if column.kind not in ("text", "id", "set"):
            condition = f"{written} IS NOT NULL AND {read} IS NULL"
            checks.append(RowCheck(column, column.kind, condition, nature="" if column.personal else "unread"))
        if column.kind == "id":
            ruined = f"{written} LIKE '%+%' AND regexp_full_match({written}, '{cell_sql.EXCEL_RUINED}')"
            checks.append(RowCheck(column, "excel", ruined))
        if column.name in cell_sql.CHECKED_CASE_NUMBERS:
            pattern = cell_sql.sql_literal(case_numbers.PATTERN)
            checks.append(RowCheck(column, "case_no", f"NOT regexp_full_match({read}, {pattern})"))
    if not _of_the_era(column, value):
        checks.append(RowCheck(column, column.kind, f"NOT ({read} >= DATE '{ERA[0]}' AND {read} < DATE '10000-01-01')"))
    scale = 100 if column.kind == "money" else 1
    low, high = (None if bound is None else bound * scale for bound in (column.low, column.high))
    if (low is not None or high is not None) and not _all_within(
        value, lambda number: (low is None or number >= low) and (high is None or number <= high)
    ):
        below = "false" if low is None else f"{read} < {low}"
        above = "false" if high is None else f"{read} > {high}"
        checks.append(RowCheck(column, "range", f"({below} OR {above})"))
    return checks


def _of_the_era(column: Column, value: pa.ChunkedArray | None) -> bool:
    """Whether a column is one of dates that are all parsed and lie within `ERA`."""
    dated = column.kind in ("date", "datetime")
    return not dated or _all_within(value, lambda day: ERA[0] <= str(day)[:10] <= ERA[1])


def _may_fail(columns: Mapping[str, pa.ChunkedArray], check: RowCheck) -> npt.NDArray[np.bool_]:
    """Mask of the rows that may fail a check: every row that does, and some that SQL will find in order."""
    name = check.column.name
    text, value = columns[name + TEXT], columns.get(name + VALUE)
    if check.nature == "missing":
        failing = pc.is_null(text)
        if check.column.stand_in:
            failing = pc.and_(failing, pc.is_null(columns[check.column.stand_in + TEXT]))
    elif value is None:
        return np.zeros(len(text), bool)
    else:
        failing = pc.and_(pc.is_valid(text), pc.is_null(value))
        if check.column.kind in ("date", "datetime"):
            low, high = (pa.scalar(day).cast(value.type) for day in (date(1900, 1, 1), date(9999, 12, 31)))
            outside = pc.or_(pc.less(value, low), pc.greater_equal(value, high))
            failing = pc.or_(failing, pc.fill_null(outside, False))
    return np.asarray(failing.to_numpy(), bool)


def _all_within(value: pa.ChunkedArray | None, within: Callable[[Any], bool]) -> bool:
    """Whether the values are there and every one lies within a range, judged by the smallest and the largest."""
    if value is None:
        return False
    if value.null_count == len(value):
        return True
    return all(map(within, pc.min_max(value).as_py().values()))


def _typed_rows(table: Table, columns: Mapping[str, pa.ChunkedArray]) -> pa.Table | None:
    if any(name + VALUE not in columns for name in table.names):
        return None
    values = {name: columns[name + VALUE] for name in table.names}
    for column in table.columns:
        if column.stand_in:
            values[column.name] = pc.coalesce(columns[column.name + VALUE], columns[column.stand_in + VALUE])
    return pa.table({"src_row": columns["src_row"], **values})


def _may_be_out_of_order(columns: Mapping[str, pa.ChunkedArray], check: Order) -> bool:
    early, late = columns.get(check.early + VALUE), columns.get(check.late + VALUE)
    if early is None or late is None:
        return True
    return pc.any(pc.greater(early, late)).as_py() is True


def _rate_checks(table: Table, texts: Mapping[str, pa.ChunkedArray]) -> list[RowCheck]:
    """Checks of exchange rates against their plausible range, which the error sentence names."""
    if table.name != "rate":
        return []
    bands = expected_rates(texts["ccy"], texts["units"], texts["yuan"])
    if not bands:
        return []
    each = '"yuan" / "units"'
    fails, notes = [], []
    for given, (low, high) in bands.items():
        when = f'WHEN "ccy{TEXT}" = {cell_sql.sql_literal(given)} THEN'
        near = f"{low} * (1 - 1e-9) AND {high} * (1 + 1e-9)"
        said = f"，应为 {low:.6g} 至 {high:.6g} 元" if low < high else f"，应为 {low:.6g} 元"
        fails.append(f"{when} {each} NOT BETWEEN {near}")
        notes.append(f"{when} {cell_sql.sql_literal(said if low <= high else '，与同一币种的其他汇率相差过大')}")
    note = (
        f"'：一个单位“' || \"ccy{TEXT}\" || '”折合 ' || round({each}, 6) || ' 元' || CASE {' '.join(notes)} END || "
        "'；按每 100 外币报价的，“外币数量”应写 100'"
    )
    return [RowCheck(table.column("yuan"), "range", f"CASE {' '.join(fails)} END", note)]


def _order_check(table: Table, early: str, late: str) -> RowCheck:
    note = f"'晚于“{table.column(late).label}”' || \"{late}\""
    return RowCheck(table.column(early), "order", f'"{early}" > "{late}"', note)


def _apply_sign(values: dict[str, str], signed: tuple[str, str, str]) -> None:
    name, positive, negative = signed
    amount = values[name]
    values[name] = f"abs({amount})"
    given, taken = cell_sql.sql_literal(positive), cell_sql.sql_literal(negative)
    values["direction"] = f"CASE WHEN {amount} < 0 THEN {taken} WHEN {amount} >= 0 THEN {given} END"


def _stand_in_sql(table: Table) -> str:
    swapped = [(column.name, column.stand_in) for column in table.columns if column.stand_in]
    swaps = ", ".join(f'coalesce("{name}", "{other}") AS "{name}"' for name, other in swapped)
    return f" REPLACE ({swaps})" if swaps else ""
