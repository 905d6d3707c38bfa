"""Drift of a matrix between two days: per feature, per clue, per source, of the data grades and of the scores.

The population stability index (PSI) is the sum of (p - q) ln(p / q) over bins: quantile bins of both days together, and
one bin for missing values. It is above 0 by chance alone: without drift PSI / (1/n + 1/m) follows a chi-square
distribution with (bins - 1) degrees of freedom (Yurdakul 2018, "Statistical properties of the population stability
index"), so its expectation is (bins - 1)(1/n + 1/m). The excess over that expectation is compared with a bound, and of
the many features compared only those count that pass the Benjamini-Hochberg procedure. Every episode of the cohort has
weight 1, reviewed or not, so the figures describe the population and not the cases somebody selected. Episodes of one
debtor are not independent: n and m are Kish's effective sizes over debtors. Most episodes are in both matrices, so the
true noise is smaller than assumed and the test is conservative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2, false_discovery_control, norm

from features.errors import NotEnoughDataError
from models.intervals.shares import newcombe_interval
from models.scoring.head import ColumnMismatchError

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.float64]

BINS = 10
FALSE_DISCOVERY_RATE = 0.05
"""Accepted share of false discoveries among the features, clues and sources reported (Benjamini-Hochberg)."""


@dataclass(frozen=True, slots=True)
class PopulationStability:
    """Population stability index of two distributions.

    Attributes:
        psi: population stability index, at least 0.
        noise: its expectation without drift.
        excess: psi - noise, negative where the two agree better than chance.
        chance: p-value of Pearson's test of the two counts (its chi-square approximation needs far fewer rows per bin
            than that of the index).
        cells: number of bins that hold rows.
    """

    psi: float
    noise: float
    excess: float
    chance: float
    cells: int


def count_bins(base: Array, new: Array, bins: int = BINS) -> tuple[Counts, Counts]:
    """Rows per bin of two columns: quantile bins of both together (equal values share a bin), last the missing values.

    Bins empty on both sides are left out, so that few distinct values give few bins.
    """
    both = np.concatenate([base, new])
    known = both[~np.isnan(both)]
    edges = np.unique(np.quantile(known, np.arange(1, bins) / bins, method="inverted_cdf")) if len(known) else known
    counted = []
    for column in (base, new):
        present = column[~np.isnan(column)]
        inside = np.bincount(np.searchsorted(edges, present, side="left"), minlength=len(edges) + 1)
        counted.append(np.append(inside, len(column) - len(present)).astype(np.float64))
    some = counted[0] + counted[1] > 0
    return counted[0][some], counted[1][some]


def population_stability(base: Counts, new: Counts, sizes: tuple[float, float] | None = None) -> PopulationStability:
    """Population stability index of two counts over the same bins.

    Each side is smoothed by one row distributed like both together, so that an empty bin stays finite and equal shares
    give exactly 0. The index is symmetric in its two sides.

    Args:
        base, new: rows per bin, at least one row on each side; bins empty on both are ignored.
        sizes: effective sizes of the two sides, in place of their counts.

    Raises:
        NotEnoughDataError: a side is empty.
    """
    total = (float(base.sum()), float(new.sum()))
    if min(total) <= 0:
        raise NotEnoughDataError(f"比较两日的分布需要两侧都有案件，实有 {total[0]:.0f} 件与 {total[1]:.0f} 件。")
    some = base + new > 0
    base, new = base[some], new[some]
    both = (base + new) / sum(total)
    p, q = ((count + both) / (whole + 1.0) for count, whole in ((base, total[0]), (new, total[1])))
    index = max(float(np.sum((p - q) * np.log(p / q))), 0.0)
    n, m = sizes or total
    unit = 1.0 / n + 1.0 / m
    free = len(base) - 1
    pearson = float(np.sum((base / total[0] - new / total[1]) ** 2 / both)) / unit
    chance = float(chi2.sf(pearson, free)) if free else 1.0
    return PopulationStability(index, free * unit, index - free * unit, chance, len(base))


def benjamini_hochberg(chance: Array, rate: float = FALSE_DISCOVERY_RATE) -> npt.NDArray[np.bool_]:
    """Which p-values are significant at a false discovery rate of `rate` (Benjamini & Hochberg 1995), shape (n,).

    >>> benjamini_hochberg(np.array([0.001, 0.2, 0.02, 0.9])).tolist()
    [True, False, True, False]
    """
    return np.asarray(false_discovery_control(chance) <= rate, dtype=np.bool_)


def feature_drift(
    base: pd.DataFrame, new: pd.DataFrame, sizes: tuple[float, float], bound: float, bins: int = BINS
) -> pd.DataFrame:
    """Drift of every column between two matrices.

    Args:
        base, new: matrices with the same columns (NaN = unknown), one row per episode.
        sizes: effective sizes of the two.
        bound: excess above which a column counts as drifted.

    Returns:
        One row per column: feature, psi, noise, excess, chance, cells, by_chance (probability of exceeding the bound
        without drift), missing_before, missing_after, missing_low, missing_high (interval of the change), drifted
        (excess above the bound and significant among all columns). Largest excess first.

    Raises:
        ColumnMismatchError: other columns on the two days. NotEnoughDataError: a side is empty.
    """
    if list(base.columns) != list(new.columns):
        other = sorted(set(base.columns) ^ set(new.columns))
        raise ColumnMismatchError(f"两日的特征矩阵列不同：{'、'.join(other[:5]) or '顺序有别'}；请用同一线索目录重算。")
    rows = []
    for name in base.columns:
        old, now = base[name].to_numpy(dtype=np.float64), new[name].to_numpy(dtype=np.float64)
        result = population_stability(*count_bins(old, now, bins), sizes=sizes)
        gone = (float(np.isnan(old).mean()), float(np.isnan(now).mean()))
        change = newcombe_interval(gone, sizes)
        by_chance = (
            chi2.sf((bound + result.noise) / (1 / sizes[0] + 1 / sizes[1]), result.cells - 1) if result.noise else 0.0
        )
        rows.append(
            (
                name,
                result.psi,
                result.noise,
                result.excess,
                result.chance,
                result.cells,
                float(by_chance),
                *gone,
                change.low,
                change.high,
            )
        )
    names = (
        "feature",
        "psi",
        "noise",
        "excess",
        "chance",
        "cells",
        "by_chance",
        "missing_before",
        "missing_after",
        "missing_low",
        "missing_high",
    )
    frame = pd.DataFrame(rows, columns=list(names))
    drifted = benjamini_hochberg(frame["chance"].to_numpy(dtype=np.float64)) & (frame["excess"] > bound).to_numpy()
    return frame.assign(drifted=drifted).sort_values(["excess", "feature"], ascending=[False, True], ignore_index=True)


def share_drift(
    base: pd.DataFrame, new: pd.DataFrame, sizes: tuple[float, float], bound: float, level: float = 0.95
) -> pd.DataFrame:
    """Change of the share of ones in every 0/1 column (NaN = the episode does not count).

    The interval is that of each column alone; `changed` requires significance among all columns and a change larger
    than the bound in either direction.

    Returns:
        One row per column: name, before, after, change, low, high, chance, counted_before, counted_after, changed.
        Largest change first.
    """
    rows = []
    for name in base.columns:
        old, now = (frame[name].dropna().to_numpy(dtype=np.float64) for frame in (base, new))
        if not len(old) or not len(now):
            continue
        counted = (sizes[0] * len(old) / len(base), sizes[1] * len(now) / len(new))
        share = (float(old.mean()), float(now.mean()))
        change = newcombe_interval(share, counted, level)
        rows.append(
            (
                name,
                *share,
                share[1] - share[0],
                change.low,
                change.high,
                _two_share_p_value(share, counted),
                len(old),
                len(now),
            )
        )
    names = ("name", "before", "after", "change", "low", "high", "chance", "counted_before", "counted_after")
    frame = pd.DataFrame(rows, columns=list(names))
    is_changed = (
        benjamini_hochberg(frame["chance"].to_numpy(dtype=np.float64)) & (frame["change"].abs() > bound).to_numpy()
    )
    order = frame["change"].abs().sort_values(ascending=False, kind="stable").index
    return frame.assign(changed=is_changed).loc[order].reset_index(drop=True)


def _two_share_p_value(share: tuple[float, float], sizes: tuple[float, float]) -> float:
    """Two-sided p-value of the difference of two shares (pooled score test)."""
    pooled = (share[0] * sizes[0] + share[1] * sizes[1]) / sum(sizes)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1]))
    return float(2 * norm.sf(abs(share[1] - share[0]) / spread)) if spread > 0 else 1.0


def clue_activity(values: pd.DataFrame, clue_of: Mapping[str, str]) -> pd.DataFrame:
    """Whether each clue is active in each episode: 1 if any of its columns is not 0, 0 if all known ones are, NaN if
    none is known. One column per clue in order of first appearance."""
    clues = pd.Index([clue_of.get(name, name) for name in values.columns])
    matrix = values.to_numpy(dtype=np.float64)
    names = list(dict.fromkeys(clues))
    columns = {}
    for name in names:
        part = matrix[:, clues == name]
        known = ~np.isnan(part)
        columns[name] = np.where(known.any(axis=1), (known & (part != 0)).any(axis=1).astype(np.float64), np.nan)
    return pd.DataFrame(columns, index=values.index, columns=names)


def score_shift(base: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """How far each clue moved the scores between the two days.

    Args:
        base, new: contributions by clue (log-odds), one row per episode, see
            `models.reasons.contributions.contributions_by_clue`.

    Returns:
        One row per clue: clue, moved (change of the mean contribution), size_before, size_after (mean |contribution|),
        sure (standard error of `moved`). Largest move first.
    """
    moved = new.mean() - base.mean()
    spread = [frame.to_numpy(dtype=np.float64).var(axis=0) / max(len(frame), 1) for frame in (base, new)]
    frame = pd.DataFrame(
        {
            "clue": list(base.columns),
            "moved": moved.to_numpy(),
            "size_before": base.abs().mean().to_numpy(),
            "size_after": new.abs().mean().to_numpy(),
            "sure": np.sqrt(spread[0] + spread[1]),
        }
    )
    order = frame["moved"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)
