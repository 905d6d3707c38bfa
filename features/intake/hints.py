"""What is worth a second look but keeps no row out: checksums that fail, columns nobody asked for."""

from __future__ import annotations

import duckdb

from features.intake.identifiers import citizen_id_holds
from features.schema.contract import Table

DATED = "[1-9][0-9]{5}(19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9X]"
"""Seventeen digits with a birthday in them: other papers and account numbers are none of the rule's business."""


def hints_of(con: duckdb.DuckDBPyConnection, table: Table, unknown: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences on the rows staged in `con`: unknown columns, citizen ids whose last digit does not hold."""
    lines = [f"未使用的列：{'、'.join(unknown)}。"] if unknown else []
    queries = []
    for column in table.columns:
        if column.kind == "id" and any(word in column.label for word in ("证件号码", "身份证号")):
            name = f'"{column.name}"'
            queries.append(
                f"SELECT '{column.label}' AS label, count(*) AS failing FROM (SELECT DISTINCT {name} AS id FROM staged "
                f"WHERE regexp_full_match({name}, '{DATED}')) WHERE NOT {citizen_id_holds('id')}"
            )
    found = con.sql(" UNION ALL ".join(queries)).fetchall() if queries else []
    lines += [
        f"“{label}”列有 {failing} 个公民身份号码校验位不符（GB 11643），已入库，请核对。"
        for label, failing in found
        if failing
    ]
    return tuple(lines)
