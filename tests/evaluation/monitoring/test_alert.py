"""JSON values of the monitoring report, and the printed tables, against hand-written ones."""

from __future__ import annotations

import io
import json
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from evaluation.monitoring.alert import Alert, ReportSection, json_value, rows_as_json
from evaluation.monitoring.report import ALERT_EXIT_STATUS, MonitoringReport
from evaluation.monitoring.tables import MAX_ROWS, print_report

ALERT = Alert("overturned", "线索研判", 0.5, 0.2, "期内研判的 40 条线索中有 20 条被改判。")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2024, 3, 31), "2024-03-31"),
        (datetime(2024, 3, 31, 9, 30), "2024-03-31"),
        (pd.NaT, None),
        (pd.NA, None),
        (float("nan"), None),
        (np.float64("inf"), None),
        (np.int64(7), 7),
        (np.float64(1 / 3), 0.333333),
        (np.bool_(True), True),
        ({"a": {1: np.nan}}, {"a": {"1": None}}),
    ],
)
def test_a_value_becomes_plain_json(value: object, expected: object) -> None:
    found = json_value(value)
    assert found == expected
    assert json.loads(json.dumps(found, allow_nan=False)) == expected


def test_rows_keep_their_order_and_columns() -> None:
    frame = pd.DataFrame({"day": [date(2024, 1, 1), None], "share": [0.5, np.nan]})
    assert rows_as_json(frame) == [{"day": "2024-01-01", "share": 0.5}, {"day": None, "share": None}]


def report(*alerts: Alert) -> MonitoringReport:
    overrides = pd.DataFrame(
        {
            "quarter": [f"{year}Q1" for year in range(2000, 2000 + MAX_ROWS + 2)],
            **dict.fromkeys(("listed", "not_taken", "taken", "unlisted"), 1),
            "channels": "",
        }
    )
    section = ReportSection({"overrides": overrides}, {"leads": {"decided": 40}}, alerts, ("清单很短。",))
    return MonitoringReport(date(2024, 3, 31), 7, date(2023, 12, 31), 5, "", {"use": section})


def test_the_report_says_in_json_and_by_its_exit_status_whether_there_are_alerts() -> None:
    body = report(ALERT).as_payload()
    assert (body["attention"], report(ALERT).exit_status, report().exit_status) == (True, ALERT_EXIT_STATUS, 0)
    assert body["findings"] == [
        {"kind": "overturned", "subject": "线索研判", "figure": 0.5, "bound": 0.2, "sentence": ALERT.sentence}
    ]
    assert body["use"]["leads"] == {"decided": 40}
    assert len(body["use"]["overrides"]) == MAX_ROWS + 2
    assert report().as_payload()["attention"] is False


def test_the_printed_report_has_the_alerts_the_newest_rows_and_the_notes() -> None:
    console = Console(width=140, record=True, file=io.StringIO())
    print_report(report(ALERT), "默认：今天", console)
    text = console.export_text()
    assert ALERT.sentence in text
    assert "尚无在用模型" in text
    assert "说明：清单很短。" in text
    assert "2000Q1" not in text, "only the newest quarters are printed"
    assert f"{2000 + MAX_ROWS + 1}Q1" in text
