"""Read papers (.docx, .pdf) in a child process: one made to exhaust memory or time ends that process alone.

One child serves many files. It answers once per file: the text, the table, or why the file is not read.
"""

from __future__ import annotations

import importlib
import logging
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from features.errors import GoldenKeyError
from features.intake.papers.base import FoundTable, Paper, RefusedError
from features.intake.sources.children import ChildPool, UnreadableError, answer_questions

MEMORY = 2 << 30
"""Bytes of addresses of the child."""
SECONDS = 180
"""Seconds of processor time for one file."""

_READERS = {".docx": "features.intake.papers.docx", ".pdf": "features.intake.papers.pdf"}
"""Module that reads papers of a suffix, by its function `read`."""

SUFFIXES = frozenset(_READERS)

_POOL = ChildPool(__name__)


def read_paper(path: Path, name: str) -> Paper:
    """Text and table of a .docx or PDF file, read in the child process.

    Raises:
        GoldenKeyError: one sentence on why the file is not read; `name` is what it calls the file.
    """
    try:
        [answer] = _POOL.ask(str(path))
    except UnreadableError as error:
        raise GoldenKeyError(
            f"文件“{name}”无法打开（已损坏，或不是它的后缀所说的格式），未读取；请另存后重新交付。"
        ) from error
    except EOFError as error:
        raise GoldenKeyError(
            f"文件“{name}”读取时超出 {MEMORY >> 30} GB 内存或 {SECONDS} 秒（内容过大，或被恶意压缩）"
            "，未读取；请分成较小的文件交付。"
        ) from error
    if answer[0] == "refused":
        raise GoldenKeyError(f"文件“{name}”{answer[1]}")
    _, text, table, irregular = answer
    return Paper(text, FoundTable(*table) if table else None, irregular)


def serve() -> None:
    """Answer questions on standard input until it ends: what the child runs."""
    logging.disable(logging.CRITICAL)
    answer_questions(MEMORY, _read)


def _read(path: str) -> Iterator[tuple[Any, ...]]:
    """The answer on one file: ("read", what it says) or ("refused", why)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    limit = int(used.ru_utime + used.ru_stime) + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
    read = importlib.import_module(_READERS[Path(path).suffix.lower()])  # in the child alone
    try:
        text, table, irregular = read.read(Path(path))
    except RefusedError as error:
        yield "refused", str(error)
    else:
        yield "read", text, table and tuple(table), irregular
