"""Data of the monitoring report: an alert, a section with its tables, and their conversion to JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Alert:
    """A figure beyond its bound: something to look into, not a conclusion.

    Attributes:
        kind: what was measured (`feature_drift`, `delivery_late`, …).
        subject: the feature, clue, source, table or quarter it is about; never a case, a person or an office.
        figure, bound: the value measured and the limit, in the unit of the bound.
        sentence: the same as a 中文 sentence.
    """

    kind: str
    subject: str
    figure: float
    bound: float
    sentence: str

    def as_payload(self) -> dict[str, Any]:
        """The alert as JSON values."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "figure": json_value(self.figure),
            "bound": json_value(self.bound),
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class ReportSection:
    """One section of the report: tables by name, single figures, alerts, 中文 notes on what could not be measured."""

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Alert, ...] = ()
    notes: tuple[str, ...] = ()

    def as_payload(self) -> dict[str, Any]:
        """The section as JSON values: figures, then tables as lists of rows. Alerts and notes stand in the report."""
        tables = {name: rows_as_json(frame) for name, frame in self.tables.items()}
        return {name: json_value(value) for name, value in self.figures.items()} | tables


def rows_as_json(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as JSON values: dates as text, missing values as None."""
    columns = {str(name): [json_value(value) for value in frame[name].tolist()] for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def json_value(value: Any) -> Any:
    """One value for JSON: dates as ISO text, floats rounded to 6 digits, missing and infinite values as None."""
    if isinstance(value, Mapping):
        return {str(name): json_value(inner) for name, inner in value.items()}
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    return value
