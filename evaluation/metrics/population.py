"""What hides in all terminated cases, the unlisted too, told from the cases that chance put on the lists.

The part listed by rule counts itself. The rest is estimated from the cases drawn at random among it, each standing for
1/π eligible ones (Hansen & Hurwitz 1943; shares by Hájek's ratio), pooled over offices and quarters: an episode that
was eligible in two quarters counts in each. The interval of a share is the mid-p one at the effective sample size
p (1 - p) / variance, at most the number of cases (Korn & Graubard 1998; `evaluation.metrics.mid_p`).

Chosen by simulation (three offices, four quarters, 8 % concealing, 500 populations each): at a level of 95 % it covers
95.0 % (uniform) and 96.2 % (stratified) with 6 seats of each list left to chance, at a half-width of 5.4 points, and
95.4 % and 97.2 % with 18 seats, at 3.1 points; Clopper-Pearson covers 96-99 %. Kish's effective size would make the
intervals of the stratified draw a fifth to a quarter wider.

Recovered amounts are heavy-tailed: a bootstrap of the drawn recoveries covers 50-70 %. Their interval takes zeros and
log-normal amounts apart (fiducial, after Tian 2005 and Krishnamoorthy & Mathew 2003), with the spread of logarithms
shared with the part listed by rule. With 18 seats it covers 95-97 %, or 92 % where large amounts sit with large debts,
and reaches from half the truth to three or four times it; under `MIN_RECOVERIES` it is not told, which is the usual
case with 6 seats, and where it is told then it covers 87-91 %: enough recoveries came by luck.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.metrics.mid_p import mid_p
from features.errors import GoldenKeyError, NotEnoughDataError
from models.feedback.intervals import Interval

Array = npt.NDArray[np.float64]

COLUMNS = ("office", "selected_on", "listed", "inclusion", "conceals", "recovered_fen")
"""Columns `estimate` reads."""

MIN_SAMPLED = 30
"""Concluded reviews of randomly drawn cases below which nothing is told: never a handful of one office."""

MIN_RECOVERIES = 5
"""Randomly drawn cases with money recovered, below which no amount is told."""

ROUNDS = 4000


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate and its interval."""

    estimate: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class PopulationEstimate:
    """What the eligible episodes hold; amounts in 分.

    Attributes:
        share: of the eligible episodes that conceal, under an honest review.
        number: of them. below: number among the unlisted.
        amount: recoverable in all. amount_below: among the unlisted; both None under too few recoveries.
        bounds: the share if every open review found nothing, and if every one found concealment.
        eligible: episodes eligible, summed over the draws. ruled: listed by rule. seats: drawn at random.
        concluded: drawn at random and concluded. open_ruled, open_drawn: reviews not concluded.
        effective: effective number of the concluded drawn. recoveries: of them, those with money recovered.
        offices, draws: pooled.
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
        """All of it as JSON values, half-width of the share beside."""
        return asdict(self) | {"half_width": self.share.half_width, "notes": list(self.notes)}


def estimate_population(draws: pd.DataFrame, level: float = 0.95) -> PopulationEstimate:
    """Estimate the population of some draws.

    Args:
        draws: one row per eligible episode and draw with the columns `COLUMNS`: selected_on tells the draws of an office
            apart; inclusion is the joint probability of being listed (1 where listed by rule); conceals is 1, 0 or NaN
            (not concluded, or not reviewed); recovered_fen is 分, or NaN where it is not known (yet).
        level: of the intervals.

    Raises:
        NotEnoughDataError: fewer than `MIN_SAMPLED` concluded reviews of drawn cases.
        GoldenKeyError: a column is missing, or an inclusion lies outside 0..1.
    """
    frame, notes = _with_known_chance(draws)
    sure = (frame["inclusion"] >= 1).to_numpy()
    chosen = ~sure & frame["listed"].to_numpy(dtype=bool)
    ruled, drawn = frame[sure], frame[chosen]
    seen = drawn[drawn["conceals"].notna()]
    if len(seen) < MIN_SAMPLED:
        raise NotEnoughDataError(
            f"随机层已审结的案件只有 {len(seen)} 件，少于 {MIN_SAMPLED} 件，不足以推算总体；请汇总更多院、更多季度。"
        )
    rest = int((~sure).sum())
    weight, found = 1.0 / seen["inclusion"].to_numpy(dtype=np.float64), seen["conceals"].to_numpy(dtype=np.float64)
    share, effective = weighted_share(weight, found)
    number = _estimate_number(ruled["conceals"], rest, share, effective, level)
    hits = float(found.sum())
    theirs = len(ruled) * _confirmed_share(ruled["conceals"], share)
    below = Estimate(*(max(value - theirs - hits, 0.0) for value in (number.estimate, number.low, number.high)))
    amount, amount_below, recoveries = _estimate_amounts(ruled, drawn, rest, level, notes)
    open_ruled, open_drawn = int(ruled["conceals"].isna().sum()), len(drawn) - len(seen)
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
        concluded=len(seen),
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
    """Weighted share of an outcome, and the number of equally weighted rows that would tell it as well (at most n)."""
    share, most = float(np.average(outcome, weights=weight)), float(len(weight))
    if np.ptp(outcome) == 0:
        return share, min(float(weight.sum() ** 2 / np.sum(weight**2)), most)
    variance = float(np.sum((weight * (outcome - share)) ** 2)) / float(weight.sum()) ** 2
    return share, min(share * (1 - share) / variance, most)


def _with_known_chance(draws: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The rows that chance or rule could list, with a sentence on those it could not."""
    missing = [name for name in COLUMNS if name not in draws.columns]
    if missing:
        raise GoldenKeyError(f"选案记录缺少列 {'、'.join(missing)}，无法推算总体。")
    if not draws["inclusion"].between(0, 1).all():
        raise GoldenKeyError("选案记录中有缺失或不在 0 至 1 之间的入选概率，无法推算总体。")
    chance = draws["inclusion"]
    by_draw = [draws["office"], draws["selected_on"]]
    reached = ((chance > 0) & (chance < 1)).groupby(by_draw).transform("any")
    lost = (chance <= 0).groupby(by_draw).transform("any")
    kept = (chance > 0) & (reached | ~lost)
    gone = int((~kept).sum())
    told = [f"{gone} 件次所在的清单未给它们任何入选机会，不在推算范围内。"] if gone else []
    return draws[kept].reset_index(drop=True), told


