"""Fidelity of explanations: removing a reason's evidence must move the score in the direction of its contribution."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.explanations.attribution import (
    CONTEXT_CLUES,
    DEFAULT_SETTINGS,
    clue_contributions,
    columns_by_clue,
    has_evidence,
    top_reasons,
    without_evidence,
)
from features.clues.catalogue import CLUES
from models.intervals.shares import wilson
from models.reasons.sentences import ReasonSettings
from models.scoring.head import Array
from models.scoring.model import Model
from models.scoring.stacked import StackedHead
from models.scoring.trees import TreeHead

Flags = npt.NDArray[np.bool_]

TOLERANCE = 1e-9
"""Changes of the log-odds up to this size count as none."""

_REPORTED = {"unsupported": "silent", "constrained": "held", "constrained_pairs": "held_pairs"}
"""Names of some figures in stored reports, which never change."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Whether removing a reason's evidence changes the score in the direction of its contribution.

    The main figures cover reasons that raise the score and come from observations (findings and measures). They leave
    out two kinds, which stand in `parts` only: context (claim, coverage) cannot be removed, and a reason that lowers
    the score mostly says that an amount is below average, so setting it to 0 lowers the score further.

    Attributes:
        named: raising reasons from observations that are shown and have evidence. right: those whose removal lowers
            the log-odds. share, low, high: share right with Wilson's 95 % interval.
        unsupported: raising reasons shown without any evidence: the source is not covered, or it has no rows.
        spearman, kendall: mean rank correlation within cases between contributions and score changes of observations;
            cases: number of cases with at least three of them. spearman_all: Spearman including context.
        parts: (kind of clue, direction, shown, with evidence, right) for all reasons shown.
        constrained: columns with a monotone constraint. constrained_pairs: removals of their evidence tried.
        violations: removals that moved the score against the constraint; must be 0.
        worst: clues with the lowest share right among the main figures, (clue, right, shown), at most ten.
    """

    named: int
    right: int
    share: float | None
    low: float
    high: float
    unsupported: int
    spearman: float | None
    kendall: float | None
    cases: int
    spearman_all: float | None
    parts: tuple[tuple[str, str, int, int, int], ...]
    constrained: int
    constrained_pairs: int
    violations: int
    worst: tuple[tuple[str, int, int], ...]

    def as_payload(self) -> dict[str, Any]:
        """As JSON values, under the names of the report (`_REPORTED`)."""
        plain = {_REPORTED.get(name, name): value for name, value in asdict(self).items()}
        return plain | {name: [list(row) for row in getattr(self, name)] for name in ("parts", "worst")}


def monotone_directions(model: Model) -> dict[str, int]:
    """Monotone constraints (+1 or -1) by column, read from the model's trees; empty for a linear model."""
    head = model.concealment
    trees = head.trees if isinstance(head, StackedHead) else head
    line = re.search(r"^monotone_constraints=(.+)$", trees.text, re.MULTILINE) if isinstance(trees, TreeHead) else None
    signs = [int(sign) for sign in line.group(1).split()] if line else []
    return {name: sign for name, sign in zip(model.columns, signs, strict=False) if sign}


def margin_changes(model: Model, values: pd.DataFrame) -> pd.DataFrame:
    """Margin with each clue's evidence minus margin without it, shape (n, clues); NaN where there is no evidence."""
    margin = model.margin(values)
    changes = {}
    for clue, columns in columns_by_clue(model).items():
        with_evidence = has_evidence(values, columns)
        move = np.full(len(values), np.nan)
        if with_evidence.any():
            some = values[with_evidence]
            move[with_evidence] = margin[with_evidence] - model.margin(without_evidence(some, columns))
        changes[clue] = move
    return pd.DataFrame(changes, index=values.index)


