"""The rooms: small folders of modules, no module importing itself by a detour, tests beside what they test."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from features.clues import catalogue
from models.registry import registry

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("features", "models", "evaluation", "training", "serving")
MOST, USUAL = 15, 7
"""Modules in the largest folder, and in the folder in the middle."""

APART = {
    "features.amounts": "how sums are worded in notes",
    "features.clues.catalogue": "gathers the clues and takes the hash itself",
    "features.errors": "words of errors",
    "features.files.atomic": "how a file is put in place, not what it says",
    "features.settings": "how many threads a query may use, which no number depends on",
}
"""Modules read on the way to a matrix that decide no number of it, and why."""


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def per_folder(paths: Iterator[Path]) -> Counter[Path]:
    return Counter(path.parent for path in paths if path.name not in ("__init__.py", "conftest.py"))


def imports(path: Path) -> set[str]:
    """Modules of ours that a file imports, also inside functions; not what is imported for its types alone."""
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            todo += node.orelse
            continue
        if isinstance(node, ast.ImportFrom):
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in named}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        todo += ast.iter_child_nodes(node)
    return found & MODULES.keys()


GRAPH = {name: imports(path) for name, path in MODULES.items()}


@pytest.mark.parametrize("where", [PACKAGES, ("tests",)], ids=["modules", "tests"])
def test_no_folder_is_a_drawer(where: tuple[str, ...]) -> None:
    count = per_folder(path for package in where for path in (ROOT / package).rglob("*.py"))
    assert {str(folder.relative_to(ROOT)): held for folder, held in count.items() if held > MOST} == {}
    assert median(count.values()) <= USUAL


def test_no_module_imports_itself_by_a_detour() -> None:
    """Modules that import no other are taken away, again and again, until none is left."""
    left = {name: set(used) for name, used in GRAPH.items()}
    while free := {name for name, used in left.items() if not used & left.keys()}:
        left = {name: used for name, used in left.items() if name not in free}
    assert left == {}


def test_folders_beside_each_other_import_one_way() -> None:
    def folder(name: str) -> Path:
        return MODULES[name].parent

    pairs = {(folder(name), folder(used)) for name, uses in GRAPH.items() for used in uses}
    both = {(one, two) for one, two in pairs if one.parent == two.parent and one < two and (two, one) in pairs}
    assert both == set()


def test_tests_stand_in_the_folders_of_what_they_test() -> None:
    tests = [path for package in PACKAGES for path in (ROOT / "tests" / package).rglob("test_*.py")]
    assert tests
    homeless = [path for path in tests if not (ROOT / path.parent.relative_to(ROOT / "tests")).is_dir()]
    assert homeless == []


def test_names_of_test_files_are_their_own() -> None:
    """So that every test file can be named, and collected, by its name alone."""
    count = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert {name for name, held in count.items() if held > 1} == set()


def test_every_file_that_decides_a_number_is_in_the_version_of_the_catalogue() -> None:
    todo = ["features.matrix", "features.facts"] + [name for name in MODULES if name.startswith("features.schema")]
    todo += [name for name, path in MODULES.items() if path.parent.parent == ROOT / "features" / "clues"]
    read: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in read:
            read.add(name)
            todo += GRAPH[name]
    hashed = {path for pattern in catalogue.DECIDING for path in (ROOT / "features").glob(pattern)}
    missed = {name for name in read if MODULES[name] not in hashed and MODULES[name].stat().st_size}
    assert missed == set(APART)
    assert set((ROOT / "features" / "config").rglob("*.toml")) <= hashed


def test_a_folder_of_the_service_and_those_in_it_import_one_way() -> None:
    """No two folders of serving import each other, neither side by side nor parent and child."""
    pairs = {
        (MODULES[name].parent, MODULES[used].parent)
        for name, uses in GRAPH.items()
        for used in uses
        if name.startswith("serving.") and used.startswith("serving.")
    }
    assert {(one, two) for one, two in pairs if one != two and (two, one) in pairs} == set()


def test_every_file_that_decides_a_model_is_in_the_version_of_the_code() -> None:
    """Whatever training imports, and every setting, is under the digest that a model names where there is no git."""
    todo, read = ["training.fitting.train", "training.retrain.retrain"], set[str]()
    while todo:
        name = todo.pop()
        if name not in read:
            read.add(name)
            todo += GRAPH[name]
    hashed = set(registry.code_files())
    assert {name for name in read if MODULES[name] not in hashed} == set()
    settings = {path for name in registry.CODE_FOLDERS for path in (ROOT / name).rglob("*.toml")}
    assert settings and settings <= hashed
    assert "evaluation.explanations.stability" in read, "the noise floor is part of a model"
