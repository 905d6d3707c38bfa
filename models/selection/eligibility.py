"""Which episodes may enter a list on a day: the one rule that lists, backtests, gates, weights and trials share.

An episode of the cohort may be listed unless a review of it is running, or one was concluded within the last
`rest_days` days. Figures that are held against the truth must also leave out episodes whose label the model was
trained on (`unlearnt`): the model has already seen their outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.pool.pool import Pool
from features.pool.reviews import reviews
from features.settings import number_setting

REST_DAYS = 180
"""Days after a concluded review during which its episode stays off the lists, where no setting says otherwise."""

SETTING = "GOLDENKEY_REST_DAYS"

LONGEST_REST = 36_500
"""Longest rest in days (a century), so that dates stay in the range of pandas timestamps."""

EPISODE = ["case_no", "zb_date"]
"""Columns that name an episode in labels, truth and matrices alike."""

Mask = npt.NDArray[np.bool_]


def rest_days(environ: Mapping[str, str] | None = None) -> int:
    """The setting `GOLDENKEY_REST_DAYS`, `REST_DAYS` by default; GoldenKeyError where it is no whole number from 0."""
    return number_setting(SETTING, REST_DAYS, 0, environ=environ)


def resting(keys: pd.DataFrame, day: date, days: int | None = None) -> Mask:
    """Episodes whose last review was concluded less than `days` days before a day, or after it.

    Args:
        keys: column concluded_on, the last conclusion known on the day (date, or missing), shape (n,).
        day: of the list.
        days: length of the rest; by default the setting.

    Returns:
        Mask, shape (n,).
    """
    rest = min(rest_days() if days is None else days, LONGEST_REST)
    since = pd.Timestamp(day) - pd.Timedelta(days=rest)
    return (pd.to_datetime(keys["concluded_on"]) > since).to_numpy(dtype=bool)


def eligible(keys: pd.DataFrame, day: date, days: int | None = None) -> Mask:
    """Episodes that may be listed on a day: under no review, and not resting after one.

    Args:
        keys: columns under_review (bool) and concluded_on, one row per episode of the cohort, shape (n,).
        day, days: as for `resting`.
    """
    return ~keys["under_review"].to_numpy(dtype=bool) & ~resting(keys, day, days)


def unlearnt(keys: pd.DataFrame, learnt: pd.DataFrame) -> Mask:
    """Episodes whose label a model was not trained on.

    Args:
        keys: columns `EPISODE`, shape (n,).
        learnt: columns `EPISODE` of every label of the training, any length.
    """
    known = pd.MultiIndex.from_frame(_days(learnt))
    return ~pd.MultiIndex.from_frame(_days(keys)).isin(known)


def learnt(home: Path, as_of: date, state: int | None = None) -> pd.DataFrame:
    """Episodes with a review concluded by a day: all that a model of that day can have been trained on.

    Args:
        home: the home folder.
        as_of: day of the training.
        state: state of the pool it read; by default the newest.

    Returns:
        Columns `EPISODE`, each episode once.
    """
    with Pool(home).as_of(as_of, state) as cut:
        known = reviews(cut)
    return known.loc[known["conclude_date"] <= pd.Timestamp(as_of), EPISODE].drop_duplicates(ignore_index=True)


def _days(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[EPISODE].assign(zb_date=pd.to_datetime(frame["zb_date"]))
