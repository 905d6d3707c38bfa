"""Fixtures shared by the tests of the court clues."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from procedure_cases import procedure_book

from features.facts import Facts


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    """Facts of cases that pass or fail the compliance checks."""
    facts = procedure_book().open(tmp_path_factory.mktemp("checks"))
    yield facts
    facts.cut.close()
