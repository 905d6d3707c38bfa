"""Monitoring between quarters: drift, late deliveries, expected precision of the lists, and how they are used.

Nothing here changes a score or a model; an alert is something to look into. All figures are pooled over offices, and
none identifies a case, a person or an office.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.monitoring.alert import Alert, ReportSection
from evaluation.monitoring.bounds import Bound, read_bounds
from evaluation.monitoring.delivery_part import watch_deliveries
from evaluation.monitoring.drift_part import watch_drift
from evaluation.monitoring.list_part import ListRecords, watch_precision, watch_use
from evaluation.monitoring.list_use import (
    cases_taken_up,
    count_overturned,
    latest_lists,
    listed_episodes,
    open_issues_by_clue,
    reviews_with_labels,
)
from features.command import ATTENTION
from features.cuts.matrices import build_matrix
from features.errors import GoldenKeyError, NotFoundError
from features.facts.lookup import check_not_empty
from features.pool.pool import Cut, Pool
from models.ledger.ledger import Ledger
from models.registry import registry
from models.registry.promotion import ModelInUse, reconcile
from models.scoring.model import Model

SECTIONS: Mapping[str, str] = {
    "model": "在用模型",
    "deliveries": "数据移交",
    "drift": "分布与覆盖",
    "precision": "预期准确率",
    "use": "清单的使用",
}
"""Sections of the report by name, with their 中文 headings."""

ALERT_EXIT_STATUS = ATTENTION
"""Exit status when there are alerts, so that a scheduler can distinguish them from errors (1, 2) and from none (0)."""


@dataclass(frozen=True, slots=True)
class MonitoringReport:
    """The monitoring report of a day.

    Attributes:
        as_of, pool_state: the cut.
        since: the day compared with; since_state: up to which batch that day is read (what the model was trained on).
        model_version: the model in use, empty where there is none.
        parts: see `SECTIONS`.
    """

    as_of: date
    pool_state: int
    since: date
    since_state: int
    model_version: str
    parts: Mapping[str, ReportSection]

    @property
    def findings(self) -> tuple[Alert, ...]:
        """All alerts, section by section."""
        return tuple(finding for part in self.parts.values() for finding in part.findings)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be measured, and why."""
        return tuple(note for part in self.parts.values() for note in part.notes)

    @property
    def exit_status(self) -> int:
        """0 where nothing was found, else `ALERT_EXIT_STATUS`."""
        return ALERT_EXIT_STATUS if self.findings else 0

    def as_payload(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "as_of": self.as_of.isoformat(),
            "pool_state": self.pool_state,
            "since": self.since.isoformat(),
            "since_state": self.since_state,
            "model_version": self.model_version,
            "attention": bool(self.findings),
            "findings": [finding.as_payload() for finding in self.findings],
            "notes": list(self.notes),
            **{name: part.as_payload() for name, part in self.parts.items()},
        }


def monitor(
    home: Path,
    as_of: date,
    labels_of: Callable[[Cut], pd.DataFrame],
    since: date | None = None,
    bounds: Mapping[str, Bound] | None = None,
) -> MonitoringReport:
    """Build the monitoring report of a home on a day.

    The matrix of the day is compared with that of the day the model in use was trained on, as the pool was then. With
    no such day before `as_of` it is compared with the last quarter end; `since` overrides both.

    Args:
        home: the home folder.
        as_of: the day.
        labels_of: labels known on a cut, with columns review_id and y (`training.data.labels.load_labels`).
        since: the day to compare with, instead of the model's.
        bounds: limits instead of those of evaluation/monitoring/monitor.toml.

    Raises:
        NotEnoughDataError: the pool is empty. GoldenKeyError: a day lies in the future, or `since` not before the day.
    """
    pool = Pool(home)
    check_not_empty(home)
    if since is not None and since >= as_of:
        raise GoldenKeyError(f"比较的起点 {since} 应早于截止日 {as_of}。")
    limits = read_bounds() if bounds is None else bounds
    with pool.as_of(as_of) as cut, Ledger(home) as ledger:
        standing = reconcile(ledger)
        model = _champion(home)
        day, state = _baseline_cut(since, model, as_of, pool.state)
        used = ListRecords(
            listed_episodes(ledger, as_of),
            latest_lists(ledger, as_of),
            reviews_with_labels(cut, labels_of(cut)),
            cases_taken_up(cut),
            count_overturned(ledger, day, as_of),
            open_issues_by_clue(ledger),
        )
    parts = {
        "model": _model(standing),
        "deliveries": watch_deliveries(pool.batches(), as_of, limits),
        "drift": watch_drift(build_matrix(home, day, state), build_matrix(home, as_of, pool.state), model, limits),
        "precision": watch_precision(used, limits),
        "use": watch_use(used, as_of, limits),
    }
    return MonitoringReport(as_of, pool.state, day, state, model.version if model else "", parts)


def _model(standing: ModelInUse) -> ReportSection:
    """The model in use, and an alert for every alias that had been changed without approval and was reset."""
    moved = tuple(
        Alert("champion_moved", standing.version or "", 1.0, 0.0, f"{sentence}，已恢复并记入审计链。")
        for sentence in (text.rstrip("。") for text in standing.restored)
    )
    figures = {"version": standing.version, "approved": standing.tenure is not None}
    return ReportSection(figures=figures, findings=moved, notes=(standing.note,) if standing.note else ())


def _champion(home: Path) -> Model | None:
    try:
        return registry.load_current(home)
    except NotFoundError:
        return None


def _baseline_cut(since: date | None, model: Model | None, as_of: date, state: int) -> tuple[date, int]:
    if since is not None:
        return since, state
    if model is not None and model.as_of is not None and model.as_of < as_of:
        return model.as_of, min(model.pool_state, state)
    quarter: date = (pd.Timestamp(as_of) - pd.offsets.QuarterEnd(1)).date()
    return quarter, state
