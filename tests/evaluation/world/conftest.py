"""One small world shared by the tests of this folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from simulated_quarter import SimulatedQuarter, simulate_quarter
from world_reading import ReadWorld

from evaluation.world.population.cohort import Cohort
from evaluation.world.simulate import WorldSummary, simulate

CASES, QUARTERS, SEED = 1500, 6, 11


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> WorldSummary:
    """A world of 1,500 terminated cases over six quarters."""
    out = tmp_path_factory.mktemp("world") / f"w{os.getpid()}"
    return simulate(out, CASES, QUARTERS, SEED)


@pytest.fixture(scope="session")
def folders(world: WorldSummary) -> list[Path]:
    """Its delivery folders, in order."""
    return [world.out / name for name in world.deliveries]


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> ReadWorld:
    """A world of 400 terminated cases over eight quarters, read back."""
    out = tmp_path_factory.mktemp("small_world") / f"w{os.getpid()}"
    summary = simulate(out, 400, 8, 1)
    return ReadWorld(out, [out / name for name in summary.deliveries])


@pytest.fixture(scope="session")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> SimulatedQuarter:
    """One quarter of 1,200 terminated cases after every scenario, in memory; tests only read it."""
    return simulate_quarter(tmp_path_factory.mktemp("quarter"))


@pytest.fixture(scope="session")
def cohort(quarter: SimulatedQuarter) -> Cohort:
    """Its cohort."""
    return quarter.stage.cohort
