"""Potential outcomes: what a review of any episode in any quarter would bring, for trials of selection policies.

An episode reviewed in the same quarter has the same outcome under every policy (common random numbers), so policies
differ only by what they select. No files are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluation.world.base.chance import NEVER, Array, random_stream
from evaluation.world.base.config import Knobs
from evaluation.world.population.cohort import Plan, draw_cohort, episode_view
from evaluation.world.population.concealment import KINDS, WAYS
from evaluation.world.population.offices import EpisodeView, Reviews, merge_views, review_episodes, select_episodes
from evaluation.world.simulate import make_plan

SELECTION_DELAY_DAYS = 7
"""Days from the first day of a quarter to its selection."""


@dataclass(frozen=True)
class PotentialOutcomes:
    """Every termination episode of a world without reviews, and what a review of it would bring.

    Attributes:
        plan: the run. view: columns that selection looks at.
        table: one row per row of the view: case_no, zb_date (date), office (code), household, kind, ways,
            unaided_fen (分 if reopened without a review), reopen (day, NEVER where none), parent (row or -1).
    """

    plan: Plan
    view: EpisodeView
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.view)

    def reviews_if_selected(self, quarter: int, knobs: Knobs | None = None) -> Reviews:
        """The review of every episode, had it been selected at the start of a quarter; one row per episode."""
        everyone = np.arange(len(self))
        rng = random_stream(self.plan.seed, quarter, "answers")
        nobody, certain = np.zeros(len(self), dtype=np.int64), np.ones(len(self))
        today = self.plan.calendar.starts[quarter] + SELECTION_DELAY_DAYS
        return review_episodes(rng, knobs or self.plan.knobs, self.view, everyone, nobody, certain, today)

    def select_by_habit(self, quarter: int, pool: Array, knobs: Knobs | None = None) -> tuple[Array, Array, Array]:
        """Selection as offices did it by habit, from a pool of rows: petitions first, then file order, then a rule.

        Returns:
            Selected rows, the channel of each (index of `offices.CHANNELS`) and its approximate chance.
        """
        rng = random_stream(self.plan.seed, quarter, "habit")
        today = self.plan.calendar.starts[quarter] + SELECTION_DELAY_DAYS
        return select_episodes(rng, knobs or self.plan.knobs, self.view, pool, today)


def potential_outcomes(
    knobs: Knobs, cases: int, quarters: int, seed: int, spread: Callable[..., Iterable[Any]] = map
) -> PotentialOutcomes:
    """The potential outcomes of a world; `spread` maps over quarters (as `map` does) and keeps their order."""
    plan = make_plan(knobs, cases, quarters, seed)
    parts = list(spread(_quarter_outcomes, [plan] * quarters, range(quarters)))
    table = pd.concat([part for _, part in parts], ignore_index=True)
    view = merge_views([view for view, _ in parts])
    return PotentialOutcomes(plan, view, table.assign(parent=view.parent))


def _quarter_outcomes(plan: Plan, quarter: int) -> tuple[EpisodeView, pd.DataFrame]:
    cohort = draw_cohort(plan, quarter)
    view = episode_view(cohort, quarter)
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


__all__ = ["SELECTION_DELAY_DAYS", "PotentialOutcomes", "potential_outcomes"]
