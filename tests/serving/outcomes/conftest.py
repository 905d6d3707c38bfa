"""A home into which the outcomes of reviews are taken."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from little_pool import deliver, one_case

from models.ledger.ledger import Ledger


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a ledger and nothing in the pool."""
    home = tmp_path_factory.mktemp("blank") / "home"
    Ledger(home).close()
    return home


@pytest.fixture
def home(blank: Path, tmp_path: Path) -> Path:
    shutil.copytree(blank, tmp_path / "home")
    deliver(tmp_path / "home", date(2023, 9, 1), one_case())
    return tmp_path / "home"
