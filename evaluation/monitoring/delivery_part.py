"""Monitoring section on deliveries: late ones, stopped sources, far fewer rows than usual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd

from evaluation.monitoring.alert import Alert, ReportSection
from evaluation.monitoring.bounds import Bound
from evaluation.monitoring.delivery_gaps import delivery_gaps, received_deliveries
from features.pool.manifests import Manifest
from features.schema import TABLES
from features.schema.sources import SOURCE_LABELS

OVERDUE_STATES = ("迟延", "疑似中断")


def watch_deliveries(manifests: Iterable[Manifest], day: date, bounds: Mapping[str, Bound]) -> ReportSection:
    """Gaps of every source, and of tables that are late although their source is not.

    Args:
        manifests: every batch of the pool.
        day: the day.
        bounds: see `evaluation.monitoring.bounds`.
    """
    deliveries = received_deliveries(manifests, day)
    if deliveries.empty:
        return ReportSection(notes=(f"截至 {day} 没有带接收日期的移交，未检查移交间隔。",))
    sources, tables = (delivery_gaps(deliveries, day, by, bounds) for by in ("source", "table"))
    waiting = set(sources["name"][sources["state"].isin(OVERDUE_STATES)])
    own_gaps = tables[[TABLES[name].source not in waiting for name in tables["name"]]]
    findings = [
        *_overdue_alerts(sources, SOURCE_LABELS, "来源", bounds),
        *_overdue_alerts(own_gaps, {name: TABLES[name].label for name in own_gaps["name"]}, "数据表", bounds),
        *_row_count_alerts(tables, bounds),
    ]
    return ReportSection({"sources": sources, "tables": tables}, findings=tuple(findings))


def _overdue_alerts(
    rows: pd.DataFrame, labels: Mapping[str, str], what: str, bounds: Mapping[str, Bound]
) -> list[Alert]:
    findings = []
    for row in rows[rows["state"].isin(OVERDUE_STATES)].to_dict("records"):
        stopped = row["state"] == "疑似中断"
        findings.append(
            Alert(
                "delivery_stopped" if stopped else "delivery_late",
                str(row["name"]),
                float(row["ratio"]),
                bounds["stopped_ratio" if stopped else "late_ratio"].value,
                f"{what}“{labels.get(str(row['name']), row['name'])}”通常每 {row['usual_days']:.0f} 天移交一次，"
                "最近一次为"
                f" {row['last']}，应于 {row['due']} 前后移交，已晚 {row['late_days']:.0f} 天"
                f"{'，疑似中断' if stopped else ''}，待核实。",
            )
        )
    return findings


def _row_count_alerts(tables: pd.DataFrame, bounds: Mapping[str, Bound]) -> list[Alert]:
    fell = [
        Alert(
            "rows_fell",
            str(row["name"]),
            row["rows_last"] / row["rows_usual"],
            bounds["rows_ratio"].value,
            f"数据表“{TABLES[str(row['name'])].label}”最近一次（{row['last']}）移交 {row['rows_last']:,} 行，"
            f"以往中位数为 {row['rows_usual']:,.0f} 行，是否漏报待核实。",
        )
        for row in tables[tables["rows_fell"]].to_dict("records")
    ]
    rose = [
        Alert(
            "rejected_rows",
            str(row["name"]),
            row["bad_last"],
            row["bad_usual"] + bounds["bad_rise"].value,
            f"数据表“{TABLES[str(row['name'])].label}”最近一次（{row['last']}）移交中被隔离的行占"
            f" {row['bad_last']:.1%}，以往中位数为 {row['bad_usual']:.1%}，格式是否变动待核实。",
        )
        for row in tables[tables["bad_rose"]].to_dict("records")
    ]
    return fell + rose
