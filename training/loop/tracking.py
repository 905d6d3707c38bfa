"""Estimates an office could publish during a trial, beside the simulated truth: population, expected precision."""

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
from features.pool.reviews import FOUND_NOTHING
from training.loop.state import TrajectoryState

Array = npt.NDArray[np.float64]

POOLED = 6
"""Quarters of draws pooled for a population estimate: one office needs that many for thirty concluded draws."""


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
    """AUC and Brier score of the served probability over all eligible episodes."""
    truth = np.asarray(state.environment.fates.view.label[logged["row"].to_numpy()] == "Y1", dtype=np.float64)
    chance = logged["probability"].to_numpy(dtype=np.float64)
    return {"auc": probability_metrics.auc(chance, truth), "brier": probability_metrics.brier(chance, truth)}


def _precision(state: TrajectoryState, quarter: int, answers: Reviews, logged: pd.DataFrame) -> dict[str, Any]:
    """Predicted precision of the list, corrected by the reviews recorded so far and not, and the precision measured."""
    listed = logged[logged["listed"]]
    rows = listed["row"].to_numpy(dtype=np.int64)
    label = answers.label[rows].astype(str)
    decided_label = np.isin(label, ["Y1", *FOUND_NOTHING])
    recorded = state.known_reviews(state.environment.day(quarter))
    margin: Array = np.zeros(0)
    outcome: Array = np.zeros(0)
    if state.logged and len(recorded):
        served = pd.concat(list(state.logged.values())).drop_duplicates("row", keep="last").set_index("row")["margin"]
        decided = recorded[recorded["row"].isin(served.index) & recorded["label"].isin(["Y1", *FOUND_NOTHING])]
        margin = served.loc[decided["row"]].to_numpy(dtype=np.float64)
        outcome = np.asarray(decided["label"] == "Y1", dtype=np.float64)
    precision = expected_precision(listed["margin"].to_numpy(dtype=np.float64), refit_calibration(margin, outcome))
    measured = float((label[decided_label] == "Y1").mean()) if decided_label.any() else float("nan")
    return {"expected": precision.precision, "served": precision.served, "measured": measured}


def _population(state: TrajectoryState, quarter: int) -> dict[str, Any]:
    """The population estimate from the draws of the last `POOLED` quarters, beside two truths; empty without one."""
    recorded = state.known_reviews(state.environment.day(quarter))
    wanted = [number for number in range(quarter - POOLED, quarter) if number in state.logged]
    if len(wanted) < POOLED or recorded.empty:
        return {}
    recorded_label = recorded.set_index(["row", "quarter"])["label"]
    parts, true_share, written_share = [], [], []
    label = state.environment.fates.view.label
    for number in wanted:
        draw = state.logged[number]
        rows = draw["row"].to_numpy(dtype=np.int64)
        keys = pd.MultiIndex.from_arrays([rows, np.full(len(rows), number)])
        concluded = recorded_label.reindex(keys).to_numpy(dtype=object)
        parts.append(
            draw[["office", "listed", "inclusion"]].assign(
                selected_on=pd.Timestamp(state.environment.day(number)),
                conceals=np.where(pd.isna(concluded), np.nan, (concluded == "Y1").astype(np.float64)),
                recovered_fen=np.nan,
            )
        )
        true_share.append(label[rows] == "Y1")
        written_share.append(state.environment.fates.reviews_if_selected(number, state.knobs).label[rows] == "Y1")
    try:
        population = estimate_population(pd.concat(parts, ignore_index=True))
    except NotEnoughDataError:
        return {}
    return {
        "share": population.share.estimate,
        "share_low": population.share.low,
        "share_high": population.share.high,
        "share_true": float(np.concatenate(true_share).mean()),
        "share_written": float(np.concatenate(written_share).mean()),
        "effective": population.effective,
    }


__all__ = ["POOLED", "track_quarter"]
