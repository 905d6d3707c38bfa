"""The command line: one parser over the commands that each room lists in its `commands`.

Nothing heavy is imported here, so `--help` answers at once; every error reaches the user as one sentence, with exit
status 2 for bad input and 1 for a fault of ours (its traceback goes to a file under the home directory).
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn, cast

from features.command import Command
from features.errors import GoldenKeyError

ROOT = Path(__file__).resolve().parent

ROOMS = (
    "demo",
    "features.commands.pool",
    "features.commands.clues",
    "features.commands.trace",
    "features.commands.ruling",
    "models.commands.explain",
    "models.commands.champion",
    "models.commands.card",
    "training.commands.train",
    "training.commands.retrain",
    "training.commands.backtest",
    "training.commands.examine",
    "training.commands.monitor",
    "training.commands.loop",
    "evaluation.commands.world_and_clues",
    "evaluation.commands.bench",
    "serving.commands",
    "serving.audits.commands",
    "serving.leads.commands",
    "serving.outcomes.commands",
)
"""Modules that list commands, in the order of `--help`."""

OFFLINE = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""Switches of our libraries' telemetry, forced whatever the user's environment says (PIPL article 36)."""

CHECKS = (
    ("格式", ("-m", "ruff", "format", "--check", ".")),
    ("规范", ("-m", "ruff", "check", ".")),
    ("类型", ("-m", "mypy")),
    ("分层", ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")),
)
"""Checks of `test` that come before the tests: 中文 name and what Python is to run."""

SPREAD = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""How the tests are spread: file by file over two processes, in the order of collection."""

_ARGPARSE = (
    (r"the following arguments are required: (.+)", r"缺少参数 \1"),
    (r"unrecognized arguments: (.+)", r"不认识的参数 \1"),
    (r"argument (\S+): invalid choice: (\S+) \(choose from (.+)\)", r"参数 \1 的值 \2 无效，可用的有 \3"),
    (r"argument ([^:]+): invalid (?:\S+ )?value: (.+)", r"参数 \1 的值 \2 无效"),
    (r"argument ([^:]+): expected (?:one|at least one|\d+) arguments?", r"参数 \1 后面缺少值"),
    (r"argument ([^:]+): (.+)", r"参数 \1：\2"),
)
"""Sentences of argparse that users meet most, and ours."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one Chinese sentence."""

    def error(self, message: str) -> NoReturn:
        """Raise the error as a GoldenKeyError instead of printing the usage and leaving."""
        for pattern, replacement in _ARGPARSE:
            if re.fullmatch(pattern, message, re.DOTALL):
                message = re.sub(pattern, replacement, message, flags=re.DOTALL)
                break
        raise GoldenKeyError(f"命令行有误：{message}；用法见 {self.prog} --help。")


def commands(rooms: Sequence[str] = ROOMS) -> tuple[Command, ...]:
    """Every command of the rooms, then `test`. ValueError when two rooms use one name."""
    found = [command for room in rooms for command in _room(room)]
    found.append(Command("test", "运行全部检查：格式、规范、类型、分层、测试、文档。", _configure_test, _run_test))
    names = [command.name for command in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"commands listed twice: {', '.join(twice)}")
    return tuple(found)


def build_parser(listed: Sequence[Command]) -> argparse.ArgumentParser:
    """The parser over these commands; `--home` may stand before or after the command."""
    parser = Parser(prog="goldenkey", description="金钥匙：终本执行案件检察监督的线索排序与说明（结果仅为待核实线索）")
    _add_home(parser, Path(os.environ.get("GOLDENKEY_HOME") or "home"))
    rows = parser.add_subparsers(dest="command", metavar="命令", title="命令", required=True, parser_class=Parser)
    for command in listed:
        child = rows.add_parser(command.name, help=command.help.rstrip("。"), description=command.help)
        _add_home(child, argparse.SUPPRESS)
        command.configure(child)
        child.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    os.environ.update(OFFLINE)
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
    home = Path(os.environ.get("GOLDENKEY_HOME") or "home")
    try:
        arguments = build_parser(commands()).parse_args(argv)
        home = arguments.home
        os.environ.setdefault("BENTOML_HOME", str(home.absolute() / "bentoml"))
        status = cast(Callable[[argparse.Namespace], int], arguments.run)(arguments)
        sys.stdout.flush()
    except GoldenKeyError as error:
        return _say(str(error), error.exit_status)
    except KeyboardInterrupt:
        return _say("已中断；已完成的部分保留，重新运行同一命令即可继续。", 130)
    except BrokenPipeError:
        # The reader went away (`| head`): the interpreter must not complain while it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        return _unexpected(error, home)
    return status


def _add_home(parser: argparse.ArgumentParser, default: Path | str) -> None:
    parser.add_argument(
        "--home",
        type=Path,
        default=default,
        metavar="目录",
        help="数据目录，存放数据池、业务库和模型（也可用环境变量 GOLDENKEY_HOME，默认 ./home）",
    )


def _room(name: str) -> tuple[Command, ...]:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            return ()
        raise
    return cast(tuple[Command, ...], module.COMMANDS)


def _say(sentence: str, status: int) -> int:
    print(sentence, file=sys.stderr)
    return status


def _unexpected(error: Exception, home: Path) -> int:
    """One sentence for an error nobody foresaw; the traceback goes to a file under `home`/logs."""
    if getattr(error, "errno", None) == errno.ENOSPC or "No space left on device" in str(error):
        return _say("磁盘空间不足，操作未完成，已有数据未改动；请清理空间后重新运行同一命令。", 2)
    if isinstance(error, PermissionError) and error.filename:
        return _say(f"没有权限访问 {error.filename}；请检查该文件或目录的权限，或用 --home 换一个数据目录。", 2)
    what = f"程序内部错误（{type(error).__name__}）"
    log = home / "logs" / f"error-{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError as failed:
        return _say(f"{what}，且无法写入日志 {log}（{failed.strerror}）。", 1)
    return _say(f"{what}，操作未完成；详情已写入 {log}，请将该文件交给维护人员。", 1)


def _configure_test(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="路径", help="只运行这些测试文件或目录（默认全部）")
    parser.add_argument("--fast", action="store_true", help="跳过标记为 slow 的测试")


def _run_test(arguments: argparse.Namespace) -> int:
    failed = []
    for name, command in CHECKS:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, *command], cwd=ROOT).returncode:
            failed.append(name)
    tests = [sys.executable, "-m", "pytest", *SPREAD, *arguments.paths]
    if arguments.fast:
        tests += ["-m", "not slow"]
    print("== 测试", flush=True)
    if subprocess.run(tests, cwd=ROOT).returncode:
        failed.append("测试")
    return _say(f"检查未通过：{'、'.join(failed)}。", 1) if failed else 0


if __name__ == "__main__":
    sys.exit(main())
