"""The one regular table of a PDF (a statement) as rows of cells, or a reason why it is not regular; nothing is guessed.

Columns are parted by strokes that cross the heading, or by strips that are blank in every row of every page. Rows are
parted by strokes, or each begins at the line that bears a day. Every column must have its heading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from features.intake.papers.pdf_page import Glyph, Line, Page, RefusedError
from features.intake.papers.pdf_text import is_page_number, plain

Row = list[str]

LEAST_COLUMNS = 3
_GAP = 1.5
"""Points of a blank strip between two columns."""
_DAY = re.compile(r"(?<!\d)(?:19|20)\d{2}(?:[-/.年]\d{1,2}[-/.月]\d{1,2}日?|[01]\d[0-3]\d(?!\d))")
_SUM = re.compile(r"(?<![\d.])[-+]?\d[\d,]*(?:\.\d+)?(?![\d.])")
_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_SUMMARY = re.compile(
    r"^(?:本?页?小计|(?:本页|本期|本月|全部|总|累计)?合计|总计|累计|承前页?|承上页?|接上页|转下页|转次页|过次页|本页|上页|期初|期末|上期|本期|"
    r"上月|年初|(?:借方|贷方|收入|支出)(?:合计|总|笔数|累计)|交易(?:总)?笔数|总笔数|以下(?:空白|无正文)|[-—*=_\s]+$)"
)
"""Lines that sum up or carry over: no movement of their own."""
_COUNT = re.compile(r"(?:共计?|总笔数|交易笔数|记录数|总条数|笔数合计|合计笔数)\s*[:：为]?\s*(\d{1,7})\s*(?:笔|条)?")
_HOLDER = re.compile(r"(账号|帐号|卡号|账户名称?|户名|客户名称?)\s*[:：]\s*([^\s:：]+)")
_IRREGULAR = "中的表格不规则（{}），未读取；应为每页有表头、各列对齐或有框线的流水，或请交付 .xlsx、.csv。"


class FoundTable(NamedTuple):
    """Lines above the heading (a cell per word), the heading, the rows; number of rows left out and of rows stated."""

    above: list[Row]
    heading: Row
    rows: list[Row]
    left_out: int
    stated: int | None


class _Part(NamedTuple):
    """The table on one page: its heading lines, the lines below them, the page."""

    page: Page
    heading: list[Line]
    lines: list[Line]


def find_table(pages: Sequence[Page]) -> FoundTable | None:
    """The table; None when no line of the first page looks like a heading above rows.

    Raises:
        RefusedError: there is one, but it is not regular, or speaks of several accounts.
    """
    first = _heading_at(pages[0])
    if first is None:
        return None
    above = [line for line in pages[0].lines[: first[0]] if not is_page_number(line)]
    _one_holder(pages)
    reasons = []
    for begin in (first[0], first[0] - 1, first[0] - 2):  # a heading may run over several lines
        if begin < 0:
            break
        try:
            return _read(pages, begin, first[1], above[: max(0, begin)])
        except RefusedError as error:
            reasons.append(error)
    raise reasons[0]


def _heading_at(page: Page) -> tuple[int, int] | None:
    """Index of the line above the first row, and of the line behind it."""
    for at, line in enumerate(page.lines):
        words = _words(line)
        if len(words) >= LEAST_COLUMNS and _DAY.search(plain(line)) and _SUM.search(_DAY.sub("", plain(line))):
            for above in range(at - 1, -1, -1):
                found = _words(page.lines[above])
                if len(found) >= LEAST_COLUMNS and not any(re.search(r"\d", word) for word, *_ in found):
                    return above, above + 1
    return None


def _words(line: Line) -> list[tuple[str, float, float]]:
    """Words of a line that gaps of half a character part: text, left, right."""
    found: list[tuple[str, float, float]] = []
    for glyph in line.inked:
        if found and glyph.left - found[-1][2] < line.size / 2:
            found[-1] = (found[-1][0] + glyph.text, found[-1][1], glyph.right)
        else:
            found.append((glyph.text, glyph.left, glyph.right))
    return found
