"""Lambdarank on graded outcomes: trees that learn the order within an office's quarter, then a calibration.

LightGBM's lambdarank (Burges 2010) learns which of two cases of one list should stand higher. Its margin knows no base
rate, so the calibration to a probability is fitted on out-of-time margins.
"""

from __future__ import annotations

from dataclasses import replace

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import GoldenKeyError
from models.scoring.calibration import Calibration, fit_calibration
from models.scoring.head import Array, as_array
from models.scoring.trees import TreeHead, TreeSettings, model_text, tree_parameters
from training.data import splits
from training.data.sample import Sample
from training.data.splits import Rows
from training.fitting import heads
from training.fitting.train import Recipe, TrainSettings, fit_two_part, fixed_directions

GRADES = (0, 1, 2, 3)
"""0 nothing found, 1 missed by the court, 2 concealed, 3 concealed and money recovered."""

GAINS = (0, 1, 3, 7)
"""Gain of each grade at the top of a list: 2^grade - 1."""

LONGEST_LIST = 9_999
"""LightGBM refuses lists of more than 10,000 rows; longer ones are cut."""

CUTOFF = 40
"""Places that count in a list: the usual capacity of an office."""


def grades(sample: Sample) -> npt.NDArray[np.int64]:
    """Grade of every row, shape (n,), -1 where there is none.

    A row without an outcome but with a known recovery is one of property missed by the court; the other rows without
    an outcome (missed and not yet adopted, crime leads without assets) have no grade.
    """
    outcome, fen = sample.outcome, sample.fen
    with_outcome = np.where(outcome > 0, np.where(np.nan_to_num(fen) > 0, 3, 2), 0)
    return np.where(np.isnan(outcome), np.where(np.isnan(fen), -1, 1), with_outcome).astype(np.int64)


def list_numbers(sample: Sample) -> npt.NDArray[np.int64]:
    """Number of the list (office and quarter) of every row, none longer than `LONGEST_LIST`."""
    office = pd.Series([""] * len(sample.outcome)) if sample.office is None else sample.office.fillna("").astype(str)
    frame = pd.DataFrame({"scored": pd.to_datetime(sample.scored).to_numpy(), "office": office.to_numpy()})
    frame["part"] = frame.groupby(["scored", "office"]).cumcount() // LONGEST_LIST
    return np.asarray(frame.groupby(["scored", "office", "part"], sort=True).ngroup(), dtype=np.int64)


def fit_rank(
    values: pd.DataFrame,
    grade: npt.NDArray[np.int64],
    query: npt.NDArray[np.int64],
    settings: TreeSettings,
    *,
    threads: int = 1,
    monotone: dict[str, int] | None = None,
    weight: Array | None = None,
) -> TreeHead:
    """Fit trees on the order within lists.

    Args:
        values: float64 matrix (n, k); NaN = unknown.
        grade: 0 to 3, shape (n,). query: number of the list of every row, shape (n,).
        settings: of the trees. threads: the result is the same bit for bit.
        monotone: +1 or -1 per column whose direction is fixed.
        weight: of every row, mean 1, shape (n,); all alike by default.

    Raises:
        GoldenKeyError: a list is longer than `LONGEST_LIST`.
    """
    order = np.argsort(query, kind="stable")
    sizes = np.unique(query, return_counts=True)[1]
    if sizes.max(initial=0) > LONGEST_LIST:
        raise GoldenKeyError(f"排序学习的一组有 {sizes.max()} 行，应不多于 {LONGEST_LIST} 行。")
    columns = tuple(str(name) for name in values.columns)
    parameters = {
        **tree_parameters("lambdarank", settings, threads, columns, monotone or {}),
        "label_gain": list(GAINS),
        "lambdarank_truncation_level": CUTOFF,
    }
    matrix = as_array(columns, values)
    ordered_weight = None if weight is None else weight[order]
    data = lgb.Dataset(
        matrix[order], grade[order].astype(np.float64), weight=ordered_weight, group=sizes, params=parameters
    )
    booster = lgb.train(parameters, data, num_boost_round=settings.rounds)
    return TreeHead(columns, model_text(booster), 0.0, threads)


