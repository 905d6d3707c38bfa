"""Estimates an office could publish during a simulated trial, beside the truth: population, expected precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.metrics import probability as probability_metrics
from evaluation.metrics.expected import expected_precision, refit_calibration
from evaluation.metrics.population import estimate_population
from evaluation.world.population.offices import Reviews
from features.errors import NotEnoughDataError
from training.loop.state import TrajectoryState

Array = npt.NDArray[np.float64]

POOLED = 6
"""Quarters of draws pooled for a population estimate: one office needs that many for thirty concluded draws."""

NEGATIVE = ("Y3", "Y4")


def track_quarter(state: TrajectoryState, quarter: int, answers: Reviews, logged: pd.DataFrame) -> dict[str, Any]:
    """Forecasts of a quarter made before it, beside the simulated truth.

    Args:
        state: of the trajectory when the quarter's list is drawn.
        answers: outcomes that reviews of this quarter will have.
        logged: the draw, see `training.loop.trajectory.Choice`.

    Returns:
        auc, brier (of the served probability over all eligible, an honest review of everybody being the truth),
        expected (predicted precision of the list), served (the same without correction), measured (share that its
        reviews will write down as concealment, of those that say yes or no), and from the draws of the last six
        quarters, where chance drew enough of them: share, share_low, share_high, share_true (an honest review of
        everybody), share_written (every review as written, errors included), effective.
    """
    return _ranking(state, logged) | _precision(state, quarter, answers, logged) | _population(state, quarter)


def _ranking(state: TrajectoryState, logged: pd.DataFrame) -> dict[str, Any]:
    truth = np.asarray(state.environment.fates.view.label[logged["row"].to_numpy()] == "Y1", dtype=np.float64)
    chance = logged["probability"].to_numpy(dtype=np.float64)
    return {"auc": probability_metrics.auc(chance, truth), "brier": probability_metrics.brier(chance, truth)}


def _precision(state: TrajectoryState, quarter: int, answers: Reviews, logged: pd.DataFrame) -> dict[str, Any]:
    listed = logged[logged["listed"]]
    rows = listed["row"].to_numpy(dtype=np.int64)
    label = answers.label[rows].astype(str)
    says = np.isin(label, ["Y1", *NEGATIVE])
    books = state.known_reviews(state.environment.day(quarter))
    margin: Array = np.zeros(0)
    outcome: Array = np.zeros(0)
    if state.logged and len(books):
        served = pd.concat(list(state.logged.values())).drop_duplicates("row", keep="last").set_index("row")["margin"]
        mine = books[books["row"].isin(served.index) & books["label"].isin(["Y1", *NEGATIVE])]
        margin = served.loc[mine["row"]].to_numpy(dtype=np.float64)
        outcome = np.asarray(mine["label"] == "Y1", dtype=np.float64)
    precision = expected_precision(listed["margin"].to_numpy(dtype=np.float64), refit_calibration(margin, outcome))
    measured = float((label[says] == "Y1").mean()) if says.any() else float("nan")
    return {"expected": precision.precision, "served": precision.served, "measured": measured}


def _population(state: TrajectoryState, quarter: int) -> dict[str, Any]:
    day = state.environment.day(quarter)
    books = state.known_reviews(day)
    wanted = [number for number in range(quarter - POOLED, quarter) if number in state.logged]
    if len(wanted) < POOLED or books.empty:
        return {}
    found = books.set_index(["row", "quarter"])["label"]
    parts, honest, written = [], [], []
    label = state.environment.fates.view.label
    for number in wanted:
        draw = state.logged[number]
        rows = draw["row"].to_numpy(dtype=np.int64)
        keys = pd.MultiIndex.from_arrays([rows, np.full(len(rows), number)])
        says = found.reindex(keys).to_numpy(dtype=object)
        parts.append(
            draw[["office", "listed", "inclusion"]].assign(
                selected_on=pd.Timestamp(state.environment.day(number)),
                conceals=np.where(pd.isna(says), np.nan, (says == "Y1").astype(np.float64)),
                recovered_fen=np.nan,
            )
        )
        honest.append(label[rows] == "Y1")
        written.append(state.environment.fates.reviews_if_selected(number, state.knobs).label[rows] == "Y1")
    try:
        population = estimate_population(pd.concat(parts, ignore_index=True))
    except NotEnoughDataError:
        return {}
    return {
        "share": population.share.estimate,
        "share_low": population.share.low,
        "share_high": population.share.high,
        "share_true": float(np.concatenate(honest).mean()),
        "share_written": float(np.concatenate(written).mean()),
        "effective": population.effective,
    }


__all__ = ["POOLED", "track_quarter"]
