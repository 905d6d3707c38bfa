"""Every clue and feature by name, checked against each other at import, and a hash of the code that computes them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from features.clues.base.clue import Clue, Feature, Register
from features.clues.families import FAMILIES
from features.errors import GoldenKeyError

_ROOT = Path(__file__).parents[1]


def collect_clues(families: Sequence[Register], folder: Path) -> dict[str, Clue]:
    """The clues of the families by id, in their order.

    Args:
        folder: where the modules of clues stand, by room; each has its texts (TOML) beside it.

    Raises:
        GoldenKeyError: a module of the folder belongs to no family, texts or features have no clue, or two clues share
            an id or the name of a feature.
    """
    if left_out := set(folder.glob("*/*.toml")) - {family.texts_file for family in families}:
        modules = "、".join(sorted(path.with_suffix(".py").name for path in left_out))
        raise GoldenKeyError(f"线索模块 {modules} 未列入 families.py 的 FAMILIES，其中的线索不会生效。")
    found: dict[str, Clue] = {}
    owner: dict[str, str] = {}
    for family in families:
        family.check_texts()
        for clue in family.clues:
            if clue.id in found:
                raise GoldenKeyError(f"线索编号 {clue.id} 声明了两次。")
            found[clue.id] = clue
            for feature in clue.features:
                if feature.name in owner:
                    raise GoldenKeyError(f"特征 {feature.name} 由线索 {owner[feature.name]} 和 {clue.id} 重复声明。")
                owner[feature.name] = clue.id
    return found


DECIDING = (
    "matrix.py",
    "sql_function.py",
    "pool/account_numbers.py",
    "pool/batch.py",
    "pool/cut.py",
    "pool/engine.py",
    "pool/files.py",
    "pool/identity.py",
    "pool/macros.py",
    "pool/manifests.py",
    "pool/pool.py",
    "pool/rows.py",
    "rules/*.py",
    "schema/*.py",
    "schema/*.toml",
    "facts/**/*.py",
    "clues/families.py",
    "clues/isolation*.py",
    "clues/*/*.py",
    "clues/*/*.toml",
    "config/**/*.toml",
)
"""Files that decide a number of the matrix."""


def _version() -> str:
    digest = hashlib.sha256()
    for pattern in DECIDING:
        for path in sorted(_ROOT.glob(pattern)):
            digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


CLUES: dict[str, Clue] = collect_clues(FAMILIES, _ROOT / "clues")
"""Every clue by id, families in catalogue order."""

FAMILY_LABELS: dict[str, str] = {family.name: family.label for family in FAMILIES}
"""中文 label of each family by its name, in catalogue order."""

FEATURES: dict[str, Feature] = {feature.name: feature for clue in CLUES.values() for feature in clue.features}
"""Every feature by name, in matrix order."""

CLUE_OF: dict[str, str] = {feature.name: clue.id for clue in CLUES.values() for feature in clue.features}
"""The clue that a feature belongs to."""

MODEL_FEATURES: tuple[str, ...] = tuple(name for name in FEATURES if CLUES[CLUE_OF[name]].in_model)
"""Columns of the matrix a model may see: channels A and AB."""

VERSION: str = _version()
"""Hash of clues, facts and their configuration: two catalogues of one version compute the same numbers."""
