"""Parse columns in common spellings in Arrow; anything else is left to the SQL of `cells.sql`.

A column is parsed here completely or not at all: None means that some cell is in an uncommon spelling or invalid. Where
both can parse a cell the results are equal (tested against each other).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.sql import (
    DASHES,
    FALSE,
    NULL_SPELLINGS,
    TRUE,
    UPPER_CASED,
    is_case_number,
    plain_case_number,
)
from features.rules.characters import BLANKS, half_width
from features.schema.contract import Column, Kind

_BOOL = dict.fromkeys(TRUE, "true") | dict.fromkeys(FALSE, "false")
_PLAIN_ID = "^[0-9A-Za-z一-龥_.:/()（）-]+$"
_PLAIN_BYTES = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwyz_.:/()-"
"""Bytes of a plain identifier, which needs no cleaning; not x, which becomes X at the end of a citizen number."""
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_SHORT_DAY = "(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
_SURE_DAY = f"(?:19|[2-9][0-9])[0-9]{{2}}-(?:{_SHORT_DAY})"
"""Pattern of a day and month that exist in every year (29 February is left to SQL)."""
_MONEY = r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$"
_INT = "^-?[0-9]{1,15}$"
_REAL = r"^-?[0-9]{1,15}(\.[0-9]+)?$"
_NO_YEAR = "^0000"
_BETWEEN_MEMBERS = "[;；、，,|]"
_DAY_SPELLINGS = (
    (r"^([0-9]{4})([0-9]{2})([0-9]{2})$", r"\1-\2-\3"),
    (r"^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?$", r"\1-0\2-0\3"),
    (r"-0([0-9]{2})", r"-\1"),
)

ARROW_TYPES = {
    "text": pa.string(),
    "id": pa.string(),
    "code": pa.string(),
    "set": pa.string(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "money": pa.int64(),
    "int": pa.int64(),
    "real": pa.float64(),
    "bool": pa.bool_(),
}
"""Type of a column's values by kind."""


NUMBERS = frozenset({"date", "datetime", "money", "int", "real"})
"""Kinds of columns whose only check, once parsed, is their range."""


def null_column(count: int, kind: Kind) -> pa.ChunkedArray:
    """The values of a column that was not delivered."""
    return pa.chunked_array([pa.nulls(count, ARROW_TYPES[kind])])


