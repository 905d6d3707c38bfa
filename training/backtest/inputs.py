"""What a backtest reads, before anything is computed: labels, draws and matrices as known on every quarter end.

For each quarter end only what was known on that day is read. What became known by the last day (the outcomes) is read
separately, because no model may be fitted on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from evaluation.lists.against_truth import load_truth
from features.matrix import Matrix
from training.backtest.plan import BacktestPlan
from training.data import label_weights
from training.data.label_delay import WINDOW
from training.data.sample import scoring_dates
from training.data.source import TrainingSource
from training.fitting.recipes import Candidate

WeightedLabels = tuple[pd.DataFrame, tuple[str, ...]]
"""Labels with a column `weight`, and 中文 sentences on how they were weighted."""


@dataclass(frozen=True)
class QuarterInputs:
    """What was known on one quarter end.

    Attributes:
        day: the quarter end.
        labels: labels known on it, see `training.data.labels.load_labels`; may be empty.
        weighted: the same labels with weights, by name of the candidates that ask for weights.
        draws: logged draws known on it, see `models.selection.logged_draws.read_draws`; None where no candidate
            weighs by them.
    """

    day: date
    labels: pd.DataFrame
    weighted: Mapping[str, WeightedLabels] = field(default_factory=dict)
    draws: pd.DataFrame | None = None

    @property
    def matrix_days(self) -> list[date]:
        """Days whose matrices the quarter needs: the scoring dates of its labels and itself; none without labels."""
        return sorted({*scoring_dates(self.labels), self.day}) if len(self.labels) else []


@dataclass(frozen=True)
class Outcomes:
    """What is known at the end of a backtest, against which its lists are measured.

    Attributes:
        until: last day; outcomes known later are left out.
        labels: labels known by then. draws: logged draws known by then.
        truth: of a simulated world, a row per episode: case_no, zb_date, kind, recovered_if_reviewed_fen; None for
            real data.
        state, catalogue_version: of the source, see `training.data.source.TrainingSource`.
    """

    until: date
    labels: pd.DataFrame
    draws: pd.DataFrame
    truth: pd.DataFrame | None
    state: int
    catalogue_version: str


@dataclass(frozen=True)
class BacktestInputs:
    """Everything a backtest reads: its quarters in the order of the plan, their matrices by day, and the outcomes."""

    quarters: tuple[QuarterInputs, ...]
    matrices: Mapping[date, Matrix]
    outcomes: Outcomes


def weighs_labels(candidate: Candidate) -> bool:
    """Whether a candidate weights its labels, by inclusion probability or by delay."""
    return (candidate.settings.weighting, candidate.settings.delay) != (label_weights.NONE, WINDOW)


def read_outcomes(source: TrainingSource, until: date, truth: Path | None = None) -> Outcomes:
    """Labels and draws known by a day, and the truth of a simulated world where its folder is given.

    Raises:
        GoldenKeyError: the folder holds no truth.
    """
    labels, draws = source.labels(until), source.draws(until)
    rows = None if truth is None else _read_truth(truth)
    return Outcomes(until, labels, draws, rows, source.state, source.catalogue_version)


def read_quarters(source: TrainingSource, plan: BacktestPlan) -> tuple[QuarterInputs, ...]:
    """Labels and draws as known on every quarter end of a plan."""
    return tuple(_read_quarter(source, day, plan.candidates) for day in plan.days)


def read_inputs(source: TrainingSource, plan: BacktestPlan, outcomes: Outcomes) -> BacktestInputs:
    """Everything a plan needs, with the outcomes already read."""
    quarters = read_quarters(source, plan)
    return BacktestInputs(quarters, source.matrices(matrix_days(quarters)), outcomes)


def matrix_days(quarters: Sequence[QuarterInputs]) -> list[date]:
    """Days whose matrices some quarters need, rising, each once."""
    return sorted({day for quarter in quarters for day in quarter.matrix_days})


def _read_quarter(source: TrainingSource, day: date, candidates: Sequence[Candidate]) -> QuarterInputs:
    labels = source.labels(day)
    weighted: dict[str, WeightedLabels] = {}
    for candidate in candidates:
        if weighs_labels(candidate) and len(labels):
            rows, notes = source.weighted_labels(day, candidate.settings.weighting, candidate.settings.delay)
            weighted[candidate.name] = rows, tuple(notes)
    by_draws = any(candidate.settings.weighting != label_weights.NONE for candidate in candidates)
    return QuarterInputs(day, labels, weighted, source.draws(day) if by_draws else None)


def _read_truth(folder: Path) -> pd.DataFrame:
    return load_truth(folder)[["case_no", "zb_date", "kind", "recovered_if_reviewed_fen"]]
