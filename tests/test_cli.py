"""The command line: quick help, one sentence for every error, exit statuses, the home directory."""

from __future__ import annotations

import argparse
import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import cli
from features.command import Command
from features.errors import GoldenKeyError, NotFoundError

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("pandas", "numpy", "pyarrow", "duckdb", "ibis", "lightgbm", "sklearn", "mlflow", "bentoml", "shap", "rich")


def runs(run: Callable[[argparse.Namespace], int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `probe` the only command."""
    command = Command("probe", "试验。", lambda parser: None, run)
    monkeypatch.setattr(cli, "commands", lambda: (command,))


def raising(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        raise error

    return run


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, cli; cli.build_parser(cli.commands()).format_help(); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


def test_every_command_has_a_sentence_of_its_own() -> None:
    listed = cli.commands()
    sentences = [command.help for command in listed]
    assert all(sentences)
    assert len(set(sentences)) == len(sentences)


def test_a_room_that_does_not_exist_yet_is_left_out_and_a_broken_one_is_not(tmp_path: Path) -> None:
    assert [command.name for command in cli.commands(("no_such_room.commands",))] == ["test"]
    (tmp_path / "broken_room.py").write_text("import a_module_nobody_has\n", encoding="utf-8")
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(ModuleNotFoundError, match="a_module_nobody_has"):
            cli.commands(("broken_room",))
    finally:
        sys.path.remove(str(tmp_path))


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
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")
    assert str(log) in err
    # The message may hold personal values: only its class is shown.
    assert "990001198506070019" not in err


def test_a_reader_that_leaves_is_no_error() -> None:
    code = (
        "import sys, cli; from features.command import Command; "
        "rows = lambda arguments: [print('x' * 100) for _ in range(100000)] and 0; "
        "cli.commands = lambda: (Command('probe', '试验。', lambda parser: None, rows),); sys.exit(cli.main(['probe']))"
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


def test_telemetry_is_off_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}

    def run(arguments: argparse.Namespace) -> int:
        seen.update({name: os.environ[name] for name in cli.OFFLINE})
        return 0

    runs(run, monkeypatch)
    for name in cli.OFFLINE:
        monkeypatch.setenv(name, "false")
    cli.main(["probe"])
    assert seen == cli.OFFLINE


@pytest.mark.parametrize(
    ("module", "check"),
    [
        ("mlflow.environment_variables", "module.MLFLOW_DISABLE_TELEMETRY.get()"),
        ("bentoml._internal.utils.analytics.usage_stats", "module.do_not_track()"),
    ],
)
@pytest.mark.slow
def test_libraries_know_the_switches(module: str, check: str) -> None:
    code = "import importlib, os, cli; os.environ.update(cli.OFFLINE); "
    code += f"module = importlib.import_module({module!r}); print({check})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip().splitlines()[-1] == "True"
