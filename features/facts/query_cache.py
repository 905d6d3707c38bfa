"""Cache of compiled query texts (SQL) of facts and clues, which are the same on every cut, in memory and on disk.

Compiling them takes longer than running them on a small pool. A kept file bears the version of the catalogue, of the
contracts and of the libraries that made its texts; any other is not read.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from features.files.atomic import write_text
from features.rules.thresholds import ChangedValues
from features.schema import TABLES

Key = tuple[str, str, ChangedValues]
"""Kind of text (fact; clue: its features; rows: its rows), name, thresholds it was made with."""

_TEXTS: dict[str, str] = {}
_STORED_COUNTS: dict[Path, int] = {}


def cached_text(key: Key) -> str | None:
    """The text, or None where it was not made yet."""
    return _TEXTS.get(_name(key))


def cache_text(key: Key, text: str) -> None:
    """Keep a text for later cuts."""
    _TEXTS[_name(key)] = text


def load_cache(home: Path, catalogue: str) -> None:
    """Read the texts that an earlier process of this version kept; what cannot be read is made anew."""
    path = _path(home, catalogue)
    if path in _STORED_COUNTS:
        return
    _STORED_COUNTS[path] = 0
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if isinstance(texts, dict) and all(isinstance(text, str) for text in texts.values()):
        _TEXTS.update({name: text for name, text in texts.items() if name not in _TEXTS})
        _STORED_COUNTS[path] = len(_TEXTS)


def store_cache(home: Path, catalogue: str) -> None:
    """Write the texts made so far, if there are new ones."""
    path = _path(home, catalogue)
    if _STORED_COUNTS.get(path) == len(_TEXTS):
        return
    write_text(path, json.dumps(_TEXTS, ensure_ascii=False))
    _STORED_COUNTS[path] = len(_TEXTS)


def _name(key: Key) -> str:
    kind, name, mark = key
    return f"{kind}:{name}:{mark}" if mark else f"{kind}:{name}"


def _path(home: Path, catalogue: str) -> Path:
    columns = {name: [(column.name, column.kind) for column in table.columns] for name, table in TABLES.items()}
    made_by = [version(name) for name in ("ibis-framework", "duckdb")]
    digest = hashlib.sha256(json.dumps([columns, made_by]).encode()).hexdigest()[:12]
    return Path(home) / "cache" / "queries" / f"{catalogue}-{digest}.json"
