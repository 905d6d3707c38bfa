"""What monitoring finds worth a look: a finding, and one part of the report with its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing over its bound: a matter to look into, not a conclusion.

    Attributes:
        kind: what was measured (`feature_drift`, `delivery_late`, …).
        subject: the feature, clue, source, table or quarter it is about; never a case, a person or an office.
        figure, bound: what was measured and what it was held against, in the unit of the bound.
        sentence: the same in 中文.
    """

    kind: str
    subject: str
    figure: float
    bound: float
    sentence: str

    def as_payload(self) -> dict[str, Any]:
        """The finding as JSON has it."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "figure": json_value(self.figure),
            "bound": json_value(self.bound),
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class ReportSection:
    """One part of the report: tables by name, single figures, findings, 中文 notes on what could not be told."""

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Alert, ...] = ()
    notes: tuple[str, ...] = ()

    def as_payload(self) -> dict[str, Any]:
        """The part as JSON has it: figures, then tables as lists of rows."""
        tables = {name: rows_as_json(frame) for name, frame in self.tables.items()}
        return {name: json_value(value) for name, value in self.figures.items()} | tables


def rows_as_json(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table for JSON: days as text, the unknown as None."""
    columns = {str(name): [json_value(value) for value in frame[name].tolist()] for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def json_value(value: Any) -> Any:
    """One value for JSON."""
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
