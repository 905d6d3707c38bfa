"""The whole way on the small world: train, score, queue, explain, replay, twice, and the same to the last bit."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from world_reading import SmallWorld

from features.cuts.matrices import build_matrix
from features.pool.pool import Pool
from models.audit.replay_score import replay_score
from models.audit.verify import verify
from models.ledger.ledger import Ledger
from models.reasons.contributions import decompose_margins
from models.registry import registry
from models.scoring.model import ADDITIVITY
from serving.http.settings import read_settings
from serving.queue.draw import draw_queue
from serving.queue.views import QueueView
from training.fitting.train import train

TRAINED_ON = date(2023, 9, 30)
SCORED_ON = date(2023, 12, 31)
OFFICE = "339901"


def copied(world: SmallWorld, home: Path) -> Path:
    """A home of its own on the same pool."""
    home.mkdir()
    shutil.copytree(world.home / "pool", home / "pool")
    build_matrix(world.home, TRAINED_ON)
    shutil.copytree(world.home / "cache" / "queries", home / "cache" / "queries")
    return home


def computed_anew(names: list[str]) -> list[str]:
    """Cached matrices of the scoring day: the second home computes that day itself."""
    return [name for name in names if name.startswith(str(SCORED_ON))]


def queue_of(home: Path) -> QueueView:
    settings = read_settings({})
    with Ledger(home) as ledger:
        return draw_queue(home, ledger, OFFICE, SCORED_ON, settings.actor, settings)


@pytest.fixture(scope="module")
def home(small_world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = copied(small_world, tmp_path_factory.mktemp("end-to-end") / "one")
    train(made, TRAINED_ON, threads=1, noise=2)
    return made


@pytest.fixture(scope="module")
def queue(home: Path) -> QueueView:
    return queue_of(home)


@pytest.mark.long
def test_everything_again_with_two_threads_is_the_same_to_the_last_bit(
    small_world: SmallWorld,
    home: Path,
    queue: QueueView,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = copied(small_world, tmp_path / "two")
    shutil.copytree(home / "cache" / "matrix", other / "cache" / "matrix", ignore=lambda _, names: computed_anew(names))
    monkeypatch.setenv("GOLDENKEY_THREADS", "1")
    train(other, TRAINED_ON, threads=2, noise=2)
    one, two = registry.load_current(home), registry.load_current(other, 2)
    assert one.version == two.version
    first, second = build_matrix(home, SCORED_ON), build_matrix(other, SCORED_ON)
    assert first.fingerprint == second.fingerprint
    pd.testing.assert_frame_equal(one.score(first.model_values), two.score(second.model_values), check_exact=True)
    again = queue_of(other)
    assert [row.case_no for row in again.rows] == [row.case_no for row in queue.rows]
    assert again.inclusion == queue.inclusion


def test_base_and_reasons_add_up_to_the_margin_of_every_case(home: Path) -> None:
    model, matrix = registry.load_current(home), build_matrix(home, SCORED_ON)
    parts = decompose_margins(model, matrix.model_values)
    margin = model.score(matrix.model_values)["margin"].to_numpy()
    assert len(margin) > 100
    assert model.settings["noise_floor"] > 0
    assert np.abs(parts.base + parts.shares.sum(axis=1) - margin).max() <= ADDITIVITY


def test_the_list_keeps_within_capacity_and_every_eligible_case_has_its_chance(queue: QueueView) -> None:
    assert 0 < queue.listed <= queue.capacity
    assert len(queue.inclusion) == queue.eligible
    assert sum(row.inclusion for row in queue.inclusion) == pytest.approx(queue.listed)
    assert all(0 < row.inclusion <= 1 for row in queue.inclusion)


def test_the_chain_is_sound_and_a_listed_score_replays(home: Path, queue: QueueView) -> None:
    with Ledger(home) as ledger:
        assert verify(ledger).sound
        told = replay_score(ledger, queue.rows[0].score_id)
        assert told.same and told.source == "pool"


def test_source_rows_are_where_they_are_said_to_be(small_world: SmallWorld) -> None:
    with Pool(small_world.home).as_of(SCORED_ON) as cut:
        table = cut.table("txn")
        rows = table.order_by(table.rid).select("amount", "acct_no", "batch", "src_file", "src_row").to_pandas()
    delivered = {m.seq: m.delivery for m in Pool(small_world.home).batches()}
    for row in rows.iloc[:: max(len(rows) // 40, 1)].itertuples(index=False):
        folder = small_world.files / str(delivered[row.batch].received_on)
        line = (folder / row.src_file).read_bytes().decode("gb18030").splitlines()[row.src_row - 1]
        assert f"{row.amount / 100:.2f}" in line
        assert row.acct_no in line
