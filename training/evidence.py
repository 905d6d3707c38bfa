"""Evidence for the gate: later rows neither model learned from, scored by the challenger's recipe and the champion.

Where there is a champion the rows are those whose reviews were concluded after its day, and the recipe is fitted on
what was known on that day: both models knew as much, and the champion's day decides. Without one the later window of
training is used. The model to be registered is the same recipe on every label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.backtest import weighted_auc
from evaluation.stability import stability
from features.errors import NotEnoughDataError
from features.matrix import Matrix
from models.draws import by_chance, of_reviews
from models.explanation import decompose
from models.head import ColumnMismatchError
from models.ranker import Model
from training import splits
from training.candidates import Candidate
from training.gate import USUAL, Bounds, Evidence
from training.gate_figures import columns_alone
from training.labels import scoring_date
from training.noise import with_floor
from training.refits import resampled
from training.sample import Sample
from training.source_drift import coverage
from training.splits import Rows
from training.weights import CLIP

DIMENSIONS: Mapping[str, tuple[str, Mapping[Any, str]]] = {
    "person": ("被执行人", {True: "自然人", False: "单位"}),
    "applicant_kind": ("申请执行人", {"person": "自然人"}),
    "petitioned": ("信访", {True: "有信访", False: "无信访"}),
    "small": ("标的", {True: "小标的", False: "其他"}),
    "vulnerable": ("民生", {True: "涉民生", False: "非涉民生"}),
    "coverage": ("数据完备度", {}),
    "office": ("院", {}),
}
"""Columns of the matrix's keys by which subgroups are compared: 中文 name, and the 中文 name of each value."""

SHOWN = 200
"""Cases of the newest matrix, highest first, whose reasons are compared."""

REFITS = 2
"""Refits on resampled debtors for the stability of reasons."""

UNIT = "其他"


@dataclass(frozen=True)
class Cohort:
    """What evidence is made from.

    Attributes:
        sample: rows to learn from, every label known on the day.
        rows: keys of the matrix per row of the sample, with review_id and selected_on.
        newest: values of the newest matrix, by which reasons are compared.
        draws: draws known on the day, see `models.draws.logged`; may be empty.
    """

    sample: Sample
    rows: pd.DataFrame
    newest: pd.DataFrame
    draws: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Maker:
    """A recipe with what it is fitted for: its day, the state of the pool, threads, refits for the noise floor."""

    candidate: Candidate
    as_of: date
    state: int
    threads: int = 1
    noise: int = 0

    def make(self, sample: Sample) -> tuple[Model, dict[str, float]]:
        """Fit, measure, and write the noise floor into the model: what is registered, as `fit` is not."""
        model, metrics = self.fit(sample)
        same = replace(self, candidate=self.candidate.settled(model))
        return with_floor(model, sample, lambda dealt: same.fit(dealt)[0], self.noise), metrics

    def fit(self, sample: Sample) -> tuple[Model, dict[str, float]]:
        """Fit and measure; NotEnoughDataError where the labels are too few."""
        return self.candidate.fit(sample, self.as_of, self.state, self.threads)


def keys_of(labels: pd.DataFrame, matrices: Mapping[date, Matrix]) -> pd.DataFrame:
    """Keys of the matrix for every row of `training.sample.assemble`, in its order, with review_id and selected_on."""
    known = labels.assign(scored=scoring_date(labels["selected_on"]))
    known = known.sort_values(["label_date", "review_id"]).drop_duplicates(
        ["scored", "case_no", "zb_date"], keep="last"
    )
    parts: list[pd.DataFrame] = []
    for day in sorted(set(known["scored"])):
        told = known.loc[known["scored"] == day, ["case_no", "zb_date", "review_id", "selected_on"]]
        parts.append(told.sort_values("review_id").merge(matrices[day].keys, on=["case_no", "zb_date"], how="inner"))
    return pd.concat(parts, ignore_index=True)


def gather(
    cohort: Cohort,
    maker: Maker,
    model: Model,
    champion: Model | None,
    before: Mapping[str, float] | None = None,
    verdicts: tuple[int, int] | None = None,
    bounds: Bounds = USUAL,
) -> Evidence:
    """Evidence on a challenger.

    Args:
        cohort: what it was learned from.
        maker: its recipe.
        model: the challenger itself.
        champion: the model in use, None where there is none.
        before: coverage per family in the champion's training, where its paper tells it.
        verdicts: reasons judged by auditors and how many of them were found supported.
        bounds: of the gate.
    """
    whole, rows = _with_outcome(cohort)
    learn, test, notes = _cut(whole, maker, champion, bounds)
    refit, same = _reasons(cohort, maker, model, champion)
    plain = Evidence(
        version=model.version,
        champion=champion.version if champion else None,
        outcome=whole.outcome[test],
        challenger=np.zeros(0),
        group=whole.group[test],
        groups=_groups(rows.iloc[test]),
        reasons_refit=refit,
        reasons_champion=same,
        coverage=coverage(whole.values.iloc[_recent(whole, test)]),
        coverage_before=before or coverage(whole.values.iloc[_earlier(whole, test)]),
        repeated=maker.make(cohort.sample)[0].version,
        verdicts=verdicts,
        notes=tuple(notes),
    )
    try:
        early, _ = maker.fit(whole.take(learn))
    except NotEnoughDataError as error:
        none = plain.outcome[:0]
        return replace(
            plain, outcome=none, group=plain.group[:0], groups=None, champion_margin=none if champion else None,
            notes=(*plain.notes, str(error)),
        )  # fmt: skip
    later = whole.take(test)
    drawn, overlap, weight, said = _draws(rows.iloc[test], cohort.draws, bounds)
    theirs, told = _champion_margin(later, champion)
    return replace(
        plain,
        challenger=early.margin(later.values) if len(test) else np.zeros(0),
        champion_margin=theirs,
        drawn=drawn,
        overlap=overlap,
        weight=weight,
        alone=dict(columns_alone(later.values, later.outcome).astype(float)) if len(test) else {},
        without=_without(whole.take(learn), later, early, maker),
        notes=(*plain.notes, *said, *told),
    )