def stack_columns(columns: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Concatenate columns without copying, to parse them in one call: on small sheets each call is what costs."""
    return pa.chunked_array([chunk for column in columns for chunk in column.chunks], columns[0].type)


def split_columns(column: pa.ChunkedArray, count: int) -> list[pa.ChunkedArray]:
    """Undo `stack_columns`: columns of `count` rows each."""
    return [column.slice(start, count) for start in range(0, len(column), count)] if count else []


def parse_columns(columns: Sequence[tuple[Column, pa.ChunkedArray]]) -> dict[str, pa.ChunkedArray | None]:
    """`parse_column` for many columns: those of one kind together, and one by one where that fails."""
    alike: dict[tuple[str, str, bool, bool], list[tuple[Column, pa.ChunkedArray]]] = {}
    for column, text in columns:
        way = (column.kind, _case_form(column), column.name in UPPER_CASED, column.name == "plate")
        alike.setdefault(way, []).append((column, text))
    values: dict[str, pa.ChunkedArray | None] = {}
    for group in alike.values():
        together = parse_column(group[0][0], stack_columns([text for _, text in group])) if len(group) > 1 else None
        if together is None:
            values.update((column.name, parse_column(column, text)) for column, text in group)
        else:
            parts = split_columns(together, len(group[0][1]))
            values.update((column.name, part) for (column, _), part in zip(group, parts, strict=True))
    return values


def clean_cells(cells: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray:
    """Text cells without surrounding blanks; NULL when nothing is left of them."""
    nothing = pa.array(("", *NULL_SPELLINGS) if kind == "text" else ("", *NULL_SPELLINGS, *DASHES))
    trimmed = pc.utf8_trim(cells, BLANKS)
    return pc.if_else(pc.is_in(trimmed, nothing), None, trimmed)


def parse_codes(cells: pa.ChunkedArray, spellings: dict[str, str], closed: bool) -> pa.ChunkedArray:
    """The canonical code of each spelling; an unknown one is NULL when the list is closed, else kept as it is."""
    encoded = cells.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    found = [spellings.get(text) or spellings.get(half_width(text)) for text in texts]
    if not closed:
        found = [code or text for code, text in zip(found, texts, strict=True)]
    return pa.chunked_array([pa.array(found, pa.string()).take(encoded.indices)])


def parse_bools(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """是/否, 有/无, Y/N, 1/0, true/false; others are NULL."""
    return pc.equal(parse_codes(cells, _BOOL, closed=True), "true")


def parse_column(column: Column, text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The stored values of a column from its cleaned text if every cell is in a common spelling, else None."""
    try:
        return _READERS[column.kind](column, text)
    except pa.ArrowInvalid:
        return None


def _all(text: pa.ChunkedArray, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(text, pattern)).as_py() is not False


def _any(text: pa.ChunkedArray, pattern: str) -> bool:
    return pc.any(pc.match_substring_regex(text, pattern)).as_py() is True


def odd_cells(column: Column, text: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Mask of the cells because of which `parse_column` may return None; it parses all others."""
    if column.kind == "id":
        plain = _case_form(column) or _PLAIN_ID
        odd = _unlike(text, plain)
        if not is_case_number(column.name):
            odd = pc.or_(odd, pc.match_substring_regex(text, "^.{17}x$"))
        if column.name == "plate":
            odd = pc.or_(odd, pc.match_substring_regex(text, "[-_.]"))
    else:
        odd = _unlike(text, _SURE.get(column.kind, "$^"))
    return np.asarray(pc.fill_null(odd, False).to_numpy(), bool)


def _case_form(column: Column) -> str:
    return plain_case_number(column.name) if is_case_number(column.name) else ""


def _unlike(text: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    return pc.invert(pc.match_substring_regex(text, pattern))


def made_of(text: pa.ChunkedArray, plain: bytes) -> bool:
    """Whether no byte of the cells is another than those given; faster than a pattern."""
    for chunk in text.chunks:
        _, offsets, letters = chunk.buffers()
        if letters is not None and len(chunk):
            at = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
            if memoryview(letters)[at[0] : at[-1]].tobytes().translate(None, plain):
                return False
    return True


def _text(_: Column, text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    return text


def _id(column: Column, text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    if is_case_number(column.name):
        return text if _all(text, _case_form(column)) else None
    if column.name != "plate" and made_of(text, _PLAIN_BYTES):
        return pc.utf8_upper(text) if column.name in UPPER_CASED else text
    if not _all(text, _PLAIN_ID) or _any(text, "^.{17}x$") or (column.name == "plate" and _any(text, "[-_.]")):
        return None
    if _any(text, "[（）]"):
        text = pc.replace_substring(pc.replace_substring(text, "（", "("), "）", ")")
    return pc.utf8_upper(text) if column.name in UPPER_CASED else text


def _set(_: Column, text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    if not _any(text, _BETWEEN_MEMBERS):
        return text
    encoded = text.combine_chunks().dictionary_encode()
    found = []
    for spelling in encoded.dictionary.to_pylist():
        parts = {part.strip(BLANKS) for part in re.split(_BETWEEN_MEMBERS, spelling)} - {""}
        found.append(";".join(sorted(parts)) or None)
    return pa.chunked_array([pa.array(found, pa.string()).take(encoded.indices)])


def _date(_: Column, text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    if _any(text, _NO_YEAR):
        return None
    try:
        return text.cast(pa.date32())
    except pa.ArrowInvalid:
        plain = text
        for pattern, written in _DAY_SPELLINGS:
            plain = pc.replace_substring_regex(plain, pattern, written)
        return plain.cast(pa.date32())


def _datetime(_: Column, text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    return None if _any(text, _NO_YEAR) else text.cast(pa.timestamp("us"))


def _money(_: Column, text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    if not _all(text, _MONEY):
        return None
    return pc.multiply(text.cast(pa.decimal128(16, 2)), pa.scalar(100, pa.decimal128(3, 0))).cast(pa.int64())


def _int(_: Column, text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    return text.cast(pa.int64()) if _all(text, _INT) else None


def _real(_: Column, text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    return text.cast(pa.float64()) if _all(text, _REAL) else None


_SURE = {
    "date": f"^{_SURE_DAY}$",
    "datetime": f"^{_SURE_DAY}(?:[ T]{_CLOCK})?$",
    "money": _MONEY,
    "int": _INT,
    "real": _REAL,
}
_READERS = {
    "text": _text,
    "id": _id,
    "set": _set,
    "date": _date,
    "datetime": _datetime,
    "money": _money,
    "int": _int,
    "real": _real,
}
