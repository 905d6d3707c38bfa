"""One small world shared by the tests of this folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from world_reading import ReadWorld

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
