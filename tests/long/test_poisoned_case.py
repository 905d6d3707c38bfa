"""One case of three hundred on which a clue fails: every door names the case, and the others get their scores."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import openpyxl
import pytest
from little_pool import deliver
from made_home import case_no, install_model, rows, written_model
from running_server import running_server

import cli
from features.clues.catalogue import CLUES
from features.facts import query_cache

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.facts import Facts

pytestmark = pytest.mark.long

CASES, POISONED, CLUE = 300, 7, "F11"
DAY, OFFICE = "2024-03-31", "339902"


def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a clue make more of one case than an integer holds."""
    clue = CLUES[CLUE]

    def made(facts: Facts) -> ir.Table:
        found = clue.rows(facts).join(facts.episodes.select("episode", number="case_no"), "episode")
        times = (found.number == case_no(POISONED)).cast("int64") * 2**62 + 1
        return found.mutate(amount=found.amount * times).drop("number")

    monkeypatch.setitem(CLUES, CLUE, replace(clue, rows=made))
    texts = {name: text for name, text in query_cache._TEXTS.items() if f":{CLUE}" not in name}
    monkeypatch.setattr(query_cache, "_TEXTS", texts)


def scores(home: Path) -> dict[str, tuple[Any, ...]]:
    """Every score by case number, bit for bit."""
    query = "SELECT case_no, margin, probability, missed, amount_fen, level, contributions FROM scores"
    with contextlib.closing(sqlite3.connect(home / "operational.db")) as database:
        return {row[0]: row[1:] for row in database.execute(query)}


def test_one_is_named_at_every_door_and_the_others_are_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, home, number = tmp_path / "plain", tmp_path / "poisoned", case_no(POISONED)

    def run(at: Path, *words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = cli.main([words[0], "--home", str(at), *words[1:], "--as-of", DAY])
        return status, *capsys.readouterr()

    deliver(plain, date(2024, 1, 15), {name: some for name, some in rows(CASES).items() if some})
    install_model(plain, written_model())
    shutil.copytree(plain, home)
    assert run(plain, "score")[0] == 0
    expected = scores(plain)
    assert len(expected) == CASES
    del expected[number]

    poison(monkeypatch)
    status, out, _ = run(home, "score", "--format", "json")
    (sentence,) = json.loads(out)["unscored"]
    assert status == 3 and number in sentence and CLUE in sentence
    assert scores(home) == expected
    status, out, err = run(home, "score")
    assert status == 3 and number in out + err
    status, out, _ = run(home, "queue", "--office", OFFICE, "--format", "json")
    assert status == 0 and json.loads(out)["unscored"] == [sentence]
    book = tmp_path / "list.xlsx"
    assert run(home, "queue", "--office", OFFICE, "--format", "xlsx", "--out", str(book))[0] == 0
    cells = [cell for sheet in openpyxl.load_workbook(book) for row in sheet.values for cell in row]
    assert sentence in cells
    status, _, err = run(home, "explain", number)
    assert status == 2 and sentence in err
    status, out, _ = run(home, "leads", "open", "--format", "json")
    assert status == 3 and json.loads(out)["unscored"] == [sentence]
    with running_server(home, tmp_path) as server:
        shown = server.ask("GET", "/api/v1/queue", params={"office": OFFICE, "as_of": DAY})
        assert shown.json()["unscored"] == [sentence]
        asked = server.ask("GET", f"/api/v1/cases/{quote(number)}/explanation", params={"as_of": DAY})
        assert asked.status_code != 200 and sentence in asked.text
        named = server.ask("POST", "/api/v1/scores", json={"case_nos": [case_no(8), number], "as_of": DAY})
        assert sentence in named.text
        other = server.ask("POST", "/api/v1/scores", json={"case_nos": [case_no(8)], "as_of": DAY})
        assert other.json()["scores"][0]["case_no"] == case_no(8)
