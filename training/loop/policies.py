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
from models.scoring.model import Model
from models.selection.policy import Policy, draw_seed, select
from training.data.label_weights import INVERSE
from training.data.labels import from_reviews
from training.data.sample import Sample
from training.data.weights import weights
from training.fitting.train import TrainSettings, fit_model
from training.loop.environment import WARM_UP, Rows, Stage
from training.loop.state import State
from training.loop.trajectory import Choice, Choose, habit, net_fen, with_offices

Array = npt.NDArray[np.float64]

PLAIN = TrainSettings()
"""The recipe as it stands."""

OFFICE = "3399"
"""The one office of a trial."""

FOLDS = 3
"""Parts of the households of the feature ceiling; no model scores a household it was fitted on."""


def best(state: State, rows: Rows, score: Array) -> Rows:
    """The rows of highest score, within capacity; equal scores by row."""
    return np.asarray(rows[np.lexsort((rows, -score))[: state.stage.size.capacity]], dtype=np.int64)


def today(state: State, quarter: int, pool: Rows) -> Choice:
    """Today's practice: petitions first, then file order, then a simple rule."""
    own = {"pool_share": 1.0, "capacity": state.stage.size.capacity}
    return Choice(habit(state.stage, with_offices(state.knobs, own), quarter, pool))


def amount(state: State, quarter: int, pool: Rows) -> Choice:
    """The largest debts first."""
    debt = state.stage.seen(quarter).loc[pool, "debt_fen"].to_numpy(dtype=np.float64)
    return Choice(best(state, pool, debt))


def findings(state: State, quarter: int, pool: Rows) -> Choice:
    """Most findings first, the larger debt of equals."""
    seen = state.stage.seen(quarter).loc[pool]
    debt = seen["debt_fen"].to_numpy(dtype=np.float64)
    return Choice(best(state, pool, seen["findings"].to_numpy(dtype=np.float64) + debt / (debt.max() + 1)))


def random(state: State, quarter: int, pool: Rows) -> Choice:
    """By lot; an episode has the same lot under every policy that draws it."""
    lots = random_stream(state.stage.seed, quarter, "lots").random(len(state.stage.fates))
    return Choice(best(state, pool, lots[pool]))


def oracle(state: State, quarter: int, pool: Rows) -> Choice:
    """What brings most beyond its unaided reopening, known beforehand."""
    gain = net_fen(state.stage, state.stage.fates.reviews_if_selected(quarter, state.knobs))
    return Choice(best(state, pool, gain[pool]))


def with_model(policy: Policy, settings: TrainSettings = PLAIN, by_yield: bool = True) -> Choose:
    """The model, retrained every quarter on what is concluded by then, under a policy of selection.

    Until it has labels enough to be fitted the most findings come first. Without `by_yield` the places go by the
    probability of concealment alone.
    """

    def choose(state: State, quarter: int, pool: Rows) -> Choice:
        try:
            model = fit(state, state.stage.day(quarter), settings)
        except NotEnoughDataError:
            return findings(state, quarter, pool)
        scores = model.score(state.stage.values(quarter, pool))
        flags = dict.fromkeys(("small", "vulnerable", "petitioned"), False)
        told = scores[["probability", "missed", "amount_fen"]].reset_index(drop=True)
        frame = told.assign(episode=pool, **flags)
        if not by_yield:
            frame = frame.assign(missed=np.nan, amount_fen=pd.array([pd.NA] * len(frame), dtype="Int64"))
        seed = draw_seed(state.stage.seed, OFFICE, state.stage.day(quarter))
        logged = select(frame, policy, seed).rows.rename(columns={"episode": "row"}).assign(office=OFFICE)
        logged["margin"] = pd.Series(scores["margin"].to_numpy(), index=pool).reindex(logged["row"]).to_numpy()
        return Choice(logged.loc[logged["listed"], "row"].to_numpy(dtype=np.int64), logged)

    return choose


def fit(state: State, day: date, settings: TrainSettings) -> Model:
    """The model of the labels known on a day; NotEnoughDataError where they are too few."""
    known = state.known(day)
    if known.empty:
        raise NotEnoughDataError("尚无结论。")
    return fit_model(sample_of(state, known, day, settings), day, 0, settings=settings, figures=False)[0]


def sample_of(state: State, known: pd.DataFrame, day: date, settings: TrainSettings = PLAIN) -> Sample:
    """Labels of the books joined to what the selection saw, weighted as the settings say."""
    rows = from_reviews(known, day).merge(known[["review_id", "row", "quarter"]], on="review_id")
    rows = rows.sort_values(["quarter", "row"], ignore_index=True)
    stage = state.stage
    parts = [
        stage.values(int(str(quarter)), mine["row"].to_numpy(dtype=np.int64))
        for quarter, mine in rows.groupby("quarter", sort=True)
    ]
    return Sample(
        values=pd.concat(parts, ignore_index=True),
        outcome=rows["y"].to_numpy(dtype=np.float64),
        fen=rows["recovered_fen"].to_numpy(dtype=np.float64),
        scored=rows["quarter"].map({quarter: stage.day(quarter) for quarter in set(rows["quarter"])}),
        concluded=rows["label_date"],
        group=stage.fates.table["household"].to_numpy()[rows["row"]],
        weight=_weights(state, rows, settings) if settings.weighting == INVERSE and state.logged else None,
        missed=rows["missed"].to_numpy(dtype=np.float64),
    )


