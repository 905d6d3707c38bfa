"""A home made by an earlier version opens, scores and replays: it answers what it answered when it was made.

`make_home.py` made the home and its answers; both stay as they are while the code changes.
"""

from __future__ import annotations

import contextlib
import json
import lzma
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import capture
import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    answers: dict[str, Any] = json.loads(lzma.decompress((HERE / "answers.json.xz").read_bytes()))
    return answers


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("golden")
    capture.unpack(HERE / "home.tar.xz", folder)
    with capture.plain_environment():
        yield folder / "home"


def recorded_scores(home: Path) -> list[str]:
    """A score of every run the home holds, and the run's last one."""
    query = "SELECT min(score_id), max(score_id) FROM scores GROUP BY run_id"
    with contextlib.closing(sqlite3.connect(home / "operational.db")) as database:
        return [score for pair in database.execute(query) for score in pair]


def test_the_chain_as_it_was_left_is_sound(home: Path) -> None:
    assert capture.answer(home, "audit", "verify")["sound"] is True


def test_scores_of_its_own_time_replay(home: Path) -> None:
    for score in recorded_scores(home):
        replayed = capture.answer(home, "audit", "replay", score)
        assert replayed["same"] is True, replayed


def test_the_promoted_model_is_in_use_and_is_byte_for_byte_what_was_approved(
    home: Path, answers: dict[str, Any]
) -> None:
    assert capture.answer(home, "champion") == answers["champion"]
    version = answers["champion"]["in_use"]
    assert capture.answer(home, "champion", "--replay", version)["same"] is True


@pytest.mark.parametrize("day", capture.DAYS)
def test_matrix_and_every_score_of_a_day_are_equal(home: Path, answers: dict[str, Any], day: str) -> None:
    then, now = answers["days"][day], capture.scored(home, day)
    assert now["scores"] == then["scores"]
    assert now["fingerprint"] == then["fingerprint"]


def test_list_reasons_and_leads_are_equal(home: Path, answers: dict[str, Any]) -> None:
    for part, now in capture.listed(home).items():
        assert now == answers[part], part


def test_what_was_written_since_lengthens_the_same_chain(home: Path) -> None:
    verified = capture.answer(home, "audit", "verify")
    assert verified["sound"] is True
