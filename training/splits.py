"""Windows in time: fit | gap | calibrate | gap | test, with no debtor or case chain on both sides of a gap.

A window's labels must have been concluded before the next window begins, so nothing is used before it could be
known; the gap is the time that outcomes need, so that the quickly concluded do not stand for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """How the windows are cut.

    Attributes:
        gap_days: days between a scoring date and the start of the next window; younger rows fall into the gap.
        test_share, calibration_share: smallest share of the labels in the windows of test and calibration.
        min_labels, min_positives: what each of these windows must hold, or it is not cut at all.
    """

    gap_days: int = 180
    test_share: float = 0.2
    calibration_share: float = 0.2
    min_labels: int = 30
    min_positives: int = 5


@dataclass(frozen=True, slots=True)
class Windows:
    """Row numbers of each window and where they begin; a window that could not be cut is empty and begins at None."""

    fit: Rows
    calibrate: Rows
    test: Rows
    calibrate_from: date | None
    test_from: date | None


def groups(*keys: pd.Series) -> Rows:
    """Connected groups of rows that share any key (debtor, case chain ...), numbered; missing keys join nothing."""
    count = len(keys[0])
    left: list[Rows] = []
    right: list[Rows] = []
    offset = count
    for key in keys:
        codes, names = pd.factorize(key)
        known = codes >= 0
        left.append(np.flatnonzero(known).astype(np.int64))
        right.append(codes[known].astype(np.int64) + offset)
        offset += len(names)
    a, b = np.concatenate(left), np.concatenate(right)
    graph = coo_matrix((np.ones(len(a), dtype=np.int8), (a, b)), shape=(offset, offset))
    _, component = connected_components(graph, directed=False)
    return np.asarray(component[:count], dtype=np.int64)


def windows(
    scored: pd.Series,
    concluded: pd.Series,
    positive: npt.NDArray[np.bool_],
    group: Rows,
    settings: SplitSettings = SplitSettings(),
) -> Windows:
    """Cut the windows from the latest backwards.

    Args:
        scored: scoring date of every row (dates).
        concluded: date its label was known.
        positive: whether its label is positive.
        group: from `groups`; a group in a later window leaves the earlier ones.
        settings: see `SplitSettings`.

    Returns:
        Windows; where the later ones cannot be filled they are empty and all rows stay in `fit`.
    """
    at, known = pd.to_datetime(scored), pd.to_datetime(concluded)
    everything = np.arange(len(scored), dtype=np.int64)
    none = everything[:0]
    test_from = _start(at, everything, positive, settings.test_share, settings)
    if test_from is None:
        return Windows(everything, none, none, None, None)
    test = everything[(at >= test_from).to_numpy()]
    before = _before(everything, at, known, test_from, settings.gap_days)
    before = before[~np.isin(group[before], group[test])]
    calibrate_from = _start(at, before, positive, settings.calibration_share, settings)
    if calibrate_from is None:
        return Windows(before, none, test, None, test_from.date())
    calibrate = before[(at.iloc[before] >= calibrate_from).to_numpy()]
    fit = _before(before, at, known, calibrate_from, settings.gap_days)
    fit = fit[~np.isin(group[fit], group[calibrate])]
    return Windows(fit, calibrate, test, calibrate_from.date(), test_from.date())


def before(scored: pd.Series, concluded: pd.Series, start: date, gap_days: int, group: Rows, later: Rows) -> Rows:
    """Rows that may be learned from when a window begins: scored a gap earlier, concluded, no group in `later`."""
    rows = _before(
        np.arange(len(scored), dtype=np.int64),
        pd.to_datetime(scored),
        pd.to_datetime(concluded),
        pd.Timestamp(start),
        gap_days,
    )
    return rows[~np.isin(group[rows], group[later])]


def folds(scored: pd.Series, concluded: pd.Series, group: Rows, count: int, gap_days: int) -> list[tuple[Rows, Rows]]:
    """Expanding folds on the past: (earlier rows, later rows) pairs, cut as the windows are.

    The later rows of each pair are those scored between two of `count + 1` evenly spread scoring dates.
    """
    at, known = pd.to_datetime(scored), pd.to_datetime(concluded)
    days = np.sort(at.unique())
    everything = np.arange(len(scored), dtype=np.int64)
    edges = _edges(at, days, count)
    pairs = []
    for low, high in zip(edges, [*edges[1:], None], strict=True):
        inside = (at >= low) if high is None else (at >= low) & (at < high)
        later = everything[inside.to_numpy()]
        earlier = _before(everything, at, known, low, gap_days)
        earlier = earlier[~np.isin(group[earlier], group[later])]
        pairs.append((earlier, later))
    return pairs


def group_folds(group: Rows, positive: npt.NDArray[np.bool_], count: int) -> list[tuple[Rows, Rows]]:
    """Folds without time: whole groups, positives spread evenly, the same for the same rows."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    blank = np.zeros((len(group), 1))
    if len(np.unique(group)) == len(group):
        pairs = StratifiedKFold(count, shuffle=True, random_state=0).split(blank, positive)
    else:
        pairs = StratifiedGroupKFold(count, shuffle=True, random_state=0).split(blank, positive, group)
    return [(np.asarray(earlier), np.asarray(later)) for earlier, later in pairs]


def _edges(at: pd.Series, days: npt.NDArray[np.datetime64], count: int) -> list[pd.Timestamp]:
    """Starts of the later parts: the days on which the first share of the rows has passed."""
    passed = np.searchsorted(np.sort(at.to_numpy()), days, side="left") / max(len(at), 1)
    wanted = [(step + 1) / (count + 1) for step in range(count)]
    places = [int(np.argmax(passed >= share)) for share in wanted if bool((passed >= share).any())]
    return [pd.Timestamp(days[place]) for place in sorted(set(places)) if place > 0]


def _start(
    at: pd.Series, rows: Rows, positive: npt.NDArray[np.bool_], share: float, settings: SplitSettings
) -> pd.Timestamp | None:
    """The latest scoring date from which on a window holds enough rows and positives, and leaves something before."""
    if not len(rows):
        return None
    inside = at.iloc[rows]
    need = max(settings.min_labels, int(np.ceil(share * len(rows))))
    for day in _falling(inside):
        later = rows[(inside >= day).to_numpy()]
        if len(later) == len(rows):
            return None
        if len(later) >= need and int(positive[later].sum()) >= settings.min_positives:
            return day
    return None


def _falling(at: pd.Series) -> Sequence[pd.Timestamp]:
    return [pd.Timestamp(day) for day in np.sort(at.unique())[::-1]]


def _before(rows: Rows, at: pd.Series, known: pd.Series, start: pd.Timestamp, gap_days: int) -> Rows:
    early = (at.iloc[rows] <= start - timedelta(days=gap_days)) & (known.iloc[rows] < start)
    return rows[early.to_numpy()]
