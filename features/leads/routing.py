"""Where a lead may go, and on what ground supervision might start ex officio: questions, never findings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from features.leads.lead import ExOfficioGround, Route
from features.leads.settings import RouteRow, matches_pattern, settings

if TYPE_CHECKING:
    from features.facts import Facts


@dataclass(frozen=True, slots=True)
class Situation:
    """What of a case routes and grounds look at.

    Attributes:
        action: cause of action.
        reviewed: an earlier supervision of it was concluded.
        petitions: how many were received about it.
        watched: it stands on a list of cases named by others.
        vulnerable: its parties are marked as such.
    """

    action: str
    reviewed: bool
    petitions: int
    watched: bool
    vulnerable: bool


def situations(facts: Facts, terms: pd.DataFrame) -> dict[str, Situation]:
    """Situation of every episode.

    Args:
        facts: of the cut.
        terms: episode, chain, cause, concluded_on, vulnerable of every episode.
    """
    counted = facts.petitions.group_by("episode").agg(n=facts.petitions.count()).to_pandas()
    petitions = dict(counted[["episode", "n"]].itertuples(index=False, name=None))
    watch = facts.cut.table("watch")
    live = watch.filter(watch.listed_on <= facts.day, watch.until.isnull() | (watch.until >= facts.day))
    watched = set(live.join(facts.chains, "case_no").chain.to_pandas())
    columns = ["episode", "chain", "cause", "concluded_on", "vulnerable"]
    return {
        episode: Situation(
            action if isinstance(action, str) else "",
            not pd.isna(concluded),
            int(petitions.get(episode, 0)),
            chain in watched,
            bool(vulnerable),
        )
        for episode, chain, action, concluded, vulnerable in terms[columns].itertuples(index=False, name=None)
    }


def routes_of(clues: tuple[str, ...], asset_class: str, situation: Situation) -> tuple[Route, ...]:
    """Routes of a lead, 民事 first, one per matter."""
    return tuple(
        Route(row.code, row.label, row.matter, row.why, row.law)
        for row in settings().routes
        if row.code == "civil" or _leads_there(row, clues, asset_class, situation)
    )


def _leads_there(row: RouteRow, clues: tuple[str, ...], asset_class: str, situation: Situation) -> bool:
    by_action = bool(row.action) and re.search(row.action, situation.action) is not None
    return by_action or asset_class in row.classes or any(matches_pattern(clue, row.clues) for clue in clues)


def grounds_of(clues: tuple[str, ...], routes: tuple[Route, ...], situation: Situation) -> tuple[ExOfficioGround, ...]:
    """Questions on starting ex officio that the facts of a case raise."""
    codes = {route.code for route in routes}
    sham = [row for row in settings().routes if "虚假诉讼" in row.matter]
    raised = {
        "action": "public" in codes,
        "sham": any(matches_pattern(clue, row.clues) for row in sham for clue in clues),
        "reviewed": situation.reviewed,
        "impact": situation.watched or situation.vulnerable or situation.petitions >= settings().limits["petitions"],
        "administrative": "administrative" in codes,
    }
    return tuple(
        ExOfficioGround(row.code, row.label, row.question, row.law) for row in settings().grounds if raised[row.when]
    )
