"""Off-policy estimates on invented draws of known worth: unbiased, honest intervals, and silent without overlap."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.off_policy import ENOUGH, NOT_ENOUGH, estimate_off_policy
from features.errors import GoldenKeyError

DRAWS = 400


def population(rows: int = 600, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chance of concealment, the outcome of everyone, and a list of 120 that looks for it."""
    random = np.random.default_rng(seed)
    chance = random.beta(1, 6, rows)
    outcome = (random.random(rows) < chance).astype(float)
    wanted = np.zeros(rows)
    wanted[np.argsort(-chance + random.normal(0, 0.1, rows))[:120]] = 1.0
    return chance, outcome, wanted


def draw(outcome: np.ndarray, wanted: np.ndarray, guess: np.ndarray, seed: int, inclusion: np.ndarray) -> pd.DataFrame:
    listed = np.random.default_rng(seed).random(len(outcome)) < inclusion
    seen = np.where(listed, outcome, np.nan)
    return pd.DataFrame({"inclusion": inclusion, "listed": listed, "y": seen, "wanted": wanted, "guess": guess})


@pytest.fixture(scope="module")
def many() -> dict[str, np.ndarray]:
    chance, outcome, wanted = population()
    inclusion = np.clip(0.1 + chance, 0.1, 1.0)
    inclusion[:40] = 1.0
    estimates: dict[str, list[float]] = {"ips": [], "snips": [], "dr": [], "covered": []}
    truth = float((wanted * outcome).sum())
    for seed in range(DRAWS):
        found = estimate_off_policy(draw(outcome, wanted, chance, seed, inclusion), rounds=60 if seed < 100 else 1)
        for name, value in found.values.items():
            estimates[name].append(value.estimate)
        if seed < 100:
            estimates["covered"].append(found.values["ips"].low <= truth <= found.values["ips"].high)
    return {name: np.array(values) for name, values in estimates.items()} | {"truth": np.array([truth])}


@pytest.mark.parametrize("name", ["ips", "snips", "dr"])
def test_over_many_draws_the_estimate_is_the_truth(name: str, many: dict[str, np.ndarray]) -> None:
    error = many[name] - many["truth"][0]
    assert abs(error.mean()) < 4 * error.std() / np.sqrt(DRAWS) + (0.02 * many["truth"][0] if name == "snips" else 0)


def test_a_good_guess_narrows_the_estimate(many: dict[str, np.ndarray]) -> None:
    assert many["dr"].std() < 0.95 * many["ips"].std()
    assert many["snips"].std() < many["ips"].std()


def test_a_perfect_guess_leaves_no_error() -> None:
    _, outcome, wanted = population()
    found = estimate_off_policy(draw(outcome, wanted, outcome, 1, np.full(600, 0.3)), rounds=20)
    assert found.values["dr"].estimate == pytest.approx((wanted * outcome).sum())


def test_its_interval_holds_the_truth_about_as_often_as_it_says(many: dict[str, np.ndarray]) -> None:
    assert 0.85 <= many["covered"].mean() <= 1.0


def test_what_was_drawn_whole_is_counted_not_estimated() -> None:
    _, outcome, wanted = population()
    found = estimate_off_policy(draw(outcome, wanted, np.zeros(600), 0, np.ones(600)), rounds=20)
    assert {value.estimate for value in found.values.values()} == {float((wanted * outcome).sum())}
    assert (found.overlap, found.labelled, found.answered) == (1.0, 1.0, 1.0)
    assert found.effective == pytest.approx(120)
    assert found.verdict == ENOUGH


@settings(max_examples=40)
@given(unreached=st.integers(7, 120), seed=st.integers(0, 999))
def test_without_overlap_there_is_never_a_number(unreached: int, seed: int) -> None:
    _, outcome, wanted = population()
    inclusion = np.full(600, 0.5)
    inclusion[np.flatnonzero(wanted)[:unreached]] = 0.0
    found = estimate_off_policy(draw(outcome, wanted, outcome, seed, inclusion), rounds=5)
    assert found.values == {}
    assert found.verdict == NOT_ENOUGH
    assert found.note.startswith("证据不足")
    payload = json.loads(json.dumps(found.as_payload(), allow_nan=False))
    assert not {"ips", "snips", "dr"} & set(payload)


def test_a_head_and_six_lots_are_not_enough() -> None:
    _, outcome, wanted = population()
    inclusion = np.full(600, 6 / 560)
    inclusion[np.flatnonzero(wanted)[:40]] = 1.0
    logged = draw(outcome, wanted, outcome, 5, inclusion)
    logged.loc[np.flatnonzero(wanted)[40], ["listed", "y"]] = [True, 1.0]
    found = estimate_off_policy(logged)
    assert found.overlap == 1.0
    assert found.effective < 20
    assert "有效样本量" in found.note
    assert found.values == {}


def test_drawn_but_unanswered_rows_are_made_up_for() -> None:
    chance, outcome, wanted = population()
    errors = []
    for seed in range(200):
        logged = draw(outcome, wanted, chance, seed, np.full(600, 0.5))
        silent = np.random.default_rng(1000 + seed).random(600) < 0.3
        found = estimate_off_policy(logged.assign(y=logged["y"].where(~silent)), rounds=1)
        assert 0.55 < found.answered < 0.85
        errors.append(found.values["ips"].estimate - (wanted * outcome).sum())
    assert abs(np.mean(errors)) < 4 * np.std(errors) / np.sqrt(200)


def test_debtors_are_drawn_whole() -> None:
    _, outcome, wanted = population()
    logged = draw(outcome, wanted, np.zeros(600), 2, np.full(600, 0.5))
    alone = estimate_off_policy(logged).values["ips"]
    twice = pd.concat([logged, logged], ignore_index=True)
    together = estimate_off_policy(twice, np.tile(np.arange(600), 2)).values["ips"]
    assert together.estimate == pytest.approx(2 * alone.estimate)
    assert together.high - together.low == pytest.approx(2 * (alone.high - alone.low))


def test_bad_input_is_refused_by_name() -> None:
    _, outcome, wanted = population()
    logged = draw(outcome, wanted, outcome, 0, np.full(600, 0.5))
    with pytest.raises(GoldenKeyError, match="缺少列 inclusion、wanted"):
        estimate_off_policy(logged.drop(columns=["inclusion", "wanted"]))
    with pytest.raises(GoldenKeyError, match="列 inclusion 应在 0 至 1 之间"):
        estimate_off_policy(logged.assign(inclusion=1.5))
