"""The regular table of a Word document (a statement) as rows of cells, or why it is not regular; nothing is guessed.

A statement is a table with a heading that names a sum, above rows that bear a day and a number. It may be split over
several tables with the same heading, or none. Any other table (addressees, enclosures, cases) is part of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from features.intake.papers.base import FoundTable, RefusedError, Row
from features.intake.papers.rows import (
    SUMMARY,
    TWO_SUMS,
    bears_day,
    bears_movement,
    joined,
    quoted,
    rows_stated,
    several_holders,
    with_notes,
)

_MONEY = re.compile(
    r"金额|发生额|数额|借方|贷方|收入|支出|存入|支取|转入|转出|收付|余额|结余|amount|balance|debit|credit", re.I
)
_DATED = re.compile(r"日期|时间|交易日|记账日|入账日|date|time", re.I)
_LIST = re.compile(r"案号|案由|文书|文件|材料|份数|页数|附件")
"""Headings of a list of cases or papers."""
_OF_ACCOUNT = re.compile(r"账号|帐号|卡号|交易|余额|对手|对方|摘要|借方|贷方|流水|balance|debit|credit", re.I)


class WordCell(NamedTuple):
    """Text of a cell, a line per paragraph; whether it is merged with another."""

    text: str
    merged: bool


class WordTable(NamedTuple):
    """Rows of a table; lines of the text above it; whether it stands within a cell of another."""

    rows: list[list[WordCell]]
    above: int
    nested: bool


class _Part(NamedTuple):
    """A table of the statement: its heading (None where it goes on without one), rows above and below."""

    table: WordTable
    heading: Row | None
    above: list[list[WordCell]]
    below: list[list[WordCell]]


def irregular(what: str) -> RefusedError:
    """The error for a table that is too irregular to be read; `what` says in which way."""
    return RefusedError(
        f"中的表格不规则（{what}），未读取；应为一行表头、没有合并单元格、一笔一行的流水，请交付这样的 .docx"
        "，或 .xlsx、.csv。"
    )


def find_table(tables: Sequence[WordTable], lines: Sequence[str]) -> FoundTable | None:
    """The table of a bank statement in a .docx, None when no table of it is one.

    Args:
        tables: the tables of the document. lines: its whole text, which may stand for a table in columns of tabs.

    Raises:
        RefusedError: there is one, but it is not regular, or speaks of several accounts.
    """
    parts = _parts(tables or _tabbed(lines))
    if not parts:
        _check_days(tables)
        return None
    first = parts[0]
    _check(parts, tables, lines)
    heading = first.heading or []
    rows, beside = _rows(parts, heading)
    above = [line.split() for line in lines[: first.table.above] if line.strip()]
    above += [_filled(row) for row in first.above if any(_filled(row))]
    stated = rows_stated("".join(line.split()) for line in [*lines, *beside])
    above = with_notes(above, [*_below(lines), *beside])
    return FoundTable(above, heading, rows, sum(bool(SUMMARY.match(text)) for text in beside), stated)


def _below(lines: Sequence[str]) -> Sequence[str]:
    """The lines behind the last movement."""
    last = max((at for at, line in enumerate(lines) if bears_movement(line.split("\t"))), default=len(lines))
    return lines[last + 1 :]


def _parts(tables: Sequence[WordTable]) -> list[_Part]:
    """The tables of the statement in their order."""
    found: list[_Part] = []
    for table in tables:
        at = _heading_at(table.rows)
        if at is not None and _is_statement(_cells(table.rows[at])):
            found.append(_Part(table, _cells(table.rows[at]), table.rows[:at], table.rows[at + 1 :]))
        elif found and at is None and _goes_on(table.rows, len(found[0].heading or ())):
            found.append(_Part(table, None, [], table.rows))
    return found


def _tabbed(lines: Sequence[str]) -> list[WordTable]:
    """Lines whose cells are parted by tabs, as a table: that of a document without any."""
    places = [at for at, line in enumerate(lines) if line.count("\t") >= 2]
    rows = [[WordCell(cell, merged=False) for cell in lines[at].split("\t")] for at in places]
    return [WordTable(rows, places[0], nested=False)] if rows else []


def _check_days(tables: Sequence[WordTable]) -> None:
    """Refuse a table with the heading of a statement and sums below it, none of whose rows bears a day as written."""
    for row, below in ((row, table.rows[at + 1 :]) for table in tables for at, row in enumerate(table.rows)):
        heading = _filled(row)
        named = len(heading) >= 3 and _is_statement(heading) and _DATED.search("".join(heading))
        if named and any(sum(bool(re.search(r"\d", cell)) for cell in _filled(one)) >= 2 for one in below):
            raise irregular("表头下的各行没有可以识别的日期")


def _heading_at(rows: Sequence[Sequence[WordCell]]) -> int | None:
    """Index of the last row of three words or more, without digits, above the first row with a day and a number."""
    for first in (at for at, row in enumerate(rows) if bears_movement(_cells(row))):
        for at in range(first - 1, -1, -1):
            named = _filled(rows[at])
            if len(named) >= 3 and not any(re.search(r"\d", name) for name in named):
                return at
        return None
    return None


def _is_statement(heading: Row) -> bool:
    words = "".join(heading)
    return bool(_MONEY.search(words)) and (not _LIST.search(words) or bool(_OF_ACCOUNT.search(words)))


def _goes_on(rows: Sequence[Sequence[WordCell]], width: int) -> bool:
    """Whether a table without a heading continues the one before it."""
    filled = [row for row in rows if _filled(row)]
    return bool(filled) and len(filled[0]) == width and bears_movement(_cells(filled[0]))


def _check(parts: Sequence[_Part], tables: Sequence[WordTable], lines: Sequence[str]) -> None:
    """Refuse tables within tables, merged or empty headings, different headings, and several accounts."""
    if any(part.table.nested for part in parts):
        raise irregular("表格套在另一个表格里")
    headings = [part.heading for part in parts if part.heading is not None]
    if any(heading != headings[0] for heading in headings):
        raise irregular("几个表格的表头不同")
    titles = [part.table.rows[len(part.above)] for part in parts if part.heading is not None]
    if not all(headings[0]) or any(cell.merged for row in titles for cell in row):
        raise irregular("表头有合并或空白的单元格")
    if label := several_holders(_beside(parts, tables, lines)):
        raise irregular(f"有多个“{label}”，应一份一个账户")


def _beside(parts: Sequence[_Part], tables: Sequence[WordTable], lines: Sequence[str]) -> Iterator[str]:
    """Lines of the text that are no movements, and the labels and values of cells that are none."""
    yield from (line for line in lines if not bears_movement(line.split("\t")))
    held = [part.table for part in parts]
    rows = [row for part in parts for row in part.above]
    rows += [row for table in tables if table not in held for row in table.rows]
    yield from (f"{label}:{value}" for row in rows for label, value in pairwise(_cells(row)))


def _rows(parts: Sequence[_Part], heading: Row) -> tuple[list[Row], list[str]]:
    """The movements, and texts of rows that are none (sums, remarks over the whole width)."""
    rows: list[Row] = []
    beside: list[str] = []
    for row in (row for part in parts for row in part.below):
        cells, filled = _cells(row), _filled(row)
        if not filled or cells == heading:
            continue
        if SUMMARY.match("".join(filled[0].split())) or (len(row) == 1 < len(heading)):
            beside.append("".join("".join(filled).split()))
            continue
        _check_row(row, cells, len(heading))
        rows.append(cells)
    return rows, beside


def _check_row(row: Sequence[WordCell], cells: Row, width: int) -> None:
    said = quoted(*cells)
    if any(cell.merged for cell in row):
        raise irregular(f"“{said}”一行有合并的单元格")
    if len(cells) != width:
        raise irregular(f"“{said}”一行有 {len(cells)} 格，表头有 {width} 格")
    if not bears_day(cells):
        raise irregular(f"“{said}”一行没有日期")
    if any(TWO_SUMS.search(cell) for cell in cells):
        raise irregular(f"“{said}”一行的单元格不能分清")


def _cells(row: Sequence[WordCell]) -> Row:
    return [joined(line.strip() for line in cell.text.replace("\t", " ").split("\n")) for cell in row]


def _filled(row: Sequence[WordCell]) -> Row:
    return [cell for cell in _cells(row) if cell]
