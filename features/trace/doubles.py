"""Which rows of several files or sheets are one row delivered twice, a correction, or two rows that share a number.

Nobody says of loose files that one corrects another, and serial numbers often begin anew in each: so rows of one key
(see the contract of `txn`) are one only where nothing in them speaks against it. All others stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from features.pool.pool import Cut
from features.pool.same_rows import COMPARED, is_corrected, is_repeated
from features.schema import TABLES

SHOWN = 10
"""Rows that are named by their place."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Some rows: how many, and file and row of the first."""

    rows: int = 0
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubles:
    """What rows that share a key are to each other.

    Attributes:
        gone: ids of the rows another stands for.
        repeated: rows that a later file or sheet holds again. corrected: rows whose sum a later one states otherwise,
            at the same second and with the same counterparty. reused: rows that stay, though a later row of another
            time, sum or counterparty has their serial number.
    """

    gone: tuple[int, ...]
    repeated: Listed
    corrected: Listed
    reused: Listed


_KEY = ", ".join(TABLES["txn"].key)

_SHARED = f"""
SELECT {", ".join((*TABLES["txn"].key, *(name for name in COMPARED if name != "ref_no")))}, rid FROM {{txn}}
QUALIFY count(*) OVER (PARTITION BY {_KEY}) > 1
"""

_BESIDE_LAST = f"""
SELECT one.rid, {{condition}} AS found, one.ref_no IS NOT NULL AND one.rid <> last.rid AS other
FROM (SELECT *, max(rid) OVER (PARTITION BY {_KEY}{{more}}) AS last_rid FROM {{rows}}) one
JOIN {{rows}} last ON one.last_rid = last.rid
"""


def find_doubles(cut: Cut) -> Doubles:
    """What the rows of a cut opened with `superseded` are to each other."""
    cut.load("txn")
    rows = cut.create("trace_shared", _SHARED.format(txn="pool_txn"))
    condition = f"one.rid <> last.rid AND {is_repeated('one', 'last')}"
    again = cut.create("trace_again", _BESIDE_LAST.format(condition=condition, more=", amount", rows="trace_shared"))
    again = cut.materialise("trace_repeated", again.filter(again.found).select("rid"))
    cut.materialise("trace_rest", rows.anti_join(again, "rid"))
    rest = cut.create(
        "trace_last", _BESIDE_LAST.format(condition=is_corrected("one", "last"), more="", rows="trace_rest")
    )
    corrected, reused = rest.filter(rest.found).select("rid"), rest.filter(rest.other, ~rest.found).select("rid")
    gone = again.union(corrected).order_by("rid").to_pyarrow().column("rid").to_pylist()
    return Doubles(tuple(gone), *(list_places(cut, which) for which in (again, corrected, reused)))


def list_places(cut: Cut, rows: ir.Table) -> Listed:
    """How many rows (rid) there are, and where the first of them stand."""
    count = rows.count().to_pyarrow().as_py()
    if not count:
        return Listed()
    place = cut.table("txn").semi_join(rows, "rid").order_by("rid").limit(SHOWN)
    found = place.select("src_file", "src_sheet", "src_row").to_pyarrow().to_pylist()
    return Listed(count, tuple(place_of(*row.values()) for row in found))


def place_of(file: str, sheet: str | None, row: int) -> str:
    """A row of a file as it is named."""
    return f"{file}{f'“{sheet}”' if sheet else ''}第{row}行"
