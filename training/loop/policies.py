"""The policies of the trial: today's practice, simple orders, the model greedy and exploring, and two ceilings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.world.base.chance import random_stream
from features.errors import NotEnoughDataError
from features.pool.reviews import FOUND_NOTHING
from models.scoring.model import Model
from models.selection.policy import Policy, draw_seed, select_episodes
from training.data.label_weights import INVERSE
from training.data.labels import labels_from_reviews
from training.data.sample import Sample
from training.data.weights import inverse_weights
from training.fitting.train import TrainSettings, fit_model
from training.loop.environment import WARM_UP, Environment, Rows
from training.loop.state import TrajectoryState
from training.loop.trajectory import Choice, PolicyFunction, current_practice, net_fen, with_offices

Array = npt.NDArray[np.float64]

DEFAULT_SETTINGS = TrainSettings()
"""Settings of the default recipe, part of a trajectory's file name."""

OFFICE = "3399"
"""The one office of a trial."""

FOLDS = 3
"""Parts of the households of the feature ceiling; no model scores a household it was fitted on."""


def top_rows(state: TrajectoryState, rows: Rows, score: Array) -> Rows:
    """The rows of highest score, within capacity; equal scores by row."""
    return np.asarray(rows[np.lexsort((rows, -score))[: state.environment.size.capacity]], dtype=np.int64)


def current_practice_policy(state: TrajectoryState, quarter: int, pool: Rows) -> Choice:
    """Today's practice: petitions first, then file order, then a simple rule."""
    own = {"pool_share": 1.0, "capacity": state.environment.size.capacity}
    return Choice(current_practice(state.environment, with_offices(state.knobs, own), quarter, pool))


def largest_debt(state: TrajectoryState, quarter: int, pool: Rows) -> Choice:
    """The largest debts first."""
    debt = state.environment.seen(quarter).loc[pool, "debt_fen"].to_numpy(dtype=np.float64)
    return Choice(top_rows(state, pool, debt))


def most_findings(state: TrajectoryState, quarter: int, pool: Rows) -> Choice:
    """Most findings first, the larger debt of equals."""
    seen = state.environment.seen(quarter).loc[pool]
    debt = seen["debt_fen"].to_numpy(dtype=np.float64)
    return Choice(top_rows(state, pool, seen["findings"].to_numpy(dtype=np.float64) + debt / (debt.max() + 1)))


def random_choice(state: TrajectoryState, quarter: int, pool: Rows) -> Choice:
    """A uniform random choice; an episode has the same random number under every policy that draws it."""
    numbers = random_stream(state.environment.seed, quarter, "lots").random(len(state.environment.fates))
    return Choice(top_rows(state, pool, numbers[pool]))


def oracle(state: TrajectoryState, quarter: int, pool: Rows) -> Choice:
    """The largest recoveries beyond those of an unaided reopening, as if they were known beforehand."""
    gain = net_fen(state.environment, state.environment.fates.reviews_if_selected(quarter, state.knobs))
    return Choice(top_rows(state, pool, gain[pool]))


def model_policy(policy: Policy, settings: TrainSettings = DEFAULT_SETTINGS, by_yield: bool = True) -> PolicyFunction:
    """The model, fitted anew every quarter on the reviews recorded by then, under a policy of selection.

    Args:
        policy: shares of the list that are drawn at random or kept for strata.
        settings: of training.
        by_yield: order by expected recovery; else by the probability of concealment alone.

    Returns:
        The policy of a trial. Until labels suffice to fit a model, most findings come first.
    """

    def choose(state: TrajectoryState, quarter: int, pool: Rows) -> Choice:
        try:
            model = fit_state(state, state.environment.day(quarter), settings)
        except NotEnoughDataError:
            return most_findings(state, quarter, pool)
        scores = model.score(state.environment.values(quarter, pool))
        flags = dict.fromkeys(("small", "vulnerable", "petitioned"), False)
        scored = scores[["probability", "missed", "amount_fen"]].reset_index(drop=True)
        frame = scored.assign(episode=pool, **flags)
        if not by_yield:
            frame = frame.assign(missed=np.nan, amount_fen=pd.array([pd.NA] * len(frame), dtype="Int64"))
        seed = draw_seed(state.environment.seed, OFFICE, state.environment.day(quarter))
        logged = select_episodes(frame, policy, seed).rows.rename(columns={"episode": "row"}).assign(office=OFFICE)
        logged["margin"] = pd.Series(scores["margin"].to_numpy(), index=pool).reindex(logged["row"]).to_numpy()
        return Choice(logged.loc[logged["listed"], "row"].to_numpy(dtype=np.int64), logged)

    return choose


