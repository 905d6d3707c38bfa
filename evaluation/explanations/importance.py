"""Global importance: mean |contribution| of a clue compared with its permutation importance."""

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
    """Agreement of mean |contribution| per clue with permutation importance.

    Attributes:
        by: `auc` (drop of the AUC when a clue is shuffled) or `margin` (mean |change| of the log-odds, used where
            outcomes are missing or all equal).
        rows: rows used. spearman: rank correlation over all clues.
        overlap: share in common of the `top` clues by either measure.
        clues: (clue, mean |contribution|, permutation importance), the largest contribution first, at most twenty.
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
    """Compare mean |contribution| per clue with the loss from shuffling the clue's columns together.

    Args:
        model, values: the model and its matrix.
        outcome: 0, 1 or NaN (unknown), shape (n,): rows with an outcome are used; None to measure the
            change of the margin.
        repeats: shuffles per clue. seed: of the shuffles.
        top: number of leading clues compared.

    References:
        Fisher, Rudin and Dominici, All Models are Wrong, but Many are Useful, JMLR 20 (2019).
    """
    known = None
    if outcome is not None:
        known = ~np.isnan(outcome)
        known = known if len(np.unique(outcome[known])) > 1 else None
    used = values if known is None else values[known]
    truth = None if known is None or outcome is None else outcome[known]
    mean_size = clue_contributions(model, used).abs().mean()
    margin = model.margin(used)
    random = np.random.default_rng(seed)
    losses = {}
    for clue, columns in columns_by_clue(model).items():
        drops = [
            _permutation_loss(model, used, columns, random.permutation(len(used)), margin, truth)
            for _ in range(repeats)
        ]
        losses[clue] = float(np.mean(drops)) if len(used) else 0.0
    permuted = pd.Series(losses).reindex(mean_size.index)
    count = min(top, len(mean_size))
    by_contribution = set(mean_size.sort_values(ascending=False, kind="stable").index[:count])
    by_permutation = set(permuted.sort_values(ascending=False, kind="stable").index[:count])
    ordered = mean_size.sort_values(ascending=False, kind="stable").index[:20]
    return ImportanceComparison(
        by="margin" if truth is None else "auc",
        rows=len(used),
        spearman=_spearman(mean_size, permuted),
        top=count,
        overlap=len(by_contribution & by_permutation) / count if count else 0.0,
        clues=tuple((str(clue), float(mean_size[clue]), float(permuted[clue])) for clue in ordered),
    )


def _permutation_loss(
    model: Model,
    values: pd.DataFrame,
    columns: Sequence[str],
    order: npt.NDArray[np.int64],
    margin: Array,
    outcome: Array | None,
) -> float:
    """Loss from shuffling some columns together: drop of the AUC, or mean |change| of the margin."""
    part = values[columns]
    mixed = model.margin(values.assign(**part.iloc[order].set_axis(part.index)))
    if outcome is None:
        return float(np.abs(mixed - margin).mean())
    return auc(margin, outcome) - auc(mixed, outcome)


def _spearman(one: pd.Series, other: pd.Series) -> float | None:
    if len(one) < 3 or one.nunique() < 2 or other.nunique() < 2:
        return None
    return float(spearmanr(one, other).statistic)
