"""Print the monitoring report on a terminal: alerts first, then the tables behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from evaluation.monitoring.alert import ReportSection, json_value
from evaluation.monitoring.report import SECTIONS, MonitoringReport
from features.clues import catalogue
from features.schema.sources import SOURCE_LABELS
from features.terminal import open_console

MAX_ROWS = 8
"""Rows printed of a table; the JSON report has all."""


def print_report(report: MonitoringReport, why: str, console: Console | None = None) -> None:
    """Print the report: the day and `why` it is that one, the alerts, then each section abridged."""
    console = console or open_console(piped_width=140)
    model = f"在用模型 {report.model_version}" if report.model_version else "尚无在用模型"
    console.print(f"截至 {report.as_of}（{why}；数据池第 {report.pool_state} 批次），与 {report.since} 比较；{model}。")
    if report.findings:
        table = Table(
            "事项", "数值", "界限", title=f"需要关注 {len(report.findings)} 项（待核实）", title_justify="left"
        )
        for finding in report.findings:
            table.add_row(finding.sentence, _number(finding.figure), _number(finding.bound))
        console.print(table)
    else:
        console.print("没有需要关注的事项。")
    for name, part in report.parts.items():
        if name in _PRINTERS:
            _PRINTERS[name](console, part)
    for note in report.notes:
        console.print(f"说明：{note}")


def _deliveries(console: Console, part: ReportSection) -> None:
    if "sources" not in part.tables:
        return
    frame = part.tables["sources"]
    frame = frame.assign(name=[SOURCE_LABELS.get(name, name) for name in frame["name"]])
    columns = {
        "name": "来源",
        "deliveries": "次数",
        "last": "最近一次",
        "usual_days": "通常间隔（天）",
        "due": "应到",
        "late_days": "已晚（天）",
        "state": "状态",
        "rows_last": "最近行数",
    }
    _table(console, SECTIONS["deliveries"], frame, columns, len(frame))


def _drift(console: Console, part: ReportSection) -> None:
    if "features" not in part.tables:
        return
    figures = part.figures
    console.print(
        f"{SECTIONS['drift']}：比较终本程序 {figures['rows_before']:,} 与 {figures['rows_after']:,} 个；超出界限的特征"
        f" {figures['above_bound']} 个，其中随机即可出现的期望为 {figures['above_bound_by_chance']:.2f} 个。"
    )
    features = part.tables["features"]
    features = features.assign(label=[catalogue.FEATURES[name].label for name in features["feature"]])
    columns = {
        "label": "特征",
        "psi": "PSI",
        "noise": "随机期望",
        "excess": "超出",
        "missing_before": "未知（前）",
        "missing_after": "未知（后）",
    }
    _table(console, "变化最大的特征", features, columns)
    moves = {"name": "代码", "before": "前", "after": "后", "change": "变化", "low": "下限", "high": "上限"}
    _table(console, "变化最大的线索（有记录的比例）", part.tables["clues"], moves)
    _table(console, "变化最大的来源（覆盖的比例）", part.tables["sources"], moves)
    if "moved" in part.tables:
        columns = {
            "clue": "线索",
            "moved": "平均贡献的变化",
            "size_before": "平均幅度（前）",
            "size_after": "平均幅度（后）",
        }
        _table(console, "使得分移动最多的线索（对数几率）", part.tables["moved"], columns)


def _precision(console: Console, part: ReportSection) -> None:
    figures = part.figures
    if not figures:
        return
    console.print(
        f"{SECTIONS['precision']}：{figures['quarter']} 清单 {figures['listed']} 件，"
        f"预期查实 {figures['expected']:.1%}（95 % 区间 {figures['low']:.1%} 至 {figures['high']:.1%}），"
        f"按评分时的概率为 {figures['served']:.1%}。"
    )
    if figures["mean_absolute_error"] is not None:
        console.print(
            f"以往 {figures['checked_quarters']} 个季度的平均绝对误差 {figures['mean_absolute_error']:.1%}，"
            f"其中结论件数少所致约 {figures['error_by_chance']:.1%}。"
        )
    columns = {
        "quarter": "季度",
        "listed": "列入",
        "estimate": "预期",
        "low": "下限",
        "high": "上限",
        "concluded": "审结",
        "measured": "实测",
        "error": "误差",
    }
    _table(console, "预期与事后", part.tables["backcheck"], columns)


def _use(console: Console, part: ReportSection) -> None:
    columns = {
        "quarter": "季度",
        "part": "部分",
        "seats": "名额",
        "wanted": "应抽",
        "concluded": "审结",
        "confirmed": "查实",
        "share": "比例",
        "low": "下限",
        "high": "上限",
    }
    if "exploration" in part.tables:
        _table(console, "随机层与其余", part.tables["exploration"].tail(MAX_ROWS), columns)
    columns = {
        "quarter": "季度",
        "listed": "列入",
        "not_taken": "未选取",
        "taken": "选取",
        "unlisted": "不在清单",
        "channels": "选取方式",
    }
    if "overrides" in part.tables:
        _table(console, "选取与清单不一致", part.tables["overrides"].tail(MAX_ROWS), columns)


_PRINTERS: Mapping[str, Any] = {"deliveries": _deliveries, "drift": _drift, "precision": _precision, "use": _use}


def _table(console: Console, title: str, frame: pd.DataFrame, columns: Mapping[str, str], most: int = MAX_ROWS) -> None:
    if frame.empty:
        return
    table = Table(title=title, title_justify="left")
    for name, heading in columns.items():
        table.add_column(
            heading, justify="right" if pd.api.types.is_numeric_dtype(frame[name]) else "left", overflow="fold"
        )
    for row in frame.head(most).to_dict("records"):
        table.add_row(*(_number(row[name]) for name in columns))
    console.print(table)


def _number(value: Any) -> str:
    plain = json_value(value)
    if plain is None:
        return "—"
    if isinstance(plain, float):
        return f"{plain:,.0f}" if plain.is_integer() else f"{plain:,.3f}"
    return str(plain)
