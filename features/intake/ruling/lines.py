"""Join the lines of running text that a layout broke, before a ruling is read: a number or name may be cut anywhere.

A line runs on where it is as wide as the widest of the text, ends no sentence, is no whole heading, and the next one
begins nothing of its own (a party, an item, a signature, an indented paragraph).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from features.intake.ruling.heads import is_heading, is_signature
from features.intake.ruling.parties import begins_entry
from features.intake.ruling.plain import normalise_text
from features.rules.characters import BLANKS, text_width

_OPENING, _CLOSING = "（(《〈“‘「『〔[", "）)》〉”’」』〕]，,。、；;：:？?！!．.％%"
_ENDS = re.compile(r"(?:[。;!?][”’」』)]*|(?:如下|以下[^。]{0,12}):)\s*$")
_ITEM = re.compile(
    r"\s*(?:\d{1,2}\s*(?:、|\.(?!\d))|[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]{1,3}\)(?!\s*[项款目]))"
)
_BEFORE_ITEM = re.compile(r"[:;。,]\s*$")
_FIRST_NUMBER = re.compile(r"(?P<number>\d[\d.,]*)(?P<sum>\s*[余多]?[百千万亿]*[余多]?元)?")
_CUT_SUM = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})*,\d{1,2}$")
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_NEARLY, _WRAPPED = 0.85, 4
"""Share of the widest line from which a line is nearly full, where at least so many lines are and most of them are."""
_LONGEST = 200
"""Characters of a paragraph kept: a heading is shorter."""


class Closed(NamedTuple):
    """The text without the breaks of its layout, the place of each of its characters before, sentences on doubts."""

    text: str
    places: Sequence[int]
    doubts: tuple[str, ...] = ()


class Widths:
    """How wide the lines of a text are, in characters and in columns (an ideograph takes two)."""

    def __init__(self, lines: Sequence[str]) -> None:
        bare = [line.rstrip("\r").rstrip(_CLOSING) for line in lines if line.strip()]
        self._most = len(max(bare, key=len, default="")), max(map(text_width, bare), default=0)
        near = sum(text_width(line) >= _NEARLY * self._most[1] for line in bare)
        self._wrapped = near >= _WRAPPED and near * 2 > len(bare)

    def fills(self, line: str, following: str) -> bool:
        """Whether the first word of the following line had no room left on this one."""
        first = following[: _first_word(following)]
        return (
            len(line) + len(first) > self._most[0]
            or text_width(line) + text_width(first) > self._most[1]
            or (self._wrapped and text_width(line) >= _NEARLY * self._most[1])
        )

    def widest(self, line: str) -> bool:
        """Whether a line was cut at the width of the text and not before its last word."""
        return len(line) >= self._most[0] or text_width(line) >= self._most[1]


def close_lines(text: str) -> Closed:
    """The text with the lines joined that its layout broke, and without the blanks it filled lines up with."""
    written = text.split("\n")
    lines = [_unpadded(line) for line in written]
    widths, margin = Widths(lines), _margin(lines)
    parts, places, doubts = [lines[0]], list(range(len(lines[0]))), []
    start, paragraph = len(written[0]) + 1, lines[0]
    for number, (line, following) in enumerate(pairwise(lines), start=1):
        joined = runs_on(widths, paragraph, line, following, margin)
        cut = _indent(following) if joined and margin else 0
        if joined:
            paragraph = (paragraph + following[cut:])[:_LONGEST]
            if parts[-1].endswith("\r"):
                parts[-1] = parts[-1][:-1]
                places.pop()
        else:
            paragraph = following
            parts.append("\n")
            places.append(start - 1)
        doubts += _doubts(widths, line, following[cut:], number, joined=joined)
        parts.append(following[cut:])
        places.extend(range(start + cut, start + len(following)))
        start += len(written[number]) + 1
    return Closed("".join(parts), places, tuple(doubts))


def runs_on(widths: Widths, paragraph: str, line: str, following: str, margin: int) -> bool:
    """Whether a paragraph of which this is the last line so far goes on in the following line."""
    flat, after = normalise_text(line.rstrip("\r")), normalise_text(following.rstrip("\r"))
    if not flat.strip() or not after.strip() or _ENDS.search(flat) or _indent(following) >= margin + 2:
        return False
    if _is_cut_sum(line.rstrip(), after.strip()):
        return True
    if not widths.fills(line.rstrip("\r"), following.strip()) or is_heading(normalise_text(paragraph)):
        return False
    item = _ITEM.match(after) and _BEFORE_ITEM.search(flat)
    headed = is_heading(after) and len(following) < _NEARLY * len(line)
    return not (item or headed or begins_entry(after) or is_signature(after))


def _is_cut_sum(line: str, after: str) -> bool:
    """Whether a line ends within a group of three digits that the next one completes: 1,2 and 34,567.00."""
    cut, rest = _CUT_SUM.search(line), _FIRST_NUMBER.match(after)
    return bool(cut and rest and _NUMBER.fullmatch(cut.group() + rest["number"].rstrip(".,")))


def _doubts(widths: Widths, line: str, following: str, number: int, *, joined: bool) -> list[str]:
    """A sentence where numbers met and may be two (the line was not cut at its width), or did not and may be one."""
    flat, after = normalise_text(line.rstrip()), normalise_text(following.strip())
    # The run of digits is cut off from behind: a search from before takes the square of its length.
    left, right = flat[len(flat.rstrip("0123456789.,")) :], _FIRST_NUMBER.match(after)
    if not left.strip(".,") or not right:
        return []
    said = f"第 {number} 行末的“{left}”与下一行开头的“{right['number']}”"
    if not joined:
        return [f"{said}未连读，也可能是一个数字，待核对。"] if right["sum"] else []
    whole = _NUMBER.fullmatch(left.lstrip(".,"))
    return [f"{said}按一个数字连读，也可能是两个数字，待核对。"] if whole and not widths.widest(line) else []


def _first_word(text: str) -> int:
    """Length of what a layout does not break at the start of a line: a word, a sign with its punctuation."""
    end = 1
    while end < len(text):
        last, this = text[end - 1], text[end]
        word = _in_word(last) and _in_word(this)
        if not (word or last in _OPENING or this in _CLOSING):
            break
        end += 1
    return end


def _unpadded(line: str) -> str:
    """A line without the blanks that fill it up; a single one may be that of a spaced heading cut behind it."""
    bare = line.removesuffix("\r")
    kept = bare.rstrip(BLANKS)
    return kept + line[len(bare) :] if len(bare) - len(kept) >= 2 else line


def _in_word(sign: str) -> bool:
    """Whether a sign belongs to a number or a word in Latin letters, also the comma within 80,000."""
    return sign.isascii() and (sign.isalnum() or sign in ".,")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _margin(lines: Sequence[str]) -> int:
    """Blanks before most lines."""
    counted = Counter(_indent(line) for line in lines if line.strip())
    return counted.most_common(1)[0][0] if counted else 0
