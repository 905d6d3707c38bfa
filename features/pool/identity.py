"""Canonical identity numbers, so that records of different providers join.

The canonical identity number is a DuckDB macro rather than an Ibis expression: the checksum of GB 11643 is long, and a
macro is written into a query as one word.
"""

from __future__ import annotations

import re
from typing import Any

from features.rules.characters import BLANKS, NOT_SHOWN, STROKES, translate_sql
from features.rules.identifiers import (
    CITIZEN_15,
    LONGEST_NUMBER,
    NOBODYS,
    SPELT,
    TWO_NUMBERS,
    normal_identifier,
)
from features.sql_function import sql_function

CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CITIZEN_CHECKS = "10X98765432"
"""GB 11643: weights of the first 17 digits of a citizen id, and its check character by their weighted sum modulo 11."""

_PLAIN = "^[1-9A-Z][0-9A-Z]{17}$"
"""Numbers that are kept as they are, and most are; one with XX may have digits that are not shown."""
_NOBODYS = f"{NOBODYS}|{TWO_NUMBERS}|{NOT_SHOWN}"
_WITHOUT_X = "^[0-9]{17}[*]$"
"""A star in the place of the X, or of a digit that is not shown: the digits before it say which."""

# DuckDB expands a macro wherever it is named, a hundred times and more in a cut: each term and pattern counts. It
# translates sign by sign through a table it makes anew for each number: the long table is for those that need it. A
# list of one is a variable.
_ASCII = f"translate(upper(n), '{''.join(sign for sign in BLANKS if sign.isascii())}', '')"
_OTHER = translate_sql("upper(n)", STROKES + BLANKS, "-" * len(STROKES))
for _spelt, _kept in SPELT:
    _OTHER = f"regexp_replace({_OTHER}, '{_spelt}', '{_kept}')"
_LONG = "regexp_replace(c, '^.{6}', '\\019')"


def _checked(digits: str) -> str:
    # Of a literal number DuckDB evaluates every branch while planning, also where it is no number: hence try.
    weighted = f"list_dot_product(string_split({digits}, '')::FLOAT[], '{list(CITIZEN_WEIGHTS)}'::FLOAT[])"
    return f"substr('{CITIZEN_CHECKS}', (try({weighted}) % 11)::INTEGER + 1, 1)"


MACROS = (
    f"CREATE OR REPLACE MACRO goldenkey_clean(n) AS CASE "
    f" WHEN strlen(n) = length(n) THEN {_ASCII} WHEN length(n) > {LONGEST_NUMBER} THEN n ELSE {_OTHER} END",
    f"CREATE OR REPLACE MACRO goldenkey_id(n) AS CASE WHEN regexp_matches(n, '{_PLAIN}') AND NOT contains(n, 'XX') "
    f"THEN n ELSE "
    f"list_transform([goldenkey_clean(n)], lambda c: CASE WHEN regexp_matches(c, '{CITIZEN_15}') "
    f"THEN {_LONG} || {_checked(_LONG)} WHEN contains(c, '*') THEN CASE WHEN regexp_matches(c, '{_WITHOUT_X}') "
    f"AND {_checked('substr(c, 1, 17)')} = 'X' THEN replace(c, '*', 'X') END "
    f"WHEN c = '' OR regexp_matches(c, '{_NOBODYS}') THEN NULL ELSE c END)[1] END",
)
"""Statements that define the macro in a DuckDB session."""


_goldenkey_id = sql_function("goldenkey_id", ("string",), "string")


def canonical_id(number: Any) -> Any:
    """Canonical identity number (Ibis string): half width, upper case, no blanks, 15 digits converted to 18 where they
    are for certain a citizen's; passports, permits and other numbers as they are; blank is NULL.

    NULL is also a number with digits that are not shown: it is that of many people; what says that there is no number
    (无, 不详, -), which two people share without being one; and two numbers in one cell.
    """
    return _goldenkey_id(number)


def known_number(text: str) -> str | None:
    """`canonical_id` of one text.

    >>> known_number("身份证 99000119800101001×"), known_number("990001800101001"), known_number("不详")
    ('99000119800101001X', '990001198001010019', None)
    """
    if re.fullmatch(_PLAIN, text) and "XX" not in text:
        return text
    clean = normal_identifier(text) if len(text) <= LONGEST_NUMBER or text.isascii() else text
    if re.search(CITIZEN_15, clean):
        long = f"{clean[:6]}19{clean[6:]}"
        return long + _check(long)
    if "*" in clean:
        return f"{clean[:-1]}X" if re.search(_WITHOUT_X, clean) and _check(clean) == "X" else None
    return None if not clean or re.search(_NOBODYS, clean) else clean


def _check(number: str) -> str:
    pairs = zip(number, CITIZEN_WEIGHTS, strict=False)
    return CITIZEN_CHECKS[sum(int(sign) * weight for sign, weight in pairs) % 11]


_goldenkey_bare = sql_function("goldenkey_bare", ("string",), "string")


def bare_column(text: Any) -> Any:
    """An Ibis string in half width and without the characters that show nothing (`features.rules.characters`)."""
    return _goldenkey_bare(text)
