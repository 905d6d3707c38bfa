"""What an ingest would do, without writing anything: three converted rows of each file, layout, units, lost cells."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table as RichTable

from features.intake.cells.units import YUAN
from features.intake.ingest import IngestOptions
from features.intake.sources.delivery import find_deliveries
from features.intake.sources.rulings import RulingDocument, rows_as_table
from features.intake.tables.convert import MappingRules, StatedUnit
from features.intake.tables.mapping import read_mapping
from features.intake.tables.quarantine import RowErrors
from features.intake.tables.recognition import RecognisedSheet, recognise_all
from features.intake.tables.sheet_in_duckdb import RowCounts, SheetStaging
from features.intake.unlikely_days import UnlikelyDays
from features.pool.manifests import Delivery
from features.rules.masking import mask_numbers, mask_value
from features.rules.money import format_exact_yuan
from features.schema import TABLES, Column
from features.schema.currencies import YUAN as CNY
from features.schema.currencies import code_of

ROWS = 3
FAULTS = 20
"""Most refused rows and lost cells listed per file."""
UNKNOWN = "不明"
"""Unit of a column whose sums are not read."""
BY_HEADERS = "本系统列名"


@dataclass(frozen=True, slots=True)
class ShownField:
    """One value of a converted row, personal values masked.

    Attributes:
        field, label: of the contract column. source: header or headers it came from.
        text: the cells as delivered. value: what would be stored.
    """

    field: str
    label: str
    source: str
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A converted row with its row in the file."""

    row: int
    fields: tuple[ShownField, ...]


@dataclass(frozen=True, slots=True)
class ShownUnit:
    """The unit of a column of sums.

    Attributes:
        header: of the column. unit: see `units.UNITS`, or `UNKNOWN`. why: where it is stated, in 中文.
    """

    header: str
    unit: str
    why: str


