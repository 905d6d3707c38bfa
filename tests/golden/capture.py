"""What a home answers through the command line and its ledger, in a form that two versions of the code can be held by.

Only names that never change are used: words of the command line, keys of `--format json`, columns of databases.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cli

DAYS = ("2023-06-30", "2023-09-30", "2023-12-31")
"""Days whose matrices and scores are kept; the model was trained on the second."""

OFFICE = "339901"
EXPLAINED = 4
"""Cases of the list whose explanation is kept whole."""

SCORES = (
    "episode",
    "case_no",
    "office",
    "margin",
    "probability",
    "missed",
    "amount_fen",
    "expected_fen",
    "percentile",
    "level",
    "coverage",
)
"""Columns of the ledger's table of scores that are kept."""

GAINED = {"as_of_why", "currency_notes", "opened_as_of"}
"""Keys that answers gained since the home was made; every key they had is held to what it was."""

CHANGING = {"queue_id", "run_id", "score_id", "path", "opened_at", "catalogue_version", "at", "created"}
"""Keys of answers that name a moment, an identifier made anew, or the version of the code."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the home; Python 3.11 as Debian 12 has it knows no filter, and later ones warn without."""
    shutil.unpack_archive(archive, folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))


def run(home: Path, *words: str) -> str:
    """Run one command on a home and return its standard output; AssertionError with its errors when it fails."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main([words[0], "--home", str(home), *words[1:]])
    assert status == 0, f"{' '.join(words)}: {status}, {err.getvalue()}"
    return out.getvalue()


def answer(home: Path, *words: str) -> Any:
    """The JSON a command prints, without what changes from run to run."""
    return stable(json.loads(run(home, *words, "--format", "json")))


def stable(value: Any) -> Any:
    """A JSON value without the keys of `CHANGING` and `GAINED`."""
    if isinstance(value, dict):
        return {key: stable(item) for key, item in value.items() if key not in CHANGING | GAINED}
    if isinstance(value, list):
        return [stable(item) for item in value]
    return value


def scores(home: Path, run_id: str) -> list[list[Any]]:
    """Every score of a run: columns `SCORES`, floats as their exact hexadecimal form, then a digest of the reasons."""
    query = f"SELECT {', '.join(SCORES)}, contributions FROM scores WHERE run_id = ? ORDER BY episode"
    with contextlib.closing(sqlite3.connect(home / "operational.db")) as database:
        rows = database.execute(query, (run_id,)).fetchall()
    return [[*map(_exact, row[:-1]), hashlib.sha256(row[-1]).hexdigest()[:16]] for row in rows]


def _exact(value: Any) -> Any:
    return value.hex() if isinstance(value, float) else value


@contextlib.contextmanager
def plain_environment() -> Iterator[None]:
    """Nobody's settings in the environment, and one thread of the engine."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GOLDENKEY_")}
    try:
        yield
    finally:
        os.environ.update(kept)


def scored(home: Path, day: str) -> dict[str, Any]:
    """Score a day: fingerprint of its matrix, number of rows and every score."""
    told = json.loads(run(home, "score", "--as-of", day, "--format", "json"))
    return {"fingerprint": told["fingerprint"], "scores": scores(home, told["run_id"])}


def listed(home: Path) -> dict[str, Any]:
    """The list, its reasons, and the leads of the last day."""
    day = DAYS[-1]
    queue = answer(home, "queue", "--office", OFFICE, "--as-of", day)
    cases = [row["case_no"] for row in queue["rows"]][:EXPLAINED]
    run(home, "leads", "open", "--as-of", day)
    return {
        "queue": queue,
        "explanations": [answer(home, "explain", case, "--as-of", day) for case in cases],
        "leads": answer(home, "leads", "list", "--office", OFFICE),
        "clusters": answer(home, "leads", "clusters"),
    }


def capture(home: Path) -> dict[str, Any]:
    """Everything that is held against what an earlier version answered."""
    lists = listed(home)
    return {"days": {one: scored(home, one) for one in DAYS}, **lists, "champion": answer(home, "champion")}
