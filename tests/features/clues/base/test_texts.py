"""Texts beside a module: what is missing, one too many, empty or unused is refused in one sentence that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.clues import catalogue
from features.clues.base.clue import Feature, Register
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


def declared(folder: Path, id: str, module: str, *features: str) -> Register:
    """A family of one clue with features of those names; the module stands in a room of `folder`."""

    def rows(facts: Facts) -> None:
        """Cars."""

    room = folder / "assets"
    room.mkdir(exist_ok=True)
    lines = [f"{name} = {text}" for name, text in GOOD.items()]
    (room / f"{module}.toml").write_text("\n".join([f"[{id}]", *lines]), encoding="utf-8")
    family = Register(module, "车辆", str(room / f"{module}.py"))
    made = tuple(Feature(name, name, "count") for name in features)
    family.clue(id, kind="finding", channel="A", features=made)(rows)  # type: ignore[arg-type]
    return family


def test_families_that_fit_give_their_clues_in_order(tmp_path: Path) -> None:
    families = [declared(tmp_path, "X02", "cars", "X02_n"), declared(tmp_path, "X01", "ships", "X01_n", "X01_top")]
    assert list(catalogue.collect_clues(families, tmp_path)) == ["X02", "X01"]


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        (("X01", "ships", "X01_m"), "线索编号 X01 声明了两次"),
        (("X02", "ships", "X01_n"), "特征 X01_n 由线索 X01 和 X02 重复声明"),
        (("X02", "ships", "X02_n", "X02_n"), "特征 X02_n 由线索 X02 和 X02 重复声明"),
    ],
)
def test_an_id_or_a_feature_declared_twice_is_refused(tmp_path: Path, second: tuple[str, ...], sentence: str) -> None:
    families = [declared(tmp_path, "X01", "cars", "X01_n"), declared(tmp_path, *second)]
    with pytest.raises(GoldenKeyError, match=sentence):
        catalogue.collect_clues(families, tmp_path)


def test_a_module_that_no_family_lists_is_refused(tmp_path: Path) -> None:
    listed = declared(tmp_path, "X01", "cars", "X01_n")
    declared(tmp_path, "X02", "ships", "X02_n")
    with pytest.raises(GoldenKeyError, match=r"ships\.py 未列入 families\.py"):
        catalogue.collect_clues([listed], tmp_path)


def test_one_function_is_one_clue(tmp_path: Path) -> None:
    family = declared(tmp_path, "X01", "cars", "X01_n")
    (clue,) = family.clues
    with pytest.raises(GoldenKeyError, match="函数 rows 已声明为线索 X01，不能再声明为线索 X01"):
        family.clue("X01", kind="finding", channel="A")(clue.rows)
