"""What an account number is, however it is written: half-width, in one group, without what banks append to it.

Like the canonical identity number (see `features.pool.identity`) these are DuckDB macros, written into a query as one
word each: a cut reads account numbers in a dozen places, and the patterns spelt out would be most of its query text.
"""

from __future__ import annotations

import ibis.expr.types as ir

from features.rules.characters import BLANK_CLASS, NOT_SHOWN, STROKES, half_width_sql
from features.sql_function import sql_function

LEAST_DIGITS = 10
"""Digits a number printed in groups has at least; a shorter one stays as written (1-234 is not 12-34)."""

_PLAIN = "^[0-9]+$"
_BLANKS = f"[{BLANK_CLASS}''`\"=]+"
_AS_FLOAT = f"^([0-9]{{{LEAST_DIGITS},}})[.]0+$"
"""A number that a program took for a quantity; a point in names of files and wallets stays."""
_MASKED = f"{NOT_SHOWN}|尾号"
"""Digits left out: a number of many accounts."""
_PART = "(?:[0-9]{1,3}|[A-Za-z]{1,3}|[一-龥]{1,4})"
_WITH_SUFFIX = f"^([A-Za-z]{{0,4}}[0-9]{{10,}})(?:[_-]{_PART}){{1,2}}$"
"""A number of ten digits or more and what banks append to it: sub-account, currency, 活期."""
_CARD_WITH_SUFFIX = "^([0-9]{16,19})[_-][0-9]{4,6}$"
"""A card and its sub-account of four to six digits; a shorter number with such a tail is one printed in groups."""
_IN_GROUPS = f"^[A-Za-z]{{0,4}}[0-9]+(?:-[0-9]+)+(?:_{_PART}){{0,2}}$"
_SUFFIXED = f"(?:{_WITH_SUFFIX}|{_CARD_WITH_SUFFIX})"

# A list of one is a variable: what is computed of a number is computed once, and only for numbers that are not plain.
_NARROW = half_width_sql("number", STROKES, "-" * len(STROKES))

MACROS = (
    "CREATE OR REPLACE MACRO goldenkey_written(number) AS CASE "
    f"WHEN regexp_matches(number, '{_PLAIN}') THEN number ELSE list_transform("
    f"[regexp_replace(regexp_replace({_NARROW}, '{_BLANKS}', '', 'g'), '{_AS_FLOAT}', '\\1')], lambda bare: CASE "
    f"WHEN regexp_matches(bare, '{_IN_GROUPS}') AND NOT regexp_matches(bare, '{_SUFFIXED}') "
    f"AND length(replace(bare, '-', '')) >= {LEAST_DIGITS} THEN replace(bare, '-', '') ELSE bare END)[1] END",
    "CREATE OR REPLACE MACRO goldenkey_account(number) AS CASE "
    f"WHEN regexp_matches(number, '{_PLAIN}') THEN number ELSE list_transform("
    "[goldenkey_written(number)], lambda written: CASE WHEN regexp_matches(written, '^[_-]') THEN '' ELSE coalesce("
    f"nullif(regexp_extract(written, '{_CARD_WITH_SUFFIX}', 1), ''), "
    f"nullif(regexp_extract(written, '{_WITH_SUFFIX}', 1), ''), written) END)[1] END",
    "CREATE OR REPLACE MACRO goldenkey_masked(number) AS "
    f"NOT regexp_matches(number, '{_PLAIN}') AND regexp_matches(number, '{_MASKED}')",
)
"""Statements that define the macros in a DuckDB session."""


_goldenkey_written = sql_function("goldenkey_written", ("string",), "string")
_goldenkey_account = sql_function("goldenkey_account", ("string",), "string")
_goldenkey_masked = sql_function("goldenkey_masked", ("string",), "boolean")


def written_number(number: ir.StringValue) -> ir.StringValue:
    """A number in half-width characters, without blanks, quotes and `.0`, its digits in one group; suffixes stay."""
    return _goldenkey_written(number)


def account_number(number: ir.StringValue) -> ir.StringValue:
    """The account a number names: as written, without the `_` or `-` suffix banks add; '' where only a suffix is left.

    Only what has the shape of a bank's number loses a suffix. A short prefix before a hyphen (19-99…) and names of
    files and wallets are no such number.
    """
    return _goldenkey_account(number)


def is_rounded(number: ir.StringValue) -> ir.BooleanValue:
    """Whether a number of sixteen digits or more is written as a quantity (`….0`): its last digits may be rounded."""
    return number.re_search(r"[0-9]{16,}[.]0+[^0-9]*$")


def is_masked(number: ir.StringValue) -> ir.BooleanValue:
    """Whether a number leaves digits out (9900****0017): many accounts are written so, and it names none of them."""
    return _goldenkey_masked(number)
