"""Integer settings from environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping

from features.errors import GoldenKeyError


def int_setting(name: str, default: int, least: int, environ: Mapping[str, str] | None = None) -> int:
    """Value of an integer setting, `default` if not set; GoldenKeyError unless an integer of at least `least`."""
    text = (os.environ if environ is None else environ).get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise GoldenKeyError(f"环境变量 {name} 应为不小于 {least} 的整数，实为“{text}”。")
    return int(text)


def thread_count() -> int:
    """Threads for queries and readers: the setting `GOLDENKEY_THREADS`, by default the processors of the machine."""
    return int_setting("GOLDENKEY_THREADS", os.cpu_count() or 1, 1)
