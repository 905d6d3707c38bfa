"""The launcher: which Python it takes, when it makes the environment, and what the lock file holds."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {"features", "models", "training", "evaluation", "serving"}

# Stands for an interpreter: answers the launcher's questions, writes down what it was asked to make, runs the program.
STUB = """#!/bin/sh
case "$1" in
-c) exit 0 ;;
-V) echo "Python 3.12.0" ;;
-m)
    echo "$2" >>"$LOG"
    if [ "$2" = venv ]; then
        sleep "${SLOW:-0}"
        mkdir -p "$4/bin" && cp "$0" "$4/bin/python"
    else
        [ -z "${FAIL:-}" ] || exit 1
    fi
    ;;
*) exec "$REAL" "$@" ;;
esac
"""
CLI = "import sys; print(sys.argv[1:])\n"


class Copy:
    """A copy of the launcher in a folder of its own, with interpreters that only pretend."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a folder"
        self.bin = folder / "bin"
        self.log = folder / "log"
        self.root.mkdir()
        self.bin.mkdir()
        (folder / "home").mkdir()
        shutil.copy(ROOT / "goldenkey", self.root / "goldenkey")
        (self.root / "requirements.lock").write_text("one==1\n", encoding="utf-8")
        (self.root / "cli.py").write_text(CLI, encoding="utf-8")
        self.env = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(folder / "home"),
            "LOG": str(self.log),
            "REAL": sys.executable,
        }
        self.stub("python3.13", STUB)

    def stub(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text, encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.root / "goldenkey"), *arguments],
            cwd=self.bin,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, *arguments: str, **env: str) -> tuple[int, str, str]:
        process = self.start(*arguments, **env)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def made(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").split() if self.log.exists() else []


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_first_start_makes_the_environment_and_the_second_only_runs(copy: Copy) -> None:
    assert copy.run("a b", "c")[:2] == (0, "['a b', 'c']\n")
    assert copy.made() == ["venv", "pip"]
    assert copy.run("again") == (0, "['again']\n", "")
    assert copy.made() == ["venv", "pip"]


def test_a_changed_lock_makes_the_environment_anew(copy: Copy) -> None:
    copy.run()
    (copy.root / "requirements.lock").write_text("one==2\n", encoding="utf-8")
    copy.run()
    assert copy.made() == ["venv", "pip"] * 2


def test_a_failed_installation_is_named_and_done_again(copy: Copy) -> None:
    status, out, err = copy.run(FAIL="yes")
    assert (status, out) == (1, "")
    assert "运行环境安装失败" in err
    assert copy.run("now")[:2] == (0, "['now']\n")


def test_an_interrupted_installation_leaves_nothing_that_is_taken_for_whole(copy: Copy) -> None:
    process = copy.start(SLOW="1")
    while not copy.made():
        assert process.poll() is None
    process.kill()
    process.communicate()
    # Killed outright it could not take its lock away: the next start sees that nobody holds it.
    assert (copy.root / ".venv.lock").readlink() == Path(f"pid-{process.pid}")
    assert copy.run("now")[:2] == (0, "['now']\n")
    assert not (copy.root / ".venv.lock").is_symlink()


def test_two_at_once_make_one_environment(copy: Copy) -> None:
    first, second = copy.start("1", SLOW="1"), copy.start("2", SLOW="1")
    assert {first.communicate(timeout=60)[0], second.communicate(timeout=60)[0]} == {"['1']\n", "['2']\n"}
    assert copy.made() == ["venv", "pip"]


def test_a_shim_that_does_not_run_is_passed_over(copy: Copy) -> None:
    copy.stub("python3.13", "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n")
    copy.stub("python3.12", STUB)
    assert copy.run("ok")[:2] == (0, "['ok']\n")


def test_without_python_it_says_so_in_one_sentence(copy: Copy) -> None:
    for name in ("python3.13", "python3.12", "python3.11", "python3", "python", "uv"):
        copy.stub(name, "#!/bin/sh\nexit 1\n")
    status, out, err = copy.run()
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "没有找到可用的 Python" in err


def test_it_runs_through_a_link_and_without_a_home(copy: Copy) -> None:
    (copy.bin / "goldenkey").symlink_to(copy.root / "goldenkey")
    env = {name: value for name, value in copy.env.items() if name != "HOME"}
    done = subprocess.run([str(copy.bin / "goldenkey"), "x"], env=env, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stdout) == (0, "['x']\n")


def pinned() -> dict[str, str]:
    """Name and text of every pin of the lock."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {block.split("==")[0]: block for block in re.split(r"\n(?=\S)", text.strip())}


def test_the_lock_is_pinned_hashed_and_free_of_addresses() -> None:
    for block in pinned().values():
        assert re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+", block)
        assert "--hash=sha256:" in block
        assert "://" not in block


def test_the_lock_covers_every_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {re.split(r"[\[<>=]", requirement)[0].lower().replace(".", "-") for requirement in declared}
    assert names <= {name.split("[")[0] for name in pinned()}


def test_no_dependency_claims_the_name_of_a_room() -> None:
    installed = {path.stem for key in ("purelib", "platlib") for path in Path(sysconfig.get_path(key)).iterdir()}
    assert "mlflow" in installed
    assert installed & (ROOMS | {"checks", "cli", "demo"}) == set()
