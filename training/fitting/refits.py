"""Refits of a recipe for audits: on resampled groups, on shuffled outcomes, with one more month of labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from features.cuts.matrices import build_matrices
from features.facts.lookup import default_day
from features.pool.pool import Pool
from models.scoring.model import Model
from training.data.labels import load_labels
from training.data.sample import Sample, assemble, scoring_dates, shuffle_outcomes
from training.fitting.train import TrainSettings, fit_model

Refit = Callable[[int], Model]
"""Seed -> the refitted model."""


@dataclass(frozen=True)
class Refits:
    """Models of the same recipe and settings as one model, fitted on changed data.

    Attributes:
        bootstrap: the recipe on debtor groups drawn with replacement.
        shuffled: the recipe on shuffled outcomes.
        later: the recipe with one more month of labels, None where the pool does not reach so far.
    """

    bootstrap: Refit
    shuffled: Refit
    later: Model | None


def model_refits(
    home: Path, as_of: date, settings: TrainSettings | None = None, threads: int = 1, later: bool = True
) -> Refits:
    """Refits of the model that training on a day gives.

    Args:
        home: the home folder. as_of: day up to which labels are known.
        settings: of training, `TrainSettings()` by default. threads: of LightGBM.
        later: whether to fit the model with one more month of labels.
    """
    state, chosen = Pool(home).state, settings or TrainSettings()
    sample = load_sample(home, as_of, state)

    def bootstrap(seed: int) -> Model:
        return fit_model(resample_groups(sample, seed), as_of, state, threads=threads, settings=chosen)[0]

    def shuffled(seed: int) -> Model:
        return fit_model(shuffle_outcomes(sample, seed), as_of, state, threads=threads, settings=chosen)[0]

    month = (pd.Timestamp(as_of) + pd.offsets.MonthEnd(1)).date()
    after = None
    if later and month <= default_day(home):
        after = fit_model(load_sample(home, month, state), month, state, threads=threads, settings=chosen)[0]
    return Refits(bootstrap, shuffled, after)


def load_sample(home: Path, as_of: date, state: int) -> Sample:
    """The training sample of the labels known on a day, at a state of the pool."""
    with Pool(home).as_of(as_of, state) as cut:
        known = load_labels(cut)
    return assemble(known, build_matrices(home, scoring_dates(known), state=state))


def resample_groups(sample: Sample, seed: int) -> Sample:
    """A bootstrap sample of whole groups, as many as there are, drawn with replacement; rows keep their order."""
    group = np.unique(sample.group, return_inverse=True)[1]
    count = int(group.max()) + 1 if len(group) else 0
    times = np.bincount(np.random.default_rng(seed).integers(0, count, count), minlength=count) if count else group
    return sample.take(np.repeat(np.arange(len(group)), times[group]))
