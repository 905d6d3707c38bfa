"""Warnings that reject no row.

Citizen ids whose check character is wrong (GB 11643, docs/domain.md section 4.11), account numbers written as floating
point numbers, numbers of another kind than the document said; of statements, sums that are negative or in another
currency than yuan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.arrow import clean_cells
from features.intake.cells.number_doubts import IDENTITY_WORDS, NumberDoubts
from features.intake.cells.row_units import count_units, read_units
from features.intake.cells.units import YUAN as BASE_UNIT
from features.intake.cells.units import own_unit
from features.intake.sources.base import Block
from features.intake.tables.convert import TEXT, MappingRules
from features.intake.tables.headers import SheetMatch
from features.intake.tables.stated_units import unit_sentences
from features.pool.identity import CITIZEN_CHECKS, CITIZEN_WEIGHTS
from features.rules.identifiers import identifier_kind, told_kind
from features.schema.contract import Table
from features.schema.currencies import YUAN, code_of, unknown_codes

DATED = "^[1-9][0-9]{5}(19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9X]$"
"""Citizen ids of 18 characters with a plausible birth date; other documents and account numbers have no such check."""


class SheetWarnings:
    """What is doubtful in the rows of one sheet."""

    def __init__(self, table: Table) -> None:
        self._columns = [
            column
            for column in table.columns
            if column.kind == "id" and any(word in column.label for word in IDENTITY_WORDS)
        ]
        self._accounts = [column for column in table.columns if column.kind == "id" and "账" in column.label]
        self._floats: Counter[str] = Counter()
        self._numbers = NumberDoubts(table)
        self._failing: dict[str, set[str]] = {}
        self._documents = {"id_type", "id_no"} <= set(table.names)
        self._unlike: set[tuple[str, str]] = set()
        self._statement = {"amount", "ccy"} <= set(table.names)
        self._rates = table.name == "rate"
        self._negative = 0
        self._foreign: Counter[str] = Counter()
        self._units: list[str] = []
        self._own_units: Counter[str] = Counter()
        self._merged: list[str] = []
        self._row_units: dict[str, Counter[str]] = {}
        self._lost: Counter[str] = Counter()
        self._doubts: tuple[str, ...] = ()

    def check_units(self, match: SheetMatch, rules: MappingRules, block: Block) -> None:
        """Note the units of the columns of sums and of rows, and the cells of a block that bear one of their own."""
        self._units = [*unit_sentences(match, rules.units), *rules.notes]
        for place in {*rules.row_units.values()}:
            header = match.layout.headers[place].strip()
            told = count_units(read_units(clean_cells(block.cells.column(place), "id")))
            self._row_units.setdefault(header, Counter()).update(told)
        for place, stated in rules.units.items():
            if stated.known:
                cells = own_unit(pc.utf8_trim_whitespace(block.cells.column(place)))
                self._own_units[match.layout.headers[place].strip()] += pc.sum(cells).as_py() or 0

    def doubt_units(self, sentences: tuple[str, ...]) -> None:
        """Note what is said of columns that may be in different units."""
        self._doubts = sentences

    def fill_merged(self, ranges: Mapping[str, Sequence[tuple[int, int, int]]]) -> None:
        """Note the merged cells that were filled down, by header: column, first and last row."""
        self._merged = [
            f"“{header}”列有 {len(found)} 处合并单元格（第 {found[0][1]} 至 {found[0][2]} 行"
            f"{' 等' if len(found) > 1 else ''}），其余各行按首行的值读取。"
            for header, found in ranges.items()
        ]

    def count_lost(self, cells: Mapping[str, int]) -> None:
        """Note cells that were left empty, by the label of their column."""
        self._lost.update(cells)

    def count_accepted(self, rows: pa.Table) -> None:
        """Count, of accepted rows, the sums below nought and the currencies."""
        if self._statement:
            self._negative += pc.sum(pc.less(rows.column("amount"), 0)).as_py() or 0
        if self._statement or self._rates:
            self._count_currencies(rows.column("ccy"))

    def check(self, columns: Mapping[str, pa.ChunkedArray]) -> None:
        """Look in the cleaned texts of a block for what the report warns of: check digits, numbers a program spoilt,
        kinds."""
        for column in self._columns:
            texts = columns[column.name + TEXT]
            if texts.null_count == len(texts):
                continue
            ids = pc.unique(texts)
            dated = ids.filter(pc.fill_null(pc.match_substring_regex(ids, DATED), False))
            failing = failing_ids(dated)
            if failing:
                self._failing.setdefault(column.label, set()).update(failing)
        for column in self._accounts:
            texts = columns[column.name + TEXT]
            if texts.null_count < len(texts):
                ends = pc.or_(pc.ends_with(texts, ".0"), pc.ends_with(texts, ".00"))
                self._floats[column.label] += pc.sum(ends).as_py() or 0
        self._numbers.check({name.removesuffix(TEXT): texts for name, texts in columns.items()})
        if self._documents:
            self._compare_kinds(columns["id_type" + TEXT], columns["id_no" + TEXT])

    def _compare_kinds(self, told: pa.ChunkedArray, numbers: pa.ChunkedArray) -> None:
        plain = pc.and_(pc.equal(told, "居民身份证"), pc.match_substring_regex(numbers, DATED))
        pairs = pa.table({"told": told, "number": numbers}).filter(pc.invert(pc.fill_null(plain, False)))
        known = pairs.filter(pc.and_(pc.is_valid(pairs["told"]), pc.is_valid(pairs["number"])))
        for pair in known.group_by(["told", "number"]).aggregate([]).to_pylist():
            kind = told_kind(pair["told"])
            if kind and identifier_kind(pair["number"], pair["told"]) != kind:
                self._unlike.add((pair["told"], pair["number"]))

    def _count_currencies(self, currencies: pa.ChunkedArray) -> None:
        for spelling, rows in ((item["values"], item["counts"]) for item in _counted(currencies)):
            if spelling is not None and (code := code_of(spelling)) != YUAN:
                self._foreign[code] += rows

    def _unknown(self) -> str:
        unknown = unknown_codes(self._foreign)
        return f"；“{'”“'.join(unknown)}”不是认得的币种，请核对" if unknown else ""

    def sentences(self) -> tuple[str, ...]:
        """A sentence each on units, cells left empty, failing ids, documents, negative sums, other currencies."""
        sentences = [*self._units, *self._merged, *self._doubts]
        sentences += [
            f"“{header}”列有 {cells} 个单元格自带单位，按单元格自己的单位读取，不再乘以该列的单位。"
            for header, cells in self._own_units.items()
            if cells
        ]
        for header, told in self._row_units.items():
            if set(told) - {BASE_UNIT}:
                listed = "、".join(f"{unit} {rows} 行" for unit, rows in sorted(told.items()))
                sentences.append(f"“{header}”列逐行写明单位（{listed}），各行金额按该行的单位读取。")
        if self._lost:
            listed = "、".join(f"“{label}”{cells} 格" for label, cells in sorted(self._lost.items()))
            sentences.append(f"有非必填的单元格无法读取，该格留空，行已入库（{listed}），逐格见隔离明细。")
        sentences += [
            f"“{label}”列有 {len(failing)} 个公民身份号码校验位不符（GB 11643），已入库，请核对。"
            for label, failing in self._failing.items()
        ]
        sentences += [
            f"“{label}”列有 {rows} 个号码以“.0”结尾，是软件把号码当作数字写出的：已按整数读取；"
            "十六位以上的末几位可能已失真，请向来源核对。"
            for label, rows in self._floats.items()
            if rows
        ]
        sentences += self._numbers.sentences()
        if self._unlike:
            sentences.append(f"有 {len(self._unlike)} 个证件号码与所写的证件类型形式不符，已按所写入库，请核对。")
        if self._negative:
            sentences.append(
                f"有 {self._negative} 行金额为负，按冲正处理：与所冲正的交易一并不计，找不到的也不计；"
                "负号表示支出的，请用 --mapping 的 [signed] 说明。"
            )
        if self._foreign and self._statement:
            listed = "、".join(f"{code} {rows} 行" for code, rows in sorted(self._foreign.items()))
            sentences.append(
                f"有其他币种的交易（{listed}），已入库，不与人民币相加；有当日汇率（汇率表）的折算后计入，"
                f"其余不计{self._unknown()}。"
            )
        if self._rates:
            sentences.append(
                "汇率自知悉之日（接收日期，补录的为汇率日期）起使用：截止日更早的结果不变，"
                f"默认的截止日也不因此改变{self._unknown()}。"
            )
        return tuple(sentences)


def _counted(texts: pa.ChunkedArray) -> list[dict[str, Any]]:
    counted: list[dict[str, Any]] = pc.value_counts(texts.combine_chunks()).to_pylist()
    return counted


def failing_ids(ids: pa.Array) -> list[str]:
    """Of 18-character citizen ids, those whose last character is not the check character of GB 11643."""
    texts = ids.to_pylist()
    if not texts:
        return []
    letters = np.array(texts, dtype="S18").view(np.uint8).reshape(len(texts), 18)
    sums = (letters[:, :17].astype(np.int64) - ord("0")) @ np.array(CITIZEN_WEIGHTS)
    expected = np.frombuffer(CITIZEN_CHECKS.encode(), np.uint8)[sums % 11]
    return [texts[index] for index in np.flatnonzero(letters[:, 17] != expected)]
