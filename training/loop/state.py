"""The state of a simulated trajectory: episodes that exist and are open, reviews so far, and logged draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.world.base.config import Knobs
from evaluation.world.potential_outcomes import SELECTION_DELAY_DAYS
from models.selection.eligibility import eligible
from training.loop.environment import Environment, Rows

NEVER_REVIEWED = 0
"""Day of the last conclusion where there was none: long before any review, in days since 1970-01-01."""

RECORD_DELAY_DAYS = 2
"""Days from a conclusion to its record at the office."""


@dataclass
class TrajectoryState:
    """The state of one trajectory between two quarters.

    Attributes:
        environment, knobs: the simulated environment and its settings.
        concluded: per row of the environment, day of the last conclusion of a review (days since 1970-01-01),
            `NEVER_REVIEWED` where there was none.
        exists: whether an episode has come about; a later episode of a case does not where a review resumed it before.
        open_until: day on which its case is resumed or closed (days since 1970-01-01).
        reviews: the office's records, a table per quarter, see `known_reviews`.
        logged: by quarter, the draw of its list, see `training.loop.trajectory.Choice`.
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
        recorded = pd.concat(self.reviews, ignore_index=True)
        return recorded[recorded["conclude_date"] <= pd.Timestamp(day - timedelta(days=RECORD_DELAY_DAYS))]

    def pool(self, quarter: int) -> Rows:
        """Rows that may be chosen in a quarter, rising: open, under no review, and not resting after one."""
        today = self.environment.fates.plan.calendar.starts[quarter] + SELECTION_DELAY_DAYS
        rows = self.environment.seen(quarter).index.to_numpy(dtype=np.int64)
        concluded = pd.Series(np.datetime64("1970-01-01") + self.concluded[rows])
        running = self.concluded[rows] > today
        keys = pd.DataFrame({"under_review": running, "concluded_on": concluded.where(~running)})
        is_open = self.exists[rows] & (self.open_until[rows] > today)
        return np.sort(rows[is_open & eligible(keys, date(1970, 1, 1) + timedelta(days=int(today)))])
