"""Numbers in what clues say: each is a field of a threshold or legal period, so that text and rule cannot part."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from features.clues import catalogue
from features.clues.base.clue import Clue
from features.clues.money.ability import HIGHEST
from features.rules import periods
from features.rules.thresholds import SHIPPED, shipped_thresholds
from features.rules.wording import FIELD, fill_numbers

CLUES = list(catalogue.CLUES.values())
FOLDER = Path(catalogue.__file__).parent

NUMBER = re.compile(
    r"[0-9]+(?:\.[0-9]+)?\s*(?:%|万|千|元|日|天|个?月|年|小时|分钟|倍|成)"
    r"|百分之[一二三四五六七八九十百零]+|[一二三四五六七八九十]成"
    r"|[一二三四五六七八九十百千万两半]+(?:多)?(?:个月|日|天|年|月|周|小时|分钟|元|万元|千元|倍|笔以上)"
)
"""A number with what it counts, as texts write it."""

FIXED = {
    "前一年": ("A06", "A10", "B10", "C09"),
    "一个月": ("D09",),
    "三个月": ("CHK02",),
}
"""Numbers that no threshold decides, with the clues that say them; see the tests at the end for what they are."""


def texts_as_written() -> Iterator[tuple[str, str]]:
    """Every text of every clue but its law, by clue."""
    for clue in CLUES:
        for text in (clue.texts.label, clue.texts.sentence, *clue.texts.innocent, clue.texts.next_step):
            yield clue.id, text


def words_in_code() -> Iterator[tuple[str, str]]:
    """Every 中文 string of the clues' modules (labels of features, notes, words), by file; docstrings left out."""
    for path in sorted(FOLDER.glob("*/*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                yield path.name, node.value


def loose(text: str) -> list[str]:
    """Numbers of a text that are written out."""
    return NUMBER.findall(FIELD.sub("", text))


def test_no_text_of_a_clue_writes_a_number_out() -> None:
    found = {(id, number, text) for id, text in texts_as_written() for number in loose(text)}
    allowed = {(id, words) for words, ids in FIXED.items() for id in ids}
    assert {one for one in found if not any(id == one[0] and words in one[2] for id, words in allowed)} == set()


def test_no_label_of_a_feature_and_no_note_writes_a_number_out() -> None:
    found = {(file, text) for file, text in words_in_code() if loose(text)}
    windows = {(file, text) for file, text in found if "前一年" in text and loose(text.replace("前一年", "")) == []}
    assert {text for _, text in windows} <= {label for _, label in labels()} | {"执行通知前一年"}
    assert found - windows == set()


def labels() -> Iterator[tuple[str, str]]:
    for feature in catalogue.FEATURES.values():
        yield feature.name, feature.label


def named(clue: Clue) -> set[str]:
    """Thresholds and periods that a clue's texts name."""
    return {match[1] for id, text in texts_as_written() if id == clue.id for match in FIELD.finditer(text)}


@pytest.mark.parametrize("clue", [clue for clue in CLUES if named(clue)], ids=lambda clue: clue.id)
def test_an_offices_value_stands_in_its_texts(clue: Clue) -> None:
    shipped = shipped_thresholds()
    tunable = sorted(named(clue) & shipped.keys())
    for id in tunable:
        other = next(value for value in (shipped[id].low, shipped[id].high) if value != shipped[id].value)
        said = clue.in_force(SHIPPED.overlaid({id: other}))
        before = (clue.label, clue.sentence, clue.innocent, clue.next_step)
        after = (said.label, said.sentence, said.innocent, said.next_step)
        assert before != after, id
        assert said.in_force(SHIPPED) == said and said.rows is clue.rows and said.features == clue.features
    assert all(id.startswith("T-") for id in named(clue) - set(tunable))
    assert clue.in_force(SHIPPED.overlaid({"WATCH02-DAYS": 16})).sentence == clue.sentence
    assert not FIELD.search(clue.label + clue.sentence + clue.next_step + "".join(clue.innocent))


def test_no_clue_of_one_office_shows_the_value_of_another() -> None:
    clue = catalogue.CLUES["A02"]
    theirs = clue.in_force(SHIPPED.overlaid({"A02-DAYS": 14, "A02-LARGE": 50_000}))
    assert theirs.label == "受通知后14日内大额转出" and "送达后14日内，疑似转出单笔5万元以上" in theirs.sentence
    assert clue.label == "受通知后7日内大额转出" and "送达后7日内，疑似转出单笔1万元以上" in clue.sentence


def test_labels_of_features_read_as_the_matrix_is_computed() -> None:
    assert catalogue.FEATURES["C01_strict_n"].label == "三十分钟内5万元以上快进快出对数"
    assert not any(FIELD.search(label) for _, label in labels())


def test_what_is_written_out_is_what_it_says() -> None:
    (query,) = (rule for rule in periods.RULES if rule.id == "T-QUERY")
    assert round(query.value / periods.MONTH_DAYS) == 3 and query.unit == "day"
    assert periods.YEAR_DAYS == 365
    assert catalogue.FEATURES["M20_level"].label.startswith(f"履行能力等级（1至{HIGHEST}，")


def test_every_shipped_threshold_is_read_by_a_clue_or_a_fact() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.parent.rglob("*.py"))
    stems = {match[1] for match in re.finditer(r'threshold\(f"([A-Z0-9]+)-\{', code)}
    unread = {id for id in shipped_thresholds() if f'"{id}"' not in code and id.split("-")[0] not in stems}
    assert unread == set()


def test_every_text_of_the_files_is_one_of_the_catalogue() -> None:
    written = {id for path in FOLDER.glob("*/*.toml") for id in tomllib.loads(path.read_text(encoding="utf-8"))}
    assert written == set(catalogue.CLUES)


def test_numbers_in_labels_of_causes_and_screens_are_those_of_the_law() -> None:
    found = {
        text
        for name in ("leads", "models", "elements")
        for text in shown(tomllib.loads((FOLDER.parent / "config" / f"{name}.toml").read_text(encoding="utf-8")))
        if loose(text)
    }
    said = (
        "立案未满{T-3M:期}即终本",
        "从信访内容中识别所反映的事项、财产和标识，与登记信息核对，并核对{T-PET-7D:汉}日、{T-PET-3M:期}答复期限。",
    )
    assert found == {fill_numbers(text) for text in said}


def shown(part: Any) -> Iterator[str]:
    """Labels and descriptions of a configuration, wherever they stand; laws, questions and patterns left out."""
    for one in part if isinstance(part, list) else part.values() if isinstance(part, dict) else ():
        yield from shown(one)
    if isinstance(part, dict):
        yield from (str(part[key]) for key in ("label", "about", "name", "matter", "why", "value") if key in part)
