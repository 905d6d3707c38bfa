"""Evidence for the gate: later rows that neither model was fitted on, scored by challenger and champion.

With a champion, the rows are those whose reviews were concluded after its training date, and the challenger's recipe is
fitted on what was known on that date, so that both models saw the same period. Without one, the test window of training
is used. The model that is registered is the same recipe fitted on every label.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
from models.selection.capacity import CAPACITY
from models.selection.eligibility import eligible
from models.selection.logged_draws import is_random_draw, match_reviews
from training.data import splits
from training.data.labels import scoring_date
from training.data.sample import Sample
from training.data.source_drift import coverage
from training.data.splits import Rows
from training.data.weights import CLIP, effective_size
from training.fitting.noise_floor import add_noise_floor
from training.fitting.recipes import Candidate
from training.fitting.refits import resample_groups
from training.fitting.train import fixed_directions
from training.retrain.gate import DEFAULT_BOUNDS, Bounds, GateEvidence
from training.retrain.gate_figures import Flags, single_column_auc

DIMENSIONS: Mapping[str, tuple[str, Mapping[Any, str]]] = {
    **{name: (label, {}) for name, label in by_group.DIMENSIONS.items()},
    "person": (by_group.DIMENSIONS["person"], {True: by_group.PERSON, False: by_group.COMPANY}),
    "petitioned": (by_group.DIMENSIONS["petitioned"], {True: "有信访", False: "无信访"}),
    "small": ("标的", {True: "小标的", False: "其他"}),
    "vulnerable": ("民生", {True: "涉民生", False: "非涉民生"}),
    "coverage": ("数据完备度", {}),
}
"""Columns by which subgroups are compared: 中文 name, and the 中文 name of values that are not text. The office is left
out: offices are never compared."""

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
        sample: training rows, every label known on the day.
        keys: keys of the matrix by row of the sample, with review_id and selected_on, see `matrix_keys`.
        matrices: matrix of every scoring date of the sample; on the newest one reasons are compared.
        draws: draws known on the day, see `models.selection.logged_draws.read_draws`; may be empty.
        groups: the keys of every matrix with the group of each episode, see `evaluation.lists.by_group.assign_groups`.
        capacity: cases per office on a list.
    """

    sample: Sample
    keys: pd.DataFrame
    matrices: Mapping[date, Matrix]
    draws: pd.DataFrame
    groups: Mapping[date, pd.DataFrame]
    capacity: int = CAPACITY

    @property
    def newest_values(self) -> pd.DataFrame:
        """Values of the newest matrix that a model may see."""
        return self.matrices[max(self.matrices)].model_values


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
        refitter = replace(self, candidate=self.candidate.with_searched_settings(model))
        floored = add_noise_floor(model, sample, lambda shuffled: refitter.fit(shuffled, figures=False)[0], self.noise)
        return floored, metrics

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
    inputs: GateInputs,
    fitter: RecipeFitter,
    model: Model,
    champion: Model | None,
    *,
    champion_coverage: Mapping[str, float] | None = None,
    metrics: Mapping[str, float] | None = None,
    bounds: Bounds = DEFAULT_BOUNDS,
    refit: Callable[[int], Model] | None = None,
) -> GateEvidence:
    """Evidence on a challenger, except the auditors' verdicts.

    Args:
        inputs: the data.
        fitter: the challenger's recipe.
        model: the challenger itself.
        champion: the model in use, None where there is none.
        champion_coverage: coverage per family in the champion's training, where its report holds it.
        metrics: what training measured on its own later window.
        bounds: of the gate.
        refit: seed -> the recipe on resampled debtors, where such models are already fitted.
    """
    sample, keys = _with_outcome(inputs)
    learn, test, notes = _split(sample, fitter, champion, bounds)
    later, later_keys = sample.take(test), keys.iloc[test]
    refitted = refit or (lambda seed: fitter.refit(inputs.sample, seed))
    kept_share, same = _reason_stability(inputs.newest_values, model, champion, refitted)
    of_model = GateEvidence(
        version=model.version,
        champion=champion.version if champion else None,
        outcome=later.outcome,
        challenger=np.zeros(0),
        group=later.group,
        groups=_named_groups(_groups_on_day(inputs.groups, later_keys, later.scored)),
        reasons_refit=kept_share,
        reasons_champion=same,
        coverage=coverage(sample.values.iloc[_recent_rows(sample, test)]),
        coverage_before=champion_coverage or coverage(sample.values.iloc[_earlier_rows(sample, test)]),
        repeated=_refit_version(inputs.sample, fitter, model),
        against=count_monotonicity_violations(model, _spread_rows(inputs.newest_values), fixed_directions()),
        ece=(metrics["ece_before"], metrics["ece_after"]) if metrics and "ece_after" in metrics else None,
        notes=tuple(notes),
    )
    try:
        early, _ = fitter.fit(sample.take(learn), figures=False)
    except NotEnoughDataError as error:
        return _without_later_rows(of_model, str(error))
    drawn, overlap, weight, overlap_notes = _overlap(inputs, early, later_keys, later.scored, bounds)
    champion_margin, champion_notes = _champion_margin(later, champion)
    return replace(
        of_model,
        challenger=early.margin(later.values) if len(test) else np.zeros(0),
        champion_margin=champion_margin,
        drawn=drawn,
        overlap=overlap,
        weight=weight,
        alone=dict(single_column_auc(later.values, later.outcome).astype(float)) if len(test) else {},
        without=_auc_without_strongest(sample.take(learn), later, early, fitter),
        notes=(*of_model.notes, *overlap_notes, *champion_notes),
    )


