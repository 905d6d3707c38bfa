"""Inverse probability weights of labels: how many eligible episodes each reviewed one represents.

A list has a part chosen by rule and a part drawn at random. A case drawn with probability π represents 1/π eligible
ones (Horvitz & Thompson 1952); a case listed by rule represents itself. Without a random stratum there is no overlap
between listed and unlisted cases and no weighting can correct that: all rows then weigh the same, and a note says so.
For years without logged draws a modelled propensity is used, which corrects bias in the named columns only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.errors import GoldenKeyError, NotEnoughDataError
from models.selection.logged_draws import is_random_draw, match_reviews

Array = npt.NDArray[np.float64]

CLIP = 10.0
"""Largest weight of a randomly drawn row: beyond it the variance costs more than the bias."""

NO_OVERLAP = "清单没有随机层：按规则列入的概率为 1，其余为 0，二者没有重叠，任何加权都不能补救，各条标签权重相同。"

NEVER_LOGGED = (
    "未记录入选概率的年份按案件特征推算入选概率；"
    "这只能校正所列特征上的偏差，不能校正未被记录的原因（例如信访何以发生）。"
)


@dataclass(frozen=True, slots=True)
class LabelWeights:
    """Weights of labels.

    Attributes:
        weight: shape (n,), mean 1.
        ess: effective sample size (Σw)² / Σw² (Kish 1965).
        clipped: number of rows whose weight was clipped.
        logged_share: share of the labels whose draw was logged.
        drawn: number of labels whose episode was drawn at random.
        notes: 中文 sentences on overlap, clipping and gaps.
    """

    weight: Array
    ess: float
    clipped: int
    logged_share: float
    drawn: int
    notes: tuple[str, ...]


def effective_size(weight: Array) -> float:
    """Kish's effective sample size (Σw)² / Σw²; 0 without rows."""
    return float(weight.sum() ** 2 / np.sum(weight**2)) if len(weight) else 0.0


def inverse_weights(logged: pd.DataFrame, labels: pd.DataFrame, clip: float = CLIP) -> LabelWeights:
    """Weights of labels from the logged inclusion probabilities of their draws.

    A randomly drawn row weighs 1/π, every other row 1. Where skips are recorded (column `skipped` of `logged`, true for
    a listed episode that was not reviewed) a label is also divided by the share of its stratum that was reviewed.
    Weights are clipped at `clip` and then scaled to mean 1.

    Args:
        logged: draws, see `models.selection.logged_draws.read_draws`; at least case_no, zb_date, selected_on, stratum,
            inclusion. Without a column `listed` all rows were listed.
        labels: one row per label: case_no, zb_date, selected_on.
        clip: largest weight before normalising, at least 1.

    Raises:
        GoldenKeyError: `clip` is below 1, or an inclusion lies outside 0..1.
    """
    if clip < 1:
        raise GoldenKeyError(f"权重上限应不小于 1，实为 {clip}。")
    draws = _with_defaults(logged)
    if not draws["inclusion"].dropna().between(0, 1).all():
        raise GoldenKeyError("选案记录中有不在 0 至 1 之间的入选概率。")
    matched = match_reviews(labels, draws)
    known = matched["drawn_on"].notna()
    share = float(known.mean()) if len(labels) else 0.0
    chance = is_random_draw(matched.assign(stratum=matched["stratum"].fillna("")))
    if not chance.any():
        even = np.ones(len(labels))
        return LabelWeights(even, float(len(labels)), 0, share, 0, (NO_OVERLAP, *_unlogged_note(share)))
    raw = np.where(chance, 1.0 / matched["inclusion"].where(chance, 1.0), 1.0) / _share_taken(draws, matched["stratum"])
    weight, cut = _clip(np.asarray(raw, dtype=np.float64), clip)
    return _label_weights(weight, cut, clip, share, int(chance.sum()), _unlogged_note(share))


def propensity_weights(
    cohort: pd.DataFrame, reviewed: npt.NDArray[np.bool_], columns: Sequence[str], clip: float = CLIP
) -> LabelWeights:
    """Weights of the reviewed rows of a cohort whose draws were never logged, from a logistic propensity.

    weight = (share reviewed) / (propensity), clipped at `clip` and scaled to mean 1. The columns enter the logistic
    regression as standardised signed logarithms; a missing value has an indicator of its own.

    Args:
        cohort: one row per eligible episode; NaN = unknown.
        reviewed: whether each was reviewed, shape (rows of cohort,).
        columns: predictors of the propensity.
        clip: largest weight before normalising.

    Returns:
        Weights of the reviewed rows in the order of the cohort; `notes` says what this cannot correct.

    Raises:
        NotEnoughDataError: nobody was reviewed, or everybody.
        GoldenKeyError: a column is missing.
    """
    missing = [name for name in columns if name not in cohort.columns]
    if missing:
        raise GoldenKeyError(f"待选案件表缺少列 {'、'.join(missing)}，无法推算入选概率。")
    if reviewed.all() or not reviewed.any():
        raise NotEnoughDataError("推算入选概率需要既有已审查、也有未审查的案件。")
    plain = cohort[list(columns)].to_numpy(dtype=np.float64, na_value=np.nan)
    matrix = np.sign(plain) * np.log1p(np.abs(plain))
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(max_iter=1000),
    )
    chance = model.fit(matrix, reviewed).predict_proba(matrix)[:, 1]
    weight, cut = _clip(float(reviewed.mean()) / chance[reviewed], clip)
    return _label_weights(weight, cut, clip, 0.0, 0, (NEVER_LOGGED,))


def _with_defaults(logged: pd.DataFrame) -> pd.DataFrame:
    """Draws with the columns that may be left out: every row was listed, no score is known."""
    blank: dict[str, Any] = {"listed": True, "probability": np.nan, "expected_fen": np.nan, "source": ""}
    return logged.assign(**{name: value for name, value in blank.items() if name not in logged.columns})


def _share_taken(draws: pd.DataFrame, stratum: pd.Series) -> Array:
    """Share of the listed episodes of the same stratum that were reviewed; 1 where no skips are recorded."""
    if "skipped" not in draws.columns:
        return np.ones(len(stratum))
    listed = draws[draws["listed"].astype(bool) & draws["skipped"].notna()]
    counts = listed.groupby("stratum")["skipped"].agg(["size", "sum"])
    taken = 1.0 - counts["sum"].astype(float) / (counts["size"] + 1.0)
    return np.asarray(stratum.map(taken).fillna(1.0), dtype=np.float64)


def _clip(raw: Array, clip: float) -> tuple[Array, int]:
    """Weights clipped and brought to mean 1, and how many were clipped."""
    weight = np.minimum(raw, clip)
    return weight / weight.mean(), int((raw > clip).sum())


def _label_weights(
    weight: Array, cut: int, clip: float, share: float, drawn: int, gaps: tuple[str, ...]
) -> LabelWeights:
    """The weights with their effective size and 中文 notes."""
    size = effective_size(weight)
    sentence = f"按入选概率加权：{len(weight)} 条标签（其中随机抽取 {drawn} 条）的有效样本量为 {size:.1f}"
    sentence += f"，{cut} 条的权重超过 {clip:g} 而被截断。" if cut else "，没有权重被截断。"
    return LabelWeights(weight, size, cut, share, drawn, (sentence, *gaps))


def _unlogged_note(share: float) -> tuple[str, ...]:
    """中文 sentence on labels without a logged draw; none where every draw was logged."""
    return () if share >= 1 else (f"{1 - share:.1%} 的标签没有入选概率的记录，权重按 1 计。",)
