"""The command `backtest`: rolling quarters, candidates against baselines."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from evaluation.lists.baselines import BASELINES
from evaluation.metrics.off_policy import ESTIMATORS
from features.command import Command, add_format, day
from features.errors import GoldenKeyError
from features.facts.lookup import CutDay
from features.terminal import open_console
from models.selection.capacity import CAPACITY_HELP, resolve_capacity
from training.backtest.plan import BacktestSettings, quarter_ends
from training.backtest.run import run
from training.commands.options import add_threads
from training.fitting.recipes import CANDIDATES

KNOWN = "审查结论的截止日：最近一次交接之日"
"""Why a backtest speaks as of its day."""


def configure_backtest(parser: argparse.ArgumentParser) -> None:
    """Arguments of `backtest`."""
    parser.add_argument("--from", dest="first", type=day, required=True, metavar="日期", help="首个季度末不早于此日")
    parser.add_argument("--to", dest="last", type=day, required=True, metavar="日期", help="末个季度末不晚于此日")
    parser.add_argument("--capacity", type=int, metavar="数量", help=f"每院每季可审查件数（{CAPACITY_HELP}）")
    parser.add_argument("--truth", type=Path, metavar="目录", help="模拟世界的 truth/ 目录：与全部待选案件的真相对照")
    parser.add_argument(
        "--candidates",
        default="two_part",
        metavar="方案",
        help="候选方案，以逗号分隔：two_part、weighted、modelled、delayed、searched、lambdarank、monotone、glass_box",
    )
    add_threads(parser)
    add_format(parser, "table", "json")


def run_backtest(args: argparse.Namespace) -> int:
    """Run the backtest and print it."""
    names = [name.strip() for name in args.candidates.split(",") if name.strip()]
    if not names:
        raise GoldenKeyError("请用 --candidates 至少指明一个候选方案。")
    settings = BacktestSettings(capacity=resolve_capacity(args.capacity))
    errors = open_console(stderr=True)
    with Progress(console=errors, disable=not errors.is_terminal, transient=True) as bar:
        task = bar.add_task("回测季度", total=None)

        def progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        days = quarter_ends(args.first, args.last)
        report = run(
            args.home, days, names, truth=args.truth, settings=settings, threads=args.threads, progress=progress
        )
    body = report.as_payload()
    if args.format == "json":
        known = {"as_of": body["until"], "as_of_why": KNOWN}
        print(json.dumps(body | known, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        print(f"截至 {CutDay(date.fromisoformat(body['until']), KNOWN)}")
        _print(body)
    return 0


def _print(body: Mapping[str, Any]) -> None:
    console = open_console(piped_width=150)
    against = "与模拟世界的真相对照" if body["truth"] else f"以 {body['until']} 以前审结的审查衡量"
    console.print(f"回测 {body['days'][0]} 至 {body['days'][-1]}，每院每季 {body['capacity']} 件，{against}。")
    _orders(console, body)
    _quarters(console, body)
    for name, figures in body["calibration"].items():
        auc = _range(figures, "auc", lambda value: f"{value:.3f}")
        console.print(
            f"{_name(name)}：AUC {auc}，校准误差 ECE {_decimals(figures['ece'])}，Brier {_decimals(figures['brier'])}"
            f"（{figures['rows']} 件次有结果，正例 {figures['positives']}，"
            f"{_calibration_cases(body, figures)}，有效样本量 {_size(figures['effective'])}）"
        )
    _curve(console, body)
    _strata(console, body)
    _off_policy(console, body)
    for note in body["notes"]:
        console.print(f"说明：{note}")


def _orders(console: Console, body: Mapping[str, Any]) -> None:
    headings = (
        "排序",
        "列出",
        "有结果",
        "隐匿",
        "同分最差",
        "同分最好",
        "占比（95%）",
        "提升（95%）",
        "到位万元（95%）",
    )
    table = _table("各排序合计（区间按被执行人整组重抽样）", headings, 1)
    for row in [*body["models"], *body["baselines"]]:
        table.add_row(
            _name(row["order"]),
            f"{row['listed']:.0f}",
            _share(row["labelled"]),
            f"{row['found']:.1f}",
            f"{row['found_worst']:.0f}",
            f"{row['found_best']:.0f}",
            _range(row, "precision", _share),
            _range(row, "lift", lambda value: f"{value:.2f}"),
            _range(row, "recovered", lambda value: f"{value / 10_000:,.1f}"),
        )
    console.print(table)


def _quarters(console: Console, body: Mapping[str, Any]) -> None:
    names = list(dict.fromkeys(row["order"] for row in body["quarters"] if ":" not in row["order"]))
    table = _table("各季名单中疑似隐匿得到证实的占比（Wilson 95% 区间）", ("季度末", *map(_name, names)), 1)
    by_quarter = {(row["quarter"], row["order"]): row for row in body["quarters"]}
    for quarter in dict.fromkeys(row["quarter"] for row in body["quarters"]):
        table.add_row(quarter, *(_range(by_quarter[quarter, name], "precision", _share) for name in names))
    console.print(table)
    headings = ("季度末", "占比（Wilson 95%）", "提升（95%）", "到位万元（95%）")
    table = _table(f"各季名单（{_name(body['recipe'])}；提升与到位的区间按被执行人整组重抽样）", headings, 1)
    for quarter in dict.fromkeys(row["quarter"] for row in body["quarters"]):
        row = by_quarter[quarter, body["recipe"]]
        table.add_row(
            quarter,
            _range(row, "precision", _share),
            _range(row, "lift", lambda value: f"{value:.2f}"),
            _range(row, "recovered", lambda value: f"{value / 10_000:,.1f}"),
        )
    console.print(table)


def _curve(console: Console, body: Mapping[str, Any]) -> None:
    table = _table(
        f"校准（{_name(body['recipe'])}，{_calibration_cases(body, body)}）", ("平均概率", "实际占比", "件次"), 0
    )
    for row in body["curve"]:
        table.add_row(_share(row["mean"]), _share(row["share"]), str(row["rows"]))
    console.print(table)


def _calibration_cases(body: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """中文 description of the cases on which a calibration was measured."""
    if body["truth"]:
        return "全部待选案件"
    drawn = figures["drawn"]
    return f"随机抽取的 {drawn} 件次按入选概率加权" if drawn else "只就有结论的案件，未加权"


def _size(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f}"


def _strata(console: Console, body: Mapping[str, Any]) -> None:
    headings = ("分组", "类别", "待选", "列出", "隐匿", "占比（95%）", "基准率", "AUC")
    table = _table(f"分组（{_name(body['recipe'])}）", headings, 2)
    for row in body["strata"]:
        table.add_row(
            row["stratum"],
            row["value"],
            str(row["eligible"]),
            f"{row['listed']:.0f}",
            f"{row['found']:.1f}",
            _range(row, "precision", _share),
            _share(row["base_rate"]),
            _decimals(row["auc"]),
        )
    console.print(table)


def _off_policy(console: Console, body: Mapping[str, Any]) -> None:
    headings = ("排序", "有结果", "可及", "有效样本", *ESTIMATORS.values(), "结论")
    table = _table("离策略估计：名单可证实的疑似隐匿件数（按已记录的入选概率）", headings, 1)
    for row in body["off_policy"]:
        if row["of"] == "found":
            values = [_range({name: None} | row, name, lambda value: f"{value:.1f}") for name in ESTIMATORS]
            table.add_row(
                _name(row["order"]),
                _share(row["labelled"]),
                _share(row["overlap"]),
                f"{row['effective']:.1f}",
                *values,
                row["verdict"],
            )
    console.print(table)


def _table(title: str, headings: Sequence[str], words: int) -> Any:
    table = Table(title=title, title_justify="left")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < words else "right", overflow="fold")
    return table


def _name(order: str) -> str:
    """中文 name of an order: a candidate, its probability, or a baseline."""
    base, _, kind = order.partition(":")
    name = CANDIDATES[base].label if base in CANDIDATES else BASELINES.get(base, base)
    return f"{name}（概率）" if kind else name


def _range(row: Mapping[str, Any], name: str, render: Any) -> str:
    if row[name] is None:
        return "—"
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    return str(render(row[name])) + (
        f"（{render(low)}–{render(high)}）" if low is not None and high is not None else ""
    )


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _decimals(value: float | None) -> str:
    return "—" if value is None else f"{value:.4f}"


COMMANDS = (Command("backtest", configure_backtest, run_backtest),)
