"""Settings from environment variables: the one parser of their numbers, each with its bounds."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from features.errors import GoldenKeyError

MOST = 10**15
"""Upper bound of a setting without one of its own: its value in 分 or bytes still is a 64-bit integer."""

NO_EXTENSIONS = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
"""Settings of every DuckDB connection: no extension is fetched or loaded automatically."""

_FORM = {int: r"\d+", float: r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"}
_LABEL = {int: "整数", float: "数"}

Number = TypeVar("Number", int, float)


def number_setting(
    name: str, default: Number, least: float, most: float = MOST, environ: Mapping[str, str] | None = None
) -> Number:
    """Value of a numeric setting, of the type of `default`; `default` if not set.

    Args:
        name: of the environment variable.
        least, most: bounds, themselves allowed.
        environ: read instead of the environment of the process.

    Raises:
        GoldenKeyError: it is written otherwise than such a number (an integer as digits only), or out of bounds.
    """
    text = (os.environ if environ is None else environ).get(name, "").strip()
    if not text:
        return default
    kind = type(default)
    value = float(text) if re.fullmatch(_FORM[kind], text, re.ASCII) else math.nan
    if not least <= value <= most:
        bounds = f"不小于 {least} " if most == MOST and not value > most else f" {least} 至 {most} "
        raise GoldenKeyError(f"环境变量 {name} 应为{bounds}的{_LABEL[kind]}，实为“{text}”。")
    return kind(text)


def thread_count() -> int:
    """Threads for queries and readers: the setting `GOLDENKEY_THREADS`, by default the processors of the machine."""
    return number_setting("GOLDENKEY_THREADS", os.cpu_count() or 1, 1)


MEMORY = "GOLDENKEY_MEMORY"

LEAST_MEMORY = 256
"""Megabytes below which queries over a pool fail instead of spilling."""

_SHARE = 0.6
"""Share of the machine's memory that queries may take: the rest is for frames, models and everybody else."""


def query_memory() -> int:
    """Megabytes that all queries of a process may take before they spill to disk: the setting `GOLDENKEY_MEMORY`, by
    default three fifths of the machine's memory, or of what its container is allowed."""
    return number_setting(MEMORY, max(LEAST_MEMORY, int(_SHARE * machine_memory())), LEAST_MEMORY)


def machine_memory() -> int:
    """Megabytes of memory of the machine, or of the container this process runs in where that is less."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [physical]
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            limits.append(int(Path(path).read_text(encoding="ascii")))
    return min(limits) // 1_000_000
