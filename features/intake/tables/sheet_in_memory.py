"""Check rows and drop duplicates of sheets that fit in memory, in Arrow.

For a few thousand rows planning a DuckDB query costs more than reading them. Results equal those of `sheet_in_duckdb`
(tested against each other).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.refusals import REFUSALS
from features.intake.sources.base import Block
from features.intake.tables.convert import TEXT, ParsedBlock, RowCheck
from features.rules.characters import BLANKS
from features.rules.masking import mask_numbers_arrow
from features.schema.contract import Table

CELL_LEFT_EMPTY = "；该格留空，行已入库"
"""Suffix of an error sentence where only the cell was lost and the row was accepted."""
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CheckedBlock:
    """A checked block: good rows, numbers of bad and of blank rows, errors (see `RowErrors.add`), rows by rule.

    `lost`: cells left empty in good rows, by the label of their column. `refused`: numbers of the bad rows.
    """

    good: pa.Table
    bad: int = 0
    blank: int = 0
    errors: pa.Table | None = None
    rules: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    refused: pa.ChunkedArray | None = None


def check_block(parsed: ParsedBlock, block: Block) -> CheckedBlock:
    """Separate accepted rows from rejected and blank ones, for a block that `needs_no_sql`."""
    typed = parsed.rows
    masks = [_failing_rows(parsed, check) for check in parsed.checks]
    refusing = [mask for check, mask in zip(parsed.checks, masks, strict=True) if not check.costs_cell]
    failed = np.logical_or.reduce(refusing) if refusing else np.zeros(typed.num_rows, bool)
    noted = np.logical_or.reduce(masks) if masks else failed
    if not noted.any():
        return CheckedBlock(typed)
    reported = np.flatnonzero(noted)
    raw = raw_text(block.cells.take(reported))
    filled = pc.not_equal(raw, "").to_numpy()
    reported, raw = reported[filled], raw.filter(pa.array(filled))
    pieces = [
        _error_rows(parsed, check, reported[mask[reported]], raw.filter(pa.array(mask[reported])))
        for check, mask in zip(parsed.checks, masks, strict=True)
    ]
    errors = pa.concat_tables(pieces)
    order = pc.sort_indices(errors, [("row", "ascending"), ("label", "ascending"), ("rule", "ascending")])
    refused = reported[failed[reported]]
    numbers = typed.column("src_row").take(refused)
    rows, lost, rules = mark_lost(errors.take(order), numbers)
    blank = int(failed.sum()) - len(refused)
    return CheckedBlock(typed.filter(pa.array(~failed)), len(refused), blank, rows, rules, lost, numbers)


def mark_lost(errors: pa.Table, refused: pa.ChunkedArray) -> tuple[pa.Table, dict[str, int], dict[str, int]]:
    """Errors with a word behind those that cost a cell alone; such cells by label; refused rows by rule.

    Args:
        errors: as for `RowErrors.add`.
        refused: numbers of the rows that are not accepted.
    """
    of_rows = pc.is_in(errors.column("row"), refused.combine_chunks())
    lost = _counts(errors.filter(pc.invert(of_rows)).column("label"))
    per_row = errors.filter(of_rows).select(["row", "rule"]).group_by(["row", "rule"]).aggregate([])
    said = errors.column("sentence")
    kept = pc.if_else(of_rows, said, pc.binary_join_element_wise(said, CELL_LEFT_EMPTY, ""))
    place = errors.schema.get_field_index("sentence")
    return errors.set_column(place, "sentence", kept), lost, _counts(per_row.column("rule"))


def _counts(texts: pa.ChunkedArray) -> dict[str, int]:
    return dict(
        sorted((item["values"], item["counts"]) for item in pc.value_counts(texts.combine_chunks()).to_pylist())
    )


def _failing_rows(parsed: ParsedBlock, check: RowCheck) -> Mask:
    no_text = pc.is_null(parsed.columns[check.column.name + TEXT]).to_numpy()
    no_value = pc.is_null(parsed.rows.column(check.column.name)).to_numpy()
    failing: Mask = no_value & (no_text if check.nature == "missing" else ~no_text)
    return failing


def _error_rows(
    parsed: ParsedBlock, check: RowCheck, positions: npt.NDArray[np.int64], raw: pa.ChunkedArray
) -> pa.Table:
    """One error per row at the positions given, worded as by `sheet_in_duckdb.row_errors_sql`."""
    rows = parsed.rows.column("src_row").take(positions)
    # Of a personal column only cells without a text are judged here.
    value = mask_numbers_arrow(pc.coalesce(parsed.columns[check.column.name + TEXT].take(positions), ""))
    received = pc.if_else(pc.equal(value, ""), "", pc.binary_join_element_wise("（收到“", value, "”）", ""))
    said = f"行“{check.column.label}”列：{REFUSALS[check.rule]}"
    made = {"column": check.column.name, "label": check.column.label, "rule": check.rule}
    fixed = {name: pa.repeat(pa.scalar(text, pa.string()), len(positions)) for name, text in made.items()}
    sentence = pc.binary_join_element_wise("第", rows.cast(pa.string()), said, received, "")
    return pa.table({"row": rows, **fixed, "value": value, "sentence": sentence, "raw": raw})


def raw_text(cells: pa.Table) -> pa.ChunkedArray:
    """Each record as it was delivered, cells joined by tabs; '' where all of them are blank."""
    filled = [pc.coalesce(column, "") for column in cells.columns]
    joined = pc.binary_join_element_wise(*filled, "\t")
    return pc.if_else(pc.equal(pc.utf8_trim(joined, BLANKS), ""), "", joined)


def deduplicate(table: Table, pieces: Sequence[pa.Table], file: str, sheet: str) -> tuple[pa.Table, int, list[int]]:
    """The rows in the order of the file with their origin and derived columns, exact duplicates dropped.

    Returns:
        The rows, how many were duplicates, and of statements the numbers of those that may be payments of their own:
        neither a serial number nor a balance says that they are not.
    """
    rows = pa.concat_tables(pieces)
    numbers = rows.column("src_row").to_numpy()
    if (np.diff(numbers) < 0).any():
        rows = rows.take(np.argsort(numbers, kind="stable"))
    firsts = rows.group_by(list(table.names), use_threads=False).aggregate([("src_row", "min")])
    duplicates = rows.num_rows - firsts.num_rows
    twins: list[int] = []
    if duplicates:
        first = pc.is_in(rows.column("src_row"), firsts.column("src_row_min").combine_chunks())
        if table.derived:
            gone = rows.filter(pc.invert(first))
            unsure = pc.and_(pc.is_null(gone.column("ref_no")), pc.is_null(gone.column("balance")))
            twins = gone.filter(unsure).column("src_row").to_pylist()
        rows = rows.filter(first)
    made = {name: rows.column(name) for name in rows.column_names}
    for name, text in (("src_file", file), ("src_sheet", sheet)):
        made[name] = pa.repeat(pa.scalar(text, pa.string()), rows.num_rows)
    if table.derived:
        made["txn_day"] = rows.column("ts").cast(pa.date32(), safe=False)
        made["occurrence"] = _occurrences(rows, made["txn_day"])
    return pa.table(made), duplicates, twins


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
