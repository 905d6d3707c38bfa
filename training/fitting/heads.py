"""Fit the heads of a model: trees where labels suffice, else the regularised linear head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from evaluation.metrics.probability import log_loss
from features.errors import NotEnoughDataError
from models.scoring.head import Array, Head
from models.scoring.linear import LinearHead, constant_head, fit_linear
from models.scoring.stacked import StackedHead, fit_stacked
from models.scoring.trees import TreeHead, TreeSettings, fit_trees, staged_margins
from training.data.splits import Rows

FEN_PER_UNIT = 1e6
"""Amounts are fitted in 万元: LightGBM keeps targets as 32-bit floats."""

MEAN_RECOVERY_FEN = 8_800_000
"""Mean recovery per supervised case, about 88,000 元 (docs/domain.md section 5.2): predicted for every case while
too few recoveries are known."""


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """Thresholds below which heads fall back, and how the number of trees is chosen.

    Attributes:
        fewest_positives: below this many positives (or without any negative) nothing is fitted at all.
        few_labels, few_positives: below either, the concealment head falls back to the linear one.
        fewest_amounts, few_amounts: the amount head is a constant below the first, linear below the second.
        rounds_most, rounds_step: boosting rounds are chosen among multiples of the second, up to the first.
        rounds_default: boosting rounds where the past is too short to choose them.
        penalty: ridge penalty of the linear head.
        stacked: whether the concealment head is trees on the margin of the linear one.
        trees: settings of the tree heads.
    """

    fewest_positives: int = 5
    few_labels: int = 200
    few_positives: int = 40
    fewest_amounts: int = 10
    few_amounts: int = 300
    rounds_most: int = 300
    rounds_step: int = 20
    rounds_default: int = 100
    penalty: float = 30.0
    stacked: bool = False
    trees: TreeSettings = field(default_factory=TreeSettings)


Folds = Sequence[tuple[Rows, Rows]]
"""Pairs of (earlier, later) row numbers, see `training.data.splits.folds`."""


@dataclass(frozen=True, slots=True)
class RoundsChoice:
    """Boosting rounds chosen on time-ordered folds.

    Attributes:
        count: how many.
        ahead: by number of the fold, margins of its later rows at that count; only folds it was chosen on.
    """

    count: int
    ahead: Mapping[int, Array] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FittedHead:
    """A fitted head.

    Attributes:
        head: the head.
        rounds: number of its trees, 0 for a linear one.
        note: 中文 sentence where it is a fallback.
        ahead: by number of the fold, margins of later rows under heads of the same recipe fitted on earlier ones, as
            far as they are known from choosing the number of trees.
    """

    head: Head
    rounds: int
    note: str = ""
    ahead: Mapping[int, Array] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """Training rows of a head of probability.

    Attributes:
        values: matrix (n, k).
        outcome: shape (n,), 0 or 1.
        monotone: +1 or -1 per column whose direction is fixed.
        group: group number of every row, by which a stacked head keeps debtors together; every row its own by default.
        weight: of every row, mean 1, shape (n,); all alike by default.
    """

    values: pd.DataFrame
    outcome: Array
    monotone: Mapping[str, int] | None = None
    group: Rows | None = None
    weight: Array | None = None

    def take(self, rows: Rows) -> LabelledRows:
        """Some of the rows; their weights are not normalised anew."""
        group = None if self.group is None else self.group[rows]
        weight = None if self.weight is None else self.weight[rows]
        return LabelledRows(self.values.iloc[rows], self.outcome[rows], self.monotone, group, weight)


def concealment_head(rows: LabelledRows, folds: Folds, settings: HeadSettings, threads: int = 1) -> FittedHead:
    """Fit the head of the probability of concealment.

    Args:
        rows: the training rows.
        folds: (earlier, later) rows on which the number of trees is chosen.
        settings: thresholds.
        threads: threads of LightGBM; not a bit of the result depends on them.

    Raises:
        NotEnoughDataError: fewer positives than `fewest_positives`, or no negative.
    """
    positives, count = int(rows.outcome.sum()), len(rows.outcome)
    require_labels(positives, count - positives, settings)
    if too_few_for_trees(rows.outcome, settings):
        note = (
            f"隐匿财产概率部分只有 {count} 条标签（正例 {positives} 条），少于 {settings.few_labels} 条或正例少于 "
            f"{settings.few_positives} 条，已回退为正则化线性模型。"
        )
        return FittedHead(_fit_linear_head(rows, settings), 0, note)
    rounds = choose_rounds(rows, folds, settings, threads)
    head = _fit_tree_head(rows, rounds.count, settings, threads)
    return FittedHead(head, rounds.count, ahead=rounds.ahead)


def _fit_linear_head(rows: LabelledRows, settings: HeadSettings) -> LinearHead:
    """The regularised linear head of a probability."""
    return fit_linear(rows.values, rows.outcome, "binary", settings.penalty, rows.monotone, rows.weight)


def _fit_tree_head(rows: LabelledRows, rounds: int, settings: HeadSettings, threads: int) -> TreeHead | StackedHead:
    """Trees, stacked on the margin of a linear head where the settings say so."""
    trees = replace(settings.trees, rounds=rounds)
    values, outcome = rows.values, rows.outcome
    if not settings.stacked:
        return fit_trees(values, outcome, "binary", trees, threads=threads, monotone=rows.monotone, weight=rows.weight)
    return fit_stacked(
        values,
        outcome,
        trees,
        settings.penalty,
        group=np.arange(len(outcome)) if rows.group is None else rows.group,
        threads=threads,
        monotone=rows.monotone,
        weight=rows.weight,
    )


def out_of_time_margins(
    labelled: LabelledRows, folds: Folds, fitted: FittedHead, settings: HeadSettings, threads: int = 1
) -> tuple[Array, Array, Rows]:
    """How a recipe predicts rows later than those it was fitted on: the material of a calibration.

    For each fold (earlier rows, later rows) a head is fitted on the earlier rows and applied to the later ones. Folds
    whose earlier rows hold too few positives are left out; the arrays are empty where none is left.

    Returns:
        Margins of the later rows of all folds, their outcomes, and their row numbers in `labelled`.
    """
    margins: list[Array] = [np.zeros(0)]
    outcomes: list[Array] = [np.zeros(0)]
    rows: list[Rows] = [np.zeros(0, dtype=np.int64)]
    for number, (earlier, later) in enumerate(folds):
        past, future = labelled.take(earlier), labelled.take(later)
        if not len(later) or not settings.fewest_positives <= int(past.outcome.sum()) < len(earlier):
            continue
        if number in fitted.ahead:
            margins.append(fitted.ahead[number])
        elif fitted.rounds:
            margins.append(_fit_tree_head(past, fitted.rounds, settings, threads).margin(future.values))
        else:
            margins.append(_fit_linear_head(past, settings).margin(future.values))
        outcomes.append(future.outcome)
        rows.append(later)
    return np.concatenate(margins), np.concatenate(outcomes), np.concatenate(rows)


def amount_head(
    values: pd.DataFrame,
    fen: Array,
    settings: HeadSettings,
    threads: int = 1,
    plain: Sequence[str] = (),
    weight: Array | None = None,
    folds: Folds = (),
) -> FittedHead:
    """Fit the head of the recoverable amount.

    Recoveries are few and their sizes spread over five orders of magnitude: below `few_amounts` of them the linear
    head sees the columns `plain` alone. From there on trees on every column take its place where they predict later
    recoveries better.

    Args:
        values: matrix (n, k). fen: recoveries known, 分, shape (n,); zeros are recoveries too.
        settings: thresholds. threads: of LightGBM, without effect on the result.
        plain: columns of the linear head; all of them where none is named.
        weight: of the rows, mean 1, shape (n,). folds: on which linear head and trees are compared.
    """
    count = len(fen)
    if count < settings.fewest_amounts or not fen.any():
        columns = tuple(str(name) for name in values.columns)
        note = f"可回收金额部分只有 {count} 条到位记录，暂以公开的每案平均到位额 8.8 万元代替，不区分案件。"
        return FittedHead(constant_head(columns, float(np.log(MEAN_RECOVERY_FEN))), 0, note)
    if count < settings.few_amounts:
        note = f"可回收金额部分只有 {count} 条到位记录，少于 {settings.few_amounts} 条，已回退为正则化线性模型"
        linear = _fit_linear_amount(values, fen, settings, plain, weight)
        return FittedHead(linear, 0, f"{note}，只看标的。" if _present(values, plain) else f"{note}。")
    if _present(values, plain) and not _trees_predict_better(values, fen, settings, threads, plain, weight, folds):
        note = f"可回收金额部分有 {count} 条到位记录，但树模型对较晚的到位并不比只看标的估计得准，故只看标的。"
        return FittedHead(_fit_linear_amount(values, fen, settings, plain, weight), 0, note)
    return FittedHead(_fit_tree_amount(values, fen, settings, threads, weight), settings.rounds_default)


def _present(values: pd.DataFrame, plain: Sequence[str]) -> list[str]:
    """Those of the named columns that the matrix has."""
    return [name for name in plain if name in values.columns]


def _fit_linear_amount(
    values: pd.DataFrame, fen: Array, settings: HeadSettings, plain: Sequence[str], weight: Array | None
) -> LinearHead:
    """A linear head on the columns `plain`, on all columns where none of them is there; the others are left blank."""
    used = _present(values, plain)
    kept = values[used].reindex(columns=values.columns) if used else values
    return fit_linear(kept, fen, "log", settings.penalty, weight=weight)


def _fit_tree_amount(
    values: pd.DataFrame, fen: Array, settings: HeadSettings, threads: int, weight: Array | None
) -> TreeHead:
    """Trees on every column; Tweedie loss suits amounts of which many are zero."""
    trees = replace(settings.trees, rounds=settings.rounds_default)
    return fit_trees(values, fen, "tweedie", trees, threads=threads, unit=FEN_PER_UNIT, weight=weight)


def _trees_predict_better(
    values: pd.DataFrame,
    fen: Array,
    settings: HeadSettings,
    threads: int,
    plain: Sequence[str],
    weight: Array | None,
    folds: Folds,
) -> bool:
    """Whether trees predict later recoveries at least as well (quasi-Poisson deviance); true without later ones."""
    linear_loss = trees_loss = 0.0
    for earlier, later in folds:
        if len(earlier) < settings.fewest_amounts or not len(later) or not fen[earlier].any():
            continue
        past, past_weight = values.iloc[earlier], None if weight is None else weight[earlier]
        linear = _fit_linear_amount(past, fen[earlier], settings, plain, past_weight)
        trees = _fit_tree_amount(past, fen[earlier], settings, threads, past_weight)
        future, future_weight = values.iloc[later], np.ones(len(later)) if weight is None else weight[later]
        linear_loss += _poisson_deviance(linear.margin(future), fen[later], future_weight)
        trees_loss += _poisson_deviance(trees.margin(future), fen[later], future_weight)
    return trees_loss <= linear_loss


def _poisson_deviance(margin: Array, fen: Array, weight: Array) -> float:
    """Quasi-Poisson deviance in 万元, up to a term that does not depend on the margin (log 分)."""
    return float(np.sum(weight * (np.exp(margin) - fen * margin))) / FEN_PER_UNIT


def too_few_for_trees(outcome: Array, settings: HeadSettings) -> bool:
    """Whether there are too few labels, or too few positives, for trees (`few_labels`, `few_positives`)."""
    return len(outcome) < settings.few_labels or int(outcome.sum()) < settings.few_positives


def require_labels(positives: int, negatives: int, settings: HeadSettings) -> None:
    """NotEnoughDataError for fewer positives than `fewest_positives`, or no negative."""
    if positives < settings.fewest_positives or not negatives:
        raise NotEnoughDataError(
            f"标签不足，无法训练：需要至少 {settings.fewest_positives} 条正例和 1 条反例，"
            f"实有正例 {positives} 条、反例 {negatives} 条（尚无足够的已审结审查）。"
        )


def choose_rounds(rows: LabelledRows, folds: Folds, settings: HeadSettings, threads: int = 1) -> RoundsChoice:
    """Number of trees with the least log loss on the later rows of the folds; the fewest of equals."""
    grid = list(range(settings.rounds_step, settings.rounds_most + 1, settings.rounds_step))
    total = np.zeros(len(grid))
    staged: dict[int, list[Array]] = {}
    for number, (earlier, later) in enumerate(folds):
        past, future = rows.take(earlier), rows.take(later)
        if len(later) and 0 < past.outcome.sum() < len(earlier) >= settings.few_labels // 2:
            head = _fit_tree_head(past, grid[-1], settings, threads)
            trees = head.trees if isinstance(head, StackedHead) else head
            linear = head.linear.margin(future.values) if isinstance(head, StackedHead) else 0.0
            staged[number] = [linear + margin for margin in staged_margins(trees, future.values, grid)]
            total += [_total_log_loss(margin, future.outcome, future.weight) for margin in staged[number]]
    if not total.any():
        return RoundsChoice(settings.rounds_default)
    best = int(np.argmin(total))
    return RoundsChoice(grid[best], {number: margins[best] for number, margins in staged.items()})


def _total_log_loss(margin: Array, outcome: Array, weight: Array | None) -> float:
    """Log loss added up over rows, each with its weight."""
    if weight is None:
        return len(outcome) * log_loss(margin, outcome)
    return float(np.sum(weight * (np.logaddexp(0.0, margin) - outcome * margin)))