def _estimate_number(ruled: pd.Series[Any], rest: int, share: float, effective: float, level: float) -> Estimate:
    """Number that conceal: those seen in the part listed by rule, its open ones, the rest (Zou & Donner 2008)."""
    known = ruled.dropna()
    waiting = len(ruled) - len(known)
    theirs = _confirmed_share(ruled, share)
    parts = [(rest, share, mid_p(share * effective, effective, level))]
    if waiting:
        parts.append((waiting, theirs, mid_p(float(known.sum()), len(known), level)))
    middle = float(known.sum()) + sum(size * rate_ for size, rate_, _ in parts)
    down = float(np.sqrt(sum((size * (rate_ - range_.low)) ** 2 for size, rate_, range_ in parts)))
    up = float(np.sqrt(sum((size * (range_.high - rate_)) ** 2 for size, rate_, range_ in parts)))
    return Estimate(
        middle, max(middle - down, float(known.sum())), min(middle + up, float(known.sum()) + rest + waiting)
    )


def _confirmed_share(conceals: pd.Series[Any], otherwise: float) -> float:
    """Share among the concluded; `otherwise` where none is."""
    return float(conceals.mean()) if conceals.notna().any() else otherwise


def _open_review_bounds(ruled: pd.DataFrame, drawn: pd.DataFrame, rest: int) -> Interval:
    weight = 1.0 / drawn["inclusion"].to_numpy(dtype=np.float64)
    ends = []
    for guess in (0.0, 1.0):
        share = float(np.average(drawn["conceals"].fillna(guess).to_numpy(dtype=np.float64), weights=weight))
        ends.append((float(ruled["conceals"].fillna(guess).sum()) + rest * share) / (len(ruled) + rest))
    return Interval(*ends)


