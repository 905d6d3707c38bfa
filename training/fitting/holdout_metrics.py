"""Metrics on rows a model never saw, and their 中文 names and formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.metrics import probability as probability_metrics
from evaluation.metrics import top_k
from features.errors import NotEnoughDataError
from models.intervals.bootstrap import cluster_bootstrap
from models.scoring.calibration import Calibration, probability

Array = npt.NDArray[np.float64]

SHARES = (0.05, 0.1, 0.2)
"""Top shares of the rows whose lift is measured."""

LABELS: Mapping[str, str] = {
    "rows": "测试记录数",
    "positives": "其中正例",
    "base_rate": "正例占比",
    "auc": "AUC",
    "auc_low": "AUC 区间下限（95%，整组重抽样）",
    "auc_high": "AUC 区间上限（95%，整组重抽样）",
    "average_precision": "平均精度 AP",
    "brier_before": "Brier（校准前）",
    "brier_after": "Brier（校准后）",
    "ece_before": "校准误差 ECE（校准前）",
    "ece_after": "校准误差 ECE（校准后）",
    "amount_rows": "金额测试记录数",
    "amount_ratio": "预测金额合计 / 实际到位合计",
    "amount_rank": "金额秩相关（Spearman）",
}


def measure(margin: Array, calibration: Calibration, outcome: Array, group: npt.NDArray[np.int64]) -> dict[str, float]:
    """Figures of the concealment head on rows it never saw.

    Args:
        margin: uncalibrated log-odds, shape (n,).
        calibration: the calibration.
        outcome: 0 or 1, shape (n,).
        group: group number of every row, for the interval.

    Returns:
        Figures by the names of `LABELS` and lift_NN for the top NN percent; ranking figures are left out where a
        class is missing.
    """
    if not len(outcome):
        return {}
    before, after = probability(margin), probability(calibration.apply(margin))
    figures = {"rows": float(len(outcome)), "positives": float(outcome.sum()), "base_rate": float(outcome.mean())}
    try:
        figures["auc"] = probability_metrics.auc(margin, outcome)
        figures["average_precision"] = probability_metrics.average_precision(margin, outcome)
        figures |= {
            f"lift_{round(100 * share):02d}": top_k.lift_at(
                margin, outcome, max(1, round(share * len(outcome)))
            ).expected
            for share in SHARES
        }
        interval = cluster_bootstrap(
            lambda rows: probability_metrics.auc(margin[rows], outcome[rows]), group, rounds=200
        )
        figures |= {"auc_low": interval.low, "auc_high": interval.high}
    except NotEnoughDataError:
        figures.pop("auc", None)
    figures["brier_before"] = probability_metrics.brier(before, outcome)
    figures["brier_after"] = probability_metrics.brier(after, outcome)
    figures["ece_before"] = probability_metrics.calibration_error(before, outcome)
    figures["ece_after"] = probability_metrics.calibration_error(after, outcome)
    return figures


def measure_amount(log_fen: Array, fen: Array) -> dict[str, float]:
    """Figures of the amount head on recoveries it never saw.

    Args:
        log_fen: its margin, log of 分, shape (n,). fen: amounts recovered, 分, shape (n,).

    Returns:
        amount_rows, amount_ratio (sum predicted over sum recovered) and amount_rank (Spearman); those without a
        meaning are left out.
    """
    if not len(fen):
        return {}
    figures = {"amount_rows": float(len(fen))}
    if fen.sum() > 0:
        figures["amount_ratio"] = float(np.exp(log_fen).sum() / fen.sum())
    ranks = pd.DataFrame({"predicted": log_fen, "recovered": fen}).rank()
    if len(fen) > 2 and (ranks.nunique() > 1).all():
        figures["amount_rank"] = float(np.corrcoef(ranks["predicted"], ranks["recovered"])[0, 1])
    return figures


def formatted_figures(figures: Mapping[str, float]) -> list[tuple[str, str]]:
    """Figures as (中文 name, printed value), in the order of `LABELS`, lifts after the precision."""
    lifts = [name for name in sorted(figures) if name.startswith("lift_")]
    order: Sequence[str] = [*LABELS, *lifts]
    whole = {"rows", "positives", "amount_rows"}
    return [
        (
            LABELS.get(name, f"提升度（前 {name[-2:]}%）"),
            f"{figures[name]:.0f}" if name in whole else f"{figures[name]:.4f}",
        )
        for name in order
        if name in figures
    ]
