"""Recognise the table and the columns of a sheet, by file or sheet name, else by its headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from features.errors import GoldenKeyError
from features.intake.cells.quotation import is_rate, quantity_in
from features.intake.cells.sides import SIDED
from features.intake.cells.units import doubtful_unit, plain_text, split_unit, without_doubtful
from features.intake.sources.base import Layout, Sheet
from features.schema import TABLES
from features.schema.contract import Table

IGNORED_FILES = ("人员信息", "强制措施信息", "任务信息")
"""Files of a bank's feedback folder for which no table exists (docs/domain.md section 4.6)."""


@dataclass(frozen=True, slots=True)
class SheetMatch:
    """A sheet matched to a table.

    Attributes:
        table: its contract.
        reading: index in `Sheet.first_rows` (delimiter) at which the header was found.
        layout: rows of header and data.
        sources: contract column -> positions of the source columns that feed it, the first non-blank wins.
        unknown: headers that match no contract column.
        mapping: file name of the mapping it was matched by; empty where the headers are those of the contract.
    """

    table: Table
    reading: int
    layout: Layout
    sources: Mapping[str, tuple[int, ...]]
    unknown: tuple[str, ...]
    mapping: str = ""


@lru_cache(maxsize=8192)
def clean_header(text: str) -> str:
    """A header without tabs, spaces and full-width forms, in lower case: 'ＩＰ地址\\t' -> 'ip地址'."""
    return plain_text(text).strip("\"'*")


@cache
def _spellings(table_name: str) -> Mapping[str, tuple[str, int]]:
    """Cleaned spelling -> (column, preference) for a contract; label and name first, then aliases in their order."""
    spellings: dict[str, tuple[str, int]] = {}
    for column in TABLES[table_name].columns:
        for preference, text in enumerate((column.label, column.name, *column.aliases)):
            key = clean_header(text)
            if key not in spellings or preference < min(2, spellings[key][1]):
                spellings[key] = (column.name, preference)
    return spellings


def match_columns(table_name: str, headers: tuple[str, ...]) -> tuple[dict[str, tuple[int, ...]], tuple[str, ...]]:
    """Positions of the source columns of each contract column, and the headers that match none."""
    spellings = _spellings(table_name)
    found: dict[str, list[tuple[int, int]]] = {}
    unknown = []
    for position, header in enumerate(headers):
        hit = spellings.get(clean_header(header)) or _sum_with_unit(table_name, header) or _rate(table_name, header)
        if hit:
            found.setdefault(hit[0], []).append((hit[1], position))
        elif header.strip():
            unknown.append(header.strip())
    return {name: tuple(place for _, place in sorted(places)) for name, places in found.items()}, tuple(unknown)


@lru_cache(maxsize=8192)
def _sum_with_unit(table_name: str, header: str) -> tuple[str, int] | None:
    """The column of sums that a header means beside the unit it states: 应执行标的金额(万元)."""
    bare, unit = split_unit(header)
    if not unit and (unit := doubtful_unit(header)):
        bare = without_doubtful(header)
    hit = _spellings(table_name).get(clean_header(bare)) if unit else None
    return hit if hit and TABLES[table_name].column(hit[0]).kind == "money" else None


def _rate(table_name: str, header: str) -> tuple[str, int] | None:
    """The column of rates, of a header that says for how much foreign money they are: 每100外币兑人民币."""
    return ("yuan", 2) if table_name == "rate" and is_rate(header) else None


def quoted_for(match: SheetMatch) -> str:
    """For how much foreign money the header of the rates says they are, or ''."""
    places = match.sources.get("yuan", ()) if match.table.name == "rate" else ()
    return next(filter(None, (quantity_in(match.layout.headers[place]) for place in places)), "")


def _said(match: SheetMatch, sheet: Sheet) -> dict[str, object]:
    """The columns of a match, and those whose values its headers or its sums (500.00CR) say."""
    stated = quoted_for(match)
    said = {"direction": True} if sums_bear_sides(sheet, match) else {}
    return {**match.sources, **({"units": stated} if stated else {}), **said}


def sums_bear_sides(sheet: Sheet, match: SheetMatch) -> bool:
    """Whether every sum of a statement that is seen before it is read bears its side: 500.00CR, 500.00DR."""
    places = match.sources.get("amount", ()) if "direction" in match.table.names else ()
    rows = sheet.first_rows[match.reading][match.layout.first_row - 1 :]
    sums = [row[place].strip() for row in rows for place in places if place < len(row) and row[place].strip()]
    return len(places) == 1 and bool(sums) and all(re.search(SIDED, text) for text in sums)


def missing_labels(table: Table, have: Mapping[str, object]) -> list[str]:
    """Labels of required columns without a source column."""
    return [
        column.label
        for column in table.columns
        if column.required and column.name not in have and column.stand_in not in have
    ]


