"""Off-policy evaluation: what another list would have found, from draws with logged inclusion probabilities.

On real records only reviewed cases have an outcome, and any order of the same forty reviewed cases finds the same
number. Another list (the target) can be judged only through cases that were drawn with a known probability, by inverse
propensity weighting (Horvitz-Thompson), its self-normalised form, and the doubly robust form of Dudík, Langford and Li
(2011). If too much of the target had no chance of being drawn, there is no estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import GoldenKeyError
from models.intervals.bootstrap import Estimate, cluster_bootstrap
from models.intervals.shares import effective_size

Array = npt.NDArray[np.float64]

COLUMNS = ("inclusion", "listed", "y", "wanted")

MIN_OVERLAP = 0.95
"""Least share of the target list that must have had a chance of being drawn."""

MIN_EFFECTIVE = 20.0
"""Least effective number of observed cases of the target list; below it no estimate is given."""

ENOUGH, NOT_ENOUGH = "可估计", "证据不足"

ESTIMATORS: Mapping[str, str] = {"ips": "逆概率加权", "snips": "自归一化", "dr": "双重稳健"}
"""Estimators by name, with their 中文 names."""


@dataclass(frozen=True, slots=True)
class OffPolicyEstimate:
    """Estimated sum of outcomes over a target list, or why there is none.

    Attributes:
        wanted: size of the target list (sum of its probabilities).
        labelled: share of it whose outcome was observed.
        overlap: share of it with an inclusion probability above 0.
        effective: effective number of observed cases, (Σw)² / Σw².
        answered: share of the drawn cases whose outcome is known.
        values: estimator -> sum of `y` over the target list; empty where the evidence is not enough.
        note: 中文 sentence why there is no estimate, or "".
    """

    wanted: float
    labelled: float
    overlap: float
    effective: float
    answered: float
    values: Mapping[str, Estimate]
    note: str

    @property
    def verdict(self) -> str:
        """可估计 or 证据不足."""
        return ENOUGH if self.values else NOT_ENOUGH

    def as_payload(self) -> dict[str, Any]:
        """As JSON values: each estimate as NAME, NAME_low and NAME_high; without an estimate they are left out."""
        figures: dict[str, float] = {}
        for name, value in self.values.items():
            figures |= {name: value.estimate, f"{name}_low": value.low, f"{name}_high": value.high}
        return {
            "wanted": self.wanted,
            "labelled": self.labelled,
            "overlap": self.overlap,
            "effective": self.effective,
            "answered": self.answered,
            "verdict": self.verdict,
            "note": self.note,
            **figures,
        }


def estimate_off_policy(
    logged: pd.DataFrame,
    group: npt.NDArray[np.int64] | None = None,
    *,
    least_overlap: float = MIN_OVERLAP,
    least_effective: float = MIN_EFFECTIVE,
    rounds: int = 500,
) -> OffPolicyEstimate:
    """Estimate the sum of outcomes over a target list from logged draws, or report that the evidence is not enough.

    Args:
        logged: one row per eligible episode (of one draw or of many): `inclusion`, its probability of being drawn, 0 to
            1; `listed`, whether it was drawn; `y`, its outcome (any unit), NaN where not known; `wanted`, its
            probability of standing on the target list, 0 to 1; and, for the doubly robust estimate, `guess`, a
            prediction of y made without that outcome (0 where missing).
        group: cluster (debtor or case chain) of every row, for the interval; every row its own by default.
        least_overlap, least_effective: see the module's constants.
        rounds: number of bootstrap samples.

    Drawn cases without an outcome are treated as missing at random: inclusion is multiplied by the share answered.

    Raises:
        GoldenKeyError: a column is missing, or a chance lies outside 0..1.
    """
    table = _validated(logged)
    inclusion, wanted = (table[name].to_numpy(dtype=np.float64) for name in ("inclusion", "wanted"))
    y = table["y"].to_numpy(dtype=np.float64)
    guess = table["guess"].fillna(0.0).to_numpy(dtype=np.float64) if "guess" in table.columns else np.zeros(len(y))
    drawn = table["listed"].to_numpy(dtype=bool)
    observed = drawn & ~np.isnan(y) & (inclusion > 0)
    answered = float(observed[drawn].mean()) if drawn.any() else 0.0
    size = float(wanted.sum())
    weight = np.where(observed, wanted / np.where(observed, inclusion * max(answered, 1e-12), 1.0), 0.0)
    parts = np.column_stack([weight * np.where(observed, y, 0.0), weight, wanted, wanted * guess, weight * guess])
    labelled = float(wanted[observed].sum() / size) if size else 0.0
    overlap = float(wanted[inclusion > 0].sum() / size) if size else 0.0
    effective = effective_size(weight)
    note = _refusal_note(size, overlap, effective, least_overlap, least_effective)
    values = {} if note else _values(parts, group, rounds)
    return OffPolicyEstimate(size, labelled, overlap, effective, answered, values, note)


def _refusal_note(size: float, overlap: float, effective: float, least_overlap: float, least_effective: float) -> str:
    if not size:
        return f"{NOT_ENOUGH}：名单为空。"
    if overlap < least_overlap:
        return (
            f"{NOT_ENOUGH}：名单中只有 {overlap:.0%} 的案件在当时有机会被抽到（应不低于 {least_overlap:.0%}），"
            "其余案件任何加权都无法补救。"
        )
    if effective < least_effective:
        return f"{NOT_ENOUGH}：有效样本量 {effective:.1f}，应不低于 {least_effective:.0f}。"
    return ""


def _values(parts: Array, group: npt.NDArray[np.int64] | None, rounds: int) -> dict[str, Estimate]:
    together = np.arange(len(parts)) if group is None else np.unique(group, return_inverse=True)[1]
    sums = np.zeros((int(together.max()) + 1, parts.shape[1]))
    np.add.at(sums, together, parts)
    each = np.arange(len(sums), dtype=np.int64)
    values = {}
    for name in ESTIMATORS:

        def of_rows(rows: npt.NDArray[np.int64], name: str = name) -> float:
            return _estimate(name, sums[rows].sum(axis=0))

        interval = cluster_bootstrap(of_rows, each, rounds=rounds)
        values[name] = Estimate(of_rows(each), interval.low, interval.high)
    return values


def _estimate(name: str, total: Array) -> float:
    """One estimator from the sums of (w y, w, wanted, wanted m, w m)."""
    weighted, weight, wanted, direct, guessed = total
    if name == "ips":
        return float(weighted)
    if name == "snips":
        return float(wanted * weighted / weight) if weight > 0 else 0.0
    return float(direct + weighted - guessed)


def _validated(logged: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in COLUMNS if name not in logged.columns]
    if missing:
        raise GoldenKeyError(f"离策略估计缺少列 {'、'.join(missing)}；应有 {'、'.join(COLUMNS)}。")
    table = logged.reset_index(drop=True)
    for name in ("inclusion", "wanted"):
        if not table[name].astype(float).between(0, 1).all():
            raise GoldenKeyError(f"离策略估计的列 {name} 应在 0 至 1 之间，实有超出者或空值。")
    return table