def _estimate_amounts(
    ruled: pd.DataFrame, drawn: pd.DataFrame, rest: int, level: float, notes: list[str]
) -> tuple[Estimate | None, Estimate | None, int]:
    """Recoverable in all, and among the unlisted; None under too few recoveries, and a note either way."""
    weight, fen = _known_amounts(drawn)
    recoveries = int((fen > 0).sum())
    if recoveries < MIN_RECOVERIES:
        notes.append(f"随机层中有到位金额的只有 {recoveries} 件，少于 {MIN_RECOVERIES} 件，不推算可回收金额。")
        return None, None, recoveries
    heavy, known = _known_amounts(ruled)
    mine = float(np.average(known, weights=heavy)) * len(ruled) if len(known) else 0.0
    mean = mean_amount(weight, fen, known[known > 0], level)
    notes.append("金额分布高度偏斜，金额区间只反映量级；大额与大标的相伴时，其实际覆盖率略低于所称水平。")
    values = [rest * value for value in (mean.estimate, mean.low, mean.high)]
    below = [max(value - float(fen.sum()), 0.0) for value in values]
    return Estimate(*(mine + value for value in values)), Estimate(*below), recoveries


def _known_amounts(rows: pd.DataFrame) -> tuple[Array, Array]:
    """Weights and amounts of the rows whose amount is known, standing also for those of the same conclusion."""
    rows = rows[rows["conceals"].notna()]
    weight = 1.0 / rows["inclusion"]
    known = rows["recovered_fen"].notna()
    whole = weight.groupby(rows["conceals"]).transform("sum")
    part = weight.where(known, 0.0).groupby(rows["conceals"]).transform("sum")
    grown = (weight * whole / part)[known]
    return grown.to_numpy(dtype=np.float64), rows.loc[known, "recovered_fen"].to_numpy(dtype=np.float64)


def mean_amount(weight: Array, amount: Array, others: Array, level: float = 0.95, seed: int = 0) -> Estimate:
    """Mean of amounts with many zeros and a long tail: the weighted mean, and a fiducial interval.

    Share above zero and mean logarithm come from the weighted rows; the variance of logarithms is pooled with `others`
    (amounts above zero of the part listed by rule), around each part's own mean.

    Args:
        weight, amount: shape (n,); at least two amounts above zero.
        others: shape (m,), above zero.
        level: of the interval.
        seed: of the fiducial draws.
    """
    above = amount > 0
    heavy, logs = weight[above], np.log(amount[above])
    share, effective = weighted_share(weight, above.astype(np.float64))
    size = min(float(heavy.sum() ** 2 / np.sum(heavy**2)), float(len(heavy)))
    middle = float(np.average(logs, weights=heavy))
    spread = float(np.average((logs - middle) ** 2, weights=heavy)) * size
    free = size - 1
    if len(others) > 1:
        spread += float(np.sum((np.log(others) - np.log(others).mean()) ** 2))
        free += len(others) - 1
    random = np.random.default_rng(seed)
    hits = share * effective
    part = random.beta(hits + 0.5, effective - hits + 0.5, ROUNDS)
    variance = spread / random.chisquare(free, ROUNDS)
    centre = middle + random.normal(size=ROUNDS) * np.sqrt(variance / size)
    low, high = np.quantile(np.log(part) + centre + variance / 2, [(1 - level) / 2, (1 + level) / 2])
    mean = float(np.average(amount, weights=weight))
    return Estimate(mean, min(float(np.exp(low)), mean), max(float(np.exp(min(high, 700.0))), mean))