def fit_state(state: TrajectoryState, day: date, settings: TrainSettings) -> Model:
    """The model of the labels known on a day; NotEnoughDataError where they are too few."""
    known = state.known_reviews(day)
    if known.empty:
        raise NotEnoughDataError("尚无结论。")
    return fit_model(sample_of(state, known, day, settings), day, 0, settings=settings, figures=False)[0]


def sample_of(
    state: TrajectoryState, known: pd.DataFrame, day: date, settings: TrainSettings = DEFAULT_SETTINGS
) -> Sample:
    """Labels of the recorded reviews joined to the values their selection saw, weighted as the settings say."""
    rows = labels_from_reviews(known, day).merge(known[["review_id", "row", "quarter"]], on="review_id")
    rows = rows.sort_values(["quarter", "row"], ignore_index=True)
    environment = state.environment
    parts = [
        environment.values(int(str(quarter)), mine["row"].to_numpy(dtype=np.int64))
        for quarter, mine in rows.groupby("quarter", sort=True)
    ]
    return Sample(
        values=pd.concat(parts, ignore_index=True),
        outcome=rows["y"].to_numpy(dtype=np.float64),
        fen=rows["recovered_fen"].to_numpy(dtype=np.float64),
        scored=rows["quarter"].map({quarter: environment.day(quarter) for quarter in set(rows["quarter"])}),
        concluded=rows["label_date"],
        group=environment.fates.table["household"].to_numpy()[rows["row"]],
        weight=_weights(state, rows, settings) if settings.weighting == INVERSE and state.logged else None,
        missed=rows["missed"].to_numpy(dtype=np.float64),
    )


def _weights(state: TrajectoryState, rows: pd.DataFrame, settings: TrainSettings) -> Array:
    """Inverse of the logged chance of being drawn, by row of the labels, mean 1."""
    table = state.environment.fates.table[["case_no", "zb_date"]]
    parts = [
        draw.assign(selected_on=pd.Timestamp(state.environment.day(quarter)), source="")
        for quarter, draw in state.logged.items()
    ]
    draws = pd.concat(parts, ignore_index=True)
    named = table.loc[draws["row"]].reset_index(drop=True)
    return inverse_weights(draws.assign(case_no=named["case_no"], zb_date=named["zb_date"]), rows, settings.clip).weight


@dataclass
class Ceiling:
    """Upper bound of a model: fitted on the true labels of all households, past and future, except those it scores."""

    settings: TrainSettings = field(default_factory=TrainSettings)
    _scores: dict[int, pd.Series] = field(default_factory=dict)

    def __call__(self, state: TrajectoryState, quarter: int, pool: Rows) -> Choice:
        """The list of the quarter."""
        if not self._scores:
            self._scores = ceiling_scores(state.environment, self.settings)
        return Choice(top_rows(state, pool, self._scores[quarter].reindex(pool).to_numpy(dtype=np.float64)))


