"""The facts of a file's own pool, opened once for its tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clue_rows import facts_on

from features.facts import Facts


@pytest.fixture(scope="module")
def facts(home: Path) -> Iterator[Facts]:
    """Facts on `TODAY` of the pool that the file fills in its fixture `home`."""
    made = facts_on(home)
    yield made
    made.cut.close()
