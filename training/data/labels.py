"""Labels: what concluded reviews found, dated by their conclusion (docs/domain.md section 3.4).

Adoption of a recommendation is no label, because nearly all are adopted. Of the conclusions, Y1 (concealment
confirmed) is positive, Y3 and Y4 are negative, Y2 (missed by the court, not hidden) stays out of the concealment head
and is the positive of a head of its own, Y6 (crime lead) is positive where assets of some value were found and left
out otherwise. A running review has no label.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from features.pool.pool import Cut
from features.pool.reviews import (
    ADOPTED,
    FOUND_NOTHING,
    came_unaided,
    confirms_concealment,
    recovered_through_supervision,
)

MISSED = ("Y2",)
"""Conclusions that found property which the court had missed and nobody had hidden."""

WITH_PROPERTY = ("Y1", "Y2")
"""Conclusions whose recoveries train the amount head: property was there, hidden or missed."""

COLUMNS = (
    "review_id",
    "case_no",
    "zb_date",
    "office",
    "selected_on",
    "label_date",
    "label",
    "y",
    "missed",
    "recovered_fen",
)


def load_labels(cut: Cut) -> pd.DataFrame:
    """Labels known on a cut: one row per concluded review, its newest version.

    Returns:
        Columns `COLUMNS`, sorted by (label_date, review_id): zb_date, selected_on and label_date are dates, y is
        1.0, 0.0 or NaN (left out of the concealment head), missed is 1.0 (Y2), 0.0 (Y3, Y4) or NaN (where concealment
        was found the question does not arise), recovered_fen is 分 or NaN (not adopted, not yet mature, or money that
        came without supervision). No row is dated after the cut.
    """
    review = cut.outcomes("review")
    wanted = review.filter(review.conclude_date.notnull(), review.conclude_date <= cut.day, review.label.notnull())
    frame: pd.DataFrame = wanted.select(
        "review_id",
        "case_no",
        "zb_date",
        "office",
        "selected_on",
        "conclude_date",
        "label",
        "found_value",
        "reply",
        "recovered_amount",
        "recovered_date",
        "unaided",
    ).to_pandas()
    return labels_from_reviews(frame, cut.day)


def labels_from_reviews(reviews: pd.DataFrame, day: date) -> pd.DataFrame:
    """Labels of review rows as they stood on a day; see `load_labels`."""
    frame = reviews.copy()
    for name in ("zb_date", "selected_on", "conclude_date", "recovered_date"):
        frame[name] = pd.to_datetime(frame[name])
    frame = frame[frame["conclude_date"] <= pd.Timestamp(day)]
    frame = frame.assign(
        y=_outcome(frame),
        missed=_missed(frame),
        recovered_fen=_recovered(frame, day),
        label_date=frame["conclude_date"],
    ).sort_values(["label_date", "review_id"], ignore_index=True)
    for name in ("zb_date", "selected_on", "label_date"):
        frame[name] = frame[name].dt.date
    return frame[list(COLUMNS)]


def _outcome(frame: pd.DataFrame) -> pd.Series:
    """Column y, see `load_labels`."""
    return _one_or_zero(frame, confirms_concealment(frame))


def _missed(frame: pd.DataFrame) -> pd.Series:
    """Column missed, see `load_labels`."""
    return _one_or_zero(frame, frame["label"].isin(MISSED))


def _one_or_zero(frame: pd.DataFrame, positive: pd.Series) -> pd.Series:
    """1.0 where positive, else 0.0 where the conclusion is negative, else NaN."""
    values = np.select([positive, frame["label"].isin(FOUND_NOTHING)], [1.0, 0.0], default=np.nan)
    return pd.Series(values, index=frame.index, dtype=np.float64)


def _recovered(frame: pd.DataFrame, day: date) -> pd.Series:
    """Column recovered_fen as known on a day, see `load_labels`: what an adopted recommendation brings."""
    wanted = frame["label"].isin(WITH_PROPERTY) & frame["reply"].isin(ADOPTED) & ~came_unaided(frame)
    return recovered_through_supervision(frame, day).where(wanted, np.nan)


def scoring_date(selected_on: pd.Series) -> pd.Series:
    """The last quarter end strictly before each selection: the day whose scores the selection could have seen."""
    day = pd.to_datetime(selected_on)
    return (day - pd.offsets.QuarterEnd(1)).dt.date
