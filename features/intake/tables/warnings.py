"""What is worth a second look but keeps no row out: citizen ids whose last character does not hold (GB 11643)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.identifiers import CITIZEN_CHECKS, CITIZEN_WEIGHTS
from features.intake.tables.convert import TEXT
from features.schema.contract import Table

DATED = "^[1-9][0-9]{5}(19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9X]$"
"""Seventeen digits with a birthday in them: other papers and account numbers are none of the rule's business."""


class SheetWarnings:
    """Citizen ids of one sheet that fail their checksum, by column label."""

    def __init__(self, table: Table) -> None:
        self._columns = [
            column
            for column in table.columns
            if column.kind == "id" and any(word in column.label for word in ("证件号码", "身份证号"))
        ]
        self._failing: dict[str, set[str]] = {}

    def look(self, columns: Mapping[str, pa.ChunkedArray]) -> None:
        """Look through the cleaned texts of a block."""
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
        """One sentence per column with doubtful ids."""
        return tuple(
            f"“{label}”列有 {len(failing)} 个公民身份号码校验位不符（GB 11643），已入库，请核对。"
            for label, failing in self._failing.items()
        )


def failing_ids(ids: pa.Array) -> list[str]:
    """Of 18-character citizen ids, those whose last character is not the one GB 11643 asks for."""
    texts = ids.to_pylist()
    if not texts:
        return []
    letters = np.array(texts, dtype="S18").view(np.uint8).reshape(len(texts), 18)
    sums = (letters[:, :17].astype(np.int64) - ord("0")) @ np.array(CITIZEN_WEIGHTS)
    expected = np.frombuffer(CITIZEN_CHECKS.encode(), np.uint8)[sums % 11]
    return [texts[place] for place in np.flatnonzero(letters[:, 17] != expected)]
