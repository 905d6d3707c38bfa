"""What stops a retraining before anything is trained: sources and columns that changed, the wrong person or day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up import World, changed, world

from evaluation.monitoring.bounds import Bound
from features.errors import GoldenKeyError, NotEnoughDataError
from models.ledger.chain import UnknownActorError
from models.ledger.ledger import Ledger
from models.registry import registry
from training.data import source_drift
from training.data.source import pool_source
from training.data.source_drift import DriftError
from training.retrain.gate import Bounds
from training.retrain.retrain import Retrained, RetrainSettings, retrain

SECOND = date(2023, 12, 31)
SETTINGS = RetrainSettings(quarters=0, bounds=Bounds(rounds=40), noise=1)

BOUNDS = {
    name: Bound(name, value, "", "", "")
    for name, value in (
        ("late_days", 10),
        ("late_ratio", 1.5),
        ("stopped_ratio", 2.5),
        ("rows_ratio", 0.5),
        ("bad_rise", 1),
    )
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one person who may train."""
    for name in ("GOLDENKEY_DATABASE", "GOLDENKEY_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    with Ledger(tmp_path / "home") as ledger:
        ledger.add_actor("训练员", "person", "system")
    return tmp_path / "home"


def run(home: Path, found: World, day: date = SECOND, **given: Any) -> Retrained:
    return retrain(home, day, "训练员", **{"settings": SETTINGS, "source": found.source()} | given)


def test_a_column_that_turned_empty_stops_it_by_name(home: Path) -> None:
    found = changed(world(), lambda values, day: values.assign(V03_x=np.nan) if day == SECOND else values)
    with pytest.raises(DriftError, match="V03_x"):
        run(home, found)
    assert registry.registered_models(home) == ()


def test_a_source_no_longer_delivered_stops_it(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    days = pd.date_range("2022-03-31", "2023-03-31", freq="QE").date
    table = pd.DataFrame({"table": "vehicle", "received_on": days, "rows": 10, "bad": 0, "source": "VEH"})
    monkeypatch.setattr(source_drift, "read_bounds", lambda: BOUNDS)
    with pytest.raises(DriftError, match=r"来源 VEH 最近一次交接为 2023-03-31"):
        run(home, replace(world(), deliveries=table))


def test_an_empty_pool_has_no_gaps(tmp_path: Path) -> None:
    deliveries = pool_source(tmp_path).deliveries(SECOND)
    assert deliveries.empty
    assert source_drift.stopped_sources(deliveries, SECOND) == []


def test_who_and_when_are_checked_first(home: Path) -> None:
    with pytest.raises(UnknownActorError):
        retrain(home, SECOND, "无名", settings=SETTINGS, source=world().source())
    with pytest.raises(GoldenKeyError, match="在将来"):
        run(home, world(), date(2999, 12, 31))
    with pytest.raises(GoldenKeyError, match="候选方案"):
        run(home, world(), settings=replace(SETTINGS, recipe="没有的"))
    with pytest.raises(NotEnoughDataError, match="还没有任何已审结"):
        run(home, world(), date(2020, 3, 31))
    assert not (home / "cache").exists()