def fidelity(
    model: Model,
    values: pd.DataFrame,
    directions: Mapping[str, int] | None = None,
    settings: ReasonSettings = DEFAULT_SETTINGS,
    context: Collection[str] = CONTEXT_CLUES,
) -> Fidelity:
    """Remove the evidence of every clue of every case and compare the score changes with the contributions.

    Args:
        model, values: the model and its matrix, NaN = not covered.
        directions: monotone constraints (+1 or -1) by column, by default those of the model's trees.
        settings: how many reasons are shown, and from which size of contribution.
        context: clues that rank behind the others.
    """
    parts, moved = clue_contributions(model, values), margin_changes(model, values)
    kind = np.array([_kind(str(clue), context) for clue in parts.columns])
    is_observation, with_evidence = kind != "context", moved.notna().to_numpy()
    named = {
        "raising": top_reasons(parts, settings.top, settings.floor, context),
        "lowering": top_reasons(-parts, settings.lowers, settings.floor, ()),
    }
    agrees = np.sign(parts.to_numpy()) * np.nan_to_num(moved.to_numpy()) > TOLERANCE
    main = named["raising"] & with_evidence & is_observation
    right = main & agrees
    interval = wilson(int(right.sum()), int(main.sum()))
    spearman, kendall, cases = _rank_correlations(
        parts.to_numpy()[:, is_observation], moved.to_numpy()[:, is_observation]
    )
    signs = monotone_directions(model) if directions is None else directions
    pairs, violations = count_monotonicity_violations(model, values, signs)
    return Fidelity(
        named=int(main.sum()),
        right=int(right.sum()),
        share=float(right.sum() / main.sum()) if main.any() else None,
        low=interval.low,
        high=interval.high,
        unsupported=int((named["raising"] & ~with_evidence).sum()),
        spearman=spearman,
        kendall=kendall,
        cases=cases,
        spearman_all=_rank_correlations(parts.to_numpy(), moved.to_numpy())[0],
        parts=tuple(
            _part_counts(str(one), way, chosen[:, kind == one], with_evidence[:, kind == one], agrees[:, kind == one])
            for one in sorted(set(kind))
            for way, chosen in named.items()
        ),
        constrained=len(signs),
        constrained_pairs=pairs,
        violations=violations,
        worst=_worst(parts.columns, main, right),
    )


def _kind(clue: str, context: Collection[str]) -> str:
    """Kind of a clue; a column of a foreign matrix (without a clue) counts as a finding."""
    if clue in context:
        return "context"
    return CLUES[clue].kind if clue in CLUES else "finding"


def _part_counts(kind: str, way: str, named: Flags, there: Flags, agrees: Flags) -> tuple[str, str, int, int, int]:
    return kind, way, int(named.sum()), int((named & there).sum()), int((named & there & agrees).sum())


def _worst(clues: pd.Index, named: Flags, right: Flags) -> tuple[tuple[str, int, int], ...]:
    rows = [(str(clue), int(right[:, n].sum()), int(named[:, n].sum())) for n, clue in enumerate(clues)]
    return tuple(sorted((row for row in rows if row[1] < row[2]), key=lambda row: (row[1] / row[2], row[0]))[:10])


def _rank_correlations(parts: Array, moved: Array) -> tuple[float | None, float | None, int]:
    """Mean Spearman and Kendall (tau-b) correlation within rows over the clues with evidence, and rows compared.

    Rows with fewer than three such clues, or where one side is all equal, are left out. All rows at once: calling
    SciPy's functions per row takes 25 times as long.
    """
    has_change = ~np.isnan(moved)
    mine, theirs = (_centred_ranks(np.where(has_change, side, np.nan)) for side in (parts, moved))
    usable = has_change.sum(axis=1) >= 3
    spearman = _row_correlation(mine, theirs)
    kendall = np.full(len(parts), np.nan)
    for row in np.flatnonzero(usable):
        one, other = (
            np.sign(np.subtract.outer(side, side))
            for side in (mine[row, has_change[row]], theirs[row, has_change[row]])
        )
        kendall[row] = _row_correlation(one.reshape(1, -1), other.reshape(1, -1))[0]
    usable &= ~np.isnan(spearman)
    if not usable.any():
        return None, None, 0
    return float(spearman[usable].mean()), float(kendall[usable].mean()), int(usable.sum())


def _centred_ranks(side: Array) -> Array:
    """Ranks within rows minus their mean; NaN (left out) becomes 0 and so adds nothing to a correlation."""
    ranks = pd.DataFrame(side).rank(axis=1)
    return ranks.sub(ranks.mean(axis=1), axis=0).fillna(0.0).to_numpy()


def _row_correlation(one: Array, other: Array) -> Array:
    """Correlation of centred rows, shape (n,); NaN where one side is all 0."""
    size = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return np.asarray(np.where(size > 0, (one * other).sum(axis=1) / np.where(size > 0, size, 1.0), np.nan))


def count_monotonicity_violations(model: Model, values: pd.DataFrame, signs: Mapping[str, int]) -> tuple[int, int]:
    """Removals of evidence under a monotone constraint, and those that moved the score against it."""
    margin = model.margin(values)
    pairs = wrong = 0
    for columns in columns_by_clue(model).values():
        for sign in (1, -1):
            mine = [name for name in columns if signs.get(name) == sign]
            with_evidence = (values[mine] > 0).any(axis=1).to_numpy() if mine else np.zeros(0, dtype=bool)
            if with_evidence.any():
                move = margin[with_evidence] - model.margin(without_evidence(values[with_evidence], mine, above=True))
                pairs += int(with_evidence.sum())
                wrong += int((sign * move < -TOLERANCE).sum())
    return pairs, wrong
