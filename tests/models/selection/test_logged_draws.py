"""Draws of the ledger: which listed episodes were passed over, known only once a list has run out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from little_pool import deliver
from made_ledger import AS_OF, write_queue, write_run

from features.pool.pool import Pool
from models.ledger.ledger import Ledger
from models.selection.logged_draws import REVIEW_WINDOW_DAYS, read_draws

TAKEN = 3


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """One queue of eight; three of the listed were reviewed, and a fourth only after the list had run out."""
    with Ledger(tmp_path) as opened:
        queue = write_queue(opened, write_run(opened))
        items = opened.queue_items(queue.queue_id)
        cases = sorted(items.loc[items["listed"], "episode"].str.split("@").str[0])
        days = [AS_OF + timedelta(days=20)] * TAKEN + [AS_OF + timedelta(days=REVIEW_WINDOW_DAYS + 5)]
        rows = [
            {
                "review_id": f"r{at}",
                "case_no": case,
                "zb_date": date(2023, 6, 1),
                "office": "339901",
                "selected_on": day,
                "accept_date": day,
            }
            for at, (case, day) in enumerate(zip(cases, days, strict=False))
        ]
        deliver(tmp_path, date(2024, 8, 30), {"review": rows})
        yield opened


def at(ledger: Ledger, day: date) -> pd.DataFrame:
    with Pool(ledger.home).as_of(day) as cut:
        return read_draws(cut, ledger)


def test_what_nobody_took_before_its_list_ran_out_was_skipped(ledger: Ledger) -> None:
    found = at(ledger, date(2024, 8, 30))
    listed = found[found["listed"]]
    assert listed["skipped"].notna().all()
    assert listed["skipped"].sum() == 8 - TAKEN
    reviewed = sorted(listed["case_no"])[:TAKEN]
    assert sorted(listed.loc[~listed["skipped"].astype(bool), "case_no"]) == reviewed
    assert found.loc[~found["listed"], "skipped"].isna().all()


def test_while_a_list_stands_not_taken_is_not_yet_skipped(ledger: Ledger) -> None:
    assert at(ledger, AS_OF + timedelta(days=REVIEW_WINDOW_DAYS - 1))["skipped"].isna().all()
