"""Review records and the terminated cases they refer to, as the pool knew them on a day, in typed pandas columns.

Reviews are outcomes of supervision: they feed labels, the cohort and the label page, never a feature.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from features.pool.pool import Cut
from features.schema import TABLES

REVIEW = TABLES["review"]
DATES = tuple(column.name for column in REVIEW.columns if column.kind == "date")
AMOUNTS = tuple(column.name for column in REVIEW.columns if column.kind == "money")

LABELS = ("Y1", "Y2", "Y3", "Y4", "Y5", "Y6")
"""Conclusions of a review (docs/domain.md section 3.4)."""

CONCEALED, CRIME_LEAD = "Y1", "Y6"
FOUND_NOTHING = ("Y3", "Y4")
"""Conclusions that found no property; no money is awaited after them."""

ADOPTED = ("adopted", "partly")
"""Replies of a court that adopt a recommendation, wholly or in part."""

MATURE_DAYS = 180
"""So many days after a conclusion a recovery that has not come counts as 0 元: courts reply within three months (one
more on approval), and money follows later (docs/domain.md section 5.2)."""

STAMPS = ("known_at", "batch", "src_file", "src_sheet", "src_row")


def reviews(cut: Cut) -> pd.DataFrame:
    """The version in force of every review known on the cut.

    Returns:
        The columns of the contract and `STAMPS`, sorted by review_id; see `typed_reviews`.
    """
    frame: pd.DataFrame = cut.outcomes("review").to_pandas()
    return typed_reviews(frame.reindex(columns=[*REVIEW.names, *STAMPS])).sort_values("review_id", ignore_index=True)


def confirms_concealment(rows: pd.DataFrame) -> pd.Series:
    """Whether each review found concealment: conclusion Y1, or Y6 (crime lead) with property found.

    Args:
        rows: review rows with `label` and `found_value` (分, null where none was found).

    Returns:
        bool by row of `rows` (docs/domain.md section 3.4).
    """
    found = pd.to_numeric(rows["found_value"]).fillna(0).gt(0).astype(bool)
    return (rows["label"].eq(CONCEALED) | (rows["label"].eq(CRIME_LEAD) & found)).astype(bool)


def came_unaided(rows: pd.DataFrame) -> pd.Series:
    """Whether the money of each review came without supervision: bool by row; blank says that it did not."""
    return rows["unaided"].astype("boolean").fillna(False).astype(bool)


def recovered_through_supervision(rows: pd.DataFrame, day: date) -> pd.Series:
    """分 that came through supervision of each concluded review, as known on a day; NaN while it may still come.

    What came without supervision is 0 as soon as it came; what has not come is 0 `MATURE_DAYS` after the conclusion.
    Whether the court adopted is not asked: a recommendation it refused brought nothing. Who wants to know what an
    adopted one brings leaves the others out.

    Args:
        rows: reviews concluded by the day, with conclude_date, recovered_date, recovered_amount (分) and unaided.
        day: the day.
    """
    came = pd.to_datetime(rows["recovered_date"]).le(pd.Timestamp(day)).fillna(False).astype(bool)
    amount = pd.to_numeric(rows["recovered_amount"]).fillna(0).astype(np.float64).where(came & ~came_unaided(rows), 0.0)
    old = pd.to_datetime(rows["conclude_date"]).le(pd.Timestamp(day - timedelta(days=MATURE_DAYS)))
    return amount.where(came | old.fillna(False).astype(bool), np.nan)


def typed_reviews(frame: pd.DataFrame) -> pd.DataFrame:
    """Review rows in the types of the checks: dates as datetime64, amounts as Int64 (分), `unaided` as boolean.

    Other columns are objects, None where blank; columns of an older delivery that are not there stay blank.
    """
    columns: dict[str, Any] = {}
    for name in frame.columns:
        column = frame[name]
        if name in (*DATES, "known_at"):
            columns[name] = pd.to_datetime(column).astype("datetime64[s]")
        elif name in (*AMOUNTS, "batch", "src_row"):
            columns[name] = pd.to_numeric(column).astype("Int64")
        elif name == "unaided":
            columns[name] = column.astype("boolean")
        else:
            columns[name] = column.astype(object).where(column.notna(), None)
    return pd.DataFrame(columns, index=frame.index)


def terminated_cases(cut: Cut, case_nos: Iterable[str]) -> pd.DataFrame:
    """Those of the given cases that the cut knows as terminated.

    Returns:
        case_no, ended_on (datetime64), division (six digits or blank), debt_fen (Int64, 分 unpaid or due).
    """
    case = cut.table("case")
    ended = case.filter(case.close_mode == "terminated", case.case_type.isin(["first", "resumed"]))
    ended = ended.filter(ended.case_no.isin(sorted(set(case_nos))))
    frame: pd.DataFrame = ended.select(
        "case_no",
        ended_on="close_date",
        division=ended.court_division.substr(0, 6),
        debt_fen=ended.amt_unpaid.coalesce(ended.amt_due),
    ).to_pandas()
    frame["ended_on"] = pd.to_datetime(frame["ended_on"]).astype("datetime64[s]")
    frame["division"] = frame["division"].astype(object).where(frame["division"].notna(), "")
    frame["debt_fen"] = pd.to_numeric(frame["debt_fen"]).astype("Int64")
    return frame.drop_duplicates("case_no").reset_index(drop=True)


NO_CASES = pd.DataFrame(
    {
        "case_no": pd.Series(dtype=object),
        "ended_on": pd.Series(dtype="datetime64[s]"),
        "division": pd.Series(dtype=object),
        "debt_fen": pd.Series(dtype="Int64"),
    }
)
"""`terminated_cases` of no cases."""
