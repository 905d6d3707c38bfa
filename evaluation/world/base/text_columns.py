"""Render Arrow columns as the text of delivered files: dates in several spellings, 元 from 分, whole CSV files."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base.chance import NEVER, Array

_FIRST, _LAST = -15_000, 30_000
SPELLINGS = ("iso", "slash", "plain", "chinese")


@lru_cache(maxsize=8)
def _all_date_texts(spelling: str) -> pa.Array:
    """Lookup table: text of every day from 1928 to 2052 in one spelling."""
    day = np.arange(_FIRST, _LAST).astype("datetime64[D]")
    iso = np.datetime_as_string(day)
    if spelling == "iso":
        return pa.array(iso.astype(object))
    if spelling == "plain":
        return pa.array(np.char.replace(iso, "-", "").astype(object))
    month = day.astype("datetime64[M]")
    parts = (
        (month.astype(np.int64) // 12 + 1970),
        (month.astype(np.int64) % 12 + 1),
        (day - month).astype(np.int64) + 1,
    )
    signs = ("/", "/", "") if spelling == "slash" else ("年", "月", "日")
    columns = [
        pc.binary_join_element_wise(pa.array(part).cast(pa.string()), sign, "")
        for part, sign in zip(parts, signs, strict=True)
    ]
    return pc.binary_join_element_wise(*columns, "")


@lru_cache(maxsize=1)
def _all_time_texts() -> pa.Array:
    second = np.arange(86_400).astype("datetime64[s]")
    return pa.array(np.asarray([text[11:] for text in np.datetime_as_string(second)], dtype=object))


@lru_cache(maxsize=1)
def _all_cent_texts() -> pa.Array:
    return pa.array([f".{cent:02d}" for cent in range(100)])


def date_array(days: Array) -> pa.Array:
    """Days since 1970 as date32, null where NEVER."""
    return pa.array(days.astype(np.int32), pa.int32(), mask=days >= NEVER).cast(pa.date32())


def date_texts(values: pa.Array, spelling: str = "iso") -> pa.Array:
    """Dates (date32) as text."""
    return _all_date_texts(spelling).take(pc.subtract(values.cast(pa.int32()), _FIRST))


def datetime_texts(values: pa.Array) -> pa.Array:
    """Seconds since 1970 (int64) as `YYYY-MM-DD HH:MM:SS`."""
    day = pc.divide(values, 86_400)
    clock = _all_time_texts().take(pc.subtract(values, pc.multiply(day, 86_400)))
    return pc.binary_join_element_wise(_all_date_texts("iso").take(pc.subtract(day, _FIRST)), clock, " ")


def yuan_texts(values: pa.Array) -> pa.Array:
    """分 (int64, not negative) as 元 with two decimals."""
    whole = pc.divide(values, 100)
    return pc.binary_join_element_wise(
        whole.cast(pa.string()), _all_cent_texts().take(pc.subtract(values, pc.multiply(whole, 100))), ""
    )


def bool_texts(values: pa.Array) -> pa.Array:
    """Booleans as 是 and 否."""
    return pc.if_else(values, "是", "否")


def csv_bytes(header: list[str], columns: list[pa.Array], encoding: str) -> bytes:
    """A whole CSV file as bytes; values must contain no commas, quotes or line ends (nothing is quoted)."""
    head = ",".join(header) + "\r\n"
    if not columns or len(columns[0]) == 0:
        body = ""
    else:
        cells = [pc.fill_null(_flat(column), "") for column in columns]
        lines = pc.binary_join_element_wise(*cells, ",")
        joined = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines), "\r\n")
        body = joined[0].as_py() + "\r\n"
    return (head + body).encode(encoding)


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
