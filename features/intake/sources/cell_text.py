"""Text of typed cells of workbooks, Parquet files and databases; light, as a child process reads with it.

Numbers become text without loss or not at all: a workbook number of sixteen digits or more has already lost its last
digits and is written in scientific notation, which no identifier column accepts.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

EXACT_BELOW = 1e15
"""Workbooks keep integers below this to the last digit."""


def cell_text(value: Any) -> str | None:
    """Text of one typed cell; None where blank."""
    if value is None:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def _float_text(value: float) -> str:
    if value != value:
        return ""
    if value.is_integer():
        return str(int(value)) if abs(value) < EXACT_BELOW else f"{value:.5E}"
    return f"{value:.15g}"