def _weights(state: State, rows: pd.DataFrame, settings: TrainSettings) -> Array:
    table = state.stage.fates.table[["case_no", "zb_date"]]
    parts = [
        draw.assign(selected_on=pd.Timestamp(state.stage.day(quarter)), source="")
        for quarter, draw in state.logged.items()
    ]
    draws = pd.concat(parts, ignore_index=True)
    named = table.loc[draws["row"]].reset_index(drop=True)
    return weights(draws.assign(case_no=named["case_no"], zb_date=named["zb_date"]), rows, settings.clip).weight


@dataclass
class Ceiling:
    """The same features, fitted on everyone's true labels, past and future; a household's own are never used on it."""

    settings: TrainSettings = field(default_factory=TrainSettings)
    _scores: dict[int, pd.Series] = field(default_factory=dict)

    def __call__(self, state: State, quarter: int, pool: Rows) -> Choice:
        """The list of the quarter."""
        if not self._scores:
            self._scores = ceiling_scores(state.stage, self.settings)
        return Choice(best(state, pool, self._scores[quarter].reindex(pool).to_numpy(dtype=np.float64)))


def ceiling_scores(stage: Stage, settings: TrainSettings) -> dict[int, pd.Series]:
    """Expected yield of every cohort row of every quarter of the loop, by models that know all other households."""
    household = stage.fates.table["household"].to_numpy()
    part = pd.Series(household).rank(method="dense").to_numpy(dtype=np.int64) % FOLDS
    sample, rows = everyone(stage)
    quarters = range(WARM_UP + 1, stage.size.whole)
    scores: dict[int, list[pd.Series]] = {quarter: [] for quarter in quarters}
    for number in range(FOLDS):
        last = max(sample.concluded)
        known = sample.take(np.flatnonzero(part[rows] != number))
        model, _ = fit_model(known, last, 0, settings=settings, figures=False)
        for quarter in quarters:
            mine = stage.seen(quarter).index.to_numpy(dtype=np.int64)
            mine = mine[part[mine] == number]
            yields = model.score(stage.values(quarter, mine))["expected_fen"]
            scores[quarter].append(pd.Series(yields.to_numpy(dtype=np.float64), index=mine))
    return {quarter: pd.concat(found) for quarter, found in scores.items()}


def everyone(stage: Stage) -> tuple[Sample, Rows]:
    """Every episode once, at one of the quarters it could be chosen in, with what an honest review would find."""
    rng = random_stream(stage.seed, -1, "everyone")
    cohort = pd.concat(
        [pd.DataFrame({"row": stage.seen(q).index.to_numpy(), "quarter": q}) for q in range(1, stage.size.whole)]
    )
    cohort = cohort.assign(lot=rng.random(len(cohort))).sort_values("lot").drop_duplicates("row")
    cohort = cohort.sort_values(["quarter", "row"], ignore_index=True)
    view, rows = stage.fates.view, cohort["row"].to_numpy(dtype=np.int64)
    label = view.label[rows].astype(str)
    worth = np.isin(label, ["Y1", "Y2"])
    days = cohort["quarter"].map({quarter: stage.day(quarter) for quarter in range(1, stage.size.whole)})
    values = pd.concat(
        [stage.values(int(str(q)), mine["row"].to_numpy(dtype=np.int64)) for q, mine in cohort.groupby("quarter")],
        ignore_index=True,
    )
    sample = Sample(
        values=values,
        outcome=np.select([label == "Y1", label == "Y2"], [1.0, np.nan], 0.0),
        fen=np.where(worth, view.recovered[rows].astype(np.float64), np.nan),
        scored=days,
        concluded=days,
        group=stage.fates.table["household"].to_numpy()[rows],
        missed=np.select([label == "Y2", np.isin(label, ["Y3", "Y4"])], [1.0, 0.0], np.nan),
    )
    return sample, rows


EXPLORED = 0.15
"""Share of the capacity that explores."""


def policies(capacity: int) -> dict[str, tuple[str, Callable[[], Choose]]]:
    """Every policy by name: its 中文 name, and what makes it anew for a trajectory."""
    uniform = Policy(
        capacity, min_probability=0.0, min_expected_fen=0, small=0.0, vulnerable=0.0, petitioned=0.0, random=EXPLORED
    )
    greedy = replace(uniform, random=0.0, exploration="none")
    strata = replace(uniform, exploration="stratified")
    weighted = TrainSettings(weighting=INVERSE)
    return {
        "today": ("现行做法（信访、卷宗顺序、简单规则）", lambda: today),
        "amount": ("标的额从大到小", lambda: amount),
        "findings": ("线索条数", lambda: findings),
        "random": ("随机", lambda: random),
        "greedy": ("模型，不探索", lambda: with_model(greedy)),
        "uniform": ("模型，均匀探索", lambda: with_model(uniform)),
        "stratified": ("模型，分层探索", lambda: with_model(strata)),
        "weighted": ("模型，分层探索，逆概率加权", lambda: with_model(strata, weighted)),
        "likely": ("模型，均匀探索，只按隐匿概率", lambda: with_model(uniform, by_yield=False)),
        "ceiling": ("特征上限（同样特征，已知全部真相训练）", Ceiling),
        "oracle": ("全知上限", lambda: oracle),
    }


__all__ = ["EXPLORED", "Ceiling", "best", "ceiling_scores", "everyone", "fit", "policies", "sample_of"]
