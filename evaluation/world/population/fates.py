"""What would become of every episode if an office took it up on a day: for trials of policies, without writing files.

The same episode taken up on the same day answers the same, whoever chose it (common random numbers), so policies
differ by what they choose and not by luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluation.world.base.chance import NEVER, Array, stream
from evaluation.world.base.config import Knobs
from evaluation.world.population.cohort import Plan, draw, view_of
from evaluation.world.population.offices import Reviews, View, choose, merged, reviewed
from evaluation.world.population.ways import KINDS, WAYS
from evaluation.world.simulate import plan_of

LOOK_AFTER = 7
"""Days from the first day of a quarter to its selection."""


@dataclass(frozen=True)
class Fates:
    """Every termination episode of a world nobody reviewed, and what a review would answer.

    Attributes:
        plan: the world's plan. view: what the offices' habits look at.
        table: one row per row of the view: case_no, zb_date (date), office (code), household, kind, ways,
            unaided_fen (what its unaided reopening brings), reopen (day, NEVER where none), parent (row or -1).
    """

    plan: Plan
    view: View
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.view)

    def answers(self, quarter: int, knobs: Knobs | None = None) -> Reviews:
        """The review of every episode, were it selected in the first days of a quarter; one row per episode."""
        everyone = np.arange(len(self))
        rng = stream(self.plan.seed, quarter, "answers")
        nobody, certain = np.zeros(len(self), dtype=np.int64), np.ones(len(self))
        today = self.plan.calendar.starts[quarter] + LOOK_AFTER
        return reviewed(rng, knobs or self.plan.knobs, self.view, everyone, nobody, certain, today)

    def habit(self, quarter: int, pool: Array, knobs: Knobs | None = None) -> tuple[Array, Array, Array]:
        """Rows that an office's habits choose from a pool of rows: petitions first, then file order, then a rule.

        Returns:
            The rows chosen, the channel of each (index of `offices.CHANNELS`) and its rough chance.
        """
        rng = stream(self.plan.seed, quarter, "habit")
        today = self.plan.calendar.starts[quarter] + LOOK_AFTER
        return choose(rng, knobs or self.plan.knobs, self.view, pool, today)


def fates(knobs: Knobs, cases: int, quarters: int, seed: int, spread: Callable[..., Iterable[Any]] = map) -> Fates:
    """The fates of a world of that size and seed; `spread` maps over quarters and keeps their order."""
    plan = plan_of(knobs, cases, quarters, seed)
    parts = list(spread(_quarter, [plan] * quarters, range(quarters)))
    table = pd.concat([part for _, part in parts], ignore_index=True)
    view = merged([view for view, _ in parts])
    return Fates(plan, view, table.assign(parent=view.parent))


def _quarter(plan: Plan, quarter: int) -> tuple[View, pd.DataFrame]:
    cohort = draw(plan, quarter)
    view = view_of(cohort, quarter)
    docket, conduct = cohort.docket, cohort.conduct
    house = docket.household[view.row]
    labels = np.asarray(WAYS, dtype=object)
    reopens = docket.reopen[view.row] < NEVER
    table = pd.DataFrame(
        {
            "case_no": docket.case_no[view.row].astype(str),
            "zb_date": docket.closed[view.row].astype("datetime64[D]").astype(object),
            "office": np.asarray(plan.knobs.texts("offices.codes"), dtype=object)[docket.office[view.row]],
            "household": house + 1_000_000 * quarter,
            "kind": np.asarray(KINDS, dtype=object)[conduct.kind[house]],
            "ways": [";".join(labels[flags]) for flags in conduct.ways[house]],
            "unaided_fen": np.where(reopens, docket.unaided[view.row], 0),
            "reopen": docket.reopen[view.row],
        }
    )
    return view, table


__all__ = ["LOOK_AFTER", "Fates", "fates"]
