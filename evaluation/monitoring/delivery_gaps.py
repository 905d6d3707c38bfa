"""Delivery gaps of a pool: sources that are late or have stopped, deliveries with far fewer rows than usual.

A source (or one of its tables) is compared with its own past: the usual interval is the median of its recent intervals,
the next delivery is due one such interval after the last. Only manifests are read, so no query runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.monitoring.bounds import Bound
from features.pool.manifests import Manifest
from features.schema import TABLES

MIN_DELIVERIES = 3
"""Fewest deliveries for which a usual interval is computed (two intervals)."""

DELIVERIES_CONSIDERED = 13
"""Number of most recent deliveries from which the usual interval is computed."""

ROBUST_DEVIATIONS = 3.0
"""Robust standard deviations below the median at which a row count is unusually low."""

State = Literal["正常", "迟延", "疑似中断", "次数不足"]


def received_deliveries(manifests: Iterable[Manifest], day: date) -> pd.DataFrame:
    """Deliveries received by a day, without withdrawn ones and back-files.

    Returns:
        One row per (table, day of delivery): table, source, received_on, rows, bad (rows set aside).
    """
    known = tuple(manifests)
    withdrawn = {seq for m in known if m.withdrawn_on is not None and m.withdrawn_on <= day for seq in m.withdraws}
    rows: list[tuple[str, date, int, int]] = []
    for manifest in known:
        received = manifest.delivery.received_on
        if received is None or received > day or manifest.delivery.backfile or manifest.seq in withdrawn:
            continue
        rows += [(part.table, received, part.rows, 0) for part in manifest.parts]
        rows += [(file.table, received, 0, file.bad) for file in manifest.files if file.table in TABLES]
    frame = pd.DataFrame(rows, columns=["table", "received_on", "rows", "bad"])
    summed = frame.groupby(["table", "received_on"], as_index=False)[["rows", "bad"]].sum()
    return summed.assign(source=[TABLES[name].source for name in summed["table"]])


def delivery_gaps(
    deliveries: pd.DataFrame, day: date, by: Literal["source", "table"], bounds: Mapping[str, Bound]
) -> pd.DataFrame:
    """Status of each source or table on a day compared with its own past.

    Args:
        deliveries: from `received_deliveries`.
        day: the day.
        by: compare sources or single tables.
        bounds: late_ratio, late_days, stopped_ratio, rows_ratio, bad_rise.

    Returns:
        One row per source or table: name, deliveries, last, usual_days (NaN with too few deliveries), due, late_days
        (days past due, from 0), ratio (days since the last over usual), state, rows_last, rows_usual (median of the
        earlier ones, NaN where fewer than two), rows_fell, bad_last, bad_usual (shares of rows set aside), bad_rose.
    """
    rows = [_gap_row(str(name), part, day, bounds) for name, part in deliveries.groupby(by, sort=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


COLUMNS = (
    "name",
    "deliveries",
    "last",
    "usual_days",
    "due",
    "late_days",
    "ratio",
    "state",
    "rows_last",
    "rows_usual",
    "rows_fell",
    "bad_last",
    "bad_usual",
    "bad_rose",
)
"""Columns of `delivery_gaps`."""


def _gap_row(name: str, part: pd.DataFrame, day: date, bounds: Mapping[str, Bound]) -> dict[str, object]:
    whole = (
        part.groupby("received_on", as_index=False)[["rows", "bad"]]
        .sum()
        .sort_values("received_on")
        .tail(DELIVERIES_CONSIDERED)
    )
    came = pd.to_datetime(whole["received_on"])
    last: date = whole["received_on"].iloc[-1]
    row: dict[str, object] = {"name": name, "deliveries": len(whole), "last": last, "state": "次数不足", "due": None}
    if len(whole) >= MIN_DELIVERIES:
        usual = float(came.diff().dt.days.dropna().median())
        since = (day - last).days
        late = max(since - usual, 0.0)
        row |= {
            "usual_days": usual,
            "due": last + timedelta(days=round(usual)),
            "late_days": late,
            "ratio": since / usual,
            "state": _state(since / usual, late, bounds),
        }
    return row | _row_counts(whole, bounds)


def _state(ratio: float, late: float, bounds: Mapping[str, Bound]) -> State:
    if late < bounds["late_days"].value or ratio <= bounds["late_ratio"].value:
        return "正常"
    return "疑似中断" if ratio > bounds["stopped_ratio"].value else "迟延"


def _row_counts(whole: pd.DataFrame, bounds: Mapping[str, Bound]) -> dict[str, object]:
    """Rows of the last delivery against the earlier ones, and the share set aside."""
    rows, bad = whole["rows"].to_numpy(dtype=np.float64), whole["bad"].to_numpy(dtype=np.float64)
    share = bad / np.maximum(rows + bad, 1.0)
    counts: dict[str, object] = {"rows_last": int(rows[-1]), "bad_last": float(share[-1])}
    if len(rows) < MIN_DELIVERIES:
        return counts | {"rows_fell": False, "bad_rose": False}
    usual, usual_bad = float(np.median(rows[:-1])), float(np.median(share[:-1]))
    fell = bool(rows[-1] < bounds["rows_ratio"].value * usual and rows[-1] < rows[:-1].min() and _unusually_few(rows))
    rose = bool(share[-1] - usual_bad > bounds["bad_rise"].value and share[-1] > share[:-1].max())
    return counts | {"rows_usual": usual, "rows_fell": fell, "bad_usual": usual_bad, "bad_rose": rose}


def _unusually_few(rows: npt.NDArray[np.float64]) -> bool:
    """Whether the last count lies `ROBUST_DEVIATIONS` standard deviations below the earlier ones on a log scale.

    The standard deviation is estimated from the median absolute deviation of the earlier counts, and is at least that
    of Poisson counts of their size: a table of four rows may well have three in some month.
    """
    logs = np.log1p(rows)
    middle = float(np.median(logs[:-1]))
    usual = 1.4826 * float(np.median(np.abs(logs[:-1] - middle)))
    return bool(logs[-1] - middle < -ROBUST_DEVIATIONS * max(usual, 1.0 / np.sqrt(np.median(rows[:-1]) + 1.0)))
