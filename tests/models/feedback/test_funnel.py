"""The label page against a plain loop, and what it must never do: look ahead, count twice, credit the unaided."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_pool import deliver
from made_ledger import write_queue, write_run

from features.pool.pool import Pool
from features.pool.reviews import REVIEW, STAMPS, typed_reviews
from models.feedback.funnel import (
    FIGURES,
    build_funnel,
    count_by_quarter,
    figures_by_quarter,
    listed_episodes,
    sum_quarters,
)
from models.ledger.ledger import Ledger

DAY = date(2024, 6, 30)
START = date(2023, 1, 1)


def days(least: int = 0) -> st.SearchStrategy[date | None]:
    return st.none() | st.integers(least, 700).map(lambda number: START + timedelta(days=number))


RECORD = st.fixed_dictionaries(
    {
        "selected_on": st.integers(0, 700).map(lambda number: START + timedelta(days=number)),
        "accept_date": st.integers(0, 700).map(lambda number: START + timedelta(days=number)),
        "conclude_date": days(),
        "label": st.sampled_from(["Y1", "Y2", "Y3", "Y4", "Y5", "Y6", None]),
        "sug_date": days(),
        "reply_date": days(),
        "reply": st.sampled_from(["adopted", "partly", "refused", None]),
        "recovered_amount": st.sampled_from([None, 0, 5_000_00]),
        "recovered_date": days(),
        "unaided": st.sampled_from([None, True, False]),
    }
)


def frame(records: list[dict[str, Any]]) -> pd.DataFrame:
    rows = [{"review_id": f"r{at}", "office": "339901", **record} for at, record in enumerate(records)]
    columns = [*REVIEW.names, *STAMPS]
    return typed_reviews(pd.DataFrame(rows, columns=columns, dtype=object))


def no_lists() -> pd.DataFrame:
    return pd.DataFrame({"quarter": pd.PeriodIndex([], freq="Q"), "case_no": []})


def counted(records: list[dict[str, Any]], day: date) -> dict[str, dict[str, int]]:
    """The same figures, one record after the other."""
    figures: dict[str, dict[str, int]] = {}
    for one in records:
        if one["selected_on"] > day:
            continue
        quarter = f"{one['selected_on'].year}Q{(one['selected_on'].month + 2) // 3}"
        row = figures.setdefault(quarter, dict.fromkeys(FIGURES, 0))

        def by(name: str, one: dict[str, Any] = one) -> bool:
            return one[name] is not None and one[name] <= day

        money = one["recovered_amount"] if one["recovered_amount"] and by("recovered_date") else 0
        replied = by("sug_date") and by("reply_date")
        adopted = replied and one["reply"] in ("adopted", "partly")
        row["reviewed"] += by("accept_date") or by("conclude_date")
        row["running"] += by("accept_date") and not by("conclude_date")
        row["concluded"] += by("conclude_date")
        if one["label"] and by("conclude_date"):
            row[one["label"]] += 1
        row["recommended"] += by("sug_date")
        row["replied"] += replied
        row["adopted"] += adopted
        where = "unaided" if one["unaided"] else "recovered"
        row[where] += money > 0
        row[f"{where}_fen"] += money
        waits = not replied or (adopted and one["label"] in ("Y1", "Y2", "Y6") and not money)
        row["open"] += by("conclude_date") and by("sug_date") and waits
    return dict(sorted(figures.items()))


@given(st.lists(RECORD, max_size=12))
@settings(max_examples=25)
def test_the_figures_are_those_of_a_plain_loop(records: list[dict[str, Any]]) -> None:
    assert figures_by_quarter(count_by_quarter(frame(records), no_lists(), DAY)) == counted(records, DAY)


@given(st.lists(RECORD, min_size=1, max_size=8), st.randoms())
@settings(max_examples=10)
def test_order_does_not_matter_and_later_days_only_add(records: list[dict[str, Any]], random: Any) -> None:
    mixed = random.sample(records, len(records))
    assert figures_by_quarter(count_by_quarter(frame(mixed), no_lists(), DAY)) == figures_by_quarter(
        count_by_quarter(frame(records), no_lists(), DAY)
    )
    early = sum_quarters(count_by_quarter(frame(records), no_lists(), date(2023, 12, 31)))
    late = sum_quarters(count_by_quarter(frame(records), no_lists(), DAY))
    assert all(early[name] <= late[name] for name in FIGURES if name not in ("running", "open"))


def test_every_accepted_review_is_running_or_concluded() -> None:
    random = np.random.default_rng(3)
    records = [
        {
            "selected_on": START,
            "accept_date": START + timedelta(days=int(random.integers(0, 50))),
            "label": "Y4",
            "conclude_date": START + timedelta(days=int(random.integers(50, 300))) if number % 3 else None,
        }
        for number in range(200)
    ]
    sums = sum_quarters(count_by_quarter(frame(records), no_lists(), date(2023, 6, 30)))
    assert sums["reviewed"] == sums["running"] + sums["concluded"] == 200
    assert sums["Y4"] == sums["concluded"]


def review(number: int, office: str, **changes: Any) -> dict[str, Any]:
    return {
        "review_id": f"r{number}",
        "case_no": f"（2023）浙9901执{number}号",
        "zb_date": date(2023, 6, 1),
        "office": office,
        "selected_on": date(2024, 1, 10),
        "accept_date": date(2024, 1, 12),
        "conclude_date": date(2024, 3, 1),
        "label": "Y1",
    } | changes


def selection(number: int, office: str, day: date) -> dict[str, Any]:
    return {
        "case_no": f"（2023）浙9901执9{number:04d}号",
        "zb_date": date(2023, 6, 1),
        "selected_on": day,
        "office": office,
        "channel": "信访",
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    chosen = [
        selection(1, "339901", date(2024, 4, 8)),
        selection(2, "339902", date(2024, 4, 9)),
        selection(3, "339901", date(2024, 1, 9)),
    ]
    deliver(
        tmp_path,
        date(2024, 4, 20),
        {
            "review": [
                review(1, "339901"),
                review(2, "339902"),
                review(3, "339902", unaided=True, recovered_amount=700_00, recovered_date=date(2024, 4, 1)),
            ],
            "selection": chosen,
        },
    )
    return tmp_path


def test_lists_come_from_the_ledger_where_it_has_them_else_from_the_office(home: Path) -> None:
    with Ledger(home) as ledger:
        run = write_run(ledger)
        queue = write_queue(ledger, run)
        write_queue(ledger, run, seed=12)
        items = [ledger.queue_items(queue.queue_id)]
        with Pool(home).as_of(date(2024, 4, 30)) as cut:
            found = listed_episodes(cut, ledger)
            alone = listed_episodes(cut, None)

    drawn = found[(found["quarter"].astype(str) == "2024Q2") & (found["office"] == "339901")]
    assert queue.listed == 8 <= len(drawn) < 16  # two draws share their head
    assert set(items[0].loc[items[0]["listed"], "episode"]) <= set(drawn["case_no"] + "@" + drawn["zb_date"])
    rest = found.drop(drawn.index)
    assert sorted(zip(rest["quarter"].astype(str), rest["office"], strict=True)) == [
        ("2024Q1", "339901"),
        ("2024Q2", "339902"),
    ]
    assert sorted(alone["quarter"].astype(str)) == ["2024Q1", "2024Q2", "2024Q2"]


def test_an_office_is_counted_alone_or_within_the_whole(home: Path) -> None:
    with Pool(home).as_of(date(2024, 4, 30)) as cut:
        whole, part = build_funnel(cut, None), build_funnel(cut, None, "339902")
    assert (whole.at["2024Q1", "concluded"], part.at["2024Q1", "concluded"]) == (3, 2)
    assert (part.at["2024Q1", "unaided_fen"], part.at["2024Q1", "recovered_fen"]) == (70_000, 0)
    assert (whole.at["2024Q2", "listed"], part.at["2024Q2", "listed"]) == (2, 1)


def test_money_of_an_episode_reviewed_twice_at_once_counts_once_until_corrected() -> None:
    paid = {"recovered_amount": 600_00, "recovered_date": date(2024, 5, 1), "conclude_date": date(2024, 3, 1)}
    first, again = review(1, "339901", **paid), review(1, "339901", **paid, review_id="r9")
    later = {"selected_on": date(2024, 4, 2), "accept_date": date(2024, 4, 2), "conclude_date": date(2024, 5, 30)}

    def sums(*records: dict[str, Any]) -> tuple[int, ...]:
        figures = sum_quarters(count_by_quarter(frame(list(records)), no_lists(), DAY))
        return figures["concluded"], figures["recovered"], figures["recovered_fen"], figures["unaided_fen"]

    assert sums(first, again) == (2, 1, 600_00, 0)
    assert sums(again | {"recovered_amount": 900_00}, first) == (2, 1, 900_00, 0)
    assert sums(first, again | {"unaided": True}) == (2, 1, 600_00, 0)
    assert sums(first, again | later) == (2, 2, 1200_00, 0)
    assert sums(first, again | {"zb_date": date(2023, 7, 1)}) == (2, 2, 1200_00, 0)


def test_what_is_not_known_yet_is_not_there(home: Path) -> None:
    with Pool(home).as_of(date(2024, 4, 19)) as cut:
        assert build_funnel(cut, None).empty
    with Pool(home).as_of(date(2024, 4, 30)) as cut:
        assert list(build_funnel(cut, None).columns) == list(FIGURES)
