"""The regular table of a PDF (a statement) as rows of cells, or why it is not regular; nothing is guessed.

A row is what stands between two strokes, or a line that bears a day with the lines that its cells ran over to: a cell
ran over where the next word had no room left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from features.intake.papers.base import FoundTable, RefusedError, Row
from features.intake.papers.pdf_cells import Columns, irregular, is_day_line, strokes_across, words
from features.intake.papers.pdf_page import Glyph, Line, Page
from features.intake.papers.pdf_text import plain
from features.intake.papers.rows import (
    SUMMARY,
    TWO_SUMS,
    bears_day,
    joined,
    quoted,
    rows_stated,
    several_holders,
    with_notes,
)

_FAR = 1.8
"""Sizes of print from which a line stands apart from the one above it."""
_SUM = re.compile(r"[-+]?[\d,]+\.\d{2}")


class _Part(NamedTuple):
    """The table on one page: lines of the heading, and the lines below it, feet and sums among them."""

    page: Page
    heading: tuple[Line, ...]
    lines: tuple[Line, ...]


def find_table(pages: Sequence[Page]) -> FoundTable | None:
    """The table; None when the first page has no heading above a line with a day and a number.

    Raises:
        RefusedError: there is one, but it is not regular, or speaks of several accounts.
    """
    at = _heading_index(pages[0])
    if at is None:
        return None
    _check_one_holder(pages)
    errors = []
    for begin, end in _heading_spans(pages[0], at):
        try:
            return _Reading(pages, begin, end).table()
        except RefusedError as error:
            errors.append(error)
    raise errors[0]


def _heading_index(page: Page) -> int | None:
    """Index of the last line of words without digits above the first row."""
    for first in (at for at, line in enumerate(page.lines) if is_day_line(line)):
        for at in range(first - 1, -1, -1):
            found = words(page.lines[at])
            if len(found) >= 3 and not any(re.search(r"\d", word.text) for word in found):
                return at
    return None


def _heading_spans(page: Page, at: int) -> list[tuple[int, int]]:
    """First line of the heading and the one behind it: between strokes, or up to three lines."""
    line = page.lines[at]
    strokes = strokes_across(page, line.left, line.right)
    top = min((place for place in strokes if place > line.base), default=None)
    foot = max((place for place in strokes if place < line.base), default=None)
    spans = [(at - height, at + 1) for height in range(3) if at >= height]
    if top is not None and foot is not None:
        inside = [number for number, one in enumerate(page.lines) if foot < one.base < top]
        spans.insert(0, (inside[0], inside[-1] + 1))
    return spans


def _check_one_holder(pages: Sequence[Page]) -> None:
    lines = (plain(line) for page in pages for line in page.lines if not is_day_line(line))
    if label := several_holders(lines):
        raise irregular(f"有多个“{label}”，应一份一个账户")


class _Reading:
    """One way to read the table: with the heading at these lines of the first page."""

    def __init__(self, pages: Sequence[Page], begin: int, end: int) -> None:
        self._above = pages[0].lines[:begin]
        self._indent = words(pages[0].lines[end - 1])[0].right
        """Right edge of the first word of the heading."""
        self._beside: list[str] = []
        """Texts below the rows and of sums."""
        self._left_out = 0
        self._parts = self._find_parts(pages, [_compact(line) for line in pages[0].lines[begin:end]])
        self._columns = Columns(self._parts[0].page, self._parts[0].heading, self._inked())
        self._rows: list[Row] = []
        self._last: dict[int, list[Glyph]] = {}
        """Last glyphs of each cell of the last row."""

    def table(self) -> FoundTable:
        """The table read this way; RefusedError when it is not regular."""
        ruled = self._is_ruled()
        for part in self._parts:
            if ruled:
                self._add_ruled(part)
            else:
                self._add_aligned(part)
        for row in self._rows:
            if not bears_day(row) or any(TWO_SUMS.search(cell) for cell in row):
                raise irregular(f"“{quoted(*row)}”一行的单元格不能分清")
        above = [plain(line).split() for line in self._above]
        texts = [*("".join(row) for row in above), *self._beside]
        above = with_notes(above, self._beside)
        return FoundTable(above, self._columns.heading, self._rows, self._left_out, rows_stated(texts))

    def _find_parts(self, pages: Sequence[Page], heading: list[str]) -> list[_Part]:
        parts = []
        for page in pages:
            texts = [_compact(line) for line in page.lines]
            at = next((at for at in range(len(texts)) if texts[at : at + len(heading)] == heading), -1)
            lines = page.lines[at + len(heading) :] if at >= 0 else _near_first_day(page.lines)
            if any(map(is_day_line, lines)):
                parts.append(_Part(page, page.lines[at : at + len(heading)] if at >= 0 else (), lines))
            else:
                self._beside += map(_compact, lines)
        return parts

    def _inked(self) -> list[Line]:
        """Lines that show where the columns are: headings, and lines from the first day of a page to its last."""
        found: list[Line] = []
        for part in self._parts:
            days = [at for at, line in enumerate(part.lines) if is_day_line(line)]
            found += part.heading
            found += (line for line in part.lines[days[0] : days[-1] + 1] if not self._is_summary(line))
        return found

    def _is_ruled(self) -> bool:
        """Whether strokes part each row from the next; RefusedError where some are parted."""
        parted, strokes = [], 0
        for part in self._parts:
            places = strokes_across(part.page, self._columns.left, self._columns.right)
            days = [line.base for line in part.lines if is_day_line(line)]
            parted += [any(low < place < high for place in places) for high, low in pairwise(days)]
            strokes += len(places)
        if any(parted) and not all(parted):
            raise irregular("有的行之间有线，有的没有")
        return all(parted) and (bool(parted) or strokes > 2 * len(self._parts))

    def _add_ruled(self, part: _Part) -> None:
        """Rows between strokes: the lines of a band are one row."""
        strokes = strokes_across(part.page, self._columns.left, self._columns.right)
        bands: dict[int, list[Line]] = {}
        for line in part.lines:
            bands.setdefault(sum(line.base < place for place in strokes), []).append(line)
        for number, lines in sorted(bands.items()):
            day = any(map(is_day_line, lines))
            if not day and (number in (0, len(strokes)) or self._is_summary(lines[0])):
                self._leave_out(lines)
            else:
                self._add(lines)

    def _add_aligned(self, part: _Part) -> None:
        """Rows without strokes between them."""
        lines = [line for line in part.lines if is_day_line(line) or not self._sums_up(line)]
        for group in _groups(lines):
            whole = self._without_foot(group) if group[-1] is lines[-1] else group
            self._check_runs(whole)
            self._add(whole)

    def _is_summary(self, line: Line) -> bool:
        """Whether a line sums up: by its first words, which stand at its very left or before a number."""
        text = _compact(line)
        return bool(SUMMARY.match(text)) and (
            line.left < self._indent or (len(words(line)) > 1 and re.search(r"\d", text) is not None)
        )

    def _sums_up(self, line: Line) -> bool:
        if self._is_summary(line):
            self._leave_out([line])
            return True
        return False

    def _leave_out(self, lines: Sequence[Line]) -> None:
        self._beside += map(_compact, lines)
        self._left_out += any(map(self._is_summary, lines))

    def _without_foot(self, group: list[Line]) -> list[Line]:
        """Lines of the last row of a page, without what stands below the table."""
        start = next((at for at, line in enumerate(group) if is_day_line(line)), 0)
        for at in range(start + 1, len(group)):
            if self._columns.split(group[at]) is None or group[at - 1].base - group[at].base > _FAR * group[at].size:
                self._beside += map(_compact, group[at:])
                return group[:at]
        return group

    def _check_runs(self, group: Sequence[Line]) -> None:
        """Refuse a row whose lines are not cells that ran over."""
        runs = dict(self._last) if not any(map(is_day_line, group)) else {}
        for number, line in enumerate(group):
            for column, glyphs in (self._columns.split(line) or {}).items():
                before = runs.get(column)
                late = before is None and number and is_day_line(group[0])
                if late or (before is not None and not self._columns.ran_over(before, glyphs, column)):
                    raise irregular(f"“{quoted(plain(line))}”属于哪一行不能分清")
                runs[column] = glyphs
        self._last = runs

    def _add(self, lines: Sequence[Line]) -> None:
        """Add a row; lines without day and sums at the top of a page end the last row of the page before."""
        cut = [self._columns.cut(line) for line in lines]
        cells = [row for row in cut if row is not None]
        if len(cells) < len(cut):
            raise irregular(f"“{quoted(plain(lines[0]))}”一行跨列")
        row = [joined([one[at] for one in cells]) for at in range(self._columns.count)]
        if bears_day(row):
            self._rows.append(row)
        elif self._rows and not any(map(_SUM.fullmatch, row)):
            self._rows[-1] = [joined([before, cell]) for before, cell in zip(self._rows[-1], row, strict=True)]
        else:
            raise irregular(f"“{quoted(*row)}”一行没有日期")


def _near_first_day(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Lines of a page without heading, without those that stand apart above the first row."""
    at = next((at for at, line in enumerate(lines) if is_day_line(line)), len(lines))
    while at and at < len(lines) and lines[at - 1].base - lines[at].base <= _FAR * lines[at].size:
        at -= 1
    return lines[at:]


def _groups(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines of a page by row: each has one line with a day, and lines above it only where these are clearly near."""
    groups: list[list[Line]] = []
    for at, line in enumerate(lines):
        open_row = bool(groups) and not any(map(is_day_line, groups[-1]))
        if is_day_line(line):
            near = open_row and groups[-1][-1].base - line.base < 0.9 * line.size
            starts = not near
        else:
            below = lines[at].base - lines[at + 1].base if at + 1 < len(lines) else float("inf")
            starts = not groups or (not open_row and below < 0.85 * (lines[at - 1].base - line.base))
        if starts:
            groups.append([])
        groups[-1].append(line)
    return groups


def _compact(line: Line) -> str:
    """Text of a line without blanks."""
    return "".join(glyph.text for glyph in line.inked)
