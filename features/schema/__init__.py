"""One contract per source table (docs/domain.md section 4)."""

from __future__ import annotations

from features.schema import assets, bank, court, office, people, sales
from features.schema.contract import Column, Table

TABLES: dict[str, Table] = {
    table.name: table for room in (court, people, bank, assets, sales, office) for table in room.TABLES
}
"""Every contract by table name."""

_NUMBERED = (
    "case",
    "party",
    "event",
    "query_feedback",
    "litigation",
    "relation",
    "marriage",
    "travel",
    "txn",
    "account",
    "vehicle",
    "veh_use",
    "realty",
    "insurance",
    "hpf",
    "social",
    "company",
    "shareholding",
    "company_change",
    "auction",
    "auction_bid",
    "demolition",
    "petition",
    "inquiry",
    "selection",
    "review",
    "claim",
    "lease",
    "encumbrance",
    "utility",
    "death",
    "watch",
)

TABLE_NUMBER: dict[str, int] = {name: number for number, name in enumerate(_NUMBERED, start=1)}
"""The number of a table inside a row id; names are only ever appended, so stored row ids keep their meaning."""

__all__ = ["TABLES", "TABLE_NUMBER", "Column", "Table"]
