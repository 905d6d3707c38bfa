"""Texts beside a module: what is missing, one too many, empty or unused is refused in one sentence that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.clues import catalogue
from features.clues.base.clue import Register
from features.clues.base.texts import read_texts
from features.errors import GoldenKeyError
from features.facts import Facts

GOOD = {
    "label": '"终本后新购车辆"',
    "sentence": '"疑似购车{n}辆。"',
    "innocent": '["挂靠"]',
    "next_step": '"调取档案。"',
    "law": '"民诉法"',
}


def texts(folder: Path, **changes: str | None) -> Path:
    """A file of texts of X01 with some fields replaced, added or (None) left out."""
    lines = [f"{name} = {text}" for name, text in (GOOD | changes).items() if text is not None]
    path = folder / "cars.toml"
    path.write_text("\n".join(["[X01]", *lines]), encoding="utf-8")
    return path


def rows(facts: Facts) -> None:
    """Cars."""


def test_the_texts_reach_the_clue(tmp_path: Path) -> None:
    texts(tmp_path)
    family = Register("cars", "车辆", str(tmp_path / "cars.py"))
    family.clue("X01", kind="finding", channel="A")(rows)  # type: ignore[arg-type]
    family.check_texts()
    (clue,) = family.clues
    assert (clue.label, clue.sentence, clue.innocent) == ("终本后新购车辆", "疑似购车{n}辆。", ("挂靠",))
    assert (clue.next_step, clue.law, clue.family) == ("调取档案。", "民诉法", "cars")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"law": None}, "不符的有 law"),
        ({"author": '"某人"'}, "不符的有 author"),
        ({"law": '" "'}, "X01 有空白"),
        ({"law": "3"}, "X01 有空白"),
        ({"innocent": "[]"}, "X01 有空白"),
        ({"innocent": '"挂靠"'}, "X01 有空白"),
        ({"innocent": '["挂靠", ""]'}, "X01 有空白"),
        ({"law": '"民诉法'}, "无法读取"),
    ],
)
def test_faulty_texts_are_refused(tmp_path: Path, changes: dict[str, str | None], word: str) -> None:
    path = texts(tmp_path, **changes)
    with pytest.raises(GoldenKeyError, match=r"cars\.toml") as error:
        read_texts(path)
    assert word in str(error.value)


def test_a_module_without_a_file_of_texts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldenKeyError, match=r"cars\.toml 无法读取"):
        Register("cars", "车辆", str(tmp_path / "cars.py"))


def test_a_clue_without_texts_and_texts_without_a_clue_are_refused(tmp_path: Path) -> None:
    texts(tmp_path)
    family = Register("cars", "车辆", str(tmp_path / "cars.py"))
    with pytest.raises(GoldenKeyError, match=r"线索 X02 在 cars\.toml 中没有文本"):
        family.clue("X02", kind="finding", channel="A")
    with pytest.raises(GoldenKeyError, match=r"cars\.toml 中的 X01 没有对应的线索"):
        family.check_texts()


def test_every_file_of_texts_stands_beside_its_module_and_is_in_the_version() -> None:
    root = Path(catalogue.__file__).parent
    files = set(root.rglob("*.toml"))
    assert [path for path in files if not path.with_suffix(".py").exists()] == []
    hashed = {path for pattern in catalogue.DECIDING for path in root.parent.glob(pattern)}
    assert files and files <= hashed
    assert sum(len(read_texts(path)) for path in files) == len(catalogue.CLUES)


def test_each_family_has_one_label() -> None:
    assert list(catalogue.FAMILY_LABELS) == list(dict.fromkeys(clue.family for clue in catalogue.CLUES.values()))
    assert len(set(catalogue.FAMILY_LABELS.values())) == len(catalogue.FAMILY_LABELS)
