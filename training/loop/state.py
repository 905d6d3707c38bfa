"""Where a trajectory stands: what was reviewed, what still exists, what is open, and what the books say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.world.base.config import Knobs
from evaluation.world.population.potential_outcomes import SELECTION_DELAY_DAYS
from training.loop.environment import Environment, Rows

WRITTEN_AFTER = 2
"""Days from a conclusion to its record in the office's books."""


@dataclass
class TrajectoryState:
    """Where a trajectory stands."""

    stage: Environment
    knobs: Knobs
    seen: npt.NDArray[np.bool_]
    exists: npt.NDArray[np.bool_]
    open_until: Rows
    reviews: list[pd.DataFrame] = field(default_factory=list)
    logged: dict[int, pd.DataFrame] = field(default_factory=dict)

    def known(self, day: date) -> pd.DataFrame:
        """Reviews as the books stand on a day: columns of `training.data.labels.from_reviews`, row and quarter."""
        if not self.reviews:
            return pd.DataFrame()
        books = pd.concat(self.reviews, ignore_index=True)
        return books[books["conclude_date"] <= pd.Timestamp(day - timedelta(days=WRITTEN_AFTER))]

    def pool(self, quarter: int) -> Rows:
        """Rows that could be chosen in a quarter."""
        today = self.stage.fates.plan.calendar.starts[quarter] + SELECTION_DELAY_DAYS
        rows = self.stage.seen(quarter).index.to_numpy(dtype=np.int64)
        free = self.exists[rows] & ~self.seen[rows] & (self.open_until[rows] > today)
        return np.sort(rows[free])
