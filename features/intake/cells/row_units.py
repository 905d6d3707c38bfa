"""Units told row by row, in a column of their own: 金额单位 with 元, 万元, 万美元; each holds for its row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.units import (
    FOREIGN,
    IN_HEADER,
    MONEY,
    UNITS,
    YUAN,
    foreign_unit,
    full_unit,
    in_chinese,
    plain_text,
    with_unit,
)

_SURE = re.compile(
    "(?:交易|发生|应执行|标的)*(?:金额|货币|币种|计价|计价货币|数额|款项|记账)(?:的)?单位|(?:amount|currency)units?"
)
_MAYBE = re.compile("(?:计量|计数|数量|统计)?单位|units?")
"""Headers of a column that may hold units of sums, or who pays (某某公司), or what is counted (套)."""
_LABEL = re.compile("^(?:(?:金额|货币|计量)?单位[:为]?)|^[(\\[【]|[)\\]】]$")
NO_UNIT = "（单位不明：{}）"
"""Behind a sum whose row names a unit that is none, or another than its column: no parser accepts it."""


def unit_column(headers: Sequence[str], free: Sequence[str]) -> tuple[int, bool] | None:
    """Position of the column that holds the unit of each row, and whether its header leaves no doubt; None without one.

    Args:
        headers: the header of the sheet.
        free: those of it that are no column of the contract or of a mapping.
    """
    left = {text.strip() for text in free}
    places = [place for place, text in enumerate(headers) if text.strip() in left]
    for form in (_SURE, _MAYBE):
        for place in places:
            if form.fullmatch(plain_text(headers[place])):
                return place, form is _SURE
    return None


def unit_of(text: str) -> str:
    """The unit that a cell names: one of `UNITS`, or one in another currency (万美元); '' where it names none.

    >>> unit_of("万元"), unit_of("人民币"), unit_of("（万）"), unit_of("USD"), unit_of("件")
    ('万元', '元', '万元', 'usd', '')
    """
    plain = in_chinese(plain_text(text))
    for _ in range(3):
        plain = _LABEL.sub("", plain)
    if plain not in UNITS:
        bare = re.sub(f"^(?:{MONEY})[:/,、]?|(?:人民币)$", "", plain)
        if not bare:
            return YUAN if re.fullmatch(f"(?:{MONEY})", plain) else ""
        plain = bare.replace("圆", "元").replace("萬", "万")
    if re.fullmatch(IN_HEADER, plain):
        return full_unit(plain)
    return plain if foreign_unit(plain) or re.fullmatch(FOREIGN, plain) else ""


def _mapped(cells: pa.ChunkedArray, told: dict[str, str | None]) -> pa.ChunkedArray:
    encoded = cells.combine_chunks().dictionary_encode()
    found = pa.array([told[text] for text in encoded.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([found.take(encoded.indices)])


def names_units(cells: pa.ChunkedArray) -> bool:
    """Whether some cell of a column names a unit."""
    return any(unit_of(text) for text in pc.unique(cells).to_pylist() if text)


def read_units(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """The unit of each row; a text that names no unit is given back in brackets, a blank cell as NULL."""
    told = {text: unit_of(text) or f"（{text}）" for text in pc.unique(cells).to_pylist() if text is not None}
    return _mapped(cells, dict(told))


def in_row_units(sums: pa.ChunkedArray, units: pa.ChunkedArray, stated: str) -> pa.ChunkedArray:
    """Sums with the unit of their row; those of a row without one stay.

    Args:
        sums: cleaned texts. units: see `read_units`.
        stated: the unit of the column, where it has one of its own: it must be that of the row.
    """
    plain = pc.fill_null(pc.is_in(units, pa.array([*UNITS])), False)
    known = pc.or_(plain, pc.fill_null(pc.invert(pc.match_substring_regex(units, "^（")), False))
    agree = pc.fill_null(pc.equal(units, stated), False) if stated else known
    behind = pc.if_else(agree, pc.if_else(pc.equal(units, YUAN), "", units), _doubtful(units, stated))
    told = with_unit(sums, pc.fill_null(behind, ""))
    return pc.if_else(pc.is_valid(units), told, sums)


def _doubtful(units: pa.ChunkedArray, stated: str) -> pa.ChunkedArray:
    bare = pc.replace_substring_regex(units, "^（|）$", "")
    said = pc.binary_join_element_wise(f"{stated}或", bare, "") if stated else bare
    head, _, tail = NO_UNIT.partition("{}")
    return pc.binary_join_element_wise(head, said, tail, "")


def currencies_of(units: pa.ChunkedArray) -> pa.ChunkedArray:
    """The currency that the unit of each row names; NULL where it names none."""
    texts = pc.unique(units).to_pylist()
    return _mapped(units, {text: foreign_unit(text).upper() or None for text in texts if text is not None})


def count_units(units: pa.ChunkedArray) -> Counter[str]:
    """How many rows name each unit; rows that name none are not counted."""
    counted = pc.value_counts(units.combine_chunks()).to_pylist()
    return Counter({one["values"]: one["counts"] for one in counted if one["values"] and one["values"][0] != "（"})
