"""Precision and recall of the clues per class of conduct, against the truth of the simulated world.

Reads `truth/acts.parquet` (acts and their honest look-alikes) and `truth/episodes.parquet`; real records have no such
truth. An episode is covered by a class if all sources that one of its clues needs are delivered for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.clue_accuracy.conduct import CLASSES, ConductClass
from features.clues.catalogue import CLUES
from features.facts import Facts
from features.matrix import episode_coverage, is_covered
from features.pool.pool import Pool

Flags = npt.NDArray[np.bool_]


def measure_classes(home: Path, truth: Path, day: date, classes: Mapping[str, ConductClass] = CLASSES) -> pd.DataFrame:
    """One row per class on a day, and one per clue where a class has several.

    Columns: code, label, clues, covered (episodes covered by its clues), base_rate (share of them with the conduct),
    hits (episodes with a row of any of its clues), right (hits with the conduct), precision, acts (covered episodes
    with the conduct), recall, look_alikes (covered episodes with only the honest look-alike), misled (of those, hit),
    conceals (share of the hits whose debtor conceals assets, in this way or another).
    """
    acts = pd.read_parquet(truth / "acts.parquet")
    acts = acts[pd.to_datetime(acts["day"]) <= pd.Timestamp(day)]
    with Pool(home).as_of(day) as cut:
        facts = Facts(cut)
        keys = facts.episodes.select("episode", "case_no", "chain", "zb_date").to_pandas()
        keys = keys.sort_values("episode", ignore_index=True)
        reach = episode_coverage(facts, keys)
        hit = {name: _episodes_with_rows(facts, name, keys) for conduct in classes.values() for name in conduct.clues}
    episodes = pd.read_parquet(truth / "episodes.parquet", columns=["case_no", "kind"])
    keys = keys.assign(conceals=keys["case_no"].isin(episodes.loc[episodes["kind"] == "concealed", "case_no"]))
    rows = [part for conduct in classes.values() for part in _with_single_clues(conduct)]
    return pd.DataFrame([_row(conduct, keys, acts, reach, hit) for conduct in rows])


def _with_single_clues(conduct: ConductClass) -> list[ConductClass]:
    if len(conduct.clues) == 1:
        return [conduct]
    return [conduct, *(ConductClass(conduct.code, conduct.label, (clue,)) for clue in conduct.clues)]


def _episodes_with_rows(facts: Facts, clue: str, keys: pd.DataFrame) -> Flags:
    id, _, flag = clue.partition(":")
    found = CLUES[id].rows(facts)
    rows = (found.filter(found[flag]) if flag else found).select("episode").distinct().to_pandas()
    return np.asarray(keys["episode"].isin(rows["episode"]))


def _row(
    conduct: ConductClass, keys: pd.DataFrame, acts: pd.DataFrame, reach: pd.DataFrame, hit: Mapping[str, Flags]
) -> dict[str, object]:
    own = acts[acts["cls"] == conduct.code]
    real = _episodes_named(keys, own[own["real"]])
    alike = _episodes_named(keys, own[~own["real"]]) & ~real
    covered = np.zeros(len(keys), dtype=bool)
    has_row = np.zeros(len(keys), dtype=bool)
    for clue in conduct.clues:
        reached = is_covered(CLUES[clue.partition(":")[0]], reach)
        covered |= reached
        has_row |= hit[clue] & reached
    acts_covered, hits, right = int((real & covered).sum()), int(has_row.sum()), int((has_row & real).sum())
    return {
        "code": conduct.code,
        "label": conduct.label,
        "clues": "、".join(conduct.clues),
        "covered": int(covered.sum()),
        "base_rate": _share(acts_covered, int(covered.sum())),
        "hits": hits,
        "right": right,
        "precision": _share(right, hits),
        "acts": acts_covered,
        "recall": _share(right, acts_covered),
        "look_alikes": int((alike & covered).sum()),
        "misled": int((alike & has_row).sum()),
        "conceals": _share(int((has_row & keys["conceals"]).sum()), hits),
    }


def _episodes_named(keys: pd.DataFrame, acts: pd.DataFrame) -> Flags:
    """Episodes whose case, or first case of their chain, is named in acts of the truth, shape (n,)."""
    cases = set(acts["case_no"])
    return np.asarray(keys["case_no"].isin(cases) | keys["chain"].isin(cases))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
