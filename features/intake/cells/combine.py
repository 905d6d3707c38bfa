"""Combine several source columns into one cell per row: date + time, debit or credit, several texts.

Columns of any other kind take the first cell that is not blank. Cells that contradict each other are joined into a text
that no parser accepts, so that the row is refused and the error shows both.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

CLOCK = "^[0-9]{1,2}[:：时][0-9]{1,2}(?:[:：分][0-9]{1,2}(?:\\.[0-9]+)?秒?|分)?$"
_DIGITS = "^[0-9]{5,6}$"
"""A time of day as a number, whose leading nought may be lost: 93005."""
TIME_OF_DAY = f"{CLOCK}|{_DIGITS}"
"""A time that `moment` joins to the day of another column."""
_DAY = "^[0-9]{8}$|^[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?$"
_MIDNIGHT = "[ T]0{1,2}:00(:00(\\.0+)?)?$"
"""What a workbook adds to a day without a time."""
_NOUGHT = "^[+-]?[¥￥]?[+-]?0*(\\.0*)?元?$"

BOTH_WAYS = "收入和支出两列都有金额"
"""Direction of a row with a sum in a column of money in and in one of money out."""


def _matches(cells: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    return pc.fill_null(pc.match_substring_regex(cells, pattern), False)


def moment(parts: Sequence[pa.ChunkedArray], all_count: bool = False) -> pa.ChunkedArray:
    """The moment of a row from columns of days and times: the first filled; a bare day takes the time of another.

    With `all_count`, different days or times contradict each other; otherwise the first filled one is taken.
    """
    found = parts[0]
    for part in parts[1:]:
        both = pc.coalesce(_with_time(found, part), _with_time(part, found))
        told = pc.coalesce(found, part)
        if all_count:
            differ = pc.and_(pc.is_null(both), _differ(found, part))
            told = pc.if_else(differ, pc.binary_join_element_wise(found, part, " 与 "), told)
        found = pc.coalesce(both, told)
    return found


def later(cells: pa.ChunkedArray, days: int, whole: bool) -> pa.ChunkedArray:
    """Days of a workbook as numbers, so many later; other texts stay, and whole numbers unless `whole` is set."""
    parts = pc.extract_regex(cells, "^(?P<day>[1-7][0-9]{4})(?P<part>[.][0-9]+)" + ("?$" if whole else "$"))
    moved = pc.add(pc.struct_field(parts, "day").cast(pa.int32()), days).cast(pa.string())
    return pc.coalesce(pc.binary_join_element_wise(moved, pc.struct_field(parts, "part"), ""), cells)


def _differ(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether two cells hold days that differ, or moments of one day that do."""
    digits = [_digits(cells) for cells in (one, other)]
    days = [pc.utf8_slice_codeunits(cells, 0, 8) for cells in digits]
    times = [pc.utf8_slice_codeunits(cells, 8, 12) for cells in digits]
    timed = pc.and_(*(pc.and_(pc.equal(pc.utf8_length(t), 4), pc.not_equal(t, "0000")) for t in times))
    apart = pc.or_(pc.not_equal(*days), pc.and_(timed, pc.not_equal(*times)))
    dated = pc.and_(*(pc.equal(pc.utf8_length(day), 8) for day in days))
    return pc.fill_null(pc.and_(dated, apart), False)


def _digits(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """The digits of a moment, month and hour in two: 2024/3/1 9:05 is 202403010905."""
    for _ in range(2):
        cells = pc.replace_substring_regex(cells, "([^0-9])([0-9])([^0-9]|$)", r"\10\2\3")
    return pc.replace_substring_regex(cells, "[^0-9]", "")


def joined(parts: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """The texts of a row one after another, each said once: 跨行转账 and 货款 are 跨行转账；货款."""
    found = parts[0]
    for part in parts[1:]:
        more = pc.and_(pc.fill_null(pc.not_equal(found, part), False), pc.is_valid(part))
        found = pc.if_else(more, pc.binary_join_element_wise(found, part, "；"), pc.coalesce(found, part))
    return found


def _with_time(days: pa.ChunkedArray, times: pa.ChunkedArray) -> pa.ChunkedArray:
    """`day time` where one column holds a bare day and the other a bare time; else NULL."""
    day = pc.replace_substring_regex(days, _MIDNIGHT, "")
    digits = pc.utf8_lpad(times, 6, "0")
    spelt = pc.replace_substring_regex(digits, "^([0-9]{2})([0-9]{2})([0-9]{2})$", r"\1:\2:\3")
    numbered = _matches(times, _DIGITS)
    clock = pc.replace_substring_regex(times, "[：时分]", ":")
    clock = pc.replace_substring_regex(pc.replace_substring_regex(clock, "秒$", ""), ":$", "")
    clock = pc.if_else(numbered, spelt, clock)
    both = pc.and_(_matches(day, _DAY), _matches(times, TIME_OF_DAY))
    return pc.if_else(both, pc.binary_join_element_wise(day, clock, " "), None)


def _without_nought(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(_matches(cells, _NOUGHT), None, cells)


def amount(parts: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """The one sum of a row that is not nought; nought where all are; two that differ are shown both."""
    found = _without_nought(parts[0])
    for part in map(_without_nought, parts[1:]):
        differ = pc.fill_null(pc.not_equal(found, part), False)
        found = pc.if_else(differ, pc.binary_join_element_wise(found, part, " 与 "), pc.coalesce(found, part))
    return pc.coalesce(found, *parts)


def filled_by(parts: Sequence[pa.ChunkedArray], codes: Sequence[str]) -> pa.ChunkedArray:
    """The code of the column whose sum is not nought; of nought alone, that of the first column filled.

    `BOTH_WAYS`, which no parser accepts, where columns of two codes hold a sum: alike sums make it no better known.
    """
    sums = [pc.is_valid(_without_nought(part)) for part in parts]
    by_code = {code: [held for held, own in zip(sums, codes, strict=True) if own == code] for code in codes}
    ways = [pc.cast(functools.reduce(pc.or_, held), pa.int8()) for held in by_code.values()]
    both = pc.greater(functools.reduce(pc.add, ways), 1)
    found = pa.chunked_array([pa.nulls(len(parts[0]), pa.string())])
    for cells in ([_without_nought(part) for part in parts], parts):
        for part, code in zip(cells, codes, strict=True):
            found = pc.coalesce(found, pc.if_else(pc.is_valid(part), code, None))
    return pc.if_else(both, BOTH_WAYS, found)
