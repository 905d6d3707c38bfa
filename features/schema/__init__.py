"""One contract per source table (docs/domain.md section 4), from the TOML files of this folder."""

from __future__ import annotations

from pathlib import Path

from features.schema.contract import Column, Table
from features.schema.dictionary import read_tables

TABLES: dict[str, Table] = {
    table.name: table
    for room in ("court", "people", "bank", "assets", "sales", "office")
    for table in read_tables(Path(__file__).with_name(f"{room}.toml"))
}
"""Every contract by table name."""

TABLE_NUMBER: dict[str, int] = {name: table.number for name, table in TABLES.items()}
"""Number of each table inside a row id."""

__all__ = ["TABLES", "TABLE_NUMBER", "Column", "Table"]
