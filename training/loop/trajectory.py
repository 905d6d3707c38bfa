"""One trajectory of a trial: every quarter a policy chooses, outcomes come with their delays, the model learns anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.world.base.chance import NEVER
from evaluation.world.base.config import Knobs
from evaluation.world.population.offices import Reviews
from training.loop.environment import WARM_UP, Environment, Rows
from training.loop.state import NEVER_REVIEWED, TrajectoryState
from training.loop.tracking import track_quarter

PolicyFunction = Callable[[TrajectoryState, int, Rows], "Choice"]
"""A policy: state, quarter and the rows that could be chosen -> what it chose of them."""


@dataclass(frozen=True)
class Scenario:
    """Circumstances under which every policy is tried.

    Attributes:
        name, label: English and 中文. drift: whether concealers change their method in year two.
        warm_up: knobs of the offices' selection in the warm-up. offices: knobs of their reviews throughout.
    """

    name: str
    label: str
    drift: bool = False
    warm_up: Mapping[str, float] = field(default_factory=dict)
    offices: Mapping[str, float] = field(default_factory=dict)


SCENARIOS = {
    one.name: one
    for one in (
        Scenario("base", "常态（结论有 5% 错误）"),
        Scenario("drift", "第二年起隐匿方式转向保险", drift=True),
        Scenario("biased", "此前只办信访案件", warm_up={"petition_quota": 0.95, "order_quota": 0.05}),
        Scenario("clean", "结论无错误", offices={"wrong_label": 0.0}),
    )
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a policy chose in a quarter.

    Attributes:
        rows: rows of the fates chosen. logged: one row per eligible episode with row, office, inclusion (exact chance
            of being listed), listed, stratum, probability and margin (log-odds), or None where nothing was logged.
    """

    rows: Rows
    logged: pd.DataFrame | None = None


def with_offices(knobs: Knobs, values: Mapping[str, float]) -> Knobs:
    """Knobs with other habits of the offices."""
    tree = {section: dict(rows) for section, rows in knobs.tree.items()}
    tree["offices"].update(values)
    return Knobs(tree)


def run_trajectory(environment: Environment, scenario: Scenario, choose: PolicyFunction) -> pd.DataFrame:
    """Simulate one trajectory: a warm-up by today's practice, then the policy, quarter by quarter.

    Args:
        environment: world and matrices. scenario: circumstances. choose: the policy.

    Returns:
        One row per quarter of warm-up and loop: quarter (from 0 in the loop, negative before), eligible,
        concealed (a review would confirm it), chosen, confirmed (Y1 and right), missed (Y2 and right), gross_fen
        (recovered after reviews), net_fen (of it, what no unaided reopening would have brought), new_way (confirmed
        that use the way of the drift), and of models the figures of `training.loop.tracking`.
    """
    knobs = with_offices(environment.knobs, scenario.offices)
    view, size = environment.fates.view, len(environment.fates)
    state = TrajectoryState(environment, knobs, np.full(size, NEVER_REVIEWED), np.ones(size, bool), view.reopen.copy())
    figures = []
    for quarter in range(1, environment.size.whole):
        pool = state.pool(quarter)
        if quarter <= WARM_UP:
            choice = Choice(current_practice(environment, with_offices(knobs, scenario.warm_up), quarter, pool))
        else:
            choice = choose(state, quarter, pool)
        answers = environment.fates.reviews_if_selected(quarter, knobs)
        figures.append(_quarter_figures(state, quarter, pool, choice.rows, answers))
        if choice.logged is not None:
            state.logged[quarter] = choice.logged
            figures[-1] |= track_quarter(state, quarter, answers, choice.logged)
        _apply_reviews(state, quarter, choice.rows, answers)
    return pd.DataFrame(figures)


def current_practice(environment: Environment, knobs: Knobs, quarter: int, pool: Rows) -> Rows:
    """Rows of `pool` that offices without the model would choose in a quarter (petitions first, then file order), at
    most the capacity."""
    own = with_offices(knobs, {"capacity": environment.size.capacity})
    return np.asarray(environment.fates.select_by_habit(quarter, pool, own)[0], dtype=np.int64)


