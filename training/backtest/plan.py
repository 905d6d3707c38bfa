"""What a backtest is asked to do: which candidates and baselines it compares, on which quarter ends, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from evaluation.lists.baselines import BASELINES
from evaluation.lists.measure import ROUNDS
from features.errors import GoldenKeyError
from models.selection.capacity import CAPACITY
from training.fitting.recipes import Candidate, find_candidate


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """How a backtest measures.

    Attributes:
        capacity: cases each office can look into per quarter (docs/domain.md section 5.3).
        rounds: draws of the bootstrap over debtors.
        baselines: orders compared with the candidates, see `evaluation.lists.baselines`.
    """

    capacity: int = CAPACITY
    rounds: int = ROUNDS
    baselines: tuple[str, ...] = tuple(BASELINES)

    def __post_init__(self) -> None:
        if self.capacity < 1 or self.rounds < 1:
            raise GoldenKeyError(f"回测的名额和抽样次数应不小于 1，实为 {self.capacity} 和 {self.rounds}。")


DEFAULT_SETTINGS = BacktestSettings()


@dataclass(frozen=True, slots=True)
class BacktestPlan:
    """One backtest: its quarter ends, its candidates and its settings.

    Attributes:
        days: quarter ends, rising, each once.
        candidates: recipes fitted anew on every quarter end, each once. Calibration, strata and the outcome model of
            the doubly robust estimate are reported for the first.
        settings: see `BacktestSettings`.
        threads: threads of LightGBM, without effect on any figure.
    """

    days: tuple[date, ...]
    candidates: tuple[Candidate, ...]
    settings: BacktestSettings = field(default_factory=BacktestSettings)
    threads: int = 1


def plan_backtest(
    days: Sequence[date], recipes: Sequence[str], settings: BacktestSettings, threads: int = 1
) -> BacktestPlan:
    """The plan for days and names of candidates in any order, repeated or not; GoldenKeyError for an unknown name."""
    candidates = tuple(find_candidate(name) for name in dict.fromkeys(recipes))
    return BacktestPlan(tuple(sorted(set(days))), candidates, settings, threads)


def quarter_ends(first: date, last: date) -> list[date]:
    """Quarter ends from one day to another, both included; GoldenKeyError when there is none."""
    found = [day.date() for day in pd.date_range(first, last, freq="QE")]
    if not found:
        raise GoldenKeyError(f"{first} 至 {last} 之间没有任何季度末（3、6、9、12 月的最后一日），无法回测。")
    return found
