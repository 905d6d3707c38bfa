"""The command `examine`: audit a model's explanations and the group fairness of its lists; store both reports."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from evaluation.explanations.audit import audit_explanations
from evaluation.explanations.tables import print_explanations, print_group_fairness
from evaluation.lists.by_group import group_fairness, known_outcomes
from features.command import Command, add_format, day
from features.errors import GoldenKeyError
from features.facts.lookup import GIVEN, CutDay
from features.matrix import build_matrix
from features.terminal import open_console
from models.registry import registry, reports
from models.selection.capacity import CAPACITY_HELP, resolve_capacity
from training.commands.options import add_threads
from training.fitting.refits import model_refits
from training.fitting.train import fixed_directions


def _configure_examine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", metavar="版本", help="模型版本（默认在用的模型）")
    parser.add_argument("--as-of", type=day, required=True, metavar="日期", help="在哪一天的待选案件上检查")
    parser.add_argument("--truth", type=Path, metavar="目录", help="模拟世界的 truth/ 目录（真实数据没有）")
    parser.add_argument("--capacity", type=int, metavar="数量", help=f"每院清单容量（{CAPACITY_HELP}）")
    parser.add_argument(
        "--refits", type=int, default=5, metavar="数量", help="重抽样和打乱标签各重训几次，0 为不做（默认 5）"
    )
    parser.add_argument("--smallest", type=int, default=30, metavar="数量", help="少于此数的组不列（默认 30）")
    add_threads(parser)
    add_format(parser, "table", "json")


def _run_examine(args: argparse.Namespace) -> int:
    if args.truth is not None and not (args.truth / "episodes.parquet").exists():
        raise GoldenKeyError(f"“{args.truth}”中没有 episodes.parquet：应为模拟世界的 truth/ 目录。")
    capacity = resolve_capacity(args.capacity)
    if args.refits < 0 or args.smallest < 1:
        raise GoldenKeyError("参数 --smallest 应为正整数，--refits 不得为负。")
    version = args.version or registry.current_version(args.home)
    explained = _explanations(args, version)
    carried = group_fairness(args.home, version, args.as_of, capacity, args.truth, args.smallest)
    bodies = {"explanations": explained, "burden": carried}
    for name, body in bodies.items():
        reports.write_report(args.home, version, name, body)
    if args.format == "json":
        at = {"as_of": args.as_of.isoformat(), "as_of_why": GIVEN}
        sys.stdout.write(json.dumps(bodies | at, ensure_ascii=False) + "\n")
        return 0
    console = open_console(piped_width=150)
    console.print(f"截至 {CutDay(args.as_of, GIVEN)}")
    print_explanations(explained, console)
    print_group_fairness(carried, console)
    console.print(f"已写入模型 {version} 的材料：解释检查、分组负担。")
    return 0


def _explanations(args: argparse.Namespace, version: str) -> dict[str, Any]:
    """The audit of explanations, with refits where they are asked for and the model was trained on the pool."""
    model = registry.load(args.home, version, args.threads)
    matrix = build_matrix(args.home, args.as_of)
    again = (
        model_refits(args.home, model.as_of, threads=args.threads) if args.refits and model.as_of is not None else None
    )
    directions = {name: sign for name, sign in fixed_directions().items() if name in model.columns}
    return audit_explanations(
        model,
        matrix,
        again.bootstrap if again else None,
        null_refit=again.shuffled if again else None,
        later=again.later if again else None,
        outcome=known_outcomes(args.home, matrix, args.truth),
        directions=directions,
        rounds=args.refits,
    )


COMMANDS: tuple[Command, ...] = (Command("examine", _configure_examine, _run_examine),)
"""The command of this module."""
