"""Capacity: how many cases an office can review per quarter; one setting for lists, backtests and reports."""

from __future__ import annotations

from collections.abc import Mapping

from features.errors import GoldenKeyError
from features.settings import number_setting

SETTING = "GOLDENKEY_CAPACITY"
"""Environment variable of the capacity."""

CAPACITY = 40
"""Cases per office and quarter (docs/domain.md section 5.3)."""

CAPACITY_HELP = f"默认取 {SETTING}，否则 {CAPACITY}"


def resolve_capacity(capacity: int | None = None, environ: Mapping[str, str] | None = None) -> int:
    """The capacity of the argument, else that of the environment, else `CAPACITY`.

    Raises:
        GoldenKeyError: it is no whole number from 1.
    """
    resolved = number_setting(SETTING, CAPACITY, 1, environ=environ) if capacity is None else capacity
    if resolved < 1:
        raise GoldenKeyError(f"参数 --capacity 应为正整数，实为 {resolved}。")
    return resolved
