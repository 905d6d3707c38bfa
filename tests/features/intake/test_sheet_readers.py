"""The reader pool: results in order whatever the number of threads; how many threads there are."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from features.intake.workers import WORKERS, SheetReaderPool, worker_count


@pytest.mark.parametrize(("setting", "cores", "count"), [("1", 8, 1), ("9", 8, WORKERS), ("", 1, 1), ("", 8, WORKERS)])
def test_threads_are_those_asked_for_within_bounds(
    setting: str, cores: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDENKEY_THREADS", setting)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert worker_count() == count


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items_and_nothing_is_left_behind(tmp_path: Path, workers: int) -> None:
    def later_items_sooner(number: int) -> int:
        time.sleep(0.002 * (5 - number))
        return number * number

    spill = tmp_path / "spill"
    with SheetReaderPool(spill, workers) as pool:
        assert list(pool.map(later_items_sooner, range(6))) == [0, 1, 4, 9, 16, 25]
        with pool.staging() as first:
            if workers == 2:
                with pool.staging() as second:
                    assert first is not second
        with pool.staging() as again:
            assert again is not None
    assert not spill.exists()
