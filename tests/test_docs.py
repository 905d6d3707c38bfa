"""The papers keep up with the code: commands, settings, links, examples that run."""

from __future__ import annotations

import doctest
import importlib
import re
import shlex
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from little_pool import DEBTOR, deliver, one_case

import cli
from features.clues.base.clue import Clue, Register
from features.facts import Facts
from features.pool.pool import Pool
from serving.http.settings import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")
PAPERS = [*READMES, "CONTRIBUTING.md", "CHANGELOG.md", *sorted(f"docs/{path.name}" for path in ROOT.glob("docs/*.md"))]
ROOMS = ("features", "models", "training", "evaluation", "serving")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.stat().st_size)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def typed(name: str) -> list[str]:
    """Command lines of the paper's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", read(name), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("./goldenkey")]


@pytest.mark.parametrize("name", READMES)
def test_the_table_lists_every_command_and_no_other(name: str) -> None:
    table = re.findall(r"^\| `([a-z]+)` \|", read(name), re.MULTILINE)
    assert sorted(table) == sorted(row.name for row in cli.COMMANDS)


@pytest.mark.parametrize("name", READMES)
def test_every_command_shown_is_understood(name: str) -> None:
    lines = typed(name)
    assert lines
    parser = cli.build_parser()
    for line in lines:
        parser.parse_args(shlex.split(line)[1:])


def test_both_readmes_show_the_same_commands() -> None:
    assert typed("README.md") == typed("README.zh.md")


def test_every_setting_is_documented_as_it_is() -> None:
    rows = re.findall(r"^\| `(GOLDENKEY_\w+)` \| `([^`]*)` \| (.+) \|$", read("docs/settings.md"), re.MULTILINE)
    documented = {env: (default, sentence) for env, default, sentence in rows}
    for setting in SETTINGS:
        assert documented[setting.env] == (str(setting.default), setting.help)
    used = {
        name
        for path in [*SOURCES, ROOT / "cli.py", ROOT / "goldenkey"]
        for name in re.findall(r"GOLDENKEY_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8"))
    }
    assert used == set(documented)


@pytest.mark.parametrize("name", PAPERS)
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", read(name)):
        if "://" not in target:
            assert ((ROOT / name).parent / target).exists(), target


@pytest.mark.parametrize("name", ["docs/settings.md"])
def test_files_named_exist(name: str) -> None:
    named = re.findall(r"^\| `([a-z_/]+(?:\.toml|/))` \|", read(name), re.MULTILINE)
    assert [target for target in named if not (ROOT / target).exists()] == []
    config = ROOT / "features" / "config"
    kept = {path.relative_to(ROOT).as_posix() + ("/" if path.is_dir() else "") for path in config.iterdir()}
    assert kept - set(named) == set()


@pytest.mark.parametrize("name", PAPERS)
def test_the_papers_never_state_concealment_as_established(name: str) -> None:
    assert not re.search(r"认定|老赖", read(name))


def test_the_clue_of_the_guide_works_as_printed(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", read("CONTRIBUTING.md"), re.DOTALL)
    (texts,) = re.findall(r"```toml\n(.*?)```", read("CONTRIBUTING.md"), re.DOTALL)
    (tmp_path / "example.toml").write_text(texts, encoding="utf-8")
    body = block.split("@family.clue", 1)[1]
    assert len(body.strip().splitlines()) <= 12
    names: dict[str, Any] = {"__file__": str(tmp_path / "example.py")}
    exec(compile(block, "CONTRIBUTING.md", "exec"), names)
    register: Register = names["family"]
    register.check_texts()
    clue: Clue = register.clues[0]
    assert clue.label == "终本后名下新登记车辆"
    assert clue.doc == "Cars registered to a debtor after the termination."
    car = {"vin": "TESTZZ00000000001", "owner_id": DEBTOR, "owner_name": "张测试"}
    cars = [
        {**car, "plate": "浙Z00001", "own_from": date(2020, 1, 1)},
        {**car, "plate": "浙Z00002", "own_from": date(2023, 8, 1), "vin": "TESTZZ00000000002"},
    ]
    deliver(tmp_path, date(2023, 9, 1), {**one_case(), "vehicle": cars})
    with Pool(tmp_path).as_of(date(2023, 9, 30)) as cut:
        frame = clue.rows(Facts(cut)).to_pandas()
    assert list(frame["who"]) == ["浙Z00002"]
    assert [len(ids) for ids in frame["src"]] == [1]


@pytest.mark.parametrize("path", [path for path in SOURCES if ">>> " in path.read_text(encoding="utf-8")], ids=str)
def test_examples_in_docstrings(path: Path) -> None:
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_say_what_they_are(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith('"""')
