"""Identity numbers as text that joins: one function, known to the engine by name.

The function is a macro of the engine rather than an expression, because the checksum of GB 11643 is long and a macro
is written into a query as one word.
"""

from __future__ import annotations

import unicodedata
from typing import Any

import ibis

_WEIGHTS = "[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]"

# The engine writes a macro out wherever it is named, a hundred times and more in a cut: each term and pattern counts.
_CLEAN = "translate(upper(n), E' \\t\\n\\f\\r', '')"
_LONG = f"(substr({_CLEAN}, 1, 6) || '19' || substr({_CLEAN}, 7, 9))"
# Where a number is given outright the engine works out every branch beforehand, also that of no number: hence try.
_SUM = f"try(list_dot_product(string_split({_LONG}, '')::FLOAT[], '{_WEIGHTS}'::FLOAT[]))"

MACROS = (
    f"CREATE OR REPLACE TEMP MACRO goldenkey_id(n) AS CASE WHEN regexp_matches({_CLEAN}, '^[0-9]{{15}}$') "
    f"THEN {_LONG} || substr('10X98765432', ({_SUM} % 11)::INTEGER + 1, 1) ELSE nullif({_CLEAN}, '') END",
)
"""Statements that teach an engine session the function."""


@ibis.udf.scalar.builtin(name="goldenkey_id")
def _goldenkey_id(n: str) -> str:  # type: ignore[empty-body]
    ...


def canonical_id(number: Any) -> Any:
    """Identity number (Ibis string) that joins: upper case, no blanks, 15 digits brought to 18; blank is NULL."""
    return _goldenkey_id(number)


_BRACKETS = str.maketrans("([〔【)]〕】", "（（（（））））")


def normal_case_number(text: str) -> str:
    """A case number as the pool keeps it: half-width digits, full-width round brackets, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(_BRACKETS)
