"""The command `bench`: measure speed against named peers."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from rich.table import Table

from evaluation.bench.cases import CASES
from evaluation.bench.links import time_foreign_network
from features.command import Command, never
from features.errors import GoldenKeyError
from features.terminal import open_console


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="项目", help="只测这些项目（默认全部）")
    parser.add_argument(
        "--data", type=Path, metavar="目录", help="另测资金网络追踪：含 nodes.csv、transactions.csv 的文件夹"
    )


def _run(args: argparse.Namespace) -> int:
    unknown = [name for name in args.names if name not in CASES]
    if unknown:
        raise GoldenKeyError(f"没有名为 {'、'.join(unknown)} 的性能项目：可用的有 {'、'.join(CASES)}。")
    table = Table(title="性能（同机同次与对照之比，小于 1 为更快）")
    for heading in ("项目", "工作", "本系统（秒）", "对照", "对照（秒）", "比值"):
        table.add_column(heading)
    chosen = [CASES[name] for name in args.names or (() if args.data else CASES)]
    if args.data:
        chosen.append(partial(time_foreign_network, args.data))
    for case in chosen:
        timing = case()
        table.add_row(
            timing.name, timing.job, f"{timing.ours:.2f}", timing.peer, f"{timing.theirs:.2f}", f"{timing.ratio:.2f}"
        )
    open_console().print(table)
    return 0


COMMANDS: tuple[Command, ...] = (Command("bench", _configure, _run, needs_home=never),)
"""Commands of this module, rows of `cli.COMMANDS`."""