def _with_outcome(cohort: Cohort) -> tuple[Sample, pd.DataFrame]:
    at = np.flatnonzero(~np.isnan(cohort.sample.outcome))
    return cohort.sample.take(at), cohort.rows.iloc[at].reset_index(drop=True)


def _cut(whole: Sample, maker: Maker, champion: Model | None, bounds: Bounds) -> tuple[Rows, Rows, list[str]]:
    """Rows to fit the recipe on, rows to judge on, and how they were chosen."""
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
    settings = maker.candidate.settings.windows
    ripe = np.flatnonzero(pd.to_datetime(whole.scored) <= pd.Timestamp(maker.as_of - timedelta(days=settings.gap_days)))
    part = whole.take(ripe)
    cut = splits.windows(part.scored, part.concluded, part.outcome > 0, part.group, settings)
    notes = ["以训练的较晚时段判断；其中在用模型可能学过的案件不参与比较。"] if champion else []
    return ripe[cut.learn], ripe[cut.test], notes


def _champion_margin(later: Sample, champion: Model | None) -> tuple[npt.NDArray[np.float64] | None, list[str]]:
    """The champion's margins, NaN on rows it may have learned from; all NaN where it knows other columns."""
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


def _draws(
    rows: pd.DataFrame, draws: pd.DataFrame, bounds: Bounds
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.float64], list[str]]:
    """Which rows chance listed, which a logged draw could reach, and what those weigh."""
    count = len(rows)
    everything, even = np.ones(count, bool), np.ones(count)
    if draws.empty or not count:
        return np.zeros(count, bool), everything, even, ["没有入选概率的记录，比较以全部已核查案件为准，未加权。"]
    found = of_reviews(rows, draws)
    drawn = by_chance(found.assign(stratum=found["stratum"].fillna(""))).to_numpy(dtype=bool)
    chance = found["inclusion"].to_numpy(dtype=np.float64)
    overlap = found["drawn_on"].notna().to_numpy() & (chance > 0)
    if overlap.sum() < bounds.rows:
        said = f"有入选概率记录的只有 {int(overlap.sum())} 件，比较以全部已核查案件为准，未加权。"
        return drawn, everything, even, [said]
    weight = np.clip(1 / np.where(overlap, chance, 1.0), 1.0, CLIP)
    return drawn, overlap, weight, ["按入选概率的倒数加权（上限 10）；清单头部必选的案件权重为 1。"]


def _without(learned: Sample, later: Sample, early: Model, maker: Maker) -> tuple[str, float] | None:
    """The column that moves the later rows most, and the AUC of the same recipe without it."""
    if not len(later.outcome):
        return None
    moved = np.abs(decompose(early, later.values).shares).mean(axis=0)
    column = early.columns[int(np.argmax(moved))]
    try:
        model, _ = maker.fit(replace(learned, values=learned.values.drop(columns=[column])))
        margin = model.margin(later.values.drop(columns=[column]))
        return column, weighted_auc(margin, later.outcome, np.ones(len(margin)))
    except NotEnoughDataError:
        return None


def _reasons(cohort: Cohort, maker: Maker, model: Model, champion: Model | None) -> tuple[float | None, float | None]:
    """Share of the first reasons of the newest list that refits name too, and that the champion names too."""
    values = cohort.newest.reset_index(drop=True)
    top = np.argsort(-model.margin(values), kind="stable")[:SHOWN]
    shown = values.iloc[top].reset_index(drop=True)
    try:
        refits = [maker.fit(resampled(cohort.sample, seed))[0] for seed in range(1, REFITS + 1)]
    except NotEnoughDataError:
        return None, None
    kept = stability(model, shown, refits).kept
    if champion is None or champion.columns != model.columns:
        return kept, None
    return kept, stability(model, shown, [champion]).kept


def _groups(rows: pd.DataFrame) -> pd.DataFrame:
    told = {}
    for name, (label, words) in DIMENSIONS.items():
        if name in rows.columns:
            known = rows[name].map(words).fillna(UNIT) if words else rows[name].astype(str)
            told[label] = known.where(rows[name].notna(), None)
    return pd.DataFrame(told, index=rows.index).reset_index(drop=True)


def _recent(whole: Sample, test: Rows) -> Rows:
    """The rows judged on, else the later half."""
    return test if len(test) else np.arange(len(whole.outcome), dtype=np.int64)[len(whole.outcome) // 2 :]


def _earlier(whole: Sample, test: Rows) -> Rows:
    """The rows that are not recent."""
    return np.setdiff1d(np.arange(len(whole.outcome), dtype=np.int64), _recent(whole, test))
