"""Fixtures that tests of several rooms share.

What builds a world or a home is imported by the fixture that needs it: simulation and clues take seconds to import,
which a run of a few small tests should not pay.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings
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


def pytest_configure() -> None:
    # Two test processes share two cores: OpenMP's threads would spin while they wait for each other.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # How long an example takes depends on what else the machine does.
    hypothesis_settings.register_profile("no_deadline", deadline=None)
    hypothesis_settings.load_profile("no_deadline")


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not look through it at each of its passes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that all test processes share: the first to come fills it, the others wait for it."""
    base = factory.getbasetemp()
    shared = (base.parent if base.name.startswith("popen-") else base) / name
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.with_suffix(".done").exists():
            make(shared)
            shared.with_suffix(".done").touch()
    return shared


@pytest.fixture(scope="module", autouse=True)
def query_texts(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The query texts of every clue, compiled by the first of several test processes for all of them.

    Compiling takes longer than most tests. A process that finds another at it goes on without; one alone compiles
    what its tests ask for and no more.
    """
    share_query_texts(tmp_path_factory, wait=False)


def share_query_texts(factory: pytest.TempPathFactory, wait: bool) -> None:
    """Compile the query texts for all test processes, or load what another of them compiled.

    Args:
        factory: knows the folder that the processes share.
        wait: for another process that is at it, before what would compile them all again.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    from features.clues import catalogue
    from features.facts import query_cache

    home = factory.getbasetemp().parent / "query-texts"
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return
        if not (home / "cache").exists():
            compile_query_texts(home)
        query_cache.load_cache(home, catalogue.VERSION)


def compile_query_texts(home: Path) -> None:
    """Compile the texts of every clue's rows over an empty pool, with those of the facts they read, and keep them."""
    from features.clues import catalogue
    from features.clues.base.aggregation import rows_text
    from features.facts import Facts, query_cache
    from features.pool.pool import Pool

    with Pool(home).as_of(date(2020, 1, 1)) as cut:
        facts = Facts(cut)
        for clue in catalogue.CLUES.values():
            rows_text(facts, clue)
    query_cache.store_cache(home, catalogue.VERSION)


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    """One world for all test processes, taken in, with the matrix of its last day and the query texts of every clue."""
    from evaluation.world.simulate import simulate
    from features.clues import catalogue
    from features.cuts.matrices import build_matrix
    from features.facts import query_cache
    from features.intake.ingest import IngestOptions, ingest

    def make(folder: Path) -> None:
        world = SmallWorld(folder / "world", folder / "home")
        simulate(world.files, cases=CASES, quarters=QUARTERS, seed=SEED)
        ingest(world.home, [str(world.files)], IngestOptions())
        share_query_texts(tmp_path_factory, wait=True)
        build_matrix(world.home, world.last_day)
        compile_query_texts(world.home)

    folder = made_once(tmp_path_factory, "small-world", make)
    query_cache.load_cache(folder / "home", catalogue.VERSION)
    return SmallWorld(folder / "world", folder / "home")


@pytest.fixture(scope="session")
def row_texts(small_world: SmallWorld) -> dict[str, str]:
    """The query text of each clue's rows on the small world, compiled once for all test processes."""
    from features.clues.catalogue import CLUES

    (file,) = (small_world.home / "cache" / "queries").glob("*.json")
    texts: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return {id: texts[f"rows:{id}"] for id in CLUES}


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home of two offices with a model in use, built once and only read (see tests/helpers/made_home.py)."""
    from made_home import Home, build_home, written_model

    share_query_texts(tmp_path_factory, wait=True)
    return Home(made_once(tmp_path_factory, "made-home", build_home), written_model().version)


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
