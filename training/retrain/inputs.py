"""Everything a retraining reads, gathered once before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import NotEnoughDataError
from features.matrix import Matrix
from models.ledger.ledger import Ledger
from models.registry import registry, reports
from models.registry.promotion import reconcile
from models.scoring.model import Model
from training.backtest.inputs import BacktestInputs, matrix_days, read_outcomes, read_quarters
from training.backtest.plan import BacktestPlan
from training.data.sample import scoring_dates
from training.data.source import TrainingSource
from training.fitting.train import TrainSettings
from training.retrain.gate import ReasonReview


@dataclass(frozen=True)
class ChampionInputs:
    """The model in use, with contents of its reports.

    Attributes:
        model: the model.
        approved: whether two people approved it; else it is in use provisionally.
        coverage: share of known values per family of clues in its training; None where its report does not hold it.
        gate: its gate report, None where there is none.
        review: auditors' verdicts on its reasons, None where there are none.
    """

    model: Model
    approved: bool
    coverage: Mapping[str, float] | None
    gate: Mapping[str, Any] | None
    review: ReasonReview | None


@dataclass(frozen=True)
class RetrainInputs:
    """Everything a retraining computes on, as known on one day at one state of the pool.

    Attributes:
        as_of: the day; labels concluded later are not used.
        state, catalogue_version: of the source, see `training.data.source.TrainingSource`.
        labels: labels known, with weights where the recipe asks for them; at least one.
        notes: 中文 sentences on the weights.
        matrices: matrix of every scoring date of the labels and of the last quarter end up to the day.
        groups: the keys of each of these matrices with the group of every episode.
        draws, funnel, reviewed_draws, deliveries: as the source gives them on the day.
        backtest: what the backtest reads, None where none is asked for.
        champion: the model in use, None where there is none.
    """

    as_of: date
    state: int
    catalogue_version: str
    labels: pd.DataFrame
    notes: tuple[str, ...]
    matrices: Mapping[date, Matrix]
    groups: Mapping[date, pd.DataFrame]
    draws: pd.DataFrame
    funnel: pd.DataFrame | None
    reviewed_draws: pd.DataFrame | None
    deliveries: pd.DataFrame
    backtest: BacktestInputs | None
    champion: ChampionInputs | None

    @property
    def newest(self) -> Matrix:
        """The matrix of the last quarter end up to the day."""
        return self.matrices[max(self.matrices)]


def read_inputs(
    ledger: Ledger,
    source: TrainingSource,
    as_of: date,
    settings: TrainSettings,
    plan: BacktestPlan | None,
    threads: int = 1,
) -> RetrainInputs:
    """Read everything; aliases of the model in use that were changed from outside are reset first.

    Args:
        ledger: the open ledger of the home.
        source: labels, matrices and draws.
        as_of: the day.
        settings: of the recipe, which say how labels are weighted.
        plan: of the backtest, None for none.
        threads: of LightGBM when the champion scores.

    Raises:
        NotEnoughDataError: no label is known on the day.
    """
    champion = _read_champion(ledger, threads)
    labels, notes = source.weighted_labels(as_of, settings.weighting, settings.delay)
    if not len(labels):
        raise NotEnoughDataError(f"截至 {as_of} 还没有任何已审结的审查（标签），无法训练；请先导入监督结果。")
    quarters = read_quarters(source, plan) if plan else ()
    own_days = [*scoring_dates(labels), _last_quarter_end(as_of)]
    by_day = source.matrices(sorted({*own_days, *matrix_days(quarters)}))
    matrices = {day: by_day[day] for day in sorted(set(own_days))}
    return RetrainInputs(
        as_of,
        source.state,
        source.catalogue_version,
        labels,
        tuple(notes),
        matrices,
        groups={day: source.groups(matrix) for day, matrix in matrices.items()},
        draws=source.draws(as_of),
        funnel=source.funnel(as_of),
        reviewed_draws=source.reviewed_draws(as_of),
        deliveries=source.deliveries(as_of),
        backtest=BacktestInputs(quarters, by_day, read_outcomes(source, as_of)) if plan else None,
        champion=champion,
    )


def reason_review(home: Path, version: str) -> ReasonReview | None:
    """Auditors' verdicts so far on the reasons of a model; None without any."""
    report = reports.read_report(home, version, "review")
    if not report or not report.get("overall"):
        return None
    overall = report["overall"]
    return ReasonReview(
        version, int(overall["judged"]), int(overall["supported"]), float(overall["low"]), float(overall["high"])
    )


def _read_champion(ledger: Ledger, threads: int) -> ChampionInputs | None:
    in_use = reconcile(ledger)
    if in_use.version is None:
        return None
    home, version = ledger.home, in_use.version
    training = reports.read_report(home, version, "training") or {}
    return ChampionInputs(
        registry.load(home, version, threads),
        approved=in_use.tenure is not None,
        coverage=training.get("coverage"),
        gate=reports.read_report(home, version, "gate"),
        review=reason_review(home, version),
    )


def _last_quarter_end(day: date) -> date:
    """The last quarter end up to a day, on which reasons are compared."""
    return (pd.Timestamp(day) + pd.offsets.Day(1) - pd.offsets.QuarterEnd(1)).date()
