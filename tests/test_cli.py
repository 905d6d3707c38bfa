"""The command line: quick help, one sentence for every error, exit statuses, the home directory."""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest

import checks
import cli
from features.command import Command, add_format, day, days, never, nonnegative
from features.errors import GoldenKeyError, NotFoundError
from features.parser import Parser

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("pandas", "numpy", "pyarrow", "duckdb", "ibis", "lightgbm", "sklearn", "mlflow", "bentoml", "shap", "rich")


def runs(run: Callable[[argparse.Namespace], int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `probe` the only command."""
    module = ModuleType("probe_module")
    module.__dict__["COMMANDS"] = (Command("probe", lambda parser: None, run, never),)
    monkeypatch.setitem(sys.modules, "probe_module", module)
    monkeypatch.setattr(cli, "COMMANDS", (cli.CommandRow("probe", "试验。", "probe_module"),))


def raising(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        raise error

    return run


def modules_after(*argv: str) -> set[str]:
    """Modules imported by the end of a command, in a process of its own."""
    code = (
        "import contextlib, io, sys, cli\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    cli.main({list(argv)!r})\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    return set(done.stdout.split())


def test_help_imports_nothing_heavy_and_no_command() -> None:
    imported = modules_after("--help")
    assert "cli" in imported
    assert imported & set(HEAVY) == set()
    assert imported & {row.module for row in cli.COMMANDS} == set()


def test_a_command_imports_its_own_module_and_no_other() -> None:
    modules = {row.module for row in cli.COMMANDS}
    assert modules_after("test", "--help") & modules == {"checks"}
    assert modules_after("trace", "--help") & modules == {"features.commands.trace"}


def test_help_lists_the_commands_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    words = re.sub(r"\s+", "", capsys.readouterr().out)
    at = [words.find(row.name + re.sub(r"\s+", "", row.help.rstrip("。"))) for row in cli.COMMANDS]
    assert at == sorted(at)
    assert at[0] > 0


def test_every_command_has_a_name_and_a_sentence_of_its_own() -> None:
    for said in ([row.name for row in cli.COMMANDS], [row.help for row in cli.COMMANDS]):
        assert all(said)
        assert len(set(said)) == len(said)


@pytest.mark.parametrize("module", sorted({row.module for row in cli.COMMANDS}))
def test_a_module_of_commands_lists_those_of_its_rows_and_no_other(module: str) -> None:
    listed = [command.name for command in importlib.import_module(module).COMMANDS]
    assert listed == [row.name for row in cli.COMMANDS if row.module == module]


NEEDING = {
    "withdraw": ["1 --reason 误报"],
    "reread": ["1"],
    "batches": [""],
    "clues": ["（2023）浙9901执1号", "checklist （2023）浙9901执1号", "package --out {out}.toml"],
    "features": ["--as-of 2024-03-31 --out {out}.csv"],
    "explain": ["（2023）浙9901执1号"],
    "champion": ["", "--restore 1"],
    "promote": ["1 --by 甲"],
    "rollback": ["--by 甲 --reason 试"],
    "card": ["--out {out}.html"],
    "train": ["--as-of 2024-03-31"],
    "ablate": ["--truth {out} --as-of 2024-03-31 --days 2024-03-31"],
    "retrain": ["--as-of 2024-03-31 --actor 甲"],
    "backtest": ["--from 2023-03-31 --to 2024-03-31"],
    "examine": ["--as-of 2024-03-31"],
    "monitor": [""],
    "measure": ["--truth {out} --as-of 2024-03-31"],
    "population": ["--as-of 2024-03-31"],
    "score": [""],
    "queue": ["--office 339901"],
    "nightly": [""],
    "serve": [""],
    "actor": ["add 甲", "list"],
    "token": ["new 甲", "revoke 0123456789"],
    "audit": ["verify", "sample --out {out}.xlsx"],
    "leads": ["open", "list"],
    "outcomes": ["{out}.csv", "--report"],
}
"""Commands that work on a home, with words that they take."""
APART = {"demo", "ingest", "mapping", "template", "trace", "ruling", "loop", "world", "bench", "test"}
"""Commands that make a home, or use none."""


def test_every_command_says_whether_it_needs_a_home() -> None:
    assert {row.name for row in cli.COMMANDS} == NEEDING.keys() | APART


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("words", [f"{name} {more}" for name, some in NEEDING.items() for more in some])
def test_a_mistyped_home_is_refused_and_not_made(
    words: str, there: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, before = tmp_path / "mistyped", ["mistyped"] if there else []
    if there:
        home.mkdir()
    given = words.format(out=tmp_path / "out").split()
    assert cli.main([*given, "--home", str(home)]) == 2
    said = capsys.readouterr().err
    assert str(home) in said and "goldenkey ingest" in said
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == before


def test_a_broken_module_stops_its_own_command_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs(lambda arguments: 0, monkeypatch)
    (tmp_path / "broken_module.py").write_text("import a_module_nobody_has\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(cli, "COMMANDS", (*cli.COMMANDS, cli.CommandRow("broken", "坏的。", "broken_module")))
    assert cli.main(["probe"]) == 0
    assert cli.main(["--home", str(tmp_path), "broken"]) == 1
    assert "ModuleNotFoundError" in capsys.readouterr().err


@pytest.mark.parametrize("before", [True, False])
def test_a_command_that_cannot_be_imported_is_logged_under_the_home_given(
    before: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "failing_module.py").write_text("1 / 0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "COMMANDS", (cli.CommandRow("failing", "坏的。", "failing_module"),))
    home = ["--home", "elsewhere"]
    assert cli.main([*home, "failing"] if before else ["failing", *home]) == 1
    (log,) = (tmp_path / "elsewhere" / "logs").iterdir()
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "缺少参数 命令"),
        (["probe", "--nope"], "不认识的参数 --nope"),
        (["probe", "--home"], "后面缺少值"),
    ],
)
def test_mistyped_commands_get_one_sentence(
    argv: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs(lambda arguments: 0, monkeypatch)
    assert cli.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.count("\n") == 1


WORDS = re.findall(
    r"\S+",
    """文件 目录 路径 日期 数量 天数 金额 比例 种子 端口 地址 版本 版次 批次 编号 评分编号 案号 表名 列名 格式 方法 方案
    情形 做法 项目 动作 命令 姓名 名称 单位 部门 院代码 代码 类别 状态 方向 账户 币种 理由 文字 哈希""",
)
"""Words by which help names values: one word for one thing."""


def all_parsers() -> list[Parser]:
    """The parser of the program, those of all commands, and those of their actions."""
    parsers: list[argparse.ArgumentParser] = [cli.build_parser(())]
    for row in cli.COMMANDS:
        parser = Parser(prog=f"goldenkey {row.name}", description=row.help)
        row.load().configure(parser)
        parsers.append(parser)
    for parser in parsers:
        for action in parser._actions:
            parsers += action.choices.values() if isinstance(action, argparse._SubParsersAction) else ()
    assert all(isinstance(parser, Parser) for parser in parsers)
    return cast(list[Parser], parsers)


def test_every_argument_has_a_help_text_and_a_chinese_word_for_its_value() -> None:
    wrong = []
    for parser in all_parsers():
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                wrong += [(parser.prog, part.metavar) for part in action._choices_actions if not part.help]
            elif not action.help or (
                action.nargs != 0 and action.help != argparse.SUPPRESS and action.metavar not in WORDS
            ):
                wrong.append((parser.prog, action.dest))
    assert wrong == []


def test_help_is_chinese_and_names_the_choices() -> None:
    parsers = all_parsers()
    assert len(parsers) > len(cli.COMMANDS)
    for parser in parsers:
        text = parser.format_help()
        assert text.startswith("用法：")
        assert "显示本说明并退出" in text
        assert not re.search(r"usage|positional|options:|show this|[\ue000-\uf8ff]", text)
        for action in parser._actions:
            if action.choices is not None:
                assert all(str(choice) in text for choice in action.choices), (parser.prog, action.dest)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ("甲", "缺少参数 --size"),
        ("--size 3", "缺少参数 路径"),
        ("甲 --size x", "参数 --size 的值 x 无效，应为整数"),
        ("甲 --size 3 --share x", "参数 --share 的值 x 无效，应为数"),
        ("甲 --size 3 --on 2024", "参数 --on：应为日期（如 2024-03-01），收到“2024”"),
        ("甲 --size 3 --least -1", "参数 --least：须为不小于零的数，收到“-1”"),
        ("甲 --size 3 --format x", "参数 --format 的值 x 无效，可用的有 table、json"),
        ("甲 --size", "参数 --size 后面缺少值"),
        ("甲 --size 3 --pair 1", "参数 --pair 后面缺少值"),
        ("甲 --size 3 --dry=1", "参数 --dry 不带值，收到 1"),
        ("甲 --s 3", "参数 --s 写得不全，可能是 --size、--share"),
        ("甲 --size 3 --dry --wet", "参数 --wet 不能与 --dry 同用"),
        ("甲 --size 3 --none", "不认识的参数 --none"),
    ],
)
def test_every_mistake_is_told_in_one_chinese_sentence(argv: str, says: str) -> None:
    parser = Parser(prog="goldenkey probe")
    parser.add_argument("paths", nargs="+", metavar="路径", help="文件")
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--share", type=float)
    parser.add_argument("--on", type=day)
    parser.add_argument("--least", type=nonnegative)
    parser.add_argument("--pair", nargs=2)
    add_format(parser, "table", "json")
    either = parser.add_mutually_exclusive_group()
    for name in ("--dry", "--wet"):
        either.add_argument(name, action="store_true")
    with pytest.raises(GoldenKeyError) as refusal:
        parser.parse_args(argv.split())
    assert str(refusal.value) == f"命令行有误：{says}；用法见 goldenkey probe --help。"


DAYS = [
    ("2024-03-01", date(2024, 3, 1)),
    ("2024-02-29", date(2024, 2, 29)),
    ("20240101", date(2024, 1, 1)),
    *(
        (text, None)
        for text in ("2024-13-01", "2023-02-29", "2024-3-1", "2024/1/1", "2024.01.01", "31.03.2024", "2024")
    ),
    *((text, None) for text in ("昨天", "2024年3月1日", "２０２４-０３-０１", "2024-03-01 08:00", "March", " ", "")),
]
"""What may be typed for a day, and the day it is, None where it is refused."""


def day_options() -> list[tuple[Parser, argparse.Action]]:
    """Every option that takes a day or several, with its parser, in which nothing else need be given."""
    found = []
    for parser in all_parsers():
        for needed in (*parser._actions, *parser._mutually_exclusive_groups):
            needed.required = False
        found += [(parser, action) for action in parser._actions if action.metavar == "日期"]
    return found


def test_every_option_for_a_day_reads_and_refuses_alike() -> None:
    options = day_options()
    commands = {parser.prog.split()[1] for parser, _ in options}
    assert commands >= {"train", "retrain", "backtest", "ablate", "population", "measure", "trace", "explain"}
    wrong = []
    for (parser, action), (text, expected) in product(options, DAYS):
        option = action.option_strings[0]
        try:
            got = vars(parser.parse_args([f"{option}={text}"]))[action.dest]
        except GoldenKeyError as refusal:
            got = str(refusal)
        says = f"命令行有误：参数 {option}：应为日期（如 2024-03-01），收到“{text}”；用法见 {parser.prog} --help。"
        if got not in ((expected, (expected,)) if expected else (says,)):
            wrong.append((parser.prog, option, text, got))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2024-03-01", (date(2024, 3, 1),)),
        ("2024-03-01,2024-06-30", (date(2024, 3, 1), date(2024, 6, 30))),
        (" 2024-03-01 , 2024-06-30, ", (date(2024, 3, 1), date(2024, 6, 30))),
        ("2024-03-01,昨天", "昨天"),
        (" , ", " , "),
        ("", ""),
    ],
)
def test_several_days_are_separated_by_commas(text: str, read: tuple[date, ...] | str) -> None:
    if isinstance(read, str):
        with pytest.raises(argparse.ArgumentTypeError, match=f"收到“{re.escape(read)}”$"):
            days(text)
    else:
        assert days(text) == read


def test_home_comes_from_the_option_then_the_environment_then_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []

    def run(arguments: argparse.Namespace) -> int:
        seen.append(arguments.home)
        return 0

    runs(run, monkeypatch)
    monkeypatch.delenv("GOLDENKEY_HOME", raising=False)
    cli.main(["probe"])
    monkeypatch.setenv("GOLDENKEY_HOME", "elsewhere")
    cli.main(["probe"])
    cli.main(["--home", "before", "probe"])
    cli.main(["probe", "--home", "after"])
    assert seen == [Path("home"), Path("elsewhere"), Path("before"), Path("after")]


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (GoldenKeyError("某列缺失。"), 2, "某列缺失。"),
        (NotFoundError("没有这个案号。"), 2, "没有这个案号。"),
        (KeyboardInterrupt(), 130, "已中断"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "磁盘空间不足"),
        (RuntimeError("duckdb: No space left on device"), 2, "磁盘空间不足"),
        (PermissionError(errno.EACCES, "Permission denied", "/somewhere"), 2, "没有权限访问 /somewhere"),
    ],
)
def test_foreseen_errors(
    error: BaseException,
    status: int,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    runs(raising(error), monkeypatch)
    assert cli.main(["probe", "--home", str(tmp_path)]) == status
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err
    assert list(tmp_path.iterdir()) == []


def test_an_unforeseen_error_leaves_its_traceback_in_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs(raising(ZeroDivisionError("990001198506070019")), monkeypatch)
    assert cli.main(["probe", "--home", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    (log,) = (tmp_path / "logs").iterdir()
    assert "ZeroDivisionError: 990001********0019" in log.read_text(encoding="utf-8")
    assert str(log) in err
    # The message may hold personal values: only its class is shown.
    assert "990001198506070019" not in err


def test_a_reader_that_leaves_is_no_error() -> None:
    code = (
        "import sys, cli; from features.command import Command, never; "
        "rows = lambda arguments: [print('x' * 100) for _ in range(100000)] and 0; "
        "cli.CommandRow.load = lambda row: Command('probe', lambda parser: None, rows, never); "
        "cli.COMMANDS = (cli.CommandRow('probe', '试验。', 'cli'),); sys.exit(cli.main(['probe']))"
    )
    command = f'{sys.executable!s} -c "$CODE" | head -1'
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env={**os.environ, "CODE": code},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stderr == ""
    assert done.stdout == "x" * 100 + "\n"


def test_a_pipe_other_than_standard_output_that_breaks_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def run(arguments: argparse.Namespace) -> int:
        reading, writing = os.pipe()
        os.close(reading)
        try:
            return os.write(writing, b"to a helper that died")
        finally:
            os.close(writing)

    runs(run, monkeypatch)
    assert cli.main(["probe", "--home", str(tmp_path)]) == 1
    assert "BrokenPipeError" in capfd.readouterr().err
    assert len(list((tmp_path / "logs").iterdir())) == 1


def test_telemetry_is_off_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}

    def run(arguments: argparse.Namespace) -> int:
        seen.update({name: os.environ[name] for name in cli.TELEMETRY_OFF})
        return 0

    runs(run, monkeypatch)
    for name in cli.TELEMETRY_OFF:
        monkeypatch.setenv(name, "false")
    cli.main(["probe"])
    assert seen == cli.TELEMETRY_OFF


@pytest.mark.parametrize(
    ("module", "check"),
    [
        ("mlflow.environment_variables", "module.MLFLOW_DISABLE_TELEMETRY.get()"),
        ("bentoml._internal.utils.analytics.usage_stats", "module.do_not_track()"),
    ],
)
@pytest.mark.slow
def test_libraries_know_the_switches(module: str, check: str) -> None:
    code = "import importlib, os, cli; os.environ.update(cli.TELEMETRY_OFF); "
    code += f"module = importlib.import_module({module!r}); print({check})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip().splitlines()[-1] == "True"


@pytest.mark.parametrize(
    ("fast", "long", "left_out"),
    [(False, False, {"long"}), (True, False, {"slow", "long"}), (False, True, set()), (True, True, {"slow"})],
)
def test_long_tests_run_when_asked_for(fast: bool, long: bool, left_out: set[str]) -> None:
    """The expression is evaluated as pytest does, a mark being true where a test bears it; an empty one runs all."""
    expression = checks.selected_markers(fast, long)
    for mark in ("slow", "long", ""):
        bears = {name: name == mark for name in ("slow", "long")}
        assert (not expression or eval(expression, bears)) == (mark not in left_out)
