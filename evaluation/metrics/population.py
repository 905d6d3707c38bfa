"""Share, number and recoverable amount of concealing cases among all eligible ones, from the random strata of
lists.

Cases listed by rule are counted as they are. All others are estimated from the cases sampled at random among them, each
weighted by 1/π, the inverse of its inclusion probability (Hansen & Hurwitz 1943; shares by Hájek's ratio estimator),
pooled over offices and quarters: an episode eligible in two quarters counts in each. The interval of a share is the
mid-p interval at the effective sample size p (1 - p) / variance, at most the number of cases (Korn & Graubard 1998;
`evaluation.metrics.mid_p`).

Chosen by simulation (three offices, four quarters, 8 % concealing, 500 populations each). At a nominal 95 % its
coverage is 95.0 % (uniform sampling) and 96.2 % (stratified) with a random stratum of 6 per list, at a half-width of
5.4 percentage points, and 95.4 % and 97.2 % with 18, at 3.1 points; Clopper-Pearson covers 96-99 %. Kish's effective
size would widen the intervals under stratified sampling by a fifth to a quarter.

Recovered amounts are heavy-tailed: a bootstrap of the sampled recoveries covers only 50-70 %. Their interval is a
fiducial one that treats zeros and log-normal amounts separately (Tian 2005; Krishnamoorthy & Mathew 2003), with the
variance of logarithms pooled with the cases listed by rule. With a stratum of 18 it covers 95-97 %, or 92 % where large
amounts go with large debts, and extends from half the true amount to three or four times it. With fewer recoveries than
`MIN_RECOVERIES` no amount is reported. That is usual with a stratum of 6; where an amount is reported nevertheless,
coverage is 87-91 %, because having enough recoveries was itself luck.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.metrics.intervals import Estimate
from evaluation.metrics.mid_p import mid_p
from features.errors import GoldenKeyError, NotEnoughDataError
from models.feedback.intervals import Interval

Array = npt.NDArray[np.float64]

COLUMNS = ("office", "selected_on", "listed", "inclusion", "conceals", "recovered_fen")
"""Columns that `estimate_population` reads."""

MIN_SAMPLED = 30
"""Fewest concluded reviews of sampled cases for an estimate; fewer could point at the cases of one office."""

MIN_RECOVERIES = 5
"""Fewest sampled cases with money recovered for an estimate of amounts."""

FIDUCIAL_DRAWS = 4000


@dataclass(frozen=True, slots=True)
class PopulationEstimate:
    """Concealment and recoverable amounts among all eligible episodes; amounts in 分.

    Attributes:
        share: share of the eligible episodes that conceal, as a review would find. number: their number.
        below: their number among the unlisted.
        amount: recoverable in total. amount_below: recoverable among the unlisted; both None with too few recoveries.
        bounds: the share if no open review found concealment, and if every one did.
        eligible: eligible episodes, summed over the draws. ruled: listed by rule. seats: sampled in random strata.
        concluded: sampled and concluded. open_ruled, open_drawn: listed by rule / sampled, not concluded.
        effective: effective number of `concluded`. recoveries: number of sampled cases with money recovered.
        offices, draws: numbers of offices and of draws pooled.
        level: of the intervals.
        notes: 中文 sentences.
    """

    share: Estimate
    number: Estimate
    below: Estimate
    amount: Estimate | None
    amount_below: Estimate | None
    bounds: Interval
    eligible: int
    ruled: int
    seats: int
    concluded: int
    open_ruled: int
    open_drawn: int
    effective: float
    recoveries: int
    offices: int
    draws: int
    level: float
    notes: tuple[str, ...]

    def as_payload(self) -> dict[str, Any]:
        """The fields as JSON values, with the half-width of the share's interval."""
        return asdict(self) | {"half_width": self.share.half_width, "notes": list(self.notes)}


