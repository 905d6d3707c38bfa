"""The glossary: every term has a home that exists and speaks of it, each stands once, in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| (?P<term>[^|]+) \| (?P<chinese>[^|]+) \| (?P<meaning>[^|]+) \| `(?P<home>[^`|]+)` \|$")
LINES = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
TABLE = [line for line in LINES if line.startswith("| ")][2:]
TERMS = [match.groupdict() for line in TABLE if (match := ROW.match(line))]


def spoken_of(term: str, text: str) -> bool:
    """Whether a file uses one of the words of a term, in any of its forms."""
    words = [word.rstrip("s") for word in re.findall(r"[a-z]+", re.sub(r"\(.*\)", "", term.lower()))]
    return any(word in text.lower() for word in words)


def test_every_row_of_the_table_is_a_term() -> None:
    assert len(TERMS) == len(TABLE) > 40


@pytest.mark.parametrize("row", TERMS, ids=lambda row: row["term"])
def test_a_term_has_a_home_that_speaks_of_it(row: dict[str, str]) -> None:
    home = ROOT / row["home"]
    assert home.is_file(), row["home"]
    assert spoken_of(row["term"], home.read_text(encoding="utf-8"))
    assert re.search(r"[\u4e00-\u9fff]", row["chinese"])


def test_terms_stand_once_and_in_order() -> None:
    terms = [row["term"].lower() for row in TERMS]
    assert terms == sorted(set(terms))


def test_a_home_that_is_silent_of_a_term_is_noticed() -> None:
    assert not spoken_of("quarantine", "rows and columns")
    assert spoken_of("episode", "one row per (episode, day)")


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_paths_named_by_the_pages_for_newcomers_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([\w./-]+)`", text) if "/" in name.rstrip("/")}
    missing = sorted(name for name in named if not (ROOT / name).exists())
    assert len(named) >= 15
    assert missing == []
