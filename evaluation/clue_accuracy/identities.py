"""Accuracy of identity matching for debtors without an id number, against the truth of the simulated world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from features.facts import Facts
from features.facts.people.linkage import parameters
from features.pool.pool import Pool


@dataclass(frozen=True, slots=True)
class IdentityAccuracy:
    """Numbers of debtors without an id number on a day.

    Attributes:
        records: debtors without an id number. joined: matched to a known person. right, wrong: of the joined.
        candidates: not matched, but with candidates shown. alone: without a candidate.
        named_right: of those with candidates, how many have the true person among them.
    """

    records: int
    joined: int
    right: int
    wrong: int
    candidates: int
    named_right: int
    alone: int


def measure_identities(home: Path, truth: Path, day: date) -> IdentityAccuracy:
    """Compare the matches of a day with `truth/episodes.parquet` (the debtor of every terminated case)."""
    true = pd.read_parquet(truth / "episodes.parquet", columns=["case_no", "debtor_id"]).drop_duplicates("case_no")
    with Pool(home).as_of(day) as cut:
        facts = Facts(cut)
        open_ = facts.debtors.filter(~facts.debtors.id_known, facts.debtors.kind == "person")
        records = open_.select("case_no", "person", "rid", "identity").distinct().to_pandas()
        likely = facts.identities.filter(facts.identities.probability >= parameters()["weak"]).to_pandas()
    records = records.merge(true, on="case_no", how="inner")
    joined = records[records["identity"].notna()]
    right = int((joined["person"] == joined["debtor_id"]).sum())
    rest = records[records["identity"].isna()].merge(
        likely[["rid", "person"]], on="rid", how="left", suffixes=("", "_named")
    )
    named = rest[rest["person_named"].notna()]
    return IdentityAccuracy(
        records=len(records),
        joined=len(joined),
        right=right,
        wrong=len(joined) - right,
        candidates=named["rid"].nunique(),
        named_right=named.loc[named["person_named"] == named["debtor_id"], "rid"].nunique(),
        alone=int(rest.loc[rest["person_named"].isna(), "rid"].nunique()),
    )