def _with_outcome(inputs: GateInputs) -> tuple[Sample, pd.DataFrame]:
    """The rows of the sample with an outcome, and their keys."""
    rows = np.flatnonzero(~np.isnan(inputs.sample.outcome))
    return inputs.sample.take(rows), inputs.keys.iloc[rows].reset_index(drop=True)


def _without_later_rows(evidence: GateEvidence, why: str) -> GateEvidence:
    """The evidence without later rows, where the recipe could not be fitted on the earlier ones; `why` is a note."""
    none = evidence.outcome[:0]
    return replace(
        evidence,
        outcome=none,
        group=evidence.group[:0],
        groups=None,
        champion_margin=none if evidence.champion else None,
        notes=(*evidence.notes, why),
    )


def _split(
    sample: Sample, fitter: RecipeFitter, champion: Model | None, bounds: Bounds
) -> tuple[Rows, Rows, list[str]]:
    """Row numbers to fit the recipe on and to judge on, and 中文 notes on how they were chosen."""
    known = pd.to_datetime(sample.concluded)
    if champion is not None and champion.as_of is not None:
        late = (known > pd.Timestamp(champion.as_of)).to_numpy()
        test = np.flatnonzero(late)
        positives = int(sample.outcome[test].sum())
        if len(test) >= bounds.rows and min(positives, len(test) - positives) >= bounds.positives:
            learn = np.flatnonzero(~late & ~np.isin(sample.group, sample.group[test]))
            note = (
                f"以在用模型截止日 {champion.as_of} 之后审结的 {len(test)} 件比较；挑战方的方案只用此前审结的标签拟合。"
            )
            return learn, test, [note]
    settings = fitter.candidate.settings.windows
    ripe = np.flatnonzero(
        pd.to_datetime(sample.scored) <= pd.Timestamp(fitter.as_of - timedelta(days=settings.gap_days))
    )
    part = sample.take(ripe)
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
    learnt = (pd.to_datetime(later.concluded) <= pd.Timestamp(champion.as_of)).to_numpy()
    return np.where(learnt, np.nan, margin), []


def _overlap(
    inputs: GateInputs, early: Model, keys: pd.DataFrame, scored: pd.Series, bounds: Bounds
) -> tuple[Flags, Flags, npt.NDArray[np.float64], list[str]]:
    """Rows drawn at random, rows both models could have listed, weights of the rows, and 中文 notes.

    A row drawn at random could be listed by either model and weighs 1/π (π: its logged inclusion probability). A row
    listed by rule weighs 1, and counts as listed by both where the challenger's own list holds it too.
    """
    count = len(keys)
    everything, even = np.ones(count, bool), np.ones(count)
    if inputs.draws.empty or not count:
        return np.zeros(count, bool), everything, even, ["没有入选概率的记录，比较以全部已审查案件为准，未加权。"]
    matched = match_reviews(keys, inputs.draws)
    drawn = is_random_draw(matched.assign(stratum=matched["stratum"].fillna(""))).to_numpy(dtype=bool)
    chance = matched["inclusion"].to_numpy(dtype=np.float64)
    logged = matched["drawn_on"].notna().to_numpy() & (chance > 0)
    overlap = drawn | (logged & _on_challenger_list(inputs, early, keys, scored))
    if overlap.sum() < bounds.rows:
        note = f"两个模型都够得着且有入选概率记录的只有 {int(overlap.sum())} 件，比较以全部已审查案件为准，未加权。"
        return drawn, everything, even, [note]
    weight = np.where(drawn, np.clip(1 / np.where(drawn, chance, 1.0), 1.0, CLIP), 1.0)
    note = (
        f"两个模型都够得着的 {int(overlap.sum())} 件：随机抽取的 {int(drawn.sum())} 件按入选概率的倒数加权（上限 "
        f"{CLIP:g}），按规则列入、候选模型也会列入的权重为 1；有效样本量 {effective_size(weight[overlap]):.1f}。"
    )
    return drawn, overlap, weight, [note]


