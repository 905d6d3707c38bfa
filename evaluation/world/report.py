"""Measured figures of a world beside the known base rates (docs/domain.md section 5)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base.chance import Array
from evaluation.world.population.spool import read_delivery_slice

if TYPE_CHECKING:
    from evaluation.world.population.cohort import Plan

BASE_RATES: dict[str, tuple[str, str]] = {
    "episodes": ("终本案件数", "—"),
    "insolvent": ("执行不能", "70–75 %（推定）"),
    "missed": ("财产遗漏", "10–12 %（推定）"),
    "concealed": ("隐匿转移", "6–10 %（推定）"),
    "unknown_ways": ("隐匿者中用到线索之外方式", "≥ 15 %"),
    "y1": ("随机审查可确认隐匿", "6–10 %"),
    "defective": ("程序不合格", "9.2 %（合格率 90.8 %）"),
    "reopened": ("终本后自行恢复执行", "至多约 48 %"),
    "again": ("恢复后再次终本", "18.24 %"),
    "small": ("小标的（10 万元以下）", "41.32 %"),
    "low_paid": ("到位不足三成", "91.77 %"),
    "petition_hidden": ("信访比例（有隐匿）", "18 %"),
    "petition_other": ("信访比例（无隐匿）", "10 %"),
    "statements": ("有流水的案件", "8–15 %"),
    "reviewed": ("已审查", "每院每季 40 件"),
    "reviewed_y1": ("已审查中可确认隐匿", "—"),
    "recovered_zero": ("查实而未到位", "30–50 %"),
    "recovered_median": ("到位中位数（元）", "约 25,000"),
    "recovered_mean": ("到位平均数（元）", "约 90,000"),
    "adopted": ("建议采纳", "97 %"),
    "blank_direction": ("流水缺收付标志", "2 %"),
    "transactions": ("流水笔数", "—"),
}
"""Figure -> (中文 label, known value as text)."""
_NOT_A_SHARE = {"episodes", "transactions", "recovered_median", "recovered_mean"}


def measure_figures(episodes: pa.Table, folders: list[Path], rows: dict[str, int], plan: Plan) -> dict[str, float]:
    """Measured figures by the names of `BASE_RATES`; shares are 0..1, money is yuan."""
    kind = episodes["kind"].to_numpy()
    label = episodes["label_if_reviewed"].to_numpy()
    petition, reviewed = episodes["petitioned"].to_numpy(), episodes["ever_reviewed"].to_numpy()
    concealed = kind == "concealed"
    first = episodes["case_no"].to_numpy() == episodes["chain"].to_numpy()
    ways = episodes["ways"].to_numpy()[concealed].astype(str)
    unknown = (np.char.find(ways, "wage_advance") >= 0) | (np.char.find(ways, "stock_partner") >= 0)
    confirmed = np.isin(label.astype(str), ["Y1", "Y2"])
    money = episodes["recovered_if_reviewed_fen"].to_numpy()[confirmed] / 100
    some = money[money > 0]
    reopened = episodes["reopens_unaided"].to_numpy()
    figures = {
        "episodes": float(len(kind)),
        "insolvent": _mean(kind == "insolvent"),
        "missed": _mean(kind == "missed"),
        "concealed": _mean(concealed),
        "unknown_ways": _mean(unknown),
        "y1": _mean(label == "Y1"),
        "defective": _mean(episodes["defective"].to_numpy()),
        "reopened": _mean(reopened[first]),
        "again": float((~first).sum() / max(1, reopened[first].sum())),
        "petition_hidden": _mean(petition[concealed]),
        "petition_other": _mean(petition[~concealed]),
        "reviewed": _mean(reviewed),
        "reviewed_y1": _mean(label[reviewed] == "Y1"),
        "recovered_zero": _mean(money == 0),
        "recovered_median": float(np.median(some)) if len(some) else 0.0,
        "recovered_mean": _mean(some),
    }
    return figures | _delivered_figures(folders, plan) | _statement_figures(folders, rows, int(first.sum()))


def _mean(values: Array) -> float:
    """Mean; 0 of an empty array."""
    return float(np.mean(values)) if len(values) else 0.0


def _delivered_figures(folders: list[Path], plan: Plan) -> dict[str, float]:
    """Shares of small claims, of cases paid below 30 % and of adopted recommendations, read delivery by delivery."""
    small = low = cases = adopted = replies = 0
    for number in range(len(plan.calendar.deliveries)):
        rows = read_delivery_slice(folders, "case", number)
        if rows is not None:
            rows = rows.filter(
                pc.and_(pc.equal(rows["close_mode"], "终结本次执行程序"), pc.equal(rows["case_type"], "首次执行"))
            )
            due, paid = rows["amt_due"].to_numpy(), rows["amt_paid"].to_numpy()
            cases, small, low = (
                cases + len(rows),
                small + int((due <= 10_000_000).sum()),
                low + int((paid < 0.3 * due).sum()),
            )
        rows = read_delivery_slice(folders, "review", number)
        if rows is not None:
            reply = rows.filter(pc.and_(pc.is_valid(rows["reply_date"]), pc.is_null(rows["resume_date"])))[
                "reply"
            ].to_numpy()
            replies, adopted = replies + len(reply), adopted + int((reply == "采纳").sum())
    return {"small": small / max(1, cases), "low_paid": low / max(1, cases), "adopted": adopted / max(1, replies)}


def _statement_figures(folders: list[Path], rows: dict[str, int], cases: int) -> dict[str, float]:
    return {
        "statements": rows.get("statement_cases", 0) / max(1, cases),
        "blank_direction": rows.get("blank_direction", 0) / max(1, rows.get("txn_lines", 0)),
        "transactions": float(rows.get("txn_lines", 0)),
    }


def report_rows(figures: dict[str, float]) -> list[tuple[str, str, str]]:
    """(中文 label, value in this world, known value) of every figure, as texts."""
    return [
        (label, _format_figure(name, figures[name]), known)
        for name, (label, known) in BASE_RATES.items()
        if name in figures
    ]


def _format_figure(name: str, value: float) -> str:
    return f"{value:,.0f}" if name in _NOT_A_SHARE else f"{value * 100:.1f} %"