def named_table(sheet: Sheet, stem: str) -> str | None:
    """The table named in the sheet or file name (the longest matching word wins); None if neither names one."""
    return table_in_name(sheet.name) or table_in_name(stem)


def table_in_name(text: str) -> str | None:
    """The table named in the name of a file or sheet (the longest matching word wins); None if it names none."""
    if text in TABLES:
        return text
    words = {word: name for name, table in TABLES.items() for word in (table.label, *table.file_words)}
    hits = [word for word in words if word in text]
    return words[max(hits, key=len)] if hits else None


def match_by_headers(sheet: Sheet, stem: str, chosen: str | None = None) -> SheetMatch:
    """Find table, header row and columns of a sheet.

    Raises:
        GoldenKeyError: no table fits, several fit equally, or required columns are missing.
    """
    named = chosen or named_table(sheet, stem)
    candidates = [named] if named else list(TABLES)
    best: list[tuple[float, str, SheetMatch]] = []
    for name in candidates:
        match = _best_header(sheet, name)
        if match is not None:
            score = len(match.sources) - 2.0 * len(missing_labels(match.table, _said(match, sheet)))
            best.append((score, name, match))
    best.sort(key=lambda item: (-item[0], item[1]))
    if not best or (not named and best[0][0] < 2):
        raise GoldenKeyError(_no_table(sheet, named, best[0][2] if best else None, bool(chosen)))
    if lacking := _lacking(best[0][2].table, _said(best[0][2], sheet)):
        raise GoldenKeyError(
            f"{sheet_location(sheet)}识别为“{best[0][2].table.label}”，但缺少必需的列：{lacking}；该文件未导入；{HINT}"
        )
    if len(best) > 1 and best[0][0] == best[1][0]:
        labels = "、".join(f"“{TABLES[name].label}”" for score, name, _ in best if score == best[0][0])
        raise GoldenKeyError(f"{sheet_location(sheet)}的列同时符合{labels}，无法确定是哪张表，请用 --table 指明。")
    return best[0][2]


def sheet_location(sheet: Sheet) -> str:
    """Name of a sheet in error sentences."""
    return f"文件“{sheet.file}”" + (f"的工作表“{sheet.name}”" if sheet.name else "")


HINT = "列名不同的，可用 goldenkey mapping suggest 按文件写出对应关系初稿。"
"""What to do with a file whose headers are not known."""
_RATE_HINT = (
    "；汇率表一行写一个币种一天的汇率，表头写明按多少外币报价（如 每100外币兑人民币），或另有“外币数量”列，"
    "或用 --mapping 的 [constants] 写明 units"
)
"""What a table of rates must say, as those of banks are often quoted per 100 and do not say so."""


def _lacking(table: Table, have: Mapping[str, object]) -> str:
    """Labels of the required columns that are missing, and what a table of rates must say; '' where none is."""
    labels = "、".join(missing_labels(table, have))
    return labels + (_RATE_HINT if labels and table.name == "rate" else "")


def _no_table(sheet: Sheet, named: str | None, match: SheetMatch | None, chosen: bool) -> str:
    """The error sentence for a sheet that is of no known table, or not of the table its name says."""
    location = sheet_location(sheet)
    if named:
        lacking = _lacking(TABLES[named], {})
        why = "按 --table 应为" if chosen else "按名称应为"
        return f"{location}{why}“{TABLES[named].label}”，但没有找到表头，缺少必需的列：{lacking}；{HINT}"
    if match is not None:
        lacking = _lacking(match.table, _said(match, sheet))
        return f"{location}不是已知的表：最接近“{match.table.label}”，但缺少必需的列：{lacking}；该文件未导入；{HINT}"
    return f"{location}不是已知的表：没有一列的表头是已知的列名，请核对表头或用 --mapping 指明列的对应关系；{HINT}"


def _best_header(sheet: Sheet, table_name: str) -> SheetMatch | None:
    best: SheetMatch | None = None
    for reading, rows in enumerate(sheet.first_rows):
        for index, headers in enumerate(rows):
            sources, unknown = match_columns(table_name, headers)
            if sources and (best is None or len(sources) > len(best.sources)):
                best = SheetMatch(TABLES[table_name], reading, _layout(rows, index, table_name), sources, unknown)
    return best


def _layout(rows: tuple[tuple[str, ...], ...], index: int, table_name: str) -> Layout:
    """Layout with the header at `index`; a second header row of field codes (national platform) is passed over."""
    first = index + 2
    if index + 1 < len(rows):
        cells = [cell for cell in rows[index + 1] if cell.strip()]
        again, _ = match_columns(table_name, tuple(cells))
        if cells and sum(len(places) for places in again.values()) * 2 > len(cells):
            first += 1
    return Layout(index + 1, first, rows[index])
