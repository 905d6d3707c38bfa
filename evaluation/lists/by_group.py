"""Group fairness of the lists: selection rate, precision and false positives per group at capacity.

Reported, never corrected. Per office the first `capacity` eligible episodes by expected recovery are listed; strata and
the random stratum of the real list is left out, they do not depend on the model. Groups are pooled over offices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.explanations.attribution import without_evidence
from evaluation.lists.against_truth import join_truth, load_truth
from features.clues.catalogue import CLUE_OF, CLUES
from features.errors import NotEnoughDataError
from features.facts import Facts
from features.facts.lookup import last_day
from features.matrix import Matrix, build_matrix
from features.pool.pool import Pool
from features.pool.reviews import confirms_concealment, reviews
from models.feedback.intervals import Interval, clopper_pearson, wilson
from models.registry import registry
from models.scoring.model import Model
from models.selection.capacity import CAPACITY
from models.selection.eligibility import eligible, learnt, unlearnt

MIN_GROUP = 30
"""Least number of eligible episodes of a reported group: figures of few people say little and may identify one."""

PETITION_FAMILY = "petitions"
"""Family of clues without which the figures are computed a second time."""

DIMENSIONS: Mapping[str, str] = {
    "age": "被执行人年龄段",
    "sex": "被执行人性别",
    "person": "被执行人类型",
    "applicant": "申请执行人类型",
    "cause": "案由",
    "petitioned": "有无信访",
}
"""Groupings by name, with their 中文 names."""

MISSING_DIMENSIONS: Mapping[str, str] = {"district": "地区类型（城镇、乡村）：数据中无此字段，未测。"}
"""Groupings that the delivered data does not contain, with a 中文 sentence."""

AGE_BOUNDS = (30, 45, 60)
"""Lower bounds of the second and later age bands, in completed years on the day of the list."""

UNKNOWN = "不详"
COMPANY = "单位"
PERSON = "自然人"


def group_fairness(
    home: Path,
    version: str,
    as_of: date,
    capacity: int = CAPACITY,
    truth: Path | None = None,
    smallest: int = MIN_GROUP,
) -> dict[str, Any]:
    """Group fairness of a model's lists on a day: the body of the report "burden".

    Args:
        home: the home folder. version: of the model. as_of: day of the lists. capacity: cases per office.
        truth: a simulated world's `truth/`; without it, outcomes are those of reviews begun after the day.
        smallest: least number of eligible episodes of a reported group.

    Raises:
        NotFoundError: no such model. NotEnoughDataError: nothing is eligible on the day.
    """
    matrix = build_matrix(home, as_of)
    frame = _join_outcomes(assign_groups(home, matrix), home, as_of, truth)
    model = registry.load(home, version)
    if truth is None or model.as_of is None:
        return model_group_fairness(model, matrix, frame, capacity, smallest)
    return model_group_fairness(
        model, matrix, frame, capacity, smallest, "truth", learnt(home, model.as_of, model.pool_state)
    )


def model_group_fairness(
    model: Model,
    matrix: Matrix,
    frame: pd.DataFrame,
    capacity: int,
    smallest: int = MIN_GROUP,
    source: str = "reviews",
    known: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """The body of the report "burden" for a model and a matrix with given groups and outcomes.

    Args:
        model: the model. matrix: of the day of the lists. capacity: cases per office.
        frame: keys of the matrix as `assign_groups` gives them, with y and recovered_yuan (see `measure_groups`).
        smallest: least number of eligible episodes of a reported group. source: of the outcomes, truth or reviews.
        known: episodes whose labels the model was trained on, left out where outcomes come from the truth.

    Raises:
        NotEnoughDataError: nothing is eligible on the day.
    """
    open_ = eligible(frame, matrix.as_of)
    if known is not None:
        open_ &= unlearnt(frame, known)
    if not open_.any():
        raise NotEnoughDataError(f"截至 {matrix.as_of} 没有待选的终本案件，无法测量分组负担。")
    values = matrix.model_values[list(model.columns)]
    columns = [name for name in model.columns if name in CLUE_OF and CLUES[CLUE_OF[name]].family == PETITION_FAMILY]
    sides = {"with_petitions": values, "without_petitions": without_evidence(values, columns)}
    by_side = {
        name: measure_groups(frame[open_].assign(expected=_listing_score(model, side)[open_]), capacity, smallest)
        for name, side in sides.items()
    }
    return {
        "version": model.version,
        "as_of": matrix.as_of.isoformat(),
        "capacity": capacity,
        "smallest": smallest,
        "outcomes": source,
        "listing": "greedy by expected recovery per office",
        "petition_family": "columns blanked (0 where covered), model not refitted",
        "petition_columns": len(columns),
        "absent": dict(MISSING_DIMENSIONS),
        "dimensions": dict(DIMENSIONS),
        **by_side,
    }


def measure_groups(frame: pd.DataFrame, capacity: int, smallest: int = MIN_GROUP) -> dict[str, Any]:
    """Rates by group of the lists of all offices.

    Args:
        frame: eligible episodes: episode, office, expected (higher is listed first), the columns of `DIMENSIONS`, y
            (1.0 concealed, 0.0 not, NaN not known) and recovered_yuan (元, NaN not known).
        capacity: cases per office; equal scores are listed by episode.
        smallest: least number of eligible episodes of a reported group.

    Returns:
        overall, groups (dimension -> rows) and gaps (dimension -> largest difference between reported groups).
    """
    ordered = frame.sort_values(["expected", "episode"], ascending=[False, True], kind="stable")
    position = ordered.groupby("office", sort=False).cumcount().reindex(frame.index)
    frame = frame.assign(listed=(position < capacity).to_numpy())
    groups = {
        name: [_row(str(group), part, smallest) for group, part in frame.groupby(name, sort=True)]
        for name in DIMENSIONS
    }
    return {
        "overall": _row("全部", frame, 0),
        "groups": groups,
        "gaps": {name: _gaps(rows) for name, rows in groups.items()},
    }


def assign_groups(home: Path, matrix: Matrix) -> pd.DataFrame:
    """Keys of a matrix with a column for each of `DIMENSIONS`: the group of the episode's main debtor or claim."""
    with Pool(home).as_of(matrix.as_of, matrix.state) as cut:
        debtors = Facts(cut).debtors
        people = debtors.select("episode", debtor="person", sex="sex", birth="birth").to_pandas()
    keys = matrix.keys.merge(people.drop_duplicates(["episode", "debtor"]), on=["episode", "debtor"], how="left")
    person = keys["person"].astype(bool)
    applicants = keys["applicant_kind"].map(lambda kind: PERSON if kind == "person" else COMPANY, na_action="ignore")
    return keys.assign(
        age=age_bands(keys["birth"], matrix.as_of).where(person, COMPANY),
        sex=keys["sex"].map({"M": "男", "F": "女"}).fillna(UNKNOWN).where(person, COMPANY),
        person=np.where(person, PERSON, COMPANY),
        applicant=applicants.fillna(UNKNOWN),
        cause=keys["cause"].replace("", None).fillna(UNKNOWN),
        petitioned=np.where(keys["petitioned"].astype(bool), "有信访", "无信访"),
    )


