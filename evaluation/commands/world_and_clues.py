"""The commands `world` (simulate case histories) and `measure` (compare clues with the simulated truth)."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.progress import Progress
from rich.table import Table

from evaluation.clue_accuracy.accounts import measure_accounts
from evaluation.clue_accuracy.accuracy import measure_classes
from evaluation.clue_accuracy.identities import measure_identities
from evaluation.clue_accuracy.paths import measure_paths
from evaluation.clue_accuracy.tables import print_clue_accuracy
from evaluation.commands.population import configure_population, run_population
from evaluation.world.report import report_rows
from evaluation.world.simulate import simulate
from features.command import Command, add_format, day, never
from features.errors import GoldenKeyError
from features.facts.lookup import GIVEN, CutDay
from features.terminal import open_console


def _configure_world(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, type=Path, metavar="目录", help="输出目录，须为空或不存在")
    parser.add_argument("--cases", type=int, default=6000, metavar="数量", help="终本案件数（默认 6000）")
    parser.add_argument("--quarters", type=int, default=12, metavar="数量", help="季度数（默认 12）")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="种子", help="随机种子：种子相同，文件逐字节相同（默认 1）"
    )
    parser.add_argument("--config", type=Path, default=None, metavar="文件", help="覆盖默认参数的 TOML 文件")
    add_format(parser, "table", "json")


def _run_world(args: argparse.Namespace) -> int:
    errors = open_console(stderr=True)
    with Progress(console=errors, disable=not errors.is_terminal, transient=True) as bar:
        tasks: dict[str, int] = {}

        def show_progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done)  # type: ignore[arg-type]

        summary = simulate(args.out, args.cases, args.quarters, args.seed, args.config, show_progress)
    if args.format == "json":
        body = {
            "out": str(args.out),
            "deliveries": len(summary.deliveries),
            "figures": summary.figures,
            "rows": summary.rows,
        }
        sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")
        return 0
    table = Table(title="模拟世界与已知基准率")
    for name in ("指标", "本次模拟", "已知或推定"):
        table.add_column(name, justify="left" if name == "指标" else "right")
    for row in report_rows(summary.figures):
        table.add_row(*row)
    console = open_console()
    console.print(table)
    console.print(
        f"共 {len(summary.deliveries)} 次移交，{summary.paid_bytes / 1e6:,.0f} MB；真相另存于 truth/，不随移交。"
    )
    return 0


def _configure_measure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--truth", required=True, type=Path, metavar="目录", help="模拟世界的 truth 目录")
    parser.add_argument("--as-of", type=day, required=True, metavar="日期", help="截止日")
    add_format(parser, "table", "json")


def _run_measure(args: argparse.Namespace) -> int:
    if not (args.truth / "acts.parquet").exists():
        raise GoldenKeyError(f"“{args.truth}”中没有 acts.parquet：应为模拟世界的 truth/ 目录。")
    classes = measure_classes(args.home, args.truth, args.as_of)
    traced = measure_paths(args.home, args.truth, args.as_of)
    joins = measure_identities(args.home, args.truth, args.as_of)
    written = (args.truth / "accounts.parquet").exists()
    accounts = measure_accounts(args.home, args.truth, args.as_of) if written else None
    if args.format == "json":
        body = {
            "classes": json.loads(classes.to_json(orient="records", force_ascii=False)),
            "paths": asdict(traced),
            "joins": asdict(joins),
            "as_of": args.as_of.isoformat(),
            "as_of_why": GIVEN,
        }
        if accounts is not None:
            body["accounts"] = accounts.to_dict("records")
        sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")
        return 0
    print(f"截至 {CutDay(args.as_of, GIVEN)}")
    print_clue_accuracy(classes, traced, joins, accounts)
    return 0


COMMANDS: tuple[Command, ...] = (
    Command("world", _configure_world, _run_world, needs_home=never),
    Command("measure", _configure_measure, _run_measure),
    Command("population", configure_population, run_population),
)
"""Commands of this module, rows of `cli.COMMANDS`."""