def _on_challenger_list(inputs: GateInputs, early: Model, keys: pd.DataFrame, scored: pd.Series) -> Flags:
    """Whether each row would be on the list that the challenger's recipe makes for its office on its scoring date."""
    listed = np.zeros(len(keys), bool)
    days = pd.Series(list(scored), index=keys.index)
    for day in sorted(set(days)):
        matrix = inputs.matrices[day]
        cohort = matrix.keys.reset_index(drop=True)
        scores = early.score(matrix.model_values.reset_index(drop=True))
        merit = scores["expected_fen" if early.amount is not None else "probability"].astype(np.float64)
        merit = merit.where(eligible(cohort, day))
        rank = merit.groupby(cohort["office"].fillna("").astype(str)).rank(ascending=False, method="first")
        chosen = set(cohort["episode"][(rank <= inputs.capacity).to_numpy()].astype(str))
        listed |= ((days == day) & keys["episode"].astype(str).isin(chosen)).to_numpy(dtype=bool)
    return listed


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
    values: pd.DataFrame, model: Model, champion: Model | None, refit: Callable[[int], Model]
) -> tuple[float | None, float | None]:
    """Shares of the first reasons on the newest list that refits, and that the champion, give as well."""
    top = np.argsort(-model.margin(values), kind="stable")[:REASON_ROWS]
    shown = values.iloc[top].reset_index(drop=True)
    try:
        refits = [refit(seed) for seed in range(1, REFITS + 1)]
    except NotEnoughDataError:
        return None, None
    kept_share = reason_stability(model, shown, refits).kept
    if champion is None or champion.columns != model.columns:
        return kept_share, None
    return kept_share, reason_stability(model, shown, [champion]).kept


def _groups_on_day(groups: Mapping[date, pd.DataFrame], keys: pd.DataFrame, scored: pd.Series) -> pd.DataFrame:
    """Group of each row's episode on its scoring date: episode, scored and the columns of `DIMENSIONS` there are."""
    days = sorted(set(scored))
    if not days:
        return keys
    known = pd.concat([groups[day].assign(scored=day) for day in days], ignore_index=True)
    wanted = known[["episode", "scored", *(name for name in DIMENSIONS if name in known.columns)]]
    rows = keys[["episode"]].assign(scored=list(scored))
    return rows.merge(wanted, on=["episode", "scored"], how="left", validate="many_to_one").set_axis(keys.index)


def _named_groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Groups with their 中文 names: a column of text by dimension; None where a group is not known."""
    columns = {}
    for name, (label, words) in DIMENSIONS.items():
        if name in rows.columns:
            known = rows[name].map(lambda value, words=words: words.get(value, str(value)), na_action="ignore")
            columns[label] = known.where(rows[name].notna(), None)
    return pd.DataFrame(columns, index=rows.index).reset_index(drop=True)


def _spread_rows(values: pd.DataFrame) -> pd.DataFrame:
    """About `DIRECTION_ROWS` rows, evenly spaced over the matrix."""
    return values.iloc[:: max(1, len(values) // DIRECTION_ROWS)].reset_index(drop=True)


def _recent_rows(sample: Sample, test: Rows) -> Rows:
    """The rows judged on, or the later half where there are none."""
    return test if len(test) else np.arange(len(sample.outcome), dtype=np.int64)[len(sample.outcome) // 2 :]


def _earlier_rows(sample: Sample, test: Rows) -> Rows:
    """The rows that are not recent."""
    return np.setdiff1d(np.arange(len(sample.outcome), dtype=np.int64), _recent_rows(sample, test))
