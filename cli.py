"""The command line: one parser over the rows of `COMMANDS`; a command's module is imported when the command runs.

So `--help` imports nothing heavy and answers at once, and command modules import what they need at the top. Every error
reaches the user as one sentence, with exit status 2 for bad input and 1 for a fault of ours (its traceback goes to a
file under the home directory).
"""

from __future__ import annotations

import argparse
import errno
import gc
import importlib
import os
import select
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from features.command import Command
from features.errors import GoldenKeyError, reason_of
from features.files.home import DEFAULT, check_home, check_is_there
from features.files.names import shown_name
from features.parser import Parser


@dataclass(frozen=True, slots=True)
class CommandRow:
    """A line of `--help` and where the command stands.

    Attributes:
        name: the word typed.
        help: one sentence.
        module: module whose `COMMANDS` hold the command; imported only when the command is run or its own help asked.
    """

    name: str
    help: str
    module: str

    def load(self) -> Command:
        """The command itself."""
        found = {command.name: command for command in importlib.import_module(self.module).COMMANDS}
        return cast(Command, found[self.name])


COMMANDS = (
    CommandRow("demo", "用虚构数据走完全程：模拟、导入、训练、评分、列清单、对照真相、启动服务。", "demo"),
    CommandRow("ingest", "导入文件、交接文件夹或数据库表", "features.commands.pool"),
    CommandRow("withdraw", "撤回已导入的批次", "features.commands.pool"),
    CommandRow("reread", "按现行规则重读某批次的原文件，以新批次取代（知悉日不变）", "serving.commands.reread"),
    CommandRow("batches", "列出已导入的批次及其法律依据", "features.commands.pool"),
    CommandRow("mapping", "按文件的表头写出外来格式的对应关系初稿", "features.commands.mapping"),
    CommandRow("template", "写出空白的导入模板（xlsx）", "features.commands.pool"),
    CommandRow(
        "clues", "线索目录、单个监督模型的模板和运行、本院设置；或一案的全部线索及其依据行。", "features.commands.clues"
    ),
    CommandRow("features", "把某日的特征矩阵写成文件。", "features.commands.clues"),
    CommandRow("trace", "追踪流水文件中一个账户的资金去向（不需要数据池）。", "features.commands.trace"),
    CommandRow("ruling", "读取执行裁定书文本：当事人、日期、措施、金额、法条，并作核对。", "features.commands.ruling"),
    CommandRow("explain", "说明一件案件的得分：依据、来源行、应先排除的情形和下一步", "models.commands.explain"),
    CommandRow("champion", "在用模型：现状、历史（谁批准、凭什么），或从登记处核对", "models.commands.champion"),
    CommandRow("promote", "批准一个经准入检验的模型；第二人批准时启用", "models.commands.champion"),
    CommandRow("rollback", "把在用模型退回到它所取代的模型（一人决定，须写原因）", "models.commands.champion"),
    CommandRow("card", "写出一个模型版本的模型卡（单个 HTML 文件，可离线阅读和打印）", "models.commands.card"),
    CommandRow("train", "用已审结的审查或外来特征矩阵训练模型并登记", "training.commands.train"),
    CommandRow("ablate", "在模拟世界上比较线索目录的各部分值多少（需要 truth/）", "training.commands.train"),
    CommandRow(
        "retrain", "重新训练：标签、候选、回测、准入检验、登记为挑战模型（不启用）", "training.commands.retrain"
    ),
    CommandRow("backtest", "滚动回测：各季以当时已知标签训练，与基准排序对照", "training.commands.backtest"),
    CommandRow("examine", "检查一个模型：解释是否属实、稳定，各群体的负担与收益。", "training.commands.examine"),
    CommandRow(
        "monitor",
        "季度之间的监测：分布与覆盖、移交间隔、预期准确率、清单的使用；有需要关注的事项时退出码为 3",
        "training.commands.monitor",
    ),
    CommandRow("loop", "闭环模拟：各种选案做法逐季审查、学习，三年后比较（虚构世界）", "training.commands.loop"),
    CommandRow(
        "world", "模拟一批案件历史：按移交日期输出办案机关收到的文件，真相另存。", "evaluation.commands.world_and_clues"
    ),
    CommandRow(
        "measure",
        "线索与模拟世界的真相对照：各类行为的命中、准确率、查全率，资金路径，身份比对，账户的合与拆。",
        "evaluation.commands.world_and_clues",
    ),
    CommandRow(
        "population",
        "由各院清单的随机层推算全部终本案件：疑似隐匿转移财产的比例、件数和可回收金额，附区间。",
        "evaluation.commands.world_and_clues",
    ),
    CommandRow("bench", "测量速度：与指定对照同机同次之比。", "evaluation.commands.bench"),
    CommandRow("score", "给某日全部在范围内的终本案件评分，记入台账。", "serving.commands.queue"),
    CommandRow("queue", "形成一个院的线索队列，连同全部待选案件的入选概率记入台账。", "serving.commands.queue"),
    CommandRow(
        "nightly", "每夜：导入移交、截面、评分、各院清单、财产线索、监测，一步一步；中断后重新运行即接着做。", "nightly"
    ),
    CommandRow("serve", "启动评分服务和页面（需访问令牌）。", "serving.commands.serve"),
    CommandRow("actor", "操作人名册：登记、停用、启用。", "serving.commands.access"),
    CommandRow("token", "访问令牌：新发、列出、撤销。", "serving.commands.access"),
    CommandRow("audit", "核验审计链，重算一个评分，抽取提供过的解释交人工复核。", "serving.commands.audit"),
    CommandRow("leads", "财产线索：筛出、列出、查看、标为有效或无效、推送部门、类案、导出。", "serving.commands.leads"),
    CommandRow(
        "outcomes", "登记监督结果（审查、建议、采纳、到位），或按季度列出监督结果。", "serving.commands.outcomes"
    ),
    CommandRow("test", "运行全部检查：格式、规范、类型、分层、测试、文档。", "checks"),
)
"""Every command, in the order of `--help`."""

