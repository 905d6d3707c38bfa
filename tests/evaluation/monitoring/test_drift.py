"""Drift: nothing is said of equal populations beyond the stated rate, and what was planted is found."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.monitoring.drift import (
    FALSE_DISCOVERY_RATE,
    benjamini_hochberg,
    clue_activity,
    count_bins,
    feature_drift,
    population_stability,
    score_shift,
    share_drift,
)
from features.errors import NotEnoughDataError
from models.intervals.shares import effective_size, newcombe_interval
from models.scoring.head import ColumnMismatchError

COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=12).filter(
    lambda pairs: sum(a for a, _ in pairs) > 0 and sum(b for _, b in pairs) > 0
)
MIXED = st.lists(st.one_of(st.just(math.nan), st.integers(-3, 6).map(float)), min_size=1, max_size=60)


def column(pairs: list[tuple[int, int]], side: int) -> np.ndarray:
    return np.array([pair[side] for pair in pairs], dtype=float)


@given(COUNTS)
def test_the_index_is_symmetric_and_never_below_zero(pairs: list[tuple[int, int]]) -> None:
    one, other = column(pairs, 0), column(pairs, 1)
    there, back = population_stability(one, other), population_stability(other, one)
    assert there.psi == pytest.approx(back.psi, abs=1e-12)
    assert there.chance == pytest.approx(back.chance, abs=1e-9)
    assert there.psi >= 0


@given(COUNTS, st.integers(1, 9))
def test_equal_shares_give_exactly_nothing(pairs: list[tuple[int, int]], times: int) -> None:
    one = column(pairs, 0)
    assert population_stability(one, one * times).psi == pytest.approx(0, abs=1e-12)
    assert population_stability(one, one * times).excess <= 0


def test_the_index_is_that_of_the_textbook_where_cells_are_full() -> None:
    base, new = np.array([300.0, 500.0, 200.0]) * 1000, np.array([200.0, 500.0, 300.0]) * 1000
    plain = sum((p - q) * math.log(p / q) for p, q in ((0.3, 0.2), (0.5, 0.5), (0.2, 0.3)))
    assert population_stability(base, new).psi == pytest.approx(plain, rel=1e-4)


@given(MIXED, MIXED, st.integers(2, 12))
def test_every_row_has_one_cell_and_equal_values_share_it(one: list[float], other: list[float], bins: int) -> None:
    first, second = count_bins(np.array(one), np.array(other), bins)
    assert (first.sum(), second.sum()) == (len(one), len(other))
    assert len(first) <= len({*one, *other} - {math.nan}) + 1
    same = count_bins(np.array(one), np.array(one), bins)
    assert np.array_equal(*same)


def test_the_unknown_has_a_cell_of_its_own() -> None:
    known = np.zeros(100)
    half = np.where(np.arange(100) < 50, math.nan, 0.0)
    assert population_stability(*count_bins(known, half)).excess > 0.5


def test_chance_is_calibrated_under_no_drift() -> None:
    random = np.random.default_rng(3)
    chances = [
        population_stability(*count_bins(random.normal(size=400), random.normal(size=700))).chance for _ in range(400)
    ]
    for level in (0.05, 0.2, 0.5):
        share = float(np.mean(np.array(chances) <= level))
        assert abs(share - level) < 3.3 * math.sqrt(level * (1 - level) / 400)


def two_halves(seed: int, rows: int = 500, columns: int = 60) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Halves of one population: skewed amounts, counts and gaps."""
    random = np.random.default_rng(seed)
    x = random.lognormal(size=(rows, columns))
    x[:, ::3] = random.poisson(0.3, size=(rows, len(range(0, columns, 3))))
    x[random.random(x.shape) < 0.3] = np.nan
    frame = pd.DataFrame(x, columns=[f"C{n:02d}_x" for n in range(columns)])
    return frame.iloc[: rows // 2].reset_index(drop=True), frame.iloc[rows // 2 :].reset_index(drop=True)


def test_halves_of_one_population_are_seldom_flagged() -> None:
    flagged, above, foretold = 0, 0, 0.0
    for seed in range(10):
        base, new = two_halves(seed)
        found = feature_drift(base, new, (len(base), len(new)), 0.05)
        flagged += int(found["drifted"].any())
        above += int((found["excess"] > 0.05).sum())
        foretold += float(found["by_chance"].sum())
    assert flagged <= 2, "with nothing drifted, a whole table is flagged with probability FALSE_FINDINGS"
    assert FALSE_DISCOVERY_RATE == 0.05
    assert abs(above - foretold) < 4 * math.sqrt(foretold), "how many exceed the bound by chance is foretold"


def test_a_planted_shift_and_a_planted_gap_are_found_and_nothing_else() -> None:
    base, new = two_halves(1)
    new = new.assign(C01_x=new["C01_x"] * 4)
    new.loc[new.index % 2 == 0, "C05_x"] = np.nan
    found = feature_drift(base, new, (len(base), len(new)), 0.1).set_index("feature")
    assert sorted(found.index[found["drifted"]]) == ["C01_x", "C05_x"]
    gap = found.loc["C05_x"]
    assert gap["missing_low"] > 0.2
    assert gap["missing_low"] < gap["missing_after"] - gap["missing_before"] < gap["missing_high"]
    assert found.loc["C01_x", "missing_low"] < 0 < found.loc["C01_x", "missing_high"]


def test_matrices_of_other_columns_are_refused() -> None:
    base, new = two_halves(0)
    with pytest.raises(ColumnMismatchError, match="C00_x"):
        feature_drift(base, new.drop(columns="C00_x"), (1, 1), 0.1)
    with pytest.raises(NotEnoughDataError, match="0 件"):
        feature_drift(base.iloc[:0], new, (0, len(new)), 0.1)


def test_copies_of_one_debtor_do_not_make_drift_sure() -> None:
    assert effective_size(np.ones(4)) == 4
    assert effective_size(np.array([50.0, 50.0])) == 2
    base, new = two_halves(2, rows=60, columns=3)
    tens = pd.concat([new] * 10, ignore_index=True).assign(C01_x=lambda t: t["C01_x"] * 1.7)
    alone = feature_drift(base, tens, (30, 300), 0.0).set_index("feature").loc["C01_x", "chance"]
    grouped = feature_drift(base, tens, (30, 30), 0.0).set_index("feature").loc["C01_x", "chance"]
    assert grouped > alone


@settings(max_examples=60)
@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
def test_the_interval_of_a_change_holds_it_and_turns_with_it(a: int, n: int, b: int, m: int) -> None:
    first, second = min(a, n) / n, min(b, m) / m
    there, back = newcombe_interval((first, second), (n, m)), newcombe_interval((second, first), (m, n))
    assert there.low - 1e-12 <= second - first <= there.high + 1e-12
    assert there.low == pytest.approx(-back.high, abs=1e-12)


def test_the_interval_of_a_change_covers_at_its_level() -> None:
    random = np.random.default_rng(5)
    first, second = random.binomial(80, 0.1, 2000), random.binomial(120, 0.3, 2000)
    made = [newcombe_interval((a / 80, b / 120), (80, 120)) for a, b in zip(first, second, strict=True)]
    covered = np.mean([interval.low <= 0.2 <= interval.high for interval in made])
    assert 0.93 <= covered <= 0.975


def test_many_tests_are_kept_as_a_plain_reading_of_the_rule_says() -> None:
    random = np.random.default_rng(6)
    for _ in range(50):
        chance = random.random(12) ** 4
        ranked = sorted(chance)
        limit = max((p for k, p in enumerate(ranked, 1) if p <= 0.05 * k / 12), default=-1.0)
        assert benjamini_hochberg(chance).tolist() == [bool(p <= limit) for p in chance]


def test_shares_count_only_what_can_be_known() -> None:
    base = pd.DataFrame({"TX": [1.0] * 90 + [0.0] * 10, "VEH": [1.0] * 50 + [0.0] * 50, "none": [math.nan] * 100})
    new = pd.DataFrame({"TX": [0.0] * 60 + [1.0] * 40, "VEH": [1.0] * 52 + [0.0] * 48, "none": [math.nan] * 100})
    found = share_drift(base, new, (100, 100), 0.05).set_index("name")
    assert list(found.index) == ["TX", "VEH"]
    assert found["change"].tolist() == pytest.approx([-0.5, 0.02])
    assert found["changed"].tolist() == [True, False]


def test_a_clue_speaks_where_one_of_its_numbers_is_not_zero() -> None:
    values = pd.DataFrame({"A_n": [0, 2, math.nan, math.nan], "A_sum": [0.0, 0.0, math.nan, 5.0], "B_n": [1, 0, 0, 0]})
    activity = clue_activity(values, {"A_n": "A", "A_sum": "A", "B_n": "B"})
    assert activity["A"].tolist()[:2] == [0.0, 1.0]
    assert math.isnan(activity["A"].iloc[2])
    assert activity["A"].iloc[3] == 1.0
    assert activity["B"].tolist() == [1, 0, 0, 0]


def test_the_clue_that_moved_the_scores_stands_first_and_moves_add_up() -> None:
    random = np.random.default_rng(8)
    base = pd.DataFrame(random.normal(size=(300, 3)), columns=["A", "B", "C"])
    new = pd.DataFrame(random.normal(size=(200, 3)), columns=["A", "B", "C"]).assign(B=lambda t: t["B"] + 0.8)
    found = score_shift(base, new)
    assert found["clue"].iloc[0] == "B"
    assert found["moved"].iloc[0] == pytest.approx(0.8, abs=4 * found["sure"].iloc[0])
    assert found["moved"].sum() == pytest.approx(new.sum(axis=1).mean() - base.sum(axis=1).mean())
