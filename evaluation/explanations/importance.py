"""Global importance: do explanations speak most of the clues that the model needs most?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import spearmanr

from evaluation.explanations.attribution import clue_contributions, columns_by_clue
from evaluation.metrics.probability import auc
from models.scoring.head import Array
from models.scoring.model import Model


@dataclass(frozen=True, slots=True)
class ImportanceComparison:
    """Whether the clues that explanations speak of most are those the model needs most.

    Attributes:
        by: `auc` (drop of the area under the curve when a clue is shuffled) or `margin` (mean |move| of the log-odds,
            where outcomes are too few or none).
        spearman: over all clues. overlap: of the first `top` by either measure, the share in common.
        clues: (clue, mean |contribution|, permutation importance), by the first, at most twenty.
    """

    by: str
    rows: int
    spearman: float | None
    top: int
    overlap: float
    clues: tuple[tuple[str, float, float], ...]

    def as_payload(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self) | {"clues": [list(row) for row in self.clues]}


def compare_importance(
    model: Model, values: pd.DataFrame, outcome: Array | None = None, repeats: int = 5, seed: int = 0, top: int = 10
) -> ImportanceComparison:
    """Mean |contribution| per clue beside the harm done by shuffling the clue's columns together.

    Args:
        model, values: the model and its matrix.
        outcome: 0, 1 or NaN (unknown), shape (n,): rows with an outcome are used; None to measure moves of the margin.
        repeats: shufflings per clue. seed: of the shuffling.
        top: how many of the first are compared.

    References:
        Fisher, Rudin and Dominici, All Models are Wrong, but Many are Useful, JMLR 20 (2019).
    """
    known = None
    if outcome is not None:
        known = ~np.isnan(outcome)
        known = known if len(np.unique(outcome[known])) > 1 else None
    used = values if known is None else values[known]
    truth = None if known is None or outcome is None else outcome[known]
    told = clue_contributions(model, used).abs().mean()
    margin = model.margin(used)
    random = np.random.default_rng(seed)
    harm = {}
    for clue, columns in columns_by_clue(model).items():
        drops = [
            _permutation_loss(model, used, columns, random.permutation(len(used)), margin, truth)
            for _ in range(repeats)
        ]
        harm[clue] = float(np.mean(drops)) if len(used) else 0.0
    done = pd.Series(harm).reindex(told.index)
    count = min(top, len(told))
    mine = set(told.sort_values(ascending=False, kind="stable").index[:count])
    theirs = set(done.sort_values(ascending=False, kind="stable").index[:count])
    ordered = told.sort_values(ascending=False, kind="stable").index[:20]
    return ImportanceComparison(
        by="margin" if truth is None else "auc",
        rows=len(used),
        spearman=_spearman(told, done),
        top=count,
        overlap=len(mine & theirs) / count if count else 0.0,
        clues=tuple((str(clue), float(told[clue]), float(done[clue])) for clue in ordered),
    )


def _permutation_loss(
    model: Model,
    values: pd.DataFrame,
    columns: Sequence[str],
    order: npt.NDArray[np.int64],
    margin: Array,
    outcome: Array | None,
) -> float:
    """What shuffling some columns together costs: area under the curve, or mean |move| of the margin."""
    part = values[columns]
    mixed = model.margin(values.assign(**part.iloc[order].set_axis(part.index)))
    if outcome is None:
        return float(np.abs(mixed - margin).mean())
    return auc(margin, outcome) - auc(mixed, outcome)


def _spearman(one: pd.Series, other: pd.Series) -> float | None:
    if len(one) < 3 or one.nunique() < 2 or other.nunique() < 2:
        return None
    return float(spearmanr(one, other).statistic)
