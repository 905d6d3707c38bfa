"""A pool filled by hand, for tests that need exactly these rows and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from features.pool.manifests import Delivery, Manifest
from features.pool.pool import Pool, stored_schema
from features.schema import TABLES

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

GROUNDS = (
    *("--provider", "测试单位", "--legal-basis", "测试依据", "--purpose", "测试目的", "--scope", "测试范围"),
    *("--received", "2024-05-01"),
)
"""What `ingest` must be told of a delivery that has no note."""


def deliver(home: Path, received_on: date, tables: Rows, number: str = "测试") -> Manifest:
    """Write one batch: `tables` maps table names to rows (columns left out are NULL; money in 分)."""
    delivery = Delivery(number, "测试单位", received_on, "测试依据", "测试目的", "测试范围", "测试人")
    with Pool(home).begin(delivery) as batch:
        for name, rows in tables.items():
            schema = stored_schema(TABLES[name])
            whole = [
                {"src_file": f"{TABLES[name].label}.csv", "src_sheet": "", "src_row": number + 2, **row}
                for number, row in enumerate(rows)
            ]
            given = {key for row in whole for key in row}
            unknown = given - set(schema.names)
            assert not unknown, f"{name} has no columns {unknown}"
            fields = [field for field in schema if field.name in given]
            batch.write(name, pa.Table.from_pylist(whole, schema=pa.schema(fields)))
        return batch.commit()


TERMINATED_CASE = {
    "case_type": "first",
    "nature": "civil",
    "court_code": "浙9901",
    "court_division": "339901",
    "cause": "民间借贷纠纷",
    "amt_due": 20_000_000,
    "amt_paid": 0,
    "amt_unpaid": 20_000_000,
    "filing_date": date(2023, 1, 10),
    "apply_date": date(2023, 1, 5),
    "close_mode": "terminated",
    "close_date": date(2023, 6, 20),
}
"""A case filed 2023-01-10 and terminated 2023-06-20 with 200,000 元 unpaid, without its numbers."""

LAWSUIT = {
    "debt_date": date(2021, 5, 1),
    "suit_date": date(2022, 5, 1),
    "served_date": date(2022, 5, 20),
    "judgment_date": date(2022, 9, 1),
    "judgment_served_date": date(2022, 9, 10),
    "effective_date": date(2022, 9, 26),
}
"""Days of the lawsuit that the case enforces."""

REVIEW_DATES = {
    "zb_date": "2023-06-20",
    "office": "339901",
    "selected_on": "2023-10-05",
    "accept_date": "2023-10-08",
    "conclude_date": "2023-12-01",
    "sug_date": "2023-12-05",
    "reply_date": "2024-02-01",
    "recovered_date": "2024-03-01",
}
"""Office and days of a concluded review of the case whose recommendation was answered and brought money."""

REVIEW_CELLS = REVIEW_DATES | {
    "review_id": "SC1",
    "case_no": "（2023）浙9901执1号",
    "found_value": "80000",
    "reply": "采纳",
    "recovered_amount": "60000",
    "unaided": "否",
}
"""That review as cells of a sheet, without its conclusion."""

DEBTOR = "990001198001010019"
SPOUSE = "990001198202020026"
CASE_NO = "（2023）浙9901执1号"
"""One terminated civil case with a natural person as debtor, and the spouse."""


def one_case(**changes: Any) -> dict[str, list[dict[str, Any]]]:
    """Rows of one terminated case: filed 2023-01-10, terminated 2023-06-20, 200,000 元 unpaid."""
    numbers = {"case_no": CASE_NO, "basis_no": "（2022）浙9901民初1号", "ntc_sent_date": date(2023, 1, 15)}
    case = TERMINATED_CASE | numbers | changes
    suit = LAWSUIT | {"suit_no": "（2022）浙9901民初1号", "defendant_id": DEBTOR, "amount": 20_000_000}
    party = [
        {
            "case_no": CASE_NO,
            "party_no": 1,
            "role": "applicant",
            "kind": "person",
            "name": "申请人甲",
            "id_no": "990001197001010013",
        },
        {
            "case_no": CASE_NO,
            "party_no": 2,
            "role": "debtor",
            "kind": "person",
            "name": "张测试",
            "id_no": DEBTOR,
            "sex": "M",
            "birth": date(1980, 1, 1),
        },
    ]
    relation = [
        {
            "person_a": DEBTOR,
            "name_a": "张测试",
            "person_b": SPOUSE,
            "name_b": "李配偶",
            "rel_code": "spouse",
            "valid_from": date(2010, 1, 1),
        }
    ]
    return {"case": [case], "litigation": [suit], "party": party, "relation": relation}


MADE = {"rid", "batch", "key_hash", "happened_on", "known_at", "known_inferred"}
"""Columns that the pool adds to what was delivered."""


def poisoned(rows: pa.Table, name: str, factor: int, days: int, rename: bool) -> pa.Table:
    """Rows of a table made extreme: amounts multiplied, dates moved, keys kept (a correction) or new."""
    columns = {}
    for column in TABLES[name].stored:
        values = rows[column.name].to_pandas()
        if column.kind in ("money", "int", "real") and column.name not in TABLES[name].key:
            values = values * factor
        elif column.kind in ("date", "datetime") and column.name not in TABLES[name].key:
            values = pd.to_datetime(values) + pd.Timedelta(days=days)
        elif rename and column.name == TABLES[name].key[0]:
            values = values.astype("string") + "毒"
        columns[column.name] = values
    frame = pd.DataFrame(columns).assign(src_file="毒.csv", src_sheet="", src_row=range(2, len(rows) + 2))
    schema = pa.schema([field for field in stored_schema(TABLES[name]) if field.name not in MADE])
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
