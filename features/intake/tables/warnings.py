"""Warnings that reject no row: citizen ids whose check character is wrong (GB 11643, docs/domain.md section 4.11)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.tables.convert import TEXT
from features.pool.identity import CITIZEN_CHECKS, CITIZEN_WEIGHTS
from features.schema.contract import Table

DATED = "^[1-9][0-9]{5}(19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9X]$"
"""Citizen ids of 18 characters with a plausible birth date; other documents and account numbers have no such check."""


class SheetWarnings:
    """Citizen ids of one sheet that fail their checksum, by column label."""

    def __init__(self, table: Table) -> None:
        self._columns = [
            column
            for column in table.columns
            if column.kind == "id" and any(word in column.label for word in ("证件号码", "身份证号"))
        ]
        self._failing: dict[str, set[str]] = {}

    def check(self, columns: Mapping[str, pa.ChunkedArray]) -> None:
        """Check the cleaned texts of a block."""
        for column in self._columns:
            texts = columns[column.name + TEXT]
            if texts.null_count == len(texts):
                continue
            ids = pc.unique(texts)
            dated = ids.filter(pc.fill_null(pc.match_substring_regex(ids, DATED), False))
            failing = failing_ids(dated)
            if failing:
                self._failing.setdefault(column.label, set()).update(failing)

    def sentences(self) -> tuple[str, ...]:
        """One sentence per column with failing ids."""
        return tuple(
            f"“{label}”列有 {len(failing)} 个公民身份号码校验位不符（GB 11643），已入库，请核对。"
            for label, failing in self._failing.items()
        )


def failing_ids(ids: pa.Array) -> list[str]:
    """Of 18-character citizen ids, those whose last character is not the check character of GB 11643."""
    texts = ids.to_pylist()
    if not texts:
        return []
    letters = np.array(texts, dtype="S18").view(np.uint8).reshape(len(texts), 18)
    sums = (letters[:, :17].astype(np.int64) - ord("0")) @ np.array(CITIZEN_WEIGHTS)
    expected = np.frombuffer(CITIZEN_CHECKS.encode(), np.uint8)[sums % 11]
    return [texts[index] for index in np.flatnonzero(letters[:, 17] != expected)]