def estimate_population(draws: pd.DataFrame, level: float = 0.95) -> PopulationEstimate:
    """Estimate concealment among all eligible episodes of some draws.

    Args:
        draws: one row per eligible episode and draw, columns `COLUMNS`: office and selected_on identify the draw;
            inclusion is the joint probability of being listed (1 where listed by rule); conceals is 1, 0 or NaN
            (not concluded, or not reviewed); recovered_fen is in 分, NaN where it is not known (yet).
        level: level of the intervals.

    Raises:
        NotEnoughDataError: fewer than `MIN_SAMPLED` concluded reviews of sampled cases.
        GoldenKeyError: a column is missing, or an inclusion lies outside 0..1.
    """
    frame, notes = _with_known_chance(draws)
    by_rule = (frame["inclusion"] >= 1).to_numpy()
    sampled = ~by_rule & frame["listed"].to_numpy(dtype=bool)
    ruled, drawn = frame[by_rule], frame[sampled]
    concluded = drawn[drawn["conceals"].notna()]
    if len(concluded) < MIN_SAMPLED:
        raise NotEnoughDataError(
            f"随机层已审结的案件只有 {len(concluded)} 件，少于 {MIN_SAMPLED} 件，不足以推算总体；"
            "请汇总更多院、更多季度。"
        )
    rest = int((~by_rule).sum())
    weight, outcome = (
        1.0 / concluded["inclusion"].to_numpy(dtype=np.float64),
        concluded["conceals"].to_numpy(dtype=np.float64),
    )
    share, effective = weighted_share(weight, outcome)
    number = _estimate_number(ruled["conceals"], rest, share, effective, level)
    hits = float(outcome.sum())
    hits_by_rule = len(ruled) * _confirmed_share(ruled["conceals"], share)
    below = Estimate(*(max(value - hits_by_rule - hits, 0.0) for value in (number.estimate, number.low, number.high)))
    amount, amount_below, recoveries = _estimate_amounts(ruled, drawn, rest, level, notes)
    open_ruled, open_drawn = int(ruled["conceals"].isna().sum()), len(drawn) - len(concluded)
    if open_ruled or open_drawn:
        notes.append(
            f"尚未审结的有 {open_ruled + open_drawn} 件（按规则列入 {open_ruled} 件、随机抽取 {open_drawn} 件），"
            "按同类已审结的推算；另列其全部为否、全部为是时的界限。"
        )
    size = len(frame)
    return PopulationEstimate(
        share=Estimate(number.estimate / size, number.low / size, number.high / size),
        number=number,
        below=below,
        amount=amount,
        amount_below=amount_below,
        bounds=_open_review_bounds(ruled, drawn, rest),
        eligible=size,
        ruled=len(ruled),
        seats=len(drawn),
        concluded=len(concluded),
        open_ruled=open_ruled,
        open_drawn=open_drawn,
        effective=effective,
        recoveries=recoveries,
        offices=int(frame["office"].nunique()),
        draws=len(frame[["office", "selected_on"]].drop_duplicates()),
        level=level,
        notes=tuple(notes),
    )


def weighted_share(weight: Array, outcome: Array) -> tuple[float, float]:
    """Weighted share of an outcome and its effective sample size p (1 - p) / variance, at most n.

    Where all outcomes are equal the variance is 0 and Kish's effective size (Σw)² / Σw² is used.
    """
    share, most = float(np.average(outcome, weights=weight)), float(len(weight))
    if np.ptp(outcome) == 0:
        return share, min(float(weight.sum() ** 2 / np.sum(weight**2)), most)
    variance = float(np.sum((weight * (outcome - share)) ** 2)) / float(weight.sum()) ** 2
    return share, min(share * (1 - share) / variance, most)


