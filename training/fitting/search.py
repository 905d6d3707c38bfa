"""Search of a recipe's settings with Optuna, on past quarters alone and only as wide as the number of labels allows.

A search over many settings with few labels finds noise. So the number of trials and of settings searched grows with
the positives, and below a stated number there is no search: the defaults stand. Rows of the test
window are not used: settings are compared on the later rows of folds within the training rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from models.scoring.linear import constant_head
from models.scoring.model import Model
from training.data import splits
from training.data.sample import Sample
from training.fitting import heads
from training.fitting.train import Recipe, TrainSettings, labelled_rows, mature_rows

if TYPE_CHECKING:
    import optuna

FEWEST_POSITIVES = 150
"""Below this many positives in the past there is no search."""

PER_SETTING = 75
"""Positives needed for each setting that is searched."""

PER_TRIAL = 10
"""Positives needed for each trial."""

MOST_TRIALS = 40
"""Largest number of trials, however many labels there are."""


class SearchableRecipe(Protocol):
    """What a search needs of a candidate, see `training.fitting.recipes.Candidate`."""

    @property
    def label(self) -> str:
        """中文 name."""

    @property
    def settings(self) -> TrainSettings:
        """Settings of its training run."""

    @property
    def recipe(self) -> Callable[[Sample], Recipe] | None:
        """From the whole sample to the function that fits the head; None for `fit_two_part`."""

    def with_settings(self, settings: TrainSettings) -> SearchableRecipe:
        """The same with other settings and without a search."""

    def fit(
        self, sample: Sample, as_of: date, state: int, threads: int = 1, *, figures: bool = True
    ) -> tuple[Model, dict[str, float]]:
        """Fit, calibrate and measure."""


@dataclass(frozen=True, slots=True)
class Knob:
    """A setting that may be searched: its name in `HeadSettings` (or `trees.` and its name there) and its range."""

    name: str
    low: float
    high: float
    whole: bool = False


KNOBS: Sequence[Knob] = (
    Knob("penalty", 3.0, 300.0),
    Knob("trees.num_leaves", 3, 31, whole=True),
    Knob("trees.feature_fraction", 0.05, 1.0),
    Knob("trees.min_data_in_leaf", 3, 60, whole=True),
    Knob("trees.lambda_l2", 0.5, 50.0),
    Knob("trees.learning_rate", 0.02, 0.2),
)
"""Settings in the order in which they are added to the search; all ranges are logarithmic."""


@dataclass(frozen=True, slots=True)
class SearchBudget:
    """Size of a search: number of trials and the settings searched; 0 and () for too few labels."""

    trials: int
    knobs: tuple[Knob, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        settings: the best settings; the defaults where there was no search or nothing better.
        trials: one row per trial: number, the settings tried, loss (mean log loss on later rows, lower is better).
        positives: positives of the past it was run on.
        note: 中文 sentence.
    """

    settings: TrainSettings
    trials: tuple[Mapping[str, Any], ...]
    positives: int
    note: str

    def as_payload(self) -> dict[str, Any]:
        """As written into a model's settings."""
        return {"positives": self.positives, "note": self.note, "trials": [dict(trial) for trial in self.trials]}


def search_budget(positives: int, knobs: Sequence[Knob] = KNOBS) -> SearchBudget:
    """Size of the search that a number of positive labels allows.

    >>> search_budget(149)
    SearchBudget(trials=0, knobs=())
    >>> [(search_budget(n).trials, len(search_budget(n).knobs)) for n in (150, 300, 5000)]
    [(15, 2), (30, 4), (40, 6)]
    """
    if positives < FEWEST_POSITIVES:
        return SearchBudget(0, ())
    return SearchBudget(min(positives // PER_TRIAL, MOST_TRIALS), tuple(knobs[: positives // PER_SETTING]))


def search(
    sample: Sample, candidate: SearchableRecipe, as_of: date, *, seed: int = 20231, threads: int = 1
) -> SearchResult:
    """Search a candidate's settings on the rows before its test window.

    Args:
        sample: training rows. candidate: whose settings are searched; those of lambdarank are not (its margins have
            no base rate, so log loss cannot compare them). as_of: the day of the labels.
        seed: of the sampler; equal inputs give equal trials.
        threads: threads of LightGBM, without effect on the result; trials run one after the other.
    """
    settings = candidate.settings
    past = before_test(sample, as_of, settings)
    budget = search_budget(past.positives, _searchable(candidate))
    if not budget.trials or not budget.knobs:
        return SearchResult(settings, (), past.positives, _no_search_note(candidate, past.positives))
    import optuna  # a second to import; of all candidates only `searched`, with labels enough, needs it

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), direction="minimize")
    study.enqueue_trial({knob.name: _value_of(settings, knob) for knob in budget.knobs})
    pairs = splits.folds(past.scored, past.concluded, past.group, settings.windows)

    def objective(trial: optuna.Trial) -> float:
        return fold_loss(past, pairs, _suggest(settings, budget.knobs, trial), threads)

    study.optimize(objective, n_trials=budget.trials, n_jobs=1)
    trials = tuple({"number": t.number, **t.params, "loss": t.value} for t in study.trials)
    best = study.best_trial
    best_settings = settings
    for knob in budget.knobs:
        best_settings = _with_value(best_settings, knob, best.params[knob.name])
    note = (
        f"以测试时段之前的 {past.positives} 条正例搜索 {len(budget.knobs)} 项设置，共 {len(trials)} 次，"
        f"取第 {best.number + 1} 次。"
    )
    return SearchResult(best_settings, trials, past.positives, note)


