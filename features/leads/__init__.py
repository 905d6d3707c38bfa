"""Leads (财产线索): from the rows of clues to the assets they are about, one lead per asset and case chain.

    from features.leads import open_leads
    leads = open_leads(facts)                                   # every finding of the catalogue, every episode
    leads = open_leads(facts, clue_ids=("M2A", "M2B"))          # the clues of one screen, on any cut

Nothing is read but the cut behind `facts`, and nothing is written: the life of a lead (初筛, 有效, 无效, 已推送) is
`models.feedback.lead_decisions`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from features.facts import Facts
from features.leads.build import build_leads
from features.leads.lead import Cause, Deduction, ExOfficioGround, Lead, LeadRow, Route


def open_leads(
    facts: Facts,
    episodes: Sequence[str] | None = None,
    clue_ids: Sequence[str] | None = None,
    stored: Callable[[Sequence[str]], pd.DataFrame] | None = None,
) -> list[Lead]:
    """Leads of a cut, by office, case and id.

    Args:
        facts: of any cut; an office's own thresholds are those of `facts.thresholds`.
        episodes: only these termination episodes (default: all). Values, causes and `also_in` of a lead are read from
            the whole cut, rows from these episodes alone.
        clue_ids: only rows of these clues, of whatever kind but context (default: every finding). Ids that are not in
            the catalogue are refused.
        stored: gives the rows of clues by their ids, where they need not be computed; see `build_leads`.

    Returns:
        One lead per thing and case chain. The thing is read from the source rows that a clue's row cites, by the table
        they stand in (`features/config/leads.toml`), never from its words. Money the court holds is a thing (案款); a
        row that cites no thing opens a lead on the step of procedure it speaks of (案件), one per clue and chain.

    Raises:
        GoldenKeyError: a clue id is unknown.
    """
    return build_leads(facts, episodes, clue_ids, stored)


__all__ = ["Cause", "Deduction", "ExOfficioGround", "Lead", "LeadRow", "Route", "open_leads"]
