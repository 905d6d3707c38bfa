"""Normalise the text of a ruling character by character (offsets stay valid), and parse Chinese numerals."""

from __future__ import annotations

import re

from features.intake.ruling.document import Quote
from features.rules.characters import BLANKS, TO_NARROW

_PLAIN: dict[int, str | int] = dict(TO_NARROW)
_PLAIN |= {ord(left): "(" for left in "〔【［[﹝"} | {ord(right): ")" for right in "〕】］]﹞"}
_PLAIN |= {ord(blank): " " for blank in BLANKS if blank not in "\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"}
_PLAIN |= {ord(zero): "〇" for zero in "○Ο◯零"} | {ord("〈"): "《", ord("〉"): "》"}

_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")}
_DIGITS |= {character: value for value, character in enumerate("〇壹贰叁肆伍陆柒捌玖")} | {"两": 2, "零": 0}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_DIGITS |= dict(zip("貳參叄陸兩", (2, 3, 3, 6, 2), strict=True))
_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}

NUMERAL = "〇零一二三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟两萬億貳參叄陸兩"
"""Every character of a Chinese numeral."""


def normalise_text(text: str) -> str:
    """Half-width digits, letters and punctuation and one kind of bracket; the length stays, so spans fit the original.

    >>> normalise_text("（２０２２）新2801执3679号，5８")
    '(2022)新2801执3679号,58'
    """
    return text.translate(_PLAIN)


def without_breaks(words: str) -> str:
    """Words of a text as they stand without the line ends of its layout."""
    return re.sub(r"\s*\n\s*", "", words)


def parse_numeral(text: str) -> int | None:
    """Value of a Chinese numeral or of decimal digits; None when it is neither.

    >>> [parse_numeral(text) for text in ("五百一十七", "二〇二三", "十", "伍万捌仟零三", "517", "甲")]
    [517, 2023, 10, 58003, 517, None]
    """
    if text.isascii():
        return int(text) if text.isdigit() else None
    if all(character in _DIGITS for character in text):
        return int("".join(str(_DIGITS[character]) for character in text))
    total = section = digit = 0
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _UNITS:
            # 十五 stands for 一十五.
            section += (digit or (1 if character in "十拾" else 0)) * _UNITS[character]
            digit = 0
        elif character in _LARGE:
            total = (total + section + digit) * _LARGE[character]
            section = digit = 0
        else:
            return None
    return total + section + digit


_OPERATIVE = (re.compile(r"裁\s*定\s*如\s*下"), re.compile(r"裁\s*定\s*(?::|为)"))


def operative_part(flat: str) -> re.Match[str] | None:
    """The words that open the operative part; those of a decision recited before it are not it, so the last count."""
    for pattern in _OPERATIVE:
        found = list(pattern.finditer(flat))
        if found:
            return found[-1]
    return None


def make_quote(text: str, start: int, end: int) -> Quote:
    """The words at [start, end), without blanks at either edge."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Quote(start, end, text[start:end], text.count("\n", 0, start) + 1)


def sentence_bounds(text: str, start: int, end: int, stops: str = "。;\n") -> tuple[int, int]:
    """Bounds of the sentence (between stops of the normalised text) that contains [start, end)."""
    left = max(text.rfind(stop, 0, start) for stop in stops) + 1
    rights = [found for stop in stops if (found := text.find(stop, end)) >= 0]
    return left, min(rights, default=len(text))