def _with_known_chance(draws: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Rows with an inclusion probability above 0, and a 中文 note on the others.

    Draws without any random stratum are left out whole if some of their rows could not be listed.
    """
    missing = [name for name in COLUMNS if name not in draws.columns]
    if missing:
        raise GoldenKeyError(f"选案记录缺少列 {'、'.join(missing)}，无法推算总体。")
    if not draws["inclusion"].between(0, 1).all():
        raise GoldenKeyError("选案记录中有缺失或不在 0 至 1 之间的入选概率，无法推算总体。")
    chance = draws["inclusion"]
    by_draw = [draws["office"], draws["selected_on"]]
    has_sample = ((chance > 0) & (chance < 1)).groupby(by_draw).transform("any")
    has_excluded = (chance <= 0).groupby(by_draw).transform("any")
    covered = (chance > 0) & (has_sample | ~has_excluded)
    left_out = int((~covered).sum())
    notes = [f"{left_out} 件次所在的清单未给它们任何入选机会，不在推算范围内。"] if left_out else []
    return draws[covered].reset_index(drop=True), notes


def _estimate_number(ruled: pd.Series[Any], rest: int, share: float, effective: float, level: float) -> Estimate:
    """Number that conceal: confirmed by rule + estimated among open reviews + estimated among the rest.

    The interval combines those of the parts by the method of variance estimates recovery (Zou & Donner 2008).
    """
    known = ruled.dropna()
    waiting = len(ruled) - len(known)
    ruled_share = _confirmed_share(ruled, share)
    parts = [(rest, share, mid_p(share * effective, effective, level))]
    if waiting:
        parts.append((waiting, ruled_share, mid_p(float(known.sum()), len(known), level)))
    middle = float(known.sum()) + sum(size * rate_ for size, rate_, _ in parts)
    down = float(np.sqrt(sum((size * (rate_ - range_.low)) ** 2 for size, rate_, range_ in parts)))
    up = float(np.sqrt(sum((size * (range_.high - rate_)) ** 2 for size, rate_, range_ in parts)))
    return Estimate(
        middle, max(middle - down, float(known.sum())), min(middle + up, float(known.sum()) + rest + waiting)
    )


def _confirmed_share(conceals: pd.Series[Any], otherwise: float) -> float:
    """Share confirmed among the concluded; `otherwise` if none is concluded."""
    return float(conceals.mean()) if conceals.notna().any() else otherwise


def _open_review_bounds(ruled: pd.DataFrame, drawn: pd.DataFrame, rest: int) -> Interval:
    """Share that conceals if every open review ended in 0, and if every one ended in 1."""
    weight = 1.0 / drawn["inclusion"].to_numpy(dtype=np.float64)
    ends = []
    for guess in (0.0, 1.0):
        share = float(np.average(drawn["conceals"].fillna(guess).to_numpy(dtype=np.float64), weights=weight))
        ends.append((float(ruled["conceals"].fillna(guess).sum()) + rest * share) / (len(ruled) + rest))
    return Interval(*ends)


def _estimate_amounts(
    ruled: pd.DataFrame, drawn: pd.DataFrame, rest: int, level: float, notes: list[str]
) -> tuple[Estimate | None, Estimate | None, int]:
    """Amount recoverable in total and among the unlisted (分; None with too few recoveries), number of recoveries.

    Appends a 中文 note to `notes`.
    """
    weight, fen = _known_amounts(drawn)
    recoveries = int((fen > 0).sum())
    if recoveries < MIN_RECOVERIES:
        notes.append(f"随机层中有到位金额的只有 {recoveries} 件，少于 {MIN_RECOVERIES} 件，不推算可回收金额。")
        return None, None, recoveries
    ruled_weight, ruled_fen = _known_amounts(ruled)
    ruled_total = float(np.average(ruled_fen, weights=ruled_weight)) * len(ruled) if len(ruled_fen) else 0.0
    mean = mean_amount(weight, fen, ruled_fen[ruled_fen > 0], level)
    notes.append("金额分布高度偏斜，金额区间只反映量级；大额与大标的相伴时，其实际覆盖率略低于所称水平。")
    values = [rest * value for value in (mean.estimate, mean.low, mean.high)]
    below = [max(value - float(fen.sum()), 0.0) for value in values]
    return Estimate(*(ruled_total + value for value in values)), Estimate(*below), recoveries


def _known_amounts(rows: pd.DataFrame) -> tuple[Array, Array]:
    """Weights and amounts (分) of rows whose amount is known.

    Weights are scaled up so that they also stand for the rows with the same conclusion whose amount is unknown.
    """
    rows = rows[rows["conceals"].notna()]
    weight = 1.0 / rows["inclusion"]
    known = rows["recovered_fen"].notna()
    total = weight.groupby(rows["conceals"]).transform("sum")
    known_total = weight.where(known, 0.0).groupby(rows["conceals"]).transform("sum")
    scaled = (weight * total / known_total)[known]
    return scaled.to_numpy(dtype=np.float64), rows.loc[known, "recovered_fen"].to_numpy(dtype=np.float64)


def mean_amount(weight: Array, amount: Array, others: Array, level: float = 0.95, seed: int = 0) -> Estimate:
    """Weighted mean of amounts with many zeros and a long tail, with a fiducial interval.

    Share above zero and mean logarithm come from the weighted rows; the variance of logarithms is pooled with `others`
    (amounts above zero of the cases listed by rule), around each part's own mean.

    Args:
        weight, amount: shape (n,); at least two amounts above zero.
        others: shape (m,), above zero.
        level: level of the interval.
        seed: seed of the fiducial draws.
    """
    above = amount > 0
    above_weight, logs = weight[above], np.log(amount[above])
    share, effective = weighted_share(weight, above.astype(np.float64))
    size = min(float(above_weight.sum() ** 2 / np.sum(above_weight**2)), float(len(above_weight)))
    middle = float(np.average(logs, weights=above_weight))
    squares = float(np.average((logs - middle) ** 2, weights=above_weight)) * size
    degrees = size - 1
    if len(others) > 1:
        squares += float(np.sum((np.log(others) - np.log(others).mean()) ** 2))
        degrees += len(others) - 1
    random = np.random.default_rng(seed)
    hits = share * effective
    shares = random.beta(hits + 0.5, effective - hits + 0.5, FIDUCIAL_DRAWS)
    variance = squares / random.chisquare(degrees, FIDUCIAL_DRAWS)
    centre = middle + random.normal(size=FIDUCIAL_DRAWS) * np.sqrt(variance / size)
    low, high = np.quantile(np.log(shares) + centre + variance / 2, [(1 - level) / 2, (1 + level) / 2])
    mean = float(np.average(amount, weights=weight))
    return Estimate(mean, min(float(np.exp(low)), mean), max(float(np.exp(min(high, 700.0))), mean))
