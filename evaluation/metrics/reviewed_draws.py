"""Which episodes the lists of four quarters drew, and what their reviews found: the input of
`evaluation.metrics.population`."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.pool.pool import Cut
from features.pool.reviews import confirms_concealment, reviews
from models.ledger.ledger import Ledger
from models.selection.logged_draws import LEDGER, match_reviews, read_draws

PERIOD_DAYS = 366
"""Length in days of the time whose lists are read: four quarters."""

WAIT_DAYS = 180
"""Least age of a list in days, so that most of its reviews are concluded: quick reviews find other things than slow
ones, and money comes after the conclusion (docs/domain.md section 5.2)."""


def period(day: date) -> tuple[date, date]:
    """First and last day on which a list must have been drawn to be read on `day`: `PERIOD_DAYS` that end `WAIT_DAYS`
    before it."""
    last = day - timedelta(days=WAIT_DAYS)
    return last - timedelta(days=PERIOD_DAYS - 1), last


def reviewed_draws(cut: Cut, ledger: Ledger) -> pd.DataFrame:
    """Every eligible episode of the ledger's queues in `period`, with the outcome of its review.

    Returns:
        Columns of `models.selection.logged_draws.read_draws`, and conceals (1 where concealment was
        confirmed, also as a crime lead with assets; 0 for any other conclusion; NaN where not concluded or not
        reviewed) and recovered_fen (分 recovered through supervision; NaN until the money came or `WAIT_DAYS` after the
        conclusion, from then on 0 if none came).
    """
    first, last = period(cut.day)
    draws = read_draws(cut, ledger)
    in_period = draws["source"].eq(LEDGER) & draws["selected_on"].between(pd.Timestamp(first), pd.Timestamp(last))
    return join_reviews(draws[in_period].reset_index(drop=True), reviews(cut), cut.day)


def join_reviews(draws: pd.DataFrame, review_rows: pd.DataFrame, day: date) -> pd.DataFrame:
    """Draws joined to the outcomes known on a day; of several reviews after one draw the last concluded counts.

    Args:
        draws: see `models.selection.logged_draws.read_draws`.
        review_rows: reviews, see `features.pool.reviews.reviews`.
        day: the day.
    """
    known = review_rows[
        (review_rows["conclude_date"] <= pd.Timestamp(day))
        & review_rows["label"].notna()
        & review_rows["label"].ne("Y5")
    ]
    known = known.sort_values(["conclude_date", "review_id"], kind="stable").reset_index(drop=True)
    outcomes = known[["case_no"]].assign(
        zb_date=pd.to_datetime(known["zb_date"]).astype("datetime64[ns]"),
        selected_on=match_reviews(known, draws)["drawn_on"],
        conceals=confirms_concealment(known).astype(np.float64),
        recovered_fen=_recovered(known, day),
    )
    key = ["case_no", "zb_date", "selected_on"]
    outcomes = outcomes.dropna(subset=["selected_on"]).drop_duplicates(key, keep="last").astype({"case_no": "str"})
    return draws.merge(outcomes, on=key, how="left", validate="many_to_one")


def _recovered(known: pd.DataFrame, day: date) -> pd.Series:
    """分 recovered through supervision, NaN while money may still come.

    Reviews concluded as Y3 (procedural fault only) or Y4 (nothing to enforce) found no property: 0 at once.
    """
    arrived = (known["recovered_date"] <= pd.Timestamp(day)).fillna(False).astype(bool)
    aided = ~known["unaided"].fillna(False).astype(bool)
    amount = known["recovered_amount"].fillna(0).astype(np.float64).where(arrived & aided, 0.0)
    old = known["conclude_date"] <= pd.Timestamp(day - timedelta(days=WAIT_DAYS))
    final = arrived | old | known["label"].isin(["Y3", "Y4"])
    return amount.where(final, np.nan)