def rank_recipe(full: Sample) -> Recipe:
    """The recipe that learns the order of lists, for `training.fitting.train.fit_model`.

    Args:
        full: the whole sample. `fit_model` passes only rows with an outcome to the recipe; rows of property missed by
            the court have none and are taken from here as grade 1.
    """

    def make(sample: Sample, settings: TrainSettings, threads: int) -> tuple[heads.FittedHead, Calibration]:
        heads.require_labels(sample.positives, len(sample.outcome) - sample.positives, settings.heads)
        if heads.too_few_for_trees(sample.outcome, settings.heads):
            return fit_two_part(sample, settings, threads)
        rounds = settings.heads.rounds_default
        head = _fit_ranking(full, sample, settings, threads)
        pairs = splits.folds(sample.scored, sample.concluded, sample.group, settings.windows)
        margin, outcome, rows = _later_margins(full, sample, pairs, settings, threads)
        if len(outcome) < settings.windows.min_labels or outcome.sum() < settings.windows.min_positives:
            pairs = splits.group_folds(sample.group, sample.outcome > 0, settings.windows.folds)
            margin, outcome, rows = _later_margins(full, sample, pairs, settings, threads)
        return heads.FittedHead(head, rounds), fit_calibration(margin, outcome, sample.take(rows).normalised_weight)

    return make


def _later_margins(
    full: Sample, sample: Sample, pairs: list[tuple[Rows, Rows]], settings: TrainSettings, threads: int
) -> tuple[Array, Array, Rows]:
    """Margins of later rows under trees fitted on earlier ones, their outcomes and row numbers.

    `pairs` are (earlier, later) row numbers of `sample`.
    """
    margins, outcomes, rows = [np.zeros(0)], [np.zeros(0)], [np.zeros(0, dtype=np.int64)]
    for earlier, later in pairs:
        if len(later) and settings.heads.fewest_positives <= sample.outcome[earlier].sum() < len(earlier):
            head = _fit_ranking(full, sample.take(earlier), settings, threads)
            margins.append(head.margin(sample.values.iloc[later]))
            outcomes.append(sample.outcome[later])
            rows.append(later.astype(np.int64))
    return np.concatenate(margins), np.concatenate(outcomes), np.concatenate(rows)


def _fit_ranking(full: Sample, sample: Sample, settings: TrainSettings, threads: int) -> TreeHead:
    """Trees on the rows of a sample and on those of the full one where property was missed."""
    missed = full.take(_missed_rows(full, sample))
    values = pd.concat([sample.values, missed.values], ignore_index=True)
    grade = np.concatenate([grades(sample), grades(missed)])
    joined = _concatenate(sample, missed)
    fixed = {name: sign for name, sign in fixed_directions().items() if name in values.columns}
    trees = replace(settings.heads.trees, rounds=settings.heads.rounds_default)
    return fit_rank(
        values, grade, list_numbers(joined), trees, threads=threads, monotone=fixed, weight=joined.normalised_weight
    )


def _missed_rows(full: Sample, sample: Sample) -> Rows:
    """Rows of grade 1 of the full sample that were known when the newest label of `sample` was, of no later group."""
    scored, concluded = pd.to_datetime(full.scored), pd.to_datetime(full.concluded)
    last = pd.to_datetime(sample.scored).max()
    early = ((scored <= last) & (concluded <= pd.to_datetime(sample.concluded).max())).to_numpy()
    later = np.unique(full.group[(scored > last).to_numpy()])
    return np.flatnonzero((grades(full) == 1) & early & ~np.isin(full.group, later)).astype(np.int64)


def _concatenate(first: Sample, second: Sample) -> Sample:
    """The keys and weights of two samples one after the other, enough for `list_numbers`."""
    office = weight = None
    if first.office is not None and second.office is not None:
        office = pd.concat([first.office, second.office], ignore_index=True)
    if first.weight is not None and second.weight is not None:
        weight = np.concatenate([first.weight, second.weight])
    return replace(
        first,
        outcome=np.concatenate([first.outcome, second.outcome]),
        scored=pd.concat([first.scored, second.scored], ignore_index=True),
        office=office,
        weight=weight,
    )


__all__ = ["CUTOFF", "GAINS", "GRADES", "LONGEST_LIST", "fit_rank", "grades", "list_numbers", "rank_recipe"]
