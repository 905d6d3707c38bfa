"""The DuckDB macros of a cut: what a query names in one word and DuckDB writes out."""

from __future__ import annotations

import duckdb

from features.pool import account_numbers, identity
from features.rules import characters, plates
from features.schema import currencies


def define_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the macros for identity numbers, account numbers, currencies, plates and names in a DuckDB instance."""
    for macro in (*identity.MACROS, *account_numbers.MACROS, *currencies.MACROS, *plates.MACROS, *characters.MACROS):
        connection.execute(macro)
