"""Compare orders of cases with the simulated world's truth, over all eligible episodes and not only those reviewed.

On real records the truth of a case that was never reviewed is unknown; `evaluation.lists.measure` and
`evaluation.metrics.off_policy` measure there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.lists.measure import listing_probability
from evaluation.metrics.probability import auc, brier, calibration_error, reliability
from features.errors import GoldenKeyError

EPISODES = "episodes.parquet"
"""File of a world's truth with a row per terminated case."""

ORDERS: Mapping[str, tuple[str, ...]] = {
    "model": ("expected_fen",),
    "probability": ("probability",),
    "findings": ("findings",),
    "amount": ("debt_fen",),
    "petition": ("petitioned", "filing_date"),
    "random": (),
}
"""Orders by name, with the columns they sort by: the largest first, except filing dates."""


@dataclass(frozen=True, slots=True)
class TruthReport:
    """How each order of cases performed.

    Attributes:
        by_order: one row per order of `ORDERS`: cases listed, found (number that conceal assets), recovered (元),
            precision (found / listed), lift_found and lift_recovered over random; sums over all office-quarters.
        by_office_quarter: the same, one row per order, office and day.
        auc: AUC of the probability over all eligible episodes, with concealment as the positive class.
        brier, ece: calibration of the probability over all eligible episodes.
        curve: reliability table, see `metrics.probability.reliability`.
        eligible: episodes counted; base_rate: share of them concealed.
    """

    by_order: pd.DataFrame
    by_office_quarter: pd.DataFrame
    auc: float
    brier: float
    ece: float
    curve: pd.DataFrame
    eligible: int
    base_rate: float


def check_truth(folder: Path) -> None:
    """Refuse a folder that is not the truth of a simulated world, before hours are spent on what is held against it."""
    if not (folder / EPISODES).exists():
        raise GoldenKeyError(f"“{folder}”中没有 {EPISODES}：应为模拟世界的 truth/ 目录。")


def load_truth(folder: Path) -> pd.DataFrame:
    """`truth/episodes.parquet` with case_no (text) and zb_date (date), the keys that join to a matrix.

    Raises:
        GoldenKeyError: the folder holds none.
    """
    check_truth(folder)
    truth = pd.read_parquet(folder / EPISODES)
    return truth.assign(zb_date=pd.to_datetime(truth["zb_date"]).dt.date)


def join_truth(frame: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Scored episodes joined to their truth: `concealed` (bool) and `recoverable` (元 recovered if reviewed now)."""
    known = truth[["case_no", "zb_date", "kind", "recovered_if_reviewed_fen"]].drop_duplicates(["case_no", "zb_date"])
    joined = frame.merge(known, on=["case_no", "zb_date"], how="left", validate="one_to_one")
    return joined.assign(
        concealed=joined["kind"].eq("concealed"),
        recoverable=joined["recovered_if_reviewed_fen"].fillna(0).to_numpy(dtype=np.float64) / 100,
    )


def against_truth(scored: dict[date, pd.DataFrame], truth: pd.DataFrame, capacity: int) -> TruthReport:
    """Measure orders of the eligible episodes of several days.

    Args:
        scored: per day, the eligible episodes: keys of the matrix and the columns probability, expected_fen and, for
            the order `findings`, findings (`evaluation.lists.baselines.count_findings`). Orders whose columns are
            missing are left out.
        truth: from `load_truth`.
        capacity: cases an office can look into per quarter.
    """
    frames = [join_truth(frame, truth).assign(as_of=day) for day, frame in sorted(scored.items())]
    pooled = pd.concat(frames, ignore_index=True)
    names = [name for name, columns in ORDERS.items() if set(columns) <= set(pooled.columns)]
    rows = [
        _measure(name, group, key, capacity)
        for key, group in pooled.groupby(["as_of", "office"], sort=True)
        for name in names
    ]
    detail = pd.DataFrame(rows)
    total = detail.groupby("order", sort=False)[["listed", "found", "recovered"]].sum()
    total["precision"] = total["found"].div(total["listed"])
    total["lift_found"] = total["found"].div(float(total["found"]["random"]))
    total["lift_recovered"] = total["recovered"].div(float(total["recovered"]["random"]))
    labels = pooled["concealed"].to_numpy(dtype=np.float64)
    probability = pooled["probability"].to_numpy(dtype=np.float64)
    return TruthReport(
        by_order=total.reset_index(),
        by_office_quarter=detail,
        auc=auc(probability, labels),
        brier=brier(probability, labels),
        ece=calibration_error(probability, labels),
        curve=reliability(probability, labels),
        eligible=len(pooled),
        base_rate=float(labels.mean()),
    )


def _measure(name: str, group: pd.DataFrame, key: object, capacity: int) -> dict[str, object]:
    day, office = key if isinstance(key, tuple) else (key, "")
    listed = min(capacity, len(group))
    confirmed: float
    if name == "findings":
        # Few distinct counts: the expectation over all orders of equal ones.
        chance = listing_probability(group[name].to_numpy(dtype=np.float64), np.zeros(len(group), np.int64), capacity)
        confirmed, recovered = float(chance @ group["concealed"]), float(chance @ group["recoverable"])
    elif name == "random":
        share = listed / len(group)
        confirmed, recovered = group["concealed"].sum() * share, group["recoverable"].sum() * share
    else:
        top = _ordered(name, group).head(listed)
        confirmed, recovered = float(top["concealed"].sum()), float(top["recoverable"].sum())
    return {
        "order": name,
        "as_of": day,
        "office": office,
        "eligible": len(group),
        "listed": listed,
        "found": float(confirmed),
        "recovered": float(recovered),
        "precision": float(confirmed) / listed,
        "base_rate": float(group["concealed"].mean()),
    }


def _ordered(name: str, group: pd.DataFrame) -> pd.DataFrame:
    columns = ORDERS[name]
    ascending = [column == "filing_date" for column in columns]
    return group.sort_values([*columns, "episode"], ascending=[*ascending, True], kind="stable")
