"""What a label counts, from the records of a pool: the chance of its draw, and of being concluded by now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from little_pool import deliver
from made_up import little_matrices

from features.errors import GoldenKeyError
from features.pool.pool import Pool
from training.data.label_weights import weigh
from training.data.labels import load_labels
from training.data.sample import assemble
from training.data.source import home_draws, pool_source
from training.data.weights import NEVER_LOGGED
from training.fitting.train import TrainSettings, train

DAY = date(2024, 3, 31)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reviews of sixteen quarters; every third was drawn at random with a chance of a fifth, the rest by petition.

    The last quarter's are still running; every second recovery of the two before has not come yet.
    """
    path = tmp_path_factory.mktemp("reach")
    reviews = little_matrices(12)[1]
    last = reviews["selected_on"] >= date(2023, 12, 1)
    reviews.loc[last, "conclude_date"] = None
    late = (reviews["selected_on"] >= date(2023, 6, 1)) & (reviews.index % 2 == 0)
    reviews.loc[late | last, ["recovered_amount", "recovered_date"]] = None
    reviews.loc[last, ["label", "reply", "found_value"]] = None
    rows = reviews.assign(accept_date=reviews["selected_on"]).astype(object)
    rows = rows.where(rows.notna(), None)
    drawn = reviews.index % 3 == 0
    chosen = reviews[["case_no", "zb_date", "selected_on", "office"]].assign(
        channel=np.where(drawn, "随机抽取", "信访"), probability=np.where(drawn, 0.2, 0.4)
    )
    deliver(path, date(2024, 3, 1), {"review": rows.to_dict("records"), "selection": chosen.to_dict("records")})
    return path


def unread(*_: Any) -> Any:
    """What a weighting must not read."""
    pytest.fail("nothing to read")


def test_labels_drawn_at_random_weigh_the_inverse_of_their_chance(home: Path) -> None:
    with Pool(home).as_of(DAY) as cut:
        known = load_labels(cut)
        found, notes = weigh(cut, known, "inverse", "window", lambda: home_draws(home, cut), unread)
    drawn = found["review_id"].str[3:].astype(int).to_numpy() % 12 % 3 == 0
    raw = np.where(drawn, 5.0, 1.0)
    assert found["weight"].tolist() == pytest.approx((raw / raw.mean()).tolist())
    assert "有效样本量" in notes[0]
    rows = assemble(found, little_matrices(12)[0])  # type: ignore[arg-type]
    assert rows.weight is not None
    assert sorted(rows.weight) == pytest.approx(sorted(found["weight"]))


def test_missing_money_of_the_old_weighs_for_that_of_the_young(home: Path) -> None:
    with Pool(home).as_of(DAY) as cut:
        known = load_labels(cut)
        found, notes = weigh(cut, known, "none", "ipcw", unread, unread)
    assert np.ptp(found["weight"]) == pytest.approx(0)
    assert "12 件尚未审结" in notes[0]
    rows = replace(assemble(found, little_matrices(12)[0]), weight=None)  # type: ignore[arg-type]
    paid = rows.with_amount()
    assert paid.weight is not None
    late = pd.to_datetime(paid.scored) >= pd.Timestamp(date(2023, 3, 31))
    young = pd.to_datetime(paid.concluded) > pd.Timestamp(DAY - timedelta(days=180))
    assert young.any()
    assert (paid.weight[~late] == 1).all()
    assert (paid.weight[young] == 1).all()
    assert paid.weight.max() > 1.1


def test_labels_never_logged_weigh_by_a_modelled_chance_and_say_what_it_cannot_repair(home: Path) -> None:
    plain = little_matrices(12)[0]

    def build(days: Sequence[date]) -> dict[date, Any]:
        return {day: SimpleNamespace(keys=cohort(plain[day].keys)) for day in days}

    def cohort(keys: pd.DataFrame) -> pd.DataFrame:
        more = keys.assign(case_no=keys["case_no"] + "未选", episode=keys["episode"] + "未选", petitioned=False)
        whole = pd.concat([keys.assign(petitioned=np.arange(len(keys)) % 3 > 0), more], ignore_index=True)
        return whole.assign(
            debt_fen=10**7, small=False, vulnerable=False, person=True, under_review=False, concluded_on=None
        )

    with Pool(home).as_of(DAY) as cut:
        known = load_labels(cut)
        found, notes = weigh(cut, known, "modelled", "window", lambda: home_draws(home, cut).iloc[:0], build)
    assert NEVER_LOGGED in notes
    assert not any("权重相同" in note or "按 1 计" in note for note in notes)
    petitioned = known["case_no"].str.extract(r"执(\d+)号")[0].astype(int).to_numpy() % 12 % 3 > 0
    weight = found["weight"].to_numpy()
    assert weight[petitioned].max() < weight[~petitioned].min()
    assert weight.mean() == pytest.approx(1)


def test_labels_whose_draw_was_logged_are_not_modelled(home: Path) -> None:
    with Pool(home).as_of(DAY) as cut:
        known = load_labels(cut)
        found, _ = weigh(cut, known, "modelled", "window", lambda: home_draws(home, cut), unread)
        inverse, _ = weigh(cut, known, "inverse", "window", lambda: home_draws(home, cut), unread)
    assert found["weight"].tolist() == inverse["weight"].tolist()


def test_without_settings_labels_are_what_they_were(home: Path) -> None:
    with Pool(home).as_of(DAY) as cut:
        known = load_labels(cut)
        found, notes = weigh(cut, known, "none", "window", unread, unread)
    pd.testing.assert_frame_equal(found, known)
    assert notes == []


def test_a_home_without_an_operational_database_is_read_and_gets_none(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOLDENKEY_DATABASE", raising=False)
    before = sorted(path.name for path in home.iterdir())
    source = pool_source(home)
    with Pool(home).as_of(DAY) as cut:
        pd.testing.assert_frame_equal(source.labels(DAY), load_labels(cut))
        pd.testing.assert_frame_equal(source.draws(DAY), home_draws(home, cut))
    assert source.state == Pool(home).state
    assert len(source.draws(DAY)) and sorted(path.name for path in home.iterdir()) == before


@pytest.mark.parametrize("wrong", [{"weighting": "magic"}, {"delay": "magic"}])
def test_methods_nobody_knows_are_refused(home: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(GoldenKeyError, match="magic"):
        train(home, DAY, settings=TrainSettings(**wrong))  # type: ignore[arg-type]
