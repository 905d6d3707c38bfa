"""Functions of DuckDB, and macros that a cut defines, called by their names in Ibis expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis

_FORMS: tuple[Callable[..., None], ...] = (lambda: None, lambda one: None, lambda one, two: None)
"""By how many arguments a function has, a Python function of as many: Ibis reads their number and never calls it."""


def sql_function(name: str, takes: tuple[str, ...], gives: str) -> Callable[..., Any]:
    """A function of Ibis expressions that a query text writes as a call of `name`.

    Args:
        name: of the function or macro in DuckDB.
        takes: Ibis type of each argument, two at most.
        gives: Ibis type of the result.

    >>> same = sql_function("lower", ("string",), "string")
    >>> ibis.to_sql(ibis.literal("A").pipe(same).name("same"), dialect="duckdb").split()
    ['SELECT', "LOWER('A')", 'AS', '"same"']
    """
    function: Callable[..., Any] = ibis.udf.scalar.builtin(_FORMS[len(takes)], name=name, signature=(takes, gives))
    return function
