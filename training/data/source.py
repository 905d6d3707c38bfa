"""Data source of training: labels, matrices and logged draws as known on a day, at one state of the pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from features.clues import catalogue
from features.matrix import Matrix, build_matrices
from features.pool.pool import Cut, Pool
from models.database.engine import database_url
from models.ledger.ledger import Ledger
from models.selection.logged_draws import read_draws
from training.data.label_weights import weigh
from training.data.labels import load_labels


@dataclass(frozen=True)
class TrainingSource:
    """What a retraining or a backtest reads; every function answers as of the day it is given.

    Attributes:
        state: last batch of the pool that is read.
        catalogue_version: version of the clue catalogue that made the matrices.
        labels: labels known on a day, see `training.data.labels.load_labels`.
        weighted_labels: the same with weights under two settings (weighting, delay) and 中文 sentences on them, see
            `training.data.label_weights.weigh`.
        matrices: matrices of the days asked for.
        draws: logged draws known on a day, see `models.selection.logged_draws.read_draws`.
    """

    state: int
    catalogue_version: str
    labels: Callable[[date], pd.DataFrame]
    weighted_labels: Callable[[date, str, str], tuple[pd.DataFrame, list[str]]]
    matrices: Callable[[Sequence[date]], Mapping[date, Matrix]]
    draws: Callable[[date], pd.DataFrame]


def pool_source(home: Path, ledger: Ledger | None = None) -> TrainingSource:
    """The source that reads a home: its pool at the state it has now, its cached matrices and its ledger.

    Every reader keeps to that state, so a delivery that lands during a run changes nothing in it.
    `ledger` is one already open; else the home's is opened for each reading.
    """
    pool = Pool(home)
    state = pool.state

    def labels(day: date) -> pd.DataFrame:
        with pool.as_of(day, state) as cut:
            return load_labels(cut)

    def weighted_labels(day: date, weighting: str, delay: str) -> tuple[pd.DataFrame, list[str]]:
        with pool.as_of(day, state) as cut:
            return weigh(cut, load_labels(cut), weighting, delay, lambda: cut_draws(cut), matrices)

    def cut_draws(cut: Cut) -> pd.DataFrame:
        return home_draws(home, cut) if ledger is None else read_draws(cut, ledger)

    def draws(day: date) -> pd.DataFrame:
        with pool.as_of(day, state) as cut:
            return cut_draws(cut)

    def matrices(days: Sequence[date]) -> Mapping[date, Matrix]:
        return build_matrices(home, days, state=state)

    return TrainingSource(state, catalogue.VERSION, labels, weighted_labels, matrices, draws)


def home_draws(home: Path, cut: Cut) -> pd.DataFrame:
    """Draws known on the day of a cut; reading does not create an operational database where there is none."""
    url = database_url(home)
    if url.drivername.startswith("sqlite") and url.database is not None and not Path(url.database).exists():
        return read_draws(cut, None)
    with Ledger(home) as ledger:
        return read_draws(cut, ledger)
