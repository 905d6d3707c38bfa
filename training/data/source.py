"""Data source of training: everything it reads of a home, as known on a day, at one state of the pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import pandas as pd

from evaluation.lists.by_group import assign_groups
from evaluation.metrics.reviewed_draws import reviewed_draws
from evaluation.monitoring.delivery_gaps import received_deliveries
from features.clues import catalogue
from features.cuts.matrices import build_matrices
from features.matrix import Matrix
from features.pool.pool import Cut, Pool
from models.database.engine import database_url
from models.feedback.funnel import build_funnel
from models.ledger.ledger import Ledger
from models.selection.logged_draws import read_draws
from training.data.label_weights import weigh
from training.data.labels import load_labels

T = TypeVar("T")


@dataclass(frozen=True)
class TrainingSource:
    """Everything a retraining or a backtest reads; every function returns what was known on the day it is given.

    Functions have defaults for matrices that come from no pool; the defaults return nothing.

    Attributes:
        state: last batch of the pool that is read.
        catalogue_version: version of the clue catalogue that made the matrices.
        labels: labels known on a day, see `training.data.labels.load_labels`.
        weighted_labels: the same with weights under two settings (weighting, delay) and 中文 sentences on them, see
            `training.data.label_weights.weigh`.
        matrices: matrices of the days asked for.
        draws: logged draws known on a day, see `models.selection.logged_draws.read_draws`.
        groups: keys of a matrix with the group of every episode, see `evaluation.lists.by_group.assign_groups`.
        funnel: counts of reviews by quarter and stage, see `models.feedback.funnel.build_funnel`; None where unknown.
        reviewed_draws: draws of four quarters with the outcomes of their reviews, see
            `evaluation.metrics.reviewed_draws`; None where no episode is in a pool.
        deliveries: deliveries received by a day, see `evaluation.monitoring.delivery_gaps.received_deliveries`.
    """

    state: int
    catalogue_version: str
    labels: Callable[[date], pd.DataFrame]
    weighted_labels: Callable[[date, str, str], tuple[pd.DataFrame, list[str]]]
    matrices: Callable[[Sequence[date]], Mapping[date, Matrix]]
    draws: Callable[[date], pd.DataFrame]
    groups: Callable[[Matrix], pd.DataFrame] = lambda matrix: matrix.keys
    funnel: Callable[[date], pd.DataFrame | None] = lambda day: None
    reviewed_draws: Callable[[date], pd.DataFrame | None] = lambda day: None
    deliveries: Callable[[date], pd.DataFrame] = lambda day: received_deliveries((), day)


def pool_source(home: Path, ledger: Ledger | None = None) -> TrainingSource:
    """The source that reads a home: its pool at the state it has now, its cached matrices and its ledger.

    Every reader keeps to that state, so a delivery that lands during a run changes nothing in it.
    `ledger` is one already open; else the home's is opened for each reading.
    """
    pool = Pool(home)
    state = pool.state

    def cut_draws(cut: Cut) -> pd.DataFrame:
        return home_draws(home, cut) if ledger is None else read_draws(cut, ledger)

    def matrices(days: Sequence[date]) -> Mapping[date, Matrix]:
        return build_matrices(home, days, state=state)

    def on_cut(read: Callable[[Cut], T]) -> Callable[[date], T]:
        """Turn a function of a cut into a function of a day (the cut of that day is opened and closed for it)."""

        def known_on(day: date) -> T:
            with pool.as_of(day, state) as cut:
                return read(cut)

        return known_on

    def weighted_labels(day: date, weighting: str, delay: str) -> tuple[pd.DataFrame, list[str]]:
        with pool.as_of(day, state) as cut:
            return weigh(cut, load_labels(cut), weighting, delay, lambda: cut_draws(cut), matrices)

    return TrainingSource(
        state,
        catalogue.VERSION,
        labels=on_cut(load_labels),
        weighted_labels=weighted_labels,
        matrices=matrices,
        draws=on_cut(cut_draws),
        groups=lambda matrix: assign_groups(home, matrix),
        funnel=on_cut(lambda cut: build_funnel(cut, ledger)),
        reviewed_draws=on_cut(lambda cut: None if ledger is None else reviewed_draws(cut, ledger)),
        deliveries=lambda day: received_deliveries(pool.batches(), day),
    )


def home_draws(home: Path, cut: Cut) -> pd.DataFrame:
    """Draws known on the day of a cut; reading does not create an operational database where there is none."""
    url = database_url(home)
    if url.drivername.startswith("sqlite") and url.database is not None and not Path(url.database).exists():
        return read_draws(cut, None)
    with Ledger(home) as ledger:
        return read_draws(cut, ledger)