def age_bands(birth: pd.Series, day: date) -> pd.Series:
    """Age band on a day by completed years; 不详 without a birth date."""
    born = pd.to_datetime(birth)
    before = (born.dt.month * 100 + born.dt.day) > day.month * 100 + day.day
    age = day.year - born.dt.year - before.astype(int)
    names = [
        f"{AGE_BOUNDS[0]} 岁以下",
        *(f"{a}–{b - 1} 岁" for a, b in pairwise(AGE_BOUNDS)),
        f"{AGE_BOUNDS[-1]} 岁以上",
    ]
    bands = pd.cut(age, [-np.inf, *AGE_BOUNDS, np.inf], right=False, labels=names)
    return bands.astype(object).where(born.notna(), UNKNOWN)


def known_outcomes(home: Path, matrix: Matrix, truth: Path | None = None) -> npt.NDArray[np.float64]:
    """Whether each episode of a matrix conceals: 1.0, 0.0 or NaN (not known), see `group_fairness` for the source."""
    return _join_outcomes(matrix.keys, home, matrix.as_of, truth)["y"].to_numpy(dtype=np.float64)


def _join_outcomes(frame: pd.DataFrame, home: Path, as_of: date, truth: Path | None) -> pd.DataFrame:
    return (
        join_truth_outcomes(frame, load_truth(truth)) if truth is not None else join_review_outcomes(frame, home, as_of)
    )


