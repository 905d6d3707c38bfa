"""Characters that show nothing, characters in full width, and strokes for a hyphen: one list of each for every reader.

A rule stands here for Python, for regular expressions and for DuckDB, so that a value read from a file, one typed into
a page and one compared in a query lose the same characters.
"""

from __future__ import annotations

import re
import unicodedata

BLANK_CLASS = "\\s\\v\x1c-\x1f\x85\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
"""Characters that show nothing (blanks, line ends, of no width, of direction): the inside of a character class that
Python, Arrow and DuckDB read alike."""
BLANKS = "".join(re.findall(f"[{BLANK_CLASS}]", "".join(map(chr, range(0x10000)))))
"""The same, one after the other: for `str.strip`, `utf8_trim` and `trim`."""

WIDE, NARROW = "".join(map(chr, range(0xFF01, 0xFF5F))), "".join(map(chr, range(0x21, 0x7F)))
"""Letters, digits and signs in full width, and what they stand for; the blank in full width is one of `BLANKS`."""
STROKES = "‐‑‒–—―−"
"""What programs put in the place of a hyphen: hyphens, dashes, the minus."""

TO_NARROW = str.maketrans(WIDE, NARROW)
"""The table of `WIDE` for `str.translate`."""


def without_blanks(text: str) -> str:
    """A text without the characters that show nothing, wherever they stand.

    >>> without_blanks(" 浙\\u00a0Z\\u200b99 912\\u3000")
    '浙Z99912'
    """
    return re.sub(f"[{BLANK_CLASS}]+", "", text)


def without_blanks_sql(text: str) -> str:
    """`without_blanks` of a DuckDB expression."""
    return f"regexp_replace({text}, '[{BLANK_CLASS}]+', '', 'g')"


def half_width(text: str) -> str:
    """A text whose letters, digits and signs are half width; its length stays.

    >>> half_width("（ＡＢ１２）！")
    '(AB12)!'
    """
    return text.translate(TO_NARROW)


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def translate_sql(text: str, more: str = "", kept: str = "") -> str:
    """`half_width` of a DuckDB expression; the signs `more` become those of `kept`, or nothing behind its end."""
    return f"translate({text}, '{WIDE}{more}', '{_quoted(NARROW + kept)}')"


def half_width_sql(text: str, more: str = "", kept: str = "") -> str:
    """As `translate_sql`, where most values hold none of the signs.

    DuckDB makes its table of signs anew for each value: only those that need it are translated.
    """
    made = translate_sql(text, more, kept)
    found = f"regexp_matches({text}, '[{WIDE[0]}-{WIDE[-1]}{more}]')"
    return f"CASE WHEN strlen({text}) = length({text}) OR NOT {found} THEN {text} ELSE {made} END"


def bare_sql(text: str) -> str:
    """A DuckDB expression in half width and without the characters that show nothing."""
    return without_blanks_sql(half_width_sql(text))


# Names of companies hold brackets and no other such sign: few texts are left to the table.
_BRACKETED = "replace(replace(text, '（', '('), '）', ')')"
MACROS = (
    f"CREATE OR REPLACE MACRO goldenkey_bare(text) AS CASE WHEN regexp_matches({_BRACKETED}, "
    f"'[{WIDE[0]}-{WIDE[-1]}{BLANK_CLASS}]') THEN {without_blanks_sql(translate_sql('text'))} ELSE {_BRACKETED} END",
)
"""Statements that define the macro in a DuckDB session."""


def text_width(text: str) -> int:
    """Width of one line of text in columns of half width: an ideograph or a sign in full width takes two.

    >>> text_width("浙Z：1")
    6
    """
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
