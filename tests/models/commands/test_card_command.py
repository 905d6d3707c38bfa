"""Command `card`: which version is written, whole or not at all, and nothing of the home beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from little_model import little_model
from made_home import install_model

import cli
from models.commands.card import COMMANDS

IN_USE, OTHER = little_model("linear"), little_model("linear", notes=("另一个<b>模型</b>。",))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models, the first in use."""
    made = tmp_path_factory.mktemp("card") / "home"
    OTHER.save(made / "models" / OTHER.version)
    install_model(made, IN_USE)
    return made


def run(home: Path, *words: str) -> int:
    return cli.main(["--home", str(home), "card", *words])


def test_without_a_version_it_is_that_of_the_model_in_use(home: Path, tmp_path: Path) -> None:
    assert [command.name for command in COMMANDS] == ["card"]
    first, second = tmp_path / "a.html", tmp_path / "b.html"
    assert run(home, "--out", str(first)) == run(home, OTHER.version, "--out", str(second)) == 0
    one, other = first.read_text(encoding="utf-8"), second.read_text(encoding="utf-8")
    assert IN_USE.version in one and OTHER.version not in one
    assert OTHER.version in other and IN_USE.version not in other
    assert "另一个&lt;b&gt;模型&lt;/b&gt;" in other
    assert str(home) not in one + other


@pytest.mark.parametrize("words", [("nothing",), ("../models",), ("",)])
def test_a_version_that_is_none_leaves_the_file_as_it_was(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    out = tmp_path / "a.html"
    out.write_text("旧")
    where = home if words != ("",) else tmp_path / "empty"
    assert run(where, *words, "--out", str(out)) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir() if path.suffix] == ["a.html"]
    assert out.read_text() == "旧"


def test_a_folder_that_is_none_is_named(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "--out", str(tmp_path / "没有" / "a.html")) == 2
    assert "没有" in capsys.readouterr().err