def net_fen(environment: Environment, answers: Reviews) -> npt.NDArray[np.float64]:
    """分 per episode that a review recovers by the end of the trial, less what the court, reopening the case by itself,
    would have recovered without it; 0 where the review added nothing."""
    table = environment.fates.table
    gross = np.where(answers.paid < NEVER, answers.recovered, 0)
    reopens = table["reopen"].to_numpy() < environment.fates.plan.calendar.end
    alone = np.where(reopens, table["unaided_fen"].to_numpy(), 0)
    return np.where(answers.unaided, 0.0, np.maximum(gross - alone, 0)).astype(np.float64)


def _quarter_figures(state: TrajectoryState, quarter: int, pool: Rows, rows: Rows, answers: Reviews) -> dict[str, Any]:
    """Figures of the rows chosen in a quarter, see `run_trajectory`; right is a review that concludes the truth."""
    environment = state.environment
    true_label = environment.fates.view.label
    right = (answers.label == true_label)[rows]
    label = true_label[rows]
    confirmed = rows[right & (label == "Y1")]
    new_method = environment.knobs.texts("drift.towards")[0]
    methods = environment.fates.table["ways"]
    gross = np.where(answers.paid[rows] < NEVER, answers.recovered[rows], 0)
    return {
        "quarter": quarter - 1 - WARM_UP,
        "eligible": len(pool),
        "concealed": int((true_label[pool] == "Y1").sum()),
        "chosen": len(rows),
        "confirmed": len(confirmed),
        "missed": int((right & (label == "Y2")).sum()),
        "gross_fen": float(gross.sum()),
        "net_fen": float(net_fen(environment, answers)[rows].sum()),
        "new_way": int(methods.iloc[confirmed].str.contains(new_method).sum()),
    }


def _apply_reviews(state: TrajectoryState, quarter: int, rows: Rows, answers: Reviews) -> None:
    """Record the reviews of the chosen rows; cases they resume are closed, and what followed from those never comes."""
    view = state.environment.fates.view
    state.concluded[rows] = answers.concluded[rows]
    state.open_until[rows] = np.minimum(state.open_until[rows], answers.resumed[rows])
    child = np.flatnonzero(view.parent >= 0)
    parent = view.parent[child]
    state.exists[child] = state.exists[parent] & (view.filed[child] <= state.open_until[parent])
    state.reviews.append(_review_records(state.environment, quarter, rows, answers))


def _review_records(environment: Environment, quarter: int, rows: Rows, answers: Reviews) -> pd.DataFrame:
    """The reviews as the office records them, see `TrajectoryState.known_reviews`."""
    table = environment.fates.table
    paid = answers.paid[rows] < NEVER
    urged = answers.suggested[rows] < NEVER
    return pd.DataFrame(
        {
            "row": rows,
            "quarter": quarter,
            "review_id": [f"Q{quarter:02d}R{row:06d}" for row in rows],
            "case_no": table["case_no"].to_numpy()[rows],
            "zb_date": table["zb_date"].to_numpy()[rows],
            "office": table["office"].to_numpy()[rows],
            "selected_on": _dates(answers.selected[rows]),
            "conclude_date": _dates(answers.concluded[rows]),
            "label": answers.label[rows].astype(str),
            "found_value": answers.found[rows],
            "reply": np.where(urged, np.where(answers.adopted[rows], "adopted", "refused"), ""),
            "recovered_amount": np.where(paid, answers.recovered[rows], 0),
            "recovered_date": _dates(answers.paid[rows]),
            "unaided": answers.unaided[rows],
        }
    )


def _dates(days: Rows) -> pd.Series:
    """Days since 1970-01-01 as timestamps, NaT where `NEVER`."""
    stamps = pd.Series(np.where(days < NEVER, days, 0).astype("datetime64[D]").astype("datetime64[ns]"))
    return stamps.where(pd.Series(days < NEVER))


__all__ = ["SCENARIOS", "Choice", "Scenario", "current_practice", "net_fen", "run_trajectory", "with_offices"]
