"""Lists measured: against plain loops over offices and quarters, scikit-learn, and the laws of ties and weights."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from evaluation.lists.measure import (
    STRATA,
    bootstrap_of_sums,
    listing_probability,
    measure_calibration,
    measure_orders,
    measure_strata,
    order_figures,
)
from evaluation.metrics.probability import reliability, weighted_auc
from features.errors import GoldenKeyError, NotEnoughDataError

QUARTERS = (date(2023, 3, 31), date(2023, 6, 30))


def rows_of(count: int, seed: int, labelled: float = 1.0) -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(seed)
    probability = random.beta(1, 5, count)
    outcome = (random.random(count) < probability).astype(float)
    outcome[random.random(count) > labelled] = np.nan
    rows = pd.DataFrame(
        {
            "quarter": [QUARTERS[number] for number in random.integers(0, 2, count)],
            "office": random.choice(["339901", "339902"], count),
            "group": random.integers(0, max(count // 2, 1), count),
            "probability": probability,
            "outcome": outcome,
            "yuan": np.where(outcome == 1, random.integers(0, 10**6, count), 0).astype(float),
            "weight": random.choice([1.0, 4.0], count) if labelled < 1 else 1.0,
            "small": random.random(count) < 0.5,
            "person": random.random(count) < 0.8,
            "coverage": random.choice(["A", "B"], count),
        }
    )
    return rows, random.integers(0, 6, count).astype(float)


@settings(max_examples=40)
@given(count=st.integers(1, 60), seed=st.integers(0, 9999), capacity=st.integers(1, 12))
def test_the_lists_are_those_of_a_plain_loop(count: int, seed: int, capacity: int) -> None:
    rows, score = rows_of(count, seed, 0.6)
    figures = order_figures(rows, score, capacity)
    found = worst = best = listed = seen = yuan = 0.0
    for _, part in rows.assign(score=score).groupby(["quarter", "office"]):
        ordered = part.sort_values("score", ascending=False)
        places = min(capacity, len(part))
        cut = ordered["score"].iloc[places - 1]
        sure, tied = part[part["score"] > cut], part[part["score"] == cut]
        left, hits = places - len(sure), (tied["outcome"] == 1).to_numpy()
        share = left / len(tied)
        listed += places
        found += (sure["outcome"] == 1).sum() + share * hits.sum()
        seen += sure["outcome"].notna().sum() + share * tied["outcome"].notna().sum()
        yuan += sure["yuan"].sum() + share * tied["yuan"].sum()
        worst += (sure["outcome"] == 1).sum() + np.sort(hits)[:left].sum()
        best += (sure["outcome"] == 1).sum() + np.sort(hits)[::-1][:left].sum()
    assert figures["listed"] == pytest.approx(listed)
    assert figures["found"] == pytest.approx(found)
    assert (figures["found_worst"], figures["found_best"]) == (worst, best)
    assert figures["found_worst"] <= figures["found"] + 1e-9 <= figures["found_best"] + 2e-9
    assert figures["recovered"] == pytest.approx(yuan)
    assert figures["labelled"] == pytest.approx(seen / listed)
    if seen:
        assert figures["precision"] == pytest.approx(found / seen)
    else:
        assert figures["precision"] is None


def test_a_chance_on_the_list_is_its_share_of_all_orders_of_the_tied() -> None:
    score = np.array([2.0, 1.0, 1.0, 1.0, 0.0])
    cell = np.zeros(5, dtype=np.int64)
    count = np.zeros(5)
    every = list(permutations(range(5)))
    for order in every:
        best = sorted(order, key=lambda row: -score[row])[:3]
        count[best] += 1
    assert listing_probability(score, cell, 3) == pytest.approx(count / len(every))


def test_random_choice_lifts_nothing() -> None:
    rows, _ = rows_of(400, 3)
    figures = order_figures(rows, np.zeros(400), 20, rounds=50)
    assert figures["lift"] == pytest.approx(1.0)
    assert figures["lift_low"] == pytest.approx(1.0)
    assert figures["found_worst"] < figures["found"] < figures["found_best"]


def test_a_better_order_stands_higher_and_intervals_hold_their_figures() -> None:
    rows, noise = rows_of(1200, 5)
    scores = pd.DataFrame({"good": rows["probability"], "noise": noise}, index=rows.index)
    quarters, pooled = measure_orders(rows, scores, 40, rounds=100)
    good, poor = pooled
    assert good["precision"] > poor["precision"]
    assert good["lift"] > 1.5
    for row in pooled:
        for name in ("precision", "recovered", "lift"):
            assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
    assert [(row["quarter"], row["order"]) for row in quarters] == [
        (str(day), name) for day in QUARTERS for name in ("good", "noise")
    ]
    assert sum(row["found"] for row in quarters if row["order"] == "good") == pytest.approx(good["found"])
    for row in quarters:
        for name in ("precision", "recovered", "lift"):
            assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
        alone = order_figures(
            rows[rows["quarter"].astype(str) == row["quarter"]],
            scores.loc[rows["quarter"].astype(str) == row["quarter"], row["order"]].to_numpy(),
            40,
        )
        assert (row["precision_low"], row["precision_high"]) == (alone["precision_low"], alone["precision_high"])


def test_a_debtor_with_many_cases_widens_the_interval() -> None:
    rows, _ = rows_of(300, 7)
    parts = np.column_stack([rows["outcome"], np.ones(300)])

    def share(total: np.ndarray) -> float:
        return float(total[0] / total[1])

    alone = bootstrap_of_sums(parts, np.arange(300), share, 300)
    by_outcome = np.where(rows["outcome"] == 1, np.arange(300) % 4, 10 + np.arange(300) % 100)
    together = bootstrap_of_sums(parts, by_outcome, share, 300)
    assert alone is not None
    assert together is not None
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


@settings(max_examples=30)
@given(count=st.integers(5, 200), seed=st.integers(0, 9999))
def test_weighted_figures_are_scikit_learns(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    score = random.integers(0, 8, count) / 8
    outcome = (random.random(count) < 0.4).astype(float)
    outcome[:2] = 0.0, 1.0
    weight = random.random(count) + 0.1
    assert weighted_auc(score, outcome, weight) == pytest.approx(roc_auc_score(outcome, score, sample_weight=weight))
    rows, _ = rows_of(count, seed)
    figures = measure_calibration(rows.assign(probability=score, outcome=outcome, weight=weight), rounds=2)
    assert figures["brier"] == pytest.approx(brier_score_loss(outcome, score, sample_weight=weight))
    whole = np.array([row["rows"] for row in figures["curve"]])
    assert whole.sum() == count
    assert figures["effective"] == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    assert figures["drawn"] == (weight > 1).sum()


@settings(max_examples=30)
@given(count=st.integers(5, 200), seed=st.integers(0, 9999))
def test_a_weight_of_two_is_a_row_twice(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    chance, outcome = random.integers(0, 30, count) / 30, (random.random(count) < 0.5).astype(float)
    weight = random.integers(1, 4, count)
    columns = ["bin", "probability", "share", "weight"]
    ours = reliability(chance, outcome, weight=weight.astype(float))
    again = reliability(np.repeat(chance, weight), np.repeat(outcome, weight))
    assert ours[columns].to_numpy() == pytest.approx(again[columns].to_numpy())
    assert ours["n"].sum() == count


def test_strata_add_up_and_unknown_outcomes_count_for_nothing() -> None:
    rows, score = rows_of(500, 11, 0.5)
    figures = measure_strata(rows, score, 15)
    whole = order_figures(rows, score, 15)
    for name in ("标的", "被执行人", "数据覆盖"):
        mine = [row for row in figures if row["stratum"] == name]
        assert len(mine) == 2
        for figure in ("eligible", "listed", "found"):
            assert sum(row[figure] for row in mine) == pytest.approx(whole[figure])
    assert {row["stratum"] for row in figures} <= {label for label, _ in STRATA.values()}
    none = rows.assign(outcome=np.nan)
    assert measure_calibration(none)["auc"] is None
    assert order_figures(none, score, 15)["precision"] is None


def test_rows_without_what_is_needed_are_refused() -> None:
    rows, score = rows_of(20, 1)
    scores = pd.DataFrame({"one": score})
    with pytest.raises(GoldenKeyError, match="缺少列 office"):
        measure_orders(rows.drop(columns="office"), scores, 5)
    with pytest.raises(NotEnoughDataError, match="没有任何待选案件"):
        measure_orders(rows.iloc[:0], scores.iloc[:0], 5)
