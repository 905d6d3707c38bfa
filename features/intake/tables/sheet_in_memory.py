"""Sheets that fit in memory, settled in Arrow: planning a query costs more than reading a few thousand rows.

What is done here and what `sheet_in_duckdb` does in SQL come to the same (tested against each other).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.rules import RULES
from features.intake.cells.sql import BLANKS
from features.intake.sources.base import Block
from features.intake.tables.convert import TEXT, ParsedBlock, RowCheck
from features.schema.contract import Table

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CheckedBlock:
    """A block judged: rows that hold, rows at fault and blank rows, faults as `Quarantine` takes them, rule -> rows."""

    good: pa.Table
    bad: int = 0
    blank: int = 0
    faults: pa.Table | None = None
    rules: dict[str, int] = field(default_factory=dict)


def check_block(reading: ParsedBlock, block: Block) -> CheckedBlock:
    """Tell the rows that hold from the others, for a reading that is `plain`."""
    typed = reading.rows
    masks = [_failing_rows(reading, fault) for fault in reading.faults]
    failed = np.logical_or.reduce(masks) if masks else np.zeros(0, bool)
    if not failed.any():
        return CheckedBlock(typed)
    refused = np.flatnonzero(failed)
    raw = raw_text(block.cells.take(refused))
    filled = pc.not_equal(raw, "").to_numpy()
    refused, raw = refused[filled], raw.filter(pa.array(filled))
    pieces = [
        _error_rows(reading, fault, refused[mask[refused]], raw.filter(pa.array(mask[refused])))
        for fault, mask in zip(reading.faults, masks, strict=True)
    ]
    faults = pa.concat_tables(pieces)
    order = pc.sort_indices(faults, [("row", "ascending"), ("label", "ascending"), ("rule", "ascending")])
    counted = pc.value_counts(faults.select(["row", "rule"]).group_by(["row", "rule"]).aggregate([]).column("rule"))
    rules = {item["values"]: item["counts"] for item in counted.to_pylist()}
    good = typed.filter(pa.array(~failed))
    return CheckedBlock(good, len(refused), len(filled) - len(refused), faults.take(order), dict(sorted(rules.items())))


def _failing_rows(reading: ParsedBlock, fault: RowCheck) -> Mask:
    written = pc.is_null(reading.columns[fault.column.name + TEXT]).to_numpy()
    read = pc.is_null(reading.rows.column(fault.column.name)).to_numpy()
    failing: Mask = read & (written if fault.nature == "missing" else ~written)
    return failing


def _error_rows(reading: ParsedBlock, fault: RowCheck, places: npt.NDArray[np.int64], raw: pa.ChunkedArray) -> pa.Table:
    """One fault of the rows at the places given, in the words of `sheet_in_duckdb.faults_sql`."""
    rows = reading.rows.column("src_row").take(places)
    value = pc.coalesce(reading.columns[fault.column.name + TEXT].take(places), "")
    received = pc.if_else(pc.equal(value, ""), "", pc.binary_join_element_wise("（收到“", value, "”）", ""))
    said = f"行“{fault.column.label}”列：{RULES[fault.rule]}"
    made = {"column": fault.column.name, "label": fault.column.label, "rule": fault.rule}
    fixed = {name: pa.repeat(pa.scalar(text, pa.string()), len(places)) for name, text in made.items()}
    sentence = pc.binary_join_element_wise("第", rows.cast(pa.string()), said, received, "")
    return pa.table({"row": rows, **fixed, "value": value, "sentence": sentence, "raw": raw})


def raw_text(cells: pa.Table) -> pa.ChunkedArray:
    """Each record as it was delivered, cells joined by tabs; '' where all of them are blank."""
    filled = [pc.coalesce(column, "") for column in cells.columns]
    joined = pc.binary_join_element_wise(*filled, "\t")
    return pc.if_else(pc.equal(pc.utf8_trim(joined, BLANKS), ""), "", joined)


def deduplicate(table: Table, pieces: Sequence[pa.Table], file: str, sheet: str) -> tuple[pa.Table, int]:
    """The rows to keep, in the order of the file, with where they stand and derived columns; exact duplicates dropped.

    Returns:
        The rows, and how many were duplicates.
    """
    rows = pa.concat_tables(pieces)
    numbers = rows.column("src_row").to_numpy()
    if (np.diff(numbers) < 0).any():
        rows = rows.take(np.argsort(numbers, kind="stable"))
    firsts = rows.group_by(list(table.names), use_threads=False).aggregate([("src_row", "min")])
    duplicates = rows.num_rows - firsts.num_rows
    if duplicates:
        rows = rows.filter(pc.is_in(rows.column("src_row"), firsts.column("src_row_min").combine_chunks()))
    made = {name: rows.column(name) for name in rows.column_names}
    for name, text in (("src_file", file), ("src_sheet", sheet)):
        made[name] = pa.repeat(pa.scalar(text, pa.string()), rows.num_rows)
    if table.derived:
        made["txn_day"] = rows.column("ts").cast(pa.date32(), safe=False)
        made["occurrence"] = _occurrences(rows, made["txn_day"])
    return pa.table(made), duplicates


def _occurrences(rows: pa.Table, days: pa.ChunkedArray) -> pa.Array:
    """Number of each row among those of its account, reference, day and direction, from 1."""
    count = rows.num_rows
    keys = pa.table(
        {
            "acct_no": rows.column("acct_no"),
            "ref_no": pc.coalesce(rows.column("ref_no"), ""),
            "day": days,
            "direction": rows.column("direction"),
            "place": np.arange(count),
        }
    )
    groups = keys.group_by(["acct_no", "ref_no", "day", "direction"], use_threads=False).aggregate([("place", "list")])
    places = groups.column("place_list").combine_chunks()
    sizes = pc.list_value_length(places).to_numpy()
    group = np.repeat(np.arange(len(sizes)), sizes)
    flat = places.flatten().to_numpy()
    order = np.lexsort((flat, group))
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    numbers = np.empty(count, np.int64)
    numbers[flat[order]] = np.arange(count) - starts + 1
    return pa.array(numbers)
