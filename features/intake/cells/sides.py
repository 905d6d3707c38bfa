"""Sums that bear their side: 500.00CR is money in, 500.00DR money out; of a balance DR is what is owed."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.arrow import made_of

_SUM = "[¥￥]?[0-9][0-9,]*(?:[.][0-9]*)?元?"
_WAY = "(?i:CR|DR)[.]?|贷方?|借方?"
_FORMS = (
    rf"^(?P<sum>{_SUM})\s*[(（]?(?P<way>{_WAY})[)）]?$",
    rf"^[(（]?(?P<way>{_WAY})[)）]?[:：]?\s*(?P<sum>{_SUM})$",
)
SIDED = f"(?:{_FORMS[0]})|(?:{_FORMS[1]})".replace("?P<sum>", "?:").replace("?P<way>", "?:")
"""A sum that bears its side (RE2)."""
_PLAIN = b"0123456789.,-+ "


def split_sides(cells: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray] | None:
    """Sums without their sides, and IN, OUT or NULL; None where no cell bears one."""
    if made_of(cells, _PLAIN):
        return None
    found = [pc.extract_regex(cells, form) for form in _FORMS]
    sums = pc.coalesce(*(pc.struct_field(one, "sum") for one in found))
    if sums.null_count == len(sums):
        return None
    way = pc.utf8_upper(pc.coalesce(*(pc.struct_field(one, "way") for one in found)))
    codes = pc.if_else(pc.match_substring_regex(way, "^C|贷"), "IN", "OUT")
    return pc.coalesce(sums, cells), codes


def signed_by_side(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Balances without their sides: what is owed (DR) is less than nought."""
    found = split_sides(cells)
    if found is None:
        return cells
    sums, ways = found
    owed = pc.fill_null(pc.equal(ways, "OUT"), False)
    return pc.if_else(owed, pc.binary_join_element_wise("-", sums, ""), sums)
