"""Where the columns of a table stand on its pages, and the cells of a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from features.intake.papers.base import RefusedError, Row
from features.intake.papers.pdf_page import Glyph, Line, Page
from features.intake.papers.pdf_text import first_word
from features.intake.papers.rows import bears_movement, joined

_GAP = 0.4
"""Gap, in widths of a character, from which two words are separate."""
_CLOSE = 0.15
"""Gap, in widths of a character, below which glyphs left and right of a column edge are one text that crosses it."""
_STRIP = 1.0
"""Least width, in points, of the blank strip between two columns."""
_TOUCH = 1.5
"""Tolerance in points: for strokes that should meet, and for a glyph that reaches over its column's edge."""


def irregular(what: str) -> RefusedError:
    """The error for a table that is too irregular to be read; `what` says in which way."""
    return RefusedError(
        f"中的表格不规则（{what}），未读取；应为每页有表头、各列对齐或有框线的流水，请交付这样的 PDF，或 .xlsx、.csv。"
    )


class Word(NamedTuple):
    """Glyphs without a gap between them: text, left and right edge."""

    text: str
    left: float
    right: float


def words(line: Line) -> list[Word]:
    """Words of a line."""
    found: list[Word] = []
    for glyph in line.inked:
        if found and glyph.left - found[-1].right < _GAP * line.size:
            found[-1] = Word(found[-1].text + glyph.text, found[-1].left, glyph.right)
        else:
            found.append(Word(glyph.text, glyph.left, glyph.right))
    return found


def is_day_line(line: Line) -> bool:
    """Whether a line has a word that is a day (with a time, maybe) and another that is a number."""
    found = [word.text for word in words(line)]
    return bears_movement(found)


def strokes_across(page: Page, left: float, right: float) -> list[float]:
    """Heights of the strokes that run from left to right, from the top down."""
    lengths: dict[float, float] = {}
    for place, start, end in sorted(page.across, reverse=True):
        near = next((known for known in lengths if abs(known - place) <= _TOUCH), place)
        lengths[near] = lengths.get(near, 0.0) + max(0.0, min(end, right) - max(start, left))
    return [place for place, length in lengths.items() if length > 0.8 * (right - left)]


class Columns:
    """The columns of a table: between the strokes that cross its heading, else between strips that are always blank.

    Args:
        page: the first page of the table.
        heading: lines of the heading on it.
        inked: lines of the table on all pages that show where its columns are.

    Raises:
        RefusedError: a column has no heading, or two.
    """

    def __init__(self, page: Page, heading: Sequence[Line], inked: Sequence[Line]) -> None:
        self.left, self.right = min(line.left for line in inked), max(line.right for line in inked)
        strokes = _strokes_down(page, heading)
        inner = [place for place in strokes if self.left < place < self.right]
        self._ruled = len(inner) >= 2
        edges = inner if self._ruled else _strips(inked)
        self._edges = [min([self.left, *strokes]) - _STRIP, *edges, max([self.right, *strokes]) + _STRIP]
        self.count = len(self._edges) - 1
        self.heading = self._names(heading)
        self._widest = [0.0] * self.count
        for line in inked:
            for at, glyphs in (self.split(line) or {}).items():
                self._widest[at] = max(self._widest[at], _width(glyphs))

    def split(self, line: Line) -> dict[int, list[Glyph]] | None:
        """Inked glyphs of a line by column; None when text crosses an edge."""
        found: dict[int, list[Glyph]] = {}
        for glyph in line.inked:
            at = sum(edge < (glyph.left + glyph.right) / 2 for edge in self._edges) - 1
            if (
                not 0 <= at < self.count
                or glyph.left < self._edges[at] - _TOUCH
                or glyph.right > self._edges[at + 1] + _TOUCH
            ):
                return None
            found.setdefault(at, []).append(glyph)
        for one, two in pairwise(sorted(found)):
            if found[two][0].left - found[one][-1].right < _CLOSE * line.size:
                return None
        return found

    def cut(self, line: Line) -> Row | None:
        """Cells of a line; None when text crosses an edge."""
        found = self.split(line)
        return None if found is None else [_cell(found.get(at, []), line.size) for at in range(self.count)]

    def ran_over(self, one: Sequence[Glyph], two: Sequence[Glyph], column: int) -> bool:
        """Whether a cell that has these glyphs in one line had no room for the first word of the next."""
        return _width(one) + first_word(two) > self._widest[column] + 0.1

    def _names(self, heading: Sequence[Line]) -> Row:
        cut = [self.cut(line) for line in heading]
        rows = [row for row in cut if row is not None]
        names = [joined([row[at] for row in rows]) for at in range(self.count)]
        beside = not self._ruled and any(re.search(r"\S{2}\s+\S|\S\s+\S{2}", name) for name in names)
        if len(rows) < len(cut) or self.count < 3 or not all(names) or beside:
            raise irregular("表头与各列不能一一对应")
        return names


def _strokes_down(page: Page, heading: Sequence[Line]) -> list[float]:
    """Places of the strokes that cross the heading."""
    height = heading[-1].base + heading[-1].size * 0.3
    found: list[float] = []
    for place, bottom, top in sorted(page.down):
        if bottom - _TOUCH <= height <= top + _TOUCH and (not found or place - found[-1] > _TOUCH):
            found.append(place)
    return found


def _strips(inked: Sequence[Line]) -> list[float]:
    """Middles of the strips that no word of the lines covers."""
    spans = sorted((word.left, word.right) for line in inked for word in words(line))
    found: list[float] = []
    end = spans[0][1]
    for left, right in spans:
        if left - end >= _STRIP:
            found.append((left + end) / 2)
        end = max(end, right)
    return found


def _width(glyphs: Sequence[Glyph]) -> float:
    return glyphs[-1].right - glyphs[0].left if glyphs else 0.0


def _cell(glyphs: Sequence[Glyph], size: float) -> str:
    """Text of the glyphs of a cell; a gap is a blank."""
    text = "".join(glyph.text for glyph in glyphs[:1])
    for before, glyph in pairwise(glyphs):
        text += (" " if glyph.left - before.right >= size / 5 else "") + glyph.text
    return text
