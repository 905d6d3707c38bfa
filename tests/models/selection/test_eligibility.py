"""Who may be listed: the same answer as a rule read aloud case by case, for every consumer."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from models.selection.eligibility import REST_DAYS, eligible, rest_days, resting, unlearnt

DAY = date(2024, 3, 31)

reviews = st.lists(
    st.tuples(st.booleans(), st.none() | st.integers(0, 500).map(lambda ago: DAY - timedelta(days=ago))), max_size=12
)


def keys(rows: list[tuple[bool, date | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["under_review", "concluded_on"]).astype({"under_review": bool})


@given(reviews, st.integers(0, 400))
def test_an_episode_is_eligible_unless_a_review_runs_or_ended_lately(
    rows: list[tuple[bool, date | None]], days: int
) -> None:
    expected = [not running and (ended is None or (DAY - ended).days >= days) for running, ended in rows]
    assert eligible(keys(rows), DAY, days).tolist() == expected


def test_the_day_after_the_rest_it_may_be_listed_again() -> None:
    ended = [DAY - timedelta(days=REST_DAYS - 1), DAY - timedelta(days=REST_DAYS)]
    assert resting(keys([(False, day) for day in ended]), DAY).tolist() == [True, False]


def test_the_rest_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = keys([(False, DAY - timedelta(days=30))])
    assert not eligible(rows, DAY).any()
    monkeypatch.setenv("GOLDENKEY_REST_DAYS", "30")
    assert eligible(rows, DAY).all()
    monkeypatch.setenv("GOLDENKEY_REST_DAYS", "9999999")
    assert not eligible(keys([(False, date(1990, 1, 1))]), DAY).any()
    with pytest.raises(GoldenKeyError, match="GOLDENKEY_REST_DAYS"):
        rest_days({"GOLDENKEY_REST_DAYS": "half a year"})


@pytest.mark.parametrize("as_text", [False, True], ids=["dates", "timestamps"])
def test_learnt_episodes_are_told_by_case_and_termination_whatever_the_type_of_the_day(as_text: bool) -> None:
    cases = pd.DataFrame({"case_no": ["甲", "甲", "乙"], "zb_date": [DAY, DAY - timedelta(days=1), DAY]})
    known = cases.iloc[[1, 1]]
    if as_text:
        known = known.assign(zb_date=pd.to_datetime(known["zb_date"]))
    assert unlearnt(cases, known).tolist() == [True, False, True]
    assert unlearnt(cases, known.iloc[:0]).tolist() == [True] * 3
    assert unlearnt(cases.iloc[:0], known).dtype == np.bool_
