"""Time splits: training rows, a gap, later test rows; no debtor or case chain is on both sides of the gap.

Training rows must have been concluded before the test window begins, so that nothing is used before it was known. The
gap is the time that reviews need to conclude; without it early conclusions would be overrepresented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

Rows = npt.NDArray[np.int64]
"""Row numbers."""


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """How the windows are cut.

    Attributes:
        gap_days: least days between the scoring date of a row to learn from and the start of the later window.
        test_share: smallest share of the labels in the test window.
        min_labels, min_positives: what the test window must hold, or none is cut.
        folds: later windows inside the learning rows, on which the number of trees and the calibration are fitted.
    """

    gap_days: int = 180
    test_share: float = 0.2
    min_labels: int = 30
    min_positives: int = 5
    folds: int = 3


@dataclass(frozen=True, slots=True)
class Windows:
    """Row numbers to learn from and to test on, and the first day of the test window.

    Without a test window `test` is empty and `test_from` None.
    """

    learn: Rows
    test: Rows
    test_from: date | None


def groups(*keys: pd.Series) -> Rows:
    """Group number of every row: rows sharing a key (debtor, case chain) are connected; a missing key connects none."""
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
    """Cut the test window from the latest backwards.

    Args:
        scored: scoring date of every row (dates).
        concluded: date its label was known.
        positive: whether its label is positive.
        group: from `groups`; a group in the test window is not learned from.
        settings: see `SplitSettings`.

    Returns:
        Windows; where no test window can be filled all rows are learned from.
    """
    at, known = pd.to_datetime(scored), pd.to_datetime(concluded)
    everything = np.arange(len(scored), dtype=np.int64)
    start = _start(at, positive, settings)
    if start is None:
        return Windows(everything, everything[:0], None)
    test = everything[(at >= start).to_numpy()]
    return Windows(_before(at, known, start, settings.gap_days, group, test), test, start.date())


def folds(
    scored: pd.Series, concluded: pd.Series, group: Rows, settings: SplitSettings = SplitSettings()
) -> list[tuple[Rows, Rows]]:
    """Expanding folds on the past: (earlier rows, later rows) pairs, each cut as the windows are.

    The later rows of the pairs follow one another; together they are all rows but the first part.
    """
    at, known = pd.to_datetime(scored), pd.to_datetime(concluded)
    everything = np.arange(len(scored), dtype=np.int64)
    edges = _edges(at, settings.folds)
    pairs = []
    for low, high in zip(edges, [*edges[1:], pd.Timestamp.max], strict=False):
        later = everything[((at >= low) & (at < high)).to_numpy()]
        pairs.append((_before(at, known, low, settings.gap_days, group, later), later))
    return pairs


def group_folds(group: Rows, positive: npt.NDArray[np.bool_], count: int) -> list[tuple[Rows, Rows]]:
    """Stratified folds over whole groups, without time; deterministic."""
    blank = np.zeros((len(group), 1))
    if len(np.unique(group)) == len(group):
        pairs = StratifiedKFold(count, shuffle=True, random_state=0).split(blank, positive)
    else:
        pairs = StratifiedGroupKFold(count, shuffle=True, random_state=0).split(blank, positive, group)
    return [(np.asarray(earlier), np.asarray(later)) for earlier, later in pairs]


def _edges(at: pd.Series, count: int) -> list[pd.Timestamp]:
    """First days of the later parts, which split the rows into `count` + 1 about equal parts by time."""
    days = np.sort(at.unique())
    share_before = np.searchsorted(np.sort(at.to_numpy()), days, side="left") / max(len(at), 1)
    shares = [(step + 1) / (count + 1) for step in range(count)]
    firsts = {int(np.argmax(share_before >= share)) for share in shares if bool((share_before >= share).any())}
    return [pd.Timestamp(days[first]) for first in sorted(firsts) if first > 0]


def _start(at: pd.Series, positive: npt.NDArray[np.bool_], settings: SplitSettings) -> pd.Timestamp | None:
    """Latest scoring date from which a test window holds enough rows and positives; None where that is all rows."""
    need = max(settings.min_labels, int(np.ceil(settings.test_share * len(at))))
    for day in np.sort(at.unique())[::-1]:
        later = (at >= day).to_numpy()
        if later.all():
            return None
        if later.sum() >= need and positive[later].sum() >= settings.min_positives:
            return pd.Timestamp(day)
    return None


def _before(at: pd.Series, known: pd.Series, start: pd.Timestamp, gap_days: int, group: Rows, later: Rows) -> Rows:
    """Rows to learn from for a window starting on a day: a gap older, concluded before it, of no group in `later`."""
    early = ((at <= start - timedelta(days=gap_days)) & (known < start)).to_numpy()
    return np.flatnonzero(early & ~np.isin(group, group[later]))
