"""Training on the pool: labels known on a day, matrix rows from before each selection, three heads, two calibrations.

A head is fitted on all rows; its calibration on the margins that heads of the same recipe, fitted on earlier rows, give
to later ones. The heads of concealed and of missed property use one recipe, each on its own labels.

Figures are measured on a later window by the recipe fitted on the rows before it; the model put in use is the same
recipe fitted on all rows, so that no label is left unused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.clues import catalogue
from features.errors import NotEnoughDataError
from features.matrix import build_matrices
from features.pool.pool import Pool
from models.ledger.chain import SYSTEM
from models.ledger.ledger import Ledger
from models.reasons.contributions import decompose_margins
from models.registry import registry
from models.registry.promotion import record_training
from models.scoring.calibration import Calibration, fit_calibration
from models.scoring.head import Head
from models.scoring.model import Model, data_digest
from models.scoring.trees import TreeSettings
from training.data import label_delay, label_weights, splits
from training.data.labels import load_labels
from training.data.sample import Sample, assemble, scoring_dates
from training.data.source import home_draws
from training.data.splits import SplitSettings, Windows
from training.data.weights import CLIP, effective_size
from training.fitting import heads
from training.fitting.heads import HeadSettings
from training.fitting.holdout_metrics import measure, measure_amount
from training.fitting.noise_floor import add_noise_floor

AMOUNT_COLUMNS = ("F11_debt",)
"""Columns of the amount head while recoveries are few: the debt, which bounds what can be recovered."""

FEW_LABELS = HeadSettings(
    rounds_most=200,
    rounds_step=50,
    rounds_default=50,
    stacked=True,
    trees=TreeSettings(num_leaves=7, min_data_in_leaf=5, feature_fraction=0.2, extra_trees=True),
)
"""Settings for some hundred labels on some hundred columns: a ridge model, and on its margin small trees with random
splits, both with monotone constraints."""


def fixed_directions() -> dict[str, int]:
    """Columns whose direction the catalogue fixes: amounts, shares and counts of clues that raise or lower the risk.

    Days, codes, least and first values have no such direction, nor has context (coverage, the claim, the court's pace).
    """
    fixed = {}
    for name, feature in catalogue.FEATURES.items():
        clue = catalogue.CLUES[catalogue.CLUE_OF[name]]
        grows = feature.how in ("sum", "count", "max", "nunique", "any") and feature.unit not in ("天", "类")
        if clue.risk and clue.in_model and clue.kind != "context" and clue.family != "context" and grows:
            fixed[name] = clue.risk
    return fixed


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Settings of a training run: windows, heads, and how much each label counts.

    Attributes:
        windows: see `training.data.splits.SplitSettings`. heads: see `training.fitting.heads.HeadSettings`.
        weighting: one of `training.data.label_weights.WEIGHTINGS`.
        clip: largest weight of a label drawn at random; one listed by rule weighs 1.
        delay: one of `training.data.label_delay.DELAYS`.
    """

    windows: SplitSettings = field(default_factory=SplitSettings)
    heads: HeadSettings = FEW_LABELS
    weighting: str = label_weights.NONE
    clip: float = CLIP
    delay: str = label_delay.WINDOW

    def rows(self) -> dict[str, Any]:
        """Every setting under a dotted name, for the registry."""
        flat: dict[str, Any] = {}
        pending: list[tuple[str, Any]] = list(asdict(self).items())
        while pending:
            name, value = pending.pop()
            if isinstance(value, dict):
                pending += [(f"{name}.{key}", item) for key, item in value.items()]
            else:
                flat[name] = value
        return flat


Recipe = Callable[[Sample, TrainSettings, int], tuple[heads.FittedHead, Calibration]]
"""A function from rows with an outcome, settings and threads to the concealment head and its calibration."""


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What a training run made and measured.

    Attributes:
        model: the model, registered; in use only while no model was ever promoted.
        metrics: figures on the test window (empty where no test window could be cut).
        counts: labels per head and window.
        notes: 中文 sentences about fallbacks and gaps.
    """

    model: Model
    metrics: Mapping[str, float]
    counts: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...]


def train(
    home: Path,
    as_of: date,
    *,
    threads: int = 1,
    matrices: label_weights.MatrixBuilder | None = None,
    settings: TrainSettings = TrainSettings(),
    use: bool = True,
    actor: str = SYSTEM,
    noise: int = 0,
) -> TrainReport:
    """Train on every label concluded by a day and register the model; while nobody was ever promoted, put it in use.

    Args:
        home: the home folder.
        as_of: labels concluded later are not used.
        threads: threads of LightGBM; the model is the same bit for bit.
        matrices: gives the matrices of the days asked for; the pool's by default.
        settings: see `TrainSettings`.
        use: whether the model may be used provisionally, before anybody is promoted.
        actor: who trains; they may not approve the model.
        noise: refits on shuffled outcomes for the noise floor, 0 for none (`training.fitting.noise_floor`).

    Raises:
        NotEnoughDataError: no label yet, or too few to fit anything.
        GoldenKeyError: the day lies in the future. UnknownActorError: the actor is not registered or not active.
    """
    with Ledger(home) as ledger:
        ledger.check_actor(actor)
    pool = Pool(home)
    state = pool.state
    build = matrices or (lambda days: build_matrices(home, days, state=state))
    with pool.as_of(as_of, state) as cut:
        labels = load_labels(cut)
        labels, notes = label_weights.weigh(
            cut,
            labels,
            settings.weighting,
            settings.delay,
            lambda: home_draws(home, cut),
            build,
            settings.clip,
        )
    if not len(labels):
        raise NotEnoughDataError(f"截至 {as_of} 还没有任何已审结的审查（标签），无法训练；请先导入监督结果。")
    sample = replace(assemble(labels, build(scoring_dates(labels))), notes=tuple(notes))
    model, metrics = fit_model(sample, as_of, state, threads=threads, settings=settings)
    model = add_noise_floor(
        model,
        sample,
        lambda shuffled: fit_model(shuffled, as_of, state, threads=threads, settings=settings, figures=False)[0],
        noise,
    )
    registry.register(home, model, metrics)
    with Ledger(home) as ledger:
        record_training(ledger, model, actor, provisional=use)
    return TrainReport(model, metrics, model.counts, model.notes)


def fit_model(
    sample: Sample,
    as_of: date,
    state: int,
    *,
    threads: int = 1,
    settings: TrainSettings = TrainSettings(),
    recipe: Recipe | None = None,
    figures: bool = True,
) -> tuple[Model, dict[str, float]]:
    """Fit, calibrate and measure on a sample; see the module's first lines for the windows.

    Args:
        sample: training rows. as_of: the day of its labels. state: state of the pool.
        threads: threads of LightGBM; the model is the same bit for bit.
        settings: see `TrainSettings`.
        recipe: makes the concealment head and its calibration from rows with an outcome; `fit_two_part` by default.
        figures: whether to measure; a caller that measures for itself saves a third of the time without.

    Raises:
        NotEnoughDataError: too few labels to fit anything.
    """
    whole = sample.with_outcome()
    heads.require_labels(whole.positives, len(whole.outcome) - whole.positives, settings.heads)
    ripe = mature_rows(whole, as_of, settings.windows)
    cut = splits.windows(ripe.scored, ripe.concluded, ripe.outcome > 0, ripe.group, settings.windows)
    make = recipe or fit_two_part
    metrics, notes = _holdout_figures(sample, ripe, cut, settings, threads, make) if figures else ({}, [])
    fit, calibration = make(whole, settings, threads)
    paid = sample.with_amount()
    amount_values = paid.values if len(paid.fen) else whole.values
    amount = heads.amount_head(
        amount_values, paid.fen, settings.heads, threads, AMOUNT_COLUMNS, paid.normalised_weight, _folds(paid, settings)
    )
    missed, missed_calibration, missed_counts, lacking = _fit_missed(sample, settings, threads)
    flat = "" if calibration.labels else "标签不足以在较晚时段上校准，概率未经单独校准。"
    notes = [*notes, *sample.notes, fit.note, lacking, amount.note, flat]
    counts = _counts(sample, whole, ripe, cut, calibration, paid) | missed_counts
    model = Model(
        concealment=fit.head,
        calibration=calibration,
        amount=amount.head,
        clue_of={name: catalogue.CLUE_OF.get(name, name) for name in map(str, sample.values.columns)},
        catalogue_version=catalogue.VERSION,
        as_of=as_of,
        pool_state=state,
        fingerprint=data_digest(sample.values, sample.outcome, sample.fen),
        counts=counts,
        notes=tuple(note for note in notes if note),
        settings=settings.rows() | {"rounds": fit.rounds},
        missed=missed,
        missed_calibration=missed_calibration,
    )
    for head in model.heads:
        decompose_margins(model, whole.values, head)
    return model, metrics


def _folds(sample: Sample, settings: TrainSettings) -> heads.Folds:
    """Time-ordered folds of a sample; none of an empty one."""
    return splits.folds(sample.scored, sample.concluded, sample.group, settings.windows) if len(sample.fen) else []


def _fit_missed(
    sample: Sample, settings: TrainSettings, threads: int
) -> tuple[Head | None, Calibration, dict[str, dict[str, int]], str]:
    """The head of missed property with its calibration, counts and 中文 note; no head where its labels are too few."""
    known = sample.with_missed()
    counts = {"missed": {"labels": len(known.outcome), "positives": known.positives}}
    if sample.missed is None:
        return None, Calibration(), {}, ""
    try:
        heads.require_labels(known.positives, len(known.outcome) - known.positives, settings.heads)
    except NotEnoughDataError:
        note = f"遗漏财产（Y2）的结论只有 {known.positives} 条，预期收益暂只计隐匿的可能，不计遗漏的可能。"
        return None, Calibration(), counts, note
    fitted, calibration = fit_two_part(known, settings, threads)
    return fitted.head, calibration, counts, fitted.note.replace("隐匿财产概率部分", "遗漏财产概率部分")


def mature_rows(whole: Sample, as_of: date, settings: SplitSettings) -> Sample:
    """Rows scored at least `gap_days` before `as_of`, so that slow reviews have concluded as well as quick ones."""
    last = as_of - timedelta(days=settings.gap_days)
    return whole.take(np.flatnonzero(pd.to_datetime(whole.scored) <= pd.Timestamp(last)))


def labelled_rows(sample: Sample) -> heads.LabelledRows:
    """The rows of a sample with their groups and weights, and the fixed directions of its columns."""
    fixed = {name: sign for name, sign in fixed_directions().items() if name in sample.values.columns}
    return heads.LabelledRows(sample.values, sample.outcome, fixed, sample.group, sample.normalised_weight)


def fit_two_part(sample: Sample, settings: TrainSettings, threads: int) -> tuple[heads.FittedHead, Calibration]:
    """The concealment head fitted on all rows, and its calibration, fitted on out-of-time margins of that recipe."""
    pairs = splits.folds(sample.scored, sample.concluded, sample.group, settings.windows)
    labelled = labelled_rows(sample)
    fitted = heads.concealment_head(labelled, pairs, settings.heads, threads)
    margin, outcome, rows = heads.out_of_time_margins(labelled, pairs, fitted, settings.heads, threads)
    enough = len(outcome) >= settings.windows.min_labels and outcome.sum() >= settings.windows.min_positives
    return fitted, fit_calibration(margin, outcome, sample.take(rows).normalised_weight) if enough else Calibration()


def _holdout_figures(
    sample: Sample, ripe: Sample, cut: Windows, settings: TrainSettings, threads: int, make: Recipe
) -> tuple[dict[str, float], list[str]]:
    """Figures of the recipe fitted before the test window, measured on it; else 中文 notes on why there are none."""
    if cut.test_from is None:
        return {}, ["标签的时间跨度或数量不足以单独留出测试时段，本次没有时间外的评测数字。"]
    try:
        fitted, calibration = make(ripe.take(cut.learn), settings, threads)
    except NotEnoughDataError:
        return {}, ["测试时段之前的标签过少，本次没有时间外的评测数字。"]
    test = ripe.take(cut.test)
    figures = measure(fitted.head.margin(test.values), calibration, test.outcome, test.group)
    return figures | _amount_figures(sample, cut.test_from, settings, threads), []


def _amount_figures(sample: Sample, test_from: date, settings: TrainSettings, threads: int) -> dict[str, float]:
    """The amount head fitted before the test window, on recoveries after it began."""
    paid = sample.with_amount()
    start = pd.Timestamp(test_from)
    late = (pd.to_datetime(paid.scored) >= start).to_numpy()
    early = (pd.to_datetime(paid.concluded) < start - timedelta(days=settings.windows.gap_days)).to_numpy()
    early = early & ~np.isin(paid.group, paid.group[late])
    if not late.any() or not early.any():
        return {}
    past = paid.take(np.flatnonzero(early))
    pairs = _folds(past, settings)
    head = heads.amount_head(
        past.values, past.fen, settings.heads, threads, AMOUNT_COLUMNS, past.normalised_weight, pairs
    ).head
    return measure_amount(head.margin(paid.values[late]), paid.fen[late])


def _counts(
    sample: Sample, whole: Sample, ripe: Sample, cut: Windows, calibration: Calibration, paid: Sample
) -> dict[str, dict[str, int]]:
    """Numbers of labels by head, as stored in the model."""
    return {
        "concealment": {
            "labels": len(whole.outcome),
            "positives": whole.positives,
            "calibrated": calibration.labels,
            "calibrated_positives": calibration.positives,
            "measured_learn": len(cut.learn),
            "measured_test": len(cut.test),
            "young": len(whole.outcome) - len(ripe.outcome),
            "not_in_cohort": sample.lost,
            **(
                {} if whole.normalised_weight is None else {"effective": round(effective_size(whole.normalised_weight))}
            ),
        },
        "amount": {"labels": len(paid.fen), "positives": int((paid.fen > 0).sum())},
    }
