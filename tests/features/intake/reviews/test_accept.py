"""Review records held back until their delivery is read: what is refused, what is new, changed, the same, unmatched."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from clue_rows import KNOWN, ZB
from little_pool import CASE_NO, deliver, one_case

from features.intake.reviews.accept import PendingReviews, ReviewSummary
from features.intake.tables.quarantine import RowErrors
from features.pool.manifests import Delivery
from features.pool.pool import Pool, stored_schema
from features.schema import TABLES

OTHER = "（2023）浙9901执2号"
RECEIVED = date(2023, 12, 20)
REVIEW = TABLES["review"]


def review(number: str, case_no: str = CASE_NO, **more: Any) -> dict[str, Any]:
    row = {"review_id": number, "case_no": case_no, "zb_date": ZB, "office": "339901", "label": "Y4"}
    return row | {"selected_on": date(2023, 10, 5), "accept_date": date(2023, 10, 8)} | more


def typed(*rows: dict[str, Any], sheet: str | None = "") -> pa.Table:
    whole = [
        {"src_file": "监督结果.csv", "src_sheet": sheet, "src_row": n, **row} for n, row in enumerate(rows, start=2)
    ]
    names = ["src_row", "src_file", "src_sheet", *REVIEW.names]
    schema = stored_schema(REVIEW)
    return pa.Table.from_pylist(whole, schema=pa.schema([schema.field(name) for name in names]))


def take(
    home: Path, *sheets: pa.Table, correct_cases: bool = False
) -> tuple[PendingReviews, ReviewSummary | None, int]:
    """Deliver sheets of reviews: what was held, its summary, and how many rows were written."""
    pool = Pool(home)
    pending = PendingReviews(pool, correct_cases)
    for sheet in sheets:
        pending.add(sheet)
    note = Delivery("测试", "测试院", RECEIVED, "依据", "目的", "范围", "测试人")
    with pool.begin(note) as batch:
        pending.write_accepted(batch, RowErrors())
        manifest = batch.commit()
    return pending, pending.summary(RECEIVED), sum(part.rows for part in manifest.parts)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A pool with the case terminated 2023-06-20 and one review of it."""
    deliver(tmp_path, KNOWN, one_case())
    deliver(tmp_path, KNOWN, {"review": [review("SC1")]})
    return tmp_path


def test_new_changed_the_same_and_unmatched_are_counted(home: Path) -> None:
    wrong_day = review("SC5", zb_date=date(2023, 6, 21))
    rows = typed(
        review("SC1"),
        review("SC1", label="Y1", found_value=1_000_000_000_001),
        review("SC2"),
        review("SC3", OTHER),
        wrong_day,
    )
    pending, summary, written = take(home, rows)
    assert summary is not None and written == 5 and pending.refused["监督结果.csv", ""] == 0
    assert (summary.new, summary.changed, summary.unchanged, summary.unmatched) == (3, 1, 1, 2)
    assert [warning.review_id for warning in summary.warnings if "未匹配到终本程序" in warning.sentence] == [
        "SC3",
        "SC5",
    ]
    assert all(line.startswith("文件“监督结果.csv”第") for line in summary.sentences())


def test_a_number_of_another_case_is_refused_by_file_and_sheet_unless_it_is_a_correction(home: Path) -> None:
    sheets = (
        typed(review("SC1", OTHER), review("SC9"), sheet=None),
        typed(review("SC7"), review("SC7", OTHER), sheet="二"),
    )
    pending, summary, written = take(home, *sheets)
    assert written == 1 and summary is not None and summary.new == 1
    assert pending.refused == {("监督结果.csv", ""): 1, ("监督结果.csv", "二"): 2}
    _, corrected, moved = take(home, typed(review("SC1", OTHER)), correct_cases=True)
    assert moved == 1 and corrected is not None and (corrected.new, corrected.changed) == (0, 1)


def test_the_same_number_in_two_sheets_of_one_case_is_one_new_review(home: Path) -> None:
    _, summary, written = take(home, typed(review("SC2")), typed(review("SC2", label="Y2"), sheet="二"))
    assert summary is not None and (written, summary.new) == (2, 1)


def test_a_delivery_without_reviews_has_no_summary(home: Path) -> None:
    pending, summary, written = take(home, typed())
    assert (summary, written, pending.refused) == (None, 0, {})