def join_truth_outcomes(frame: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Episodes with y and recovered_yuan from a world's truth: the result of reviewing each of them."""
    joined = join_truth(frame, truth)
    return joined.assign(y=joined["concealed"].astype(np.float64), recovered_yuan=joined["recoverable"])


def join_review_outcomes(frame: pd.DataFrame, home: Path, as_of: date) -> pd.DataFrame:
    """Episodes with y and recovered_yuan from reviews begun after a day and concluded by now; NaN where there is none.

    Y1 and a crime lead with assets count as concealment, Y3 and Y4 as none, the others as unknown (docs/domain.md
    section 3.4).
    """
    with Pool(home).as_of(last_day(home)) as cut:
        review_rows = reviews(cut)
    late = review_rows["conclude_date"].notna() & (pd.to_datetime(review_rows["selected_on"]) > pd.Timestamp(as_of))
    review_rows = review_rows[late].sort_values(["conclude_date", "review_id"])
    y = np.select(
        [confirms_concealment(review_rows), review_rows["label"].isin(["Y3", "Y4"])], [1.0, 0.0], default=np.nan
    )
    aided = ~review_rows["unaided"].fillna(False).astype(bool)
    yuan = pd.to_numeric(review_rows["recovered_amount"]).astype("Float64").fillna(0).astype(np.float64) / 100
    known = review_rows.assign(
        y=y, recovered_yuan=yuan.where(aided, 0.0), zb_date=pd.to_datetime(review_rows["zb_date"]).dt.date
    )
    known = known.drop_duplicates(["case_no", "zb_date"], keep="last")
    columns = ["case_no", "zb_date", "y", "recovered_yuan"]
    return frame.merge(known[columns], on=["case_no", "zb_date"], how="left", validate="one_to_one")


def _listing_score(model: Model, values: pd.DataFrame) -> npt.NDArray[np.float64]:
    """The score that orders the lists: expected recovery, or the probability if the model has no amounts."""
    scores = model.score(values)
    name = "probability" if model.amount is None else "expected_fen"
    return scores[name].to_numpy(dtype=np.float64)


def _row(group: str, part: pd.DataFrame, smallest: int) -> dict[str, Any]:
    eligible = len(part)
    if eligible < smallest:
        return {"group": group, "told": f"少于 {smallest}，不列"}
    listed = part[part["listed"]]
    known = listed[listed["y"].notna()]
    right = int(known["y"].sum())
    wrong = len(known) - right
    money = float(listed["recovered_yuan"].fillna(0.0).sum())
    return {
        "group": group,
        "eligible": eligible,
        "listed": len(listed),
        "selection": _share(len(listed), eligible, wilson(len(listed), eligible)),
        "known": len(known),
        "precision": _share(right, len(known), clopper_pearson(right, len(known))),
        "false_positive": _share(wrong, eligible, wilson(wrong, eligible)),
        "concealed": int(part["y"].sum()),
        "recovered_yuan": money,
        "recovered_per_eligible": money / eligible if eligible else None,
    }


def _share(part: int, whole: int, interval: Interval) -> dict[str, Any]:
    """A share with its 95 % interval; the share is None where nothing was counted."""
    share = part / whole if whole else None
    return {"count": part, "of": whole, "share": share, "low": interval.low, "high": interval.high}


def _gaps(rows: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Largest difference of each rate between reported groups that have it; None with fewer than two."""
    gaps: dict[str, float | None] = {}
    for name in ("selection", "precision", "false_positive"):
        found = [row[name]["share"] for row in rows if name in row and row[name]["share"] is not None]
        gaps[name] = max(found) - min(found) if len(found) > 1 else None
    return gaps
