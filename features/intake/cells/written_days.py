"""Days and times in spellings that are put into a common one before they are read: 下午3:04, 二〇二五年一月二日.

Each can mean one moment only. 上午12:30 is noon to some and midnight to others, 12 digits may begin with a year of two:
both stay as they are and are refused by the parser.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_DAY = "[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?"
_COMPACT = "(?P<y>[12][0-9]{3})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"
_CLOCK = (
    r"(?P<hour>[0-9]{1,2})[:.时点](?P<minute>[0-9]{1,2})(?:[:.分](?P<second>[0-9]{1,2}))?"
    r"(?:[.](?P<part>[0-9]{1,6}))?[分秒]?"
)
_DIGITS = "[〇○零一二三四五六七八九0]"
_NUMBERS = "[一二三四五六七八九十廿卅元]{1,3}"
_SPACED = r"\s*[ T,]\s*"
_REWRITTEN = (
    (rf"^{_COMPACT}{_SPACED}([0-9]{{1,2}}:[0-9]{{1,2}}(?::[0-9]{{1,2}})?(?:[.][0-9]{{1,6}})?)$", r"\1-\2-\3 \4"),
    (r"^([12][0-9]{3})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{3})$", r"\1-\2-\3 \4:\5:\6.\7"),
    (
        r"^([12][0-9]{3})([0-9]{2})([0-9]{2})(?:\s*[ T]\s*)?([0-9]{2})([0-9]{2})([0-9]{2})[.]([0-9]{1,6})$",
        r"\1-\2-\3 \4:\5:\6.\7",
    ),
    (rf"^({_DAY})\s*[ T]?\s*([0-9]{{2}})([0-9]{{2}})([0-9]{{2}})$", r"\1 \2:\3:\4"),
    (rf"^({_DAY})\s*[ T]\s*([0-9])([0-9]{{2}})([0-9]{{2}})$", r"\1 0\2:\3:\4"),
    (rf"^{_COMPACT}\s*[ T]\s*([0-9])([0-9]{{2}})([0-9]{{2}})$", r"\1-\2-\3 0\4:\5:\6"),
)
_MARK = r"(?i:[ap][.]?m[.]?)|上午|下午|凌晨|午后"
_HALVES = (
    rf"^(?P<day>{_DAY}|[12][0-9]{{7}})\s*[ T,]?\s*(?P<mark>{_MARK})\s*{_CLOCK}$",
    rf"^(?P<day>{_DAY}|[12][0-9]{{7}})\s*[ T,]\s*{_CLOCK}\s*(?P<mark>{_MARK})$",
)
_IN_WORDS = rf"^(?P<y>{_DIGITS}{{4}})年(?P<m>{_NUMBERS})月(?P<d>{_NUMBERS})日?(?P<rest>(?:\s*[0-9].*)?)$"
_UNCOMMON = (
    rf"{_MARK}|^[0-9]{{8}}\s*[ T,]|[0-9]{{15,}}|^[0-9]{{14}}[.]|[日0-9]\s*[ T]?[0-9]{{5,6}}([.]|$)"
    "|[一二三四五六七八九十〇]"
)
_ONES = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")
_TENS = (*(f"十{one}" for one in _ONES), *(f"二十{one}" for one in _ONES), "三十", "三十一")
_SPELT = [*_ONES[1:], *_TENS]


def in_common_spelling(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cleaned texts of days and times, uncommon spellings put into a common one; the same where none is."""
    hits = pc.fill_null(pc.match_substring_regex(cells, _UNCOMMON), False)
    if not pc.any(hits).as_py():
        return cells
    told = pc.utf8_normalize(pc.if_else(hits, cells, None), form="NFKC")
    told = pc.coalesce(_in_figures(told), told)
    for pattern, written in _REWRITTEN:
        told = pc.replace_substring_regex(told, pattern, written)
    for form in _HALVES:
        told = pc.coalesce(_of_half_day(told, form), told)
    return pc.coalesce(told, cells)


def _in_figures(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Days in words (二〇二五年一月二日) in figures; NULL where a cell is none."""
    parts = pc.extract_regex(cells, _IN_WORDS)
    year = pc.struct_field(parts, "y")
    for figure, letters in enumerate(("[〇○零0]", *_ONES[1:])):
        year = pc.replace_substring_regex(year, letters, str(figure))
    month, day = (_number(pc.struct_field(parts, name)) for name in ("m", "d"))
    return pc.binary_join_element_wise(
        pc.binary_join_element_wise(year, month, day, "-"), pc.struct_field(parts, "rest"), " "
    )


def _number(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    plain = pc.replace_substring(pc.replace_substring(texts, "廿", "二十"), "卅", "三十")
    plain = pc.replace_substring_regex(plain, "^元$", "一")
    places = pc.index_in(plain, pa.array(_SPELT))
    return pc.add(places, 1).cast(pa.string())


def _of_half_day(cells: pa.ChunkedArray, form: str) -> pa.ChunkedArray:
    """Times of a morning or afternoon on the clock of 24 hours; NULL where a cell is none, or says two things."""
    parts = pc.extract_regex(cells, form)
    hour = pc.struct_field(parts, "hour").cast(pa.int32())
    mark = pc.utf8_lower(pc.struct_field(parts, "mark"))
    late = pc.match_substring_regex(mark, "^p|下午|午后")
    english = pc.match_substring_regex(mark, "^[ap]")
    noon = pc.and_(pc.equal(hour, 12), pc.invert(late))
    after = pc.if_else(pc.and_(late, pc.less(hour, 12)), pc.add(hour, 12), hour)
    exact = pc.if_else(pc.and_(noon, english), 0, after)
    sure = pc.and_(pc.or_(late, pc.less_equal(hour, 12)), pc.or_(english, pc.invert(noon)))
    sure = pc.and_(sure, pc.or_(pc.invert(late), pc.greater(hour, 0)))
    second = pc.if_else(pc.equal(pc.struct_field(parts, "second"), ""), "0", pc.struct_field(parts, "second"))
    day = pc.replace_substring_regex(pc.struct_field(parts, "day"), "^([0-9]{4})([0-9]{2})([0-9]{2})$", r"\1-\2-\3")
    clock = pc.binary_join_element_wise(exact.cast(pa.string()), pc.struct_field(parts, "minute"), second, ":")
    part = pc.struct_field(parts, "part")
    clock = pc.if_else(pc.equal(part, ""), clock, pc.binary_join_element_wise(clock, part, "."))
    return pc.if_else(sure, pc.binary_join_element_wise(day, clock, " "), None)