def fit_searched(
    candidate: SearchableRecipe,
    sample: Sample,
    as_of: date,
    state: int,
    threads: int = 1,
    seed: int = 20231,
    figures: bool = True,
) -> tuple[Model, dict[str, float]]:
    """A candidate fitted with the settings its search found; the trials stand in the model's settings.

    Raises:
        NotEnoughDataError: too few labels to fit anything.
    """
    result = search(sample, candidate, as_of, seed=seed, threads=threads)
    model, metrics = candidate.with_settings(result.settings).fit(sample, as_of, state, threads, figures=figures)
    return replace(model, settings={**model.settings, "search": result.as_payload()}), metrics


def settings_of_search(candidate: SearchableRecipe, model: Model) -> TrainSettings:
    """The settings a candidate's search chose for a model, read from the settings stored in the model."""
    settings = candidate.settings
    for knob in _searchable(candidate):
        settings = _with_value(settings, knob, model.settings[f"heads.{knob.name}"])
    return settings


def before_test(sample: Sample, as_of: date, settings: TrainSettings) -> Sample:
    """Rows with an outcome before the test window of `fit_model`; all of them where it has no such window."""
    ripe = mature_rows(sample.with_outcome(), as_of, settings.windows)
    return ripe.take(splits.windows(ripe.scored, ripe.concluded, ripe.outcome > 0, ripe.group, settings.windows).learn)


def fold_loss(past: Sample, pairs: heads.Folds, settings: TrainSettings, threads: int = 1) -> float:
    """Mean log loss on later rows of the folds under heads fitted on earlier ones; infinite where there are none."""
    rows = labelled_rows(past)
    rounds = heads.choose_rounds(rows, pairs, settings.heads, threads)
    # Only its number of trees and the margins already known are read: no head on all rows is needed.
    unfitted = constant_head(tuple(map(str, past.values.columns)), 0.0)
    fitted = heads.FittedHead(unfitted, rounds.count, ahead=rounds.ahead)
    margin, outcome, later = heads.out_of_time_margins(rows, pairs, fitted, settings.heads, threads)
    if not len(outcome):
        return float("inf")
    return float(np.average(np.logaddexp(0.0, margin) - outcome * margin, weights=past.take(later).normalised_weight))


def _searchable(candidate: SearchableRecipe) -> tuple[Knob, ...]:
    """The knobs that may be searched in a candidate.

    Not the ridge penalty without a linear head beneath the trees, nor the number of leaves of one-split trees.
    """
    if candidate.recipe is not None:
        return ()
    settings = candidate.settings.heads
    excluded = set() if settings.stacked else {"penalty"}
    if settings.trees.num_leaves == 2:
        excluded.add("trees.num_leaves")
    return tuple(knob for knob in KNOBS if knob.name not in excluded)


def _no_search_note(candidate: SearchableRecipe, positives: int) -> str:
    if positives < FEWEST_POSITIVES:
        return f"测试时段之前只有 {positives} 条正例，少于 {FEWEST_POSITIVES} 条，不作搜索，沿用默认设置。"
    return f"候选方案“{candidate.label}”没有可搜索的设置，沿用默认设置。"


def _suggest(settings: TrainSettings, knobs: Sequence[Knob], trial: optuna.Trial) -> TrainSettings:
    """The settings with the values a trial tries."""
    for knob in knobs:
        value = (
            trial.suggest_int(knob.name, int(knob.low), int(knob.high), log=True)
            if knob.whole
            else trial.suggest_float(knob.name, knob.low, knob.high, log=True)
        )
        settings = _with_value(settings, knob, value)
    return settings


def _value_of(settings: TrainSettings, knob: Knob) -> float:
    """The value of a knob in some settings."""
    owner: Any = settings.heads.trees if knob.name.startswith("trees.") else settings.heads
    value: float = getattr(owner, knob.name.removeprefix("trees."))
    return value


def _with_value(settings: TrainSettings, knob: Knob, value: float) -> TrainSettings:
    """The settings with another value of a knob."""
    name = knob.name.removeprefix("trees.")
    changed: dict[str, Any] = {name: value}
    if name != knob.name:
        changed = {"trees": replace(settings.heads.trees, **changed)}
    return replace(settings, heads=replace(settings.heads, **changed))


__all__ = [
    "FEWEST_POSITIVES",
    "KNOBS",
    "Knob",
    "SearchBudget",
    "SearchResult",
    "before_test",
    "fit_searched",
    "fold_loss",
    "search",
    "search_budget",
    "settings_of_search",
]
