"""Split a sheet in which the header is repeated: on each new page, or for another account with its own lines above it.

A repeated header is no row. What stands right above it, without a sum, is the head of the section that follows: where
it names another account, the rows below belong to that one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.currency_notes import read_currencies
from features.intake.sources.base import Block, Sheet, UnparsedRecord
from features.intake.tables.above_header import read_above_header
from features.intake.tables.convert import MappingRules
from features.intake.tables.headers import SheetMatch
from features.rules.characters import BLANKS, without_blanks
from features.schema.currencies import YUAN

_DATED = re.compile(r"^\W*[0-9]{4}[-/.年]?[0-9]{1,2}")
"""A record that begins with a day is a row that was cut, never part of a head."""
NO_ROWS = np.zeros(0, np.int64)
_ACCOUNT = ("acct_no", "card_no")


class Sections:
    """The sections of one sheet, told apart block by block."""

    def __init__(self) -> None:
        self._rules: MappingRules | None = None
        self._number = 1
        self._above: list[str] = []
        """Lines without a sum at the end of the blocks before: the head of a section may be cut by its end."""

    def split(self, block: Block, sheet: Sheet, match: SheetMatch, rules: MappingRules) -> Iterator[_Part]:
        """The rows of each section with the rules that hold for them; one part where no header is repeated."""
        told = {"amount", "ccy"} <= {*match.table.names} and "amount" in match.sources
        headed = bool(rules.labels) and told
        above = self._above
        if headed:
            tail = _head_rows(block, match, _end(block))
            whole = len(tail) and tail.min() == _start(block)
            self._above = (above if whole else []) + _lines(block, tail)
        headers = _header_rows(block, match)
        if not len(headers):
            yield block, self._rules or rules
            return
        first = np.iinfo(np.int64).min
        for header in headers:
            heads = _head_rows(block, match, header) if headed or told else NO_ROWS
            last = header if not len(heads) or not headed else int(heads.min())
            lines = _lines(block, heads)
            if last == _start(block):
                lines = above + lines
            yield _between(block, first, last), self._rules or rules
            self._rules = self._next(lines, sheet, self._rules or rules)
            first = header + 1
        yield _between(block, first, np.iinfo(np.int64).max), self._rules or rules

    def _next(self, lines: Sequence[str], sheet: Sheet, rules: MappingRules) -> MappingRules:
        """The rules of the section below a head; the same account where the head names none."""
        self._number += 1
        rules = _in_currency(lines, rules)
        if not rules.labels:
            return rules
        found = read_above_header(rules.labels, lines)
        named = [label for name, label in rules.labels.items() if name in _ACCOUNT]
        if not any(name in found for name in _ACCOUNT):
            if not any(label in without_blanks(line) for label in named for line in lines):
                return rules
            # An account that cannot be read is not the one above.
            found["acct_no"] = f"{re.sub(r'[.][^./]*$', '', sheet.file)}#{self._number}"
        kept = {name: text for name, text in rules.constants.items() if name not in rules.labels}
        return replace(rules, constants={**kept, **found})


_Part = tuple[Block, MappingRules]


def _in_currency(lines: Sequence[str], rules: MappingRules) -> MappingRules:
    """The rules with the currency stated in the head of a section; a currency that the mapping sets wins."""
    code = read_currencies(text for line in lines for text in line.split("\n")).code
    if not code or ("ccy" in rules.constants and not rules.titled):
        return rules
    note = f"币种：其后一段的表头上方写明（{code}），该段没有另写币种的行按 {code} 读取。"
    notes = rules.notes if note in rules.notes or code == rules.constants.get("ccy", YUAN) else (*rules.notes, note)
    return replace(rules, constants={**rules.constants, "ccy": code}, titled=True, notes=notes)


def _numbers(block: Block) -> list[int]:
    return [*block.rows.tolist(), *(item.row for item in block.broken)]


def _start(block: Block) -> int:
    """Number of the first record of a block."""
    return min(_numbers(block), default=0)


def _end(block: Block) -> int:
    """Number behind the last record of a block."""
    return max(_numbers(block), default=-1) + 1


def _header_rows(block: Block, match: SheetMatch) -> list[int]:
    """Numbers of the rows that repeat the header in every column that is read."""
    places = [place for places in match.sources.values() for place in places]
    same: pa.ChunkedArray | None = None
    for place in places:
        header = match.layout.headers[place].strip(BLANKS)
        alike = pc.fill_null(pc.equal(pc.utf8_trim(block.cells.column(place), BLANKS), header), False)
        same = alike if same is None else pc.and_(same, alike)
        if not pc.any(same).as_py():
            return []
    return [] if same is None else sorted(block.rows[same.to_numpy()].tolist())


def _head_rows(block: Block, match: SheetMatch, header: int) -> npt.NDArray[np.int64]:
    """Numbers of the rows right above a header that hold no sum."""
    sums = [pc.match_substring_regex(block.cells.column(place), "[0-9]") for place in match.sources["amount"]]
    bare = np.logical_and.reduce([~pc.fill_null(found, False).to_numpy() for found in sums])
    free = {*block.rows[bare].tolist(), *(item.row for item in block.broken if not _DATED.match(item.text))}
    heads: list[int] = []
    while header - 1 - len(heads) in free:
        heads.append(header - 1 - len(heads))
    return np.array(heads, np.int64)


def _lines(block: Block, rows: npt.NDArray[np.int64]) -> list[str]:
    chosen = block.cells.filter(pa.array(np.isin(block.rows, rows))).to_pylist()
    lines = ["\n".join(text.strip() for text in cells.values() if text and text.strip()) for cells in chosen]
    broken = [item.text for item in block.broken if item.row in rows]
    return lines + [re.sub(r'[,;|\t"]+', "\n", text) for text in broken]


def _between(block: Block, first: int, last: int) -> Block:
    """The records from row `first` to before row `last`."""
    inside = (block.rows >= first) & (block.rows < last)
    broken: tuple[UnparsedRecord, ...] = tuple(item for item in block.broken if first <= item.row < last)
    return Block(block.cells.filter(pa.array(inside)), block.rows[inside], broken)
