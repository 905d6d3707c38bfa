"""Numbers of court cases: how they are written, the one form they are kept in, and which of them name one case.

Since 2016 a number names its court by a code, （2024）浙9901执123号; up to 2015 by one to a few characters of its name,
（2014）某执字第123号. Both may end in the number of a document of the case: 之一, 之一百二十.
"""

from __future__ import annotations

import re
from typing import Any

from features.rules.characters import BLANK_CLASS, NARROW, STROKES, WIDE, without_blanks

_SIGNS = dict(zip(WIDE, NARROW, strict=True))
_SIGNS |= dict.fromkeys("([{〔【〖﹝﹙［｛", "（") | dict.fromkeys(")]}〕】〗﹞﹚］｝", "）")
_SIGNS |= dict.fromkeys(STROKES, "-")
_SIGNS = {given: kept for given, kept in _SIGNS.items() if given not in "（）"}
GIVEN_SIGNS, KEPT_SIGNS = "".join(_SIGNS), "".join(_SIGNS.values())
"""Signs of a case number as they may be written, and as they are kept: full-width round brackets, half-width digits."""

_NUMERAL = "[一二三四五六七八九十百零〇]+|[0-9]+"
STEPS = (
    ("^（([0-9]{4})年）", r"（\1）"),
    ("^(（[0-9]{4}）[一-龥]{1,10}字)([0-9][^（）]*号)", r"\1第\2"),
    (f"([0-9])(之(?:{_NUMERAL}))号$", r"\1号\2"),
)
"""Spellings that differ by more than a sign: （2014年）, 字123号 without 第, 123之一号."""

SUFFIX = f"(?:之(?:{_NUMERAL}))?"
OF_DOCUMENT = f"之(?:{_NUMERAL})号?$"
"""How a number ends that is of a document of the case (RE2)."""
NEW_COURT = "最高法|[内军兵京津沪渝藏宁新桂黑吉辽晋冀陕甘川黔云琼浙鲁苏皖闽赣豫鄂湘粤青港澳台][0-9]{0,4}"
"""Code of a court since 2016."""
_NEW = f"（[0-9]{{4}}）(?:{NEW_COURT})[一-龥]{{1,4}}[0-9]+号{SUFFIX}"
_OLD = f"（(?:19[0-9]{{2}}|200[0-9]|201[0-5])）[一-龥]{{1,10}}字第[0-9]+(?:-[0-9]+)?号{SUFFIX}"
PATTERN = f"(?:{_NEW}|{_OLD})"
"""A case number in the form in which it is kept; the form with 字第 ended with the year 2015."""
WRITTEN = (
    r"[（(][0-9]{4}[）)][\u4e00-\u9fff]{1,2}[0-9]{0,6}[\u4e00-\u9fff]{1,10}[0-9]+(?:-[0-9]+)?号"
    "(?:之[一二三四五六七八九十百零〇0-9]+)?"
)
"""A number of a case of any office as it is written, also one that no court of today would give."""

WITHOUT_DOCUMENT = (f"号之(?:{_NUMERAL})$", "号")
"""The number of a case, of that of its document in normal form: 执1号之一 is a paper of 执1号, and no case."""
CASE_PATTERN = f"(?:{_NEW.removesuffix(SUFFIX)}|{_OLD.removesuffix(SUFFIX)})"
"""A number of a case alone in the form in which it is kept."""

_FIRST = (
    "执",
    "执字",
    "执民",
    "执行",
    "民执",
    "商执",
    "行执",
    "刑执",
    "非执",
    "行非执",
    "执一",
    "执二",
    "执三",
    "执四",
)
_RESUMED = ("执恢", "恢执", "执恢民", "民执恢", "执民恢", "执恢一", "执恢二")
CASE_TYPES = dict.fromkeys(_FIRST, "first") | dict.fromkeys(_RESUMED, "resumed")
CASE_TYPES |= {"执保": "preservation", "执异": "objection", "执复": "review"}
CASE_TYPES |= {"执监": "supervision", "执协": "coordination", "执他": "other"}
"""Type of an enforcement case (see the table `case`) by the word of its number."""
RESUMED = "恢执|执[一-龥]{0,2}恢"
"""What the number of a resumed case holds."""
_BEFORE, _OTHER = "[民刑行商委非罚财知恢]", "[民刑行商经知赔破]|财保"
_OLD_WORDS = re.compile(
    f"(?P<court>(?!执)[一-龥]{{1,8}}?|)(?P<kind>{_BEFORE}{{0,2}}执[一-龥]{{0,3}}|(?:{_OTHER})[一-龥]{{0,3}})"
)


def normal_case_number(text: str) -> str:
    """A case number as the pool keeps it, whatever its brackets, blanks, width and years; other texts likewise.

    >>> normal_case_number("(2014) 某执字 第１２３号之一"), normal_case_number("[2024年]浙9901执恢 12之二号")
    ('（2014）某执字第123号之一', '（2024）浙9901执恢12号之二')
    """
    text = without_blanks(text).translate(str.maketrans(GIVEN_SIGNS, KEPT_SIGNS))
    for pattern, kept in STEPS:
        text = re.sub(pattern, kept, text)
    return text


def normal_case_number_column(number: Any) -> Any:
    """`normal_case_number` of an Ibis string; blank is NULL."""
    number = number.re_replace(f"[{BLANK_CLASS}]+", "").translate(GIVEN_SIGNS, KEPT_SIGNS)
    for pattern, kept in STEPS:
        number = number.re_replace(pattern, kept)
    return number.nullif("")


def is_case_number(text: str) -> bool:
    """Whether a text in normal form is the number of a court's case."""
    return re.fullmatch(PATTERN, text) is not None


_SAME = (("(执[一-龥]*|字第)0+([1-9])", r"\1\2"), (f"号(?:之(?:{_NUMERAL}))$", "号"))
"""What numbers of one case may differ in, and what stands in its place."""


def same_case(number: Any) -> Any:
    """What two normal numbers of one case share (Ibis string): without zeros before the serial and without 之一."""
    for form, kept in _SAME:
        number = number.re_replace(form, kept)
    return number


def same_case_text(number: str) -> str:
    """As `same_case`, of one number.

    >>> same_case_text("（2023）浙9901执007号之一")
    '（2023）浙9901执7号'
    """
    for form, kept in _SAME:
        number = re.sub(form, kept, number)
    return number


def court_code(number: Any) -> Any:
    """The code of the court in a normal case number (Ibis string); NULL where a number does not bear one for certain.

    A number up to 2015 names the court by characters of its name, which differ from province to province: NULL.
    """
    # 第 stands between 笫 and 笭: what ends in it is a kind of the older form.
    return number.re_extract(f"^（[0-9]{{4}}）({NEW_COURT})[一-龥]{{0,3}}[一-笫笭-龥][0-9]+号", 1).nullif("")


def old_court_and_kind(words: str) -> tuple[str, str]:
    """Court and kind of the words between year and 字第; a court left out, as the Supreme Court's, is "".

    The kind is "" where the words are those of no court: a notary's, an arbitrator's, an office's.

    >>> old_court_and_kind("某法执民"), old_court_and_kind("执监"), old_court_and_kind("商执")
    (('某法', '执民'), ('', '执监'), ('商', '执'))
    """
    match = _OLD_WORDS.fullmatch(words)
    return (match["court"], match["kind"]) if match else (words, "")
