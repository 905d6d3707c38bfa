"""Characters that show nothing, characters in full width, strokes for a hyphen, signs of what is not shown: one list
of each for every reader.

A rule stands here for Python, for regular expressions and for DuckDB, so that a value read from a file, one typed into
a page and one compared in a query lose the same characters.
"""

from __future__ import annotations

import re
import unicodedata

_WITHIN = "\x1c-\x1f\x85\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
BLANK_CLASS = f"\\s\\v{_WITHIN}"
"""Characters that show nothing (blanks, line ends, of no width, of direction): the inside of a character class that
Python, Arrow and DuckDB read alike."""
BLANKS = "".join(re.findall(f"[{BLANK_CLASS}]", "".join(map(chr, range(0x10000)))))
"""The same, one after the other: for `str.strip`, `utf8_trim` and `trim`."""

WIDE, NARROW = "".join(map(chr, range(0xFF01, 0xFF5F))), "".join(map(chr, range(0x21, 0x7F)))
"""Letters, digits and signs in full width, and what they stand for; the blank in full width is one of `BLANKS`."""
STROKES = "‐‑‒–—―−"
"""What programs put in the place of a hyphen: hyphens, dashes, the minus."""
GAP_CLASS = f" \\t{_WITHIN}{STROKES}﹣－\\-"
"""What stands between the groups of a number: blanks, but no ends of lines, and hyphens; the inside of a character
class."""

TIMES = "×✕╳"
"""Signs of multiplication: written for an X, and for what is not shown."""
HIDDEN_SIGNS = "*＊﹡∗●■○〇□◯█"
"""Signs that always stand for others that are not shown: the inside of a character class. The nought 〇 is also
written for ○, and stands in no number of Latin digits."""


def _not_shown() -> str:
    digit, cross, gap = "[0-9０-９]", f"[xXｘＸ•{TIMES}]", f"[_{GAP_CLASS}]{{0,2}}"
    # XX is also part of names, codes of companies and bodies of vehicles: it tells only among digits alone.
    no_letter = "[^A-WYZa-wyzＡ-ＷＹＺａ-ｗｙｚ]*"
    dated = f"{digit}{{6}}(?:18|19|20){digit}{{2}}[01]{digit}[0-3]{digit}{{3}}"
    return "|".join(
        (
            f"[{HIDDEN_SIGNS}]",
            f"[•{TIMES}]{{2}}|{digit}[{TIMES}]{digit}",
            f"{digit}{gap}{cross}{{4}}|{cross}{{4}}{gap}{digit}|{digit}{gap}{cross}{{3}}{gap}{digit}",
            f"^{cross}{{2,}}$",
            f"^{no_letter}{digit}{gap}{cross}{{2}}(?:{cross}|{gap}{digit}){no_letter}$",
            # Of 18 signs a company's code may end in XX: only a day of birth tells a citizen's from it.
            f"^(?:{digit}{{1,15}}|{digit}{{17,}}|{dated}){cross}{{2}}$",
            # XXX and 12 digits are the card of a foreigner without a state.
            f"^{cross}{{2,3}}{digit}{{13}}",
        )
    )


NOT_SHOWN = _not_shown()
"""A number of which not all is shown (9900****0017, 990001XXXXXXXX0019): many are written so (RE2, and Python).

X and × count from two in a row: one at the end of a citizen's number is its check character. Among other letters an X
counts only in longer runs beside digits, so that codes, passports and names of accounts stay.
"""

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
