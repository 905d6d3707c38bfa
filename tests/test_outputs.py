"""Files a user names (`--out`): what cannot be written is refused before any work, whatever command would write it."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_home import Home
from openpyxl import load_workbook

import cli
from models.ledger.ledger import Ledger

DAY = ("--as-of", "2024-03-31")
CARD = "990001198001010019"

WORKBOOKS = {
    "template": ("template", "txn", "--out"),
    "clues template": ("clues", "template", "vehicle_sealing", "--out"),
    "clues run": ("clues", "run", "vehicle_sealing", "填好.xlsx", *DAY, "--out"),
    "queue": ("queue", "--office", "339901", *DAY, "--format", "xlsx", "--out"),
    "leads": ("leads", "list", "--format", "xlsx", "--out"),
    "audit": ("audit", "sample", "--size", "2", "--out"),
    "outcomes": ("outcomes", "--report", *DAY, "--format", "xlsx", "--out"),
    "outcomes template": ("outcomes", "--template"),
}
"""Every command that writes a workbook where the user says, without the name of the file."""

OTHERS = {
    "features": (("features", *DAY, "--out"), ".parquet"),
    "trace": (("trace", "--transactions", "流水.csv", "--from", CARD, "--format", "html", "--out"), ".html"),
    "card": (("card", "--out"), ".html"),
    "mapping": (("mapping", "suggest", "流水.csv", "--out"), ".toml"),
    "clues package": (("clues", "package", "--out"), ".zip"),
    "queue as text": (("queue", "--office", "339901", *DAY, "--out"), ".txt"),
}
"""Commands that write another kind of file, and how its name may end."""

ALL = {name: (words, ".xlsx") for name, words in WORKBOOKS.items()} | OTHERS

FOLDERS = {"world", "loop"}
"""Commands whose `--out` is a folder."""


@pytest.fixture
def unchanged(module_home: Home) -> Iterator[Path]:
    """A home ready to be scored and listed, in whose ledger and files nothing may be written."""
    before = state(module_home.path)
    yield module_home.path
    assert state(module_home.path) == before


def state(home: Path) -> tuple[int, dict[str, str]]:
    """The length of the chain, and every file but the database's by its content."""
    with Ledger(home) as ledger, ledger.engine.connect() as connection:
        acts = int(connection.exec_driver_sql("SELECT count(*) FROM audit").scalar() or 0)
    files = (path for path in home.rglob("*") if path.is_file() and "operational" not in path.name)
    return acts, {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def refused(home: Path, words: tuple[str, ...], target: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    status = cli.main(["--home", str(home), *words, str(target)])
    said = capsys.readouterr()
    assert (status, said.out, said.err.count("\n"), said.err.count("。")) == (2, "", 1, 1), said.err
    assert target.name in said.err
    return said.err


@pytest.mark.parametrize("command", ALL)
def test_a_file_that_cannot_be_written_is_refused_before_any_work(
    command: str, unchanged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, suffix = ALL[command]
    (tmp_path / f"目录{suffix}").mkdir()
    (tmp_path / "文件").write_text("", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    for target in (tmp_path / "没有" / f"a{suffix}", tmp_path / f"目录{suffix}", tmp_path / "文件" / f"a{suffix}"):
        assert "无法写出" in refused(unchanged, words, target, capsys)
    assert "无法写出" in refused(unchanged, words, Path(f"/proc/a{suffix}"), capsys)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", WORKBOOKS)
def test_a_workbook_is_written_under_no_other_name(
    command: str, unchanged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.csv", "a", "a.xlsx.txt"):
        assert "须为 .xlsx" in refused(unchanged, WORKBOOKS[command], tmp_path / name, capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["template", "clues template", "outcomes template"])
def test_what_can_be_written_is_a_workbook_and_takes_the_place_of_the_old_file(command: str, tmp_path: Path) -> None:
    out = tmp_path / "表.xlsx"
    out.write_text("old", encoding="utf-8")
    assert cli.main(["--home", str(tmp_path / "home"), *WORKBOOKS[command], str(out)]) == 0
    assert load_workbook(out).sheetnames
    assert list(tmp_path.iterdir()) == [out]


def test_no_command_with_an_output_is_left_out() -> None:
    known = {words[0] for words, _ in ALL.values()} | FOLDERS
    assert {row.name for row in cli.COMMANDS if "--out" in options(row.load().configure)} == known


def options(configure: Callable[[argparse.ArgumentParser], None]) -> set[str]:
    """Options of a command and of its parts."""
    parser = argparse.ArgumentParser()
    configure(parser)
    found: set[str] = set()
    waiting = [parser]
    while waiting:
        for action in waiting.pop()._actions:
            found |= set(action.option_strings)
            if isinstance(action, argparse._SubParsersAction):
                waiting += action.choices.values()
    return found


@pytest.mark.parametrize(
    "words", [("world", "--cases", "60", "--quarters", "3", "--seed", "1", "--out"), ("loop", "--seeds", "1", "--out")]
)
@pytest.mark.parametrize("target", ["/proc/w", "文件/w"])
def test_a_folder_that_cannot_be_made_is_refused(
    words: tuple[str, ...], target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "文件").write_text("", encoding="utf-8")
    assert "无法写出" in refused(tmp_path / "home", words, tmp_path / target, capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["文件"]


@pytest.mark.parametrize(
    "words",
    [("score",), ("leads", "list"), ("champion",), ("actor", "add", "甲"), ("features", *DAY, "--out", "a.csv")],
)
@pytest.mark.parametrize("place", ["/proc/xx", "文件", "文件/home", "x" * 300])
def test_a_home_that_cannot_be_a_folder_is_one_sentence_that_names_it(
    words: tuple[str, ...],
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "文件").write_text("kept", encoding="utf-8")
    assert cli.main(["--home", str(tmp_path / place), *words]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert str(tmp_path / place) in said.err or "数据池为空" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["文件"]
    assert (tmp_path / "文件").read_text(encoding="utf-8") == "kept"
