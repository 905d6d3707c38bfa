"""Refits for audits: resampling by whole groups, outcomes dealt out anew, nothing else changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from made_up import little_matrices

from training.data.labels import labels_from_reviews
from training.data.sample import Sample, assemble
from training.fitting.refits import resample_groups, shuffle_outcomes


def sample() -> Sample:
    matrices, reviews = little_matrices(12)
    known = labels_from_reviews(reviews, max(matrices))
    made = assemble(known, matrices)
    return made.take(np.arange(len(made.outcome)))


def with_groups(size: int = 4) -> Sample:
    """The sample with some rows to a group."""
    made = sample()
    object.__setattr__(made, "group", np.arange(len(made.outcome)) // size)
    return made


def test_groups_are_drawn_whole_and_rows_keep_their_order() -> None:
    made = with_groups()
    drawn = resample_groups(made, 1)
    times = pd.Series(drawn.group).value_counts()
    sizes = pd.Series(made.group).value_counts()
    assert all(count % sizes[group] == 0 for group, count in times.items())
    assert 0.55 < len(times) / len(sizes) < 0.72, "about 1 - 1/e of the groups are drawn"
    assert pd.to_datetime(drawn.scored).is_monotonic_increasing
    rows = {tuple(row) for row in made.values.fillna(-9.0).to_numpy()}
    assert {tuple(row) for row in drawn.values.fillna(-9.0).to_numpy()} <= rows
    assert resample_groups(made, 1).values.equals(drawn.values)
    assert not resample_groups(made, 2).values.equals(drawn.values)


def test_outcomes_dealt_anew_are_the_same_ones_elsewhere() -> None:
    made = sample()
    made.outcome[::7] = np.nan
    turned = shuffle_outcomes(made, 3)
    assert (np.isnan(turned.outcome) == np.isnan(made.outcome)).all()
    assert np.nansum(turned.outcome) == np.nansum(made.outcome)
    assert not np.array_equal(turned.outcome, made.outcome, equal_nan=True)
    np.testing.assert_array_equal(turned.fen, made.fen)
    assert turned.values is made.values
