"""The state of a simulated trajectory: episodes that exist and are open, reviews so far, and logged draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.world.base.config import Knobs
from evaluation.world.population.potential_outcomes import SELECTION_DELAY_DAYS
from models.selection.eligibility import REST_DAYS, eligible
from training.loop.environment import Environment, Rows

NEVER_REVIEWED = 0
"""A day long before any review, in days since 1970."""

WRITTEN_AFTER = 2
"""Days from a conclusion to its record in the office's books."""


@dataclass
class TrajectoryState:
    """The state of one trajectory between two quarters.

    Attributes:
        environment, knobs: the simulated environment and its settings.
        concluded: per row of the environment, day of the last conclusion of a review (days since 1970-01-01),
            `NEVER_REVIEWED` where there was none.
        exists, open_until: whether an episode has come to be, and the day its case is resumed or closed.
        reviews, logged: the office's records, and per quarter what was selected with which probability.
    """

    environment: Environment
    knobs: Knobs
    concluded: Rows
    exists: npt.NDArray[np.bool_]
    open_until: Rows
    reviews: list[pd.DataFrame] = field(default_factory=list)
    logged: dict[int, pd.DataFrame] = field(default_factory=dict)

    def known_reviews(self, day: date) -> pd.DataFrame:
        """Reviews recorded by a day: columns of `training.data.labels.labels_from_reviews`, row and quarter."""
        if not self.reviews:
            return pd.DataFrame()
        books = pd.concat(self.reviews, ignore_index=True)
        return books[books["conclude_date"] <= pd.Timestamp(day - timedelta(days=WRITTEN_AFTER))]

    def pool(self, quarter: int) -> Rows:
        """Rows that could be chosen in a quarter."""
        today = self.environment.fates.plan.calendar.starts[quarter] + SELECTION_DELAY_DAYS
        rows = self.environment.seen(quarter).index.to_numpy(dtype=np.int64)
        concluded = pd.Series(np.datetime64("1970-01-01") + self.concluded[rows])
        running = self.concluded[rows] > today
        keys = pd.DataFrame({"under_review": running, "concluded_on": concluded.where(~running)})
        free = self.exists[rows] & (self.open_until[rows] > today)
        return np.sort(rows[free & eligible(keys, date(1970, 1, 1) + timedelta(days=int(today)), REST_DAYS)])
