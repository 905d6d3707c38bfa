"""Each class of conduct held against the world's truth: who does it, which clue says so, how often it is right.

Reads `truth/acts.parquet` (what was done, and its honest look-alikes) and `truth/episodes.parquet`; on real records
there is no such truth. A class counts an episode as covered when every source its clues need reaches it.
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

    Columns: code, label, clues, covered (episodes its clues can speak of), base_rate (share of them with the conduct),
    hits (episodes with a row of any of its clues), right (hits with the conduct), precision, acts (covered episodes
    with the conduct), recall, look_alikes (covered episodes with only the honest look-alike), misled (of those, hit),
    conceals (share of the hits whose debtor truly conceals, in this way or another).
    """
    told = pd.read_parquet(truth / "acts.parquet")
    told = told[pd.to_datetime(told["day"]) <= pd.Timestamp(day)]
    with Pool(home).as_of(day) as cut:
        facts = Facts(cut)
        keys = facts.episodes.select("episode", "case_no", "chain", "zb_date").to_pandas()
        keys = keys.sort_values("episode", ignore_index=True)
        reach = episode_coverage(facts, keys)
        hit = {name: _episodes_with_rows(facts, name, keys) for conduct in classes.values() for name in conduct.clues}
    episodes = pd.read_parquet(truth / "episodes.parquet", columns=["case_no", "kind"])
    keys = keys.assign(conceals=keys["case_no"].isin(episodes.loc[episodes["kind"] == "concealed", "case_no"]))
    asked = [part for conduct in classes.values() for part in _with_single_clues(conduct)]
    return pd.DataFrame([_row(conduct, keys, told, reach, hit) for conduct in asked])


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
    conduct: ConductClass, keys: pd.DataFrame, told: pd.DataFrame, reach: pd.DataFrame, hit: Mapping[str, Flags]
) -> dict[str, object]:
    mine = told[told["cls"] == conduct.code]
    real = _episodes_named(keys, mine[mine["real"]])
    alike = _episodes_named(keys, mine[~mine["real"]]) & ~real
    covered = np.zeros(len(keys), dtype=bool)
    said = np.zeros(len(keys), dtype=bool)
    for clue in conduct.clues:
        reached = is_covered(CLUES[clue.partition(":")[0]], reach)
        covered |= reached
        said |= hit[clue] & reached
    acts, hits, right = int((real & covered).sum()), int(said.sum()), int((said & real).sum())
    return {
        "code": conduct.code,
        "label": conduct.label,
        "clues": "、".join(conduct.clues),
        "covered": int(covered.sum()),
        "base_rate": _share(acts, int(covered.sum())),
        "hits": hits,
        "right": right,
        "precision": _share(right, hits),
        "acts": acts,
        "recall": _share(right, acts),
        "look_alikes": int((alike & covered).sum()),
        "misled": int((alike & said).sum()),
        "conceals": _share(int((said & keys["conceals"]).sum()), hits),
    }


def _episodes_named(keys: pd.DataFrame, acts: pd.DataFrame) -> Flags:
    """Episodes of the cases (or of any case of their chain) named in acts of the truth."""
    cases = set(acts["case_no"])
    return np.asarray(keys["case_no"].isin(cases) | keys["chain"].isin(cases))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
