"""The catalogue: every clue and every feature by name, and the version that stands for their code."""

from __future__ import annotations

import hashlib
from pathlib import Path

from features.clues.base.clue import Clue, Feature
from features.clues.families import FAMILIES


def _collect() -> dict[str, Clue]:
    found: dict[str, Clue] = {}
    for family in FAMILIES:
        family.check_texts()
        for clue in family.clues:
            if clue.id in found:
                raise ValueError(f"Clue {clue.id} is declared twice.")
            found[clue.id] = clue
    return found


_ROOT = Path(__file__).parents[1]
DECIDING = (
    "matrix.py",
    "pool/identity.py",
    "pool/manifests.py",
    "pool/pool.py",
    "pool/rows.py",
    "rules/*.py",
    "schema/*.py",
    "schema/*.toml",
    "facts/**/*.py",
    "clues/families.py",
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


CLUES: dict[str, Clue] = _collect()
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
