"""The data dictionary: contracts of source tables as TOML.

`[table]` has the attributes of `Table`. `[table.columns]` and `[table.derived]` have a row per column: its name and the
attributes of `Column`. `[table.codes.column]` is the code list of a column: each code with its spellings seen in the
field, `|` between them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.schema.contract import Column, Order, Table


def read_tables(path: Path) -> list[Table]:
    """The contracts of a file, in its order.

    Raises:
        TypeError: a table or a column has an attribute unknown to the contract, or lacks one.
    """
    return [_table(name, row) for name, row in tomllib.loads(path.read_text(encoding="utf-8")).items()]


def _table(name: str, row: dict[str, Any]) -> Table:
    codes = {column: spellings_to_codes(groups) for column, groups in row.pop("codes", {}).items()}
    columns, derived = (
        tuple(Column(column, codes=codes.pop(column, {}), **_tuples(attributes)) for column, attributes in part.items())
        for part in (row.pop("columns"), row.pop("derived", {}))
    )
    if codes:
        raise TypeError(f"{name}: code lists of no column: {', '.join(codes)}")
    checks = tuple(Order(*dates) for dates in row.pop("checks", ()))
    return Table(name, columns=columns, derived=derived, checks=checks, **_tuples(row))


def _tuples(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _tuple(value) for name, value in attributes.items()}


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def spellings_to_codes(groups: Mapping[str, str]) -> dict[str, str]:
    """Spelling -> code, from code -> `spelling|spelling`; each code spells itself."""
    table: dict[str, str] = {}
    for code, spellings in groups.items():
        table |= dict.fromkeys((code, *filter(None, spellings.split("|"))), code)
    return table
