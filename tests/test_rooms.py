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
CHANGES = 16
"""Pairs of rooms between which the folder of the home is handed on below `retrain`, at most."""

APART = {
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


TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
Handing = tuple[str, str, str, str]
"""A call that hands the home on: module and function of the caller, module and function (or class) called."""


def bound_names(module: str) -> dict[str, tuple[str, str]]:
    """What a module calls by a name: (module, "") or (module, function or class)."""
    found = {part.name: (module, part.name) for part in TREES[module].body if hasattr(part, "name")}
    for node in ast.walk(TREES[module]):
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            whole = f"{node.module}.{alias.name}"
            found[alias.asname or alias.name] = (whole, "") if whole in MODULES else (str(node.module), alias.name)
    return found


def is_home(value: ast.AST, names: set[str]) -> bool:
    """Whether an expression is the folder of the home: one of these names, or an attribute `home`."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Path" and value.args:
        return is_home(value.args[0], names)
    if isinstance(value, ast.Name):
        return value.id in names
    return isinstance(value, ast.Attribute) and value.attr == "home"


def called(call: ast.Call, bound: dict[str, tuple[str, str]]) -> tuple[str, str]:
    """Module and name of what is called, where it is ours and named by itself or behind its module."""
    if isinstance(call.func, ast.Name):
        return bound.get(call.func.id, ("", ""))
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        module, name = bound.get(call.func.value.id, ("", "x"))
        return ("", "") if name else (module, call.func.attr)
    return "", ""


def defined(module: str, name: str) -> ast.FunctionDef | None:
    """The function of a module, or what makes an object of its class (of its first parent, where it has none)."""
    part = (
        next((one for one in TREES[module].body if getattr(one, "name", "") == name), None) if module in TREES else None
    )
    if isinstance(part, ast.ClassDef):
        made = [one for one in part.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
        parent = part.bases[0] if part.bases else None
        inherited = bound_names(module).get(parent.id, ("", "")) if isinstance(parent, ast.Name) else ("", "")
        return made[0] if made else defined(*inherited)
    return part if isinstance(part, ast.FunctionDef) else None


def handings(start: list[tuple[str, str]]) -> set[Handing]:
    """Every call by which the home is handed on, from these functions down, found in the text alone.

    The home is a parameter `home`, an attribute `.home`, what either is assigned to, and the parameter it is passed as.
    """
    found: set[Handing] = set()
    todo = [(module, name, frozenset({"home"})) for module, name in start]
    seen: set[tuple[str, str, frozenset[str]]] = set()
    while todo:
        step = todo.pop()
        module, name, given = step
        body = defined(module, name)
        if step in seen or body is None:
            continue
        seen.add(step)
        names, bound = set(given), bound_names(module)
        for node in ast.walk(body):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple | ast.Name):
                left = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else [node.targets[0]]
                right = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
                pairs = zip(left, right, strict=False)
                names |= {one.id for one, value in pairs if isinstance(one, ast.Name) and is_home(value, names)}
        for call in (node for node in ast.walk(body) if isinstance(node, ast.Call)):
            target = called(call, bound)
            reached = defined(*target)
            if reached is None:
                continue
            taken = [arg.arg for arg in reached.args.args if arg.arg != "self"]
            passed = {name for name, value in zip(taken, call.args, strict=False) if is_home(value, names)}
            passed |= {str(word.arg) for word in call.keywords if is_home(word.value, names)}
            if passed:
                found.add((module, name, *target))
                todo.append((*target, frozenset(passed)))
    return found


def test_the_home_is_handed_down_through_retrain_and_never_up() -> None:
    """Whoever follows `home` from `training/retrain` goes from room to room downwards, without a climb.

    A room is a folder; its height is the longest chain of imports beneath a module of it. A call that hands the home on
    into a room that is higher than the caller's is a climb; calls by parameter (`source`, `progress`) are not seen.
    """
    height: dict[str, int] = {}
    while len(height) < len(GRAPH):
        free = {name for name, used in GRAPH.items() if name not in height and used <= height.keys()}
        height |= {name: 1 + max((height[one] for one in GRAPH[name]), default=0) for name in free}
    room = {name: str(path.parent.relative_to(ROOT)) for name, path in MODULES.items()}
    tall = {folder: max(height[name] for name in MODULES if room[name] == folder) for folder in set(room.values())}
    retrain = [name for name in MODULES if name.startswith("training.retrain.")]
    start = [(name, part.name) for name in retrain for part in TREES[name].body if isinstance(part, ast.FunctionDef)]
    found = handings(start)
    assert {"features.pool.pool", "models.ledger.ledger", "models.registry.registry"} <= {one[2] for one in found}
    assert [one for one in found if tall[room[one[2]]] > tall[room[one[0]]]] == []
    changes = {(room[caller], room[target]) for caller, _, target, _ in found if room[caller] != room[target]}
    assert len(changes) <= CHANGES, sorted(changes)
