"""Warn of accepted rows whose case was refused in the same delivery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import pyarrow as pa
import pyarrow.compute as pc

from features.rules.case_numbers import normal_case_number
from features.schema import TABLES

OF_CASES = ("party", "event", "query_feedback", "claim", "auction")
"""Tables whose rows count only with the row of their case."""
SHOWN = 20
"""Most cases named in a warning."""


class Orphans:
    """Counts, over one delivery, rows that were accepted although the row of their case was refused."""

    def __init__(self) -> None:
        self._refused: set[str] = set()
        self._taken: set[str] = set()
        self._rows: dict[str, Counter[str]] = {name: Counter() for name in OF_CASES}

    def refuse(self, numbers: Iterable[str]) -> None:
        """Note case numbers of refused rows, as written."""
        self._refused |= {normal_case_number(number) for number in numbers}

    def watch(self, name: str, write: Callable[[pa.Table], None]) -> Callable[[pa.Table], None]:
        """A function that writes rows of table `name` as `write` does and notes their case numbers besides."""
        if name not in ("case", *OF_CASES):
            return write

        def watching(rows: pa.Table) -> None:
            self._note(name, rows.column("case_no"))
            write(rows)

        return watching

    def _note(self, name: str, numbers: pa.ChunkedArray) -> None:
        counted = pc.value_counts(numbers.combine_chunks()).to_pylist()
        if name == "case":
            self._taken |= {item["values"] for item in counted}
        else:
            self._rows[name].update({item["values"]: item["counts"] for item in counted})

    def sentences(self) -> list[str]:
        """One sentence per case that was refused although other rows of it were taken in."""
        lines = []
        for number in sorted(self._refused - self._taken):
            held = [f"{TABLES[name].label} {rows[number]} 行" for name, rows in self._rows.items() if rows[number]]
            if held:
                lines.append(
                    f"案件 {number} 的{TABLES['case'].label}行被隔离，同次交接中它的{'、'.join(held)}已入库，"
                    "但在案件行更正后重新导入之前不能计入任何案件（此前已导入该案的除外）。"
                )
        more = len(lines) - SHOWN
        return lines[:SHOWN] + ([f"另有 {more} 件案件同样情形，见隔离明细。"] if more > 0 else [])
