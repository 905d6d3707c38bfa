"""Query texts compiled once: facts and clues read alike on every cut, so their texts outlive a cut and a process.

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
"""Kind of text (fact, clue), name, thresholds it was made with."""

_KNOWN: dict[str, str] = {}
_STORED: dict[Path, int] = {}


def known(key: Key) -> str | None:
    """The text, or None where it was not made yet."""
    return _KNOWN.get(_name(key))


def keep(key: Key, text: str) -> None:
    """Keep a text for later cuts."""
    _KNOWN[_name(key)] = text


def load(home: Path, catalogue: str) -> None:
    """Read the texts that an earlier process of this version kept; what cannot be read is made anew."""
    path = _path(home, catalogue)
    if path in _STORED:
        return
    _STORED[path] = 0
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if isinstance(told, dict) and all(isinstance(text, str) for text in told.values()):
        _KNOWN.update({name: text for name, text in told.items() if name not in _KNOWN})
        _STORED[path] = len(_KNOWN)


def store(home: Path, catalogue: str) -> None:
    """Write the texts made so far, if there are new ones."""
    path = _path(home, catalogue)
    if _STORED.get(path) == len(_KNOWN):
        return
    write_text(path, json.dumps(_KNOWN, ensure_ascii=False))
    _STORED[path] = len(_KNOWN)


def _name(key: Key) -> str:
    kind, name, mark = key
    return f"{kind}:{name}:{mark}" if mark else f"{kind}:{name}"


def _path(home: Path, catalogue: str) -> Path:
    columns = {name: [(column.name, column.kind) for column in table.columns] for name, table in TABLES.items()}
    made_by = [version(name) for name in ("ibis-framework", "duckdb")]
    digest = hashlib.sha256(json.dumps([columns, made_by]).encode()).hexdigest()[:12]
    return Path(home) / "cache" / "queries" / f"{catalogue}-{digest}.json"
