"""Command `test`: format, lint, types, layers of imports, then the tests."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from features.command import Command, never

ROOT = Path(__file__).resolve().parent

CHECKS = (
    ("格式", ("-m", "ruff", "format", "--check", ".")),
    ("规范", ("-m", "ruff", "check", ".")),
    ("类型", ("-m", "mypy")),
    ("分层", ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")),
)
"""Checks that come before the tests: 中文 name and what Python is to run."""

SPREAD = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""How the tests are spread: file by file over two processes, in the order of collection."""


def selected_markers(fast: bool, long: bool) -> str:
    """The expression for `pytest -m`: `long` tests run only when asked for, `slow` ones unless `fast`.

    >>> selected_markers(fast=True, long=False)
    'not slow and not long'
    """
    left_out = [name for name, without in (("slow", fast), ("long", not long)) if without]
    return " and ".join(f"not {name}" for name in left_out)


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="路径", help="只运行这些测试文件或目录（默认全部）")
    parser.add_argument("--fast", action="store_true", help="跳过标记为 slow 的测试")
    parser.add_argument(
        "--long", action="store_true", help="另加标记为 long 的测试（长时运行、模糊测试、大规模、故障、浏览器）"
    )


def _run(args: argparse.Namespace) -> int:
    failed = []
    for name, command in CHECKS:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, *command], cwd=ROOT).returncode:
            failed.append(name)
    print("== 测试", flush=True)
    tests = ["-m", "pytest", *SPREAD, *args.paths, "-m", selected_markers(args.fast, args.long)]
    if subprocess.run([sys.executable, *tests], cwd=ROOT).returncode:
        failed.append("测试")
    if failed:
        print(f"检查未通过：{'、'.join(failed)}。", file=sys.stderr)
    return 1 if failed else 0


COMMANDS = (Command("test", _configure, _run, needs_home=never),)
