"""What came of a review through supervision: one rule for labels and for estimates of the population."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.metrics.reviewed_draws import join_reviews
from features.pool.reviews import recovered_through_supervision, typed_reviews
from training.data.labels import labels_from_reviews

CONCLUDED, RIPE = date(2023, 12, 1), date(2024, 5, 29)
CASE = {"case_no": "（2023）浙9901执1号", "zb_date": date(2023, 1, 1), "selected_on": date(2023, 10, 1)}
DRAWN = {"stratum": "随机", "inclusion": 0.1, "probability": 0.1, "expected_fen": 1.0, "source": "ledger"}
MONEY = {"recovered_amount": 700, "recovered_date": date(2024, 1, 5)}
LATER = {"recovered_amount": 700, "recovered_date": date(2024, 8, 1)}
AWAITED = float("nan")

CASES: dict[str, tuple[dict[str, Any], date, float, float, float]] = {
    "money came": (MONEY, date(2024, 1, 5), 700, 700, 700),
    "on the day before nothing is known": (MONEY, date(2024, 1, 4), AWAITED, AWAITED, AWAITED),
    "nothing came by the 179th day": ({}, date(2024, 5, 28), AWAITED, AWAITED, AWAITED),
    "nor by the 180th": ({}, RIPE, 0, 0, 0),
    "money came later than that": (LATER, RIPE, 0, 0, 0),
    "and is counted once it came": (LATER, date(2024, 8, 1), 700, 700, 700),
    "it came unaided": (MONEY | {"unaided": True}, date(2024, 1, 5), 0, 0, AWAITED),
    "unaided and not come": ({"unaided": True}, RIPE, 0, 0, AWAITED),
    "a sum without a day": ({"recovered_amount": 700}, RIPE, 0, 0, 0),
    "a day without a sum": ({"recovered_date": date(2024, 1, 5)}, date(2024, 1, 5), 0, 0, 0),
    "the court refused": ({"reply": "refused"}, RIPE, 0, 0, AWAITED),
    "the court did not answer": ({"reply": None}, RIPE, 0, 0, AWAITED),
    "adopted in part": (MONEY | {"reply": "partly"}, RIPE, 700, 700, 700),
    "missed by the court": (MONEY | {"label": "Y2"}, RIPE, 700, 700, 700),
    "nothing there": ({"label": "Y4"}, date(2023, 12, 2), AWAITED, 0, AWAITED),
    "an irregular procedure": ({"label": "Y3"}, date(2023, 12, 2), AWAITED, 0, AWAITED),
}
"""Review, day, and on it: the sum, the sum of the episode drawn, the sum an adopted recommendation teaches."""


@pytest.mark.parametrize("name", CASES)
def test_a_recovery_counts_as_nothing_only_when_nothing_is_awaited(name: str) -> None:
    given, day, known, drawn, taught = CASES[name]
    usual = {"review_id": "r1", "conclude_date": CONCLUDED, "label": "Y1", "reply": "adopted", "unaided": None}
    blank = {"office": "339901", "found_value": None, "recovered_amount": None, "recovered_date": None}
    rows = typed_reviews(pd.DataFrame([CASE | usual | blank | given]))
    draw = pd.DataFrame([{**CASE, "office": "339901", "listed": True, **DRAWN}])
    draw[["zb_date", "selected_on"]] = draw[["zb_date", "selected_on"]].astype("datetime64[ns]")
    found = (
        recovered_through_supervision(rows, day),
        join_reviews(draw, rows, day)["recovered_fen"],
        labels_from_reviews(rows, day)["recovered_fen"],
    )
    np.testing.assert_array_equal([column.iloc[0] for column in found], [known, drawn, taught])
