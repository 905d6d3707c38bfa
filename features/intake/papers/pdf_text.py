"""Running text of the pages of a PDF: lines that the layout broke are joined, page numbers and running heads left out.

A break between two lines is the layout's own where the first word of the next line had no room left on the line
before, which itself begins at the left margin or is indented as a paragraph is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from features.intake.papers.pdf_page import Glyph, Line, Page
from features.intake.ruling.lines import Widths, runs_on

MARGIN = 0.12
"""Share of the page at its top and foot in which running heads and page numbers stand."""
_PAGE_NUMBER = re.compile(
    r"[-—–－·.~]+(\d{1,4})[-—–－·.~]+|第(\d{1,4})页(?:[/／,，、]?共\d{1,4}页)?|page(\d{1,4})(?:of\d{1,4})?", re.I
)
"""The number of a page, with signs that say so."""
_BARE_NUMBER = re.compile(r"(\d{1,4})(?:[/／]\d{1,4}|页)?")
"""A number that is the page's if it is the right one."""
_INDENT = 3.3
"""Widths of a character up to which a paragraph's first line is indented."""
_SLACK = 0.5
"""Points by which rounded edges differ."""
_OPENING, _CLOSING = "（(《〈“‘[【〔「『", "）)》〉”’]】〕」』，。、；：？！,.;:?!％%"


def plain(line: Line) -> str:
    """Text of a line; a gap of half a character or more is a blank."""
    parts: list[str] = []
    end = 0.0
    for glyph in line.glyphs:
        if parts and glyph.left - end >= line.size / 2 and not (parts[-1].isspace() or glyph.text.isspace()):
            parts.append(" ")
        parts.append(glyph.text)
        end = glyph.right
    return "".join(parts).rstrip()


def _without_margins(pages: Sequence[Page]) -> list[list[Line]]:
    """Lines of each page without page numbers, and without heads and feet that stand alike on several pages."""
    seen = Counter(
        key for page in pages for key in {_furniture(page, line) for line in page.lines if _in_margin(page, line)}
    )
    return [
        [
            line
            for line in page.lines
            if not _in_margin(page, line) or not (_is_number(line, number) or seen[_furniture(page, line)] > 1)
        ]
        for number, page in enumerate(pages, start=1)
    ]


def _is_number(line: Line, page: int) -> bool:
    """Whether a line says nothing but the number of its page; a figure alone may also be the end of a sum."""
    text = "".join(glyph.text for glyph in line.inked)
    bare = _BARE_NUMBER.fullmatch(text)
    return bool(_PAGE_NUMBER.fullmatch(text)) or (bare is not None and int(bare[1]) == page)


def _in_margin(page: Page, line: Line) -> bool:
    return not MARGIN * page.height < line.base < (1 - MARGIN) * page.height


def _furniture(page: Page, line: Line) -> tuple[str, int]:
    """A running head or foot: its words, but for numbers of pages, and its height."""
    words = re.sub(r"第\s*\d+\s*页|共\s*\d+\s*页|\d+\s*/\s*\d+", "#", plain(line))
    return "".join(words.split()), round(line.base / 3)


def running_text(pages: Sequence[Page]) -> str:
    """The text, a line per paragraph."""
    lines = [line for kept in _without_margins(pages) for line in kept]
    if not lines:
        return ""
    left, right = _bounds(lines)
    words = [plain(line).lstrip() for line in lines]
    widths = Widths(words)
    text = [plain(lines[0])]
    for (before, line), (said, following) in zip(pairwise(lines), pairwise(words), strict=True):
        if not _may_run_on(before, line, left):
            text.append(plain(line))
        elif before.right + first_word(line.inked) > right + _SLACK and not widths.widest(said):
            text[-1] = _joined(text[-1], following)
        elif before.right + first_word(line.inked) > right + _SLACK or runs_on(widths, text[-1], said, following, 0):
            text[-1] += following  # cut after so many characters, however wide they are
        else:
            text.append(plain(line))
    return "\n".join(text)


def _bounds(lines: Sequence[Line]) -> tuple[float, float]:
    """Left and right edge of the text: those of its wide lines; a stop at the end may hang over the edge."""
    widest = max(line.right - line.left for line in lines)
    wide = [line for line in lines if line.right - line.left > 0.7 * widest]
    return min(line.left for line in wide), max(map(_without_stop, wide))


def _without_stop(line: Line) -> float:
    """Right edge of a line without the stop that ends it."""
    last = line.inked[-1]
    return last.left if last.text in _CLOSING else line.right


def _may_run_on(before: Line, line: Line, left: float) -> bool:
    """Whether a line stands where a paragraph goes on: at the left margin, in the same print."""
    size = before.size
    return not (
        line.left > left + 0.7 * size or before.left > left + _INDENT * size or abs(line.size - size) > 0.1 * size
    )


def first_word(glyphs: Sequence[Glyph]) -> float:
    """Width of what a layout does not break at the start of a line: a word, a character with its punctuation."""
    end = 1
    while end < len(glyphs):
        last, this = glyphs[end - 1].text, glyphs[end].text
        latin = last.isascii() and this.isascii() and glyphs[end].left - glyphs[end - 1].right < 1
        if not (latin or last in _OPENING or this in _CLOSING):
            break
        end += 1
    return glyphs[end - 1].right - glyphs[0].left


def _joined(before: str, after: str) -> str:
    """Two lines as one: only words of Latin letters keep a blank between them."""
    latin = before[-1:].isascii() and before[-1:].isalpha() and after[:1].isascii() and after[:1].isalpha()
    return f"{before} {after}" if latin else before + after
