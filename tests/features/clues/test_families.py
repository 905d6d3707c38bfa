"""Every file of clues is in the catalogue, once, and its texts stand beside it."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from pathlib import Path

import features.clues
from features.clues.base.clue import Register
from features.clues.catalogue import CLUES
from features.clues.families import FAMILIES

ROOT = Path(features.clues.__file__).parent


def registers() -> dict[str, Register]:
    """Every register a module under `features/clues` defines, by module."""
    names = [one.name for one in pkgutil.walk_packages([str(ROOT)], "features.clues.")]
    found = {name: getattr(importlib.import_module(name), "family", None) for name in names}
    return {name: register for name, register in found.items() if isinstance(register, Register)}


def test_a_file_with_clues_is_in_the_catalogue_and_none_is_there_twice() -> None:
    assert Counter(map(id, registers().values())) == Counter(map(id, FAMILIES))


def test_texts_stand_beside_the_file_of_their_family() -> None:
    with_texts = {path.relative_to(ROOT).with_suffix("").as_posix() for path in ROOT.rglob("*.toml")}
    modules = {name.removeprefix("features.clues.").replace(".", "/") for name, one in registers().items() if one.clues}
    assert modules <= with_texts


def test_the_catalogue_holds_every_clue_in_the_order_of_the_families() -> None:
    assert list(CLUES) == [clue.id for family in FAMILIES for clue in family.clues]


def test_files_of_one_family_bear_one_label_and_families_differ() -> None:
    labels = {(family.name, family.label) for family in FAMILIES}
    assert len(labels) == len({name for name, _ in labels}) == len({label for _, label in labels})
