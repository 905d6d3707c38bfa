"""Windows in time: the gap, what was known, and groups that never stand on two sides."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.splits import SplitSettings, folds, group_folds, groups, windows

QUARTERS = tuple(day.date() for day in pd.date_range("2020-03-31", periods=12, freq="QE"))
LOOSE = SplitSettings(min_labels=8, min_positives=1)


def rows(draws: list[tuple[int, int, int, bool]]) -> tuple[pd.Series, pd.Series, np.ndarray, np.ndarray]:
    scored = pd.Series([QUARTERS[quarter] for quarter, _, _, _ in draws])
    concluded = pd.Series([QUARTERS[quarter] + timedelta(days=delay) for quarter, delay, _, _ in draws])
    group = groups(pd.Series([debtor for _, _, debtor, _ in draws]))
    return scored, concluded, np.array([positive for *_, positive in draws]), group


DRAWS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(20, 400), st.integers(0, 60), st.booleans()), min_size=1, max_size=150
)


@settings(max_examples=80)
@given(DRAWS)
def test_whatever_the_rows_no_window_sees_another(draws: list[tuple[int, int, int, bool]]) -> None:
    scored, concluded, positive, group = rows(draws)
    cut = windows(scored, concluded, positive, group, LOOSE)
    assert not set(group[cut.learn]) & set(group[cut.test])
    if cut.test_from is not None:
        assert (scored.iloc[cut.learn] <= cut.test_from - timedelta(days=LOOSE.gap_days)).all()
        assert (concluded.iloc[cut.learn] < cut.test_from).all()
        assert (scored.iloc[cut.test] >= cut.test_from).all()
        assert len(cut.test) >= LOOSE.min_labels
        assert positive[cut.test].sum() >= LOOSE.min_positives


def even() -> list[tuple[int, int, int, bool]]:
    return [(quarter, 60, 1000 * quarter + row, row % 4 == 0) for quarter in range(12) for row in range(40)]


def test_many_even_rows_fill_both_windows() -> None:
    cut = windows(*rows(even()))
    assert cut.test_from == QUARTERS[9]
    assert (len(cut.learn), len(cut.test)) == (320, 120)


def test_a_debtor_of_the_test_is_not_learned_from() -> None:
    moved = [(q, delay, 11_000 if row == 1 else row, y) for q, delay, row, y in even()]
    assert len(windows(*rows(even())).learn) - len(windows(*rows(moved)).learn) == 1


def test_too_few_rows_stay_together() -> None:
    scored, concluded, positive, group = rows([(quarter, 60, quarter, True) for quarter in range(5)])
    cut = windows(scored, concluded, positive, group)
    assert (len(cut.learn), len(cut.test), cut.test_from) == (5, 0, None)


def test_groups_are_connected_through_any_key() -> None:
    debtor = pd.Series(["a", "b", "a", None, None])
    chain = pd.Series(["1", "2", "3", "3", None])
    found = groups(debtor, chain)
    assert found[0] == found[2] == found[3]
    assert len({found[0], found[1], found[4]}) == 3


@settings(max_examples=40)
@given(DRAWS)
def test_folds_learn_from_the_past_alone(draws: list[tuple[int, int, int, bool]]) -> None:
    scored, concluded, _, group = rows(draws)
    seen: list[int] = []
    for earlier, later in folds(scored, concluded, group):
        assert not set(group[earlier]) & set(group[later])
        if len(earlier) and len(later):
            assert max(concluded.iloc[earlier]) < min(scored.iloc[later])
        seen += later.tolist()
    assert len(seen) == len(set(seen))


def test_folds_without_time_keep_groups_whole() -> None:
    group = np.repeat(np.arange(40), 5)
    positive = np.arange(200) % 3 == 0
    pairs = group_folds(group, positive, 5)
    assert sorted(np.concatenate([later for _, later in pairs])) == list(range(200))
    assert all(not set(group[earlier]) & set(group[later]) for earlier, later in pairs)
    alone = group_folds(np.arange(200), positive, 5)
    assert all(len(later) == 40 for _, later in alone)
