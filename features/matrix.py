"""The matrix: one row per (episode, day), one column per feature, covered silence 0 and the uncovered NaN."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.clues import catalogue
from features.clues.base.aggregation import features_text, rows_text
from features.clues.base.clue import Clue, Feature
from features.clues.isolation import (
    NOTHING_FAILED,
    CaseFault,
    Isolation,
    known_isolation,
    open_cut,
    retried,
)
from features.facts import Facts

KEYS = (
    "episode",
    "case_no",
    "chain",
    "zb_date",
    "filing_date",
    "court_code",
    "office",
    "debtor",
    "debtor_name",
    "cause",
    "debt_fen",
    "small",
    "vulnerable",
    "petitioned",
    "person",
    "applicant_kind",
    "coverage",
    "under_review",
    "concluded_on",
)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Features of the cohort on one day.

    Attributes:
        as_of: day of the cut.
        state: last batch of the pool that was read.
        keys: one row per cohort episode, sorted by episode; columns `KEYS` (debt in 分).
        values: float64, index equal to `keys`; NaN where a source does not reach. Columns: every feature of the
            catalogue, of which models see `catalogue.MODEL_FEATURES`.
        fingerprint: SHA-256 over keys and values, bit by bit.
        isolation: cases that could not be computed and so have no row, and clues that fail by themselves.
    """

    as_of: date
    state: int
    keys: pd.DataFrame
    values: pd.DataFrame
    fingerprint: str
    isolation: Isolation = NOTHING_FAILED

    @property
    def model_values(self) -> pd.DataFrame:
        """The columns a model may see."""
        return self.values[list(catalogue.MODEL_FEATURES)]


def compute_matrix(home: Path, as_of: date, state: int) -> Matrix:
    """The matrix of a cut, computed afresh; a case or clue that cannot be computed is set aside and named.

    Raises:
        GoldenKeyError: the day lies in the future.
    """

    def run() -> Matrix:
        with open_cut(home, as_of, state) as cut:
            return matrix_from_facts(Facts(cut), known_isolation(home, as_of, state))

    return retried(home, as_of, state, run)


def matrix_from_facts(
    facts: Facts, isolation: Isolation = NOTHING_FAILED, keep: Callable[[Clue, str], None] | None = None
) -> Matrix:
    """The matrix of an open cut without the cases of an isolation, nor those that need a clue that fails by itself.

    Args:
        facts: of the cut.
        isolation: what is left out.
        keep: called with each clue and the table of the cut that holds its rows, before that table goes; its features
            are then aggregations of that very table.
    """
    keys = cohort_keys(facts)
    if isolation:
        isolation = _with_uncomputed(facts, keys, isolation)
        keys = keys[~keys["case_no"].isin(isolation.case_nos)].reset_index(drop=True)
    reach = episode_coverage(facts, keys)
    debt = keys["debt_fen"].to_numpy(dtype=np.float64)
    columns: dict[str, npt.NDArray[np.float64]] = {}
    for clue in catalogue.CLUES.values():
        if clue.id in isolation.failed_clues or not (clue.features or keep):
            continue
        with _rows_of(facts, clue, keep) as rows:
            if clue.features:
                columns.update(_columns(facts, clue, rows, keys, reach, debt))
    values = pd.DataFrame(columns, index=keys.index, columns=list(catalogue.FEATURES), dtype=np.float64)
    return Matrix(facts.day, facts.cut.state, keys, values, _fingerprint(keys, values), isolation)


def _with_uncomputed(facts: Facts, keys: pd.DataFrame, isolation: Isolation) -> Isolation:
    """The isolation with the cases of the cohort that have no score for want of a clue; those outside it left away."""
    reach = episode_coverage(facts, keys)
    known = set(facts.cut.table("case").select("case_no").to_pandas()["case_no"]) - set(keys["case_no"])
    faults = [fault for fault in isolation.cases if fault.case_no not in known]
    for failed in isolation.clues:
        clue = catalogue.CLUES[failed.clue]
        if clue.features and clue.in_model:
            missing = keys[is_covered(clue, reach)]
            offices = missing["office"].fillna("").astype(str)
            faults += [CaseFault(*one, clue.id, failed.reason) for one in zip(missing["case_no"], offices, strict=True)]
    named = {fault.case_no: fault for fault in reversed(faults)}
    return replace(isolation, cases=tuple(named[number] for number in sorted(named)))


@contextmanager
def _rows_of(facts: Facts, clue: Clue, keep: Callable[[Clue, str], None] | None) -> Iterator[str]:
    """SQL of a clue's rows; where they are to be kept, they are computed once, as a table that lives in the block."""
    text = rows_text(facts, clue)
    facts.ready(text)
    if keep is None:
        yield text
        return
    name = f"rows_{clue.id}"
    facts.cut.con.raw_sql(f'CREATE TEMP TABLE "{name}" AS {text}')
    try:
        keep(clue, name)
        yield f'FROM "{name}"'
    finally:
        facts.cut.con.raw_sql(f'DROP TABLE "{name}"')