@dataclass(slots=True)
class SheetPreview:
    """What an ingest would make of one sheet; `faults`: refused rows and cells left empty, the first of them."""

    delivery_no: str
    file: str
    sheet: str
    table: str
    label: str
    layout: str
    header_row: int
    units: tuple[ShownUnit, ...] = ()
    counts: RowCounts = field(default_factory=RowCounts)
    rows: tuple[ShownRow, ...] = ()
    faults: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Preview:
    """What an ingest would make of some paths."""

    sheets: list[SheetPreview] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Sentences on files that would not be taken in."""

    def as_json(self) -> dict[str, Any]:
        """The preview as JSON values, without personal data."""
        files = [asdict(sheet) for sheet in self.sheets]
        return {"files": files, "notices": self.notices, "refused": self.refused, "written": False}


class _FirstErrors(RowErrors):
    """The first errors of a sheet; the others are counted elsewhere."""

    def _append(self, rows: pa.Table) -> None:
        if sum(held.num_rows for held in self._waiting) < FAULTS:
            super()._append(rows.slice(0, FAULTS))

    def sentences(self) -> tuple[str, ...]:
        """The error sentences held."""
        return tuple(text for rows in self._waiting for text in rows.column("sentence").to_pylist())[:FAULTS]


def preview(paths: list[str], options: IngestOptions | None = None) -> Preview:
    """Read and convert every file as `ingest` does, and write nothing but a folder for spilling that is removed again.

    Loose files need no statement of their delivery here. Files already in the pool are shown too.

    Raises:
        GoldenKeyError: one sentence on the first delivery that cannot be read.
    """
    chosen = options or IngestOptions()
    mapping = read_mapping(chosen.mapping) if chosen.mapping else None
    loose = chosen.delivery() or Delivery("试读", "试读", date.today(), "试读", "试读", "试读", "试读")
    shown = Preview()
    with tempfile.TemporaryDirectory(prefix="goldenkey-preview-") as folder:
        staging = SheetStaging(Path(folder))
        for found in find_deliveries(paths, loose):
            shown.notices += [f"“{name}”不是数据文件，未读取。" for name in found.passed_over]
            shown.notices += [f"“{name}”是通向交接文件夹以外的链接，未读取。" for name in found.outside]
            recognised = recognise_all(found, mapping, chosen.table, map)
            shown.notices += recognised.notices
            shown.refused += [file.reason for file in recognised.refused]
            for item in recognised.work:
                number = found.delivery.delivery_no
                if isinstance(item, RulingDocument):
                    shown.sheets += _of_ruling(item, number)
                else:
                    days = UnlikelyDays(found.delivery.received_on or date.today())
                    shown.sheets.append(_of_sheet(item, number, staging, days))
    return shown


def _of_sheet(item: RecognisedSheet, number: str, staging: SheetStaging, days: UnlikelyDays) -> SheetPreview:
    match, counts, errors, table = item.match, RowCounts(), _FirstErrors(), item.match.table
    staging.start(table)
    for block in item.sheet.read(match.reading, match.layout):
        staging.add_block(block, item.sheet, match, item.rules, counts, errors)
    staging.finish(table, item.sheet, counts)
    first = next(iter(staging.rows(table, item.sheet)), None)
    if first is not None:
        days.watch(table.name, lambda _: None)(first)
    warnings = (*item.sheet.notes, *staging.warnings.sentences(), *days.sentences())
    rules = staging.rules or item.rules
    staging.close()
    return SheetPreview(
        number,
        item.file,
        item.sheet.name,
        table.name,
        table.label,
        match.mapping or BY_HEADERS,
        match.layout.header_row,
        _units(item, rules),
        counts,
        _shown_rows(item, first.slice(0, ROWS)) if first is not None else (),
        errors.sentences(),
        match.unknown,
        warnings,
    )


def _units(item: RecognisedSheet, rules: MappingRules) -> tuple[ShownUnit, ...]:
    headers = item.match.layout.headers
    plain = StatedUnit(YUAN, True, "没有写明单位，按元")
    by_row = {
        place: StatedUnit(YUAN, True, f"“{headers[told].strip()}”列写明的行按该行的单位，空白的按元")
        for place, told in rules.row_units.items()
    }
    return tuple(
        _shown_unit(headers[place].strip(), rules.units.get(place, by_row.get(place, plain)))
        for column in item.match.table.columns
        if column.kind == "money"
        for place in item.match.sources.get(column.name, ())
    )


def _shown_unit(header: str, stated: StatedUnit) -> ShownUnit:
    if not stated.known:
        return ShownUnit(header, UNKNOWN, f"{stated.why}“{stated.unit}”，金额不读取")
    return ShownUnit(header, stated.unit, f"{stated.why}；{stated.doubt}，请核对" if stated.doubt else stated.why)


def _shown_rows(item: RecognisedSheet, rows: pa.Table) -> tuple[ShownRow, ...]:
    """The converted rows beside the cells they came from."""
    numbers = rows.column("src_row").to_pylist()
    cells = _cells(item, numbers)
    head, constants = item.match.layout.headers, item.rules.constants
    values = {name: rows.column(name).to_pylist() for name in item.match.table.names}
    found = []
    for place, number in enumerate(numbers):
        fields = []
        for column in item.match.table.columns:
            value = values[column.name][place]
            places = item.match.sources.get(column.name, ())
            texts = [
                cells[number][at].strip() for at in places if at < len(cells[number]) and cells[number][at].strip()
            ]
            if value is None and not texts:
                continue
            source = "、".join(head[at].strip() for at in places) or (
                "固定值或表头上方" if column.name in constants else "由其他列推出"
            )
            said = (column.name, column.label, source)
            ccy = code_of(values["ccy"][place] or "") if "ccy" in values else CNY
            fields.append(ShownField(*said, *_masked(column, "、".join(texts), _text(column, value, ccy))))
        found.append(ShownRow(number, tuple(fields)))
    return tuple(found)


def _cells(item: RecognisedSheet, numbers: Sequence[int]) -> dict[int, list[str]]:
    """The cells of some rows of the file, by row."""
    found: dict[int, list[str]] = {}
    for block in item.sheet.read(item.match.reading, item.match.layout):
        if len(found) == len(numbers):
            break
        held = np.flatnonzero(np.isin(block.rows, numbers))
        for row, cells in zip(block.rows[held], block.cells.take(pa.array(held)).to_pylist(), strict=True):
            found[int(row)] = [cell or "" for cell in cells.values()]
    return found


def _text(column: Column, value: Any, ccy: str = CNY) -> str:
    """A value as it is shown; a sum with its currency, which is that of its row."""
    if value is None:
        return ""
    if column.kind == "money":
        return f"{format_exact_yuan(value)} {'元' if ccy == CNY else ccy}"
    if column.kind == "bool":
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return f"{column.code_labels[value]}（{value}）" if value in column.code_labels else str(value)


def _masked(column: Column, text: str, value: str) -> tuple[str, str]:
    """Personal values masked, in other texts the numbers; dates, sums and serial numbers are shown to be checked."""
    if column.personal:
        return mask_value(text), mask_value(value)
    return (mask_numbers(text), mask_numbers(value)) if column.kind == "text" else (text, value)


def _of_ruling(document: RulingDocument, number: str) -> list[SheetPreview]:
    found: list[SheetPreview] = []
    for name, rows in document.rows.items():
        if not rows:
            continue
        table, made = TABLES[name], rows_as_table(name, rows)
        shown = []
        for place in range(min(ROWS, made.num_rows)):
            values = {c: made.column(c.name)[place].as_py() for c in table.columns if c.name in made.column_names}
            fields = [
                ShownField(column.name, column.label, "裁判文书", *_masked(column, "", _text(column, value)))
                for column, value in values.items()
                if value is not None
            ]
            shown.append(ShownRow(place + 1, tuple(fields)))
        counts = RowCounts(read=len(rows), accepted=len(rows))
        one = SheetPreview(number, document.file, "", name, table.label, "裁判文书", 0, counts=counts)
        one.rows, one.faults = tuple(shown), (document.gaps,) if document.gaps and not found else ()
        found.append(one)
    return found


def print_preview(shown: Preview, console: Console) -> None:
    """Print what would be read, sheet by sheet."""
    for sheet in shown.sheets:
        counts = sheet.counts
        place = f"{sheet.file} {sheet.sheet}".strip()
        console.print(
            f"{place}：{sheet.label}（{sheet.table}），按“{sheet.layout}”读取，表头在第{sheet.header_row}行；"
            f"{counts.read:,} 行，可入库 {counts.accepted:,}，隔离 {counts.bad:,}，重复 {counts.duplicates:,}，"
            f"留空 {counts.cells:,} 格。",
            highlight=False,
        )
        if sheet.units:
            said = "；".join(f"“{one.header}”{one.unit}（{one.why}）" for one in sheet.units)
            console.print(f"  单位：{said}", highlight=False)
        if sheet.unused:
            console.print(f"  未使用的列：{'、'.join(sheet.unused)}", highlight=False)
        for row in sheet.rows:
            table = RichTable(title=f"第{row.row}行", title_justify="left")
            for name in ("字段", "列名", "原表头", "原文", "读出的值"):
                table.add_column(name, overflow="fold")
            for one in row.fields:
                table.add_row(one.field, one.label, one.source, one.text, one.value)
            console.print(table)
        for line in (*sheet.faults, *sheet.warnings):
            console.print(f"  {line}", highlight=False)
    for line in shown.refused:
        console.print(f"未导入：{line}", highlight=False)
    for line in shown.notices:
        console.print(f"提示：{line}", highlight=False)
    console.print("以上只是试读，没有写入任何内容。")
