"""Labels: what counts, what is left out, and nothing from after the cut."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from little_pool import CASE_NO, deliver

from features.pool.pool import Pool
from features.pool.reviews import MATURE_DAYS
from training.data.labels import load_labels, scoring_date

ZB = date(2023, 6, 20)


def review(number: int, **changes: object) -> dict[str, object]:
    return {
        "review_id": f"r{number}",
        "case_no": CASE_NO,
        "zb_date": ZB,
        "office": "339901",
        "selected_on": date(2023, 10, 5),
        "accept_date": date(2023, 10, 8),
        "conclude_date": date(2023, 12, 1),
        "label": "Y1",
        "reply": "adopted",
    } | changes


def known(home: Path, day: date, *rows: dict[str, object], received: date = date(2023, 12, 10)) -> pd.DataFrame:
    deliver(home, received, {"review": list(rows)})
    with Pool(home).as_of(day) as cut:
        return load_labels(cut)


def test_conclusions_become_labels(tmp_path: Path) -> None:
    rows = [review(number, label=label) for number, label in enumerate(["Y1", "Y2", "Y3", "Y4", "Y6", "Y6"])]
    rows[5]["found_value"] = 5_000_00
    frame = known(tmp_path, date(2024, 1, 1), *rows).set_index("review_id")["y"]
    assert frame[["r0", "r2", "r3", "r5"]].tolist() == [1.0, 0.0, 0.0, 1.0]
    assert frame[["r1", "r4"]].isna().all()


def test_running_reviews_and_those_of_tomorrow_are_censored(tmp_path: Path) -> None:
    rows = [
        review(1, conclude_date=None, label=None),
        review(2, label=None),
        review(3, conclude_date=date(2024, 1, 2)),
        review(4, conclude_date=date(2024, 1, 1)),
        review(5, label="Y4"),
    ]
    frame = known(tmp_path, date(2024, 1, 1), *rows)
    assert frame["review_id"].tolist() == ["r5", "r4"]
    assert frame["label_date"].tolist() == [date(2023, 12, 1), date(2024, 1, 1)]


def test_the_newest_version_known_on_the_day_stands(tmp_path: Path) -> None:
    deliver(tmp_path, date(2023, 12, 10), {"review": [review(1, label="Y4")]})
    deliver(tmp_path, date(2024, 2, 10), {"review": [review(1, label="Y1")]})
    for day, y in ((date(2024, 2, 9), 0.0), (date(2024, 2, 10), 1.0)):
        with Pool(tmp_path).as_of(day) as cut:
            assert load_labels(cut)["y"].tolist() == [y]


def test_recoveries_teach_amounts_only_when_ripe_adopted_and_aided(tmp_path: Path) -> None:
    money = {"recovered_amount": 700, "recovered_date": date(2024, 1, 5)}
    rows = [
        review(1, **money),
        review(2, label="Y2", **money),
        review(3, label="Y4", **money),
        review(4, reply="refused", **money),
        review(5, unaided=True, **money),
        review(6),
        review(7, reply=None, **money),
    ]
    early = known(tmp_path, date(2024, 1, 10), *rows).set_index("review_id")["recovered_fen"]
    assert early[["r1", "r2"]].tolist() == [700.0, 700.0]
    assert early[["r3", "r4", "r5", "r6", "r7"]].isna().all()
    ripe = pd.Timestamp(2023, 12, 1) + pd.Timedelta(days=MATURE_DAYS)
    for day, expected in ((ripe - pd.Timedelta(days=1), np.nan), (ripe, 0.0)):
        with Pool(tmp_path).as_of(day.date()) as cut:
            found = load_labels(cut).set_index("review_id")["recovered_fen"]["r6"]
        assert found == pytest.approx(expected, nan_ok=True)


def test_money_that_came_later_is_not_yet_known(tmp_path: Path) -> None:
    row = review(1, recovered_amount=700, recovered_date=date(2024, 3, 1))
    frame = known(tmp_path, date(2024, 2, 1), row)
    assert frame["recovered_fen"].isna().all()


@pytest.mark.parametrize(
    ("selected", "scored"),
    [
        ("2024-01-01", "2023-12-31"),
        ("2023-12-31", "2023-09-30"),
        ("2024-03-30", "2023-12-31"),
        ("2024-04-01", "2024-03-31"),
    ],
)
def test_the_row_is_of_the_last_quarter_end_before_the_selection(selected: str, scored: str) -> None:
    days = pd.Series([date.fromisoformat(selected)])
    assert scoring_date(days).tolist() == [date.fromisoformat(scored)]


def test_no_reviews_no_labels(tmp_path: Path) -> None:
    with Pool(tmp_path).as_of(date(2024, 1, 1)) as cut:
        assert load_labels(cut).empty


def test_missed_property_is_told_apart_from_nothing_and_from_concealment(tmp_path: Path) -> None:
    rows = [review(number, label=label) for number, label in enumerate(["Y1", "Y2", "Y3", "Y4", "Y6"])]
    frame = known(tmp_path, date(2024, 1, 1), *rows).set_index("review_id")["missed"]
    assert frame[["r1", "r2", "r3"]].tolist() == [1.0, 0.0, 0.0]
    assert frame[["r0", "r4"]].isna().all()
