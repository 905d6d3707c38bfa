"""Weights of labels: against the formula row by row, and against a population whose truth is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import GoldenKeyError, NotEnoughDataError
from models.intervals.shares import effective_size
from models.selection.policy import HEAD, RANDOM
from training.data.weights import NEVER_LOGGED, NO_OVERLAP, inverse_weights, propensity_weights

DAY = date(2024, 3, 31)


def draw(stratum: list[str], inclusion: list[float], **more: object) -> pd.DataFrame:
    size = len(stratum)
    return pd.DataFrame(
        {
            "case_no": [f"案{n}" for n in range(size)],
            "zb_date": date(2023, 1, 1),
            "selected_on": DAY,
            "stratum": stratum,
            "inclusion": inclusion,
            **more,
        }
    )


def labels_of(draws: pd.DataFrame, days: int = 20) -> pd.DataFrame:
    return draws[["case_no", "zb_date"]].assign(selected_on=DAY + timedelta(days=days))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.001, 0.999)), min_size=1, max_size=40), st.floats(1, 200))
def test_each_weight_is_the_formula_of_its_row(rows: list[tuple[bool, float]], clip: float) -> None:
    draws = draw([RANDOM if drawn else HEAD for drawn, _ in rows], [chance if drawn else 1.0 for drawn, chance in rows])
    found = inverse_weights(draws, labels_of(draws), clip)
    raw = [min(1 / chance, clip) if drawn else 1.0 for drawn, chance in rows]
    assert found.weight.tolist() == pytest.approx([one * len(raw) / sum(raw) for one in raw])
    assert found.ess == pytest.approx(sum(raw) ** 2 / sum(one**2 for one in raw))
    assert found.ess <= len(rows) + 1e-9
    assert found.clipped == sum(drawn and 1 / chance > clip for drawn, chance in rows)
    assert (found.logged_share, found.drawn) == (1.0, sum(drawn for drawn, _ in rows))


def test_without_a_random_part_there_is_no_overlap_and_no_weight() -> None:
    draws = draw([HEAD] * 5, [1.0] * 5)
    found = inverse_weights(draws, labels_of(draws))
    assert found.weight.tolist() == [1.0] * 5
    assert (found.ess, found.notes) == (5.0, (NO_OVERLAP,))


def test_a_chance_of_one_in_the_random_part_is_certainty() -> None:
    draws = draw([RANDOM] * 3, [1.0] * 3)
    assert inverse_weights(draws, labels_of(draws)).notes == (NO_OVERLAP,)


def test_labels_of_years_never_logged_count_one_and_are_told() -> None:
    draws = draw([HEAD, RANDOM], [1.0, 0.25])
    older = pd.DataFrame({"case_no": ["旧1", "旧2"], "zb_date": date(2020, 1, 1), "selected_on": date(2021, 1, 1)})
    found = inverse_weights(draws, pd.concat([older, labels_of(draws)], ignore_index=True))
    assert found.weight.tolist() == pytest.approx([4 / 7, 4 / 7, 4 / 7, 16 / 7])
    assert found.logged_share == 0.5
    assert any("50.0%" in note for note in found.notes)


def test_a_review_follows_the_last_draw_that_listed_its_episode() -> None:
    first = draw([HEAD, RANDOM], [1.0, 0.5], listed=[True, True])
    second = first.assign(
        selected_on=DAY + timedelta(days=91), stratum=[RANDOM, ""], inclusion=[0.2, 0.2], listed=[True, False]
    )
    draws = pd.concat([second, first])
    found = inverse_weights(draws, labels_of(first, days=100))
    assert found.weight.tolist() == pytest.approx([10 / 7, 4 / 7])
    late = inverse_weights(draws, labels_of(first, days=400))
    assert (late.logged_share, late.notes[0]) == (0.0, NO_OVERLAP)
    early = inverse_weights(draws, labels_of(first, days=-1))
    assert early.logged_share == 0.0


def test_skips_count_only_where_they_are_recorded() -> None:
    stratum, chance = [HEAD, HEAD, HEAD, RANDOM], [1.0, 1.0, 1.0, 0.5]
    draws = draw(stratum, chance, skipped=[True, True, False, False])
    found = inverse_weights(draws, labels_of(draws).iloc[[2, 3]])
    assert found.weight.tolist() == pytest.approx([1.0, 1.0])
    plain = inverse_weights(draw(stratum, chance), labels_of(draws).iloc[[2, 3]])
    assert plain.weight.tolist() == pytest.approx([2 / 3, 4 / 3])


def test_wrong_figures_are_refused() -> None:
    draws = draw([RANDOM], [1.5])
    with pytest.raises(GoldenKeyError, match="入选概率"):
        inverse_weights(draws, labels_of(draws))
    with pytest.raises(GoldenKeyError, match="上限"):
        inverse_weights(draw([RANDOM], [0.5]), labels_of(draws), clip=0.5)


def test_a_weighted_mean_is_the_mean_of_all_who_were_eligible() -> None:
    random = np.random.default_rng(3)
    score = random.random(4000)
    hidden = random.random(4000) < 0.3 * score
    head = score > 0.95
    chance = np.where(head, 1.0, 0.08)
    taken = random.random(4000) < chance
    draws = draw(np.where(head, HEAD, RANDOM).tolist(), chance.tolist())[taken].reset_index(drop=True)
    found = inverse_weights(draws, labels_of(draws), clip=50)
    seen = hidden[taken]
    assert seen.mean() > 1.3 * hidden.mean()
    assert np.average(seen, weights=found.weight) == pytest.approx(hidden.mean(), abs=0.035)


def cohort(size: int = 3000) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    random = np.random.default_rng(4)
    petitions = random.poisson(0.6, size).astype(float)
    age = np.where(random.random(size) < 0.2, np.nan, random.exponential(300, size))
    reviewed = random.random(size) < 1 / (1 + np.exp(2.5 - 1.2 * np.log1p(petitions)))
    return pd.DataFrame({"petitions": petitions, "age": age}), reviewed, petitions > 0


def test_a_modelled_chance_corrects_bias_in_its_columns() -> None:
    values, reviewed, petitioned = cohort()
    found = propensity_weights(values, reviewed, ["petitions", "age"])
    assert found.notes[1:] == (NEVER_LOGGED,)
    assert found.logged_share == 0.0
    mine = petitioned[reviewed]
    assert mine.mean() > petitioned.mean() + 0.08
    assert np.average(mine, weights=found.weight) == pytest.approx(petitioned.mean(), abs=0.03)
    assert found.ess == pytest.approx(effective_size(found.weight))


def test_a_chance_cannot_be_modelled_where_all_or_none_were_reviewed() -> None:
    values, reviewed, _ = cohort(50)
    with pytest.raises(NotEnoughDataError):
        propensity_weights(values, np.ones(50, dtype=bool), ["age"])
    with pytest.raises(GoldenKeyError, match="colour"):
        propensity_weights(values, reviewed, ["colour"])
