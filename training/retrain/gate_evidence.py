"""Evidence for the gate: later rows that neither model was fitted on, scored by challenger and champion.

With a champion, the rows are those whose reviews were concluded after its training date, and the challenger's recipe is
fitted on what was known on that date, so that both models saw the same period. Without one, the test window of training
is used. The model that is registered is the same recipe fitted on every label.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.explanations.fidelity import count_monotonicity_violations
from evaluation.explanations.stability import reason_stability
from evaluation.lists import by_group
from evaluation.metrics.probability import weighted_auc
from features.errors import NotEnoughDataError
from features.matrix import Matrix
from models.reasons.contributions import decompose_margins
from models.scoring.head import ColumnMismatchError
from models.scoring.model import Model
from models.selection.eligibility import eligible
from models.selection.logged_draws import is_random_draw, match_reviews
from training.data import splits
from training.data.capacity import CAPACITY
from training.data.labels import scoring_date
from training.data.sample import Sample
from training.data.source_drift import coverage
from training.data.splits import Rows
from training.data.weights import CLIP, effective_size
from training.fitting.noise_floor import add_noise_floor
from training.fitting.recipes import Candidate
from training.fitting.refits import resample_groups
from training.fitting.train import fixed_directions
from training.retrain.gate import DEFAULT_BOUNDS, Bounds, GateEvidence, ReasonReview
from training.retrain.gate_figures import Flags, single_column_auc

DIMENSIONS: Mapping[str, tuple[str, Mapping[Any, str]]] = {
    **{name: (label, {}) for name, label in by_group.DIMENSIONS.items()},
    "person": (by_group.DIMENSIONS["person"], {True: by_group.PERSON, False: by_group.COMPANY}),
    "petitioned": (by_group.DIMENSIONS["petitioned"], {True: "有信访", False: "无信访"}),
    "small": ("标的", {True: "小标的", False: "其他"}),
    "vulnerable": ("民生", {True: "涉民生", False: "非涉民生"}),
    "coverage": ("数据完备度", {}),
}
"""Columns by which subgroups are compared: 中文 name, and the 中文 name of values that are not text. No office is among
them: its figures are its own."""

REASON_ROWS = 200
"""Number of highest-scored cases of the newest matrix whose reasons are compared."""

DIRECTION_ROWS = 500
"""Number of cases of the newest matrix on which fixed directions are checked."""

REFITS = 2
"""Refits on resampled debtors for the stability of reasons."""


@dataclass(frozen=True)
class GateInputs:
    """Data from which the evidence is computed.

    Attributes:
        sample: rows to learn from, every label known on the day.
        rows: keys of the matrix per row of the sample, with review_id and selected_on.
        newest: values of the newest matrix, by which reasons are compared.
        draws: draws known on the day, see `models.selection.logged_draws.read_draws`; may be empty.
        days: matrix of every scoring date, from which the challenger's own lists are computed; without them every row
            with a logged draw is taken as one it could list.
        groups: keys of a matrix with the group of every episode, see `evaluation.lists.by_group.assign_groups`.
        capacity: cases per office on a list.
    """

    sample: Sample
    rows: pd.DataFrame
    newest: pd.DataFrame
    draws: pd.DataFrame
    days: Mapping[date, Matrix] = field(default_factory=dict)
    groups: Callable[[Matrix], pd.DataFrame] = lambda matrix: matrix.keys
    capacity: int = CAPACITY


@dataclass(frozen=True, slots=True)
class RecipeFitter:
    """A recipe with the arguments of its fits: day, state of the pool, threads, refits for the noise floor."""

    candidate: Candidate
    as_of: date
    state: int
    threads: int = 1
    noise: int = 0

    def fit_with_floor(self, sample: Sample, figures: bool = True) -> tuple[Model, dict[str, float]]:
        """Fit, measure, and store the noise floor in the model's settings: the model that is registered."""
        model, metrics = self.fit(sample, figures)
        same = replace(self, candidate=self.candidate.with_searched_settings(model))
        return add_noise_floor(model, sample, lambda dealt: same.fit(dealt, figures=False)[0], self.noise), metrics

    def fit(self, sample: Sample, figures: bool = True) -> tuple[Model, dict[str, float]]:
        """Fit, and measure where `figures` is true; NotEnoughDataError where the labels are too few."""
        return self.candidate.fit(sample, self.as_of, self.state, self.threads, figures=figures)

    def refit(self, sample: Sample, seed: int) -> Model:
        """The recipe fitted on groups of debtors resampled with replacement."""
        return self.fit(resample_groups(sample, seed), figures=False)[0]


