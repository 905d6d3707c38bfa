"""Draws of four quarters with what their reviews found: what `evaluation.metrics.population` estimates from."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.pool.pool import Cut
from features.pool.reviews import reviews
from models.ledger.ledger import Ledger
from models.selection.draws import LEDGER, match_reviews, read_draws

PERIOD_DAYS = 366
"""Four quarters."""

WAIT_DAYS = 180
"""Younger draws wait: early conclusions are not like late ones, and money follows later (docs/domain.md
section 5.2)."""


def period(day: date) -> tuple[date, date]:
    """First and last day of the draws told on a day: four quarters, old enough to have been concluded."""
    last = day - timedelta(days=WAIT_DAYS)
    return last - timedelta(days=PERIOD_DAYS - 1), last


def reviewed_draws(cut: Cut, ledger: Ledger) -> pd.DataFrame:
    """Every eligible episode of the ledger's queues in `period`, with conceals and recovered_fen of its review.

    Returns:
        Columns of `models.selection.draws.logged`, and conceals (1 for concealment confirmed, a crime lead with assets
        among it; 0 for any other conclusion; NaN where not concluded or not reviewed) and recovered_fen (分 that came
        through supervision; 0 without any `WAIT_DAYS` after the conclusion, NaN before).
    """
    first, last = period(cut.day)
    draws = read_draws(cut, ledger)
    mine = draws["source"].eq(LEDGER) & draws["selected_on"].between(pd.Timestamp(first), pd.Timestamp(last))
    return join_reviews(draws[mine].reset_index(drop=True), reviews(cut), cut.day)


def join_reviews(draws: pd.DataFrame, found: pd.DataFrame, day: date) -> pd.DataFrame:
    """Draws with what their reviews found by a day; of several reviews after one draw the last concluded stands.

    Args:
        draws: see `models.selection.draws.logged`.
        found: reviews, see `features.pool.reviews.reviews`.
        day: the day.
    """
    known = found[(found["conclude_date"] <= pd.Timestamp(day)) & found["label"].notna() & found["label"].ne("Y5")]
    known = known.sort_values(["conclude_date", "review_id"], kind="stable").reset_index(drop=True)
    told = known[["case_no"]].assign(
        zb_date=pd.to_datetime(known["zb_date"]).astype("datetime64[ns]"),
        selected_on=match_reviews(known, draws)["drawn_on"],
        conceals=_conceals(known),
        recovered_fen=_recovered(known, day),
    )
    key = ["case_no", "zb_date", "selected_on"]
    told = told.dropna(subset=["selected_on"]).drop_duplicates(key, keep="last").astype({"case_no": "str"})
    return draws.merge(told, on=key, how="left", validate="many_to_one")


def _conceals(known: pd.DataFrame) -> pd.Series:
    assets = known["found_value"].fillna(0) > 0
    return (known["label"].eq("Y1") | (known["label"].eq("Y6") & assets)).astype(np.float64)


def _recovered(known: pd.DataFrame, day: date) -> pd.Series:
    arrived = (known["recovered_date"] <= pd.Timestamp(day)).fillna(False).astype(bool)
    aided = ~known["unaided"].fillna(False).astype(bool)
    amount = known["recovered_amount"].fillna(0).astype(np.float64).where(arrived & aided, 0.0)
    old = known["conclude_date"] <= pd.Timestamp(day - timedelta(days=WAIT_DAYS))
    settled = arrived | old | known["label"].isin(["Y3", "Y4"])
    return amount.where(settled, np.nan)
