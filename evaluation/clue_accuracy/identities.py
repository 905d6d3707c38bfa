"""Debtors whose number is not in the file, held against the world's truth: joined rightly, wrongly, or left alone."""

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
    """Parties without a number on a day.

    Attributes:
        records: debtors without a number. joined: taken for a known person. right, wrong: of the joined.
        candidates: left alone with a candidate named. alone: nobody fits.
        named_right: of those with candidates, the true person is among them.
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
        told = open_.select("case_no", "person", "rid", "identity").distinct().to_pandas()
        likely = facts.identities.filter(facts.identities.probability >= parameters()["weak"]).to_pandas()
    told = told.merge(true, on="case_no", how="inner")
    joined = told[told["identity"].notna()]
    right = int((joined["person"] == joined["debtor_id"]).sum())
    rest = told[told["identity"].isna()].merge(likely[["rid", "person"]], on="rid", how="left", suffixes=("", "_named"))
    named = rest[rest["person_named"].notna()]
    return IdentityAccuracy(
        records=len(told),
        joined=len(joined),
        right=right,
        wrong=len(joined) - right,
        candidates=named["rid"].nunique(),
        named_right=named.loc[named["person_named"] == named["debtor_id"], "rid"].nunique(),
        alone=int(rest.loc[rest["person_named"].isna(), "rid"].nunique()),
    )
