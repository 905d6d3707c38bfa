"""Population estimates: by hand where they can be, and over hundreds of invented populations where they must cover."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from evaluation.metrics.population import MIN_SAMPLED, estimate_population, mean_amount, weighted_share
from evaluation.metrics.reviewed_draws import join_reviews, period
from features.errors import GoldenKeyError, NotEnoughDataError
from features.pool.reviews import typed_reviews
from models.intervals.shares import clopper_pearson, mid_p
from models.selection.exploration import draw_systematic, draw_uniform, inclusion_probabilities, reward_bins


def little(rest: int, drawn: int, found: int, ruled: int = 5, hits: int = 2) -> pd.DataFrame:
    """Equal offices and quarters in one frame: `found` of the `drawn` conceal, `hits` of those listed by rule."""
    size = ruled + rest
    frame = pd.DataFrame(
        {
            "office": "339901",
            "selected_on": date(2023, 3, 31),
            "listed": np.arange(size) < ruled + drawn,
            "inclusion": np.where(np.arange(size) < ruled, 1.0, drawn / rest),
            "conceals": np.nan,
            "recovered_fen": np.nan,
        }
    )
    frame.loc[: ruled + drawn - 1, ["conceals", "recovered_fen"]] = 0.0
    frame.loc[: hits - 1, ["conceals", "recovered_fen"]] = [1.0, 900.0]
    frame.loc[ruled : ruled + found - 1, ["conceals", "recovered_fen"]] = [1.0, 600.0]
    return frame


def test_under_equal_chances_it_is_the_count_of_the_drawn_and_of_those_listed_by_rule() -> None:
    found = estimate_population(little(rest=400, drawn=40, found=6))
    assert found.number.estimate == pytest.approx(2 + 400 * 6 / 40)
    assert found.share.estimate == pytest.approx(62 / 405)
    range_ = mid_p(6, 40)
    assert (found.number.low, found.number.high) == pytest.approx((2 + 400 * range_.low, 2 + 400 * range_.high))
    assert found.below.estimate == pytest.approx(60 - 6)
    assert found.amount is not None and found.amount_below is not None
    assert found.amount.estimate == pytest.approx(2 * 900 + 60 * 600)
    assert found.amount_below.estimate == pytest.approx(54 * 600)
    assert (found.eligible, found.ruled, found.seats, found.concluded, found.effective) == (405, 5, 40, 40, 40)
    assert found.bounds.low == found.bounds.high == pytest.approx(62 / 405)


@settings(max_examples=60)
@given(st.integers(1, 60), st.data())
def test_the_mid_p_interval_lies_within_the_exact_one_and_misses_by_its_level(trials: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, trials))
    inner, outer = mid_p(hits, trials), clopper_pearson(hits, trials)
    assert outer.low <= inner.low <= hits / trials <= inner.high <= outer.high
    if hits > 0:
        assert binom.sf(hits, trials, inner.low) + binom.pmf(hits, trials, inner.low) / 2 == pytest.approx(0.025)
    if hits < trials:
        assert binom.cdf(hits - 1, trials, inner.high) + binom.pmf(hits, trials, inner.high) / 2 == pytest.approx(0.025)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(1, 200), st.booleans()), min_size=2, max_size=60))
def test_the_effective_size_is_that_of_the_variance_and_never_more_than_the_rows(
    rows: list[tuple[float, bool]],
) -> None:
    weight, outcome = np.array([row[0] for row in rows]), np.array([float(row[1]) for row in rows])
    share, size = weighted_share(weight, outcome)
    assert share == pytest.approx(sum(w * y for w, y in rows) / weight.sum())
    assert 0 < size <= len(rows)
    assert weighted_share(np.full(len(rows), 7.0), outcome)[1] == pytest.approx(len(rows))


def test_a_handful_of_cases_gives_no_estimate() -> None:
    with pytest.raises(NotEnoughDataError, match="只有 6 件"):
        estimate_population(little(rest=100, drawn=6, found=1))
    assert estimate_population(little(rest=100, drawn=MIN_SAMPLED, found=1)).concluded == MIN_SAMPLED


def test_open_reviews_are_told_and_bounded() -> None:
    whole = little(rest=400, drawn=50, found=5)
    part = whole.copy()
    part.loc[[4, 15, 16], ["conceals", "recovered_fen"]] = np.nan
    found = estimate_population(part)
    assert (found.open_ruled, found.open_drawn, found.concluded) == (1, 2, 48)
    assert found.number.estimate == pytest.approx(2 + 0.5 + 400 * 5 / 48)
    assert found.bounds.low == pytest.approx((2 + 400 * 5 / 50) / 405)
    assert found.bounds.high == pytest.approx((3 + 400 * 7 / 50) / 405)
    assert found.bounds.low < found.share.estimate < found.bounds.high
    assert any("尚未审结的有 3 件" in note for note in found.notes)


def test_draws_that_left_nothing_to_chance_are_left_out_and_reported() -> None:
    drawn = little(rest=400, drawn=40, found=6)
    head = little(rest=400, drawn=40, found=6).assign(office="339902")
    head["inclusion"] = np.where(head.index < 5, 1.0, 0.0)
    head["listed"] = head.index < 5
    both = estimate_population(pd.concat([drawn, head], ignore_index=True))
    assert both.number == estimate_population(drawn).number
    assert any("405 件次" in note for note in both.notes)


def test_without_recoveries_no_amount_is_reported() -> None:
    found = estimate_population(little(rest=400, drawn=40, found=4))
    assert (found.amount, found.amount_below, found.recoveries) == (None, None, 4)
    assert any("不推算可回收金额" in note for note in found.notes)


def test_wrong_frames_are_refused() -> None:
    with pytest.raises(GoldenKeyError, match="conceals"):
        estimate_population(little(100, 40, 4).drop(columns="conceals"))
    with pytest.raises(GoldenKeyError, match="入选概率"):
        estimate_population(little(100, 40, 4).assign(inclusion=1.5))


def world(random: np.random.Generator, seats: int, stratified: bool) -> tuple[pd.DataFrame, float, float]:
    """A year of three offices whose lists were drawn, the true share that conceals, and the true amount (分)."""
    parts = []
    for number in range(12):
        size = 120 + 60 * (number % 3)
        log_odds = -3.2 + 1.5 * random.normal(size=size)
        conceals = random.random(size) < 1 / (1 + np.exp(-log_odds))
        money = np.exp(np.log(4_000_000) + 1.6 * random.normal(size=size))
        reward = np.exp(12 + 1.2 * random.normal(size=size)) / (1 + np.exp(-log_odds - 0.7 * random.normal(size=size)))
        chance = np.ones(size)
        rest = np.argsort(-reward)[34:]
        seed = int(random.integers(2**63))
        if stratified:
            chance[rest] = inclusion_probabilities(reward[rest], seats, 8, 0.005)
            drawn = draw_systematic(chance[rest], reward_bins(reward[rest], 8), seats, seed)
        else:
            chance[rest] = seats / len(rest)
            drawn = draw_uniform(len(rest), seats, seed)
        listed = chance == 1
        listed[rest[drawn]] = True
        fen = np.where(conceals & (random.random(size) < 0.6), money, 0.0)
        parts.append((np.full(size, number), listed, chance, conceals * 1.0, fen))
    numbers, listed, chance, conceals, fen = (np.concatenate(column) for column in zip(*parts, strict=True))
    frame = pd.DataFrame(
        {
            "office": numbers // 4,
            "selected_on": numbers % 4,
            "listed": listed,
            "inclusion": chance,
            "conceals": conceals,
            "recovered_fen": fen,
        }
    )
    share, amount = float(frame["conceals"].mean()), float(frame["recovered_fen"].sum())
    frame.loc[~frame["listed"], ["conceals", "recovered_fen"]] = np.nan
    return frame, share, amount


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("seats", [6, 18])
def test_intervals_cover_the_truth_as_often_as_they_say(stratified: bool, seats: int) -> None:
    random, times = np.random.default_rng(11), 120
    inside, errors, widths = [], [], []
    for _ in range(times):
        frame, truth, _ = world(random, seats, stratified)
        share = estimate_population(frame).share
        inside.append(share.low <= truth <= share.high)
        errors.append(share.estimate - truth)
        widths.append(share.half_width)
    assert 0.92 <= np.mean(inside) <= 0.985
    assert abs(np.mean(errors)) < 3.5 * np.std(errors) / np.sqrt(times)
    assert np.mean(widths) < (0.06 if seats == 6 else 0.035)


def test_amounts_cover_nearly_as_often_where_seats_are_many() -> None:
    random, inside = np.random.default_rng(12), []
    for _ in range(40):
        frame, _, truth = world(random, 18, stratified=True)
        amount = estimate_population(frame).amount
        if amount is not None:
            inside.append(amount.low <= truth <= amount.high)
    assert len(inside) > 36
    assert np.mean(inside) >= 0.9


def test_the_mean_of_amounts_is_the_weighted_mean_within_its_range() -> None:
    random = np.random.default_rng(0)
    amount = np.where(random.random(80) < 0.7, 0.0, random.lognormal(12, 1.0, 80))
    weight = random.uniform(1, 9, 80)
    found = mean_amount(weight, amount, random.lognormal(14, 1.0, 50))
    assert found.estimate == pytest.approx(np.average(amount, weights=weight))
    assert found.low < found.estimate < found.high
    assert mean_amount(weight, amount, random.lognormal(14, 1.0, 50), level=0.5).high < found.high


def test_reviews_are_joined_to_the_draw_they_followed() -> None:
    day = date(2024, 12, 31)
    first, last = period(day)
    assert (last, (last - first).days) == (date(2024, 7, 4), 365)
    draws = pd.DataFrame(
        {
            "case_no": ["案1", "案2", "案3", "案4", "案5"],
            "zb_date": pd.Timestamp("2023-01-01"),
            "selected_on": pd.Timestamp("2024-03-31"),
            "office": "339901",
            "listed": [True] * 4 + [False],
            "stratum": "随机",
            "inclusion": 0.1,
            "probability": 0.1,
            "expected_fen": 1.0,
            "source": "ledger",
        }
    )
    review = {
        "zb_date": date(2023, 1, 1),
        "selected_on": date(2024, 4, 10),
        "conclude_date": date(2024, 11, 1),
        "found_value": None,
        "recovered_amount": None,
        "recovered_date": None,
        "unaided": None,
    }
    rows = [
        {
            "review_id": "r1",
            "case_no": "案1",
            "label": "Y1",
            "recovered_amount": 500,
            "recovered_date": date(2024, 12, 1),
        },
        {"review_id": "r2", "case_no": "案2", "label": "Y1"},
        {"review_id": "r3", "case_no": "案3", "label": "Y4"},
        {"review_id": "r4", "case_no": "案4", "label": "Y6", "found_value": 9, "conclude_date": date(2024, 5, 1)},
        {"review_id": "r5", "case_no": "案5", "label": "Y1"},
    ]
    found = join_reviews(draws, typed_reviews(pd.DataFrame([review | row for row in rows])), day)
    assert found["conceals"].tolist()[:4] == [1.0, 1.0, 0.0, 1.0]
    assert np.isnan(found["conceals"][4])
    assert found["recovered_fen"].tolist()[0] == 500
    assert np.isnan(found["recovered_fen"][1])
    assert found["recovered_fen"].tolist()[2:4] == [0.0, 0.0]
    before = join_reviews(draws, typed_reviews(pd.DataFrame([review | row for row in rows])), date(2024, 6, 1))
    assert before["conceals"].notna().tolist() == [False, False, False, True, False]
