"""One contract per source table (docs/domain.md section 4)."""

from __future__ import annotations

from features.schema import assets, bank, court, office, people, sales
from features.schema.contract import Column, Table

TABLES: dict[str, Table] = {
    table.name: table for room in (court, people, bank, assets, sales, office) for table in room.TABLES
}
"""Every contract by table name."""

TABLE_NUMBER: dict[str, int] = {name: table.number for name, table in TABLES.items()}
"""Number of each table inside a row id."""

__all__ = ["TABLES", "TABLE_NUMBER", "Column", "Table"]
