"""From text cells to stored values: one SQL statement per sheet layout, applied block by block.

A row is kept when every cell that says something could be read and every check of the contract holds; of any other
row each fault is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from features.intake import cells
from features.intake.headers import EITHER_OF
from features.intake.source import Block
from features.schema.contract import Column, Table

HELD = "_t"
CODED = "_c"
KINDS_READ = ("date", "datetime", "money", "int", "real", "bool", "code")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a mapping adds to the contract: constants, spellings of codes, date formats, a signed amount."""

    constants: Mapping[str, str] = field(default_factory=dict)
    spellings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ()
    signed: tuple[str, str, str] | None = None
    """Column of the signed amount, direction where it is positive, direction where it is negative."""


def texts(table: Table, sources: Mapping[str, tuple[int, ...]], rules: Rules, block: Block) -> pa.Table:
    """Cleaned text of each contract column of a block (`name_t`), codes of the coded ones (`name_c`), and `src_row`."""
    count = len(block.rows)
    columns: dict[str, pa.ChunkedArray] = {"src_row": pa.chunked_array([block.rows])}
    for column in table.columns:
        found = [cells.cleaned(block.cells.column(place), column.kind) for place in sources.get(column.name, ())]
        if column.name in rules.constants:
            found.append(pa.chunked_array([pa.repeat(pa.scalar(rules.constants[column.name], pa.string()), count)]))
        text = pc.coalesce(*found) if found else pa.chunked_array([pa.nulls(count, pa.string())])
        columns[column.name + HELD] = text
        if column.kind == "code":
            spellings = {**column.codes, **rules.spellings.get(column.name, {})}
            columns[column.name + CODED] = cells.coded(text, spellings, column.closed)
    return pa.table(columns)


def typed_sql(table: Table, rules: Rules) -> str:
    """SELECT of src_row, cleaned text (`name_t`), value (`name`) for each column, and `ok`, from `incoming`."""
    values = ", ".join(f'{_value(column, rules)} AS "{column.name}"' for column in table.columns)
    held = ", ".join(f'"{column.name}{HELD}"' for column in table.columns)
    stood_in = _stand_ins(table)
    faults = " OR ".join(f"coalesce({condition}, false)" for _, _, condition in fault_conditions(table))
    read = f"SELECT src_row, {held}, {values} FROM incoming"
    return f"SELECT *, NOT ({faults}) AS ok FROM (SELECT *{stood_in} FROM ({read}))"


def _value(column: Column, rules: Rules) -> str:
    text = f'"{column.name}{HELD}"'
    coded = f'"{column.name}{CODED}"'
    plain = coded if column.kind == "code" else cells.value(column, text, rules.date_formats)
    if rules.signed and column.name == rules.signed[0]:
        return f"abs({plain})"
    if rules.signed and column.name == "direction":
        amount, positive, negative = rules.signed
        sum_in_fen = cells.money(f'"{amount}{HELD}"')
        return f"CASE WHEN {sum_in_fen} < 0 THEN {cells.quoted(negative)} ELSE {cells.quoted(positive)} END"
    return plain


def _stand_ins(table: Table) -> str:
    names = [name for name in table.names if EITHER_OF.get(name) in table.names]
    swaps = ", ".join(f'coalesce("{name}", "{EITHER_OF[name]}") AS "{name}"' for name in names)
    return f" REPLACE ({swaps})" if swaps else ""


def fault_conditions(table: Table) -> list[tuple[Column, str, str]]:
    """Every (column, rule, SQL condition) under which a row of the table is at fault."""
    faults: list[tuple[Column, str, str]] = []
    for column in table.columns:
        faults.extend((column, rule, condition) for rule, condition in _column_faults(column))
    faults.extend((table.column(check.early), "order", f'"{check.early}" > "{check.late}"') for check in table.checks)
    return faults


def _column_faults(column: Column) -> list[tuple[str, str]]:
    text, read = f'"{column.name}{HELD}"', f'"{column.name}"'
    faults = []
    if column.required:
        # A signed amount gives the direction without a cell of its own, and an account may stand in for a card.
        faults.append(("direction" if column.name == "direction" else "required", f"{text} IS NULL AND {read} IS NULL"))
    if column.kind in KINDS_READ and (column.kind != "code" or column.closed):
        faults.append((column.kind, f"{text} IS NOT NULL AND {read} IS NULL"))
    if column.kind in ("date", "datetime"):
        faults.append((column.kind, f"NOT ({cells.in_era(read)})"))
    if column.kind == "id":
        faults.append(("excel", f"{text} LIKE '%+%' AND regexp_full_match({text}, '{cells.EXCEL_RUINED}')"))
    if column.name in ("case_no", "prev_case_no"):
        faults.append(("case_no", f"NOT regexp_full_match({read}, {cells.quoted(cells.CASE_NO)})"))
    scale = 100 if column.kind == "money" else 1
    if column.low is not None:
        faults.append(("range", f"{read} < {column.low * scale}"))
    if column.high is not None:
        faults.append(("range", f"{read} > {column.high * scale}"))
    return faults


def masked(text: str) -> str:
    """SQL for a personal value as it may be printed: 张*, 9900****2346, 990001********0019."""
    return f"""CASE
        WHEN length({text}) = 18 THEN left({text}, 6) || '********' || right({text}, 4)
        WHEN length({text}) >= 12 THEN left({text}, 4) || '****' || right({text}, 4)
        WHEN length({text}) >= 11 THEN left({text}, 3) || '****' || right({text}, 4)
        ELSE left({text}, 1) || repeat('*', least(length({text}) - 1, 6)) END"""
