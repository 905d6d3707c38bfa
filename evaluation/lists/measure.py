"""Metrics of a rolling backtest: lists at each office's capacity, against baselines, by stratum, with intervals.

The rows are episodes eligible at the end of a quarter, with the scores of that day and the outcome that became known
later (or the truth of a simulated world). Lists are drawn per office and quarter, then added up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.metrics.intervals import cluster_bootstrap
from evaluation.metrics.probability import brier, calibration_error, reliability, weighted_auc
from evaluation.metrics.top_k import gain_at
from features.errors import GoldenKeyError, NotEnoughDataError
from models.feedback.intervals import Interval, wilson

Array = npt.NDArray[np.float64]

COLUMNS = ("quarter", "office", "group", "probability", "outcome", "yuan", "weight")
"""Columns of a backtest's rows: day of the scores, office code, number of debtor and chain, probability of the model
measured, outcome (1, 0 or NaN = not known), money recovered (元; 0 where none is known), and how many eligible episodes
an episode with an outcome stands for (1 where every outcome is known)."""

STRATA: Mapping[str, tuple[str, Mapping[Any, str]]] = {
    "small": ("标的", {True: "小标的", False: "其他标的"}),
    "vulnerable": ("民生", {True: "涉民生", False: "非涉民生"}),
    "petitioned": ("信访", {True: "有信访", False: "无信访"}),
    "person": ("被执行人", {True: "自然人", False: "企业"}),
    "coverage": ("数据覆盖", {"A": "A 级", "B": "B 级", "C": "C 级", "D": "D 级"}),
}
"""Columns of the matrix's keys by which figures are reported: 中文 name, and the 中文 name of each value."""

ROUNDS = 300


def listing_probability(score: Array, cell: npt.NDArray[np.int64], capacity: int) -> Array:
    """Probability of every row to be on its cell's list when equal scores are ordered at random, shape (n,).

    Args:
        score: shape (n,), the highest first.
        cell: number of the office-quarter of every row.
        capacity: cases listed per cell; a smaller cell is listed completely.
    """
    frame = pd.DataFrame({"cell": cell, "score": score})
    first = frame.groupby("cell")["score"].rank(method="min", ascending=False)
    alike = frame.groupby(["cell", "score"])["score"].transform("size")
    left = np.asarray(capacity + 1 - first, dtype=np.float64)
    return np.clip(left / np.asarray(alike, dtype=np.float64), 0.0, 1.0)


def order_figures(
    rows: pd.DataFrame, score: Array, capacity: int, rounds: int = 0, exact: bool = False
) -> dict[str, Any]:
    """Figures of the lists of one order, added over the office-quarters of some rows.

    Args:
        rows: columns `COLUMNS`.
        score: shape (n,), the highest first.
        capacity: cases listed per office and quarter.
        rounds: bootstrap samples (clustered by debtor) for the intervals of precision, recovered and lift; with 0
            precision has Wilson's interval and the others have none.
        exact: Wilson's interval for precision in any case: the bootstrap of a quarter's few hits is too narrow.

    Returns:
        eligible, listed, labelled (share of the listed with an outcome), found (cases; expected over ties, with
        found_worst and found_best), precision over the listed with an outcome, recovered (元), base_rate over all
        eligible, lift (precision / that of a list drawn at random); None where a figure does not exist.
    """
    cell = _office_quarters(rows)
    listed = listing_probability(score, cell, capacity)
    size = np.bincount(cell)
    chance = np.minimum(capacity / size, 1.0)[cell]
    outcome = rows["outcome"].to_numpy(dtype=np.float64)
    known = ~np.isnan(outcome)
    hit = np.where(known, outcome, 0.0)
    yuan = rows["yuan"].to_numpy(dtype=np.float64)
    weight = rows["weight"].to_numpy(dtype=np.float64) * known
    parts = np.column_stack(
        [listed * hit, listed * known, listed * yuan, chance * weight * hit, chance * weight, weight * hit, weight]
    )
    total = parts.sum(axis=0)
    worst, best = _found_by_tie_order(score, hit, cell, capacity)
    result: dict[str, Any] = {
        "eligible": len(rows),
        "listed": float(listed.sum()),
        "labelled": _ratio(total[1], float(listed.sum())),
        "found": float(total[0]),
        "found_worst": worst,
        "found_best": best,
        "precision": _ratio(total[0], total[1]),
        "recovered": float(total[2]),
        "base_rate": _ratio(total[5], total[6]),
        "lift": _lift(total),
    }
    figures: dict[str, Callable[[Array], float | None]] = {"recovered": _recovered, "lift": _lift} if rounds else {}
    if exact or not rounds:
        labelled_count = round(total[1])
        range_ = wilson(min(round(total[0]), labelled_count), labelled_count)
        result |= {"precision_low": range_.low, "precision_high": range_.high}
    else:
        figures["precision"] = _precision
    group = rows["group"].to_numpy(dtype=np.int64)
    for name, figure in figures.items():
        spread = bootstrap_of_sums(parts, group, figure, rounds)
        result |= {f"{name}_low": spread and spread.low, f"{name}_high": spread and spread.high}
    return result


