"""Figures of a simulated quarter against a table worked by hand."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from training.loop.state import TrajectoryState
from training.loop.tracking import POOLED, track_quarter

ROWS = 20
QUARTER = 7
HONEST = np.array(["Y1"] * 5 + ["Y4"] * 15)
"""What an honest review of each row would find: five conceal."""

WRITTEN = np.array(["Y4"] + ["Y1"] * 6 + ["Y4"] * 12 + ["Y2"])
"""What reviews write down: the first concealer is overlooked, two other rows are taken for such."""


def start_of(quarter: int) -> date:
    return date(2020, 1, 1).replace(year=2020 + quarter)


def state_of(logged: dict[int, pd.DataFrame], reviews: list[pd.DataFrame]) -> TrajectoryState:
    fates = SimpleNamespace(
        view=SimpleNamespace(label=HONEST), reviews_if_selected=lambda quarter, knobs: SimpleNamespace(label=WRITTEN)
    )
    environment: Any = SimpleNamespace(day=start_of, fates=fates)
    return TrajectoryState(
        environment, None, np.zeros(ROWS), np.ones(ROWS, bool), np.zeros(ROWS), reviews=reviews, logged=logged
    )  # type: ignore[arg-type]


def draw(listed: list[int], inclusion: float = 0.5) -> pd.DataFrame:
    """A draw over all rows; the concealers 0, 1 and 2 and the rows 5 and 6 score 0.8, the others 0.2."""
    chance = np.where(np.isin(np.arange(ROWS), [0, 1, 2, 5, 6]), 0.8, 0.2)
    return pd.DataFrame(
        {
            "row": np.arange(ROWS),
            "office": "3399",
            "inclusion": inclusion,
            "listed": np.isin(np.arange(ROWS), listed),
            "probability": chance,
            "margin": logit(chance),
        }
    )


def reviews_of(quarter: int, rows: list[int]) -> pd.DataFrame:
    concluded = pd.Timestamp(start_of(quarter)) + pd.Timedelta(days=60)
    return pd.DataFrame({"row": rows, "quarter": quarter, "label": WRITTEN[rows], "conclude_date": concluded})


def test_a_first_quarter_has_ranking_and_precision_alone() -> None:
    found = track_quarter(state_of({}, []), QUARTER, SimpleNamespace(label=WRITTEN), draw([0, 1, 5, 7, 19]))
    # AUC: 75 pairs; a concealer of 0.8 beats 13 of the others and ties with 2, one of 0.2 ties with 13 and loses to 2.
    assert found["auc"] == pytest.approx((3 * (13 + 1) + 2 * 6.5) / 75)
    assert found["brier"] == pytest.approx((3 * 0.04 + 2 * 0.64 + 2 * 0.64 + 13 * 0.04) / 20)
    # Listed: 0.8 three times and 0.2 twice. Written down: Y4, Y1, Y1, Y4, and Y2, which answers neither yes nor no.
    assert found["expected"] == pytest.approx((3 * 0.8 + 2 * 0.2) / 5)
    assert found["served"] == pytest.approx(found["expected"])
    assert found["measured"] == pytest.approx(2 / 4)
    assert "share" not in found


def test_six_quarters_of_draws_give_a_population_share_beside_both_truths() -> None:
    listed = [0, 1, 2, 7, 8, 9, 10, 11, 12, 13]
    quarters = range(QUARTER - POOLED, QUARTER)
    logged = {quarter: draw(listed) for quarter in quarters}
    # Row 13 is still under review in every quarter.
    reviews = [reviews_of(quarter, listed[:-1]) for quarter in quarters]
    found = track_quarter(state_of(logged, reviews), QUARTER, SimpleNamespace(label=WRITTEN), draw(listed))
    # Of nine concluded per quarter two are written down as concealment, all with the same weight.
    assert found["share"] == pytest.approx(2 / 9)
    assert found["effective"] == pytest.approx(6 * 9)
    assert found["share_low"] < 2 / 9 < found["share_high"]
    assert found["share_true"] == pytest.approx(5 / 20)
    assert found["share_written"] == pytest.approx(6 / 20)
    fewer = {quarter: logged[quarter] for quarter in list(quarters)[1:]}
    assert "share" not in track_quarter(state_of(fewer, reviews), QUARTER, SimpleNamespace(label=WRITTEN), draw(listed))


def test_too_few_random_draws_give_no_share() -> None:
    quarters = range(QUARTER - POOLED, QUARTER)
    logged = {quarter: draw([0, 7, 8], inclusion=1.0) for quarter in quarters}
    reviews = [reviews_of(quarter, [0, 7, 8]) for quarter in quarters]
    found = track_quarter(state_of(logged, reviews), QUARTER, SimpleNamespace(label=WRITTEN), draw([0, 7, 8]))
    assert "share" not in found
