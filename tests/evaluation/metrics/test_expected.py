"""Expected precision: unbiased where scores are calibrated, put right where they are not, held against the past."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.expected import (
    backtest_estimates,
    expected_precision,
    join_outcomes,
    mean_absolute_error,
    poisson_binomial_pmf,
    refit_calibration,
)
from features.errors import NotEnoughDataError
from models.scoring.calibration import probability


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1), min_size=0, max_size=12))
def test_the_law_of_a_count_equals_a_plain_convolution(chance: list[float]) -> None:
    law = np.ones(1)
    for p in chance:
        law = np.convolve(law, [1 - p, p])
    assert poisson_binomial_pmf(np.array(chance)) == pytest.approx(law, abs=1e-12)


def test_the_law_of_many_equal_trials_is_binomial() -> None:
    from scipy.stats import binom

    assert poisson_binomial_pmf(np.full(333, 0.2)) == pytest.approx(binom.pmf(np.arange(334), 333, 0.2), abs=1e-12)
    assert poisson_binomial_pmf(np.full((2, 3, 5), 0.5)).shape == (2, 3, 6)


def margins(random: np.random.Generator, size: int) -> np.ndarray:
    return random.normal(-0.5, 1.0, size)


def test_calibrated_scores_give_an_unbiased_estimate_whose_interval_covers() -> None:
    random = np.random.default_rng(0)
    error, covered = [], []
    for _ in range(600):
        margin = margins(random, 40)
        found = float((random.random(40) < probability(margin)).mean())
        result = expected_precision(margin)
        error.append(result.precision - found)
        covered.append(result.interval.low <= found <= result.interval.high)
    assert abs(np.mean(error)) < 3 * np.std(error) / np.sqrt(600)
    assert 0.94 <= np.mean(covered) <= 0.99, "discrete: at least the level, and not much more"


def test_drifted_scores_mislead_until_corrected() -> None:
    random = np.random.default_rng(1)
    plain, corrected, covered = [], [], []
    for _ in range(150):
        past, now = margins(random, 200), margins(random, 40)
        truth = [probability(0.6 * margin - 1.0) for margin in (past, now)]
        line = refit_calibration(past, (random.random(200) < truth[0]).astype(float))
        assert line is not None
        found = float((random.random(40) < truth[1]).mean())
        result = expected_precision(now, line)
        plain.append(result.served - found)
        corrected.append(result.precision - found)
        covered.append(result.interval.low <= found <= result.interval.high)
    assert np.mean(plain) > 0.1
    assert abs(np.mean(corrected)) < 0.02
    assert 0.92 <= np.mean(covered) <= 0.995


def test_an_unsure_line_makes_a_wider_interval_than_a_sure_one() -> None:
    random = np.random.default_rng(2)
    now, width = margins(random, 400), []
    for size in (40, 4000):
        past = margins(random, size)
        result = expected_precision(
            now, refit_calibration(past, (random.random(size) < probability(past)).astype(float))
        )
        width.append(result.interval.high - result.interval.low)
    assert width[0] > 1.2 * width[1]


def test_few_labels_correct_nothing_and_an_empty_list_is_refused() -> None:
    assert refit_calibration(np.zeros(29), np.zeros(29)) is None
    assert expected_precision(np.zeros(10)).precision == 0.5
    with pytest.raises(NotEnoughDataError, match="清单为空"):
        expected_precision(np.zeros(0))


def quarters(count: int, bias: float, seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lists of 60 cases per quarter, reviews of two thirds of them, concluded 100 days later."""
    random = np.random.default_rng(seed)
    lists, labels = [], []
    for number in range(count):
        day = date(2020, 3, 31) + timedelta(days=91 * number)
        name = [f"（2019）浙9901执{number * 60 + n}号@2019-12-01" for n in range(60)]
        margin = margins(random, 60)
        lists.append(pd.DataFrame({"quarter": f"{number:02d}", "drawn_on": day, "episode": name, "margin": margin}))
        y = (random.random(60) < probability(margin + bias)).astype(float)
        labels.append(
            pd.DataFrame(
                {
                    "episode": name[:40],
                    "selected_on": day + timedelta(days=10),
                    "label_date": day + timedelta(days=110),
                    "y": y[:40],
                }
            )
        )
    return pd.concat(lists, ignore_index=True), pd.concat(labels, ignore_index=True)


def test_past_estimates_use_only_what_was_known_and_learn_from_it() -> None:
    listed, labels = quarters(8, bias=-1.5)
    checked = backtest_estimates(listed, labels)
    assert checked["labels"].tolist() == [0, 0, 40, 80, 120, 160, 200, 240]
    assert (checked["error"].iloc[:2] > 0.1).all()
    assert mean_absolute_error(checked.iloc[3:]) < 0.1
    assert checked["covered"].iloc[3:].all()
    few = checked["estimate"].iloc[0]
    draws = np.random.default_rng(9).binomial(40, few, 20_000) / 40
    assert checked["by_chance"].iloc[0] == pytest.approx(np.abs(draws - few).mean(), rel=0.03)
    later = backtest_estimates(listed, labels[labels["label_date"] < checked["drawn_on"].iloc[-1]])
    shared = ["quarter", "estimate", "low", "high", "labels"]
    pd.testing.assert_frame_equal(later[shared], checked[shared].iloc[: len(later)])


def test_a_quarter_still_running_is_not_held_against_the_estimate() -> None:
    listed, labels = quarters(3, bias=0)
    last = labels["label_date"] == labels["label_date"].max()
    running = labels.assign(label_date=labels["label_date"].where(~last | (labels.index % 2 == 0)))
    running["y"] = running["y"].where(running["label_date"].notna())
    assert backtest_estimates(listed, running)["quarter"].tolist() == ["00", "01"]
    with pytest.raises(NotEnoughDataError, match="结论成熟"):
        mean_absolute_error(backtest_estimates(listed, labels.iloc[:0]))


def test_a_review_belongs_to_the_last_list_that_names_its_episode() -> None:
    drawn = [date(2024, 3, 31), date(2024, 6, 30), date(2024, 9, 30)]
    listed = pd.DataFrame({"quarter": ["a", "b", "c"], "drawn_on": drawn, "episode": "e", "margin": 0.0})
    labels = pd.DataFrame(
        {
            "episode": ["e", "e", "f"],
            "selected_on": [date(2024, 7, 2), date(2024, 9, 1), date(2024, 7, 2)],
            "label_date": [date(2024, 8, 1)] * 3,
            "y": [1.0, 0.0, 1.0],
        }
    )
    joined = join_outcomes(listed, labels)
    assert joined["started"].tolist() == [False, True, False]
    assert joined["y"].tolist()[1] == 1.0
