"""What is worth a second look but keeps no row out: checksums that fail, columns nobody asked for."""

from __future__ import annotations

import duckdb

from features.intake.identifiers import citizen_id_holds
from features.schema.contract import Table


def hints_of(con: duckdb.DuckDBPyConnection, table: Table, unknown: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences on the rows staged in `con`: unknown columns, citizen ids whose last digit does not hold."""
    lines = [f"未使用的列：{'、'.join(unknown)}。"] if unknown else []
    for column in table.columns:
        if column.kind != "id" or not any(word in column.label for word in ("证件号码", "身份证号")):
            continue
        name = f'"{column.name}"'
        # Seventeen digits with a birthday in them: other papers and account numbers are none of the rule's business.
        found = con.sql(
            f"SELECT count(*) FROM (SELECT DISTINCT {name} AS id FROM staged WHERE regexp_full_match({name}, "
            f"'[1-9][0-9]{{5}}(19|20)[0-9]{{2}}[01][0-9][0-3][0-9]{{4}}[0-9X]')) WHERE NOT {citizen_id_holds('id')}"
        ).fetchall()[0]
        if found[0]:
            lines.append(f"“{column.label}”列有 {found[0]} 个公民身份号码校验位不符（GB 11643），已入库，请核对。")
    return tuple(lines)
