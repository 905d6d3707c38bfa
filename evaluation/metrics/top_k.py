"""Precision, yield and lift at k, with ties reported as worst, expected and best case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.errors import NotEnoughDataError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TiedFigure:
    """A figure that depends on how equal scores are ordered: under the worst, a random and the best order."""

    worst: float
    expected: float
    best: float

    def times(self, factor: float) -> TiedFigure:
        """The same figure in another unit; `factor` must not be negative."""
        return TiedFigure(self.worst * factor, self.expected * factor, self.best * factor)


def gain_at(score: Array, gain: Array, k: int) -> TiedFigure:
    """Sum of `gain` over the k highest scores; a larger k than the list takes the whole list.

    >>> gain_at(np.array([3.0, 2.0, 2.0, 1.0]), np.array([1.0, 0.0, 1.0, 1.0]), 2)
    TiedFigure(worst=1.0, expected=1.5, best=2.0)
    """
    count = min(k, len(score))
    if count <= 0:
        raise NotEnoughDataError("名单为空，无法计算前列指标。")
    cut = np.partition(score, len(score) - count)[len(score) - count]
    sure = score > cut
    tied = np.sort(gain[score == cut])
    left = count - int(sure.sum())
    base = float(gain[sure].sum())
    return TiedFigure(
        base + float(tied[:left].sum()),
        base + float(tied.mean()) * left,
        base + float(tied[len(tied) - left :].sum()),
    )


def precision_at(score: Array, outcome: Array, k: int) -> TiedFigure:
    """Share of positives among the k highest scores."""
    return gain_at(score, outcome, k).times(1.0 / min(k, len(score)))


def lift_at(score: Array, outcome: Array, k: int) -> TiedFigure:
    """Precision at k over the share of positives in the whole list; NotEnoughDataError when there is no positive."""
    rate = float(np.mean(outcome))
    if rate <= 0:
        raise NotEnoughDataError("名单中没有正例，无法计算提升度。")
    return precision_at(score, outcome, k).times(1.0 / rate)