def _columns(
    facts: Facts, clue: Clue, rows: str, keys: pd.DataFrame, reach: pd.DataFrame, debt: npt.NDArray[np.float64]
) -> dict[str, npt.NDArray[np.float64]]:
    found = facts.cut.con.raw_sql(features_text(rows, clue.features)).df().set_index("episode").reindex(keys["episode"])
    covered = is_covered(clue, reach)
    made = {}
    for feature in clue.features:
        raw = found[feature.name].to_numpy(dtype=np.float64, na_value=np.nan)
        made[feature.name] = np.where(covered, np.nan_to_num(finish_feature(feature, raw, debt), nan=0.0), np.nan)
    return made


def episode_coverage(facts: Facts, keys: pd.DataFrame) -> pd.DataFrame:
    """What covers each episode of `keys` (index episode): `facts.covered_sources`, anchors, first day of statements."""
    statements = facts.coverage.filter(facts.coverage.source == "TX").select("episode", tx_from="period_from")
    joined = facts.covered_sources.join(facts.anchors, "episode").left_join(statements, "episode").drop("episode_right")
    return joined.to_pandas().set_index("episode").reindex(keys["episode"])


def is_covered(clue: Clue, reach: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether an episode's silence on a clue means zero: its needs are met; `reach` comes from `episode_coverage`."""
    covered = np.ones(len(reach), dtype=bool)
    for source in clue.needs.sources:
        covered &= reach[source].to_numpy(dtype=bool)
    if clue.needs.since:
        since = pd.to_datetime(reach[clue.needs.since])
        covered &= since.notna().to_numpy()
        if "TX" in clue.needs.sources:
            covered &= (pd.to_datetime(reach["tx_from"]) <= since).to_numpy()
    if clue.needs.party != "any":
        covered &= reach[f"has_{clue.needs.party}"].to_numpy(dtype=bool)
    return covered


def finish_feature(
    feature: Feature, raw: npt.NDArray[np.float64], debt: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The last step of a feature: the one division (by the debt, or 分 to 元), then the cap."""
    value = raw / debt if feature.per == "debt" else raw / 100.0 if feature.unit == "元" else raw
    return value if feature.cap is None else np.clip(value, -feature.cap, feature.cap)


def cohort_keys(facts: Facts) -> pd.DataFrame:
    """The cohort, columns `KEYS`: civil, not resumed, not paid, some debtor alive; those under review are marked."""
    episodes = facts.episodes.filter(
        facts.episodes.civil, facts.episodes.resumed_on.isnull(), ~facts.episodes.paid
    ).to_pandas()
    debtors = facts.debtors.to_pandas()
    alive = _first_of_episode(debtors[~debtors["dead"]])
    applicants = _first_of_episode(facts.applicants.to_pandas())
    reach = facts.covered_sources.select("episode", "grade").to_pandas().set_index("episode")["grade"]
    petitioned = set(facts.petitions.select("episode").distinct().to_pandas()["episode"])
    keys = episodes[episodes["episode"].isin(alive.index)].sort_values("episode", ignore_index=True)
    return keys.assign(
        debtor=keys["episode"].map(alive["person"]),
        debtor_name=keys["episode"].map(alive["name"]),
        person=keys["episode"].map(alive["kind"]) == "person",
        applicant_kind=keys["episode"].map(applicants["kind"]),
        coverage=keys["episode"].map(reach),
        petitioned=keys["episode"].isin(petitioned),
        debt_fen=keys["debt"],
        **{name: _days(keys[name]) for name in ("zb_date", "filing_date", "concluded_on")},
    )[list(KEYS)]


def _first_of_episode(parties: pd.DataFrame) -> pd.DataFrame:
    """One party per episode, the smallest key first, as it stands: no column is filled from another party."""
    return parties.sort_values(["episode", "person"]).drop_duplicates("episode").set_index("episode")


def _days(column: pd.Series[Any]) -> pd.Series[Any]:
    """Days as dates, None where there is none: the same before the cache and after."""
    days = pd.to_datetime(column)
    return days.dt.date.astype(object).where(days.notna(), None)


def _fingerprint(keys: pd.DataFrame, values: pd.DataFrame) -> str:
    digest = hashlib.sha256()
    for name in keys.columns:
        digest.update("\x1f".join(map(str, keys[name])).encode())
    digest.update("\x1f".join(values.columns).encode())
    digest.update(np.ascontiguousarray(values.to_numpy(dtype="<f8")).tobytes())
    return digest.hexdigest()


__all__ = [
    "KEYS",
    "Matrix",
    "cohort_keys",
    "compute_matrix",
    "episode_coverage",
    "finish_feature",
    "is_covered",
    "matrix_from_facts",
]
