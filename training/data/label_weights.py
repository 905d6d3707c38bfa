"""Weights of labels in training, by the chance of being drawn for review and of being concluded by now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from features.errors import GoldenKeyError, NotEnoughDataError
from features.matrix import Matrix
from features.pool.pool import Cut
from features.pool.reviews import MATURE_DAYS, came_unaided
from models.selection.eligibility import eligible
from models.selection.logged_draws import match_reviews
from training.data.label_delay import DELAYS, IPCW, maturity_weights, recovery_weights
from training.data.labels import WITH_PROPERTY, scoring_date
from training.data.weights import CLIP, inverse_weights, propensity_weights

NONE = "none"
INVERSE = "inverse"
MODELLED = "modelled"
WEIGHTINGS = (NONE, INVERSE, MODELLED)
"""How labels count: all alike, by the inverse of the logged chance of being drawn, or of a modelled chance where none
was logged."""

PROPENSITY_COLUMNS = ("debt", "age", "small", "vulnerable", "petitioned", "person")
"""Columns of the propensity model: what an office knew of a case when it chose."""


def check_methods(weighting: str, delay: str) -> None:
    """Raise a GoldenKeyError that lists the methods where a setting names none of them."""
    if weighting not in WEIGHTINGS:
        raise GoldenKeyError(f"标签加权方式应为 {'、'.join(WEIGHTINGS)} 之一，实为“{weighting}”。")
    if delay not in DELAYS:
        raise GoldenKeyError(f"未到期结果的处理方式应为 {'、'.join(DELAYS)} 之一，实为“{delay}”。")


MatrixBuilder = Callable[[Sequence[date]], Mapping[date, Matrix]]
"""A function that gives the matrices of the days asked for."""


def weigh(
    cut: Cut,
    labels: pd.DataFrame,
    weighting: str,
    delay: str,
    draws: Callable[[], pd.DataFrame],
    matrices: MatrixBuilder,
    clip: float = CLIP,
) -> tuple[pd.DataFrame, list[str]]:
    """Labels with a column `weight` (mean 1) where settings ask for one, and 中文 sentences on what was done.

    Under `ipcw` they also have `paid_weight`: how much each counts where recovered amounts are learned.

    Args:
        cut: the pool on the day of the labels.
        labels: from `training.data.labels.load_labels` on that cut.
        weighting: one of `WEIGHTINGS`.
        delay: one of `training.data.label_delay.DELAYS`; `window` needs no weight.
        draws: reads the draws known on the cut; called only where a weighting needs them.
        matrices: reads the matrices of scoring dates; called only under `modelled`.
        clip: largest weight of `inverse` and `modelled`, see `training.data.weights.inverse_weights`.

    Raises:
        GoldenKeyError: a setting names no method, or dates of the records are out of order.
    """
    check_methods(weighting, delay)
    weight = np.ones(len(labels))
    notes: list[str] = []
    if weighting != NONE:
        logged = draws()
        inverse = inverse_weights(logged, labels, clip)
        weight, notes = weight * inverse.weight, [*inverse.notes]
    if weighting == MODELLED and len(labels):
        unlogged = match_reviews(labels, logged)["inclusion"].isna()
        factor, factor_notes = _propensity_factor(labels, unlogged, matrices, clip)
        # The note that labels without a logged draw weigh 1 does not hold once they are modelled.
        notes = [*(notes[:1] if inverse.drawn else []), *factor_notes] if factor_notes else notes
        weight = weight * factor
    if delay == IPCW:
        reviews = _reviews(cut)
        maturity = maturity_weights(reviews["selected_on"], reviews["conclude_date"], cut.day)
        by_label = pd.Series(maturity.weight, index=reviews["review_id"]).reindex(labels["review_id"])
        weight, notes = weight * by_label.fillna(1.0).to_numpy(dtype=np.float64), [*notes, maturity.note]
        labels = labels.assign(paid_weight=labels["review_id"].map(_recovery_weights(reviews, cut)).fillna(1.0))
    return (labels.assign(weight=weight / weight.mean()) if len(notes) and len(labels) else labels), notes


def _propensity_factor(
    labels: pd.DataFrame, unlogged: pd.Series, matrices: MatrixBuilder, clip: float
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Factor of every label: 1 where its draw was logged, else the inverse of a modelled propensity, and notes."""
    factor = np.ones(len(labels))
    modelled = labels[unlogged.to_numpy()].assign(
        row=np.flatnonzero(unlogged), scored=lambda t: scoring_date(t["selected_on"])
    )
    by_day = matrices(sorted(set(modelled["scored"]))) if len(modelled) else {}
    cohorts = [_eligible(matrix.keys, day) for day, matrix in by_day.items()]
    if not cohorts:
        return factor, ()
    chosen = modelled[["case_no", "zb_date", "scored", "row"]].drop_duplicates(["case_no", "zb_date", "scored"])
    cohort = pd.concat(cohorts, ignore_index=True).merge(chosen, on=["case_no", "zb_date", "scored"], how="left")
    reviewed = cohort["row"].notna().to_numpy()
    try:
        propensity = propensity_weights(cohort, reviewed, PROPENSITY_COLUMNS, clip)
    except NotEnoughDataError as error:
        return factor, (f"未记录入选概率的标签权重仍按 1 计：{error}",)
    factor[cohort["row"][reviewed].astype(int).to_numpy()] = propensity.weight
    return factor, propensity.notes


def _eligible(keys: pd.DataFrame, day: date) -> pd.DataFrame:
    """Episodes eligible on a day with `PROPENSITY_COLUMNS`."""
    cohort = keys[eligible(keys, day)]
    age = (pd.Timestamp(day) - pd.to_datetime(cohort["zb_date"])).dt.days
    flags = {name: cohort[name].astype(float) for name in PROPENSITY_COLUMNS[2:]}
    debt = cohort["debt_fen"].astype("float64")
    return cohort[["case_no", "zb_date"]].assign(scored=day, debt=debt, age=age, **flags).reset_index(drop=True)


def _reviews(cut: Cut) -> pd.DataFrame:
    """Every review selected by the day of the cut, concluded or running."""
    review = cut.outcomes("review")
    known = review.filter(review.selected_on <= cut.day)
    frame: pd.DataFrame = known.select(
        "review_id", "selected_on", "conclude_date", "label", "reply", "recovered_date", "unaided"
    ).to_pandas()
    return frame.sort_values("review_id", ignore_index=True)


def _recovery_weights(reviews: pd.DataFrame, cut: Cut) -> pd.Series:
    """Weight of the recovery by review_id, for concluded reviews after which money through supervision may come."""
    concluded = pd.to_datetime(reviews["conclude_date"]) <= pd.Timestamp(cut.day)
    refused = reviews["reply"].isin(["refused", "overdue"])
    awaited = reviews[concluded & reviews["label"].isin(WITH_PROPERTY) & ~came_unaided(reviews) & ~refused]
    weight = recovery_weights(awaited["conclude_date"], awaited["recovered_date"], cut.day, MATURE_DAYS)
    return pd.Series(weight, index=awaited["review_id"])
