"""What several tests share: a small simulated world, taken in once for the whole run."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator

import pytest
from made_world import CASES, QUARTERS, SEED, SmallWorld

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
