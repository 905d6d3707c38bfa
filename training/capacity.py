"""How many cases an office looks into per quarter: the setting of the lists, so that what is measured is listed."""

from __future__ import annotations

import os
from collections.abc import Mapping

from features.errors import GoldenKeyError

SETTING = "GOLDENKEY_CAPACITY"

CAPACITY = 40
"""Cases per office and quarter (domain.md 5.3)."""

HELP = f"默认取 {SETTING}，否则 {CAPACITY}"


def capacity_asked(given: int | None = None, environ: Mapping[str, str] | None = None) -> int:
    """The capacity given, else that of the environment, else `CAPACITY`.

    Raises:
        GoldenKeyError: it is no whole number from 1.
    """
    text = (os.environ if environ is None else environ).get(SETTING, "").strip()
    if given is None and text and not (text.isascii() and text.isdigit() and int(text) > 0):
        raise GoldenKeyError(f"环境变量 {SETTING} 应为不小于 1 的整数，实为“{text}”。")
    found = int(text or CAPACITY) if given is None else given
    if found < 1:
        raise GoldenKeyError(f"参数 --capacity 应为正整数，实为 {found}。")
    return found
