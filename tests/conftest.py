"""Fixtures that tests of several rooms share.

What builds a world or a home is imported by the fixture that needs it: simulation and clues take seconds to import,
which a run of a few small tests should not pay.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from world_reading import CASES, QUARTERS, SEED, SmallWorld

if TYPE_CHECKING:
    from made_home import Home

LONGEST = (
    "test_every_clue.py",
    "test_screens_alone.py",
    "test_clues_and_deliveries.py",
    "test_end_to_end.py",
    "test_matrix.py",
    "test_lead_build.py",
    "test_walk.py",
    "test_links.py",
)
"""Files that take longest and so come first, that no process works on one alone at the end; the second needs no
world and is done while another process makes it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    """One world for all test processes: the first to come makes it, the others wait for it."""
    from evaluation.world.simulate import simulate
    from features.intake.ingest import IngestOptions, ingest

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    world = SmallWorld(shared / "world", shared / "world-home")
    with (shared / "world.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = shared / "world.done"
        if not done.exists():
            simulate(world.files, cases=CASES, quarters=QUARTERS, seed=SEED)
            ingest(world.home, [str(world.files)], IngestOptions())
            done.touch()
    yield world


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home of two offices with a model in use, built once and only read (see tests/helpers/made_home.py)."""
    from made_home import build_home

    return build_home(tmp_path_factory.mktemp("made") / "home")


@pytest.fixture(scope="module")
def module_home(made_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy of `made_home` that the tests of one file share and may write to."""
    target = tmp_path_factory.mktemp("module") / "home"
    shutil.copytree(made_home.path, target)
    return replace(made_home, path=target)


@pytest.fixture
def home(made_home: Home, tmp_path: Path) -> Iterator[Home]:
    """A copy of that home for one test, with no setting of the environment in force."""
    target = tmp_path / "home"
    shutil.copytree(made_home.path, target)
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GOLDENKEY_")}
    yield replace(made_home, path=target)
    os.environ.update(kept)
