"""What several tests share: a small simulated world, taken in once for the whole run."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

CASES = 400
QUARTERS = 8
SEED = 7


@dataclass(frozen=True)
class SmallWorld:
    """A simulated world of some hundred cases: its files, its truth, and a home that has taken them in."""

    files: Path
    home: Path

    @property
    def truth(self) -> Path:
        return self.files / "truth"

    @property
    def last_day(self) -> date:
        """The last day of a quarter by which every delivery has arrived but the last quarter's."""
        return date(2023, 9, 30)


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
