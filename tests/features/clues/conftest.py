"""Fixtures shared by the tests of clues."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clue_rows import Book


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """An empty book of cases with a home of its own; the facts it opens are closed after the test."""
    with Book(tmp_path) as empty:
        yield empty