def matrix_keys(labels: pd.DataFrame, matrices: Mapping[date, Matrix]) -> pd.DataFrame:
    """Keys of the matrix by row of `training.data.sample.assemble`, in its order, with review_id and selected_on."""
    known = labels.assign(scored=scoring_date(labels["selected_on"]))
    known = known.sort_values(["label_date", "review_id"]).drop_duplicates(
        ["scored", "case_no", "zb_date"], keep="last"
    )
    parts: list[pd.DataFrame] = []
    for day in sorted(set(known["scored"])):
        keys = known.loc[known["scored"] == day, ["case_no", "zb_date", "review_id", "selected_on"]]
        parts.append(keys.sort_values("review_id").merge(matrices[day].keys, on=["case_no", "zb_date"], how="inner"))
    return pd.concat(parts, ignore_index=True)


def collect_evidence(
    cohort: GateInputs,
    fitter: RecipeFitter,
    model: Model,
    champion: Model | None,
    before: Mapping[str, float] | None = None,
    verdicts: ReasonReview | None = None,
    bounds: Bounds = DEFAULT_BOUNDS,
    metrics: Mapping[str, float] | None = None,
    refit: Callable[[int], Model] | None = None,
) -> GateEvidence:
    """Evidence on a challenger.

    Args:
        cohort: the data.
        fitter: the challenger's recipe.
        model: the challenger itself.
        champion: the model in use, None where there is none.
        before: coverage per family in the champion's training, where its report holds it.
        verdicts: auditors' verdicts on its reasons, or on the champion's.
        bounds: of the gate.
        metrics: what training measured.
        refit: seed -> the recipe on resampled debtors, where such models are already fitted.
    """
    whole, rows = _with_outcome(cohort)
    learn, test, notes = _split(whole, fitter, champion, bounds)
    kept, same = _reason_stability(cohort, model, champion, refit or (lambda seed: fitter.refit(cohort.sample, seed)))
    base = GateEvidence(
        version=model.version,
        champion=champion.version if champion else None,
        outcome=whole.outcome[test],
        challenger=np.zeros(0),
        group=whole.group[test],
        groups=_groups(_groups_on_day(cohort, rows.iloc[test], whole.scored.iloc[test])),
        reasons_refit=kept,
        reasons_champion=same,
        coverage=coverage(whole.values.iloc[_recent_rows(whole, test)]),
        coverage_before=before or coverage(whole.values.iloc[_earlier_rows(whole, test)]),
        repeated=_refit_version(cohort.sample, fitter, model),
        verdicts=verdicts,
        against=count_monotonicity_violations(model, _spread_rows(cohort.newest), fixed_directions()),
        ece=(metrics["ece_before"], metrics["ece_after"]) if metrics and "ece_after" in metrics else None,
        notes=tuple(notes),
    )
    try:
        early, _ = fitter.fit(whole.take(learn), figures=False)
    except NotEnoughDataError as error:
        none = base.outcome[:0]
        return replace(
            base,
            outcome=none,
            group=base.group[:0],
            groups=None,
            champion_margin=none if champion else None,
            notes=(*base.notes, str(error)),
        )
    later = whole.take(test)
    on_list = (
        _on_challenger_list(cohort, early, rows.iloc[test], later.scored) if len(test) and len(cohort.draws) else None
    )
    drawn, overlap, weight, overlap_notes = _overlap(rows.iloc[test], cohort.draws, on_list, bounds)
    theirs, champion_notes = _champion_margin(later, champion)
    return replace(
        base,
        challenger=early.margin(later.values) if len(test) else np.zeros(0),
        champion_margin=theirs,
        drawn=drawn,
        overlap=overlap,
        weight=weight,
        alone=dict(single_column_auc(later.values, later.outcome).astype(float)) if len(test) else {},
        without=_auc_without_strongest(whole.take(learn), later, early, fitter),
        notes=(*base.notes, *overlap_notes, *champion_notes),
    )


def _with_outcome(cohort: GateInputs) -> tuple[Sample, pd.DataFrame]:
    at = np.flatnonzero(~np.isnan(cohort.sample.outcome))
    return cohort.sample.take(at), cohort.rows.iloc[at].reset_index(drop=True)


