"""The command `loop`: the closed-loop trial of selection policies in simulated worlds."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.progress import Progress
from rich.table import Table

from features.command import Command, add_format, never
from features.terminal import open_console
from models.selection.capacity import CAPACITY
from training.loop.environment import Size, world_digest
from training.loop.policies import policies
from training.loop.report import prediction_summary, summary, write_chart
from training.loop.trajectory import SCENARIOS
from training.loop.trial import run_trial


def configure_loop(parser: argparse.ArgumentParser) -> None:
    """Arguments of `loop`."""
    parser.add_argument("--seeds", type=int, default=8, metavar="数量", help="世界个数（默认 8，种子自 1 起连续）")
    parser.add_argument("--quarters", type=int, default=12, metavar="数量", help="季度数（默认 12，即三年）")
    parser.add_argument("--cases", type=int, default=4000, metavar="数量", help="每个世界的终本案件数（默认 4000）")
    parser.add_argument(
        "--capacity", type=int, default=CAPACITY, metavar="数量", help=f"每季审查件数（默认 {CAPACITY}）"
    )
    parser.add_argument(
        "--scenarios", default="base", metavar="情形", help="情形，以逗号分隔：base、drift、biased、clean（默认 base）"
    )
    parser.add_argument("--policies", default="", metavar="做法", help="做法，以逗号分隔（默认全部）")
    parser.add_argument("--workers", type=int, default=1, metavar="数量", help="并行进程数，不影响结果")
    parser.add_argument(
        "--out", type=Path, metavar="目录", help="结果目录（默认数据目录下的 loop）；中断后重跑同一命令即接着做"
    )
    add_format(parser, "table", "json")


def run_loop(args: argparse.Namespace) -> int:
    """Run the trial, print its table, write its chart."""
    size = Size(args.cases, args.quarters, args.capacity)
    out = args.out or args.home / "loop"
    scenarios = [name.strip() for name in args.scenarios.split(",") if name.strip()]
    names = {name: label for name, (label, _) in policies(size.capacity).items()}
    chosen = [name.strip() for name in args.policies.split(",") if name.strip()] or list(names)
    mark = world_digest(size)
    errors = open_console(stderr=True)
    with Progress(console=errors, disable=not errors.is_terminal, transient=True) as bar:
        task = bar.add_task("闭环模拟", total=None)
        rows = run_trial(
            out,
            size,
            range(1, args.seeds + 1),
            scenarios,
            chosen,
            args.workers,
            lambda done, whole: bar.update(task, completed=done, total=whole),
        )
    table, predicted = summary(rows), prediction_summary(rows)
    page = out / "loop.html"
    write_chart(rows, names, {name: SCENARIOS[name].label for name in scenarios}, mark, page)
    if args.format == "json":
        parts = {"summary": table, "foretold": predicted, "rows": rows}
        body = {name: json.loads(part.to_json(orient="records")) for name, part in parts.items()}
        sys.stdout.write(json.dumps({"frozen": mark} | body, ensure_ascii=False) + "\n")
        return 0
    _print(table, names, {name: SCENARIOS[name].label for name in scenarios}, size, mark)
    _print_predictions(predicted, names, {name: SCENARIOS[name].label for name in scenarios})
    print(f"图：{page}")
    return 0


WIDE = 200
"""Columns of a table that is not read on a terminal."""

_HEADINGS = ("做法", "审查", "查实隐匿", "查实遗漏", "净到位（万元）", "现行的倍数", "占特征上限", "占全知上限")


def _print(table: pd.DataFrame, names: dict[str, str], scenarios: dict[str, str], size: Size, mark: str) -> None:
    console = open_console(piped_width=WIDE)
    for scenario, group in table.groupby("scenario", sort=False):
        seeds = int(group["seeds"].iloc[0])
        shown = Table(
            title=f"{scenarios[str(scenario)]}：{seeds} 个世界、{size.quarters} 个季度，每季 {size.capacity} 件",
            caption=f"净到位已减去不经监督也会到位的部分；括号内为 95% 区间（对世界重抽样）。世界参数 {mark[:16]}",
            title_justify="left",
        )
        for heading in _HEADINGS:
            shown.add_column(heading, justify="left" if heading == "做法" else "right")
        for row in group.to_dict("records"):
            shown.add_row(
                names[row["policy"]],
                f"{row['chosen']:.0f}",
                _with(row, "confirmed", "{:.1f}"),
                f"{row['missed']:.1f}",
                _with(row, "net", "{:.1f}", 1e-4),
                _with(row, "times_today", "{:.2f}"),
                _with(row, "of_ceiling", "{:.0%}"),
                _with(row, "of_oracle", "{:.0%}"),
            )
        console.print(shown)


def _print_predictions(said: pd.DataFrame, names: dict[str, str], scenarios: dict[str, str]) -> None:
    if said.empty:
        return
    shown = Table(title="模型对自己的估计与真相", title_justify="left")
    for heading in (
        "情形",
        "做法",
        "AUC",
        "Brier",
        "预期占比误差",
        "未校正误差",
        "总体区间数",
        "含真值",
        "含结论值",
        "半宽",
    ):
        shown.add_column(heading, justify="left" if heading in ("情形", "做法") else "right")
    for row in said.to_dict("records"):
        share = [
            f"{row[name]:.1%}" if row["intervals"] else "—" for name in ("covered", "covered_written", "half_width")
        ]
        shown.add_row(
            scenarios[row["scenario"]],
            names[row["policy"]],
            f"{row['auc']:.3f}",
            f"{row['brier']:.4f}",
            f"{row['error']:.1%}",
            f"{row['error_served']:.1%}",
            str(row["intervals"]),
            *share,
        )
    open_console(piped_width=WIDE).print(shown)


def _with(row: Mapping[Hashable, Any], name: str, form: str, unit: float = 1.0) -> str:
    """A figure with its interval, or a dash where there is nothing to compare with."""
    if row.get(name) is None or row[name] != row[name]:
        return "—"
    low, high = form.format(row[f"{name}_low"] * unit), form.format(row[f"{name}_high"] * unit)
    return f"{form.format(row[name] * unit)}（{low}–{high}）"


COMMANDS = (Command("loop", configure_loop, run_loop, needs_home=never),)
"""The command of this module."""
