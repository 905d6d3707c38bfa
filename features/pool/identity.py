"""Canonical identity numbers, so that records of different providers join.

The canonical identity number is a DuckDB macro rather than an Ibis expression: the checksum of GB 11643 is long, and a
macro is written into a query as one word.
"""

from __future__ import annotations

from typing import Any

from features.rules.identifiers import CITIZEN_15, NARROW, NO_SIGNS, WIDE
from features.sql_function import sql_function

CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CITIZEN_CHECKS = "10X98765432"
"""GB 11643: weights of the first 17 digits of a citizen id, and its check character by their weighted sum modulo 11."""

# DuckDB expands a macro wherever it is named, a hundred times and more in a cut: each term and pattern counts. It
# translates sign by sign through a table it makes anew for each number: the long table is for those that need it.
_CLEAN = "goldenkey_clean(n)"
_PLAIN = f"translate(upper(n), '{''.join(sign for sign in NO_SIGNS if sign.isascii())}', '')"
_OTHER = f"translate(upper(n), '{WIDE}{NO_SIGNS}', '{NARROW}')"
_LONG = f"regexp_replace({_CLEAN}, '^.{{6}}', '\\019')"
# Of a literal number DuckDB evaluates every branch while planning, also where it is no number: hence try.
_SUM = f"try(list_dot_product(string_split({_LONG}, '')::FLOAT[], '{list(CITIZEN_WEIGHTS)}'::FLOAT[]))"

MACROS = (
    f"CREATE OR REPLACE MACRO goldenkey_clean(n) AS CASE  WHEN strlen(n) = length(n) THEN {_PLAIN} ELSE {_OTHER} END",
    f"CREATE OR REPLACE MACRO goldenkey_id(n) AS CASE WHEN regexp_matches({_CLEAN}, '{CITIZEN_15}') "
    f"THEN {_LONG} || substr('{CITIZEN_CHECKS}', ({_SUM} % 11)::INTEGER + 1, 1) "
    f"WHEN contains({_CLEAN}, '*') THEN NULL ELSE nullif({_CLEAN}, '') END",
)
"""Statements that define the macro in a DuckDB session."""


_goldenkey_id = sql_function("goldenkey_id", ("string",), "string")


def canonical_id(number: Any) -> Any:
    """Canonical identity number (Ibis string): half width, upper case, no blanks, 15 digits converted to 18 where they
    are for certain a citizen's; passports, permits and other numbers as they are; blank is NULL.

    NULL is also a number with digits masked by stars: it is that of many people.
    """
    return _goldenkey_id(number)