def bootstrap_of_sums(
    parts: Array, group: npt.NDArray[np.int64], figure: Callable[[Array], float | None], rounds: int
) -> Interval | None:
    """Clustered bootstrap interval of a figure computed from column sums; None if it exists on no sample.

    Args:
        parts: what each row adds to the sums, shape (n, m).
        group: group number of every row, shape (n,).
        figure: from the column sums, shape (m,), to the figure, None where it does not exist.
        rounds: number of bootstrap samples.
    """
    together = np.unique(group, return_inverse=True)[1]
    sums = np.zeros((int(together.max()) + 1, parts.shape[1]))
    np.add.at(sums, together, parts)

    def of_rows(rows: npt.NDArray[np.int64]) -> float:
        value = figure(sums[rows].sum(axis=0))
        if value is None:
            raise NotEnoughDataError("抽样中没有可计算的记录。")
        return value

    try:
        return cluster_bootstrap(of_rows, np.arange(len(sums), dtype=np.int64), rounds=rounds)
    except NotEnoughDataError:
        return None


def measure_orders(
    rows: pd.DataFrame, scores: pd.DataFrame, capacity: int, rounds: int = ROUNDS
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Figures of every order per quarter (Wilson for precision) and pooled (bootstrap clustered by debtor).

    Args:
        rows: columns `COLUMNS`. scores: one column per order, on the index of `rows`.
        capacity, rounds: see `order_figures`.

    Returns:
        Rows with order and quarter (ISO date) and the figures of `order_figures`; rows with order and those figures.
    """
    check_rows(rows)
    quarters: list[dict[str, Any]] = []
    for day, part in rows.groupby("quarter", sort=True):
        for name in scores.columns:
            score = scores.loc[part.index, name].to_numpy(dtype=np.float64)
            quarters.append(
                {"order": name, "quarter": str(day)} | order_figures(part, score, capacity, rounds, exact=True)
            )
    pooled = [
        {"order": name} | order_figures(rows, scores[name].to_numpy(dtype=np.float64), capacity, rounds)
        for name in scores.columns
    ]
    return quarters, pooled


def measure_calibration(rows: pd.DataFrame, rounds: int = ROUNDS) -> dict[str, Any]:
    """AUC with its interval, reliability curve, ECE and Brier score of `probability`, weighted by the rows' weight.

    Returns:
        auc, auc_low, auc_high, ece, brier, curve (list of mean, share, rows), rows, positives, effective (effective
        sample size (Σw)² / Σw² of the rows with an outcome), drawn (number of them with a weight above 1: they stand
        for cases without an outcome); figures that do not exist are None.
    """
    known = rows[rows["outcome"].notna() & (rows["weight"] > 0)]
    figures: dict[str, Any] = dict.fromkeys(("auc", "auc_low", "auc_high", "ece", "brier"))
    mass = known["weight"].to_numpy(dtype=np.float64)
    figures |= {"curve": [], "rows": len(known), "positives": int(known["outcome"].sum())}
    figures |= {"effective": _ratio(float(mass.sum() ** 2), float((mass**2).sum())), "drawn": int((mass > 1).sum())}
    if known.empty:
        return figures
    chance, outcome = (known[name].to_numpy(dtype=np.float64) for name in ("probability", "outcome"))
    curve = reliability(chance, outcome, weight=mass).rename(columns={"probability": "mean", "n": "rows"})
    figures |= {
        "curve": curve[["mean", "share", "rows"]].to_dict("records"),
        "ece": calibration_error(chance, outcome, weight=mass),
        "brier": brier(chance, outcome, mass),
    }
    try:
        figures["auc"] = weighted_auc(chance, outcome, mass)
        interval = cluster_bootstrap(
            lambda at: weighted_auc(chance[at], outcome[at], mass[at]),
            known["group"].to_numpy(dtype=np.int64),
            rounds=rounds,
        )
        figures |= {"auc_low": interval.low, "auc_high": interval.high}
    except NotEnoughDataError:
        pass
    return figures


def measure_strata(rows: pd.DataFrame, score: Array, capacity: int) -> list[dict[str, Any]]:
    """Figures of one order's lists, and AUC of the probability, in each stratum that occurs in the rows.

    Returns:
        Rows of stratum, value (中文), eligible, listed, labelled, found, precision (Wilson's interval), base_rate, auc.
    """
    listed = pd.Series(listing_probability(score, _office_quarters(rows), capacity), index=rows.index)
    figures = []
    for column, (label, names) in STRATA.items():
        for value, name in names.items() if column in rows.columns else ():
            part = rows[rows[column] == value]
            if len(part):
                figures.append(
                    {"stratum": label, "value": name} | _stratum_figures(part, listed[part.index].to_numpy())
                )
    return figures


def check_rows(rows: pd.DataFrame) -> None:
    """Refuse rows without the columns `COLUMNS`, or no rows at all."""
    missing = [name for name in COLUMNS if name not in rows.columns]
    if missing:
        raise GoldenKeyError(f"回测记录缺少列 {'、'.join(missing)}。")
    if rows.empty:
        raise NotEnoughDataError("回测期间没有任何待选案件。")


def _stratum_figures(part: pd.DataFrame, listed: Array) -> dict[str, Any]:
    outcome, weight = (part[name].to_numpy(dtype=np.float64) for name in ("outcome", "weight"))
    known = ~np.isnan(outcome)
    hit = np.where(known, outcome, 0.0)
    labelled, confirmed = float(listed[known].sum()), float((listed * hit).sum())
    range_ = wilson(min(round(confirmed), round(labelled)), round(labelled))
    try:
        chance = part["probability"].to_numpy(dtype=np.float64)[known]
        area: float | None = weighted_auc(chance, outcome[known], weight[known])
    except NotEnoughDataError:
        area = None
    return {
        "eligible": len(part),
        "listed": float(listed.sum()),
        "labelled": _ratio(labelled, float(listed.sum())),
        "found": confirmed,
        "precision": _ratio(confirmed, labelled),
        "precision_low": range_.low,
        "precision_high": range_.high,
        "base_rate": _ratio(float((weight * hit).sum()), float(weight[known].sum())),
        "auc": area,
    }


def _office_quarters(rows: pd.DataFrame) -> npt.NDArray[np.int64]:
    return np.asarray(rows.groupby(["quarter", "office"], sort=True, dropna=False).ngroup(), dtype=np.int64)


def _found_by_tie_order(score: Array, hit: Array, cell: npt.NDArray[np.int64], capacity: int) -> tuple[float, float]:
    """Cases found under the worst and the best order of equal scores, added over the office-quarters."""
    order = np.argsort(cell, kind="stable")
    cuts = np.flatnonzero(np.diff(cell[order])) + 1
    both = [gain_at(score[place], hit[place], capacity) for place in np.split(order, cuts)]
    return float(sum(each.worst for each in both)), float(sum(each.best for each in both))


def _precision(total: Array) -> float | None:
    return _ratio(total[0], total[1])


def _recovered(total: Array) -> float | None:
    return float(total[2])


def _lift(total: Array) -> float | None:
    own, even = _ratio(total[0], total[1]), _ratio(total[3], total[4])
    return _ratio(own, even) if own is not None and even is not None else None


def _ratio(above: float, below: float) -> float | None:
    return float(above / below) if below > 0 else None
