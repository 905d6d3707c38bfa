"""Papers of a model: written whole, read back, refused where they are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import GoldenKeyError, NotFoundError
from models import dossier


def test_a_paper_comes_back_as_it_was_written_and_the_last_one_stands(tmp_path: Path) -> None:
    first = dossier.write(tmp_path, "m1", "gate", {"结论": "通过"})
    second = dossier.write(tmp_path, "m1", "gate", {"结论": "不通过", "n": 3})
    assert dossier.read(tmp_path, "m1", "gate") == {"结论": "不通过", "n": 3}
    assert first != second
    assert dossier.digests(tmp_path, "m1") == {"gate": second}
    assert dossier.read(tmp_path, "m2", "gate") is None


def test_what_is_no_paper_or_no_json_is_refused_and_leaves_the_old_one(tmp_path: Path) -> None:
    dossier.write(tmp_path, "m1", "gate", {"n": 1})
    with pytest.raises(GoldenKeyError, match="JSON"):
        dossier.write(tmp_path, "m1", "gate", {"n": float("nan")})
    with pytest.raises(GoldenKeyError, match="rumour"):
        dossier.write(tmp_path, "m1", "rumour", {})
    with pytest.raises(NotFoundError):
        dossier.read(tmp_path, "../m1", "gate")
    assert dossier.read(tmp_path, "m1", "gate") == {"n": 1}
    (tmp_path / "models" / "papers" / "m1" / "gate.json").write_text("{", encoding="utf-8")
    with pytest.raises(GoldenKeyError, match="损坏"):
        dossier.read(tmp_path, "m1", "gate")
