"""How revisions write their tables down: the columns as text, the constraints under the names of the database.

Frozen like the revisions themselves: what this makes of a text, databases in use already hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

_TYPES: Mapping[str, TypeEngine[Any]] = {
    "text": sa.Text(),
    "int": sa.Integer(),
    "bigint": sa.BigInteger(),
    "double": sa.Double(),
    "bool": sa.Boolean(),
    "date": sa.Date(),
    "bytes": sa.LargeBinary(),
}


def create_table(
    name: str,
    columns: str,
    key: str,
    *,
    references: Mapping[str, str] | None = None,
    unique: str = "",
    checks: Mapping[str, str] | None = None,
) -> sa.Table:
    """Create a table.

    Args:
        name: its name.
        columns: `name type` for each column, separated by commas; the type is a word of `_TYPES` or the length of a
            string, and `?` behind it allows NULL.
        key: columns of the primary key, separated by blanks; no database counts it up by itself.
        references: column or columns -> table that has the columns of the same names, or `table.column`.
        unique: columns that are unique together.
        checks: name -> condition.
    """
    constraints: list[sa.Constraint] = [sa.PrimaryKeyConstraint(*key.split(), name=f"pk_{name}")]
    for own, target in (references or {}).items():
        table, _, column = target.partition(".")
        theirs = [f"{table}.{each}" for each in (column or own).split()]
        constraints.append(sa.ForeignKeyConstraint(own.split(), theirs, name=f"fk_{name}_{own.replace(' ', '_')}"))
    if unique:
        constraints.append(sa.UniqueConstraint(*unique.split(), name=f"uq_{name}_{unique.replace(' ', '_')}"))
    for word, condition in (checks or {}).items():
        constraints.append(sa.CheckConstraint(condition, name=f"ck_{name}_{word}"))
    return op.create_table(name, *(_column(*text.split()) for text in columns.split(",")), *constraints)


def _column(name: str, kind: str) -> sa.Column[Any]:
    word = kind.removesuffix("?")
    type_ = sa.String(int(word)) if word.isdigit() else _TYPES[word]
    return sa.Column(name, type_, autoincrement=False, nullable=kind != word)