TELEMETRY_OFF = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""Switches of our libraries' telemetry, forced whatever the user's environment says (PIPL article 36)."""

PRIVATE = 0o077
"""File mode mask of every command: what it writes can be read by its user alone."""


class CommandParser(Parser):
    """The parser of one command; it imports the command's module when it is first used."""

    row: CommandRow | None = None

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:  # type: ignore[override]
        """Add the command's own arguments, then parse."""
        if self.row is not None:
            command, self.row = self.row.load(), None
            command.configure(self)
            self.set_defaults(run=command.run, needs_home=command.needs_home)
        return super().parse_known_args(args, namespace)


def build_parser(rows: Sequence[CommandRow] = COMMANDS) -> argparse.ArgumentParser:
    """The parser over these commands; `--home` may stand before or after the command."""
    parser = Parser(prog="goldenkey", description="金钥匙：终本执行案件检察监督的线索排序与说明（结果仅为待核实线索）")
    _add_home(parser, _default_home())
    children = parser.add_subparsers(
        dest="command", metavar="命令", title="命令", required=True, parser_class=CommandParser
    )
    for row in rows:
        child = children.add_parser(row.name, help=row.help.rstrip("。"), description=row.help)
        _add_home(child, argparse.SUPPRESS)
        child.row = row
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    os.environ.update(TELEMETRY_OFF)
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
    home = _default_home()
    mask = os.umask(PRIVATE)
    try:
        home = _given_home(argv)
        arguments = build_parser(COMMANDS).parse_args(argv)
        check_home(home)
        if arguments.needs_home(arguments):
            check_is_there(home)
        os.environ.setdefault("BENTOML_HOME", str(home.absolute() / "bentoml"))
        status = cast(Callable[[argparse.Namespace], int], arguments.run)(arguments)
        sys.stdout.flush()
    except GoldenKeyError as error:
        return _print_error(str(error), error.exit_status)
    except KeyboardInterrupt:
        return _print_error("已中断；已完成的部分保留，重新运行同一命令即可继续。", 130)
    except BrokenPipeError as error:
        if not _reader_left():
            return _report_unexpected(error, home)
        # The interpreter must not complain while it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        return _report_unexpected(error, home)
    finally:
        os.umask(mask)
    return status


def _default_home() -> Path:
    return Path(os.environ.get("GOLDENKEY_HOME") or DEFAULT)


def _given_home(argv: Sequence[str] | None) -> Path:
    """The home directory of a command line, known before the command's module is imported (which may fail)."""
    parser = Parser(prog="goldenkey", add_help=False)
    _add_home(parser, _default_home())
    return cast(Path, parser.parse_known_args(argv)[0].home)


def _cannot_be_made(home: Path, error: Exception) -> bool:
    """Whether an error is that the home, which is not there, could not be made where it was to be (/proc, say)."""
    if not isinstance(error, OSError) or not error.filename or home.is_dir():
        return False
    place = Path(os.fsdecode(error.filename))
    return place.is_relative_to(home) or home.is_relative_to(place)


def _reader_left() -> bool:
    """Whether whoever read our standard output has closed it (`| head`)."""
    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):
        return False
    return any(state & select.POLLERR for _, state in poll.poll(0))


def _add_home(parser: argparse.ArgumentParser, default: Path | str) -> None:
    parser.add_argument(
        "--home",
        type=Path,
        default=default,
        metavar="目录",
        help="数据目录，存放数据池、业务库和模型（也可用环境变量 GOLDENKEY_HOME，默认 ./home）",
    )


def _print_error(sentence: str, status: int) -> int:
    print(shown_name(sentence), file=sys.stderr)
    return status


def _report_unexpected(error: Exception, home: Path) -> int:
    """Print one sentence for an unexpected error; the traceback goes to a file under `home`/logs."""
    if getattr(error, "errno", None) == errno.ENOSPC or "No space left on device" in str(error):
        return _print_error("磁盘空间不足，操作未完成，已有数据未改动；请清理空间后重新运行同一命令。", 2)
    if isinstance(error, PermissionError) and error.filename:
        return _print_error(f"没有权限访问 {error.filename}；请检查该文件或目录的权限，或用 --home 换一个数据目录。", 2)
    if _cannot_be_made(home, error):
        return _print_error(f"数据目录 {home} 无法建立，请核对 --home 和目录权限。", 2)
    what = f"程序内部错误（{type(error).__name__}）"
    log = home / "logs" / f"error-{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        # Imported here: it loads Arrow, which most commands that fail at their arguments never need.
        from features.rules.masking import mask_numbers

        log.write_text(mask_numbers("".join(traceback.format_exception(error))), encoding="utf-8")
    except OSError as failed:
        return _print_error(f"{what}，且无法写入日志 {log}（{reason_of(failed)}）。", 1)
    return _print_error(f"{what}，操作未完成；详情已写入 {log}，请将该文件交给维护人员。", 1)


if __name__ == "__main__":
    # Writing a query makes a million objects that soon go: looking through all others for each 700 costs a fifth more.
    gc.set_threshold(100_000, 20, 50)
    sys.exit(main())