def ceiling_scores(environment: Environment, settings: TrainSettings) -> dict[int, pd.Series]:
    """Expected recovery (分) of every row by quarter of the loop, by models fitted on all other households."""
    household = environment.fates.table["household"].to_numpy()
    part = pd.Series(household).rank(method="dense").to_numpy(dtype=np.int64) % FOLDS
    sample, rows = full_sample(environment)
    quarters = range(WARM_UP + 1, environment.size.whole)
    scores: dict[int, list[pd.Series]] = {quarter: [] for quarter in quarters}
    for number in range(FOLDS):
        last = max(sample.concluded)
        known = sample.take(np.flatnonzero(part[rows] != number))
        model, _ = fit_model(known, last, 0, settings=settings, figures=False)
        for quarter in quarters:
            mine = environment.seen(quarter).index.to_numpy(dtype=np.int64)
            mine = mine[part[mine] == number]
            yields = model.score(environment.values(quarter, mine))["expected_fen"]
            scores[quarter].append(pd.Series(yields.to_numpy(dtype=np.float64), index=mine))
    return {quarter: pd.concat(parts) for quarter, parts in scores.items()}


def full_sample(environment: Environment) -> tuple[Sample, Rows]:
    """Every episode once, at a random quarter of those it could be chosen in, with the outcome of an error-free review.

    Returns:
        The sample, and the row of the fates of each of its rows.
    """
    rng = random_stream(environment.seed, -1, "everyone")
    cohort = pd.concat(
        [
            pd.DataFrame({"row": environment.seen(q).index.to_numpy(), "quarter": q})
            for q in range(1, environment.size.whole)
        ]
    )
    cohort = cohort.assign(lot=rng.random(len(cohort))).sort_values("lot").drop_duplicates("row")
    cohort = cohort.sort_values(["quarter", "row"], ignore_index=True)
    view, rows = environment.fates.view, cohort["row"].to_numpy(dtype=np.int64)
    label = view.label[rows].astype(str)
    has_property = np.isin(label, ["Y1", "Y2"])
    days = cohort["quarter"].map({quarter: environment.day(quarter) for quarter in range(1, environment.size.whole)})
    values = pd.concat(
        [
            environment.values(int(str(q)), mine["row"].to_numpy(dtype=np.int64))
            for q, mine in cohort.groupby("quarter")
        ],
        ignore_index=True,
    )
    sample = Sample(
        values=values,
        outcome=np.select([label == "Y1", label == "Y2"], [1.0, np.nan], 0.0),
        fen=np.where(has_property, view.recovered[rows].astype(np.float64), np.nan),
        scored=days,
        concluded=days,
        group=environment.fates.table["household"].to_numpy()[rows],
        missed=np.select([label == "Y2", np.isin(label, FOUND_NOTHING)], [1.0, 0.0], np.nan),
    )
    return sample, rows


def policies(capacity: int) -> dict[str, tuple[str, Callable[[], PolicyFunction]]]:
    """Every policy by name: its 中文 name, and a function that makes it anew for each trajectory."""
    # The random share stays the policy's own: what is simulated is the choice offices make.
    uniform = Policy(capacity, min_probability=0.0, min_expected_fen=0, small=0.0, vulnerable=0.0, petitioned=0.0)
    greedy = replace(uniform, random=0.0, exploration="none")
    strata = replace(uniform, exploration="stratified")
    weighted = TrainSettings(weighting=INVERSE)
    return {
        "today": ("现行做法（信访、卷宗顺序、简单规则）", lambda: current_practice_policy),
        "amount": ("标的额从大到小", lambda: largest_debt),
        "findings": ("线索条数", lambda: most_findings),
        "random": ("随机", lambda: random_choice),
        "greedy": ("模型，不探索", lambda: model_policy(greedy)),
        "uniform": ("模型，均匀探索", lambda: model_policy(uniform)),
        "stratified": ("模型，分层探索", lambda: model_policy(strata)),
        "weighted": ("模型，分层探索，逆概率加权", lambda: model_policy(strata, weighted)),
        "likely": ("模型，均匀探索，只按隐匿概率", lambda: model_policy(uniform, by_yield=False)),
        "ceiling": ("特征上限（同样特征，已知全部真相训练）", Ceiling),
        "oracle": ("全知上限", lambda: oracle),
    }


__all__ = [
    "Ceiling",
    "ceiling_scores",
    "fit_state",
    "full_sample",
    "policies",
    "sample_of",
    "top_rows",
]
