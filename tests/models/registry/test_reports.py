"""Papers of a model: written whole, read back, refused where they are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import GoldenKeyError, NotFoundError
from models.registry import reports


def test_a_paper_comes_back_as_it_was_written_and_the_last_one_stands(tmp_path: Path) -> None:
    first = reports.write_report(tmp_path, "m1", "gate", {"结论": "通过"})
    second = reports.write_report(tmp_path, "m1", "gate", {"结论": "不通过", "n": 3})
    assert reports.read_report(tmp_path, "m1", "gate") == {"结论": "不通过", "n": 3}
    assert first != second
    assert reports.report_digests(tmp_path, "m1") == {"gate": second}
    assert reports.read_report(tmp_path, "m2", "gate") is None


def test_what_is_no_paper_or_no_json_is_refused_and_leaves_the_old_one(tmp_path: Path) -> None:
    reports.write_report(tmp_path, "m1", "gate", {"n": 1})
    with pytest.raises(GoldenKeyError, match="JSON"):
        reports.write_report(tmp_path, "m1", "gate", {"n": float("nan")})
    with pytest.raises(GoldenKeyError, match="rumour"):
        reports.write_report(tmp_path, "m1", "rumour", {})
    with pytest.raises(NotFoundError):
        reports.read_report(tmp_path, "../m1", "gate")
    assert reports.read_report(tmp_path, "m1", "gate") == {"n": 1}
    (tmp_path / "models" / "papers" / "m1" / "gate.json").write_text("{", encoding="utf-8")
    with pytest.raises(GoldenKeyError, match="损坏"):
        reports.read_report(tmp_path, "m1", "gate")