def _split(whole: Sample, fitter: RecipeFitter, champion: Model | None, bounds: Bounds) -> tuple[Rows, Rows, list[str]]:
    """Row numbers to fit the recipe on and to judge on, and 中文 notes on how they were chosen."""
    known = pd.to_datetime(whole.concluded)
    if champion is not None and champion.as_of is not None:
        late = (known > pd.Timestamp(champion.as_of)).to_numpy()
        test = np.flatnonzero(late)
        positives = int(whole.outcome[test].sum())
        if len(test) >= bounds.rows and min(positives, len(test) - positives) >= bounds.positives:
            learn = np.flatnonzero(~late & ~np.isin(whole.group, whole.group[test]))
            note = (
                f"以在用模型截止日 {champion.as_of} 之后审结的 {len(test)} 件比较；挑战方的方案只用此前审结的标签拟合。"
            )
            return learn, test, [note]
    settings = fitter.candidate.settings.windows
    ripe = np.flatnonzero(
        pd.to_datetime(whole.scored) <= pd.Timestamp(fitter.as_of - timedelta(days=settings.gap_days))
    )
    part = whole.take(ripe)
    cut = splits.windows(part.scored, part.concluded, part.outcome > 0, part.group, settings)
    notes = ["以训练的较晚时段判断；其中在用模型可能学过的案件不参与比较。"] if champion else []
    return ripe[cut.learn], ripe[cut.test], notes


def _champion_margin(later: Sample, champion: Model | None) -> tuple[npt.NDArray[np.float64] | None, list[str]]:
    """The champion's margins, NaN on rows it may have been fitted on; all NaN where its columns differ."""
    if champion is None:
        return None, []
    nothing = np.full(len(later.outcome), np.nan)
    try:
        margin = champion.margin(later.values)
    except ColumnMismatchError as error:
        return nothing, [f"在用模型与现目录的列不同，无法比较：{error}"]
    if champion.as_of is None:
        return nothing, ["在用模型没有截止日，无法确定它学过哪些案件。"]
    seen = (pd.to_datetime(later.concluded) <= pd.Timestamp(champion.as_of)).to_numpy()
    return np.where(seen, np.nan, margin), []


def _on_challenger_list(cohort: GateInputs, early: Model, rows: pd.DataFrame, scored: pd.Series) -> Flags | None:
    """Whether each row would be on the challenger's own list of its day; None where no matrices are given."""
    if not cohort.days:
        return None
    listed = np.zeros(len(rows), bool)
    days = pd.Series(list(scored), index=rows.index)
    for day in sorted(set(days)):
        matrix = cohort.days[day]
        keys = matrix.keys.reset_index(drop=True)
        scores = early.score(matrix.model_values.reset_index(drop=True))
        merit = scores["expected_fen" if early.amount is not None else "probability"].astype(np.float64)
        if "concluded_on" in keys.columns:
            merit = merit.where(eligible(keys, day))
        office = keys["office"].fillna("").astype(str)
        place = merit.groupby(office).rank(ascending=False, method="first")
        chosen = set(keys["episode"][(place <= cohort.capacity).to_numpy()].astype(str))
        listed |= ((days == day) & rows["episode"].astype(str).isin(chosen)).to_numpy(dtype=bool)
    return listed


def _overlap(
    rows: pd.DataFrame, draws: pd.DataFrame, on_list: Flags | None, bounds: Bounds
) -> tuple[Flags, Flags, npt.NDArray[np.float64], list[str]]:
    """Rows drawn at random, rows both models could have listed, weights of the rows, and 中文 notes.

    A row drawn at random could be listed by either model and weighs 1/π (π: its logged inclusion probability). A row
    listed by rule weighs 1, and counts as listed by both where the challenger's own list (`on_list`) holds it too.
    """
    count = len(rows)
    everything, even = np.ones(count, bool), np.ones(count)
    if draws.empty or not count:
        return np.zeros(count, bool), everything, even, ["没有入选概率的记录，比较以全部已核查案件为准，未加权。"]
    found = match_reviews(rows, draws)
    drawn = is_random_draw(found.assign(stratum=found["stratum"].fillna(""))).to_numpy(dtype=bool)
    chance = found["inclusion"].to_numpy(dtype=np.float64)
    logged = found["drawn_on"].notna().to_numpy() & (chance > 0)
    overlap = drawn | (logged if on_list is None else logged & on_list)
    if overlap.sum() < bounds.rows:
        overlap_notes = (
            f"两个模型都够得着且有入选概率记录的只有 {int(overlap.sum())} 件，比较以全部已核查案件为准，未加权。"
        )
        return drawn, everything, even, [overlap_notes]
    weight = np.where(drawn, np.clip(1 / np.where(drawn, chance, 1.0), 1.0, CLIP), 1.0)
    overlap_notes = (
        f"两个模型都够得着的 {int(overlap.sum())} 件：随机抽取的 {int(drawn.sum())} 件按入选概率的倒数加权（上限 "
        f"{CLIP:g}），按规则列入、候选模型也会列入的权重为 1；有效样本量 {effective_size(weight[overlap]):.1f}。"
    )
    return drawn, overlap, weight, [overlap_notes]


