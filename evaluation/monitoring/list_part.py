"""Monitoring sections on lists: expected precision, outcomes of the random stratum, and decisions that differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evaluation.metrics.expected import (
    backtest_estimates,
    expected_precision,
    join_outcomes,
    mean_absolute_error,
    refit_on,
)
from evaluation.monitoring.alert import Alert, ReportSection
from evaluation.monitoring.bounds import Bound
from evaluation.monitoring.list_use import CHANCE, POOLED, REST, count_overrides, count_refusals, exploration_outcomes
from models.intervals.shares import clopper_pearson


@dataclass(frozen=True, slots=True)
class ListRecords:
    """The input of this module: tables of `evaluation.monitoring.list_use` on a day.

    Attributes:
        items: `listed_episodes`. seats: `latest_lists`. done: `reviews_with_labels`. chosen: `cases_taken_up`.
        leads: `count_overturned` since the day compared with.
        misleading: open findings by clue.
    """

    items: pd.DataFrame
    seats: pd.DataFrame
    done: pd.DataFrame
    chosen: pd.DataFrame
    leads: Mapping[str, int]
    misleading: Mapping[str, int] = field(default_factory=dict)


def watch_precision(used: ListRecords, bounds: Mapping[str, Bound]) -> ReportSection:
    """Expected precision of the newest lists, corrected on all labels known, and its error in past quarters."""
    if used.items.empty:
        return ReportSection(notes=("台账中还没有清单，未估计预期准确率。",))
    joined = join_outcomes(used.items, used.done)
    known = joined[joined["y"].notna()]
    correction = refit_on(known)
    quarter = str(used.items["quarter"].max())
    newest = used.items[used.items["quarter"] == quarter]
    newest_list = expected_precision(newest["margin"].to_numpy(dtype=np.float64), correction)
    checked = backtest_estimates(used.items, used.done)
    figures: dict[str, Any] = {
        "quarter": quarter,
        "listed": newest_list.listed,
        "expected": newest_list.precision,
        "low": newest_list.interval.low,
        "high": newest_list.interval.high,
        "served": newest_list.served,
        "labels": newest_list.labels,
        "slope": correction.calibration.slope if correction else None,
        "intercept": correction.calibration.intercept if correction else None,
        "mean_absolute_error": mean_absolute_error(checked) if len(checked) else None,
        "error_by_chance": float(checked["by_chance"].mean()) if len(checked) else None,
        "checked_quarters": len(checked),
    }
    notes = []
    if correction is None:
        notes.append(f"清单上已有结论的案件 {len(known)} 件，不足以修正校准，预期准确率按评分时的概率估计。")
    if checked.empty:
        notes.append("还没有结论成熟的季度，预期准确率尚未经事后检验。")
    return ReportSection(
        {"backcheck": checked}, figures, tuple(_precision_alerts(figures, checked, bounds)), tuple(notes)
    )


def _precision_alerts(figures: Mapping[str, Any], checked: pd.DataFrame, bounds: Mapping[str, Bound]) -> list[Alert]:
    findings = []
    quarter, now = str(figures["quarter"]), float(figures["expected"])
    shift, limit = now - float(figures["served"]), bounds["calibration_shift"].value
    if abs(shift) > limit:
        findings.append(
            Alert(
                "calibration_shift",
                quarter,
                shift,
                limit,
                f"{quarter} 清单按评分时的概率预期准确率 {figures['served']:.1%}，按最新结论修正后为 {now:.1%}，"
                "校准疑似已偏移。",
            )
        )
    if checked.empty:
        return findings
    past = float(np.average(checked["measured"], weights=checked["concluded"]))
    floor = past - bounds["precision_drop"].value
    if now < floor and float(figures["high"]) < past:
        findings.append(
            Alert(
                "precision_drop",
                quarter,
                now,
                floor,
                f"{quarter} 清单预期准确率 {now:.1%}（95 % 区间 {figures['low']:.1%} 至 {figures['high']:.1%}），"
                "低于以往实测的"
                f" {past:.1%}。",
            )
        )
    error, chance, most = (
        float(figures["mean_absolute_error"]),
        float(figures["error_by_chance"]),
        bounds["estimate_error"].value,
    )
    if error - chance > most:
        findings.append(
            Alert(
                "estimate_error",
                "预期准确率",
                error - chance,
                most,
                f"预期准确率在以往 {len(checked)} 个季度的平均绝对误差为 {error:.1%}，"
                f"其中结论件数少所致约 {chance:.1%}，"
                "不宜据以判断。",
            )
        )
    return findings


def watch_use(used: ListRecords, day: date, bounds: Mapping[str, Bound]) -> ReportSection:
    """Outcomes of the random stratum compared with the rest of the list, and how often people departed from the
    list."""
    figures: dict[str, Any] = {
        "leads": dict(used.leads),
        "recommendations": count_refusals(used.done),
        "misleading": dict(used.misleading),
    }
    findings = _decision_alerts(used.leads, count_refusals(used.done), bounds) + _misleading_alerts(
        used.misleading, bounds["misleading"]
    )
    if used.items.empty:
        return ReportSection(figures=figures, findings=tuple(findings), notes=("台账中还没有清单，未检查清单的使用。",))
    parts = exploration_outcomes(used.items, used.seats, used.done)
    turned = count_overrides(used.items, used.chosen, day, int(bounds["window_days"].value))
    findings += [*_exploration_alerts(parts, bounds["random_drawn"]), *_override_alerts(turned, bounds)]
    notes = () if len(turned) else ("清单都还在有效期内，未统计未选取的比例。",)
    return ReportSection({"exploration": parts, "overrides": turned}, figures, tuple(findings), notes)


def _exploration_alerts(parts: pd.DataFrame, bound: Bound) -> list[Alert]:
    last = parts[(parts["part"] == CHANCE) & (parts["quarter"] != POOLED)].tail(1).to_dict("records")
    findings = [
        Alert(
            "random_short",
            str(row["quarter"]),
            row["seats"] / row["wanted"],
            bound.value,
            f"{row['quarter']} 随机层应抽 {row['wanted']:.0f} 件，实抽 {row['seats']} 件。",
        )
        for row in last
        if row["wanted"] > 0 and row["seats"] / row["wanted"] < bound.value
    ]
    pooled = {str(row["part"]): row for row in parts[parts["quarter"] == POOLED].to_dict("records")}
    drawn, rest = pooled[CHANCE], pooled[REST]
    if drawn["low"] > rest["high"]:
        findings.append(
            Alert(
                "random_better",
                POOLED,
                drawn["share"],
                rest["share"],
                f"随机层查实的比例 {drawn['share']:.1%} 高于其余名额的 {rest['share']:.1%}，排序是否仍然有用待核实。",
            )
        )
    return findings


def _override_alerts(turned: pd.DataFrame, bounds: Mapping[str, Bound]) -> list[Alert]:
    findings: list[Alert] = []
    for row in turned.tail(1).to_dict("records"):
        quarter, listed, taken_count = str(row["quarter"]), row["listed"], row["taken"]
        ignored = f"{quarter} 清单 {listed} 件中有 {row['not_taken']} 件期内未选取。"
        others = f"{quarter} 清单期内选取 {taken_count} 件，其中 {row['unlisted']} 件不在清单上。"
        findings += _share_alerts("not_taken", quarter, row["not_taken"], listed, bounds["not_taken"], ignored)
        findings += _share_alerts(
            "taken_unlisted", quarter, row["unlisted"], taken_count, bounds["taken_unlisted"], others
        )
    return findings


def _decision_alerts(leads: Mapping[str, int], answers: Mapping[str, int], bounds: Mapping[str, Bound]) -> list[Alert]:
    overturned, decided = leads["overturned"], leads["decided"]
    refused, answered = answers["refused"], answers["answered"]
    changed = f"期内研判的 {decided} 条财产线索中有 {overturned} 条被改判。"
    denied = f"已回复的 {answered} 份检察建议中有 {refused} 份未被采纳。"
    return [
        *_share_alerts("overturned", "线索研判", overturned, decided, bounds["overturned"], changed),
        *_share_alerts("refused", "检察建议", refused, answered, bounds["refused"], denied),
    ]


def _share_alerts(metric: str, subject: str, count: int, total: int, bound: Bound, message: str) -> list[Alert]:
    """The alert on a share that lies significantly above its bound; none where it does not."""
    if not significantly_above(count, total, bound.value):
        return []
    return [Alert(metric, subject, count / total, bound.value, message)]


def _misleading_alerts(open_ones: Mapping[str, int], bound: Bound) -> list[Alert]:
    return [
        Alert(
            "misleading",
            clue,
            float(count),
            bound.value,
            f"人工复核认为线索 {clue} 的理由可能误导，尚有 {count} 件问题未处理。",
        )
        for clue, count in open_ones.items()
        if count > bound.value
    ]


def significantly_above(successes: int, trials: int, bound: float) -> bool:
    """Whether the lower end of a share's exact 95 % interval lies above a bound, so that few cases raise no alert."""
    return clopper_pearson(successes, trials).low > bound
