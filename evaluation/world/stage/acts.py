"""Ground truth of acts, one row each: misconduct or procedural defect (`real`), or an honest look-alike of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evaluation.world.base.chance import NEVER, NOTHING, Array
from evaluation.world.base.text_columns import date_array

COURT_CLASSES = (
    "auction_collusion",
    "auction_relative",
    "auction_procedure",
    "auction_default",
    "inkind_cheap",
    "sham_lease",
    "preservation_lapsed",
    "preservation_unconverted",
    "preservation_released",
    "distribution_unnotified",
    "distribution_order",
    "distribution_no_basis",
    "sham_claim",
    "money_held",
    "over_seizure",
    "dead_debtor",
    "credit_list",
    "obligor_paid",
    "obligor_silent",
    "seal_lapsed",
)
"""Classes of acts that show in the court's own tables, beside `refusal_crime`."""

CLASSES = (
    *COURT_CLASSES,
    "demolition_diverted",
    "travel_violation",
    "company_commingled",
    "company_deregistered",
    "phoenix_company",
    "rep_changed",
    "divorce_split",
    "mortgage_kin",
    "utility_home",
    "utility_kin",
    "wage_income",
    "pension_income",
    "kin_pays_life",
    "account_switch",
    "refusal_crime",
    "receivable_diverted",
    "cash_burst",
    "wallet_out",
    "realty_not_sealed",
    "realty_sold_cheap",
    "insurance_premium",
)
"""Classes of acts; misconduct and its honest look-alike share a class and differ in `real`."""
SCHEMA = pa.schema(
    [
        ("case_no", pa.string()),
        ("zb_date", pa.date32()),
        ("cls", pa.string()),
        ("asset_kind", pa.string()),
        ("asset_id", pa.string()),
        ("person_id", pa.string()),
        ("day", pa.date32()),
        ("amount_fen", pa.int64()),
        ("real", pa.bool_()),
    ]
)


def _text_column(value: Array | str, size: int) -> pa.Array:
    texts = np.full(size, value, dtype=object) if isinstance(value, str) else value
    return pa.array(texts, pa.string(), mask=texts == "")


class Acts:
    """The acts of one quarter as scenarios add them: what somebody really did, misconduct or its look-alike, for the
    truth of the world."""

    def __init__(self) -> None:
        self.parts: list[pa.Table] = []

    def add(
        self,
        cls: str,
        case_no: Array,
        real: Array | bool,
        day: Array,
        *,
        zb_date: Array | None = None,
        asset_kind: str = "",
        asset_id: Array | str = "",
        person_id: Array | str = "",
        amount: Array | int = NOTHING,
    ) -> None:
        """Add acts of one class, one per row of `case_no`.

        Args:
            cls: one of `CLASSES`. case_no: case numbers. real: True for misconduct or defect, False for a look-alike.
            day: days since 1970, NEVER for none. zb_date: day of the termination the act belongs to, NEVER for none.
            asset_kind, asset_id, person_id: what and who, empty for none. amount: 分, NOTHING for none.
        """
        if cls not in CLASSES:
            raise ValueError(f"unknown class of act {cls}")
        size = len(case_no)
        if size == 0:
            return
        money = np.broadcast_to(np.asarray(amount, dtype=np.int64), (size,))
        columns = [
            pa.array(case_no, pa.string()),
            date_array(np.full(size, NEVER) if zb_date is None else zb_date),
            pa.array(np.full(size, cls, dtype=object), pa.string()),
            _text_column(asset_kind, size),
            _text_column(asset_id, size),
            _text_column(person_id, size),
            date_array(day),
            pa.array(money, pa.int64(), mask=money == NOTHING),
            pa.array(np.broadcast_to(np.asarray(real, dtype=bool), (size,))),
        ]
        self.parts.append(pa.Table.from_arrays(columns, schema=SCHEMA))

    def table(self) -> pa.Table:
        """All acts in the order in which they were added."""
        return pa.concat_tables(self.parts) if self.parts else SCHEMA.empty_table()

    def write(self, folder: Path) -> None:
        """Write the quarter's acts to `folder/acts.parquet`."""
        pq.write_table(self.table(), folder / "acts.parquet", compression="zstd")