def _refit_version(sample: Sample, fitter: RecipeFitter, model: Model) -> str:
    """Version of the model that a second fit on the same data gives."""
    again = fitter.fit_with_floor(sample, figures=False)[0].version
    # Notes are part of the version and record what could not be measured: measure too before calling it different.
    return again if again == model.version else fitter.fit_with_floor(sample)[0].version


def _auc_without_strongest(
    learned: Sample, later: Sample, early: Model, fitter: RecipeFitter
) -> tuple[str, float] | None:
    """The column with the largest mean contribution on the later rows, and the AUC of the same recipe without it."""
    if not len(later.outcome):
        return None
    moved = np.abs(decompose_margins(early, later.values).shares).mean(axis=0)
    column = early.columns[int(np.argmax(moved))]
    try:
        model, _ = fitter.fit(replace(learned, values=learned.values.drop(columns=[column])), figures=False)
        margin = model.margin(later.values.drop(columns=[column]))
        return column, weighted_auc(margin, later.outcome, np.ones(len(margin)))
    except NotEnoughDataError:
        return None


def _reason_stability(
    cohort: GateInputs, model: Model, champion: Model | None, refit: Callable[[int], Model]
) -> tuple[float | None, float | None]:
    """Shares of the first reasons on the newest list that refits, and that the champion, give as well."""
    values = cohort.newest.reset_index(drop=True)
    top = np.argsort(-model.margin(values), kind="stable")[:REASON_ROWS]
    shown = values.iloc[top].reset_index(drop=True)
    try:
        refits = [refit(seed) for seed in range(1, REFITS + 1)]
    except NotEnoughDataError:
        return None, None
    kept = reason_stability(model, shown, refits).kept
    if champion is None or champion.columns != model.columns:
        return kept, None
    return kept, reason_stability(model, shown, [champion]).kept


def _groups_on_day(cohort: GateInputs, rows: pd.DataFrame, scored: pd.Series) -> pd.DataFrame:
    """The rows joined with the group of each episode on its scoring date."""
    days: Sequence[date] = [day for day in sorted(set(scored)) if day in cohort.days]
    if not days:
        return rows
    known = pd.concat([cohort.groups(cohort.days[day]).assign(scored=day) for day in days], ignore_index=True)
    wanted = known[["episode", "scored", *(name for name in DIMENSIONS if name in known.columns)]]
    on_list = rows[["episode"]].assign(scored=list(scored))
    return on_list.merge(wanted, on=["episode", "scored"], how="left", validate="many_to_one").set_axis(rows.index)


def _spread_rows(newest: pd.DataFrame) -> pd.DataFrame:
    """About `DIRECTION_ROWS` rows, evenly spaced over the matrix."""
    return newest.iloc[:: max(1, len(newest) // DIRECTION_ROWS)].reset_index(drop=True)


def _groups(rows: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for name, (label, words) in DIMENSIONS.items():
        if name in rows.columns:
            known = rows[name].map(lambda value, words=words: words.get(value, str(value)), na_action="ignore")
            columns[label] = known.where(rows[name].notna(), None)
    return pd.DataFrame(columns, index=rows.index).reset_index(drop=True)


def _recent_rows(whole: Sample, test: Rows) -> Rows:
    """The rows judged on, or the later half where there are none."""
    return test if len(test) else np.arange(len(whole.outcome), dtype=np.int64)[len(whole.outcome) // 2 :]


def _earlier_rows(whole: Sample, test: Rows) -> Rows:
    """The rows that are not recent."""
    return np.setdiff1d(np.arange(len(whole.outcome), dtype=np.int64), _recent_rows(whole, test))
