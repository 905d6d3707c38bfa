"""Accuracy of clue M1P (money traced through others' accounts) against the true paths of the simulated world.

Reads `truth/paths.parquet` (see `evaluation.world.scenarios.money.holder_statements.true_paths`). A path counts as
findable if the bank statements of everybody on it were delivered by the day; no method could find the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from ibis import _

from features.clues.catalogue import CLUES
from features.facts import Facts
from features.facts.money.trace import ASSET_ENDS
from features.pool.pool import Pool

LAG_DAYS = 31
"""Days from a bank's answer to the monthly delivery that contains it."""


@dataclass(frozen=True, slots=True)
class PathAccuracy:
    """Numbers of paths into assets on a day.

    Attributes:
        true: cases whose debtor's money went through another's account into an asset. findable: of these, with all
            statements delivered. found: of the findable, with a row of M1P on one of the true holders.
        said: number of (episode, holder) pairs in the rows of M1P. right: of these, pairs where the debtor's money
            ended in an asset through that holder. lent: of the others, pairs where the debtor used the account but the
            money ended elsewhere. wrong: the rest.
        said_both, right_both: as `said` and `right`, of pairs that both tracing conventions give.
    """

    true: int
    findable: int
    found: int
    said: int
    right: int
    lent: int
    wrong: int
    said_both: int
    right_both: int


def measure_paths(home: Path, truth: Path, day: date) -> PathAccuracy:
    """Compare the rows of M1P on a day with the truth."""
    true = pd.read_parquet(truth / "paths.parquet")
    with Pool(home).as_of(day) as cut:
        facts = Facts(cut)
        rows = CLUES["M1P"].rows(facts).group_by("episode", "holder").agg(both=_.both.any()).to_pandas()
        keys = facts.episodes.select("episode", "case_no", "chain").to_pandas()
    traced = rows.merge(keys, on="episode")
    people = true.melt(
        ["case_no", "end", "known_on"], ["holder_id", "relay_id"], value_name="holder", var_name="place"
    ).dropna(subset=["holder"])
    here = true[true["case_no"].isin(keys["case_no"]) | true["case_no"].isin(keys["chain"])]
    into = here[here["end"].isin(ASSET_ENDS)]
    delivered = pd.to_datetime(into["known_on"]) + pd.Timedelta(days=LAG_DAYS)
    findable = into[delivered <= pd.Timestamp(day)]
    asset = _pairs(people[people["end"].isin(ASSET_ENDS)])
    lent = _pairs(people)
    named = {pair for case in ("case_no", "chain") for pair in zip(traced[case], traced["holder"], strict=True)}
    found_cases = [
        case
        for case, holder, relay in zip(findable["case_no"], findable["holder_id"], findable["relay_id"], strict=True)
        if (case, holder) in named or (case, relay) in named
    ]
    pairs = [
        {(case, holder), (chain, holder)}
        for case, chain, holder in zip(traced["case_no"], traced["chain"], traced["holder"], strict=True)
    ]
    hits = [bool(pair & asset) for pair in pairs]
    right = sum(hits)
    only_lent = sum(bool(pair & lent) and not pair & asset for pair in pairs)
    return PathAccuracy(
        true=into["case_no"].nunique(),
        findable=findable["case_no"].nunique(),
        found=len(set(found_cases)),
        said=len(pairs),
        right=right,
        lent=only_lent,
        wrong=len(pairs) - right - only_lent,
        said_both=int(traced["both"].sum()),
        right_both=sum(hit and both for hit, both in zip(hits, traced["both"], strict=True)),
    )


def _pairs(people: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(people["case_no"], people["holder"], strict=True))
